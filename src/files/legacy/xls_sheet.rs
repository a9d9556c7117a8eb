//! One sheet of a binary workbook (MS-XLS, section 2.1.7.20.5): cells, what is hidden, comments,
//! drawings, headers, links.

use super::{
    strings::{plain, u16_at, u32_at, utf16},
    xls::{Book, Continued, Record, real_at, record_at, rk_at},
};
use crate::files::{
    Budget, Reason, Script, Shown, TraitKind, Writing,
    formula::Formulas,
    ooxml::{Rows, without_codes},
};
use std::collections::HashMap;

/// What begins an address in a link (MS-OSHARED, section 2.3.7.6).
const ADDRESS: [u8; 16] =
    [0xe0, 0xc9, 0xea, 0x79, 0xf9, 0xba, 0xce, 0x11, 0x8c, 0x82, 0x00, 0xaa, 0x00, 0x4b, 0xa9, 0x0b];

pub(super) struct Sheet<'b> {
    book: &'b Book,
    place: &'b str,
    hidden: bool,
    visible: Rows,
    unseen: Rows,
    calculated: &'b mut Formulas,
    comments: Rows,
    header: String,
    drawn: String,
    /// Said beside the cells: prompts, choices, tooltips.
    hints: String,
    hidden_columns: Vec<(u16, u16)>,
    hidden_rows: Vec<u16>,
    /// Where the text of a formula belongs that comes with the next record.
    awaited: Option<(u16, u16, u16)>,
    /// The formula whose value comes, with its place.
    tokens: Option<((u16, u16), Vec<u8>)>,
    /// The object that a text belongs to, and texts of comments by their object.
    object: (u16, u16),
    notes: HashMap<u16, String>,
}

impl<'b> Sheet<'b> {
    pub(super) fn new(
        book: &'b Book,
        (place, hidden): (&'b str, bool),
        calculated: &'b mut Formulas,
    ) -> Self {
        Self {
            book,
            place,
            hidden,
            visible: Rows::default(),
            unseen: Rows::default(),
            calculated,
            comments: Rows::default(),
            header: String::new(),
            drawn: String::new(),
            hints: String::new(),
            hidden_columns: Vec::new(),
            hidden_rows: Vec::new(),
            awaited: None,
            tokens: None,
            object: (0, 0),
            notes: HashMap::new(),
        }
    }

    pub(super) fn read(mut self, stream: &[u8], start: usize, budget: &mut Budget) {
        self.find_hidden(stream, start, budget);
        let (mut at, mut depth) = (start, 0usize);
        while let Some(record) = record_at(stream, at) {
            if let Err(limit) = budget.step(1) {
                budget.missed(self.place, "xls", Reason::Limit(limit));
                break;
            }
            at += 4 + record.data.len();
            match record.kind {
                0x0809 | 0x0409 | 0x0209 | 0x0009 => {
                    depth += 1;
                    // A sheet of macros.
                    if u16_at(record.data, 2) == Some(0x40) {
                        budget.found("", TraitKind::Script(Script::Macro));
                    }
                }
                0x0a => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
                0x01b6 => at = self.drawn_text(stream, record),
                0x0204 | 0xd6 | 0x0207 if self.book.unicode => at = self.long_text(stream, record),
                _ => self.record(record, budget),
            }
            if self.visible.is_full(budget) || self.unseen.is_full(budget) {
                break;
            }
        }
        self.tell(budget);
    }

    /// Rows and columns tell what is hidden among the cells, so that they are looked at first.
    fn find_hidden(&mut self, stream: &[u8], start: usize, budget: &mut Budget) {
        let mut at = start;
        while let Some(record) = record_at(stream, at) {
            if budget.step(1).is_err() {
                return;
            }
            at += 4 + record.data.len();
            match record.kind {
                0x0208 if u16_at(record.data, 12).is_some_and(|flags| flags & 0x20 != 0) => {
                    self.hidden_rows.extend(u16_at(record.data, 0));
                }
                0x7d if u16_at(record.data, 8).is_some_and(|flags| flags & 1 != 0) => {
                    self.hidden_columns.extend(u16_at(record.data, 0).zip(u16_at(record.data, 2)));
                }
                0x0a => break,
                _ => {}
            }
        }
        self.hidden_rows.sort_unstable();
        self.hidden_columns.truncate(1000);
    }

    fn record(&mut self, record: Record<'_>, budget: &mut Budget) {
        let data = record.data;
        let cell = u16_at(data, 0).zip(u16_at(data, 2)).zip(u16_at(data, 4));
        match record.kind {
            0x14 | 0x15 => {
                let text = match self.book.unicode {
                    true => self.book.long_string(data, 0),
                    false => self.book.short_string(data, 0),
                };
                self.header.push_str(&without_codes(&text.unwrap_or_default()));
                self.header.push('\n');
            }
            0x1c => self.note(data),
            0x5d => {
                // The object's kind and number (FtCmo).
                self.object = (u16_at(data, 4).unwrap_or(0), u16_at(data, 6).unwrap_or(0));
            }
            0x01b8 => self.link(data, budget),
            0x01be => self.book.rule_texts(data).iter().for_each(|text| line(&mut self.hints, text)),
            // HLinkTooltip: behind its head and the cells of the link.
            0x0800 => line(&mut self.hints, &utf16(data.get(10..).unwrap_or_default())),
            0x089c => {
                for text in self.book.more_headers(data) {
                    line(&mut self.header, &without_codes(&text));
                }
            }
            // SeriesText: titles of charts and of their axes, names of series.
            0x100d => line(&mut self.drawn, &self.book.short_string(data, 2).unwrap_or_default()),
            0x0207 => {
                if let Some((row, column, style)) = self.awaited.take() {
                    let text = self.book.long_string(data, 0).unwrap_or_default();
                    self.cell(row, column, style, &text);
                    self.formula(Some(&text));
                }
            }
            0xbd => self.many(data),
            _ => {
                let Some(((row, column), style)) = cell else { return };
                let text = self.value(record, row, column, style);
                if let Some(text) = &text {
                    self.cell(row, column, style, text);
                }
                if matches!(record.kind, 0x06 | 0x0206 | 0x0406) {
                    // One that waits for its text has been put aside by the one after it.
                    self.formula(None);
                    self.tokens = self.tokens_of(record.data).map(|tokens| ((row, column), tokens));
                    if self.awaited.is_none() {
                        self.formula(text.as_deref());
                    }
                }
            }
        }
    }

    /// The text of a record that is one cell.
    fn value(&mut self, record: Record<'_>, row: u16, column: u16, style: u16) -> Option<String> {
        let data = record.data;
        match record.kind {
            0xfd => self.book.shared(u32_at(data, 6)?),
            0x0204 | 0xd6 => self.book.long_string(data, 6),
            0x04 => self.book.short_string(data, 7),
            0x0203 => Some(self.book.number(real_at(data, 6)?, style)),
            0x03 => Some(self.book.number(real_at(data, 7)?, 0)),
            0x027e => Some(self.book.number(rk_at(data, 6)?, style)),
            0x0205 if data.get(7) == Some(&0) => {
                Some(if data.get(6)? == &1 { "TRUE" } else { "FALSE" }.to_owned())
            }
            0x06 | 0x0206 | 0x0406 => match data.get(6..14)? {
                // The text comes with the next record.
                [0, .., 0xff, 0xff] => {
                    self.awaited = Some((row, column, style));
                    None
                }
                [1, _, value, .., 0xff, 0xff] => Some(if *value == 1 { "TRUE" } else { "FALSE" }.to_owned()),
                [.., 0xff, 0xff] => None,
                _ => Some(self.book.number(real_at(data, 6)?, style)),
            },
            _ => None,
        }
    }

    /// The tokens of a formula (section 2.4.127); those of older versions have other lengths.
    fn tokens_of(&self, data: &[u8]) -> Option<Vec<u8>> {
        let length = usize::from(u16_at(data, 20)?);
        self.book.unicode.then(|| data.get(22..22 + length).map(<[u8]>::to_vec)).flatten()
    }

    /// Keeps the formula at hand, with the value that the file has for it.
    fn formula(&mut self, stored: Option<&str>) {
        if let Some(((row, column), tokens)) = self.tokens.take() {
            let stored = stored.filter(|text| !text.trim().is_empty());
            self.calculated.push_tokens(self.place, (u32::from(row), u32::from(column)), &tokens, stored);
        }
    }

    /// Numbers side by side.
    fn many(&mut self, data: &[u8]) {
        let Some((row, first)) = u16_at(data, 0).zip(u16_at(data, 2)) else { return };
        let count = data.len().saturating_sub(6) / 6;
        for (i, column) in (0..count).zip(first..) {
            let at = 4 + 6 * i;
            if let Some((style, value)) = u16_at(data, at).zip(rk_at(data, at + 2)) {
                let text = self.book.number(value, style);
                self.cell(row, column, style, &text);
            }
        }
    }

    fn cell(&mut self, row: u16, column: u16, style: u16, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let hidden = self.hidden
            || self.book.hides(style)
            || self.hidden_rows.binary_search(&row).is_ok()
            || self.hidden_columns.iter().any(|(first, last)| (*first..=*last).contains(&column));
        let rows = if hidden { &mut self.unseen } else { &mut self.visible };
        rows.push(u32::from(row), u32::from(column), text);
    }

    /// Text of a cell, or of the formula before, which may go on in records that follow. Returns where the
    /// next record begins.
    fn long_text(&mut self, stream: &[u8], record: Record<'_>) -> usize {
        let (cell, from) = match record.kind {
            0x0207 => (self.awaited.take(), 0),
            _ => {
                let [row, column, style] = [0, 2, 4].map(|at| u16_at(record.data, at).unwrap_or(0));
                (Some((row, column, style)), 6)
            }
        };
        let mut at = record.at + 4 + record.data.len();
        let mut parts = vec![record.data.get(from..).unwrap_or_default()];
        while let Some(next) = record_at(stream, at).filter(|next| next.kind == 0x3c) {
            parts.push(next.data);
            at += 4 + next.data.len();
        }
        let text = Continued { parts: &parts, part: 0, at: 0 }.string();
        if let Some((row, column, style)) = cell {
            self.cell(row, column, style, &text.unwrap_or_default());
        }
        at
    }

    /// Text of a drawn object or a comment (section 2.4.329), in records that follow. Returns where
    /// the next record begins.
    fn drawn_text(&mut self, stream: &[u8], record: Record<'_>) -> usize {
        let count = u16_at(record.data, 10).map_or(0, usize::from);
        let mut at = record.at + 4 + record.data.len();
        let mut parts = Vec::new();
        while let Some(next) = record_at(stream, at).filter(|next| next.kind == 0x3c) {
            parts.push(next.data);
            at += 4 + next.data.len();
        }
        if count > 0
            && let Some(flags) = parts.first().and_then(|part| part.first())
        {
            let mut reader = Continued { parts: &parts, part: 0, at: 1 };
            let text = plain(&reader.characters(count, flags & 1 == 1));
            if self.object.0 == 0x19 {
                self.notes.insert(self.object.1, text);
            } else {
                self.drawn.push_str(&text);
                self.drawn.push('\n');
            }
        }
        at
    }

    fn note(&mut self, data: &[u8]) {
        let Some((row, column)) = u16_at(data, 0).zip(u16_at(data, 2)) else { return };
        let text = if self.book.unicode {
            let text = u16_at(data, 6).and_then(|object| self.notes.remove(&object)).unwrap_or_default();
            let author = self.book.long_string(data, 8).unwrap_or_default();
            format!("{author} {text}")
        } else {
            self.book.decoded(data.get(6..).unwrap_or_default())
        };
        self.comments.push_line(u32::from(row), u32::from(column), &text);
    }

    fn link(&mut self, data: &[u8], budget: &mut Budget) {
        let address = || {
            let at = memchr::memmem::find(data, &ADDRESS)? + 16;
            let length = u32_at(data, at)? as usize;
            let rest = data.get(at + 4..)?;
            Some(utf16(rest.get(..length).unwrap_or(rest)))
        };
        if let Some(address) = address() {
            let end = address.find('\0').unwrap_or(address.len());
            budget.text(
                self.place,
                Shown::Link,
                Writing::Plain,
                address.get(..end).unwrap_or_default().to_owned(),
            );
        }
    }

    fn tell(mut self, budget: &mut Budget) {
        self.formula(None);
        let place = self.place;
        // Texts of comments that no cell claims.
        let mut left: Vec<(u16, String)> = self.notes.drain().collect();
        left.sort();
        for (_, text) in left {
            self.drawn.push_str(&text);
            self.drawn.push('\n');
        }
        self.visible.tell(place, Shown::Visible, budget);
        self.unseen.tell(place, Shown::Hidden, budget);
        self.comments.tell(&format!("{place}/comments"), Shown::Hidden, budget);
        budget.text(&format!("{place}/header"), Shown::Visible, Writing::Plain, self.header);
        budget.text(&format!("{place}/drawings"), Shown::Visible, Writing::Plain, self.drawn);
        budget.text(&format!("{place}/hints"), Shown::Hidden, Writing::Plain, self.hints);
    }
}

fn line(target: &mut String, text: &str) {
    let text = plain(text);
    if !text.trim().is_empty() {
        target.push_str(text.trim());
        target.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use crate::files::{
        Shown,
        fixture_tests::{opened, text},
    };

    fn record(kind: u16, parts: &[&[u8]]) -> Vec<u8> {
        let data = parts.concat();
        [kind.to_le_bytes().as_slice(), &(data.len() as u16).to_le_bytes(), &data].concat()
    }

    /// A string with a length of two bytes, in letters of one.
    fn string(text: &str) -> Vec<u8> {
        [&(text.len() as u16).to_le_bytes()[..], &[0], text.as_bytes()].concat()
    }

    #[test]
    fn what_is_said_beside_the_cells_is_read() {
        let tip: Vec<u8> = "about Nia\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (title, wrong, prompt) = (string("Entry"), string("Wrong"), string("Which pupil?"));
        let choices = [&[15, 0, 0, 0, 0x17, 12, 0][..], b"Nia\0Bo\0Sian."].concat();
        let stream = [
            record(0x0809, &[&[0, 6, 0x10, 0, 0, 0, 0, 0]]),
            record(0x01be, &[&[0; 4], &title, &wrong, &prompt, &string("No"), &choices]),
            record(0x0800, &[&[0, 8, 0, 0, 0, 0, 0, 0, 0, 0], &tip]),
            record(0x089c, &[&[0x9c, 8], &[0; 26], &[2, 0, 0, 0, 0, 0, 7, 0, 0, 0], &string("&CFirst")]),
            record(0x0809, &[&[0, 6, 0x20, 0, 0, 0, 0, 0]]),
            record(0x100d, &[&[0, 0, 5, 0], b"Chart"]),
            record(0x0a, &[]),
            record(0x0a, &[]),
        ];
        let opened = opened(&stream.concat());
        let hints = "Entry\nWrong\nWhich pupil?\nNo\nNia\nBo\nSian.\nabout Nia";
        assert_eq!(text(&opened, "Sheet/hints", Shown::Hidden), hints);
        assert_eq!(text(&opened, "Sheet/header", Shown::Visible).trim(), "First");
        assert_eq!(text(&opened, "Sheet/drawings", Shown::Visible), "Chart");
    }
}
