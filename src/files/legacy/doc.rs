//! Word's binary files (MS-DOC): the text by its piece table, in the parts that it is made of; the
//! older ones of Word 6 and 95, whose text lies in one piece.

use super::{
    characters::{Character, Characters},
    strings::{u16_at, u32_at, utf16},
};
use crate::files::{Budget, Reason, Script, Shown, TraitKind, Writing, open};

/// The parts in the order of their characters (section 2.4.1), by where the header has their length.
const PARTS: [(usize, &str, Shown); 7] = [
    (0x4c, "", Shown::Visible),
    (0x50, "footnotes", Shown::Visible),
    (0x54, "header", Shown::Visible),
    // Between these lies the length of a part that is always empty.
    (0x5c, "comments", Shown::Hidden),
    (0x60, "endnotes", Shown::Visible),
    (0x64, "text box", Shown::Visible),
    (0x68, "header/text box", Shown::Visible),
];

pub(super) fn read(main: &[u8], zero: &[u8], one: &[u8], budget: &mut Budget) {
    let flags = u16_at(main, 10).unwrap_or(0);
    if u16_at(main, 0).is_none_or(|magic| !matches!(magic, 0xa5ec | 0xa5dc | 0xa5db | 0xa697..=0xa699)) {
        return budget.missed("", "doc", Reason::Malformed);
    }
    // Encrypted or obfuscated.
    if flags & 0x0100 != 0 {
        return open::protected("doc", budget);
    }
    let version = u16_at(main, 2).unwrap_or(0);
    let table = if version < 0x6a {
        main
    } else if flags & 0x0200 != 0 {
        one
    } else {
        zero
    };
    let pieces = if version < 0x6a { old_pieces(main, flags) } else { pieces(main, table, 0x1a2) };
    if pieces.is_empty() {
        return budget.missed("", "doc", Reason::Malformed);
    }
    let slice = |at: usize| {
        let (start, length) = (u32_at(main, at)? as usize, u32_at(main, at + 4)? as usize);
        table.get(start..)?.get(..length)
    };
    let characters = match version < 0x6a {
        true => Characters::default(),
        false => slice(0xfa).map(|table| Characters::read(main, table)).unwrap_or_default(),
    };
    if version >= 0x6a
        && let Some(authors) = slice(0x1ba)
    {
        budget.text("comments", Shown::Hidden, Writing::Plain, names(authors));
    }
    let letters = letters(main, &pieces, &characters, budget);
    let mut rest = letters.as_slice();
    for (at, place, shown) in PARTS {
        let length = match version < 0x6a {
            true => old_length(main, at),
            false => u32_at(main, at).unwrap_or(0) as usize,
        };
        let (own, after) = rest.split_at(length.min(rest.len()));
        Part::default().read(own, place, shown, budget);
        rest = after;
    }
    // Lengths that are too small hide nothing.
    Part::default().read(rest, "rest", Shown::Hidden, budget);
}

/// Who wrote comments: strings with their lengths before them.
fn names(mut rest: &[u8]) -> String {
    let mut out = String::new();
    while let Some(length) = u16_at(rest, 0) {
        let Some(name) = rest.get(2..2 + 2 * usize::from(length)) else { break };
        out.push_str(&utf16(name));
        out.push('\n');
        rest = rest.get(2 + name.len()..).unwrap_or_default();
    }
    out
}

/// In the header of Word 6 and 95 the lengths stand earlier.
fn old_length(main: &[u8], at: usize) -> usize {
    u32_at(main, at - 0x4c + 0x34).unwrap_or(0) as usize
}

/// Where a stretch of characters lies.
struct Piece {
    at: usize,
    count: usize,
    wide: bool,
}

/// The piece table (sections 2.8.35 and 2.9.178).
fn pieces(main: &[u8], table: &[u8], entry: usize) -> Vec<Piece> {
    let read = || {
        let (start, length) = (u32_at(main, entry)? as usize, u32_at(main, entry + 4)? as usize);
        let mut rest = table.get(start..)?;
        rest = rest.get(..length).unwrap_or(rest);
        while rest.first() == Some(&1) {
            rest = rest.get(3 + usize::from(u16_at(rest, 1)?)..)?;
        }
        let length = u32_at(rest, 1)? as usize;
        let rest = rest.get(5..)?;
        let table = rest.get(..length).unwrap_or(rest);
        let count = table.len().checked_sub(4)? / 12;
        let piece = |i: usize| {
            let (from, to) = (u32_at(table, 4 * i)?, u32_at(table, 4 * i + 4)?);
            let place = u32_at(table, 4 * (count + 1) + 8 * i + 2)?;
            let wide = place & 0x4000_0000 == 0;
            let at = (place & 0x3fff_ffff) as usize;
            let at = if wide { at } else { at / 2 };
            // No more characters than the stream has.
            Some(Piece { at, count: (to.checked_sub(from)? as usize).min(main.len()), wide })
        };
        Some((0..count).filter_map(piece).collect())
    };
    read().unwrap_or_default()
}

/// One stretch of characters of one byte each; before it, where the document was saved in a hurry, its pieces by
/// their table, so that what stands in none of them is still told as the rest.
fn old_pieces(main: &[u8], flags: u16) -> Vec<Piece> {
    let (start, end) = (u32_at(main, 0x18).unwrap_or(0) as usize, u32_at(main, 0x1c).unwrap_or(0) as usize);
    let mut all = Vec::new();
    if flags & 4 != 0 && u16_at(main, 2).is_some_and(|version| version > 0x60) {
        let at = |piece: &Piece| if piece.wide { piece.at } else { piece.at * 2 };
        let narrow = |piece: Piece| Piece { at: at(&piece), wide: false, ..piece };
        all.extend(pieces(main, main, 0x160).into_iter().map(narrow));
    }
    all.push(Piece { at: start, count: end.saturating_sub(start).min(main.len()), wide: false });
    all
}

/// Every character with what is said of it, stopped by the budget.
fn letters(
    main: &[u8],
    pieces: &[Piece],
    characters: &Characters,
    budget: &mut Budget,
) -> Vec<(char, Character)> {
    let mut out = Vec::new();
    for piece in pieces {
        let width = if piece.wide { 2 } else { 1 };
        let Some(bytes) = main.get(piece.at..) else { continue };
        let bytes = bytes.get(..piece.count * width).unwrap_or(bytes);
        // Pieces may repeat the same bytes.
        if let Err(limit) = budget.step(bytes.len() as u64 / 4 + 1) {
            budget.missed("", "doc", Reason::Limit(limit));
            break;
        }
        if out.len() > budget.limits().text_bytes {
            budget.missed("", "doc", Reason::Limit(crate::files::Limit::Text));
            break;
        }
        let text = match piece.wide {
            true => utf16(bytes),
            false => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
        };
        // One character for each unit keeps count with the parts' lengths.
        for (i, c) in text.chars().enumerate() {
            let place = u32::try_from(piece.at + i * width).unwrap_or(u32::MAX);
            let character = characters.at(place);
            out.push((c, character));
            if c.len_utf16() == 2 {
                out.push(('\0', character));
            }
        }
    }
    out
}

/// A part's text, put together by who sees it.
#[derive(Default)]
struct Part {
    visible: String,
    hidden: String,
    changes: String,
    rows: String,
    /// Cells of the row that is being read.
    row: String,
    line: String,
    /// Fields that are open: whether their result has begun.
    fields: Vec<bool>,
    field: String,
    after_cell: bool,
}

impl Part {
    fn read(mut self, letters: &[(char, Character)], place: &str, shown: Shown, budget: &mut Budget) {
        for (c, character) in letters {
            self.letter(*c, *character, place, budget);
        }
        self.end_line();
        let below = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}/{name}") };
        budget.text(place, shown, Writing::Plain, self.visible);
        budget.text(&below("table"), shown, Writing::Rows, self.rows);
        budget.text(place, Shown::Hidden, Writing::Plain, self.hidden);
        budget.text(&below("changes"), Shown::Hidden, Writing::Plain, self.changes);
    }

    fn letter(&mut self, c: char, character: Character, place: &str, budget: &mut Budget) {
        let after_cell = std::mem::replace(&mut self.after_cell, c == '\u{7}');
        match c {
            '\u{13}' if self.fields.len() < 64 => {
                self.fields.push(false);
                self.field.clear();
            }
            '\u{14}' | '\u{15}' => {
                if c == '\u{15}' {
                    self.fields.pop();
                } else if let Some(last) = self.fields.last_mut() {
                    *last = true;
                }
                tell_field(&std::mem::take(&mut self.field), place, budget);
            }
            _ if self.fields.last() == Some(&false) => self.field.push(c),
            // The mark of a cell, and a second one after the last of a row.
            '\u{7}' if after_cell && self.line.is_empty() => {
                self.rows.push_str(self.row.trim_end());
                self.rows.push('\n');
                self.row.clear();
            }
            '\u{7}' => {
                self.row.push_str(self.line.trim());
                self.row.push('\t');
                self.line.clear();
            }
            '\r' | '\u{b}' | '\u{c}' => {
                if self.row.is_empty() {
                    self.end_line();
                } else {
                    self.line.push(' ');
                }
                for apart in [&mut self.hidden, &mut self.changes] {
                    if !apart.is_empty() && !apart.ends_with('\n') {
                        apart.push('\n');
                    }
                }
            }
            '\u{1e}' => self.line.push('-'),
            '\t' | '\n' => self.line.push(c),
            _ if c.is_control() => {}
            _ if character.deleted => self.changes.push(c),
            _ if character.hidden => self.hidden.push(c),
            _ => self.line.push(c),
        }
    }

    fn end_line(&mut self) {
        if !self.row.is_empty() {
            self.rows.push_str(&std::mem::take(&mut self.row));
        }
        self.visible.push_str(&std::mem::take(&mut self.line));
        self.visible.push('\n');
    }
}

fn tell_field(field: &str, place: &str, budget: &mut Budget) {
    let kind = field.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    if !matches!(
        kind.as_str(),
        "HYPERLINK" | "INCLUDETEXT" | "INCLUDEPICTURE" | "LINK" | "DDE" | "DDEAUTO" | "IMPORT"
    ) {
        if field.contains('"') {
            budget.text(place, Shown::Hidden, Writing::Plain, field.trim().to_owned());
        }
        return;
    }
    if kind != "HYPERLINK" {
        budget.found(place, TraitKind::RemoteContent);
    }
    if kind.starts_with("DDE") {
        budget.found(place, TraitKind::Script(Script::Active));
    }
    let quoted: Vec<&str> = field.split('"').skip(1).step_by(2).collect();
    budget.text(place, Shown::Link, Writing::Plain, quoted.join(" "));
}

#[cfg(test)]
mod tests {
    use crate::files::{
        Reason, Shown,
        fixture_tests::{has_missed, opened, text},
    };

    /// A document of Word for Windows 2, or of Word 95 where `version` is that: its header, then its text.
    fn old(magic: u16, version: u16, flags: u16, letters: &[u8]) -> Vec<u8> {
        let mut out = vec![0; 0x300];
        let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &magic.to_le_bytes());
        put(2, &version.to_le_bytes());
        put(10, &flags.to_le_bytes());
        put(0x18, &0x300_u32.to_le_bytes());
        put(0x1c, &(0x300 + letters.len() as u32).to_le_bytes());
        put(0x34, &(letters.len() as u32).to_le_bytes());
        out.extend_from_slice(letters);
        out
    }

    #[test]
    fn a_document_of_word_2_is_read() {
        let read = opened(&old(0xa5db, 0x2d, 0, b"Carol Ng has a caf\xe9\r"));
        assert_eq!(text(&read, "", Shown::Visible), "Carol Ng has a caf\u{e9}");
        assert!(has_missed(&opened(&old(0xa5db, 0x2d, 0x100, b"x")), Reason::Protected));
    }

    #[test]
    fn a_document_of_word_95_saved_in_a_hurry_is_read_by_its_pieces() {
        let mut main = old(0xa699, 0x68, 4, b"in the end. First");
        // Two pieces: characters 0 to 5 lie behind the others.
        let ends = [0_u32, 5, 16].map(u32::to_le_bytes).concat();
        let places = [[0, 0], [0, 0]].iter().zip([0x30c_u32, 0x300]);
        let places: Vec<u8> =
            places.flat_map(|(head, at)| [&head[..], &at.to_le_bytes(), &[0, 0]].concat()).collect();
        let length = (ends.len() + places.len()) as u32;
        let table = [&[2][..], &length.to_le_bytes(), &ends, &places].concat();
        let at = main.len() as u32;
        main[0x160..0x164].copy_from_slice(&at.to_le_bytes());
        main[0x164..0x168].copy_from_slice(&(table.len() as u32).to_le_bytes());
        main[0x34..0x38].copy_from_slice(&16_u32.to_le_bytes());
        main.extend(table);
        let mut budget = crate::files::Budget::new(crate::files::FileLimits::default());
        super::read(&main, &[], &[], &mut budget);
        let read = budget.finish();
        assert_eq!(text(&read, "", Shown::Visible), "Firstin the end.");
        assert_eq!(text(&read, "rest", Shown::Hidden), "in the end. First");
    }
}
