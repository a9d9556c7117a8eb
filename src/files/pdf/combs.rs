//! Forms with a field for each letter, side by side: put together, with the words on the page beside them.

use super::{
    document::Document,
    layout::Run,
    object::{Dictionary, Object},
    text_string,
};

/// Letters of one such field, fields of one page, and the fewest that make a word.
const LONGEST: usize = 3;
const MOST: usize = 2_000;
const FEWEST: usize = 4;
/// Words that are put together on one page.
const MOST_WORDS: usize = 64;

struct Field {
    text: String,
    left: f64,
    right: f64,
    bottom: f64,
    top: f64,
}

pub(super) fn read(document: &mut Document<'_, '_>, page: &Dictionary, place: &str, runs: &[Run]) {
    let Some(Object::Array(notes)) = document.get(page, "Annots") else { return };
    let mut fields = Vec::new();
    for (count, note) in notes.iter().enumerate() {
        if count >= MOST {
            document.stopped = document.stopped.or(Some(crate::files::Limit::Steps));
            break;
        }
        if document.step().is_none() {
            return;
        }
        let Some(note) = document.resolve(note).and_then(|note| note.dictionary().cloned()) else { continue };
        if note.is("Subtype", b"Widget") {
            fields.extend(field(document, &note));
        }
    }
    let out = joined(fields, runs);
    document.budget.unseen(&format!("{place}/form"), out);
}

fn field(document: &mut Document<'_, '_>, note: &Dictionary) -> Option<Field> {
    let own = document.get(note, "V");
    // A field with several places has its value above them.
    let value =
        own.or_else(|| document.dictionary(note, "Parent").and_then(|above| document.get(&above, "V")))?;
    let text = text_string(value.text()?);
    let Some(Object::Array(corners)) = document.get(note, "Rect") else { return None };
    let corners: Vec<f64> = corners.iter().filter_map(Object::number).collect();
    let &[a, b, c, d] = corners.as_slice() else { return None };
    let short = (1..=LONGEST).contains(&text.trim().chars().count());
    short.then(|| Field {
        text: text.trim().to_owned(),
        left: a.min(c),
        right: a.max(c),
        bottom: b.min(d),
        top: b.max(d),
    })
}

/// One line for each row of fields that stand close to each other.
fn joined(mut fields: Vec<Field>, runs: &[Run]) -> String {
    let (mut out, mut words) = (String::new(), 0);
    fields.sort_by(|a, b| b.bottom.total_cmp(&a.bottom));
    for row in fields.chunk_by_mut(|a, b| (a.bottom - b.bottom).abs() < (a.top - a.bottom) / 2.0) {
        row.sort_by(|a, b| a.left.total_cmp(&b.left));
        let close = |a: &Field, b: &Field| b.left - a.right < 1.5 * (a.top - a.bottom).max(a.right - a.left);
        for word in row.chunk_by(close).filter(|word| word.len() >= FEWEST) {
            words += 1;
            if words > MOST_WORDS {
                return out;
            }
            if let Some(first) = word.first() {
                out.push_str(&beside(first, runs));
                out.push(' ');
            }
            out.extend(word.iter().map(|field| field.text.as_str()));
            out.push('\n');
        }
    }
    out
}

/// The words left of a field, or above it.
fn beside(field: &Field, runs: &[Run]) -> String {
    let height = field.top - field.bottom;
    let near = |run: &&Run| {
        let (x, y) = run.at;
        let on_row = (field.bottom - height..=field.top).contains(&y) && x < field.left;
        let above =
            (field.top..field.top + 2.5 * height).contains(&y) && x <= field.right && x > field.left - 300.0;
        !run.hidden && (on_row || above)
    };
    let texts: Vec<&str> = runs.iter().filter(near).take(200).map(|run| run.text.as_str()).collect();
    let text = texts.join(" ");
    let start = text.ceil_char_boundary(text.len().saturating_sub(80));
    text.get(start..).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{FONT, page};
    use crate::files::{
        Shown,
        fixture_tests::{opened, text},
    };

    #[test]
    fn letters_in_fields_are_a_word() {
        let mut bytes = page("BT /F 12 Tf 50 700 Td (Ref no) Tj ET", FONT);
        let at = bytes.windows(9).position(|w| w == b"/MediaBox").unwrap();
        bytes.splice(at..at, *b"/Annots 9 0 R");
        // Not in the order of the page.
        let mut order: Vec<usize> = (0..9).collect();
        order.rotate_left(4);
        let field = |i: usize| {
            format!("<</Subtype/Widget/FT/Tx/V({})/Rect[{} 696 {} 712]>>", i + 1, 100 + 15 * i, 114 + 15 * i)
        };
        let all: String = order.into_iter().map(field).collect();
        bytes.extend(
            format!("\n9 0 obj[{all}<</Subtype/Widget/FT/Tx/V(x)/Rect[400 696 414 712]>>]endobj\n").bytes(),
        );
        assert_eq!(text(&opened(&bytes), "page 1/form", Shown::Unseen), "Ref no 123456789");
    }
}
