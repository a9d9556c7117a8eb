//! What a PDF does by itself or at a click (ISO 32000-2, section 12.6): links are told, programs are
//! told as such.

use super::{
    crypt::Kind,
    document::Document,
    object::{Dictionary, Object},
    text_string,
};
use crate::files::{Script, Shown, TraitKind, Writing};
use std::collections::HashSet;

/// Actions that follow each other, names within names.
const DEEPEST: usize = 24;

pub(super) fn read_document(document: &mut Document<'_, '_>, root: &Dictionary) {
    read_item(document, root, "");
    if let Some(action) = document.get(root, "OpenAction") {
        read(document, &action, "", 0);
    }
    let names = document.dictionary(root, "Names").unwrap_or_default();
    if let Some(scripts) = document.dictionary(&names, "JavaScript") {
        let mut values = Vec::new();
        names_of(document, &scripts, &mut HashSet::new(), 0, &mut values);
        for (_, action) in values {
            read(document, &action, "", 0);
        }
    }
}

pub(super) fn read_page(document: &mut Document<'_, '_>, page: &Dictionary, place: &str) {
    read_item(document, page, place);
    let Some(Object::Array(notes)) = document.get(page, "Annots") else { return };
    for note in notes.iter().take(20_000) {
        let Some(note) = document.resolve(note).and_then(|note| note.dictionary().cloned()) else { continue };
        read_item(document, &note, place);
        if matches!(
            note.raw("Subtype").and_then(Object::name),
            Some(b"RichMedia" | b"Movie" | b"Screen" | b"3D")
        ) {
            document.budget.found(place, TraitKind::Script(Script::Active));
        }
    }
}

pub(super) fn read_field(document: &mut Document<'_, '_>, field: &Dictionary) {
    read_item(document, field, "form");
}

/// The actions of whatever has them: `A` at a click, `AA` at events.
pub(super) fn read_item(document: &mut Document<'_, '_>, item: &Dictionary, place: &str) {
    if let Some(action) = document.get(item, "A") {
        read(document, &action, place, 0);
    }
    let Some(events) = document.dictionary(item, "AA") else { return };
    for action in events.0.values().take(64) {
        if let Some(action) = document.resolve(action) {
            read(document, &action, place, 0);
        }
    }
}

fn read(document: &mut Document<'_, '_>, action: &Object, place: &str, depth: usize) {
    if depth >= DEEPEST {
        document.stopped = document.stopped.or(Some(crate::files::Limit::Steps));
        return;
    }
    let Some(own) = action.dictionary().cloned() else { return };
    if document.step().is_none() {
        return;
    }
    let kind = document.get(&own, "S");
    match kind.as_ref().and_then(Object::name) {
        Some(b"URI") => tell_link(document, &own, "URI", place),
        Some(b"JavaScript" | b"Rendition") => {
            document.budget.found(place, TraitKind::Script(Script::Active));
            let source = match document.get(&own, "JS") {
                Some(Object::Text(text)) => text_string(&text),
                Some(Object::Stream(stream)) => text_string(&document.decode(&stream, Kind::Stream).bytes),
                _ => String::new(),
            };
            document.budget.text(&below(place, "script"), Shown::Hidden, Writing::Plain, source);
        }
        Some(b"Launch") => {
            document.budget.found(place, TraitKind::Script(Script::Active));
            tell_link(document, &own, "F", place);
        }
        Some(b"SubmitForm" | b"ImportData" | b"GoToR") => tell_link(document, &own, "F", place),
        Some(b"GoToE") => document.budget.found(place, TraitKind::Script(Script::Embedded)),
        _ => {}
    }
    match document.get(&own, "Next") {
        Some(Object::Array(next)) => {
            for action in next.iter().take(64) {
                if let Some(action) = document.resolve(action) {
                    read(document, &action, place, depth + 1);
                }
            }
        }
        Some(next) => read(document, &next, place, depth + 1),
        None => {}
    }
}

/// An address, or the file that a specification names.
fn tell_link(document: &mut Document<'_, '_>, action: &Dictionary, key: &str, place: &str) {
    let target = match document.get(action, key) {
        Some(Object::Dictionary(file)) => document.get(&file, "UF").or_else(|| document.get(&file, "F")),
        other => other,
    };
    if let Some(target) = target.as_ref().and_then(Object::text) {
        document.budget.text(place, Shown::Link, Writing::Plain, text_string(target));
    }
}

fn below(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}/{name}") }
}

/// The entries of a name tree (section 7.9.6).
pub(super) fn names_of(
    document: &mut Document<'_, '_>,
    node: &Dictionary,
    seen: &mut HashSet<u32>,
    depth: usize,
    out: &mut Vec<(String, Object)>,
) {
    if depth > DEEPEST || out.len() > 10_000 || document.step().is_none() {
        document.stopped = document.stopped.or(Some(crate::files::Limit::Steps));
        return;
    }
    if let Some(Object::Array(names)) = document.get(node, "Names") {
        for [name, value] in names.as_chunks::<2>().0 {
            let name = document.resolve(name).and_then(|name| Some(text_string(name.text()?)));
            out.extend(document.resolve(value).map(|value| (name.unwrap_or_default(), value)));
        }
    }
    let Some(Object::Array(kids)) = document.get(node, "Kids") else { return };
    for kid in kids.iter() {
        if let Object::Reference(number) = kid
            && !seen.insert(*number)
        {
            continue;
        }
        if let Some(kid) = document.resolve(kid).and_then(|kid| kid.dictionary().cloned()) {
            names_of(document, &kid, seen, depth + 1, out);
        }
    }
}
