//! The report as a sheet for people, as rows for programs, and as lines for a spreadsheet.

use super::{Cell, Line, Part, Report, Says};
use crate::report::sheet::{Block, Section, Sheet, Start};
use serde_json::{Value, json};

const WITHHELD: &str = "withheld";

impl Says {
    fn text(&self) -> String {
        match self {
            Self::Cell(Cell::Count(count)) => count.to_string(),
            Self::Cell(Cell::AtLeast(count)) => format!("{count} or more"),
            Self::Share(Some(share)) => format!("{share} %"),
            Self::Cell(Cell::Withheld) | Self::Share(None) => WITHHELD.to_owned(),
            Self::Text(text) => text.clone(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Cell(Cell::Count(count)) => (*count).into(),
            Self::Share(Some(share)) => (*share).into(),
            other => other.text().into(),
        }
    }
}

/// By how much it is more or less than before, where both may be shown.
fn trend(line: &Line) -> Option<i64> {
    match (&line.now, &line.before) {
        (Says::Cell(Cell::Count(now)), Some(Says::Cell(Cell::Count(before)))) => {
            Some(now.cast_signed() - before.cast_signed())
        }
        _ => None,
    }
}

/// As people write a change.
pub fn signed(by: i64) -> String {
    if by == 0 { "0".to_owned() } else { format!("{by:+}") }
}

/// For HTML and PDF.
pub fn sheet(report: &Report) -> Sheet {
    let section = |part: &Part| {
        let says = part.says.iter().cloned().map(Block::Paragraph);
        Section {
            heading: part.title.to_owned(),
            start: Start::Flows,
            blocks: says.chain(std::iter::once(table(part))).collect(),
        }
    };
    let about = Section { blocks: vec![Block::Notice(report.mark.clone())], ..Section::default() };
    Sheet {
        title: report.title.clone(),
        mark: "Gatehouse: report for governors, head and officers".to_owned(),
        sections: std::iter::once(about).chain(report.parts.iter().map(section)).collect(),
    }
}

fn table(part: &Part) -> Block {
    let compared = part.lines.iter().any(|line| line.before.is_some());
    let mut rows = vec![match compared {
        true => ["", "Now", "Before", "Change"].map(str::to_owned).to_vec(),
        false => ["", ""].map(str::to_owned).to_vec(),
    }];
    if part.lines.is_empty() {
        return Block::Paragraph("Nothing.".to_owned());
    }
    rows.extend(part.lines.iter().map(|line| {
        let mut row = vec![line.name.clone(), line.now.text()];
        if compared {
            row.push(line.before.as_ref().map_or_else(String::new, Says::text));
            row.push(trend(line).map_or_else(String::new, signed));
        }
        row
    }));
    Block::Table { widths: if compared { vec![5, 3, 2, 2] } else { vec![2, 3] }, rows }
}

/// One object for each line of a part.
pub fn rows(part: &Part) -> Vec<Value> {
    let row = |line: &Line| {
        json!({"part": part.name, "name": line.name, "now": line.now.json(),
               "before": line.before.as_ref().map(Says::json), "change": trend(line)})
    };
    part.lines.iter().map(row).collect()
}

/// RFC 4180, with a head.
pub fn csv(report: &Report) -> String {
    let mut out = String::from("part,name,now,before,change\r\n");
    for (part, line) in report.parts.iter().flat_map(|p| p.lines.iter().map(move |l| (p, l))) {
        let before = line.before.as_ref().map_or_else(String::new, Says::text);
        let change = trend(line).map_or_else(String::new, |by| by.to_string());
        let cells = [part.name.to_owned(), line.name.clone(), line.now.text(), before, change];
        out.push_str(&cells.map(|cell| quoted(&cell)).join(","));
        out.push_str("\r\n");
    }
    out
}

/// A spreadsheet takes what begins with these signs for a formula.
fn quoted(cell: &str) -> String {
    let risky = cell.starts_with(['=', '+', '@']) || cell.starts_with('-') && cell.parse::<i64>().is_err();
    let cell = if risky { format!("'{cell}") } else { cell.to_owned() };
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}
