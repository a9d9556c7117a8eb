//! What was filled into forms: fields (ISO 32000-2, section 12.7) and XFA packets.

use super::{
    crypt::Kind,
    document::Document,
    object::{Dictionary, Object},
    text_string,
};
use crate::files::{Script, Shown, TraitKind, Writing, xml};
use std::collections::HashSet;

/// Fields within fields.
const DEEPEST: usize = 32;

pub(super) fn read(document: &mut Document<'_, '_>, root: &Dictionary) {
    let Some(form) = document.dictionary(root, "AcroForm") else { return };
    let mut rows = Rows::default();
    if let Some(Object::Array(fields)) = document.get(&form, "Fields") {
        let mut seen = HashSet::new();
        for field in fields.iter() {
            read_field(document, field, "", &mut seen, 0, &mut rows);
        }
    }
    document.budget.text("form", Shown::Visible, Writing::Rows, rows.filled);
    document.budget.text("form", Shown::Hidden, Writing::Rows, rows.offered);
    read_xfa(document, &form);
}

/// What is filled in, and what a field offers besides.
#[derive(Default)]
struct Rows {
    filled: String,
    offered: String,
}

fn push(rows: &mut String, name: &str, cells: &[String]) {
    rows.push_str(name);
    for cell in cells {
        rows.push('\t');
        rows.push_str(cell);
    }
    rows.push('\n');
}

/// The choices of a list (section 12.7.5.4), the name for exports, the captions of a button (section 12.5.6.19), and
/// the reason of a signature.
fn offered(document: &mut Document<'_, '_>, field: &Dictionary) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(Object::Array(choices)) = document.get(field, "Opt") {
        for choice in choices.iter().take(1_000) {
            out.extend(document.resolve(choice).map(|choice| value_text(document, &choice)));
        }
    }
    if let Some(Object::Text(name)) = document.get(field, "TM") {
        out.push(text_string(&name));
    }
    let captions = document.dictionary(field, "MK").unwrap_or_default();
    let signed = document.dictionary(field, "V").unwrap_or_default();
    for (of, keys) in
        [(captions, ["CA", "RC", "AC", "AC"]), (signed, ["Name", "Reason", "Location", "ContactInfo"])]
    {
        for key in keys {
            if let Some(Object::Text(text)) = document.get(&of, key) {
                out.push(text_string(&text));
            }
        }
    }
    out.retain(|text| !text.trim().is_empty());
    out
}

/// One row a field: its name, what it holds, what it tells.
fn read_field(
    document: &mut Document<'_, '_>,
    field: &Object,
    above: &str,
    seen: &mut HashSet<u32>,
    depth: usize,
    rows: &mut Rows,
) {
    if let Object::Reference(number) = field
        && !seen.insert(*number)
    {
        return;
    }
    if depth > DEEPEST || document.step().is_none() {
        document.stopped = document.stopped.or(Some(crate::files::Limit::Steps));
        return;
    }
    let Some(own) = document.resolve(field).and_then(|field| field.dictionary().cloned()) else { return };
    let part = document.get(&own, "T").and_then(|name| Some(text_string(name.text()?))).unwrap_or_default();
    let name = match (above, part.as_str()) {
        ("", _) => part,
        (_, "") => above.to_owned(),
        _ => format!("{above}.{part}").chars().take(300).collect(),
    };
    let mut cells = Vec::new();
    for key in ["V", "RV", "TU", "DV"] {
        let Some(value) = document.get(&own, key) else { continue };
        let value = value_text(document, &value);
        if !value.is_empty() && !cells.contains(&value) {
            cells.push(value);
        }
    }
    if own.raw("V").is_some() || own.raw("TU").is_some() {
        push(&mut rows.filled, &name, &cells);
    }
    let offered = offered(document, &own);
    if !offered.is_empty() {
        push(&mut rows.offered, &name, &offered);
    }
    super::actions::read_field(document, &own);
    if let Some(Object::Array(kids)) = document.get(&own, "Kids") {
        for kid in kids.iter() {
            read_field(document, kid, &name, seen, depth + 1, rows);
        }
    }
}

fn value_text(document: &mut Document<'_, '_>, value: &Object) -> String {
    match value {
        Object::Text(text) => text_string(text),
        Object::Name(name) => String::from_utf8_lossy(name).into_owned(),
        Object::Array(items) => {
            let items = items.iter().take(1000).filter_map(|item| document.resolve(item));
            let texts: Vec<String> = items.filter_map(|item| item.text().map(text_string)).collect();
            texts.join(", ")
        }
        Object::Stream(stream) => {
            let bytes = document.decode(stream, Kind::Stream).bytes;
            text_string(&bytes)
        }
        _ => String::new(),
    }
}

/// XFA: one stream, or packets by name.
fn read_xfa(document: &mut Document<'_, '_>, form: &Dictionary) {
    let parts = match document.get(form, "XFA") {
        Some(Object::Array(parts)) => parts.iter().take(64).cloned().collect(),
        Some(one) => vec![one],
        None => return,
    };
    let mut packets = Vec::new();
    for part in parts {
        if let Some(Object::Stream(stream)) = document.resolve(&part) {
            packets.extend(document.decode(&stream, Kind::Stream).bytes);
        }
    }
    if memchr::memmem::find(&packets, b"<script").is_some() {
        document.budget.found("form", TraitKind::Script(Script::Active));
    }
    let text = xml::all_text(&packets, document.budget);
    document.budget.text("form", Shown::Visible, Writing::Plain, text);
}
