//! Builds the normalised view of a text, piece by piece, with the map back to its source
//! and the places where its lines begin.

use super::{
    OffsetMap, View,
    alike::drawn_like,
    fold::{Fold, composed, fold},
};

/// Where a line of the source begins. Lines without visible text are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) view: usize,
    pub(super) source: usize,
    /// Begins with `>` (RFC 3676 section 4.5).
    pub(super) quoted: bool,
}

/// What line feeds in the source mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// They end lines; an empty line ends a paragraph; `>` before a line is no text.
    Kept,
    /// Each ends a paragraph: the rows of a table, the fields of a card.
    Rows,
    /// Likewise, but a line that begins with white space goes on with the one before it, also
    /// within a word (RFC 5545 section 3.1, RFC 6350 section 3.2).
    Folded,
    /// White space like any other.
    Flow,
}

/// White space that waits for the text after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Paragraph,
}

/// The longest run of marks on one letter that is composed with it.
const MOST_MARKS: usize = 30;

/// The longest run of letters drawn like Latin ones that is looked through.
const MOST_ALIKE: usize = 16;

pub(super) struct Builder {
    view: View,
    pub(super) lines: Vec<Line>,
    pub(super) mode: Lines,
    gap: Gap,
    gap_at: usize,
    /// The gap's first character in the source is one byte, as the gap is in the view.
    gap_is_byte: bool,
    /// The next visible character begins a line, which begins here in the source.
    line_at: Option<usize>,
    line_quoted: bool,
}

impl Builder {
    pub(super) fn new(mode: Lines, capacity: usize) -> Self {
        Self {
            view: View { text: String::with_capacity(capacity), map: OffsetMap::default() },
            lines: Vec::new(),
            mode,
            gap: Gap::None,
            gap_at: 0,
            gap_is_byte: true,
            line_at: Some(0),
            line_quoted: false,
        }
    }

    pub(super) fn finish(self) -> (View, Vec<Line>) {
        (self.view, self.lines)
    }

    /// Bytes of the view so far.
    pub(super) fn len(&self) -> usize {
        self.view.text.len()
    }

    /// Whether what comes next goes on with a word.
    pub(super) fn ends_in_word(&self) -> bool {
        self.gap == Gap::None
            && self.line_at.is_none()
            && self.view.text.ends_with(|c: char| c.is_ascii_alphanumeric())
    }

    /// A piece of the source that begins at the offset `at`.
    pub(super) fn text(&mut self, piece: &str, at: usize) {
        let bytes = piece.as_bytes();
        let mut i = 0;
        while let Some(rest) = bytes.get(i..).filter(|rest| !rest.is_empty()) {
            let run = plain_run(rest);
            if run > 0 && !(self.line_at.is_some() && rest[0] == b'>' && self.mode == Lines::Kept) {
                self.begin(at + i);
                let start = self.view.text.len();
                self.view.map.push(start, at + i);
                self.view.text.push_str(&piece[i..i + run]);
                self.view.text[start..].make_ascii_lowercase();
                i += run;
                continue;
            }
            if self.mode == Lines::Folded
                && let Some(length) = fold_of_line(rest)
            {
                i += length;
                continue;
            }
            i += match rest[0] {
                b'\n' => {
                    self.newline(at + i);
                    1
                }
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c => {
                    self.widen(Gap::Space, at + i, true);
                    rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)).count()
                }
                b'>' => self.quote_marks(rest, at + i),
                0..=0x7f => 1,
                // `i` stands at a character's start: what precedes it was taken whole.
                _ => self.beyond_ascii(&piece[i..], at + i),
            };
        }
    }

    /// One character that stands for `source.len()` bytes of source (an HTML entity).
    pub(super) fn character(&mut self, c: char, source: std::ops::Range<usize>) {
        match c {
            c if c.is_ascii_graphic() => self.whole(c.to_ascii_lowercase().encode_utf8(&mut [0; 4]), source),
            c if c.is_ascii() && c.is_whitespace() => self.widen(Gap::Space, source.start, true),
            c if c.is_ascii() => {}
            c => self.folded(c, fold(c), source),
        }
    }

    /// A break that is no paragraph: the end of a table's cell.
    pub(super) fn space(&mut self, at: usize) {
        self.widen(Gap::Space, at, true);
    }

    /// A table's cell begins, and in it, at `next`, a line.
    pub(super) fn cell(&mut self, at: usize, next: usize) {
        self.widen(Gap::Space, at, true);
        self.line_at = Some(next);
    }

    /// A line ends; the next begins at `next` in the source. Two of them end a paragraph.
    pub(super) fn line_break(&mut self, at: usize, next: usize) {
        let twice = self.line_at.is_some();
        self.widen(if twice { Gap::Paragraph } else { Gap::Space }, at, true);
        self.line_at = Some(next);
    }

    /// A paragraph ends; `at` is an ASCII character of the source. The next line begins at `next`, or where one was due already.
    pub(super) fn paragraph(&mut self, at: usize, next: Next) {
        self.widen(Gap::Paragraph, at, true);
        match next {
            Next::At(next) => self.line_at = Some(next),
            Next::AtOr(next) => self.line_at = Some(self.line_at.unwrap_or(next)),
        }
    }

    fn newline(&mut self, at: usize) {
        if self.mode == Lines::Flow {
            return self.widen(Gap::Space, at, true);
        }
        let empty = self.line_at.is_some() || matches!(self.mode, Lines::Rows | Lines::Folded);
        self.widen(if empty { Gap::Paragraph } else { Gap::Space }, at, true);
        self.line_at = Some(at + 1);
        self.line_quoted = false;
    }

    /// `>` marks and the spaces between them, at a line's start.
    fn quote_marks(&mut self, rest: &[u8], at: usize) -> usize {
        self.line_quoted = true;
        self.widen(Gap::Space, at, true);
        rest.iter().take_while(|b| matches!(b, b'>' | b' ')).count()
    }

    fn widen(&mut self, gap: Gap, at: usize, is_byte: bool) {
        if self.gap == Gap::None {
            (self.gap_at, self.gap_is_byte) = (at, is_byte);
        }
        self.gap = self.gap.max(gap);
    }

    /// Before a visible character: notes a line's begin and writes the gap that waits.
    #[inline]
    fn begin(&mut self, at: usize) {
        if self.gap == Gap::None && self.line_at.is_none() {
            return;
        }
        if let Some(source) = self.line_at.take() {
            let quoted = self.line_quoted;
            if self.lines.last().is_some_and(|last| last.quoted != quoted) {
                self.gap = Gap::Paragraph;
            }
            let gap = usize::from(self.gap != Gap::None && !self.view.text.is_empty());
            self.lines.push(Line { view: self.view.text.len() + gap, source, quoted });
        }
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        if gap == Gap::None || self.view.text.is_empty() {
            return;
        }
        if self.gap_is_byte {
            self.view.map.push(self.view.text.len(), self.gap_at);
        } else {
            self.view.map.replace(self.view.text.len(), self.gap_at..at);
        }
        self.view.text.push(if gap == Gap::Paragraph { '\n' } else { ' ' });
    }

    /// A character beyond ASCII and the marks on it; how many bytes were taken.
    fn beyond_ascii(&mut self, rest: &str, at: usize) -> usize {
        let Some(c) = rest.chars().next() else { return rest.len() };
        let length = c.len_utf8();
        if let Some(latin) = drawn_like(c)
            && self.is_among_latin(rest)
        {
            self.whole(latin.encode_utf8(&mut [0; 4]), at..at + length);
            return length;
        }
        match fold(c) {
            // Most letters beyond ASCII, without another look.
            Fold::One(one) if one.len_utf8() == length => {
                self.begin(at);
                self.view.map.push(self.view.text.len(), at);
                self.view.text.push(one);
                length
            }
            Fold::Joins => {
                let marks = rest.chars().take(MOST_MARKS).take_while(|c| fold(*c) == Fold::Joins);
                let length = marks.map(char::len_utf8).sum::<usize>().max(length);
                self.join(&rest[..length], at);
                length
            }
            folded => {
                self.folded(c, folded, at..at + length);
                length
            }
        }
    }

    /// Whether the letters at the start of `rest` that are drawn like Latin ones stand in a word
    /// with Latin letters, or are a whole word behind Latin words.
    fn is_among_latin(&self, rest: &str) -> bool {
        let goes_on = self.gap == Gap::None && self.line_at.is_none();
        let before = self.view.text.chars().next_back().filter(|_| goes_on);
        if before.is_some_and(|c| c.is_ascii_alphabetic()) {
            return true;
        }
        let disguised = |c: &char| drawn_like(*c).is_some() || fold(*c) == Fold::Nothing;
        let after = rest.chars().take(MOST_ALIKE).find(|c| !disguised(c));
        if after.is_some_and(|c| c.is_ascii_alphabetic()) {
            return true;
        }
        let is_word = !before.is_some_and(char::is_alphabetic) && !after.is_some_and(char::is_alphabetic);
        is_word
            && self
                .view
                .text
                .chars()
                .rev()
                .take(MOST_ALIKE)
                .find(|c| c.is_alphabetic())
                .is_some_and(|c| c.is_ascii())
    }

    fn folded(&mut self, c: char, folded: Fold, source: std::ops::Range<usize>) {
        match folded {
            Fold::Nothing => {}
            Fold::Space => self.widen(Gap::Space, source.start, source.len() == 1),
            Fold::One(one) => self.whole(one.encode_utf8(&mut [0; 4]), source),
            Fold::Joins => self.join(c.encode_utf8(&mut [0; 4]), source.start),
            Fold::Several => self.whole(&composed(c.encode_utf8(&mut [0; 4])), source),
        }
    }

    /// Marks at `at` join the character before them when nothing lies between.
    fn join(&mut self, marks: &str, at: usize) {
        let before = match self.gap {
            Gap::None if self.line_at.is_none() => self.view.text.chars().next_back(),
            _ => None,
        };
        let Some(base) = before.filter(|c| !c.is_whitespace()) else {
            return self.whole(&composed(marks), at..at + marks.len());
        };
        let start = self.view.text.len() - base.len_utf8();
        let source = self.view.map.source(start);
        let joined = composed(&format!("{base}{marks}"));
        self.view.text.truncate(start);
        // The base may stand in the middle of a stretch; only what begins with it goes.
        self.view.map.truncate(start);
        self.whole(&joined, source..at + marks.len());
    }

    /// `folded` stands for the piece `source` of the source.
    fn whole(&mut self, folded: &str, source: std::ops::Range<usize>) {
        if !folded.is_empty() {
            self.begin(source.start);
            self.view.map.replace(self.view.text.len(), source);
            self.view.text.push_str(folded);
        }
    }
}

/// The length of a line end and the one white space by which the next line goes on.
fn fold_of_line(rest: &[u8]) -> Option<usize> {
    let end = if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.first() == Some(&b'\n')) };
    (end > 0 && matches!(rest.get(end), Some(b' ' | b'\t'))).then_some(end + 1)
}

/// Where the line after a paragraph begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Next {
    At(usize),
    /// There, unless a line was due to begin before.
    AtOr(usize),
}

/// How many bytes from the start go into the view as they are, but for case: printable
/// ASCII from a visible character to a visible character with single spaces between.
fn plain_run(bytes: &[u8]) -> usize {
    if bytes.first().is_none_or(|b| !b.is_ascii_graphic()) {
        return 0;
    }
    let mut length = 0usize;
    let mut after_space = 0u64;
    for chunk in bytes.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*chunk);
        let spaces = equal_to_space(word);
        // A space directly after a space, also across chunks.
        let doubled = spaces & (spaces << 8 | after_space);
        if outside_printable(word) | doubled != 0 {
            break;
        }
        after_space = spaces >> 56;
        length += 8;
    }
    // The first byte is visible, so a run that ends at once has no space before it.
    let mut previous = length.checked_sub(1).map_or(bytes[0], |i| bytes[i]);
    while let Some(&b) = bytes.get(length) {
        if !(b.is_ascii_graphic() || b == b' ' && previous != b' ') {
            break;
        }
        previous = b;
        length += 1;
    }
    length - usize::from(previous == b' ')
}

const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte that is a space.
fn equal_to_space(word: u64) -> u64 {
    let x = word ^ 0x2020_2020_2020_2020;
    !(((x & !HIGH) + !HIGH) | x) & HIGH
}

/// Not zero when a byte is below 0x20, is 0x7f, or is above ASCII.
fn outside_printable(word: u64) -> u64 {
    let low = word & !HIGH;
    // Adding 0x60 carries into the high bit from 0x20 on; adding 1 only from 0x7f.
    let at_least_space = low + 0x6060_6060_6060_6060;
    let delete = low + 0x0101_0101_0101_0101;
    (word | !at_least_space | delete) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(source: &str) -> (View, Vec<Line>) {
        let mut builder = Builder::new(Lines::Kept, source.len());
        builder.text(source, 0);
        builder.finish()
    }

    fn view(source: &str) -> String {
        plain(source).0.text
    }

    #[test]
    fn white_space_and_case_are_flattened_and_paragraphs_kept() {
        assert_eq!(view("  Dear   All,\r\n\tsee  you\r\n\r\n\r\nBye \n"), "dear all, see you\nbye");
        assert_eq!(view("one\n \ntwo"), "one\ntwo");
        assert_eq!(view("A  B"), "a b");
        assert_eq!(view("1234567  89"), "1234567 89");
        assert_eq!(view("12345678  9 \u{a0} x"), "12345678 9 x");
        assert_eq!(view("a\0b\u{7f}c\u{1}"), "abc");
        assert_eq!(view(" \r\n"), "");
    }

    #[test]
    fn letters_are_folded_and_joined() {
        assert_eq!(view("I\u{ad}d\u{200b}i\u{202e}ot"), "idiot");
        assert_eq!(view("ＩＤＩＯＴ ﬁsh ½"), "idiot fish 1⁄2");
        assert_eq!(view("Don’t “go” – Tŷ"), "don't \"go\" - tŷ");
        assert_eq!(view("cafe\u{301} E\u{302}\u{301}x"), "café ếx");
        assert_eq!(view("i\u{335}d\u{336}"), "id");
        assert_eq!(view("\u{301}a"), "\u{301}a");
        assert_eq!(view("a \u{301}b"), "a \u{301}b");
    }

    #[test]
    fn a_folded_line_parts_no_word() {
        let mut builder = Builder::new(Lines::Folded, 0);
        builder.text("DESCRIPTION:You id\r\n iot\r\nEND:x\n\t y", 0);
        assert_eq!(builder.finish().0.text, "description:you idiot\nend:x y");
    }

    #[test]
    fn letters_drawn_like_latin_ones_are_read_as_such_among_latin_ones() {
        assert_eq!(view("уоu іdіоt"), "you idiot");
        assert_eq!(view("send ѕех now, АВC"), "send sex now, abc");
        assert_eq!(view("о\u{200b}n"), "on");
        // Words of other alphabets stay their own.
        assert_eq!(view("Москва, сад и осень"), "москва, сад и осень");
        assert_eq!(view("in Москва"), "in москва");
        assert_eq!(view("Ο Νίκος"), "ο νίκος");
    }

    #[test]
    fn every_stretch_of_the_view_leads_back() {
        let source = "Dear  ALL,\r\n\r\n> Caf\u{65}\u{301} ﬁne… x\u{ad}y\r\nend É ＩD";
        let (view, _) = plain(source);
        let back = |piece: &str| {
            let at = view.text.find(piece).unwrap();
            &source[view.map.range(at..at + piece.len(), source.len())]
        };
        assert_eq!(back("dear all,"), "Dear  ALL,");
        assert_eq!(back("café"), "Cafe\u{301}");
        assert_eq!(back("f"), "f");
        assert_eq!(back("fine"), "ﬁne");
        assert_eq!(back("i"), "ﬁ");
        assert_eq!(back("xy"), "x\u{ad}y");
        assert_eq!(back(".."), "…");
        assert_eq!(back("é id"), "É ＩD");
    }

    #[test]
    fn lines_know_where_they_begin_and_whether_they_are_quoted() {
        let source = "one\r\n>> two\r\n>\r\n> three\r\nfour";
        let (view, lines) = plain(source);
        assert_eq!(view.text, "one\ntwo\nthree\nfour");
        let seen: Vec<_> =
            lines.iter().map(|l| (&view.text[l.view..l.view + 2], l.source, l.quoted)).collect();
        assert_eq!(seen, [("on", 0, false), ("tw", 5, true), ("th", 16, true), ("fo", 25, false)]);
    }

    #[test]
    fn plain_runs_end_before_anything_odd() {
        for (text, run) in [
            ("abcdefgh ijklmnop", 17),
            ("abcdefgh  ijkl", 8),
            ("abcdefg  h", 7),
            ("abcdefgh ", 8),
            ("abcdefghé", 8),
            (" abc", 0),
            ("abc\u{7f}defghijk", 3),
            ("abcdefgh\u{7f}", 8),
            ("abcd\tefghijklmn", 4),
            ("abcdefg\u{1f}", 7),
            ("", 0),
        ] {
            assert_eq!(plain_run(text.as_bytes()), run, "{text:?}");
        }
    }
}
