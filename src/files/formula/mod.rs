//! Formulas that nobody has calculated, or whose stored value may be another: the part of them that puts texts together is
//! calculated as a spreadsheet does it on opening, bounded, with nothing from outside the file.

mod functions;
mod text;
mod tokens;
mod value;

use super::{Budget, Limit, Piece, Reason, Shown, Writing, ooxml::Rows, text::rows::heading_of};
use std::{borrow::Cow, cell::Cell, collections::HashMap};
use tokens::Tokens;
use value::Value;

/// Formulas of one file that are calculated.
const MOST_FORMULAS: usize = 5_000;
/// Steps of all of them together.
const MOST_STEPS: u32 = 400_000;
/// Formulas that lead to formulas.
const DEEPEST: usize = 16;
/// Characters of one result.
const LONGEST: usize = 32_767;

/// The formulas of a workbook's sheets, kept until all cells are known.
#[derive(Default)]
pub(super) struct Formulas {
    waiting: Vec<Waiting>,
    /// Some formula has a value: somebody has calculated, and one without a value gives an empty text.
    calculated: bool,
    /// There are more than are kept.
    is_cut: bool,
}

struct Waiting {
    sheet: String,
    at: (u32, u32),
    formula: Formula,
    /// What the file says its value is.
    stored: Option<String>,
}

/// As the file writes it.
enum Formula {
    Text(String),
    Tokens(Tokens),
}

impl Formulas {
    /// Keeps a formula that makes a text, or has no stored value.
    pub(super) fn push(&mut self, sheet: &str, at: (u32, u32), formula: &str, stored: Option<&str>) {
        self.calculated |= stored.is_some();
        if stored.is_none() || makes_text(formula) {
            self.keep(sheet, at, Formula::Text(formula.to_owned()), stored);
        }
    }

    pub(super) fn push_tokens(&mut self, sheet: &str, at: (u32, u32), tokens: &[u8], stored: Option<&str>) {
        self.calculated |= stored.is_some();
        let tokens = Tokens(tokens.to_vec());
        if stored.is_none() || tokens.make_text() {
            self.keep(sheet, at, Formula::Tokens(tokens), stored);
        }
    }

    fn keep(&mut self, sheet: &str, at: (u32, u32), formula: Formula, stored: Option<&str>) {
        if self.waiting.len() < MOST_FORMULAS {
            self.waiting.push(Waiting {
                sheet: sheet.to_owned(),
                at,
                formula,
                // One long text may be the value of many.
                stored: stored.map(|text| text[..text.floor_char_boundary(LONGEST)].to_owned()),
            });
        } else {
            self.is_cut = true;
        }
    }

    /// Calculates them, with the cells that were told since `first`, and tells what is not in the file's own values.
    pub(super) fn settle(self, first: usize, budget: &mut Budget) {
        if self.is_cut {
            budget.missed("", "formulas", Reason::Limit(Limit::Steps));
        }
        if self.waiting.is_empty() || budget.step(self.waiting.len() as u64).is_err() {
            return;
        }
        let mut told: Vec<(String, bool, Rows)> = Vec::new();
        let mut unknown: Vec<String> = Vec::new();
        {
            let book = Book::new(&self.waiting, budget.pieces(first), &budget.place(""));
            for waiting in &self.waiting {
                let result = book.value(waiting, 0);
                match (&waiting.stored, result) {
                    (Some(stored), Some(value)) if value.eq_ignore_ascii_case(stored.trim()) => {}
                    (_, Some(value)) if value.trim().is_empty() => {}
                    (stored, Some(value)) => {
                        let is_new = stored.is_none();
                        let at =
                            told.iter().position(|(sheet, new, _)| *sheet == waiting.sheet && *new == is_new);
                        let at = at.unwrap_or_else(|| {
                            told.push((waiting.sheet.clone(), is_new, Rows::default()));
                            told.len() - 1
                        });
                        if let Some((.., rows)) = told.get_mut(at) {
                            let (row, column) = waiting.at;
                            rows.push_line(row, column, &format!("{} {value}", book.heading(waiting)));
                        }
                    }
                    (None, None)
                        if !self.calculated
                            && waiting.formula.makes_text()
                            && !unknown.contains(&waiting.sheet) =>
                    {
                        unknown.push(waiting.sheet.clone());
                    }
                    _ => {}
                }
            }
        }
        for (sheet, is_new, rows) in told {
            // A stored value is what is seen until somebody calculates again.
            match is_new {
                true => rows.tell(&sheet, Shown::Visible, budget),
                false => rows.tell(&format!("{sheet}/formulas"), Shown::Hidden, budget),
            }
        }
        for sheet in unknown {
            budget.missed(&sheet, "formula", Reason::NotSupported);
        }
    }
}

impl Formula {
    fn makes_text(&self) -> bool {
        match self {
            Self::Text(text) => makes_text(text),
            Self::Tokens(tokens) => tokens.make_text(),
        }
    }
}

/// Whether a formula can give a text that is none of its cells'.
fn makes_text(formula: &str) -> bool {
    if formula.contains('&') {
        return true;
    }
    let is_lower = formula.bytes().any(|byte| byte.is_ascii_lowercase());
    let upper = if is_lower { Cow::Owned(formula.to_ascii_uppercase()) } else { Cow::Borrowed(formula) };
    formula.contains('(') && functions::MAKE_TEXT.iter().any(|name| upper.contains(name))
}

/// What a formula that stands alone says: a condition, the value of a name.
pub(super) fn alone(formula: &str) -> Option<String> {
    if !makes_text(formula) {
        return None;
    }
    let steps = Cell::new(10_000);
    let none = |_: Option<&str>, _: &str| None;
    text::evaluate(formula, &none, &steps).and_then(Value::into_text).filter(|text| !text.is_empty())
}

/// The cells of all sheets.
struct Book<'b> {
    cells: HashMap<(&'b str, &'b str), &'b str>,
    waiting: HashMap<(&'b str, String), &'b Waiting>,
    steps: Cell<u32>,
}

impl<'b> Book<'b> {
    /// `above` is the place of the workbook itself.
    fn new(waiting: &'b [Waiting], pieces: &'b [Piece], above: &str) -> Self {
        let mut cells = HashMap::new();
        for piece in
            pieces.iter().filter(|piece| piece.writing == Writing::Rows && piece.shown != Shown::Unseen)
        {
            let sheet = piece.place.strip_prefix(above).unwrap_or(&piece.place).trim_start_matches('/');
            for anchor in &piece.anchors {
                let rest = piece.text.get(anchor.at as usize..).unwrap_or_default();
                let end = rest.find(['\t', '\n']).unwrap_or(rest.len());
                cells.entry((sheet, anchor.label.as_str())).or_insert(rest.get(..end).unwrap_or_default());
            }
        }
        let of = |waiting: &'b Waiting| ((waiting.sheet.as_str(), super::ooxml::label(waiting.at)), waiting);
        let waiting = waiting.iter().filter(|waiting| waiting.stored.is_none()).map(of).collect();
        Self { cells, waiting, steps: Cell::new(MOST_STEPS) }
    }

    fn value(&self, waiting: &Waiting, depth: usize) -> Option<String> {
        let look_up =
            |sheet: Option<&str>, label: &str| self.cell(sheet.unwrap_or(&waiting.sheet), label, depth);
        let value = match &waiting.formula {
            Formula::Text(formula) => text::evaluate(formula, &look_up, &self.steps)?,
            Formula::Tokens(tokens) => tokens.evaluate(&look_up, &self.steps)?,
        };
        value.into_text()
    }

    fn cell(&self, sheet: &str, label: &str, depth: usize) -> Option<String> {
        if let Some(text) = self.cells.get(&(sheet, label)) {
            return Some((*text).to_owned());
        }
        match self.waiting.get(&(sheet, label.to_owned())) {
            Some(waiting) if depth < DEEPEST => self.value(waiting, depth + 1),
            Some(_) => None,
            // An empty cell.
            None => Some(String::new()),
        }
    }

    /// What stands left of a cell or above its column: the words that say what it is.
    fn heading(&self, waiting: &Waiting) -> &str {
        let (row, column) = waiting.at;
        let at = |row: u32, column: u32| {
            self.cells.get(&(waiting.sheet.as_str(), super::ooxml::label((row, column)).as_str())).copied()
        };
        let left = column.checked_sub(1).and_then(|left| at(row, left));
        heading_of(left.or_else(|| (0..row.min(3)).find_map(|above| at(above, column))).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(formula: &str) -> Option<String> {
        let cells = |_: Option<&str>, label: &str| {
            Some(match label {
                "A1" => "Nia".to_owned(),
                "A2" => "12".to_owned(),
                "B1" => "Flynn".to_owned(),
                _ => String::new(),
            })
        };
        text::evaluate(formula, &cells, &Cell::new(1_000)).and_then(Value::into_text)
    }

    #[test]
    fn texts_are_put_together_as_a_spreadsheet_does() {
        for (formula, expected) in [
            ("\"No \"&CHAR(55)&UNICHAR(65)", "No 7A"),
            ("=CONCATENATE(A1,\" \",$B$1)", "Nia Flynn"),
            ("_xlfn.TEXTJOIN(\"-\",TRUE,A1:B1,A2)", "Nia-Flynn-12"),
            ("_xlfn.CONCAT(A1:A2)", "Nia12"),
            ("of:=CONCATENATE([.A1];\"+\";[.B1])", "Nia+Flynn"),
            ("MID(\"abcdef\",2,3)&LEFT(A1)&RIGHT(B1,2)", "bcdNnn"),
            ("SUBSTITUTE(\"1x2x3\",\"x\",\"\")&REPT(\"9\",3)", "123999"),
            ("TEXT(A2,\"00000\")&\"/\"&(A2+1)*2", "00012/26"),
            ("IF(A2>10,UPPER(\"yes\"),\"no\")", "YES"),
            ("CHOOSE(2,\"a\",\"b\")&2^3&-1%", "b8-0.01"),
            ("\"say \"\"hi\"\"\"", "say \"hi\""),
            ("REPLACE(\"12345\",2,3,\"--\")&LEN(A1)", "1--53"),
            ("DEC2HEX(255)&BASE(35,36)", "FFZ"),
        ] {
            assert_eq!(value(formula).as_deref(), Some(expected), "{formula}");
        }
        for formula in
            ["WEBSERVICE(\"https://x.example/\")", "SUM(", "\"open", "A1&", "1/0", "REPT(\"a\",1e9)"]
        {
            assert_eq!(value(formula), None, "{formula}");
        }
    }

    #[test]
    fn deep_and_long_formulas_end() {
        assert_eq!(value(&"(".repeat(100_000)), None);
        assert_eq!(value(&"-".repeat(100_000)), None);
        assert_eq!(value(&"\"a\"&".repeat(100_000)), None);
    }
}
