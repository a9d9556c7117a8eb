//! Worksheets (ECMA-376 part 1, section 18.3): cells in rows with their addresses, what is hidden
//! apart, values as they are shown.

use super::{
    number_text,
    numbers::shown_number,
    rows::{Rows, address},
    shared::Shared,
    sheet_parts, xstring,
};
use crate::files::{
    Budget, Shown,
    formula::Formulas,
    xml::{Node, Tag, Xml},
};
use std::borrow::Cow;

/// Columns of a sheet.
const MOST_COLUMNS: usize = 16_384;

#[derive(Default)]
struct Cell {
    row: u32,
    column: u32,
    kind: Type,
    style: usize,
    value: String,
    formula: String,
}

/// What a cell's value is (section 18.18.11).
#[derive(Clone, Copy, Default)]
enum Type {
    #[default]
    Number,
    Boolean,
    /// An index into the shared strings.
    Shared,
    Text,
}

impl Cell {
    /// `next`: where a cell stands that does not say.
    fn begin(tag: &Tag<'_>, (row, column): (u32, u32)) -> Self {
        let mut cell = Self { row, column, ..Self::default() };
        for (key, value) in tag.attributes() {
            match key {
                "r" => (cell.row, cell.column) = address(&value).unwrap_or((row, column)),
                "s" => cell.style = value.trim().parse().unwrap_or(0),
                "t" => {
                    cell.kind = match &*value {
                        "s" => Type::Shared,
                        "b" => Type::Boolean,
                        "str" | "inlineStr" | "e" | "d" => Type::Text,
                        _ => Type::Number,
                    }
                }
                _ => {}
            }
        }
        cell
    }
}

struct Sheet<'s> {
    place: &'s str,
    hidden: bool,
    shared: &'s Shared,
    calculated: &'s mut Formulas,
    visible: Rows,
    unseen: Rows,
    formulas: Rows,
    /// By their number, as far as the last that is hidden.
    hidden_columns: Vec<bool>,
    row: u32,
    column: u32,
    row_hidden: bool,
    cell: Option<Cell>,
    in_value: bool,
    in_formula: bool,
}

pub(super) fn read(
    source: &[u8],
    (place, hidden): (&str, bool),
    shared: &Shared,
    calculated: &mut Formulas,
    budget: &mut Budget,
) {
    let mut sheet = Sheet {
        place,
        hidden,
        shared,
        calculated,
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
                let number = |key: &str| tag.number(key).unwrap_or(0) as usize;
                let (first, last) = (number("min").saturating_sub(1), number("max").min(MOST_COLUMNS));
                if first < last {
                    self.hidden_columns.resize(self.hidden_columns.len().max(last), false);
                    self.hidden_columns.iter_mut().take(last).skip(first).for_each(|hidden| *hidden = true);
                }
            }
            "row" => {
                self.row = tag.number("r").map_or(self.row, |row| row.saturating_sub(1));
                self.row_hidden = tag.is_on("hidden") == Some(true) || tag.is("ht", "0");
                self.column = 0;
            }
            "c" => {
                let cell = Cell::begin(tag, (self.row, self.column));
                (self.row, self.column) = (cell.row, cell.column);
                self.cell = Some(cell);
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
        let value: Cow<'_, str> = match cell.kind {
            Type::Shared => {
                let index: Option<usize> = cell.value.trim().parse().ok();
                index.and_then(|index| self.shared.strings.get(index)).map_or("", String::as_str).into()
            }
            Type::Text => match xstring::unescaped(&cell.value) {
                Cow::Borrowed(_) => cell.value.into(),
                Cow::Owned(text) => text.into(),
            },
            Type::Boolean => if cell.value.trim() == "1" { "TRUE" } else { "FALSE" }.into(),
            Type::Number => match cell.value.trim().parse::<f64>() {
                Ok(number) => {
                    shown_number(number, format.map(|f| f.code.as_str()).unwrap_or_default()).into()
                }
                Err(_) => cell.value.into(),
            },
        };
        let dressed = match cell.kind {
            Type::Shared | Type::Text => format.and_then(|format| number_text::text(&value, &format.code)),
            _ => None,
        };
        let value = match dressed {
            Some(shown) if shown.hides_value => format!("{} {value}", shown.text).into(),
            Some(shown) => shown.text.into(),
            None => value,
        };
        if !cell.formula.is_empty() {
            let stored = Some(&*value).filter(|value| !value.trim().is_empty());
            self.calculated.push(self.place, (cell.row, cell.column), &cell.formula, stored);
        }
        // Words that a formula holds, whatever its value is.
        if cell.formula.contains('"') {
            self.formulas.push(cell.row, cell.column, &cell.formula);
        }
        if value.trim().is_empty() {
            return;
        }
        let hidden = self.hidden
            || self.row_hidden
            || format.is_some_and(|format| format.hidden)
            || self.hidden_columns.get(cell.column as usize).copied().unwrap_or(false);
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
        read(source, ("S", false), &Shared::default(), &mut Formulas::default(), &mut budget);
        let opened = budget.finish();
        assert_eq!(opened.pieces[0].text.trim(), "far");
        assert!(opened.pieces[0].text.len() < 80);
        assert_eq!(opened.pieces[0].anchors[0].label, "XFD1048576");
    }
}
