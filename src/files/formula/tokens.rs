//! Formulas as tokens (MS-XLS, section 2.5.198): what is put together comes before how.

use super::{
    functions,
    text::Cells,
    value::{Value, operate},
};
use std::cell::Cell;

/// Values that wait for an operator.
const MOST_WAITING: usize = 255;

/// The tokens of one formula of BIFF8.
pub(super) struct Tokens(pub(super) Vec<u8>);

/// Functions by their number, with how many arguments they have where that is fixed.
const FUNCTIONS: [(u16, &str, usize); 33] = [
    (1, "IF", 0),
    (4, "SUM", 0),
    (13, "DOLLAR", 0),
    (14, "FIXED", 0),
    (24, "ABS", 1),
    (25, "INT", 1),
    (27, "ROUND", 2),
    (29, "INDEX", 0),
    (30, "REPT", 2),
    (31, "MID", 3),
    (32, "LEN", 1),
    (33, "VALUE", 1),
    (34, "TRUE", 0),
    (35, "FALSE", 0),
    (39, "MOD", 2),
    (48, "TEXT", 2),
    (100, "CHOOSE", 0),
    (111, "CHAR", 1),
    (112, "LOWER", 1),
    (113, "UPPER", 1),
    (114, "PROPER", 1),
    (115, "LEFT", 0),
    (116, "RIGHT", 0),
    (118, "TRIM", 1),
    (119, "REPLACE", 4),
    (120, "SUBSTITUTE", 0),
    (121, "CODE", 1),
    (130, "T", 1),
    (131, "N", 1),
    (162, "CLEAN", 1),
    (183, "PRODUCT", 0),
    (336, "CONCATENATE", 0),
    (359, "HYPERLINK", 0),
];

const OPERATORS: [&str; 12] = ["+", "-", "*", "/", "^", "&", "<", "<=", "=", ">=", ">", "<>"];

impl Tokens {
    /// Whether they can give a text that stands in no cell: a text of their own, or a function that makes one.
    pub(super) fn make_text(&self) -> bool {
        let calls = |id: &[u8]| {
            let id = u16::from_le_bytes([id.first().copied().unwrap_or(0), id.get(1).copied().unwrap_or(0)]);
            matches!(id, 30 | 31 | 48 | 100 | 111 | 115 | 116 | 119 | 120 | 336 | 359)
        };
        let mut at = 0;
        while let Some(token) = self.0.get(at) {
            match token {
                0x17 | 0x08 => return true,
                0x21 | 0x41 | 0x61 if calls(self.0.get(at + 1..).unwrap_or_default()) => return true,
                0x22 | 0x42 | 0x62 if calls(self.0.get(at + 2..).unwrap_or_default()) => return true,
                _ => {}
            }
            let Some(length) = self.length(at) else { return false };
            at += length;
        }
        false
    }

    /// How long the token at a place is; `None` for one that is not known here.
    fn length(&self, at: usize) -> Option<usize> {
        let byte = |i: usize| self.0.get(at + i).copied();
        Some(match byte(0)? {
            0x03..=0x16 => 1,
            0x17 => 3 + usize::from(byte(1)?) * if byte(2)? & 1 == 1 { 2 } else { 1 },
            // A table of jumps of CHOOSE; else two bytes.
            0x19 if byte(1)? & 0x04 != 0 => {
                4 + 2 * (usize::from(u16::from_le_bytes([byte(2)?, byte(3)?])) + 1)
            }
            0x19 => 4,
            0x1c | 0x1d => 2,
            0x1e | 0x21 | 0x41 | 0x61 => 3,
            0x1f | 0x25 | 0x45 | 0x65 => 9,
            0x22 | 0x42 | 0x62 => 4,
            0x24 | 0x44 | 0x64 | 0x23 | 0x43 | 0x63 => 5,
            _ => return None,
        })
    }

    pub(super) fn evaluate(&self, cells: &Cells<'_>, steps: &Cell<u32>) -> Option<Value> {
        let mut waiting: Vec<Value> = Vec::new();
        let mut at = 0;
        while let Some(token) = self.0.get(at) {
            steps.set(steps.get().checked_sub(1)?);
            let length = self.length(at)?;
            let rest = self.0.get(at + 1..at + length)?;
            self.take(*token, rest, &mut waiting, cells, steps)?;
            if waiting.len() > MOST_WAITING {
                return None;
            }
            at += length;
        }
        (waiting.len() == 1).then(|| waiting.pop()).flatten()
    }

    fn take(
        &self,
        token: u8,
        rest: &[u8],
        waiting: &mut Vec<Value>,
        cells: &Cells<'_>,
        steps: &Cell<u32>,
    ) -> Option<()> {
        let u16_at = |at: usize| Some(u16::from_le_bytes(*rest.get(at..)?.first_chunk()?));
        let value = match token {
            0x03..=0x0e => {
                let (right, left) = (waiting.pop()?, waiting.pop()?);
                operate(OPERATORS.get(usize::from(token - 3))?, &left, &right)?
            }
            0x12 | 0x15 => return Some(()),
            0x13 => Value::Number(-waiting.pop()?.number()?),
            0x14 => Value::Number(waiting.pop()?.number()? / 100.0),
            0x16 => Value::Nothing,
            0x17 => Value::Text(text(rest)?),
            0x19 if rest.first()? & 0x10 != 0 => {
                let one = waiting.pop()?;
                functions::call("SUM", &[one])?
            }
            // Jumps and blanks: every branch is calculated.
            0x19 => return Some(()),
            0x1d => Value::Truth(*rest.first()? == 1),
            0x1e => Value::Number(f64::from(u16_at(0)?)),
            0x1f => Value::Number(f64::from_le_bytes(*rest.first_chunk()?)),
            0x21 | 0x41 | 0x61 => {
                let (_, name, count) = FUNCTIONS.iter().find(|(id, ..)| Some(*id) == u16_at(0))?;
                call(name, *count, waiting)?
            }
            0x22 | 0x42 | 0x62 => {
                let count = usize::from(*rest.first()? & 0x7f);
                let (_, name, _) =
                    FUNCTIONS.iter().find(|(id, ..)| Some(*id) == u16_at(1).map(|id| id & 0x7fff))?;
                call(name, count, waiting)?
            }
            0x24 | 0x44 | 0x64 => {
                let label =
                    super::super::ooxml::label((u32::from(u16_at(0)?), u32::from(u16_at(2)? & 0x3fff)));
                Value::Text(cells(None, &label)?)
            }
            0x25 | 0x45 | 0x65 => {
                let (rows, columns) = (u16_at(0)?..=u16_at(2)?, u16_at(4)? & 0x3fff..=u16_at(6)? & 0x3fff);
                if rows.len() * columns.len() > 2_000 {
                    return None;
                }
                let mut values = Vec::new();
                for row in rows {
                    for column in columns.clone() {
                        steps.set(steps.get().checked_sub(1)?);
                        let label = super::super::ooxml::label((u32::from(row), u32::from(column)));
                        values.push(Value::Text(cells(None, &label)?));
                    }
                }
                Value::Many(values)
            }
            _ => return None,
        };
        waiting.push(value);
        Some(())
    }
}

fn call(name: &str, count: usize, waiting: &mut Vec<Value>) -> Option<Value> {
    let arguments = waiting.split_off(waiting.len().checked_sub(count)?);
    functions::call(name, &arguments)
}

/// A text behind its length and its flags.
fn text(rest: &[u8]) -> Option<String> {
    let wide = rest.get(1)? & 1 == 1;
    let bytes = rest.get(2..)?;
    Some(match wide {
        true => encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0.into_owned(),
        false => bytes.iter().map(|b| char::from(*b)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(bytes: &[u8]) -> Option<String> {
        let cells = |_: Option<&str>, label: &str| Some(format!("<{label}>"));
        Tokens(bytes.to_vec()).evaluate(&cells, &Cell::new(500)).and_then(Value::into_text)
    }

    #[test]
    fn tokens_are_put_together() {
        // "No " & CHAR(55), then & B2, then CONCATENATE of it and 5.
        let bytes = b"\x17\x03\0No \x1e\x37\0\x41\x6f\0\x08\x44\x01\0\x01\xc0\x08\x1e\x05\0\x42\x02\x50\x01";
        assert_eq!(value(bytes).as_deref(), Some("No 7<B2>5"));
        assert!(Tokens(bytes.to_vec()).make_text());
        assert_eq!(value(b"\x08"), None);
        assert_eq!(value(b"\x39\0\0"), None);
        assert!(!Tokens(b"\x1e\x01\0\x1e\x01\0\x03".to_vec()).make_text());
    }
}
