//! Annotations of pages (ISO 32000-2, section 12.5) and the outline (section 12.3.3).

use super::{
    content::{Fonts, Interpreter, Page},
    document::Document,
    layers::Layers,
    layout,
    object::{Dictionary, Object},
    tell_unread, text_string,
};
use crate::files::{Limit, Reason, Shown, Writing, open, xml};
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
    let mut drawn = Drawn::default();
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
        let look = drawn.look(document, &note, place, fonts);
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
    drawn.tell(document, &below);
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

/// Strokes of a pen that are more than a signature.
const FEWEST_STROKES: usize = 10;

/// What the annotations of a page show that is no text.
#[derive(Default)]
struct Drawn {
    pages: Vec<Page>,
    strokes: usize,
}

impl Drawn {
    /// The text of what is drawn for a note, as it lies there and as somebody points at it; pictures are kept.
    fn look(
        &mut self,
        document: &mut Document<'_, '_>,
        note: &Dictionary,
        place: &str,
        fonts: &mut Fonts,
    ) -> String {
        if note.is("Subtype", b"Ink") {
            let strokes = document.get(note, "InkList");
            self.strokes += strokes.as_ref().map_or(0, |strokes| strokes.array().len());
        }
        let looks = document.dictionary(note, "AP").unwrap_or_default();
        let mut texts: Vec<String> = Vec::new();
        for key in ["N", "R", "D"] {
            let text = self.look_of(document, (note, looks.raw(key)), place, fonts);
            if !text.trim().is_empty() && !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts.join("\n")
    }

    fn look_of(
        &mut self,
        document: &mut Document<'_, '_>,
        (note, look): (&Dictionary, Option<&Object>),
        place: &str,
        fonts: &mut Fonts,
    ) -> String {
        let mut own = look.and_then(|look| document.resolve(look));
        // A look for each state.
        if let Some(Object::Dictionary(states)) = &own {
            let state = document.get(note, "AS").and_then(|state| Some(state.name()?.to_vec()));
            own = state.and_then(|state| document.resolve(states.0.get(&state)?));
        }
        let Some(Object::Stream(stream)) = own else { return String::new() };
        let all_shown = Layers::default();
        let mut interpreter = Interpreter::new(document, fonts, &all_shown, [-1e6, -1e6, 1e6, 1e6]);
        interpreter.place = "annotation".to_owned();
        interpreter.draw_look(&stream, note);
        let mut page = interpreter.page;
        for (name, bytes) in page.files.drain(..) {
            open::member(document.budget, &format!("{place}/notes/{name}"), Some(name), None, &bytes);
        }
        let mut text = layout::seen_and_all(&page.runs);
        for apart in page.apart.drain(..) {
            text.push('\n');
            text.push_str(&apart);
        }
        page.runs.clear();
        if self.pages.len() < MOST_NOTES {
            self.pages.push(page);
        }
        text
    }

    /// Handwriting, and pictures that may hold words; a small one is the sign of a note.
    fn tell(self, document: &mut Document<'_, '_>, below: &str) {
        for page in &self.pages {
            tell_unread(document, below, page, false);
        }
        if self.strokes >= FEWEST_STROKES {
            document.budget.missed(below, "drawing", Reason::Picture);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::super::tests::{FONT, page};
    use crate::files::{
        Reason, Shown,
        fixture_tests::{has_missed, opened, text},
    };

    /// A page of words with one annotation, whose look is `look`.
    fn noted(note: &str, look: &str) -> crate::files::Opened {
        let mut bytes = page("BT /F 12 Tf 50 700 Td (The plan) Tj ET", FONT);
        let at = bytes.windows(9).position(|w| w == b"/MediaBox").unwrap();
        bytes.splice(at..at, *b"/Annots[5 0 R]");
        bytes.extend(format!("\n5 0 obj<</Type/Annot/F 4{note}/AP<</N 6 0 R>>>>endobj").bytes());
        let own = format!("/Subtype/Form/BBox[0 0 400 200]/Resources<<{FONT}/XObject<</I 7 0 R>>>>");
        bytes.extend(
            format!("\n6 0 obj<<{own}/Length {}>>stream\n{look}\nendstream endobj", look.len()).bytes(),
        );
        bytes.extend(b"\n7 0 obj<</Subtype/Image/Width 200/Height 50/Length 1>>stream\nx\nendstream endobj");
        opened(&bytes)
    }

    #[test]
    fn a_stamp_that_is_a_picture_is_told_by_the_size_it_is_shown_in() {
        let picture = "q 400 0 0 200 0 0 cm /I Do Q";
        let stamp = |place: &str| noted(&format!("/Subtype/Stamp/Rect[{place}]"), picture);
        assert!(has_missed(&stamp("50 300 450 500"), Reason::Picture));
        assert!(!has_missed(&stamp("50 300 70 310"), Reason::Picture));
    }

    #[test]
    fn handwriting_is_told_and_a_signature_is_not() {
        for (strokes, told) in [(16, true), (3, false)] {
            let lists: String = (0..strokes).map(|i| format!("[{0} 0 {0} 9]", 40 * i)).collect();
            let look: String = (0..strokes).map(|i| format!("{0} 0 m {0} 9 l S ", 40 * i)).collect();
            let note = format!("/Subtype/Ink/Rect[50 300 450 500]/InkList[{lists}]");
            assert_eq!(has_missed(&noted(&note, &look), Reason::Picture), told);
        }
        // Without a list of strokes, by their forms.
        let letters: String =
            (0..8).map(|i| format!("{0} 9 m {1} 18 l {2} 9 l S ", 10 * i, 10 * i + 4, 10 * i + 7)).collect();
        assert!(has_missed(&noted("/Subtype/Stamp/Rect[50 300 450 500]", &letters), Reason::Picture));
    }

    #[test]
    fn a_look_is_read_with_what_is_hidden_on_it_and_without() {
        let look = "BT /F 12 Tf 5 20 Td (AB) Tj 3 Tr (z) Tj 0 Tr (12) Tj ET";
        let said = text(&noted("/Subtype/Stamp/Rect[50 300 450 500]", look), "page 1/notes", Shown::Visible);
        assert!(said.ends_with("ABz12") && said.starts_with("AB"), "{said}");
    }
}
