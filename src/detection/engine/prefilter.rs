//! A rule's pattern loosened into the expression that the prefilter runs.
//!
//! The prefilter only says "this pattern may stand in this text", so it may match more than
//! the pattern, never less. It reads bytes: whatever is not ASCII becomes "any bytes from
//! 0x80", which keeps its automata small, and a word boundary stays only where an ASCII word
//! character on one side makes the ASCII boundary at least as loose as the Unicode one.

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look, Repetition};
use std::fmt::Write;

/// A class with no more characters than this beyond ASCII is written out.
const FEW: usize = 12;
/// A longer bound on a run of any characters is left out: counting to it costs the
/// compiler seconds, and the exact pattern counts anyway.
const LONG: u32 = 32;

/// The prefilter's expression for a pattern.
pub(crate) fn expression(hir: &Hir) -> String {
    let mut out = String::new();
    node(trimmed(hir), Sides::default(), &mut out);
    out
}

/// Without optional ends: `idiot\w*` is there if and only if `idiot` is.
fn trimmed(hir: &Hir) -> &[Hir] {
    let all = match hir.kind() {
        HirKind::Concat(subs) => subs.as_slice(),
        _ => std::slice::from_ref(hir),
    };
    let needless = |h: &Hir| h.properties().minimum_len() == Some(0) && h.properties().look_set().is_empty();
    let mut kept = all;
    while let [first, rest @ ..] = kept
        && needless(first)
    {
        kept = rest;
    }
    while let [rest @ .., last] = kept
        && needless(last)
    {
        kept = rest;
    }
    kept
}

/// Whether the characters beside a stretch are certainly ASCII word characters.
#[derive(Clone, Copy, Default)]
struct Sides {
    left: bool,
    right: bool,
}

/// Writes the concatenation of `subs`.
fn node(subs: &[Hir], around: Sides, out: &mut String) {
    for (i, sub) in subs.iter().enumerate() {
        let (before, after) = (subs.get(..i).unwrap_or_default(), subs.get(i + 1..).unwrap_or_default());
        let left = edge(before.iter().rev(), End::Last).unwrap_or(around.left);
        let right = edge(after.iter(), End::First).unwrap_or(around.right);
        one(sub, Sides { left, right }, out);
    }
}

fn one(hir: &Hir, sides: Sides, out: &mut String) {
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => literal.0.iter().for_each(|b| byte(*b, out)),
        HirKind::Class(class) => single(class, out),
        HirKind::Look(l) => look(*l, sides, out),
        HirKind::Repetition(repetition) => repeat(repetition, out),
        HirKind::Capture(capture) => group(|out| node(std::slice::from_ref(&*capture.sub), sides, out), out),
        HirKind::Concat(subs) => group(|out| node(subs, sides, out), out),
        HirKind::Alternation(subs) => group(
            |out| {
                for (i, sub) in subs.iter().enumerate() {
                    if i > 0 {
                        out.push('|');
                    }
                    node(std::slice::from_ref(sub), sides, out);
                }
            },
            out,
        ),
    }
}

fn group(inner: impl FnOnce(&mut String), out: &mut String) {
    out.push_str("(?:");
    inner(out);
    out.push(')');
}

fn byte(b: u8, out: &mut String) {
    if b.is_ascii_alphanumeric() {
        out.push(char::from(b));
    } else {
        let _ = write!(out, "\\x{b:02x}");
    }
}

/// The ASCII characters of a class as a bracket's inside, and how much lies beyond ASCII.
fn parts(class: &Class) -> (String, usize) {
    let mut inside = String::new();
    let mut beyond = 0;
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(c) => c.ranges().iter().map(|r| (r.start().into(), r.end().into())).collect(),
        Class::Bytes(c) => c.ranges().iter().map(|r| (r.start().into(), r.end().into())).collect(),
    };
    for (start, end) in ranges {
        if start < 0x80 {
            let end = end.min(0x7f);
            let _ = match start == end {
                true => write!(inside, "\\x{start:02x}"),
                false => write!(inside, "\\x{start:02x}-\\x{end:02x}"),
            };
        }
        if end >= 0x80 {
            beyond += (end - start.max(0x80)) as usize + 1;
        }
    }
    (inside, beyond)
}

/// One character of a class.
fn single(class: &Class, out: &mut String) {
    let (inside, beyond) = parts(class);
    let bracket = |out: &mut String| {
        if !inside.is_empty() {
            let _ = write!(out, "[{inside}]");
        }
    };
    match class {
        _ if beyond == 0 && inside.is_empty() => out.push_str("[^\\x00-\\xff]"),
        _ if beyond == 0 => bracket(out),
        Class::Unicode(unicode) if beyond <= FEW => group(
            |out| {
                bracket(out);
                few(unicode, inside.is_empty(), out);
            },
            out,
        ),
        _ => group(
            |out| {
                bracket(out);
                out.push_str(if inside.is_empty() { "" } else { "|" });
                out.push_str("[\\x80-\\xff]{2,4}");
            },
            out,
        ),
    }
}

/// The characters beyond ASCII, one by one as UTF-8.
fn few(class: &ClassUnicode, mut first: bool, out: &mut String) {
    for c in class.ranges().iter().flat_map(|r| r.start()..=r.end()).filter(|c| !c.is_ascii()) {
        if !first {
            out.push('|');
        }
        first = false;
        c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| byte(b, out));
    }
}

/// A repetition. That of a class stays a repetition of one byte class: a character has up
/// to four bytes, so the upper bound is four times as large.
fn repeat(repetition: &Repetition, out: &mut String) {
    let (min, max) = (repetition.min, repetition.max);
    if let HirKind::Class(class) = repetition.sub.kind()
        && max != Some(1)
    {
        let (inside, beyond) = parts(class);
        if beyond > 0 {
            let _ = write!(out, "[{inside}\\x80-\\xff]");
            return bounds(min, max.map(|n| n.saturating_mul(4)).filter(|n| *n <= LONG), out);
        }
    }
    group(|out| node(std::slice::from_ref(&*repetition.sub), Sides::default(), out), out);
    bounds(min, max, out);
}

fn bounds(min: u32, max: Option<u32>, out: &mut String) {
    let _ = match (min, max) {
        (0, None) => write!(out, "*"),
        (1, None) => write!(out, "+"),
        (0, Some(1)) => write!(out, "?"),
        (_, None) => write!(out, "{{{min},}}"),
        (_, Some(max)) => write!(out, "{{{min},{max}}}"),
    };
}

fn look(look: Look, sides: Sides, out: &mut String) {
    let keep = match look {
        // `^` and `$` are left out too: short texts are scanned together.
        Look::WordAscii => "\\b",
        Look::WordUnicode if sides.left || sides.right => "\\b",
        Look::WordStartUnicode | Look::WordStartHalfUnicode if sides.right => "\\b",
        Look::WordEndUnicode | Look::WordEndHalfUnicode if sides.left => "\\b",
        _ => "",
    };
    out.push_str(keep);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    First,
    Last,
}

/// The same of a row of expressions, seen from its edge; what is optional must be certain
/// as well as what stands behind it. `None` when the row may be passed without a character.
fn edge<'h>(row: impl Iterator<Item = &'h Hir>, end: End) -> Option<bool> {
    for hir in row {
        match hir.kind() {
            HirKind::Look(_) | HirKind::Empty => {}
            HirKind::Repetition(r) if r.min == 0 => {
                if !certain(&r.sub, end) {
                    return Some(false);
                }
            }
            _ => return Some(certain(hir, end)),
        }
    }
    None
}

/// Whether every match of `hir` begins (or ends) with an ASCII word character.
fn certain(hir: &Hir, end: End) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    match hir.kind() {
        HirKind::Literal(literal) => {
            let b = if end == End::First { literal.0.first() } else { literal.0.last() };
            b.is_some_and(|b| word(*b))
        }
        HirKind::Class(Class::Unicode(class)) => {
            class.is_ascii() && class.ranges().iter().all(|r| (r.start()..=r.end()).all(|c| word(c as u8)))
        }
        HirKind::Class(Class::Bytes(_)) | HirKind::Look(_) | HirKind::Empty => false,
        HirKind::Repetition(r) => r.min > 0 && certain(&r.sub, end),
        HirKind::Capture(c) => certain(&c.sub, end),
        HirKind::Concat(subs) => match end {
            End::First => edge(subs.iter(), end) == Some(true),
            End::Last => edge(subs.iter().rev(), end) == Some(true),
        },
        HirKind::Alternation(subs) => subs.iter().all(|h| certain(h, end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::parse_pattern;

    fn of(pattern: &str) -> String {
        expression(&parse_pattern(pattern).unwrap())
    }

    #[test]
    fn a_boundary_stays_only_where_it_is_at_least_as_loose() {
        assert_eq!(of(r"\bfool\b"), r"\bfool\b");
        assert_eq!(of(r"\bŵy\b"), r"\xc5\xb5y\b");
        assert_eq!(of(r"\b(?:fool|ŵy)\b"), r"(?:fool|\xc5\xb5y)\b");
        assert_eq!(of(r"fool\B"), "fool");
        assert_eq!(of(r"\b\(x\)\b"), r"\x28x\x29");
    }

    #[test]
    fn optional_ends_are_left_out() {
        assert_eq!(of(r"\bidiot\w*"), r"\bidiot");
        assert_eq!(of(r"x*ab?"), "a");
        assert_eq!(of(r"^a$"), "a");
        assert_eq!(of(r"ab?\b"), r"a(?:b)?\b", "either letter makes the boundary safe");
        assert_eq!(of(r"aŵ?\b"), r"a(?:\xc5\xb5)?");
    }

    #[test]
    fn beyond_ascii_are_bytes() {
        assert_eq!(of(r"[aâ]x"), r"(?:[\x61]|\xc3\xa2)x");
        assert_eq!(of(r"a.{0,30}b"), r"a[\x00-\x09\x0b-\x7f\x80-\xff]*b");
        assert_eq!(of(r"a\w"), r"a(?:[\x30-\x39\x41-\x5a\x5f\x61-\x7a]|[\x80-\xff]{2,4})");
    }
}
