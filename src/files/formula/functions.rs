//! The functions of spreadsheets that put texts together (ECMA-376 part 1, section 18.17.7).

use super::{
    super::ooxml::shown_number,
    LONGEST,
    value::{Value, shown},
};

/// Functions whose value is a text that stands in no cell.
pub(super) const MAKE_TEXT: [&str; 14] = [
    "CHAR(",
    "CONCAT",
    "TEXT",
    "MID(",
    "LEFT(",
    "RIGHT(",
    "SUBSTITUTE(",
    "REPLACE(",
    "REPT(",
    "BASE(",
    "2HEX(",
    "CHOOSE(",
    "HYPERLINK(",
    "REVERSE(",
];

/// The value of a function; `None` for one that is not known here, or whose arguments are wrong.
pub(super) fn call(name: &str, arguments: &[Value]) -> Option<Value> {
    of_text(name, arguments).or_else(|| choosing(name, arguments)).or_else(|| of_numbers(name, arguments))
}

/// What gives a text, or tells of one.
fn of_text(name: &str, arguments: &[Value]) -> Option<Value> {
    let at = |i: usize| arguments.get(i);
    let text = |i: usize| at(i).and_then(Value::text);
    let count = |i: usize, otherwise: usize| at(i).map_or(Some(otherwise), Value::whole);
    let letters = |text: String| text.chars().collect::<Vec<char>>();
    let some = |text: String| (text.len() <= LONGEST).then_some(Value::Text(text));
    match name {
        "CHAR" | "UNICHAR" => {
            let code = u32::try_from(at(0)?.whole()?).ok().filter(|code| *code > 0)?;
            // Codes of one byte are those of Windows.
            let c = match code {
                0x80..=0x9f if name == "CHAR" => {
                    encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[code as u8]).0.chars().next()?
                }
                code => char::from_u32(code)?,
            };
            some(c.to_string())
        }
        "CODE" | "UNICODE" => text(0)?.chars().next().map(|c| Value::Number(f64::from(u32::from(c)))),
        "CONCAT" | "CONCATENATE" => some(flat(arguments)?.concat()),
        "TEXTJOIN" => {
            let (between, skip) = (text(0)?, at(1)?.truth()?);
            let mut all = flat(arguments.get(2..)?)?;
            all.retain(|one| !skip || !one.is_empty());
            some(all.join(&between))
        }
        "TEXT" | "FIXED" | "DOLLAR" => match at(0)?.number() {
            Some(number) => some(formatted(number, &text(1).unwrap_or_default())),
            None => some(text(0)?),
        },
        "MID" | "MIDB" => {
            let start = count(1, 1)?.checked_sub(1)?;
            some(letters(text(0)?).into_iter().skip(start).take(count(2, 1)?).collect())
        }
        "LEFT" | "LEFTB" => some(letters(text(0)?).into_iter().take(count(1, 1)?).collect()),
        "RIGHT" | "RIGHTB" => {
            let all = letters(text(0)?);
            some(all.iter().skip(all.len().saturating_sub(count(1, 1)?)).collect())
        }
        "REPLACE" => {
            let (all, start, length) = (letters(text(0)?), count(1, 1)?.checked_sub(1)?, count(2, 0)?);
            let before: String = all.iter().take(start).collect();
            let after: String = all.iter().skip(start + length).collect();
            some(before + &text(3)? + &after)
        }
        "SUBSTITUTE" => {
            let (all, old, new) = (text(0)?, text(1)?, text(2)?);
            if old.is_empty() {
                return some(all);
            }
            match at(3) {
                None => {
                    let longer = all.matches(&old).count().saturating_mul(new.len());
                    (longer <= LONGEST).then(|| all.replace(&old, &new)).and_then(some)
                }
                Some(which) => {
                    let (place, _) = all.match_indices(&old).nth(which.whole()?.checked_sub(1)?)?;
                    some(format!("{}{new}{}", all.get(..place)?, all.get(place + old.len()..)?))
                }
            }
        }
        "REPT" => {
            let (one, times) = (text(0)?, at(1)?.whole()?);
            (one.len().checked_mul(times)? <= LONGEST).then(|| one.repeat(times)).and_then(some)
        }
        "UPPER" => some(text(0)?.to_uppercase()),
        "LOWER" => some(text(0)?.to_lowercase()),
        "PROPER" | "T" | "CLEAN" | "PHONETIC" | "ASC" => some(text(0)?),
        "TRIM" => some(text(0)?.split_whitespace().collect::<Vec<_>>().join(" ")),
        "LEN" => Some(Value::Number(text(0)?.chars().count() as f64)),
        "DEC2HEX" => some(in_base(at(0)?.number()?, 16, count(1, 0)?)?),
        "BASE" => some(in_base(at(0)?.number()?, at(1)?.whole()?, count(2, 0)?)?),
        _ => None,
    }
}

/// What gives one of its arguments, or a truth.
fn choosing(name: &str, arguments: &[Value]) -> Option<Value> {
    let at = |i: usize| arguments.get(i);
    match name {
        "HYPERLINK" => at(1).or(at(0)).cloned(),
        "IF" => match at(0)?.truth()? {
            true => at(1).cloned(),
            false => Some(at(2).cloned().unwrap_or(Value::Truth(false))),
        },
        "IFERROR" | "IFNA" | "SINGLE" => at(0).cloned(),
        "CHOOSE" => at(at(0)?.whole()?).cloned(),
        "INDEX" => match at(0)? {
            Value::Many(all) => {
                all.get(at(1)?.whole()?.max(at(2).map_or(Some(1), Value::whole)?).checked_sub(1)?).cloned()
            }
            one => Some(one.clone()),
        },
        "TRUE" => Some(Value::Truth(true)),
        "FALSE" => Some(Value::Truth(false)),
        _ => None,
    }
}

fn of_numbers(name: &str, arguments: &[Value]) -> Option<Value> {
    let at = |i: usize| arguments.get(i);
    match name {
        "VALUE" | "N" | "NUMBERVALUE" => at(0)?.number().map(Value::Number),
        "HEX2DEC" => i64::from_str_radix(&at(0)?.text()?, 16).ok().map(|number| Value::Number(number as f64)),
        "SUM" => Some(Value::Number(numbers(arguments)?.iter().sum())),
        "PRODUCT" => Some(Value::Number(numbers(arguments)?.iter().product())),
        "INT" | "TRUNC" => at(0)?.number().map(|number| Value::Number(number.floor())),
        "ABS" => at(0)?.number().map(|number| Value::Number(number.abs())),
        "ROUND" => {
            let scale = 10f64.powf(at(1).map_or(Some(0.0), Value::number)?);
            at(0)?.number().map(|number| Value::Number((number * scale).round() / scale))
        }
        "MOD" => Some(Value::Number(at(0)?.number()?.rem_euclid(at(1)?.number()?)))
            .filter(|v| v.number().is_some()),
        _ => None,
    }
}

fn flat(values: &[Value]) -> Option<Vec<String>> {
    let mut out = Vec::new();
    for value in values {
        match value {
            Value::Many(inner) => out.extend(flat(inner)?),
            one => out.push(one.text()?),
        }
    }
    Some(out)
}

fn numbers(values: &[Value]) -> Option<Vec<f64>> {
    let mut out = Vec::new();
    for value in values {
        match value {
            Value::Many(inner) => out.extend(inner.iter().filter_map(Value::number)),
            one => out.push(one.number()?),
        }
    }
    Some(out)
}

fn formatted(number: f64, code: &str) -> String {
    if code.is_empty() { shown(number) } else { shown_number(number, code) }
}

fn in_base(number: f64, base: usize, least: usize) -> Option<String> {
    let base = u64::try_from(base).ok().filter(|base| (2..=36).contains(base))?;
    let mut rest = (0.0..1e15).contains(&number).then_some(number as u64)?;
    let mut digits = Vec::new();
    while rest > 0 || digits.len() < least.clamp(1, 255) {
        digits.push(char::from_digit((rest % base) as u32, 36)?.to_ascii_uppercase());
        rest /= base;
    }
    Some(digits.iter().rev().collect())
}
