//! Patterns as ASCII sees them: looser than written, exact in ASCII text, and far cheaper.
//! Beside an ASCII word character the ASCII boundary holds wherever the Unicode one does, so
//! that no engine has to leave its fast tables at the first accented letter; and a class such
//! as `\W` shrinks from hundreds of ranges to a few, so that compiling takes microseconds.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look};

/// Classes with more ranges than this beyond ASCII are taken for all that lies there.
const MANY: usize = 8;

/// Whether the characters beside a place in a pattern are certainly ASCII word characters.
#[derive(Clone, Copy, Default)]
pub(super) struct Sides {
    left: bool,
    right: bool,
}

/// Whether a class of word characters is certain enough, or a literal only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Certain {
    Classes,
    Literals,
}

impl Sides {
    /// Of the expression `at` in a row; `around` is what stands beside the whole row.
    pub(super) fn of(row: &[Hir], at: usize, around: Self, by: Certain) -> Self {
        let (before, after) = (row.get(..at).unwrap_or_default(), row.get(at + 1..).unwrap_or_default());
        Self {
            left: edge(before.iter().rev(), End::Last, by).unwrap_or(around.left),
            right: edge(after.iter(), End::First, by).unwrap_or(around.right),
        }
    }

    /// An ASCII assertion that holds wherever `look` does, if there is one.
    pub(super) fn loosened(self, look: Look) -> Option<Look> {
        match look {
            Look::WordAscii => Some(look),
            Look::WordUnicode if self.left || self.right => Some(Look::WordAscii),
            Look::WordStartUnicode if self.right => Some(Look::WordAscii),
            Look::WordEndUnicode if self.left => Some(Look::WordAscii),
            Look::WordStartHalfUnicode if self.right => Some(Look::WordStartHalfAscii),
            Look::WordEndHalfUnicode if self.left => Some(Look::WordEndHalfAscii),
            _ => None,
        }
    }
}

/// The pattern loosened: it matches wherever `hir` does, and in text that is ASCII exactly
/// there, in the same order of preference. `None` when a boundary has no such stand-in.
pub(super) fn plain(hir: &Hir) -> Option<Hir> {
    row(std::slice::from_ref(hir), Sides::default())
}

fn row(subs: &[Hir], around: Sides) -> Option<Hir> {
    let subs = subs.iter().enumerate().map(|(i, sub)| one(sub, Sides::of(subs, i, around, Certain::Classes)));
    subs.collect::<Option<_>>().map(Hir::concat)
}

fn one(hir: &Hir, sides: Sides) -> Option<Hir> {
    match hir.kind() {
        HirKind::Look(look) if hir.properties().look_set().contains_word() => {
            sides.loosened(*look).map(Hir::look)
        }
        HirKind::Class(Class::Unicode(class)) => Some(Hir::class(Class::Unicode(widened(class)))),
        HirKind::Repetition(repetition) => {
            // Inside a repetition the neighbour may be the repetition's own other end.
            let sub = one(&repetition.sub, Sides::default())?;
            Some(Hir::repetition(repetition.with(sub)))
        }
        HirKind::Capture(capture) => one(&capture.sub, sides),
        HirKind::Concat(subs) => row(subs, sides),
        HirKind::Alternation(subs) => {
            subs.iter().map(|sub| one(sub, sides)).collect::<Option<_>>().map(Hir::alternation)
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => Some(hir.clone()),
    }
}

/// A class of many characters beyond ASCII becomes that of all of them.
fn widened(class: &ClassUnicode) -> ClassUnicode {
    let mut class = class.clone();
    let beyond = class.ranges().iter().filter(|r| !r.end().is_ascii()).count();
    // One without any ASCII would find every accented letter, and prove nothing by it.
    if beyond > MANY && class.ranges().first().is_some_and(|r| r.start().is_ascii()) {
        class.push(ClassUnicodeRange::new('\u{80}', char::MAX));
    }
    class
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    First,
    Last,
}

/// The same of a row of expressions, seen from its edge; what is optional must be certain
/// as well as what stands behind it. `None` when the row may be passed without a character.
fn edge<'h>(row: impl Iterator<Item = &'h Hir>, end: End, by: Certain) -> Option<bool> {
    for hir in row {
        match hir.kind() {
            HirKind::Look(_) | HirKind::Empty => {}
            HirKind::Repetition(r) if r.min == 0 => {
                if !certain(&r.sub, end, by) {
                    return Some(false);
                }
            }
            _ => return Some(certain(hir, end, by)),
        }
    }
    None
}

/// Whether every match of `hir` begins (or ends) with an ASCII word character.
fn certain(hir: &Hir, end: End, by: Certain) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    match hir.kind() {
        HirKind::Literal(literal) => {
            let b = if end == End::First { literal.0.first() } else { literal.0.last() };
            b.is_some_and(|b| word(*b))
        }
        HirKind::Class(_) if by == Certain::Literals => false,
        HirKind::Class(Class::Unicode(class)) => {
            class.is_ascii() && class.ranges().iter().all(|r| (r.start()..=r.end()).all(|c| word(c as u8)))
        }
        HirKind::Class(Class::Bytes(_)) | HirKind::Look(_) | HirKind::Empty => false,
        HirKind::Repetition(r) => r.min > 0 && certain(&r.sub, end, by),
        HirKind::Capture(c) => certain(&c.sub, end, by),
        HirKind::Concat(subs) => match end {
            End::First => edge(subs.iter(), end, by) == Some(true),
            End::Last => edge(subs.iter().rev(), end, by) == Some(true),
        },
        HirKind::Alternation(subs) => subs.iter().all(|h| certain(h, end, by)),
    }
}
