//! Worksheets (ECMA-376 part 1, section 18.3): cells in rows with their addresses, what is hidden
//! apart, values as they are shown.

use super::{
    numbers::shown_number,
    rows::{Rows, address},
    shared::Shared,
    sheet_parts,
};
use crate::files::{
    Budget, Shown,
    xml::{Node, Tag, Xml},
};

#[derive(Default)]
struct Cell {
    row: u32,
    column: u32,
    kind: String,
    style: usize,
    value: String,
    formula: String,
}

struct Sheet<'s> {
    place: &'s str,
    hidden: bool,
    shared: &'s Shared,
    visible: Rows,
    unseen: Rows,
    formulas: Rows,
    hidden_columns: Vec<(u32, u32)>,
    row: u32,
    column: u32,
    row_hidden: bool,
    cell: Option<Cell>,
    in_value: bool,
    in_formula: bool,
}

pub(super) fn read(source: &[u8], place: &str, hidden: bool, shared: &Shared, budget: &mut Budget) {
    let mut sheet = Sheet {
        place,
        hidden,
        shared,
        visible: Rows::default(),
        unseen: Rows::default(),
        formulas: Rows::default(),
        hidden_columns: Vec::new(),
        row: 0,
        column: 0,
        row_hidden: false,
        cell: None,
        in_value: false,
        in_formula: false,
    };
    let mut rest = sheet_parts::Rest::default();
    let mut xml = Xml::new(source);
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) => {
                sheet.start(&tag);
                rest.start(&tag);
            }
            Node::End(name) => {
                sheet.end(&name);
                rest.end(&name);
            }
            Node::Text(text) => {
                sheet.text(&text);
                rest.text(&text);
            }
        }
        if sheet.visible.is_full(budget) || sheet.unseen.is_full(budget) {
            break;
        }
    }
    xml.tell(place, "xlsx", budget);
    rest.tell(sheet.place, budget);
    sheet.tell(budget);
}

impl Sheet<'_> {
    fn start(&mut self, tag: &Tag<'_>) {
        match tag.name() {
            "col" if tag.is_on("hidden") == Some(true) || tag.is("width", "0") => {
                let range = (tag.number("min").unwrap_or(0), tag.number("max").unwrap_or(0));
                if self.hidden_columns.len() < 20_000 {
                    self.hidden_columns.push(range);
                }
            }
            "row" => {
                self.row = tag.number("r").map_or(self.row, |row| row.saturating_sub(1));
                self.row_hidden = tag.is_on("hidden") == Some(true) || tag.is("ht", "0");
                self.column = 0;
            }
            "c" => {
                let own = tag.get("r").and_then(|reference| address(&reference));
                let (row, column) = own.unwrap_or((self.row, self.column));
                (self.row, self.column) = (row, column);
                self.cell = Some(Cell {
                    row,
                    column,
                    kind: tag.get("t").unwrap_or_default(),
                    style: tag.number("s").unwrap_or(0) as usize,
                    ..Cell::default()
                });
            }
            "v" | "t" => self.in_value = true,
            "f" => self.in_formula = true,
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "row" => self.row = self.row.saturating_add(1),
            "v" | "t" => self.in_value = false,
            "f" => self.in_formula = false,
            "c" => {
                self.column = self.column.saturating_add(1);
                if let Some(cell) = self.cell.take() {
                    self.end_cell(cell);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let Some(cell) = &mut self.cell else { return };
        if self.in_formula {
            cell.formula.push_str(text);
        } else if self.in_value {
            cell.value.push_str(text);
        }
    }

    fn end_cell(&mut self, cell: Cell) {
        let format = self.shared.styles.get(cell.style);
        let value = match cell.kind.as_str() {
            "s" => {
                let index: Option<usize> = cell.value.trim().parse().ok();
                index.and_then(|index| self.shared.strings.get(index)).cloned().unwrap_or_default()
            }
            "str" | "inlineStr" | "e" => cell.value,
            "b" => if cell.value.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
            "d" => cell.value,
            _ => match cell.value.trim().parse::<f64>() {
                Ok(number) => shown_number(number, format.map(|f| f.code.as_str()).unwrap_or_default()),
                Err(_) => cell.value,
            },
        };
        // Words that a formula holds, whatever its value is.
        if cell.formula.contains('"') {
            self.formulas.push(cell.row, cell.column, &cell.formula);
        }
        if value.trim().is_empty() {
            return;
        }
        let column = cell.column + 1;
        let hidden = self.hidden
            || self.row_hidden
            || format.is_some_and(|format| format.hidden)
            || self.hidden_columns.iter().any(|(min, max)| (*min..=*max).contains(&column));
        let rows = if hidden { &mut self.unseen } else { &mut self.visible };
        rows.push(cell.row, cell.column, &value);
    }

    fn tell(self, budget: &mut Budget) {
        self.visible.tell(self.place, Shown::Visible, budget);
        self.unseen.tell(self.place, Shown::Hidden, budget);
        self.formulas.tell(&format!("{}/formulas", self.place), Shown::Hidden, budget);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_far_cell_costs_nothing() {
        let mut budget = Budget::new(crate::files::FileLimits::default());
        let source = br#"<sheetData><row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far</t></is></c></row></sheetData>"#;
        read(source, "S", false, &Shared::default(), &mut budget);
        let opened = budget.finish();
        assert_eq!(opened.pieces[0].text.trim(), "far");
        assert!(opened.pieces[0].text.len() < 80);
        assert_eq!(opened.pieces[0].anchors[0].label, "XFD1048576");
    }
}
