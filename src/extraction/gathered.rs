//! Numbers that the gate has put together, each with the words around it: the text in which their check digits and
//! their words are looked for.

use super::{OffsetMap, View};
use std::{borrow::Cow, ops::Range};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Bytes of text before and behind a number that say what it is.
const BEFORE: usize = 100;
const BEHIND: usize = 60;
/// Letters by several signs.
const GLYPHS: [(&str, &str); 16] = [
    ("/\\/\\", "m"),
    ("|\\/|", "m"),
    ("|\\|", "n"),
    ("|_|", "u"),
    ("(_)", "u"),
    ("|-|", "h"),
    ("(o)", "o"),
    ("()", "o"),
    ("[]", "o"),
    ("|)", "d"),
    ("|>", "p"),
    ("|=", "f"),
    ("|3", "b"),
    ("|2", "r"),
    ("\\/", "v"),
    ("/\\", "a"),
];

/// A view of nothing but such numbers and their words.
pub(super) struct Gathered<'v> {
    view: &'v View,
    /// Bytes of the source of `view`.
    source: usize,
    out: View,
    /// Up to where the text is in it already.
    shown: usize,
    /// What the last piece stands for in the source.
    last: Range<usize>,
}

impl<'v> Gathered<'v> {
    pub(super) fn of(view: &'v View, source: usize) -> Self {
        Self {
            view,
            source,
            out: View { text: String::new(), map: OffsetMap::default() },
            shown: 0,
            last: 0..0,
        }
    }

    /// What the stretch `at` of the view may say, each reading once.
    pub(super) fn add(&mut self, at: Range<usize>, readings: &[String]) {
        let text = self.view.text.as_str();
        let before = text.floor_char_boundary(at.start.saturating_sub(BEFORE)).max(self.shown).min(at.start);
        let behind = text.floor_char_boundary((at.end + BEHIND).min(text.len())).max(at.end);
        self.words(before..at.start);
        for reading in readings {
            self.put(reading, at.clone(), ' ');
        }
        self.words(at.end..behind);
        self.shown = behind;
    }

    /// `None` where nothing was put together.
    pub(super) fn finish(self) -> Option<View> {
        (!self.out.text.is_empty()).then_some(self.out)
    }

    /// Words as they stand and as a reader takes them.
    fn words(&mut self, at: Range<usize>) {
        let view = self.view;
        let words = view.text.get(at.clone()).unwrap_or_default().trim();
        self.put(words, at.clone(), '\n');
        if let Some(plain) = plain_words(words) {
            self.put(&plain, at, ' ');
        }
    }

    /// Adds a piece that stands for a range of the view, parted from what is before it.
    fn put(&mut self, text: &str, at: Range<usize>, gap: char) {
        if text.is_empty() {
            return;
        }
        let mut range = self.view.map.range(at, self.source);
        // What is told backwards or before its word goes with what it was put behind: the map never goes back.
        if range.start < self.last.start {
            range = self.last.start..range.end.max(self.last.end);
        }
        self.out.map.replace(self.out.text.len(), range.clone());
        self.last = range;
        if !self.out.text.is_empty() {
            self.out.text.push(gap);
        }
        self.out.text.push_str(text);
    }
}

/// Words without accents and marks, without signs for letters, each letter once however often it is repeated, letters
/// that stand apart put together; `None` where that changes nothing.
fn plain_words(words: &str) -> Option<String> {
    let mut plain: Cow<'_, str> = Cow::Borrowed(words);
    if !words.is_ascii() {
        plain = Cow::Owned(words.nfd().filter(|c| !is_combining_mark(*c)).collect());
    }
    if plain.bytes().any(|b| matches!(b, b'|' | b'(' | b'[' | b'\\')) {
        for (glyph, letter) in GLYPHS {
            if plain.contains(glyph) {
                plain = Cow::Owned(plain.replace(glyph, letter));
            }
        }
    }
    let mut out = String::with_capacity(plain.len());
    // Letters that stand alone, with what parts them.
    let mut apart = String::new();
    for word in plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if word.len() == 1 {
            apart.push_str(word);
            continue;
        }
        push_word(&mut out, &std::mem::take(&mut apart));
        let mut last = None;
        let once =
            word.chars().filter(|c| last.replace(*c) != Some(*c) || c.is_ascii_digit()).collect::<String>();
        push_word(&mut out, &once);
    }
    push_word(&mut out, &apart);
    (out != words).then_some(out)
}

fn push_word(out: &mut String, word: &str) {
    if !word.is_empty() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_as_a_reader_takes_them() {
        for (written, plain) in [
            ("her uuuppn_is", "her upn is"),
            ("ŷour ùp\u{303}ñ", "your upn"),
            ("|_|p|\\|:", "upn"),
            ("u.p.n. of", "upn of"),
        ] {
            assert_eq!(plain_words(written).as_deref(), Some(plain), "{written}");
        }
        assert_eq!(plain_words("her upn is"), None);
    }
}
