//! Spreadsheets as lines of text: Microsoft's SYLK and the data interchange format, which Excel opens by a double click.

use crate::files::{
    budget::Budget,
    model::{Reason, Shown, Writing},
    ooxml::{Rows, shown_number},
};

/// Sheets of these formats are no larger.
const MOST_ROWS: u32 = 1 << 20;
const MOST_COLUMNS: u32 = 1 << 14;
const MOST_FORMATS: usize = 1 << 12;

/// Records of the format (Microsoft's description of SYLK); any other line is told as it stands.
const RECORDS: [&str; 11] = ["ID", "B", "C", "F", "P", "E", "O", "NN", "NE", "NU", "W"];

/// Its first record names the program; a table with a column `ID` has none.
pub(super) fn is_sylk(text: &str) -> bool {
    text.starts_with("ID;P") && text.contains("\nC;")
}

pub(super) fn is_dif(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    lines.next() == Some("TABLE") && lines.next() == Some("0,1") && text.contains("\nBOT")
}

/// Records of fields: `C;Y2;X1;K"value"`. A field that gives no row or column keeps the last one.
pub(super) fn read_sylk(text: &str, budget: &mut Budget) {
    let (mut rows, mut notes, mut formulas) = (Rows::default(), Rows::default(), Rows::default());
    let (mut row, mut column, mut others) = (0u32, 0u32, String::new());
    let (mut formats, mut format) = (Vec::new(), None);
    for line in text.lines() {
        if let Err(limit) = budget.step(1) {
            budget.missed("", "sylk", Reason::Limit(limit));
            break;
        }
        let fields = fields(line);
        if let [kind, code] = &fields[..]
            && let ("P", Some(code)) = (kind.as_str(), code.strip_prefix('P'))
            && formats.len() < MOST_FORMATS
        {
            formats.push(code.to_owned());
        }
        let Some((kind @ ("C" | "F"), fields)) =
            fields.split_first().map(|(kind, rest)| (kind.as_str(), rest))
        else {
            if !line.split(';').next().is_some_and(|kind| RECORDS.contains(&kind)) {
                others.push_str(line);
                others.push('\n');
            }
            continue;
        };
        for field in fields {
            let mut letters = field.chars();
            let (key, value) = (letters.next(), letters.as_str());
            let place =
                |most: u32, old: u32| value.parse::<u32>().map_or(old, |at| at.saturating_sub(1).min(most));
            match key {
                Some('Y') => row = place(MOST_ROWS, row),
                Some('X') => column = place(MOST_COLUMNS, column),
                Some('K') if kind == "C" => {
                    let code = format.filter(|(_, at)| *at == (row, column));
                    let code = code.and_then(|(number, _): (usize, _)| formats.get(number));
                    rows.push(row, column, &shown(value, code));
                }
                Some('A') if kind == "C" => notes.push_line(row, column, value),
                Some('E') if kind == "C" && value.contains('"') => formulas.push(row, column, value),
                _ => {}
            }
        }
        let number = fields.iter().find_map(|field| field.strip_prefix('P')?.parse().ok());
        if let ("F", Some(number)) = (kind, number) {
            format = Some((number, (row, column)));
        }
        if rows.is_full(budget) {
            break;
        }
    }
    rows.tell("", Shown::Visible, budget);
    notes.tell("comments", Shown::Hidden, budget);
    formulas.tell("formulas", Shown::Hidden, budget);
    budget.text("", Shown::Hidden, Writing::Plain, others);
}

/// A semicolon within a field is written twice; `ESC` and two characters are one of another alphabet.
fn fields(line: &str) -> Vec<String> {
    let (mut out, mut own) = (Vec::new(), String::new());
    let mut letters = line.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            ';' if letters.next_if_eq(&';').is_some() => own.push(';'),
            ';' => out.push(std::mem::take(&mut own)),
            c if c.is_control() => own.push(' '),
            c => own.push(c),
        }
    }
    out.push(own);
    out
}

/// A number as its format shows it, a date above all.
fn shown(value: &str, code: Option<&String>) -> String {
    match (code, value.parse()) {
        (Some(code), Ok(number)) => shown_number(number, code),
        _ => unquoted(value).to_owned(),
    }
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').map_or(value, |inner| inner.strip_suffix('"').unwrap_or(inner))
}

/// Pairs of lines: `1,0` and a text in quotes, `0,NUMBER` and `V`, `-1,0` and `BOT` before each row.
pub(super) fn read_dif(text: &str, budget: &mut Budget) {
    let mut rows = Rows::default();
    let (head, data) = text.split_once("\nDATA").unwrap_or((text, ""));
    let mut lines = data.lines().map(str::trim).skip(3);
    let (mut row, mut column) = (0u32, 0u32);
    while let (Some(pair), Some(value)) = (lines.next(), lines.next()) {
        if let Err(limit) = budget.step(1) {
            budget.missed("", "dif", Reason::Limit(limit));
            break;
        }
        let (kind, number) = pair.split_once(',').unwrap_or((head, ""));
        match (kind, value) {
            ("-1", "EOD") => break,
            ("-1", _) => (row, column) = (row.saturating_add(1).min(MOST_ROWS), 0),
            (kind, value) => {
                rows.push(row.saturating_sub(1), column, if kind == "1" { unquoted(value) } else { number });
                column = column.saturating_add(1).min(MOST_COLUMNS);
            }
        }
        if rows.is_full(budget) {
            break;
        }
    }
    rows.tell("", Shown::Visible, budget);
    budget.text("head", Shown::Hidden, Writing::Plain, head.to_owned());
}

#[cfg(test)]
mod tests {
    use crate::files::{
        Shown,
        fixture_tests::{opened, text},
    };

    #[test]
    fn cells_of_a_sylk_file_are_rows() {
        let opened = opened(
            b"ID;PWXL;N;E\nC;Y1;X1;K\"Name\"\nC;X3;K\"one;; two\"\nC;Y2;X1;K12.5\nC;X2;K\"x\";A note\nE\n",
        );
        assert_eq!(text(&opened, "", Shown::Visible), "Name\t\tone; two\n12.5\tx");
        assert_eq!(text(&opened, "comments", Shown::Hidden), " note");
        assert_eq!(opened.pieces[0].anchors[1].label, "C1");
    }

    #[test]
    fn a_date_of_a_sylk_file_is_shown_as_one() {
        let opened =
            opened(b"ID;PWXL\nP;PGeneral\nP;Pyyyy\\-mm\\-dd\nC;Y1;X1;K42250\nF;P1;FG0G;X2\nC;K42250\nE\n");
        assert_eq!(text(&opened, "", Shown::Visible), "42250\t2015-09-03");
    }

    #[test]
    fn a_table_with_a_column_of_that_name_is_none() {
        for source in [
            "ID;Name;Form\n1;Nia Flynn;7B\n",
            "ID;Pupil;Form\n1;Nia Flynn;7B\n",
            "ID;PX\nC;X1;Y1;K1\n1;Nia Flynn;7B\n",
        ] {
            let opened = opened(source.as_bytes());
            assert!(opened.pieces.iter().any(|piece| piece.text.contains("Nia Flynn")), "{source}");
        }
    }

    #[test]
    fn cells_of_a_dif_file_are_rows() {
        let source = "TABLE\n0,1\n\"EXCEL\"\nVECTORS\n0,1\n\"\"\nTUPLES\n0,2\n\"\"\nDATA\n0,0\n\"\"\n-1,0\nBOT\n1,0\n\"Form\"\n0,7\nV\n-1,0\nBOT\n1,0\n\"7B\"\n-1,0\nEOD\n";
        let opened = opened(source.as_bytes());
        assert_eq!(text(&opened, "", Shown::Visible), "Form\t7\n7B");
        assert_eq!(opened.pieces[0].anchors[1].label, "B1");
    }
}
