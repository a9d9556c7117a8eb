//! Worksheets (ECMA-376 part 1, section 18.3): cells in rows with their addresses, what is hidden
//! apart, values as they are shown.

use super::{sheet_parts, styles::nearly_white};
use crate::files::{
    Anchor, Budget, Shown, Writing,
    xml::{Node, Tag, Xml},
};

/// What all sheets of a workbook share.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) styles: Vec<Format>,
    pub(super) strings: Vec<String>,
}

/// How a cell shows its value.
#[derive(Clone, Debug, Default)]
pub(super) struct Format {
    pub(super) code: String,
    /// White letters on no ground, or a format that shows nothing.
    pub(super) hidden: bool,
}

/// Rows as they are put together, with a place for each cell.
#[derive(Default)]
pub(in crate::files) struct Rows {
    text: String,
    anchors: Vec<Anchor>,
    /// Row and column of the last cell.
    last: Option<(u32, u32)>,
}

/// Empty cells between two that are kept as tabs, so that columns stay under their headings.
const MOST_GAPS: u32 = 64;

impl Rows {
    /// Row and column count from 0.
    pub(in crate::files) fn push(&mut self, row: u32, column: u32, text: &str) {
        let gaps = match self.last {
            Some((last, before)) if last == row => column.saturating_sub(before).max(1),
            Some(_) => {
                self.text.push('\n');
                column
            }
            None => column,
        };
        self.text.extend(std::iter::repeat_n('\t', gaps.min(MOST_GAPS) as usize));
        self.write(row, column, text);
    }

    /// A line for one cell, whatever stands beside it.
    pub(in crate::files) fn push_line(&mut self, row: u32, column: u32, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.write(row, column, text);
    }

    fn write(&mut self, row: u32, column: u32, text: &str) {
        let at = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.anchors.push(Anchor { at, label: format!("{}{}", column_name(column), u64::from(row) + 1) });
        // A line or a tab within a cell is no end of it.
        self.text.extend(text.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }));
        self.last = Some((row, column));
    }

    pub(in crate::files) fn tell(mut self, place: &str, shown: Shown, budget: &mut Budget) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        budget.anchored(place, shown, Writing::Rows, self.text, self.anchors);
    }

    pub(in crate::files) fn is_full(&self, budget: &Budget) -> bool {
        self.text.len() > budget.limits().text_bytes
    }
}

/// `A`, `XFD`; columns count from 0.
fn column_name(column: u32) -> String {
    let (mut name, mut rest) = (Vec::new(), u64::from(column) + 1);
    while rest > 0 {
        name.push(b'A' + ((rest - 1) % 26) as u8);
        rest = (rest - 1) / 26;
    }
    name.reverse();
    String::from_utf8(name).unwrap_or_default()
}

/// Row and column, counting from 0, of `$B$7`.
pub(super) fn address(reference: &str) -> Option<(u32, u32)> {
    let (mut row, mut column) = (0u32, 0u32);
    for b in reference.bytes() {
        match b {
            b'A'..=b'Z' => column = column.checked_mul(26)?.checked_add(u32::from(b - b'A') + 1)?,
            b'a'..=b'z' => column = column.checked_mul(26)?.checked_add(u32::from(b - b'a') + 1)?,
            b'0'..=b'9' => row = row.checked_mul(10)?.checked_add(u32::from(b - b'0'))?,
            b'$' => {}
            _ => break,
        }
    }
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}

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

/// A number as its format shows it, as far as dates and leading noughts go.
pub(in crate::files) fn shown_number(number: f64, code: &str) -> String {
    let first = code.split(';').next().unwrap_or_default();
    if is_date(first) {
        if let Some(date) = shown_date(number, first) {
            return date;
        }
    } else if let Some(padded) = padded(number, first) {
        return padded;
    }
    // Fifteen digits, as spreadsheets show them.
    let text = format!("{number:.15}");
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    let plain = format!("{rounded}");
    if plain.len() < text.len() { plain } else { text }
}

/// Letters of dates outside quotes and brackets.
fn is_date(code: &str) -> bool {
    let (mut quoted, mut bracket, mut escaped) = (false, false, false);
    code.chars().any(|c| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        match c {
            '\\' | '_' | '*' => escaped = true,
            '"' => quoted = !quoted,
            '[' => bracket = true,
            ']' => bracket = false,
            _ if quoted || bracket => {}
            'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' => return true,
            _ => {}
        }
        false
    }) && !code.eq_ignore_ascii_case("general")
}

/// Days since 1899-12-30, as Britain writes dates unless the format begins with the year.
fn shown_date(number: f64, code: &str) -> Option<String> {
    if !(0.0..2_958_466.0).contains(&number) {
        return None;
    }
    let lower = code.to_ascii_lowercase();
    let mut text = String::new();
    if lower.contains(['y', 'd']) || (lower.contains('m') && !lower.contains('h') && !lower.contains('s')) {
        let (year, month, day) = civil(number as i64 - 25_569);
        text = match lower.find('y').zip(lower.find('d')) {
            Some((y, d)) if y < d => format!("{year:04}-{month:02}-{day:02}"),
            _ => format!("{day:02}/{month:02}/{year:04}"),
        };
    }
    if lower.contains('h') {
        let seconds = (number.fract() * 86_400.0).round() as i64;
        let space = if text.is_empty() { "" } else { " " };
        text.push_str(&format!("{space}{:02}:{:02}", seconds / 3600, seconds / 60 % 60));
    }
    (!text.is_empty()).then_some(text)
}

/// Year, month and day of a number of days since 1970-01-01 (Hinnant's algorithm).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Formats that are noughts and dividers alone: telephone numbers, numbers of pupils.
fn padded(number: f64, code: &str) -> Option<String> {
    let digits = code.bytes().filter(|b| *b == b'0').count();
    let dividers = code.bytes().all(|b| matches!(b, b'0' | b'#' | b' ' | b'-' | b'(' | b')' | b'\\' | b'"'));
    if digits < 3 || !dividers || number.fract() != 0.0 || !(0.0..1e15).contains(&number) {
        return None;
    }
    let whole = format!("{:0width$}", number as u64, width = digits.min(20));
    let (mut out, mut rest) = (Vec::new(), whole.bytes().rev());
    for b in code.bytes().rev() {
        match b {
            b'0' => out.extend(rest.next()),
            b'#' => out.extend(rest.next()),
            b'\\' | b'"' => {}
            divider => out.push(divider),
        }
    }
    out.extend(rest);
    out.reverse();
    String::from_utf8(out).ok()
}

/// Shared strings (section 18.4); phonetic readings are left out.
pub(super) fn strings(source: &[u8], budget: &mut Budget) -> Vec<String> {
    let mut xml = Xml::new(source);
    let (mut out, mut own, mut in_text, mut phonetic) = (Vec::new(), String::new(), false, false);
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) => match tag.name() {
                "si" => own.clear(),
                "t" => in_text = true,
                "rPh" => phonetic = true,
                _ => {}
            },
            Node::End(name) => match &*name {
                "si" => out.push(std::mem::take(&mut own)),
                "t" => in_text = false,
                "rPh" => phonetic = false,
                _ => {}
            },
            Node::Text(text) if in_text && !phonetic => own.push_str(&text),
            Node::Text(_) => {}
        }
    }
    xml.tell("shared strings", "xlsx", budget);
    out
}

/// The formats of cells (section 18.8), by their index.
pub(super) fn formats(source: &[u8], budget: &mut Budget) -> Vec<Format> {
    let mut xml = Xml::new(source);
    let mut codes = std::collections::HashMap::new();
    let (mut white, mut filled, mut formats) = (Vec::new(), Vec::new(), Vec::new());
    let mut section = String::new();
    while let Some(node) = xml.next(budget) {
        let Node::Start(tag) = node else { continue };
        match tag.name() {
            "numFmt" => {
                codes.extend(tag.number("numFmtId").zip(tag.get("formatCode")));
            }
            name @ ("fonts" | "fills" | "cellXfs" | "cellStyleXfs" | "dxfs" | "borders") => {
                section = name.to_owned()
            }
            "font" if section == "fonts" => white.push(false),
            "color" if section == "fonts" => {
                if let Some(last) = white.last_mut() {
                    *last = tag.get("rgb").is_some_and(|rgb| nearly_white(&rgb)) || tag.is("theme", "0");
                }
            }
            "fill" if section == "fills" => filled.push(false),
            "patternFill" if section == "fills" => {
                if let Some(last) = filled.last_mut() {
                    *last = !tag.is("patternType", "none");
                }
            }
            "gradientFill" => filled.last_mut().into_iter().for_each(|last| *last = true),
            "xf" if section == "cellXfs" => {
                let id = tag.number("numFmtId").unwrap_or(0);
                let code = codes.get(&id).cloned().unwrap_or_else(|| built_in(id).to_owned());
                let on = |list: &[bool], key: &str| {
                    tag.number(key).and_then(|id| list.get(id as usize)).copied().unwrap_or(false)
                };
                let hidden = code == ";;;" || (on(&white, "fontId") && !on(&filled, "fillId"));
                formats.push(Format { code, hidden });
            }
            _ => {}
        }
    }
    formats
}

/// Formats that need not be written (section 18.8.30), as far as they are dates.
pub(in crate::files) fn built_in(id: u32) -> &'static str {
    match id {
        14..=17 | 27..=31 | 34..=36 | 50..=58 => "dd/mm/yyyy",
        18..=21 | 32 | 33 | 45..=47 => "hh:mm",
        22 => "dd/mm/yyyy hh:mm",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_columns() {
        assert_eq!(address("B7"), Some((6, 1)));
        assert_eq!(address("$XFD$1048576"), Some((1_048_575, 16_383)));
        assert_eq!(address("7"), None);
        assert_eq!(address("ZZZZZZZZZZ1"), None);
        assert_eq!([0, 25, 26, 16_383].map(column_name), ["A", "Z", "AA", "XFD"]);
    }

    #[test]
    fn numbers_as_they_are_shown() {
        assert_eq!(shown_number(42_250.0, "dd/mm/yyyy"), "03/09/2015");
        assert_eq!(shown_number(42_250.0, "yyyy-mm-dd"), "2015-09-03");
        assert_eq!(shown_number(42_250.5, "dd/mm/yyyy hh:mm"), "03/09/2015 12:00");
        assert_eq!(shown_number(1_632_960_123.0, "00000 000000"), "01632 960123");
        assert_eq!(shown_number(42.0, "00000"), "00042");
        assert_eq!(shown_number(0.1 + 0.2, "General"), "0.3");
        assert_eq!(shown_number(1234.5, "#,##0.00"), "1234.5");
        assert_eq!(shown_number(9_434_765_919.0, ""), "9434765919");
    }

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
