//! A rule's pattern loosened into the expression that the prefilter runs.
//!
//! The prefilter only says "this pattern may stand in this text", so it may match more than
//! the pattern, never less. It reads bytes: whatever is not ASCII becomes "any bytes from
//! 0x80", which keeps its automata small, and a word boundary stays only where an ASCII word
//! character on one side makes the ASCII boundary at least as loose as the Unicode one.

use super::{
    boundary::{Certain, Sides},
    factor,
};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition};
use std::fmt::Write;

/// An optional part with more letters than this becomes a gap.
const SMALL: usize = 8;
/// A longer bound on a run of nearly any characters is left out: counting to it costs the
/// compiler seconds, and the exact pattern counts anyway.
const LONG: u32 = 32;
/// Up to this size a pattern is run whole.
const MODEST: usize = 80;
/// Seven digits say enough.
const STRONG: usize = 21;
/// A wider gap is as cheap without end.
const WIDEST: usize = 400;
/// A class with no more characters than this beyond ASCII is written out.
const FEW: usize = 12;

/// The prefilter's expression for a pattern, over a text made by [`flat`].
pub(crate) fn expression(hir: &Hir) -> String {
    let hir = spaced(hir);
    let row = trimmed(&hir);
    // The engine is good at small patterns, and exact ones spare the search afterwards.
    let factor = || factor::expression(row).filter(|_| row.iter().map(size).sum::<usize>() > MODEST);
    factor().unwrap_or_else(|| {
        let mut out = String::new();
        // A gap that is still open at the end asks for nothing.
        open_node(strongest(row), Sides::default(), &mut out);
        out
    })
}

/// Every form that some pattern takes, whatever this one's size.
#[cfg(test)]
pub(super) fn all_forms(hir: &Hir) -> Vec<String> {
    let hir = spaced(hir);
    let written = |row: &[Hir]| {
        let mut out = String::new();
        open_node(row, Sides::default(), &mut out);
        out
    };
    let row = trimmed(&hir);
    let forms = [Some(written(row)), Some(written(strongest(row))), factor::expression(row)];
    forms.into_iter().flatten().collect()
}

/// The stretch between two gaps that says most, if it says enough: `12-34-56 ... 12345678`
/// is looked for by its eight digits. It ends where enough was asked for again and again.
fn strongest(row: &[Hir]) -> &[Hir] {
    let sum = |stretch: &&[Hir]| stretch.iter().map(strength).sum::<usize>();
    let best = row.split(is_wide).max_by_key(sum).filter(|s| sum(s) >= STRONG).unwrap_or(row);
    let enough = |h: &Hir| {
        strength(h) >= STRONG
            && matches!(h.kind(), HirKind::Repetition(r) if r.min > 3 && r.max != Some(r.min))
    };
    best.iter().position(enough).and_then(|i| best.get(..=i)).unwrap_or(best)
}

/// What says next to nothing about the text that it stands for.
fn is_wide(hir: &Hir) -> bool {
    let HirKind::Repetition(r) = hir.kind() else { return false };
    let long = r.max.is_none_or(|max| max > 8);
    match r.sub.kind() {
        HirKind::Class(_) => long && strength(&r.sub) == 0,
        HirKind::Concat(subs) if subs.iter().any(is_wide) => true,
        _ => r.min == 0 && size(hir) > SMALL,
    }
}

/// How many characters out of few an expression asks for, in thirds.
fn strength(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.len() * 3,
        HirKind::Class(Class::Unicode(class)) => {
            match class.ranges().iter().map(|r| r.len()).sum::<usize>() {
                0..=12 => 3,
                13..=40 => 1,
                _ => 0,
            }
        }
        HirKind::Class(Class::Bytes(_)) => 0,
        HirKind::Repetition(r) => strength(&r.sub) * (r.min as usize).min(20),
        HirKind::Capture(c) => strength(&c.sub),
        HirKind::Concat(subs) => subs.iter().map(strength).sum(),
        HirKind::Alternation(subs) => subs.iter().map(strength).min().unwrap_or(0),
    }
}

/// Adds `text` as the prefilter reads it: a line feed is a space, so that a phrase is a
/// plain literal.
pub(crate) fn flat(text: &str, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(text.as_bytes());
    let mut rest = out.get_mut(start..).unwrap_or_default();
    while let Some(at) = memchr::memchr(b'\n', rest) {
        let (line, after) = rest.split_at_mut(at + 1);
        if let Some(feed) = line.last_mut() {
            *feed = b' ';
        }
        rest = after;
    }
}

/// The pattern with a space wherever it may have a line feed.
fn spaced(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let bytes = literal.0.iter().map(|b| if *b == b'\n' { b' ' } else { *b });
            Hir::literal(bytes.collect::<Vec<_>>())
        }
        HirKind::Class(Class::Unicode(class)) => {
            let mut class = class.clone();
            let feed = ClassUnicode::new([ClassUnicodeRange::new('\n', '\n')]);
            if class.iter().any(|r| r.start() <= '\n' && r.end() >= '\n') {
                class.difference(&feed);
                class.push(ClassUnicodeRange::new(' ', ' '));
            }
            Hir::class(Class::Unicode(class))
        }
        HirKind::Repetition(repetition) => Hir::repetition(repetition.with(spaced(&repetition.sub))),
        HirKind::Capture(capture) => spaced(&capture.sub),
        HirKind::Concat(subs) => Hir::concat(subs.iter().map(spaced).collect()),
        HirKind::Alternation(subs) => Hir::alternation(subs.iter().map(spaced).collect()),
        HirKind::Class(Class::Bytes(_)) | HirKind::Empty | HirKind::Look(_) => hir.clone(),
    }
}

/// Without optional ends: `idiot\w*` is there if and only if `idiot` is.
fn trimmed(hir: &Hir) -> &[Hir] {
    let mut kept = match hir.kind() {
        HirKind::Concat(subs) => subs.as_slice(),
        _ => std::slice::from_ref(hir),
    };
    let needless = |h: &Hir| h.properties().minimum_len() == Some(0) && h.properties().look_set().is_empty();
    // A boundary beside what becomes a gap says nothing.
    let idle = |look: &Hir, next: Option<&Hir>| {
        matches!(look.kind(), HirKind::Look(_)) && next.is_some_and(|n| needless(n) && size(n) > SMALL)
    };
    while let [first, rest @ ..] = kept
        && (needless(first) || idle(first, rest.first()))
    {
        kept = rest;
    }
    while let [rest @ .., last] = kept
        && (needless(last) || idle(last, rest.last()))
    {
        kept = rest;
    }
    kept
}

/// Writes the concatenation of `subs`.
fn node(subs: &[Hir], around: Sides, out: &mut String) {
    open_node(subs, around, out).close(out);
}

fn open_node(subs: &[Hir], around: Sides, out: &mut String) -> Gap {
    let mut gap = Gap::default();
    for (i, sub) in subs.iter().enumerate() {
        if !gap.takes(sub) {
            gap.close(out);
            one(sub, Sides::of(subs, i, around, Certain::Literals), &mut gap, out);
        }
    }
    gap
}

/// Any bytes, up to so many: what a pattern allows between the parts it needs. A list of
/// words that may stand there would cost the engine more than the texts it keeps out.
#[derive(Default)]
struct Gap {
    open: bool,
    /// `None` is without end.
    most: Option<usize>,
}

impl Gap {
    fn add(&mut self, most: Option<usize>) {
        self.most = if self.open { self.most.zip(most).map(|(a, b)| a.saturating_add(b)) } else { most };
        self.open = true;
    }

    /// Takes in an optional part: a large one always, a small one beside another.
    fn takes(&mut self, hir: &Hir) -> bool {
        let HirKind::Repetition(repetition) = hir.kind() else { return false };
        if repetition.min > 0 || !self.open && size(hir) <= SMALL {
            return false;
        }
        let most = repetition.sub.properties().maximum_len().zip(repetition.max);
        self.add(most.map(|(bytes, times)| bytes.saturating_mul(times as usize)));
        true
    }

    fn close(&mut self, out: &mut String) {
        if std::mem::take(&mut self.open) {
            let _ = match self.most {
                Some(most) if most <= WIDEST => write!(out, "[\\x00-\\xff]{{0,{most}}}"),
                _ => write!(out, "[\\x00-\\xff]*"),
            };
        }
    }
}

/// About how many states the engine needs for it.
fn size(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(_) => 1,
        HirKind::Repetition(r) if matches!(r.sub.kind(), HirKind::Class(_)) => 1,
        HirKind::Repetition(r) => size(&r.sub).saturating_mul(r.max.unwrap_or(2).max(1) as usize),
        HirKind::Capture(c) => size(&c.sub),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => subs.iter().map(size).sum(),
    }
}

fn one(hir: &Hir, sides: Sides, gap: &mut Gap, out: &mut String) {
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => literal.0.iter().for_each(|b| byte(*b, out)),
        HirKind::Class(class) => single(class, out),
        HirKind::Look(l) => look(*l, sides, out),
        HirKind::Repetition(repetition) => repeat(repetition, gap, out),
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

pub(super) fn byte(b: u8, out: &mut String) {
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
/// to four bytes, so the upper bound is four times as large. Of anything else that is large
/// only the least number is asked for.
fn repeat(repetition: &Repetition, gap: &mut Gap, out: &mut String) {
    let (min, max) = (repetition.min, repetition.max);
    let sub = &repetition.sub;
    if let HirKind::Class(class) = sub.kind() {
        let (inside, beyond) = parts(class);
        if beyond > 0 && max != Some(1) {
            let _ = write!(out, "[{inside}\\x80-\\xff]");
            return bounds(min, max.map(|n| n.saturating_mul(4)).filter(|n| *n <= LONG), out);
        }
        single(class, out);
        return bounds(min, max, out);
    }
    group(|out| node(std::slice::from_ref(sub), Sides::default(), out), out);
    if min > 0 && max != Some(min) && size(sub).saturating_mul(min as usize) > SMALL {
        bounds(min, Some(min), out);
        let more = max.map(|max| max.saturating_sub(min) as usize);
        return gap
            .add(sub.properties().maximum_len().zip(more).map(|(bytes, times)| bytes.saturating_mul(times)));
    }
    bounds(min, max, out);
}

fn bounds(min: u32, max: Option<u32>, out: &mut String) {
    let _ = match (min, max) {
        (0, None) => write!(out, "*"),
        (1, None) => write!(out, "+"),
        (0, Some(1)) => write!(out, "?"),
        (1, Some(1)) => Ok(()),
        (_, Some(max)) if max == min => write!(out, "{{{min}}}"),
        (_, None) => write!(out, "{{{min},}}"),
        (_, Some(max)) => write!(out, "{{{min},{max}}}"),
    };
}

/// Boundaries stay beside literals, where they cost nothing. `^` and `$` are left out: short
/// texts are scanned together.
fn look(look: Look, sides: Sides, out: &mut String) {
    if let Some(Look::WordAscii | Look::WordStartHalfAscii | Look::WordEndHalfAscii) = sides.loosened(look) {
        out.push_str("\\b");
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
        assert_eq!(of(r"\b[0-9]x"), r"[\x30-\x39]x", "beside a class it costs more than it spares");
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
    fn beyond_ascii_are_bytes_and_a_line_feed_is_a_space() {
        assert_eq!(of(r"[aâ]x"), r"(?:[\x61]|\xc3\xa2)x");
        assert_eq!(of(r"a.{0,3}b"), r"a[\x00-\x09\x0b-\x7f\x80-\xff]{0,12}b");
        assert_eq!(of(r"a[ \n]b\nc"), r"a\x20b\x20c");
    }

    #[test]
    fn of_a_large_pattern_the_rarest_part_is_asked_for() {
        let list =
            "(?:idiot|moron|cretin|imbecile|clown|pillock|numpty|wazzock|plonker|muppet|halfwit|dimwit)";
        let found = of(&format!(r"\b(?:you|he|she)(?: are| is)? (?:such )?an? {list}\b"));
        assert!(found.starts_with(r"(?:\x20clown|\x20cretin|") && found.ends_with(r")\b"), "{found}");
        let digits = of(r"\b[0-9]{2}-[0-9]{2}-[0-9]{2}\b.{1,40}\b[0-9]{8}\b");
        assert_eq!(digits, r"[\x30-\x39]{8}");
        let gap = of(r"\bin(?: the| my| your| our)? it\b");
        assert_eq!(gap, r"\bin[\x00-\xff]{0,5}\x20it\b");
    }
}
