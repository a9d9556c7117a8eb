//! Binary workbooks (MS-XLSB): the same package as SpreadsheetML's with records instead of XML.

use super::{
    numbers::{self, shown_number},
    parts::{Parts, tell_external},
    records::{self, Records, u16_at, u32_at, wide},
    rows::Rows,
    sheet_parts::without_codes,
    workbook::{Entry, tell_names},
};
use crate::files::{
    Budget, Reason, Shown, Writing,
    kind::{self, Kind},
    open,
};
use std::collections::HashMap;

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
    let styles = relations.iter().find(|relation| relation.kind == "styles");
    let styles =
        styles.and_then(|relation| read_records(parts, &relation.target, budget)).unwrap_or_default();
    let book = Book { texts, formats: formats(&styles, budget) };
    for entry in &entries {
        let Some(relation) = relations.iter().find(|relation| relation.id == entry.id) else { continue };
        read_sheet(parts, entry, &relation.target, &book, budget);
    }
}

/// What sheets need of the workbook: its strings, and the format of each style.
struct Book {
    texts: Vec<String>,
    formats: Vec<String>,
}

/// A part's bytes, which count as read only if they are records and nothing else.
fn read_records(parts: &mut Parts<'_, '_>, name: &str, budget: &mut Budget) -> Option<Vec<u8>> {
    let bytes = parts.glance(name, budget)?;
    if kind::of(&bytes) == Kind::Unknown && Records(&bytes).are_all() {
        parts.pass(name);
    }
    Some(bytes)
}

/// The formats of cells (section 2.1.7.50), and the words in those of conditions.
fn formats(styles: &[u8], budget: &mut Budget) -> Vec<String> {
    let (mut codes, mut formats, mut of_cells, mut words) =
        (HashMap::new(), Vec::new(), false, String::new());
    for (kind, record) in Records(styles) {
        if budget.step(1).is_err() {
            break;
        }
        match kind {
            // BrtFmt.
            44 => codes.extend(u16_at(record, 0).zip(record.get(2..).and_then(wide).map(|(code, _)| code))),
            // BrtBeginCellXFs, BrtEndCellXFs, BrtXF.
            617 => of_cells = true,
            618 => of_cells = false,
            47 if of_cells => {
                let id = u16_at(record, 2).unwrap_or(0);
                let code = codes.get(&id).cloned();
                formats.push(code.unwrap_or_else(|| numbers::built_in(u32::from(id)).to_owned()));
            }
            // BrtDXF.
            507 => drop(records::texts(record, &mut words, budget)),
            _ => {}
        }
    }
    budget.text("styles", Shown::Hidden, Writing::Plain, words);
    formats
}

fn read_sheet(parts: &mut Parts<'_, '_>, entry: &Entry, part: &str, book: &Book, budget: &mut Budget) {
    let place = open::cleaned(&entry.name);
    let relations = parts.relations(part, budget);
    tell_external(&relations, &place, budget);
    let source = read_records(parts, part, budget).unwrap_or_default();
    let (mut visible, mut unseen) = (Rows::default(), Rows::default());
    let (mut header, mut hints) = (String::new(), String::new());
    let (mut row, mut row_hidden) = (0, false);
    for (kind, record) in Records(&source) {
        let within = |target: &mut String, bytes: &[u8], budget: &mut Budget| {
            budget.step(1).and_then(|()| records::texts(bytes, target, budget))
        };
        let read = match kind {
            0 => {
                row = u32_at(record, 0).unwrap_or(row).min(1_048_575);
                row_hidden = record.get(11).is_some_and(|flags| flags & 0x10 != 0);
                budget.step(1)
            }
            1..=11 | 62 => {
                let column = u32_at(record, 0).unwrap_or(0).min(16_383);
                if let Some(text) = cell_text(kind, record, book) {
                    let rows = if row_hidden || entry.hidden { &mut unseen } else { &mut visible };
                    rows.push(row, column, &text);
                }
                // Constants of the formula behind the value.
                within(&mut hints, formula(kind, record).unwrap_or_default(), budget)
            }
            // BrtBeginHeaderFooter.
            479 => within(&mut header, record, budget),
            _ => within(&mut hints, record, budget),
        };
        if let Err(limit) = read {
            budget.missed(&place, "xlsb", Reason::Limit(limit));
            break;
        }
        if visible.is_full(budget) || unseen.is_full(budget) {
            break;
        }
    }
    visible.tell(&place, Shown::Visible, budget);
    unseen.tell(&place, Shown::Hidden, budget);
    budget.text(&format!("{place}/header"), Shown::Visible, Writing::Plain, without_codes(&header));
    budget.text(&format!("{place}/hints"), Shown::Hidden, Writing::Plain, hints);
    for relation in relations.iter().filter(|relation| !relation.external && relation.kind == "comments") {
        let source = read_records(parts, &relation.target, budget).unwrap_or_default();
        // BrtCommentAuthor and BrtCommentText.
        let texts = Records(&source).filter_map(|(kind, record)| match kind {
            632 => wide(record),
            637 => wide(record.get(1..)?),
            _ => None,
        });
        let texts: Vec<String> = texts.map(|(text, _)| text).collect();
        budget.text(&format!("{place}/comments"), Shown::Hidden, Writing::Plain, texts.join("\n"));
    }
}

/// What stands behind the value of a cell that has a formula.
fn formula(kind: u32, record: &[u8]) -> Option<&[u8]> {
    let value = record.get(8..)?;
    match kind {
        8 => Some(wide(value)?.1),
        9 => value.get(8..),
        10 | 11 => value.get(1..),
        _ => None,
    }
}

/// The value of a cell's record behind its column and style (sections 2.4.x, Brt*).
fn cell_text(kind: u32, record: &[u8], book: &Book) -> Option<String> {
    let value = record.get(8..)?;
    let style = (u32_at(record, 4)? & 0x00ff_ffff) as usize;
    let format = book.formats.get(style).map(String::as_str).unwrap_or_default();
    match kind {
        // BrtCellRk.
        2 => Some(shown_number(rk(u32_at(value, 0)?), format)),
        // BrtCellBool, BrtFmlaBool.
        4 | 10 => Some(if value.first()? == &1 { "TRUE" } else { "FALSE" }.to_owned()),
        // BrtCellReal, BrtFmlaNum.
        5 | 9 => Some(shown_number(f64::from_le_bytes(*value.first_chunk()?), format)),
        // BrtCellSt, BrtFmlaString.
        6 | 8 => Some(wide(value)?.0),
        // BrtCellIsst.
        7 => book.texts.get(u32_at(value, 0)? as usize).cloned(),
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

    #[test]
    fn formats_and_what_stands_beside_the_cells_are_read() {
        let book = record(156, &[&[0, 0, 0, 0, 1, 0, 0, 0], &wide("r"), &wide("Y9")]);
        let format = record(44, &[&[164, 0], &wide("\"Year \"0")]);
        let styles =
            [format, record(617, &[]), record(47, &[&[0, 0, 164, 0, 0, 0]]), record(618, &[])].concat();
        let number = record(2, &[&[0; 8], &((9 << 2) | 2u32).to_le_bytes()]);
        let constant = record(
            8,
            &[&[1, 0, 0, 0, 0, 0, 0, 0], &wide("-"), &[0, 0, 9, 0, 0, 0, 0x17, 3, 0], b"N\0i\0a\0"],
        );
        let header = record(479, &[&[0, 0], &wide("&CHead"), &[0xff; 4]]);
        let tip = record(494, &[&[0; 16], &wide("a tip")]);
        let relations = "<Relationships><Relationship Id='r' Type='x/worksheet' Target='s.bin'/>
            <Relationship Id='s' Type='x/styles' Target='styles.bin'/></Relationships>";
        let caption = [record(343, &[&[0; 4], &wide("a table")]), record(344, &[])].concat();
        let opened = opened(&zip(&[
            ("[Content_Types].xml", b"<Types/>".as_slice()),
            ("xl/workbook.bin", &book),
            ("xl/_rels/workbook.bin.rels", relations.as_bytes()),
            ("xl/styles.bin", &styles),
            ("xl/tables/table1.bin", &caption),
            ("xl/s.bin", &[record(0, &[&[0; 8]]), number, constant, header, tip].concat()),
        ]));
        assert_eq!(text(&opened, "Y9", Shown::Visible).trim(), "Year 9\t-");
        assert_eq!(text(&opened, "Y9/header", Shown::Visible).trim(), "Head");
        assert_eq!(text(&opened, "Y9/hints", Shown::Hidden), "Nia\na tip");
        assert_eq!(text(&opened, "xl/tables/table1.bin", Shown::Hidden), "a table");
        assert!(opened.missed.is_empty(), "{:?}", opened.missed);
    }
}
