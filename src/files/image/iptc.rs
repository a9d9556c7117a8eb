//! IPTC-IIM 4.2 records, and Photoshop's image resources around them.

use super::{
    super::{
        budget::Budget,
        bytes::{slice, u16_be, u32_be},
        text::charset,
    },
    Picture,
};

/// Datasets of record 2 that say something in words: title, keywords, instructions, by-line, city, province,
/// country, headline, credit, source, copyright, contact, caption, writer.
const TEXTS: [u8; 19] = [5, 15, 20, 25, 40, 80, 85, 90, 92, 95, 101, 103, 105, 110, 115, 116, 118, 120, 122];

pub(super) fn resources(bytes: &[u8], picture: &mut Picture, budget: &mut Budget) {
    let mut at = 0;
    while slice(bytes, at, 4) == Some(b"8BIM") && budget.step(1).is_ok() {
        let id = u16_be(bytes, at + 4);
        let name = bytes.get(at + 6).copied().map_or(0, usize::from);
        let length_at = at + 6 + (name + 1).next_multiple_of(2);
        let Some(length) = u32_be(bytes, length_at).and_then(|length| usize::try_from(length).ok()) else {
            return;
        };
        let data = slice(bytes, length_at + 4, length).unwrap_or_default();
        if id == Some(0x0404) {
            records(data, picture);
        }
        let Some(next) =
            length.checked_next_multiple_of(2).and_then(|length| (length_at + 4).checked_add(length))
        else {
            return;
        };
        at = next;
    }
}

pub(super) fn records(bytes: &[u8], picture: &mut Picture) {
    let mut at = 0;
    while let (Some(0x1c), Some(record), Some(dataset), Some(length)) =
        (bytes.get(at), bytes.get(at + 1), bytes.get(at + 2), u16_be(bytes, at + 3))
    {
        let data = slice(bytes, at + 5, usize::from(length)).unwrap_or_default();
        if *record == 2 && TEXTS.contains(dataset) {
            picture.say(charset::decode(data, None));
        }
        at += 5 + usize::from(length);
    }
}
