//! Annotations of pages (ISO 32000-2, section 12.5) and the outline (section 12.3.3).

use super::{
    content::{Fonts, Interpreter},
    document::Document,
    layout,
    object::{Dictionary, Object},
    text_string,
};
use crate::files::{Limit, Shown, Writing, xml};
use std::collections::HashSet;

const MOST_NOTES: usize = 20_000;
/// Levels of the outline.
const DEEPEST: usize = 32;

pub(super) fn read(document: &mut Document<'_, '_>, page: &Dictionary, place: &str, fonts: &mut Fonts) {
    let Some(Object::Array(notes)) = document.get(page, "Annots") else { return };
    if notes.len() > MOST_NOTES {
        document.stopped = document.stopped.or(Some(Limit::Steps));
    }
    let (mut visible, mut hidden) = (Vec::new(), Vec::new());
    let (most, mut written) = (document.budget.limits().text_bytes, 0);
    for note in notes.iter().take(MOST_NOTES) {
        if document.step().is_none() {
            break;
        }
        // One note may stand there many times.
        if written > most {
            document.stopped = document.stopped.or(Some(Limit::Text));
            break;
        }
        let Some(note) = document.resolve(note).and_then(|note| note.dictionary().cloned()) else { continue };
        let text = note_text(document, &note);
        let look = look(document, &note, fonts);
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        written += text.len() + look.len();
        let said_twice = squeezed(&text).contains(&squeezed(&look));
        let flags = document.get(&note, "F").and_then(|flags| flags.integer()).unwrap_or(0);
        // Flags 2 and 6: hidden, not shown (table 167).
        let seen = flags & 0b10_0010 == 0;
        if seen && (note.is("Subtype", b"FreeText") || note.is("Subtype", b"Stamp")) {
            visible.push(text);
        } else {
            hidden.push(text);
        }
        if !said_twice {
            if seen { visible.push(look) } else { hidden.push(look) }
        }
    }
    let below = format!("{place}/notes");
    document.budget.text(&below, Shown::Visible, Writing::Plain, joined(visible));
    document.budget.text(&below, Shown::Hidden, Writing::Plain, joined(hidden));
}

fn joined(texts: Vec<String>) -> String {
    texts.into_iter().filter(|text| !text.trim().is_empty()).collect::<Vec<_>>().join("\n")
}

/// What was written, who wrote it, about what.
fn note_text(document: &mut Document<'_, '_>, note: &Dictionary) -> String {
    let mut texts: Vec<String> = Vec::new();
    for key in ["Contents", "RC", "T", "Subj", "TU", "OverlayText"] {
        // A widget's T is the name of its field.
        if note.is("Subtype", b"Widget") && key == "T" {
            continue;
        }
        let Some(value) = document.get(note, key) else { continue };
        let Some(value) = value.text() else { continue };
        let text = match key {
            "RC" => xml::all_text(text_string(value).as_bytes(), document.budget),
            _ => text_string(value),
        };
        if !texts.iter().any(|known| known.contains(text.trim())) {
            texts.push(text);
        }
    }
    texts.join("\n")
}

/// The text of what is drawn for it.
fn look(document: &mut Document<'_, '_>, note: &Dictionary, fonts: &mut Fonts) -> String {
    let looks = document.dictionary(note, "AP").unwrap_or_default();
    let mut own = document.get(&looks, "N");
    // A look for each state.
    if let Some(Object::Dictionary(states)) = &own {
        let state = document.get(note, "AS").and_then(|state| Some(state.name()?.to_vec()));
        own = state.and_then(|state| document.resolve(states.0.get(&state)?));
    }
    let Some(Object::Stream(stream)) = own else { return String::new() };
    let none_off = HashSet::new();
    let mut interpreter = Interpreter::new(document, fonts, &none_off, [-1e6, -1e6, 1e6, 1e6]);
    interpreter.place = "annotation".to_owned();
    interpreter.draw_form(&stream);
    let page = interpreter.page;
    for (name, bytes) in &page.files {
        document.budget.hash(&format!("annotation/{name}"), bytes);
    }
    layout::text(page.runs.iter())
}

pub(super) fn read_outline(document: &mut Document<'_, '_>, root: &Dictionary) {
    let Some(outline) = document.dictionary(root, "Outlines") else { return };
    let mut titles = String::new();
    let mut seen = HashSet::new();
    let mut waiting: Vec<(Object, usize)> =
        outline.raw("First").map(|first| (first.clone(), 0)).into_iter().collect();
    while let Some((item, depth)) = waiting.pop() {
        if let Object::Reference(number) = item
            && !seen.insert(number)
        {
            continue;
        }
        if document.step().is_none() {
            break;
        }
        let Some(own) = document.resolve(&item).and_then(|own| own.dictionary().cloned()) else { continue };
        if let Some(title) = document.get(&own, "Title").as_ref().and_then(Object::text) {
            titles.push_str(&text_string(title));
            titles.push('\n');
        }
        super::actions::read_item(document, &own, "outline");
        waiting.extend(own.raw("Next").map(|next| (next.clone(), depth)));
        match own.raw("First") {
            Some(first) if depth < DEEPEST => waiting.push((first.clone(), depth + 1)),
            Some(_) => document.stopped = document.stopped.or(Some(Limit::Nesting)),
            None => {}
        }
    }
    document.budget.text("outline", Shown::Visible, Writing::Plain, titles);
}
