//! Comma- and tab-separated values (RFC 4180 and its relatives), with a cell's address at each cell.

use super::super::{
    budget::Budget,
    model::{Anchor, Reason, Shown, Writing},
};

const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Rows that are looked at to tell the separator.
const SAMPLE: usize = 20;
/// Cells that have an address of their own; after them each row has one.
const MOST_CELLS: usize = 200_000;

/// What separates the cells. `None` for a text that does not say that it is one of rows and does not look
/// like one.
pub(super) fn separator(text: &str, in_rows: bool) -> Option<u8> {
    // Excel's own mark in the first line.
    if let Some(mark) = text.get(..5).and_then(|start| start.strip_prefix("sep=")) {
        return mark.bytes().next();
    }
    let sample = text.get(..text.floor_char_boundary(16 * 1024)).unwrap_or(text);
    let mut best: Option<(usize, u8)> = None;
    for separator in SEPARATORS {
        let counts: Vec<usize> = records(sample, separator).take(SAMPLE).map(|record| record.len()).collect();
        // The sample may end within a row.
        let cut = usize::from(sample.len() < text.len() && counts.len() < SAMPLE);
        let whole = counts.get(..counts.len() - cut.min(counts.len())).unwrap_or_default();
        let cells = whole.first().copied().unwrap_or(1);
        let even = whole.iter().all(|count| *count == cells);
        let enough = if separator == b',' { 3 } else { 2 };
        let looks = even && cells >= enough && whole.len() >= 2;
        let total: usize = counts.iter().map(|count| count - 1.min(*count)).sum();
        if (looks || in_rows && total > 0) && best.is_none_or(|(most, _)| total > most) {
            best = Some((total, separator));
        }
    }
    best.map(|(_, separator)| separator).or(in_rows.then_some(b','))
}

fn reader(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes())
}

fn records(text: &str, separator: u8) -> impl Iterator<Item = csv::StringRecord> {
    reader(text, separator).into_records().map_while(Result::ok)
}

pub(super) fn read(text: &str, separator: u8, budget: &mut Budget) {
    let mut out = String::with_capacity(text.len());
    let mut anchors = Vec::new();
    let mut broken = Broken::default();
    let mut reader = reader(text, separator);
    let mut record = csv::StringRecord::new();
    let mut row = 0;
    loop {
        row += empty_rows(text, reader.position().byte());
        if !reader.read_record(&mut record).unwrap_or(false) {
            break;
        }
        if let Err(limit) = budget.step(record.len() as u64 + 1) {
            budget.missed("", "csv", Reason::Limit(limit));
            break;
        }
        broken.take(&record, row);
        for (column, cell) in record.iter().enumerate() {
            if column > 0 {
                out.push('\t');
            }
            let has_room = anchors.len() < MOST_CELLS;
            if !cell.is_empty() && (has_room || column == 0) {
                let at = u32::try_from(out.len()).unwrap_or(u32::MAX);
                anchors.push(Anchor { at, label: address(column, row) });
            }
            // A line within a cell is no row.
            out.extend(cell.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }));
        }
        out.push('\n');
        row += 1;
    }
    budget.anchored("", Shown::Visible, Writing::Rows, out, anchors);
    budget.unseen("", broken.out);
}

/// Numbers whose cells have a line end within them, put together under the heading of their column.
#[derive(Default)]
struct Broken {
    headings: csv::StringRecord,
    out: String,
}

impl Broken {
    fn take(&mut self, record: &csv::StringRecord, row: usize) {
        if row == 0 {
            self.headings = record.clone();
        }
        for (column, cell) in record.iter().enumerate() {
            if let Some(whole) = joined(cell) {
                let heading = heading_of(self.headings.get(column).unwrap_or_default());
                self.out.push_str(&format!("{heading} {whole}\n"));
            }
        }
    }
}

/// As much of a heading as says what a number is: it is written once for each of them.
pub(in super::super) fn heading_of(cell: &str) -> &str {
    cell.get(..cell.floor_char_boundary(200)).unwrap_or(cell)
}

/// A cell without the line ends that part letters and digits.
pub(in super::super) fn joined(cell: &str) -> Option<String> {
    let bytes = cell.as_bytes();
    let part = |c: char| matches!(c, '\n' | '\r' | '\t');
    memchr::memchr3(b'\n', b'\r', b'\t', bytes)?;
    let pieces: Vec<&str> = cell.split(part).filter(|piece| !piece.is_empty()).collect();
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    let parted = pieces.windows(2).any(|pair| {
        let [before, after] = pair else { return false };
        before.ends_with(|c: char| c.is_ascii_alphanumeric())
            && after.starts_with(|c: char| c.is_ascii_digit())
    });
    (parted && digits(cell) >= 8 && cell.len() < 1024).then(|| pieces.concat())
}

/// The empty rows at `at`, which the crate passes over and a spreadsheet shows.
fn empty_rows(text: &str, at: u64) -> usize {
    let Some((before, rest)) = usize::try_from(at).ok().and_then(|at| text.split_at_checked(at)) else {
        return 0;
    };
    let mut rest = if before.ends_with('\r') { rest.strip_prefix('\n').unwrap_or(rest) } else { rest };
    let mut rows = 0;
    while let Some(more) = ["\r\n", "\n", "\r"].iter().find_map(|end| rest.strip_prefix(end)) {
        rest = more;
        rows += 1;
    }
    rows
}

/// `B7` for the second cell of the seventh row.
fn address(column: usize, row: usize) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        letters.push(b'A' + ((left - 1) % 26) as u8);
        left = (left - 1) / 26;
    }
    let letters = letters.iter().rev().map(|letter| char::from(*letter));
    letters.chain((row + 1).to_string().chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{FileLimits, Piece};

    fn rows(text: &str, in_rows: bool) -> Option<Piece> {
        let mut budget = Budget::new(FileLimits::default());
        read(text, separator(text, in_rows)?, &mut budget);
        budget.finish().pieces.pop()
    }

    #[test]
    fn cells_are_read_with_their_addresses() {
        for separator in [",", ";", "\t", "|"] {
            let text = format!(
                "Name{separator}UPN{separator}Note\r\n\"Jones{separator} Siân\"{separator}A801200001001{separator}\"two\nlines, \"\"quoted\"\"\"\n"
            );
            let piece = rows(&text, false).unwrap();
            let dressed = if separator == "\t" { " " } else { separator };
            assert_eq!(
                piece.text,
                format!("Name\tUPN\tNote\nJones{dressed} Siân\tA801200001001\ttwo lines, \"quoted\"\n")
            );
            let at = piece.text.find("A801").unwrap() as u32;
            assert_eq!(piece.anchors.iter().find(|anchor| anchor.at == at).unwrap().label, "B2");
        }
    }

    #[test]
    fn a_number_in_two_lines_of_a_cell_is_put_together() {
        let mut budget = Budget::new(FileLimits::default());
        read("Name,Ref\nNia,\"AB123\n45678\"\nDafydd,\"a\nb\"\n", b',', &mut budget);
        let piece = budget.finish().pieces.pop().unwrap();
        assert_eq!((piece.shown, piece.text.as_str()), (Shown::Unseen, "Ref AB12345678\n"));
    }

    #[test]
    fn prose_is_no_table_and_a_table_may_be_odd() {
        assert!(rows("Dear all, thank you, and goodbye.\nWe met on Monday.\nYours, A.", false).is_none());
        assert!(rows("one line, only, of these", false).is_none());
        assert_eq!(rows("A,B\n1\n2,3,4\n", true).unwrap().text, "A\tB\n1\n2\t3\t4\n");
        assert_eq!(rows("sep=;\na;b\n", true).unwrap().text, "sep=\t\na\tb\n");
        assert_eq!(rows("an \"odd, quote\nnever ends", true).unwrap().text, "an \"odd\t quote\nnever ends\n");
        assert_eq!(rows("only", true).unwrap().text, "only\n");
        assert_eq!(rows("a,b\n\n\nc,d\n", true).unwrap().anchors.get(2).unwrap().label, "A4");
        assert_eq!(rows("a,\"b\nb\"\nc,d\n", true).unwrap().anchors.get(2).unwrap().label, "A2");
        assert_eq!(address(0, 0), "A1");
        assert_eq!(address(701, 9), "ZZ10");
        assert_eq!(address(702, 9), "AAA10");
    }
}
