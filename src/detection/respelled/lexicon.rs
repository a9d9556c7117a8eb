//! The words that the rules name: taken once from the letters in their patterns, so that a school's own rules bring theirs.

use super::glyph::{class, fits};
use crate::ruleset::Severity;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap},
};

/// The longest word, in letters.
pub(super) const LONGEST: usize = 24;
/// Spellings of one piece of a pattern; what lies beyond is not known.
const MOST: usize = 4_000;
/// A class of so many letters is any letter.
const FEW: usize = 6;
/// A class of so many characters has them all.
const MOST_CHARS: usize = 256;
/// What stands in place of any letters at the end of a word.
const ENDINGS: [&str; 7] = ["", "s", "es", "ed", "ing", "er", "ers"];
/// Words of one letter that sentences have.
const ALONE: [&str; 4] = ["a", "i", "u", "r"];

/// Whether a word is all that some pattern asks for, and of what rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asked {
    Among,
    Alone(Severity),
}

pub(super) struct Word {
    pub(super) letters: Box<[char]>,
    pub(super) asked: Asked,
    /// The rarer in the patterns, the higher.
    pub(super) rarity: u32,
}

/// All words, found by what disguises leave of them.
#[derive(Default)]
pub(in crate::detection) struct Lexicon {
    words: Vec<Word>,
    /// By [`key`].
    keys: HashMap<Box<[u8]>, Vec<u32>>,
    /// By first letter and length.
    shapes: HashMap<(char, usize), Vec<u32>>,
}

impl Lexicon {
    /// The words of these patterns; with the severity of their rule those that it looks for, without those that it looks for beside.
    pub(in crate::detection) fn of(patterns: impl Iterator<Item = (Hir, Option<Severity>)>) -> Self {
        let mut words: BTreeMap<String, (Asked, u32)> = BTreeMap::new();
        let mut all: u32 = 0;
        for (pattern, severity) in patterns {
            let mut found = Vec::new();
            let row = row(&pattern, &mut found);
            found.extend(row.first);
            found.extend(row.last);
            found.sort_unstable();
            found.dedup();
            for (list, asked) in
                [(found, Asked::Among), (row.whole, severity.map_or(Asked::Among, Asked::Alone))]
            {
                for word in list.into_iter().filter(|word| is_word(word)) {
                    let (known, patterns) = words.entry(word).or_insert((asked, 0));
                    *known = asked.max(*known);
                    *patterns += 1;
                    all += 1;
                }
            }
        }
        let mut lexicon = Self::default();
        for (number, (word, (asked, patterns))) in (0u32..).zip(words) {
            let letters: Box<[char]> = word.chars().collect();
            if let Some(key) = key(&letters) {
                lexicon.keys.entry(key.into()).or_default().push(number);
            }
            if let Some(first) = letters.first() {
                lexicon.shapes.entry((*first, letters.len())).or_default().push(number);
            }
            // As a word is told from its neighbours: by how often it is met, in halves of bits.
            let rarity = (2.0 * (f64::from(all) / f64::from(patterns)).log2()) as u32;
            lexicon.words.push(Word { letters, asked, rarity });
        }
        lexicon
    }

    #[cfg(test)]
    pub(super) fn words(&self) -> impl Iterator<Item = String> {
        self.words.iter().map(|word| word.letters.iter().collect())
    }
}

/// Looks words up for one message, so often and no more.
pub(in crate::detection) struct Look<'l> {
    lexicon: &'l Lexicon,
    left: Cell<usize>,
    cut: Cell<bool>,
}

impl<'l> Look<'l> {
    pub(super) fn new(lexicon: &'l Lexicon, most: usize) -> Self {
        Self { lexicon, left: Cell::new(most), cut: Cell::new(false) }
    }

    /// Whether there was more to look up than may be.
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    /// Notes that a text was not read to its end.
    pub(super) fn cut(&self) {
        self.cut.set(true);
    }

    /// Whether that was noted since this was last asked.
    pub(super) fn was_cut(&self) -> bool {
        self.cut.replace(false) || self.is_spent()
    }

    /// Words that these letters and signs may be, repeated or not.
    pub(super) fn like(&self, written: &[char]) -> impl Iterator<Item = &'l Word> + use<'l> {
        self.left.set(self.left.get().saturating_sub(1));
        let lexicon = self.lexicon;
        let key = key(written).filter(|_| !self.is_spent());
        let numbers = key.and_then(|key| lexicon.keys.get(&*key)).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().filter_map(|number| lexicon.words.get(*number as usize))
    }

    /// Words of that first letter and length.
    pub(super) fn shaped(&self, first: char, length: usize) -> impl Iterator<Item = &'l Word> + use<'l> {
        let lexicon = self.lexicon;
        let numbers = lexicon.shapes.get(&(first, length)).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().filter_map(|number| lexicon.words.get(*number as usize))
    }

    pub(super) fn has(&self, written: &[char]) -> bool {
        self.like(written).any(|word| *word.letters == *written)
    }

    /// The word that is written so, letter by letter.
    pub(super) fn word(&self, written: &[char]) -> Option<&'l Word> {
        self.like(written)
            .filter(|word| word.letters.len() == written.len())
            .filter(|word| written.iter().zip(&*word.letters).all(|(c, letter)| fits(*c, *letter)))
            .max_by_key(|word| word.asked)
    }
}

/// What is the same of a word however it is disguised: neither repeated letters nor signs for letters change it. `None` for what is no
/// word, or too long.
fn key(written: &[char]) -> Option<Key> {
    let mut key = Key { bytes: [0; LONGEST], length: 0 };
    for c in written {
        let class = class(*c)?;
        if key.length > 0 && key.bytes[key.length - 1] == class {
            continue;
        }
        *key.bytes.get_mut(key.length)? = class;
        key.length += 1;
    }
    Some(key)
}

struct Key {
    bytes: [u8; LONGEST],
    length: usize,
}

impl std::ops::Deref for Key {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl From<Key> for Box<[u8]> {
    fn from(key: Key) -> Self {
        Box::from(&*key)
    }
}

fn is_word(word: &str) -> bool {
    let length = word.chars().count();
    ALONE.contains(&word) || (2..=LONGEST).contains(&length)
}

/// What letters a piece of a pattern stands for.
#[derive(Default)]
struct Row {
    /// Letters without a break.
    whole: Vec<String>,
    /// Those before its first break.
    first: Vec<String>,
    /// Those behind its last.
    last: Vec<String>,
}

impl Row {
    /// Nothing, which joins what stands beside it.
    fn nothing() -> Self {
        Self::letters([String::new()])
    }

    fn letters(whole: impl IntoIterator<Item = String>) -> Self {
        Self { whole: whole.into_iter().collect(), ..Self::default() }
    }

    /// White space or the like between words.
    fn gap() -> Self {
        Self { whole: Vec::new(), first: vec![String::new()], last: vec![String::new()] }
    }

    fn or(&mut self, other: Self) {
        for (own, more) in
            [(&mut self.whole, other.whole), (&mut self.first, other.first), (&mut self.last, other.last)]
        {
            own.extend(more);
            own.sort_unstable();
            own.dedup();
            own.truncate(MOST);
        }
    }

    /// This and behind it `next`; words that are complete by that are found.
    fn then(self, next: Self, found: &mut Vec<String>) -> Self {
        if self.first.is_empty() && self.last.is_empty() && self.whole == [""] {
            return next;
        }
        found.extend(joined(&self.last, &next.first));
        let mut row = Self { whole: joined(&self.whole, &next.whole), ..Self::default() };
        row.or(Self { first: self.first, last: next.last, ..Self::default() });
        let (first, last) = (joined(&self.whole, &next.first), joined(&self.last, &next.whole));
        row.or(Self { first, last, ..Self::default() });
        row
    }
}

fn joined(left: &[String], right: &[String]) -> Vec<String> {
    let pairs = left.iter().flat_map(|left| right.iter().map(move |right| (left, right)));
    let short = pairs.filter(|(left, right)| left.len() + right.len() <= 2 * LONGEST);
    short.take(MOST).map(|(left, right)| format!("{left}{right}")).collect()
}

fn row(hir: &Hir, found: &mut Vec<String>) -> Row {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Row::nothing(),
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0);
            // Letters between gaps at once.
            text.split_inclusive(|c: char| !c.is_alphabetic()).fold(Row::nothing(), |row, piece| {
                let word = piece.trim_end_matches(|c: char| !c.is_alphabetic());
                let row = row.then(Row::letters([word.to_owned()]), found);
                piece[word.len()..].chars().fold(row, |row, c| row.then(one(c), found))
            })
        }
        HirKind::Class(class) => row_of_class(class),
        HirKind::Capture(capture) => row(&capture.sub, found),
        HirKind::Concat(subs) => subs.iter().fold(Row::nothing(), |before, sub| {
            let next = row(sub, found);
            before.then(next, found)
        }),
        HirKind::Alternation(subs) => subs.iter().fold(Row::default(), |mut all, sub| {
            all.or(row(sub, found));
            all
        }),
        HirKind::Repetition(repetition) => {
            let mut once = match repetition.sub.kind() {
                // Any further letters of a word.
                HirKind::Class(class) if repetition.min == 0 && is_any_letter(class) && !has_space(class) => {
                    let mut row = Row::gap();
                    row.or(Row::letters(ENDINGS.map(str::to_owned)));
                    row
                }
                _ => row(&repetition.sub, found),
            };
            if repetition.max != Some(1) {
                found.extend(joined(&once.last, &once.first));
            }
            let is_any_text = matches!(repetition.sub.kind(), HirKind::Class(class) if is_any_letter(class) && has_space(class));
            if repetition.min == 0 && !is_any_text {
                once.or(Row::nothing());
            }
            once
        }
    }
}

fn one(c: char) -> Row {
    match c {
        c if c.is_alphabetic() => Row::letters([c.to_string()]),
        ' ' | '\n' | '-' | '\'' | '.' | ',' | '!' | '?' | ':' | ';' | '"' | '(' | ')' | '/' | '&' => {
            Row::gap()
        }
        // A digit or a sign in a word: not the word, but a disguise of it.
        _ => Row::default(),
    }
}

fn row_of_class(class: &Class) -> Row {
    if is_any_letter(class) {
        return Row::gap();
    }
    let Class::Unicode(class) = class else { return Row::gap() };
    // What is no letter, beside letters stands for one of them.
    let chars: Vec<char> = class.ranges().iter().flat_map(|range| range.start()..=range.end()).collect();
    let has_letters = chars.iter().any(|c| c.is_alphabetic());
    let mut row = Row::default();
    chars.into_iter().filter(|c| !has_letters || c.is_alphabetic()).for_each(|c| row.or(one(c)));
    row
}

/// Whether a class stands for any letter.
fn is_any_letter(class: &Class) -> bool {
    let Class::Unicode(class) = class else { return true };
    let size: usize = class.ranges().iter().map(|range| range.len()).sum();
    size > MOST_CHARS
        || class
            .ranges()
            .iter()
            .flat_map(|range| range.start()..=range.end())
            .filter(|c| c.is_alphabetic())
            .count()
            > FEW
}

fn has_space(class: &Class) -> bool {
    let Class::Unicode(class) = class else { return true };
    class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&' '))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::parse_pattern;

    fn words(pattern: &str) -> Vec<String> {
        Lexicon::of([(parse_pattern(pattern).unwrap(), Some(Severity::Low))].into_iter()).words().collect()
    }

    #[test]
    fn words_come_from_the_letters_of_patterns() {
        for (pattern, expected) in [
            (r"\bidiot\b", "idiot"),
            (
                r"\b(you|u) (are|r)( (an|the)){0,3} (idiot|dim[- ]?wit)s?\b",
                "an are dim dimwit dimwits idiot idiots r the u wit wits you",
            ),
            (r"\bs+h+i+t+(ty)?\b", "shit shitty"),
            (r"\bb[i1!*]tch\b", "bitch"),
            (r"\bf[*]+k (off|[0-9]+)\b", "off"),
            (r"\bmoron\w*", "moron moroned moroner moroners morones moroning morons"),
            (r"\bmy \w+ is.{0,60}(end|[\n.])", "end is my"),
            (r"\bdon['’]?t\b", "don dont"),
            (r"\bhŵr\b", "hŵr"),
        ] {
            assert_eq!(words(pattern).join(" "), expected, "{pattern}");
        }
    }

    #[test]
    fn what_a_pattern_asks_for_alone_is_known() {
        let patterns = [r"\byou (twit|can['’]?t)\b", r"(^|\n|me )twat( lol)?[.! ]*(\n|$)"];
        let lexicon = Lexicon::of(patterns.iter().map(|p| (parse_pattern(p).unwrap(), Some(Severity::Low))));
        let look = Look::new(&lexicon, 100);
        let asked = |word: &str| look.word(&word.chars().collect::<Vec<_>>()).map(|word| word.asked);
        assert_eq!((asked("twit"), asked("twat")), (Some(Asked::Among), Some(Asked::Alone(Severity::Low))));
        assert_eq!(
            (asked("tw4t"), asked("cant"), asked("twot")),
            (Some(Asked::Alone(Severity::Low)), Some(Asked::Among), None)
        );
    }
}
