//! Files within a PDF (ISO 32000-2, section 7.11.4): by name, at a note, associated.

use super::{
    actions::names_of,
    crypt::Kind,
    document::{Closed, Document},
    object::{Dictionary, Object, Stream},
    text_string,
};
use crate::files::{Shown, Writing, open};
use std::{
    collections::{BTreeMap, HashSet},
    rc::Rc,
};

pub(super) fn read(document: &mut Document<'_, '_>, root: &Dictionary) {
    let mut files = BTreeMap::new();
    let names = document.dictionary(root, "Names").unwrap_or_default();
    if let Some(tree) = document.dictionary(&names, "EmbeddedFiles") {
        let mut entries = Vec::new();
        names_of(document, &tree, &mut HashSet::new(), 0, &mut entries);
        for (name, entry) in entries {
            collect(document, &entry, &name, &mut files);
        }
    }
    for object in document.file_specifications() {
        collect(document, &object, "", &mut files);
    }
    for (name, stream) in files.into_values() {
        if document.closed == Closed::Files {
            document.budget.text("attachment", Shown::FileName, Writing::Plain, name);
            continue;
        }
        let bytes = document.decode(&stream, Kind::EmbeddedFile).bytes;
        let media_type = document.get(&stream.dictionary, "Subtype");
        let media_type = media_type.as_ref().and_then(Object::name).and_then(|t| std::str::from_utf8(t).ok());
        let place = format!("attachment/{}", open::cleaned(&name));
        open::member(document.budget, &place, Some(&name), media_type, &bytes);
    }
}

/// Files by where they begin, so that one that is named twice is opened once.
fn collect(
    document: &mut Document<'_, '_>,
    entry: &Object,
    name: &str,
    files: &mut BTreeMap<usize, (String, Rc<Stream>)>,
) {
    let Some(entry) = entry.dictionary() else { return };
    let Some(embedded) = document.dictionary(entry, "EF") else { return };
    let mut own = name.to_owned();
    for key in ["F", "UF", "Desc"] {
        let text = document.get(entry, key);
        let Some(text) = text.as_ref().and_then(Object::text) else { continue };
        if key == "Desc" {
            document.budget.text("attachment", Shown::Hidden, Writing::Plain, text_string(text));
        } else {
            own = text_string(text);
        }
    }
    for value in embedded.0.values().take(8) {
        if let Some(Object::Stream(stream)) = document.resolve(value) {
            files.entry(stream.start).or_insert_with(|| (own.clone(), stream));
        }
    }
}
