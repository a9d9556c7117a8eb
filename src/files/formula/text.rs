//! Formulas as text (ECMA-376 part 1, section 18.17; OpenFormula for those of OpenDocument).

use super::{
    functions,
    value::{Value, operate},
};
use std::cell::Cell;

/// Brackets and signs within each other.
const DEEPEST: usize = 48;
/// Cells of a range.
const MOST_CELLS: u32 = 2_000;

/// Looks up a cell of a sheet, of the formula's own where none is named, by its address.
pub(super) type Cells<'c> = dyn Fn(Option<&str>, &str) -> Option<String> + 'c;

/// The value; `None` where something in it is not known here.
pub(super) fn evaluate(formula: &str, cells: &Cells<'_>, steps: &Cell<u32>) -> Option<Value> {
    let formula = formula.strip_prefix("of:").or_else(|| formula.strip_prefix("oooc:")).unwrap_or(formula);
    let rest = formula.trim_start().strip_prefix('=').unwrap_or(formula);
    let mut parser = Parser { rest, cells, steps, depth: 0 };
    let value = parser.level(0)?;
    parser.rest.trim().is_empty().then_some(value)
}

struct Parser<'f, 'c> {
    rest: &'f str,
    cells: &'c Cells<'c>,
    steps: &'c Cell<u32>,
    depth: usize,
}

/// What binds weakest first.
const OPERATORS: [&[&str]; 5] =
    [&["<>", "<=", ">=", "=", "<", ">"], &["&"], &["+", "-"], &["*", "/"], &["^"]];

impl<'f> Parser<'f, '_> {
    fn step(&self) -> Option<()> {
        self.steps.set(self.steps.get().checked_sub(1)?);
        Some(())
    }

    fn takes(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start();
        let rest = rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn level(&mut self, level: usize) -> Option<Value> {
        let Some(operators) = OPERATORS.get(level) else { return self.signed() };
        let mut value = self.level(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.takes(operator)) {
            self.step()?;
            let right = self.level(level + 1)?;
            value = operate(operator, &value, &right)?;
        }
        Some(value)
    }

    fn signed(&mut self) -> Option<Value> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        self.step()?;
        let mut value = match () {
            () if self.takes("-") => Value::Number(-self.signed()?.number()?),
            () if self.takes("+") || self.takes("@") => self.signed()?,
            () => self.primary()?,
        };
        while self.takes("%") {
            value = Value::Number(value.number()? / 100.0);
        }
        self.depth -= 1;
        Some(value)
    }

    fn primary(&mut self) -> Option<Value> {
        self.rest = self.rest.trim_start();
        match self.rest.chars().next()? {
            '"' => self.quoted(),
            '(' => {
                self.takes("(");
                let value = self.level(0)?;
                self.takes(")").then_some(value)
            }
            '[' => self.bracketed(),
            c if c.is_ascii_digit() || c == '.' => self.number(),
            _ => self.named(),
        }
    }

    fn quoted(&mut self) -> Option<Value> {
        let mut out = String::new();
        let mut rest = self.rest.get(1..)?;
        loop {
            let (before, after) = rest.split_once('"')?;
            out.push_str(before);
            rest = after;
            match rest.strip_prefix('"') {
                Some(after) => {
                    out.push('"');
                    rest = after;
                }
                None => break,
            }
        }
        self.rest = rest;
        Some(Value::Text(out))
    }

    fn number(&mut self) -> Option<Value> {
        let bytes = self.rest.as_bytes();
        let mut end = bytes.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let digits = bytes.iter().skip(end + 1 + sign).take_while(|b| b.is_ascii_digit()).count();
            end += if digits > 0 { 1 + sign + digits } else { 0 };
        }
        let number = self.rest.get(..end)?.parse().ok()?;
        self.rest = self.rest.get(end..)?;
        Some(Value::Number(number))
    }

    /// `[.B7]`, `[$Sheet1.B7:.C9]` of OpenDocument.
    fn bracketed(&mut self) -> Option<Value> {
        let (inner, after) = self.rest.get(1..)?.split_once(']')?;
        self.rest = after;
        let (first, last) = inner.split_once(':').unwrap_or((inner, inner));
        let split = |reference: &str| {
            let (sheet, cell) = reference.rsplit_once('.').unwrap_or(("", reference));
            (sheet.trim_matches(['$', '\'']).to_owned(), cell.to_owned())
        };
        let ((sheet, first), (_, last)) = (split(first), split(last));
        self.range(Some(sheet.as_str()).filter(|sheet| !sheet.is_empty()), &first, &last)
    }

    /// A function, a cell, a range of cells, TRUE and FALSE.
    fn named(&mut self) -> Option<Value> {
        let mut sheet = None;
        if let Some(inner) = self.rest.strip_prefix('\'') {
            let (name, after) = inner.split_once("'!")?;
            sheet = Some(name.replace("''", "'"));
            self.rest = after;
        }
        let mut word = self.word();
        if sheet.is_none() && self.rest.starts_with('!') {
            sheet = Some(word.to_owned());
            self.rest = self.rest.get(1..)?;
            word = self.word();
        }
        if word.is_empty() {
            return None;
        }
        if self.takes("(") {
            return self.call(word);
        }
        if let "TRUE" | "FALSE" = word.to_ascii_uppercase().as_str() {
            return Some(Value::Truth(word.len() == 4));
        }
        let last = if self.takes(":") { self.word() } else { word };
        self.range(sheet.as_deref(), word, last)
    }

    fn word(&mut self) -> &'f str {
        let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '\\');
        let end = self.rest.find(|c| !is_of_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        word
    }

    fn call(&mut self, name: &str) -> Option<Value> {
        let mut arguments = Vec::new();
        loop {
            if self.takes(")") {
                break;
            }
            if self.takes(",") || self.takes(";") {
                arguments.push(Value::Nothing);
                continue;
            }
            arguments.push(self.level(0)?);
            self.step()?;
            if !(self.takes(",") || self.takes(";")) {
                self.takes(")").then_some(())?;
                break;
            }
        }
        let name = name.to_ascii_uppercase();
        let plain = name.rsplit("_XLFN.").next().unwrap_or(&name);
        functions::call(plain.trim_start_matches("_XLWS.").trim_start_matches("COM.MICROSOFT."), &arguments)
    }

    fn range(&mut self, sheet: Option<&str>, first: &str, last: &str) -> Option<Value> {
        use super::super::ooxml::{address, label};
        let is_cell = |word: &str| {
            let word = word.replace('$', "");
            let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
            (1..=3).contains(&letters)
                && word.len() > letters
                && word.bytes().skip(letters).all(|b| b.is_ascii_digit())
        };
        if !is_cell(first) || !is_cell(last) {
            return None;
        }
        let (from, to) = (address(first)?, address(last)?);
        if from == to {
            self.step()?;
            return Some(Value::Text((self.cells)(sheet, &label(from))?));
        }
        let (rows, columns) = (from.0.min(to.0)..=from.0.max(to.0), from.1.min(to.1)..=from.1.max(to.1));
        let count = u64::from(rows.end() - rows.start() + 1) * u64::from(columns.end() - columns.start() + 1);
        if count > u64::from(MOST_CELLS) {
            return None;
        }
        let mut values = Vec::new();
        for row in rows {
            for column in columns.clone() {
                self.step()?;
                values.push(Value::Text((self.cells)(sheet, &label((row, column)))?));
            }
        }
        Some(Value::Many(values))
    }
}
