//! Mail addresses, telephone numbers and postal addresses in a text, by their shape alone.

use regex::Regex;
use std::{ops::Range, sync::LazyLock};

/// A pattern of this file.
pub(super) fn pattern(text: &str) -> Regex {
    // It is a constant that the tests use.
    let Ok(regex) = Regex::new(text) else { unreachable!("a built-in pattern is wrong") };
    regex
}

static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"[\p{L}\p{N}._%+'/=-]+@[\p{L}\p{N}.-]+[\p{L}\p{N}]"));
static TOKEN: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\p{L}\p{N}][\p{L}\p{N}._'-]{2,63}"));
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?:\+|\(?0)[\d\u{a0}\u{2009}\u{202f}\x{2010}-\x{2015}\x{2212} .()/-]{8,26}\d")
});
static DAY: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\d{1,2}[./-]\d{1,2}[./-]\d{4}\b"));
static POSTCODE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b[a-z]{1,2}\d[a-z\d]?\s{0,2}\d[abd-hjlnp-uw-z]{2}\b"));
const STREETS: &str = "street|st|road|rd|lane|avenue|ave|close|drive|way|crescent|terrace|court|gardens|place|row|\
    square|grove|hill|rise|view|park|green|mews|walk";
const WELSH: &str = "heol|ffordd|stryd|lôn|lon|maes|clos|rhodfa|bryn|llys|teras|parc|y stryd";
static STREET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?i)\b\d{{1,4}}[a-z]?,?\s+(?:(?:[\p{{L}}'’.-]+\s+){{1,3}}(?:{STREETS})\b|(?:{WELSH})(?:[ \t]+[\p{{L}}'’.-]+){{1,3}})"
    ))
});

/// A name with a capital.
const NAME: &str = r"\p{Lu}[\p{L}'’-]+";
const HOUSES: &str = "House|Cottage|Cottages|Mill|Farm|Farmhouse|Barn|Barns|Lodge|Manor|Vicarage|Rectory|Bungalow|\
    Grange|Villa|Croft|Hall|Court|Flats|Mansions|Stables|Chapel";
const WELSH_HOUSES: &str = "Tŷ|Ty|Plas|Hafod|Hafan|Bwthyn|Fferm|Llety|Tyddyn";
static FLAT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"\b(?:[Ff]lat|FLAT|[Aa]partment|[Ff]flat)\s+\d{{1,4}}[A-Za-z]?\b(?:,?\s+{NAME}(?:[ \t]+{NAME}){{0,3}})?"
    ))
});
/// A house that has a name, with its place.
static HOUSE: LazyLock<Regex> = LazyLock::new(|| {
    let english = format!(r"(?:The\s+)?(?:{NAME}\s+){{1,3}}(?:{HOUSES})");
    let welsh = format!(r"(?:{WELSH_HOUSES})(?:\s+(?:{NAME}|y|yr)){{1,3}}");
    pattern(&format!(r"\b(?:{english}|{welsh}),\s*{NAME}(?:[ \t-]+{NAME}){{0,2}}"))
});

pub(super) fn addresses(text: &str) -> impl Iterator<Item = Range<usize>> {
    ADDRESS.find_iter(text).map(|m| m.range())
}

/// Words with what may stand in a user name.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> {
    TOKEN
        .find_iter(text)
        .map(|m| m.start()..m.start() + m.as_str().trim_end_matches(['.', '-', '_', '\'']).len())
}

/// Ten digits or more that begin like a number of a telephone.
pub(super) fn phones(text: &str) -> impl Iterator<Item = Range<usize>> {
    PHONE
        .find_iter(text)
        .filter(move |m| {
            let digits = m.as_str().bytes().filter(u8::is_ascii_digit).count();
            let whole = !text[..m.start()].ends_with(|c: char| c.is_alphanumeric())
                && !text[m.end()..].starts_with(|c: char| c.is_alphanumeric());
            (10..=15).contains(&digits) && whole && !DAY.is_match(m.as_str())
        })
        .map(|m| m.range())
}

/// A number with a street; a postcode with the lines above it that belong to it.
pub(super) fn postal(text: &str) -> impl Iterator<Item = Range<usize>> {
    let streets = STREET.find_iter(text).chain(FLAT.find_iter(text)).chain(HOUSE.find_iter(text));
    streets.map(|m| m.range()).chain(POSTCODE.find_iter(text).map(move |m| around(text, m.range())))
}

/// From the house's number, on the same line or up to four short lines above, to the postcode.
fn around(text: &str, code: Range<usize>) -> Range<usize> {
    const LONGEST_LINE: usize = 60;
    let line = text[..code.start].rfind('\n').map_or(0, |n| n + 1);
    let before = &text[line..code.start];
    let number = |line: &str| {
        let within = line
            .char_indices()
            .find(|(at, c)| c.is_ascii_digit() && !line[..*at].ends_with(|p: char| p.is_alphanumeric()));
        within.map(|(at, _)| at).filter(|at| line.len() - at <= LONGEST_LINE)
    };
    if let Some(at) = number(before) {
        return line + at..code.end;
    }
    let mut start = if before.trim().len() <= 30 { line } else { return code };
    for _ in 0..4 {
        if start == 0 {
            break;
        }
        let above = text[..start - 1].rfind('\n').map_or(0, |n| n + 1);
        let content = text[above..start - 1].trim_start_matches(['>', ' ', '\t', '|']);
        if content.trim().is_empty() || content.len() > LONGEST_LINE {
            break;
        }
        start = above;
        if content.starts_with(|c: char| c.is_ascii_digit()) {
            return start..code.end;
        }
    }
    line + (before.len() - before.trim_start_matches(['>', ' ', '\t', '|']).len())..code.end
}
