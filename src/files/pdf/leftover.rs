//! What a PDF holds where no program looks: objects that are left over, texts that stand for pictures, names of pages
//! and places (ISO 32000-2, sections 7.5.6, 12.3.2, 12.4.2, 14.9.3).

use super::{
    content::{Fonts, IDENTITY, Interpreter},
    crypt::Kind,
    document::Document,
    layers::Layers,
    layout,
    object::{Dictionary, Object, Stream},
    text_string,
};
use crate::files::{Shown, Writing, bytes::printable};
use std::{collections::HashSet, rc::Rc};

/// Objects within each other, and how many of them.
const DEEPEST: usize = 16;
const MOST_OBJECTS: usize = 4_000;
/// Of a stream that is no page.
const MOST_BYTES: usize = 256 * 1024;

/// What the catalogue leads to that no other reader reads, each by the words that a person knows it by.
const OF_THE_CATALOGUE: [(&str, &str, Shown); 7] = [
    ("PageLabels", "page labels", Shown::Hidden),
    ("OCProperties", "layers", Shown::Hidden),
    ("Threads", "threads", Shown::Hidden),
    ("Collection", "collection", Shown::Hidden),
    ("Dests", "destinations", Shown::Unseen),
    ("Names", "destinations", Shown::Unseen),
    ("PieceInfo", "notes of programs", Shown::Unseen),
];

/// Reads all that is left. `resources` are those of the first page, whose fonts a forgotten page may use.
pub(super) fn read(document: &mut Document<'_, '_>, root: &Dictionary, resources: &Dictionary) {
    for (key, place, shown) in OF_THE_CATALOGUE {
        let Some(object) = root.raw(key) else { continue };
        let mut strings = Strings::default();
        strings.of(document, object, 0);
        match shown {
            Shown::Unseen => document.budget.unseen(place, strings.out),
            shown => document.budget.text(place, shown, Writing::Plain, strings.out),
        }
    }
    let mut fonts = Fonts::default();
    let mut instead = String::new();
    for (number, object) in document.left_over() {
        let place = format!("left over/object {number}");
        match &object {
            Object::Stream(stream) => stream_left(document, stream, &place, resources, &mut fonts),
            other => {
                let mut strings = Strings { follow: false, ..Strings::default() };
                strings.of(document, other, 0);
                match other.dictionary() {
                    Some(own) if ["Alt", "ActualText", "E"].iter().any(|key| own.raw(key).is_some()) => {
                        instead.push_str(&strings.out);
                    }
                    _ => document.budget.unseen(&place, strings.out),
                }
            }
        }
    }
    document.budget.text("alternative text", Shown::Hidden, Writing::Plain, instead);
    let remarks = document.remarks();
    document.budget.unseen("remarks", remarks);
    let tail = document.tail();
    let tail = printable(tail.get(..MOST_BYTES).unwrap_or(tail));
    document.budget.unseen("behind the end", tail);
}

/// A stream that may be a page that was, or a text.
fn stream_left(
    document: &mut Document<'_, '_>,
    stream: &Rc<Stream>,
    place: &str,
    resources: &Dictionary,
    fonts: &mut Fonts,
) {
    let own = &stream.dictionary;
    let is_of_machines = ["XRef", "ObjStm", "Metadata", "EmbeddedFile"]
        .iter()
        .any(|kind| own.is("Type", kind.as_bytes()))
        || ["Image", "Type1C", "CIDFontType0C", "OpenType"]
            .iter()
            .any(|kind| own.is("Subtype", kind.as_bytes()))
        || ["Length1", "FunctionType", "N", "ShadingType", "Width"].iter().any(|key| own.raw(key).is_some());
    let is_shelf = own.is("Type", b"ObjStm");
    if is_of_machines && !is_shelf {
        return;
    }
    let bytes = document.decode(stream, Kind::Stream).bytes;
    let bytes = bytes.get(..MOST_BYTES).unwrap_or(&bytes);
    let has = |word: &[u8]| memchr::memmem::find(bytes, word).is_some();
    let text = if !is_shelf && has(b"BT") && (has(b"Tj") || has(b"TJ") || has(b"'")) {
        let all_shown = Layers::default();
        let mut interpreter = Interpreter::new(document, fonts, &all_shown, [-1e6, -1e6, 1e6, 1e6]);
        interpreter.draw(bytes, resources, IDENTITY);
        layout::text(interpreter.page.runs.iter())
    } else {
        String::new()
    };
    let text = if text.trim().is_empty() { printable(bytes) } else { text };
    document.budget.unseen(place, text);
}

/// Strings, and names with a number in them, of objects within each other.
struct Strings {
    out: String,
    seen: HashSet<u32>,
    left: usize,
    /// Whether references are followed.
    follow: bool,
}

impl Default for Strings {
    fn default() -> Self {
        Self { out: String::new(), seen: HashSet::new(), left: MOST_OBJECTS, follow: true }
    }
}

impl Strings {
    fn of(&mut self, document: &mut Document<'_, '_>, object: &Object, depth: usize) {
        if self.left == 0 || depth > DEEPEST || document.step().is_none() {
            return;
        }
        self.left -= 1;
        let numbered = |name: &[u8]| name.iter().filter(|byte| byte.is_ascii_digit()).count() >= 8;
        match object {
            Object::Text(text) => self.say(&text_string(text)),
            Object::Name(name) if numbered(name) => self.say(&String::from_utf8_lossy(name)),
            Object::Array(items) => {
                for item in items.iter() {
                    self.of(document, item, depth + 1);
                }
            }
            Object::Dictionary(own) => {
                for (key, value) in own.0.iter() {
                    if numbered(key) {
                        self.say(&String::from_utf8_lossy(key));
                    }
                    // What it hangs on leads back to everything.
                    if !matches!(key.as_slice(), b"Parent" | b"P" | b"Pg" | b"D")
                        || matches!(value, Object::Text(_))
                    {
                        self.of(document, value, depth + 1);
                    }
                }
            }
            Object::Reference(number) if self.follow && self.seen.insert(*number) => {
                if let Some(object) = document.resolve(object).filter(|object| !object.is_page()) {
                    self.of(document, &object, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn say(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.out.push_str(text);
            self.out.push('\n');
        }
    }
}

impl Object {
    fn is_page(&self) -> bool {
        self.dictionary().is_some_and(|own| own.is("Type", b"Page"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{FONT, page};
    use crate::files::{
        Shown,
        fixture_tests::{opened, text},
    };

    fn with(objects: &str) -> Vec<u8> {
        [page("BT /F 12 Tf 50 700 Td (Plan) Tj ET", FONT), b"\n".to_vec(), objects.as_bytes().to_vec()]
            .concat()
    }

    #[test]
    fn an_older_version_of_an_object_is_read() {
        let old = "BT /F 12 Tf 50 700 Td (Ref 1234567890) Tj ET";
        let object = format!("4 0 obj<</Length {}>>stream\n{old}\nendstream endobj\n", old.len());
        let bytes = [b"%PDF-1.7\n".to_vec(), object.into_bytes(), with("")].concat();
        let opened = opened(&bytes);
        assert_eq!(text(&opened, "page 1", Shown::Visible), "Plan");
        assert_eq!(text(&opened, "left over/object 4", Shown::Unseen), "Ref 1234567890");
    }

    #[test]
    fn what_nothing_refers_to_is_read() {
        let opened = opened(&with(
            "% Ref 1234567890\n9 0 obj<</Type/StructElem/S/Figure/Alt(Nia at her desk)>>endobj\n10 0 obj(Ref 1234567890)endobj\n11 0 obj(short)endobj\n",
        ));
        assert_eq!(text(&opened, "alternative text", Shown::Hidden), "Nia at her desk");
        assert_eq!(text(&opened, "left over/object 10", Shown::Unseen), "Ref 1234567890");
        assert_eq!(text(&opened, "remarks", Shown::Unseen), " Ref 1234567890");
        assert_eq!(text(&opened, "left over/object 11", Shown::Unseen), "");
    }

    #[test]
    fn names_of_pages_are_read() {
        let mut bytes = with("");
        let at = bytes.windows(8).position(|w| w == b"/Catalog").unwrap() + 8;
        bytes.splice(at..at, *b"/PageLabels<</Nums[0<</P(Annex )>>]>>");
        assert_eq!(text(&opened(&bytes), "page labels", Shown::Hidden), "Annex");
    }
}
