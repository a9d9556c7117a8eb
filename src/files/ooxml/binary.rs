//! Binary workbooks (MS-XLSB): the same package as SpreadsheetML's with records instead of XML.

use super::{
    numbers::shown_number,
    parts::{Parts, tell_external},
    rows::Rows,
    workbook::{Entry, tell_names},
};
use crate::files::{Budget, Reason, Shown, Writing, open};

/// A record's type and its bytes (section 2.1.4).
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.number(2)?;
        let length = self.number(4)? as usize;
        let (record, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        Some((kind, record))
    }
}

impl Records<'_> {
    /// Seven bits a byte; a record's type keeps the mark of its first byte.
    fn number(&mut self, most: u32) -> Option<u32> {
        let mut value = 0;
        for i in 0..most {
            let (&b, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u32::from(b & 0x7f) << (7 * i);
            if b & 0x80 == 0 {
                break;
            }
        }
        Some(value)
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// An XLWideString and what follows it.
fn wide(bytes: &[u8]) -> Option<(String, &[u8])> {
    let length = (u32_at(bytes, 0)? as usize).checked_mul(2)?;
    let rest = bytes.get(4..)?;
    let (text, rest) = rest.split_at(length.min(rest.len()));
    Some((encoding_rs::UTF_16LE.decode_without_bom_handling(text).0.into_owned(), rest))
}

pub(super) fn read(parts: &mut Parts<'_, '_>, main: &str, budget: &mut Budget) {
    let relations = parts.relations(main, budget);
    tell_external(&relations, "", budget);
    let source = parts.bytes(main, budget).unwrap_or_default();
    let (mut entries, mut names) = (Vec::new(), String::new());
    for (kind, record) in Records(&source) {
        match kind {
            // BrtBundleSh: state, number, relationship, name.
            156 => {
                let read = || {
                    let (id, rest) = wide(record.get(8..)?)?;
                    Some(Entry { id, hidden: u32_at(record, 0)? != 0, name: wide(rest)?.0 })
                };
                entries.extend(read());
            }
            // BrtName: flags, key, sheet, name.
            39 => {
                names.push_str(&record.get(9..).and_then(wide).map(|(name, _)| name).unwrap_or_default());
                names.push('\n');
            }
            _ => {}
        }
    }
    tell_names(&entries, names, budget);
    let strings = relations.iter().find(|relation| relation.kind == "sharedStrings");
    let strings = strings.and_then(|relation| parts.bytes(&relation.target, budget)).unwrap_or_default();
    let mut texts = Vec::new();
    for (kind, record) in Records(&strings) {
        if budget.step(1).is_err() {
            break;
        }
        if kind == 19 {
            texts.push(record.get(1..).and_then(wide).map(|(text, _)| text).unwrap_or_default());
        }
    }
    for relation in &relations {
        if matches!(relation.kind.as_str(), "styles" | "theme" | "calcChain") {
            parts.pass(&relation.target);
        }
    }
    for entry in &entries {
        let Some(relation) = relations.iter().find(|relation| relation.id == entry.id) else { continue };
        read_sheet(parts, entry, &relation.target, &texts, budget);
    }
}

fn read_sheet(parts: &mut Parts<'_, '_>, entry: &Entry, part: &str, strings: &[String], budget: &mut Budget) {
    let place = open::cleaned(&entry.name);
    let relations = parts.relations(part, budget);
    tell_external(&relations, &place, budget);
    let source = parts.bytes(part, budget).unwrap_or_default();
    let (mut visible, mut unseen) = (Rows::default(), Rows::default());
    let (mut row, mut row_hidden) = (0, false);
    for (kind, record) in Records(&source) {
        if let Err(limit) = budget.step(1) {
            budget.missed(&place, "xlsb", Reason::Limit(limit));
            break;
        }
        if kind == 0 {
            row = u32_at(record, 0).unwrap_or(row).min(1_048_575);
            row_hidden = record.get(11).is_some_and(|flags| flags & 0x10 != 0);
            continue;
        }
        let column = u32_at(record, 0).unwrap_or(0).min(16_383);
        if let Some(text) = cell_text(kind, record.get(8..).unwrap_or_default(), strings) {
            let rows = if row_hidden || entry.hidden { &mut unseen } else { &mut visible };
            rows.push(row, column, &text);
        }
        if visible.is_full(budget) || unseen.is_full(budget) {
            break;
        }
    }
    visible.tell(&place, Shown::Visible, budget);
    unseen.tell(&place, Shown::Hidden, budget);
    for relation in relations.iter().filter(|relation| !relation.external) {
        if relation.kind == "comments" {
            let source = parts.bytes(&relation.target, budget).unwrap_or_default();
            // BrtCommentAuthor and BrtCommentText.
            let texts = Records(&source).filter_map(|(kind, record)| match kind {
                632 => wide(record),
                637 => wide(record.get(1..)?),
                _ => None,
            });
            let texts: Vec<String> = texts.map(|(text, _)| text).collect();
            budget.text(&format!("{place}/comments"), Shown::Hidden, Writing::Plain, texts.join("\n"));
        } else if relation.target.ends_with(".bin") && relation.kind != "oleObject" {
            parts.pass(&relation.target);
        }
    }
}

/// The value of a cell's record after its column and format (sections 2.4.x, Brt*).
fn cell_text(kind: u32, value: &[u8], strings: &[String]) -> Option<String> {
    match kind {
        // BrtCellRk.
        2 => Some(shown_number(rk(u32_at(value, 0)?), "")),
        // BrtCellBool, BrtFmlaBool.
        4 | 10 => Some(if value.first()? == &1 { "TRUE" } else { "FALSE" }.to_owned()),
        // BrtCellReal, BrtFmlaNum.
        5 | 9 => Some(shown_number(f64::from_le_bytes(*value.first_chunk()?), "")),
        // BrtCellSt, BrtFmlaString.
        6 | 8 => Some(wide(value)?.0),
        // BrtCellIsst.
        7 => strings.get(u32_at(value, 0)? as usize).cloned(),
        // BrtCellRString.
        62 => Some(wide(value.get(1..)?)?.0),
        _ => None,
    }
}

/// A number in 30 bits (MS-XLS, section 2.5.217).
pub(in crate::files) fn rk(value: u32) -> f64 {
    let number = if value & 2 != 0 {
        f64::from(value as i32 >> 2)
    } else {
        f64::from_bits(u64::from(value & !3) << 32)
    };
    if value & 1 != 0 { number / 100.0 } else { number }
}

#[cfg(test)]
mod tests {
    use crate::files::{
        Shown,
        fixture_tests::{opened, text},
        package::tests::zip,
    };

    fn record(kind: u32, parts: &[&[u8]]) -> Vec<u8> {
        let data = parts.concat();
        let head = if kind < 128 { vec![kind as u8] } else { vec![kind as u8 | 0x80, (kind >> 7) as u8] };
        [head, vec![data.len() as u8], data].concat()
    }

    fn wide(text: &str) -> Vec<u8> {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [(text.len() as u32).to_le_bytes().to_vec(), units].concat()
    }

    #[test]
    fn cells_are_read_from_records() {
        let book = record(156, &[&[0, 0, 0, 0, 1, 0, 0, 0], &wide("r"), &wide("Y9")]);
        let row = record(0, &[&[6, 0, 0, 0, 0, 0, 0, 0]]);
        let cell = record(6, &[&[1, 0, 0, 0, 0, 0, 0, 0], &wide("in a cell")]);
        let number = record(2, &[&[2, 0, 0, 0, 0, 0, 0, 0], &((42 << 2) | 2u32).to_le_bytes()]);
        let relations =
            "<Relationships><Relationship Id='r' Type='x/worksheet' Target='s.bin'/></Relationships>";
        let opened = opened(&zip(&[
            ("[Content_Types].xml", b"<Types/>".as_slice()),
            ("xl/workbook.bin", &book),
            ("xl/_rels/workbook.bin.rels", relations.as_bytes()),
            ("xl/s.bin", &[row, cell, number].concat()),
        ]));
        assert_eq!(text(&opened, "Y9", Shown::Visible).trim(), "in a cell\t42");
        assert_eq!(opened.pieces.last().unwrap().anchors[0].label, "B7");
    }
}
