//! Numbers that stand for one person: of pupils, of the health service, of national insurance, and
//! dates of birth. By their shape alone: a number with a slip in it may still be somebody's.

use super::contact::pattern;
use crate::{detection::canonical, ruleset::Check};
use chrono::NaiveDate;
use regex::Regex;
use std::{ops::Range, sync::LazyLock};

/// Between the digits of one number.
const GAP: &str = "[ .\u{a0}\u{2009}\u{202f}\u{2010}-\u{2015}-]{0,2}";

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    let pupil = format!(r"\p{{L}}(?:{GAP}\d){{11}}{GAP}[\p{{L}}\d]");
    let health = format!(r"\d{{3}}{GAP}\d{{3}}{GAP}\d{{4}}");
    let insurance = format!(r"[A-Z]{{2}}(?:{GAP}\d){{6}}{GAP}[A-D]|[a-z]{{2}}(?: ?\d\d){{3}} ?[a-d]");
    pattern(&format!(r"\b(?:{pupil}|{health}|{insurance})\b"))
});

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    let named = r"\d{1,2}(?:\p{L}{2,3})?,?\s+(?:of\s+|o\s+)?\p{L}{3,9},?\s+(?:\d{4}|\d{2})";
    let american = r"\p{L}{3,9}\s+\d{1,2}(?:\p{L}{2})?,?\s+\d{4}";
    let digits = r"\d{1,4}\s?[./\x{2010}-\x{2015}-]\s?\d{1,2}\s?[./\x{2010}-\x{2015}-]\s?\d{1,4}";
    pattern(&format!(r"\b(?:{digits}|{named}|{american})\b"))
});

static BORN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:\bborn|\bd\.?\s?o\.?\s?b\b\.?|birthday|date of birth|\bganwyd|\bganed|dyddiad geni|pen-blwydd)[^\n\d]{0,20}$",
    )
});

pub(super) fn numbers(text: &str) -> impl Iterator<Item = Range<usize>> {
    NUMBER.find_iter(text).map(|m| m.range())
}

/// Dates on which somebody was born: one of `known`, or said to be one and not `own`.
pub(super) fn births(
    text: &str,
    known: impl Fn(NaiveDate) -> bool,
    own: Option<NaiveDate>,
) -> impl Iterator<Item = Range<usize>> {
    DATE.find_iter(text).filter_map(move |m| {
        let date = canonical(Check::BirthDate, &m.as_str().to_lowercase(), None)?;
        let date: NaiveDate = date.parse().ok()?;
        let is_born = || {
            let before = &text[..m.start()];
            let close = before.char_indices().rev().nth(40).map_or(0, |(at, _)| at);
            BORN.is_match(&before[close..])
        };
        (Some(date) != own && (known(date) || is_born())).then(|| m.range())
    })
}
