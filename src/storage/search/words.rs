//! Words as the index knows them: without case and marks, clitics and possessives taken
//! off, compounds both whole and in parts.

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// A longer run of letters counts by its beginning: no word of a language is longer, and encoded
/// data should not fill the index.
const LONGEST: usize = 40;

/// Hands on every word of a normalised text (`extraction::View`), in order, until `see` has had
/// enough. Several words may come of one: `e-mail` is `email` and `mail`.
pub(super) fn each(text: &str, mut see: impl FnMut(&str) -> Enough) {
    compounds(text, |parts, whole| {
        let mut more = Enough::No;
        for part in parts {
            more = more.and(|| see(part));
        }
        more.and(|| if is_word(whole) { see(whole) } else { Enough::No })
    });
}

/// The same, each compound as its parts (none: it is no compound) and as a whole.
pub(super) fn compounds(text: &str, mut see: impl FnMut(&[&str], &str) -> Enough) {
    let mut word = Word::default();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let more = match c {
            c if is_ideograph(c) => word.end(&mut see).and(|| see(&[], c.encode_utf8(&mut [0; 4]))),
            c if c.is_alphanumeric() || is_combining_mark(c) => word.push(c),
            '\'' | '-' if characters.peek().is_some_and(|next| next.is_alphanumeric()) => word.join(c),
            _ => word.end(&mut see),
        };
        if more == Enough::Yes {
            return;
        }
    }
    word.end(&mut see);
}

/// Whether the reader of words has had enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Enough {
    No,
    Yes,
}

impl Enough {
    fn and(self, next: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => next(),
            Self::Yes => Self::Yes,
        }
    }
}

/// What stands behind an apostrophe and is no word of its own: English `'s`, `'ll`, Welsh `'r`, `'n`.
const CLITICS: [&str; 14] = ["s", "t", "d", "m", "ll", "re", "ve", "r", "n", "w", "i", "u", "ch", "th"];

/// A word being read: its parts between joiners.
#[derive(Default)]
struct Word {
    whole: String,
    /// Where parts begin in `whole`.
    starts: Vec<usize>,
    /// The last joiner was an apostrophe.
    apostrophe: bool,
}

impl Word {
    fn push(&mut self, c: char) -> Enough {
        if self.whole.len() < LONGEST {
            plain(c, &mut self.whole);
        }
        Enough::No
    }

    fn join(&mut self, joiner: char) -> Enough {
        if !self.whole.is_empty() {
            self.drop_clitic();
            self.starts.push(self.whole.len());
            self.apostrophe = joiner == '\'';
        }
        Enough::No
    }

    /// Takes the last part off when it is a clitic.
    fn drop_clitic(&mut self) {
        let Some(&start) = self.starts.last() else { return };
        let part = self.whole.get(start..).unwrap_or_default();
        if self.apostrophe && CLITICS.contains(&part) {
            self.whole.truncate(start);
            self.starts.pop();
        }
        self.apostrophe = false;
    }

    fn end(&mut self, see: &mut impl FnMut(&[&str], &str) -> Enough) -> Enough {
        self.drop_clitic();
        let more = match (self.whole.is_empty(), self.starts.is_empty()) {
            (true, _) => Enough::No,
            (false, true) => see(&[], &self.whole),
            (false, false) => {
                let ends = self.starts.iter().copied().chain([self.whole.len()]);
                let starts = std::iter::once(0).chain(self.starts.iter().copied());
                let part = |(start, end)| self.whole.get(start..end).filter(|part| is_word(part));
                let parts: Vec<&str> = starts.zip(ends).filter_map(part).collect();
                see(&parts, &self.whole)
            }
        };
        self.whole.clear();
        self.starts.clear();
        self.apostrophe = false;
        more
    }
}

/// Single letters tell nothing; a single digit may (`year 7`).
pub(super) fn is_word(text: &str) -> bool {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) => only.is_numeric() || !only.is_ascii(),
        (first, _) => first.is_some(),
    }
}

/// The letter without its marks: ŵ and w, é and e, ł and l meet.
fn plain(c: char, out: &mut String) {
    if c.is_ascii() {
        return out.push(c.to_ascii_lowercase());
    }
    match c {
        'ß' => out.push_str("ss"),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'þ' => out.push_str("th"),
        'ð' | 'đ' => out.push('d'),
        'ø' => out.push('o'),
        'ł' => out.push('l'),
        'ħ' => out.push('h'),
        'ı' => out.push('i'),
        c => decompose_canonical(c, |part| {
            if !is_combining_mark(part) {
                out.extend(part.to_lowercase());
            }
        }),
    }
}

/// Scripts that put no spaces between words: each character is found by itself.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{0e00}'..='\u{0e7f}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut out = Vec::new();
        each(&crate::extraction::normalise(text).text, |word| {
            out.push(word.to_owned());
            Enough::No
        });
        out
    }

    #[test]
    fn words_lose_case_marks_clitics_and_keep_compounds_whole_and_in_parts() {
        for (text, expected) in [
            ("Tŷ, tŵr a Gŵyl — Siân", &["ty", "twr", "gwyl", "sian"][..]),
            ("Ŵyn ÂNGEL Straße Łukasz Chloë", &["wyn", "angel", "strasse", "lukasz", "chloe"]),
            ("Siân’s pupils' books", &["sian", "pupils", "books"]),
            ("i'r plant, o'r ysgol, mae'n", &["plant", "ysgol", "mae"]),
            ("O'Brien", &["brien", "obrien"]),
            ("an e-mail of Year 7b", &["an", "mail", "email", "of", "year", "7b"]),
            ("mother-in-law's", &["mother", "in", "law", "motherinlaw"]),
            ("t.harrow@oakfield.example 01632 960123", &["harrow", "oakfield", "example", "01632", "960123"]),
            ("class 7", &["class", "7"]),
            ("家长 said", &["家", "长", "said"]),
            ("-- ' '' - a", &[]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn encoded_data_counts_by_its_beginning() {
        let long = "a1".repeat(5_000);
        assert_eq!(words(&long), [&long[..LONGEST]]);
    }
}
