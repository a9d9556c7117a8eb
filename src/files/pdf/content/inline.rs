//! Pictures within content (ISO 32000-2, section 8.9.7).

use super::{Drawing, Interpreter, pieces::has_room};
use crate::files::pdf::object::{Dictionary, Object, Reader, Token};
use memchr::memmem;
use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

/// Entries of one, by their short names (table 91).
const KEYS: [(&[u8], &str); 9] = [
    (b"BPC", "BitsPerComponent"),
    (b"CS", "ColorSpace"),
    (b"D", "Decode"),
    (b"DP", "DecodeParms"),
    (b"F", "Filter"),
    (b"H", "Height"),
    (b"IM", "ImageMask"),
    (b"I", "Interpolate"),
    (b"W", "Width"),
];
const MOST_ENTRIES: usize = 64;

impl Interpreter<'_, '_, '_> {
    /// After `BI`; the reader then stands behind `EI`.
    pub(super) fn inline_picture(&mut self, reader: &mut Reader<'_>, drawing: &Drawing<'_>) {
        let start = reader.at;
        let own = entries(reader);
        if own.is_none() {
            reader.at = start;
        }
        let data = data(reader, own.is_some());
        if self.in_mask {
            self.page.masks += 1;
            return;
        }
        self.page.pictures += 1;
        let area = drawing.unit_square();
        self.picture_at(area);
        let mut own = own.unwrap_or_default();
        // A colour space may stand among the resources.
        if let Some(name) = own.raw("ColorSpace").and_then(Object::name).map(<[u8]>::to_vec)
            && let Some(spaces) = self.document.dictionary(drawing.resources, "ColorSpace")
            && let Some(space) = spaces.0.get(&name)
        {
            own.entries().insert(b"ColorSpace".to_vec(), space.clone());
        }
        let files = self.page.files.len();
        if has_room(&area) {
            let mut key = DefaultHasher::new();
            data.hash(&mut key);
            let decoded = self.document.unfiltered(&own, data.to_vec());
            self.keep_picture(&own, key.finish() as usize, decoded);
        }
        self.tell_room(area, files);
    }
}

/// The dictionary up to `ID`.
fn entries(reader: &mut Reader<'_>) -> Option<Dictionary> {
    let mut own = BTreeMap::new();
    for _ in 0..MOST_ENTRIES {
        match reader.token()? {
            Token::Operator(word) if word == b"ID" => return Some(Dictionary::new(own)),
            Token::Operand(Object::Name(key)) => {
                let Token::Operand(value) = reader.token()? else { return None };
                let long = KEYS.iter().find(|(short, _)| *short == key.as_ref());
                own.insert(long.map_or_else(|| key.to_vec(), |(_, long)| long.as_bytes().to_vec()), value);
            }
            _ => return None,
        }
    }
    None
}

/// The bytes up to `EI`; before them `ID` is looked for unless the reader stands behind it.
fn data<'a>(reader: &mut Reader<'a>, begun: bool) -> &'a [u8] {
    let rest = reader.rest();
    // Its dictionary is short; elsewhere this would be no picture.
    let head = rest.get(..4096).unwrap_or(rest);
    let Some(data) = (if begun { Some(0) } else { memmem::find(head, b"ID").map(|at| at + 2) }) else {
        return &[];
    };
    let after = rest.get(data..).unwrap_or_default();
    let is_end = |at: &usize| {
        let white = |at: usize| after.get(at).is_none_or(|b| b.is_ascii_whitespace() || *b == 0);
        white(at.wrapping_sub(1)) && white(at + 2)
    };
    let end = memmem::find_iter(after, b"EI").find(is_end);
    reader.at += end.map_or(rest.len(), |end| data + end + 2);
    after.get(1..end.unwrap_or(after.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::files::pdf::tests::{FONT, page};
    use crate::files::{
        Reason, Shown,
        fixture_tests::{has_missed, opened, text},
    };

    #[test]
    fn a_picture_within_content_is_told_when_words_can_be_read_on_it() {
        let words = "BT /F 12 Tf 50 700 Td (The plan) Tj ET";
        let picture = "BI /W 2 /H 1 /CS /G /BPC 8 /F /AHx ID 00ff> EI";
        for (size, told) in [("400 0 0 200 50 300", true), ("20 0 0 20 50 300", false)] {
            let content = format!("{words} q {size} cm {picture} Q BT /F 12 Tf 50 600 Td (goes on) Tj ET");
            let opened = opened(&page(&content, FONT));
            assert_eq!(has_missed(&opened, Reason::Picture), told, "{size}");
            assert_eq!(text(&opened, "page 1", Shown::Visible), "The plan\ngoes on");
        }
    }

    #[test]
    fn entries_are_called_by_their_long_names() {
        let mut reader = super::Reader::of_content(b" /W 2 /CS /G /Filter[/AHx] ID 00> EI");
        let own = super::entries(&mut reader).unwrap();
        assert_eq!(own.raw("Width").and_then(super::Object::integer), Some(2));
        assert!(own.is("ColorSpace", b"G") && own.raw("Filter").is_some());
        assert_eq!(super::data(&mut reader, true), b"00> ");
    }
}
