//! Spreadsheets (ODF 1.3 part 3, section 9): cells as they are shown, with their addresses; repeated
//! cells are read once, however often they say they are there.

use super::{form, styles::Styles};
use crate::files::{
    Budget, Shown, TraitKind, Writing,
    formula::Formulas,
    ooxml::Rows,
    open,
    xml::{Node, Tag, Xml},
};

/// Rows and columns that a sheet can have.
const MOST_ROWS: u32 = 1 << 20;
const MOST_COLUMNS: u32 = 1 << 14;

pub(super) fn read(content: &[u8], styles: &Styles, budget: &mut Budget) {
    let first = budget.count();
    let mut sheets = Sheets::new(styles);
    let mut xml = Xml::new(content);
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) => sheets.start(&tag, budget),
            Node::End(name) => sheets.end(&name, budget),
            Node::Text(text) => sheets.text(&text),
        }
        if sheets.visible.is_full(budget) || sheets.unseen.is_full(budget) {
            break;
        }
    }
    xml.tell("", "ods", budget);
    sheets.tell_sheet(budget);
    sheets.calculated.settle(first, budget);
    budget.text("sheets", Shown::Visible, Writing::Plain, sheets.names);
    budget.text("names", Shown::Hidden, Writing::Rows, sheets.named);
    budget.text("changes", Shown::Hidden, Writing::Plain, sheets.changes);
    budget.text("form", Shown::Visible, Writing::Plain, sheets.said);
}

/// Whether a value is another text or number than what is shown for it: a format rounds, and writes dates.
fn says_other(shown: &str, value: &str) -> bool {
    if shown.is_empty() || value.is_empty() || shown == value.trim() {
        return false;
    }
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    match value.parse::<f64>() {
        Ok(_) => {
            let (seen, own) = (digits(shown), digits(value));
            own.len() >= 8 && !own.starts_with(&seen) && !seen.contains(&own)
                || own.len() >= 8 && seen.is_empty()
        }
        // A date is shown in another order.
        Err(_) => {
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            !is_date(value) && squeezed(shown) != squeezed(value)
        }
    }
}

/// `2026-11-05`, with or without a time.
fn is_date(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.len() >= 10 && bytes.get(4) == Some(&b'-') && bytes.iter().take(4).all(u8::is_ascii_digit)
}

struct Sheets<'s> {
    styles: &'s Styles,
    place: String,
    names: String,
    named: String,
    changes: String,
    /// Controls, hints and lists of choices.
    said: String,
    sheet_gone: bool,
    visible: Rows,
    unseen: Rows,
    comments: Rows,
    formulas: Rows,
    /// Values that are not what is shown.
    behind: Rows,
    /// What the cell before this one shows.
    left: String,
    drawn: String,
    /// Column ranges that are not shown, and where the next begins.
    hidden_columns: Vec<(u32, u32)>,
    next_column: u32,
    row: u32,
    row_repeats: u32,
    row_gone: bool,
    column: u32,
    column_repeats: u32,
    cell_gone: bool,
    value: String,
    formula: String,
    calculated: Formulas,
    cell: String,
    comment: String,
    in_cell: usize,
    in_comment: usize,
    in_changes: usize,
    in_paragraph: usize,
}

impl<'s> Sheets<'s> {
    fn new(styles: &'s Styles) -> Self {
        Self {
            styles,
            place: String::new(),
            names: String::new(),
            named: String::new(),
            changes: String::new(),
            said: String::new(),
            sheet_gone: false,
            visible: Rows::default(),
            unseen: Rows::default(),
            comments: Rows::default(),
            formulas: Rows::default(),
            behind: Rows::default(),
            left: String::new(),
            drawn: String::new(),
            hidden_columns: Vec::new(),
            next_column: 0,
            row: 0,
            row_repeats: 1,
            row_gone: false,
            column: 0,
            column_repeats: 1,
            cell_gone: false,
            value: String::new(),
            formula: String::new(),
            calculated: Formulas::default(),
            cell: String::new(),
            comment: String::new(),
            in_cell: 0,
            in_comment: 0,
            in_changes: 0,
            in_paragraph: 0,
        }
    }

    fn start(&mut self, tag: &Tag<'_>, budget: &mut Budget) {
        let gone = || tag.get("visibility").is_some_and(|visibility| visibility != "visible");
        match tag.name() {
            "table" => {
                self.tell_sheet(budget);
                let name = tag.get("name").unwrap_or_default();
                self.place = open::cleaned(&name);
                self.names.push_str(&name);
                self.names.push('\n');
                self.sheet_gone = self.styles.of(tag).is_gone();
                (self.row, self.next_column) = (0, 0);
                self.hidden_columns.clear();
            }
            "table-column" => {
                let count = tag.number("number-columns-repeated").unwrap_or(1).min(MOST_COLUMNS);
                let end = self.next_column.saturating_add(count);
                if gone() && self.hidden_columns.len() < MOST_COLUMNS as usize {
                    self.hidden_columns.push((self.next_column, end));
                }
                self.next_column = end;
            }
            "table-row" => {
                self.row_repeats = tag.number("number-rows-repeated").unwrap_or(1);
                self.row_gone = gone();
                self.column = 0;
            }
            "table-cell" | "covered-table-cell" => self.start_cell(tag),
            "annotation" => {
                self.in_comment += 1;
                self.comment.clear();
            }
            "tracked-changes" => self.in_changes += 1,
            "p" => self.in_paragraph += 1,
            "s" => {
                let count = tag.number("c").unwrap_or(1).min(64);
                self.text(&" ".repeat(count as usize));
            }
            "tab" | "line-break" => self.text(" "),
            "named-range" | "named-expression" | "database-range" => {
                let keys = ["name", "cell-range-address", "target-range-address", "expression"];
                let texts = keys.iter().filter_map(|key| tag.get(key));
                self.named.push_str(&texts.collect::<Vec<_>>().join("\t"));
                self.named.push('\n');
            }
            "dde-link" => budget.found("", TraitKind::Script(crate::files::Script::Active)),
            name => {
                if let Some(said) = form::said(tag) {
                    self.said.push_str(&said);
                    self.said.push('\n');
                }
                let outside =
                    tag.get("href").filter(|target| target.contains("://") || target.starts_with("mailto:"));
                if let Some(target) = outside {
                    if name != "a" {
                        budget.found(&self.place, TraitKind::RemoteContent);
                    }
                    budget.text(&self.place, Shown::Link, Writing::Plain, target);
                }
                if tag.get("href").is_some_and(|target| target.starts_with("vnd.sun.star.script:")) {
                    budget.found("", TraitKind::Script(crate::files::Script::Macro));
                }
            }
        }
    }

    fn start_cell(&mut self, tag: &Tag<'_>) {
        self.in_cell += 1;
        self.cell.clear();
        self.column_repeats = tag.number("number-columns-repeated").unwrap_or(1);
        self.cell_gone = self.styles.of(tag).is_hidden(true);
        self.value =
            ["string-value", "date-value", "value"].iter().find_map(|key| tag.get(key)).unwrap_or_default();
        self.formula = tag.get("formula").unwrap_or_default();
        if self.formula.contains('"') {
            self.formulas.push(self.row, self.column, &self.formula);
        }
    }

    fn end(&mut self, name: &str, budget: &mut Budget) {
        match name {
            "table-cell" | "covered-table-cell" => {
                self.in_cell = self.in_cell.saturating_sub(1);
                self.end_cell();
                self.column = self.column.saturating_add(self.column_repeats).min(MOST_COLUMNS);
            }
            "table-row" => self.row = self.row.saturating_add(self.row_repeats).min(MOST_ROWS),
            "annotation" => {
                self.in_comment = self.in_comment.saturating_sub(1);
                self.comments.push_line(self.row, self.column, &self.comment);
            }
            "tracked-changes" => self.in_changes = self.in_changes.saturating_sub(1),
            "p" | "creator" | "date" | "creator-initials" => {
                self.text(" ");
                if name == "p" {
                    self.in_paragraph = self.in_paragraph.saturating_sub(1);
                }
            }
            "table" => self.tell_sheet(budget),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_paragraph == 0 && text.trim().is_empty() && self.in_comment == 0 {
            return;
        }
        let target = match () {
            () if self.in_changes > 0 => &mut self.changes,
            () if self.in_comment > 0 => &mut self.comment,
            () if self.in_cell > 0 => &mut self.cell,
            () if !self.place.is_empty() => &mut self.drawn,
            // Hints stand before the first sheet.
            () if self.in_paragraph > 0 => &mut self.said,
            () => return,
        };
        target.push_str(text);
    }

    fn end_cell(&mut self) {
        let shown = self.cell.trim();
        // A format may show less than the value.
        let text = if shown.is_empty() { self.value.as_str() } else { shown };
        if !self.formula.is_empty() {
            let stored = Some(text).filter(|text| !text.is_empty());
            self.calculated.push(&self.place, (self.row, self.column), &self.formula, stored);
        }
        if text.is_empty() || self.in_changes > 0 {
            return;
        }
        let column = self.column;
        let hidden = self.sheet_gone
            || self.row_gone
            || self.cell_gone
            || shown.is_empty()
            || self.hidden_columns.iter().any(|(start, end)| (*start..*end).contains(&column));
        // What other programs show when the value is another.
        if says_other(shown, &self.value) {
            self.behind.push_line(self.row, column, &format!("{} {}", self.left, self.value));
        }
        text.clone_into(&mut self.left);
        let rows = if hidden { &mut self.unseen } else { &mut self.visible };
        rows.push(self.row, column, text);
    }

    fn tell_sheet(&mut self, budget: &mut Budget) {
        let place = std::mem::take(&mut self.place);
        std::mem::take(&mut self.visible).tell(&place, Shown::Visible, budget);
        std::mem::take(&mut self.unseen).tell(&place, Shown::Hidden, budget);
        std::mem::take(&mut self.comments).tell(&format!("{place}/comments"), Shown::Hidden, budget);
        std::mem::take(&mut self.formulas).tell(&format!("{place}/formulas"), Shown::Hidden, budget);
        std::mem::take(&mut self.behind).tell(&format!("{place}/values"), Shown::Hidden, budget);
        let drawn = std::mem::take(&mut self.drawn);
        budget.text(&format!("{place}/drawings"), Shown::Visible, Writing::Plain, drawn);
    }
}
