//! Numbers that are told rather than written: in words, in pieces with words between them, the letter apart from its
//! digits, backwards. A person who is told so puts them together; so does this, beside the text as it stands. Only
//! rules with a strong check digit look at it.

use super::{View, gathered::Gathered, number_words, shape};
use std::{borrow::Cow, ops::Range};

/// Digits, or words for them, in the shortest number that is looked for.
const LEAST_DIGITS: usize = 10;
/// Bytes between two pieces of one number.
const MOST_BETWEEN: usize = 48;
/// Pieces of one number, and of one text.
const MOST_PIECES: usize = 16;
const MOST_IN_TEXT: usize = 50_000;
/// Numbers of one text.
const MOST: usize = 2_000;
/// Bytes around a number in which it may be said that it is told backwards.
const NEAR: usize = 100;

/// Words that say that a number comes in pieces.
const IN_PIECES: [&str; 22] = [
    "half",
    "halves",
    "part",
    "parts",
    "rest",
    "then",
    "first",
    "second",
    "last",
    "end",
    "ends",
    "begin",
    "begins",
    "start",
    "starts",
    "remaining",
    "followed",
    "hanner",
    "rhan",
    "gweddill",
    "wedyn",
    "olaf",
];
/// Words that say that it is told backwards.
const BACKWARDS: [&str; 8] =
    ["backward", "revers", "mirror", "right to left", "back to front", "yn ôl", "o chwith", "o'r diwedd"];

/// What is told in a view, put together; `None` where nothing is. `across`: only what lies on both sides of this offset.
/// `is_cut` when there is more.
pub(super) fn told(view: &View, source: usize, across: Option<usize>, is_cut: &mut bool) -> Option<View> {
    let text = view.text.as_str();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    // A word may stand for two digits (`twelve`, `double four`).
    let missing = LEAST_DIGITS.saturating_sub(digits).div_ceil(2);
    if number_words::count(text, missing) < missing {
        return None;
    }
    let pieces = pieces(text);
    *is_cut |= pieces.len() >= MOST_IN_TEXT;
    let mut numbers = Numbers { text, pieces: &pieces, together: across.is_some(), found: Vec::new() };
    for at in 0..pieces.len() {
        if numbers.found.len() >= MOST {
            *is_cut = true;
            break;
        }
        numbers.beginning_at(at);
    }
    let mut found = numbers.found;
    found.retain(|(at, _)| across.is_none_or(|border| at.start < border && border < at.end));
    found.sort_by_key(|(at, _)| at.start);
    let mut out = Gathered::of(view, source);
    for (at, number) in found {
        out.add(at, &[number]);
    }
    out.finish()
}

/// A part of a number.
struct Piece<'t> {
    start: usize,
    end: usize,
    value: Cow<'t, str>,
    kind: Kind,
    /// Only signs lie between it and the piece before.
    adjoins: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Letter,
    Digits,
    /// One letter and digits.
    Begun,
    /// Digits and one letter.
    Ended,
    /// Digits, in words.
    Words,
}

/// The pieces of a text in their order.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut out: Vec<Piece<'_>> = Vec::new();
    let mut adjoins = false;
    // Words for digits that follow each other, not yet a piece.
    let mut words = number_words::Run::default();
    for range in words_of(text) {
        let word = &text[range.clone()];
        if words.take(word, range.clone()) {
            continue;
        }
        flush(&mut words, &mut out, &mut adjoins);
        match kind(word) {
            Some(kind) if out.len() < MOST_IN_TEXT => {
                out.push(Piece {
                    start: range.start,
                    end: range.end,
                    value: Cow::Borrowed(word),
                    kind,
                    adjoins,
                });
                adjoins = true;
            }
            _ => adjoins = false,
        }
    }
    flush(&mut words, &mut out, &mut adjoins);
    out
}

fn flush(words: &mut number_words::Run, out: &mut Vec<Piece<'_>>, adjoins: &mut bool) {
    let Some((range, told)) = words.finish() else { return };
    match told {
        Some(digits) => {
            let value = Cow::Owned(digits);
            out.push(Piece {
                start: range.start,
                end: range.end,
                value,
                kind: Kind::Words,
                adjoins: *adjoins,
            });
            *adjoins = true;
        }
        None => *adjoins = false,
    }
}

/// The runs of letters and digits.
fn words_of(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || *b >= 0x80;
    let mut at = 0;
    std::iter::from_fn(move || {
        at += bytes.get(at..)?.iter().position(is_part)?;
        let start = at;
        at += bytes[at..].iter().position(|b| !is_part(b)).unwrap_or(bytes.len() - at);
        Some(start..at)
    })
}

fn kind(word: &str) -> Option<Kind> {
    let bytes = word.as_bytes();
    // Words that are nothing but letters are most of a text.
    if let [first, second, ..] = bytes
        && !first.is_ascii_digit()
        && !second.is_ascii_digit()
    {
        return None;
    }
    if bytes.len() > 19 || bytes.len() > 1 && !bytes.iter().any(u8::is_ascii_digit) {
        return None;
    }
    let digits = |bytes: &[u8]| !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    match bytes {
        [letter] if letter.is_ascii_lowercase() => Some(Kind::Letter),
        all if digits(all) => Some(Kind::Digits),
        [letter, rest @ ..] if letter.is_ascii_lowercase() && digits(rest) => Some(Kind::Begun),
        [rest @ .., letter] if letter.is_ascii_lowercase() && digits(rest) => Some(Kind::Ended),
        _ => None,
    }
}

struct Numbers<'p, 't> {
    text: &'t str,
    pieces: &'p [Piece<'t>],
    /// Pieces that adjoin count too; in one text they are put together elsewhere.
    together: bool,
    found: Vec<(Range<usize>, String)>,
}

impl Numbers<'_, '_> {
    /// All numbers whose first piece is the one at `at`.
    fn beginning_at(&mut self, at: usize) {
        let piece = &self.pieces[at];
        match piece.kind {
            Kind::Letter => {
                self.pupil_number(at);
                self.letter_behind(at);
            }
            Kind::Begun => {
                self.pupil_number(at);
                self.halves_turned(at);
            }
            Kind::Ended => {
                let turned: String = piece.value.chars().rev().collect();
                self.add(piece.start..piece.end, turned, shape::is_pupil_number);
            }
            Kind::Words | Kind::Digits => self.digits(at),
        }
    }

    fn add(&mut self, at: Range<usize>, number: String, fits: impl Fn(&str) -> bool) {
        if fits(&number) && !self.found.iter().rev().take(8).any(|(_, known)| *known == number) {
            self.found.push((at, number));
        }
    }

    /// The pieces behind the one at `at`, each near the one before it.
    fn behind(&self, at: usize) -> impl Iterator<Item = &Piece<'_>> {
        let mut end = self.pieces[at].end;
        self.pieces[at + 1..].iter().take(MOST_PIECES).take_while(move |next| {
            let is_near = next.start - end <= MOST_BETWEEN;
            end = next.end;
            is_near
        })
    }

    /// Digits in all pieces behind.
    fn digits_behind(&self, at: usize) -> usize {
        let digits = self.behind(at).filter(|next| matches!(next.kind, Kind::Digits | Kind::Words));
        digits.map(|next| next.value.len()).sum()
    }

    /// A letter, and digits behind it in pieces. Small ones among them may be names of pieces (`part 2`).
    fn pupil_number(&mut self, at: usize) {
        let first = &self.pieces[at];
        // The last of thirteen may be a letter.
        if first.value.len() + self.digits_behind(at) < 12 {
            return;
        }
        for least in 1..=3 {
            let (mut number, mut several, mut end) = (first.value.to_string(), self.together, None);
            for next in self.behind(at) {
                let is_last = next.kind == Kind::Letter && number.len() == 12;
                let is_digits = matches!(next.kind, Kind::Digits | Kind::Words) && next.value.len() >= least;
                if !is_last && !is_digits {
                    several = true;
                    continue;
                }
                number.push_str(&next.value);
                several |= !next.adjoins || next.kind == Kind::Words;
                end = Some(next.end);
                if number.len() >= 13 {
                    break;
                }
            }
            if let Some(end) = end.filter(|_| several) {
                self.add(first.start..end, number, shape::is_pupil_number);
            }
        }
    }

    /// Digits, and their letter behind them.
    fn letter_behind(&mut self, at: usize) {
        let letter = &self.pieces[at];
        let (mut length, mut start, mut parts) = (0, letter.start, Vec::new());
        for before in self.pieces[..at].iter().rev().take(MOST_PIECES) {
            if start - before.end > MOST_BETWEEN || length >= 12 {
                break;
            }
            if matches!(before.kind, Kind::Digits | Kind::Words) {
                length += before.value.len();
                parts.push(&*before.value);
                start = before.start;
            }
        }
        if length != 12 {
            return;
        }
        let number: String = parts.into_iter().rev().collect();
        if self.is_said_near(start..letter.end, &BACKWARDS) {
            let turned: String = number.chars().rev().collect();
            self.add(start..letter.end, format!("{}{turned}", letter.value), shape::is_pupil_number);
        }
        self.add(start..letter.end, format!("{}{number}", letter.value), shape::is_pupil_number);
    }

    /// The second half, and behind it the first.
    fn halves_turned(&mut self, at: usize) {
        let first = &self.pieces[at];
        let second = self.pieces[..at].iter().rev().take(3).find(|before| {
            matches!(before.kind, Kind::Digits | Kind::Words) && before.value.len() + first.value.len() == 13
        });
        if let Some(second) = second.filter(|second| first.start - second.end <= MOST_BETWEEN) {
            let number = format!("{}{}", first.value, second.value);
            self.add(second.start..first.end, number, shape::is_pupil_number);
        }
    }

    /// Numbers without a letter: in words; in pieces, or backwards, where that is said.
    fn digits(&mut self, at: usize) {
        let first = &self.pieces[at];
        if first.kind == Kind::Words {
            self.add(first.start..first.end, first.value.to_string(), shape::fits);
        }
        if shape::fits(&first.value) && self.is_said_near(first.start..first.end, &BACKWARDS) {
            let turned = first.value.chars().rev().collect();
            self.add(first.start..first.end, turned, shape::fits);
        }
        if first.value.len() < 2 || first.value.len() + self.digits_behind(at) < LEAST_DIGITS {
            return;
        }
        let (mut number, mut apart) = (first.value.to_string(), false);
        let mut ends = Vec::new();
        for next in self.behind(at) {
            if !matches!(next.kind, Kind::Digits | Kind::Words) {
                break;
            }
            if next.value.len() < 2 {
                continue;
            }
            number.push_str(&next.value);
            apart |= !next.adjoins;
            if number.len() > 16 {
                break;
            }
            if apart && matches!(number.len(), 10 | 16) {
                ends.push((next.end, number.clone()));
            }
        }
        for (end, number) in ends {
            let between = self.text.get(first.end..end).unwrap_or_default();
            if words_of(between).any(|word| IN_PIECES.contains(&&between[word])) {
                self.add(first.start..end, number, shape::fits);
            }
        }
    }

    fn is_said_near(&self, at: Range<usize>, words: &[&str]) -> bool {
        let start = self.text.floor_char_boundary(at.start.saturating_sub(NEAR));
        let end = self.text.floor_char_boundary((at.end + NEAR).min(self.text.len()));
        let around = self.text.get(start..end).unwrap_or_default();
        words.iter().any(|word| around.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::normalise, *};

    fn has(text: &str, number: &str) -> bool {
        told(&normalise(text), text.len(), None, &mut false)
            .is_some_and(|view| view.text.split_whitespace().any(|word| word == number))
    }

    #[test]
    fn what_is_told_is_put_together() {
        for text in [
            "UPN: C nine nine nine one two three four two five double zero one",
            "The UPN has the letter C, then nine nine nine, one two three, four two five, nought nought one",
            "UPN: c naw naw naw un dau tri pedwar dau pump dim dim un",
            "UPN begins with a C and goes on 999123425001",
            "The digits of the UPN are 999123425001, its letter is C.",
            "UPN: letter C, LA 999, school 1234, year 25, number 001",
            "UPN part 1: C999123, part 2: 425001",
            "UPN ends in 425001 and begins with C999123.",
            "her UPN from the end: 100524321999C",
            "UPN C, ninety-nine ninety-one twenty-three forty-two fifty nought one",
            "UPN backwards: one zero zero five two four three two one nine nine nine C",
        ] {
            assert!(
                has(text, "c999123425001"),
                "{text}: {:?}",
                told(&normalise(text), text.len(), None, &mut false).map(|v| v.text)
            );
        }
        assert!(has("NHS number: nine four three, four seven six, five eight seven oh", "9434765870"));
        assert!(has("NHS number, first 943476 and then 5870", "9434765870"));
        assert!(has("NHS number backwards 0785674349", "9434765870"));
    }

    #[test]
    fn ordinary_text_tells_no_number() {
        for text in [
            "Meet on 12 May at 10 in room 4, or call 01632 960123 before 5; one or two of us come at six or seven",
            "A ticket costs 12.50, the order 10023412 comes on 3 June 2026",
            "one two three",
        ] {
            assert!(told(&normalise(text), text.len(), None, &mut false).is_none(), "{text}");
        }
    }
}
