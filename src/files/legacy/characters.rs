//! Properties of characters in Word's binary files (MS-DOC, sections 2.8.5, 2.9.33 and 2.6.1), as far
//! as they tell whether text is seen.

use super::strings::{u16_at, u32_at};

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Character {
    pub(super) hidden: bool,
    pub(super) deleted: bool,
}

/// Ranges of the stream with what is said of their characters, by where they begin.
#[derive(Debug, Default)]
pub(super) struct Characters(Vec<(u32, u32, Character)>);

impl Characters {
    /// `table` is the part of the table stream that tells the pages (PlcBteChpx).
    pub(super) fn read(main: &[u8], table: &[u8]) -> Self {
        let count = table.len().saturating_sub(4) / 8;
        let mut ranges = Vec::new();
        for i in 0..count {
            let Some(page) = u32_at(table, 4 * (count + 1) + 4 * i) else { break };
            let start = (page & 0x3f_ffff) as usize * 512;
            if let Some(page) = main.get(start..).and_then(|rest| rest.get(..512)) {
                read_page(page, &mut ranges);
            }
        }
        ranges.sort_by_key(|(start, ..)| *start);
        Self(ranges)
    }

    pub(super) fn at(&self, place: u32) -> Character {
        let after = self.0.partition_point(|(start, ..)| *start <= place);
        let range = after.checked_sub(1).and_then(|i| self.0.get(i));
        range.filter(|(_, end, _)| place < *end).map(|(.., character)| *character).unwrap_or_default()
    }
}

/// Only ranges of which something is said.
fn read_page(page: &[u8], ranges: &mut Vec<(u32, u32, Character)>) {
    let count = page.last().map_or(0, |count| usize::from(*count));
    for i in 0..count {
        let (Some(start), Some(end)) = (u32_at(page, 4 * i), u32_at(page, 4 * i + 4)) else { return };
        let at = page.get(4 * (count + 1) + i).map_or(0, |at| usize::from(*at) * 2);
        let length = page.get(at).map_or(0, |length| usize::from(*length));
        let Some(properties) = page.get(at + 1..at + 1 + length).filter(|_| at > 0) else { continue };
        let character = character(properties);
        if character != Character::default() {
            ranges.push((start, end, character));
        }
    }
}

fn character(mut properties: &[u8]) -> Character {
    let mut out = Character::default();
    while let Some(code) = u16_at(properties, 0) {
        let operand = properties.get(2..).unwrap_or_default();
        let first = operand.first().copied().unwrap_or(0);
        match code {
            0x0800 => out.deleted = first == 1,
            0x083c => out.hidden |= first == 1 || first == 0x81,
            // White by number and by colour; smaller than two points.
            0x2a42 => out.hidden |= first == 8,
            0x6870 => out.hidden |= operand.starts_with(&[0xff, 0xff, 0xff, 0]),
            0x4a43 => out.hidden |= u16_at(operand, 0).is_some_and(|size| size < 4),
            _ => {}
        }
        let length = match code >> 13 {
            0 | 1 => 1,
            2 | 4 | 5 => 2,
            3 => 4,
            6 => usize::from(first) + 1,
            _ => 3,
        };
        properties = operand.get(length..).unwrap_or_default();
    }
    out
}
