//! Digits in words, English and Welsh: `double four`, `nought`, `twenty-three`, `pedwar`.

use std::ops::Range;

/// Digits of one run of words.
const MOST: usize = 40;

/// What one word adds to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Digit(u8),
    /// Ten to nineteen.
    Teen(u8),
    /// Twenty to ninety.
    Ten(u8),
    /// The next digit so many times.
    Times(u8),
}

fn word(word: &str) -> Option<Word> {
    // All begin with one of these letters; most words of a text are out at once.
    let [b'c' | b'd' | b'e' | b'f' | b'n' | b'o' | b'p' | b's' | b't' | b'u' | b'w' | b'z', _, ..] =
        word.as_bytes()
    else {
        return None;
    };
    if word.len() > 9 {
        return None;
    }
    Some(match word {
        "zero" | "nought" | "naught" | "nil" | "oh" | "dim" | "sero" => Word::Digit(0),
        "one" | "un" => Word::Digit(1),
        "two" | "dau" | "dwy" | "ddau" | "ddwy" => Word::Digit(2),
        "three" | "tri" | "tair" => Word::Digit(3),
        "four" | "pedwar" | "pedair" => Word::Digit(4),
        "five" | "pump" | "pum" => Word::Digit(5),
        "six" | "chwech" | "chwe" => Word::Digit(6),
        "seven" | "saith" => Word::Digit(7),
        "eight" | "wyth" => Word::Digit(8),
        "nine" | "naw" => Word::Digit(9),
        "ten" | "deg" => Word::Teen(10),
        "eleven" => Word::Teen(11),
        "twelve" => Word::Teen(12),
        "thirteen" => Word::Teen(13),
        "fourteen" => Word::Teen(14),
        "fifteen" => Word::Teen(15),
        "sixteen" => Word::Teen(16),
        "seventeen" => Word::Teen(17),
        "eighteen" => Word::Teen(18),
        "nineteen" => Word::Teen(19),
        "twenty" => Word::Ten(2),
        "thirty" => Word::Ten(3),
        "forty" => Word::Ten(4),
        "fifty" => Word::Ten(5),
        "sixty" => Word::Ten(6),
        "seventy" => Word::Ten(7),
        "eighty" => Word::Ten(8),
        "ninety" => Word::Ten(9),
        "double" | "dwbl" => Word::Times(2),
        "triple" | "treble" => Word::Times(3),
        _ => return None,
    })
}

/// How many such words stand in a text, up to `enough`.
pub(super) fn count(text: &str, enough: usize) -> usize {
    let words = text.as_bytes().split(|b| !b.is_ascii_alphabetic());
    let told = words.filter(|bytes| std::str::from_utf8(bytes).is_ok_and(|text| word(text).is_some()));
    told.take(enough).count()
}

/// Words for digits that follow each other; figures among them count too.
#[derive(Default)]
pub(super) struct Run {
    at: Option<Range<usize>>,
    digits: String,
    words: usize,
    /// The next digit stands so many times.
    times: u8,
    /// A ten that waits for its unit.
    ten: bool,
}

impl Run {
    /// Whether the word goes on with the run, or begins one.
    pub(super) fn take(&mut self, text: &str, at: Range<usize>) -> bool {
        let begun = self.at.is_some();
        let told = word(text);
        let is_figure = begun && text.len() == 1 && text.bytes().all(|b| b.is_ascii_digit() || b == b'o');
        let joins = begun && text == "and";
        if told.is_none() && !is_figure && !joins || self.digits.len() >= MOST {
            return false;
        }
        match told {
            Some(Word::Digit(digit)) => self.digit(digit),
            Some(Word::Teen(number)) => self.number(number),
            Some(Word::Ten(ten)) => {
                self.number(ten * 10);
                self.ten = true;
            }
            Some(Word::Times(times)) => self.times = times,
            None if is_figure => self.digit(text.parse().unwrap_or(0)),
            // An `and` is not yet a reason to go on.
            None => return true,
        }
        self.words += usize::from(told.is_some());
        let start = self.at.as_ref().map_or(at.start, |range| range.start);
        self.at = Some(start..at.end);
        true
    }

    fn digit(&mut self, digit: u8) {
        if std::mem::take(&mut self.ten) && digit > 0 {
            self.digits.pop();
        }
        for _ in 0..std::mem::take(&mut self.times).max(1) {
            self.digits.push(char::from(b'0' + digit % 10));
        }
    }

    fn number(&mut self, number: u8) {
        self.ten = false;
        self.digits.push(char::from(b'0' + number / 10 % 10));
        self.digits.push(char::from(b'0' + number % 10));
    }

    /// Where the run stands and what it says, `None` where that is too little to be meant as digits.
    pub(super) fn finish(&mut self) -> Option<(Range<usize>, Option<String>)> {
        let Self { at, digits, words, .. } = std::mem::take(self);
        Some((at?, (words >= 2).then_some(digits)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Option<String> {
        let mut run = Run::default();
        for word in text.split(' ') {
            assert!(run.take(word, 0..1), "{word}");
        }
        run.finish().and_then(|(_, told)| told)
    }

    #[test]
    fn words_become_digits() {
        for (text, expected) in [
            ("double four nought seven", "4407"),
            ("twenty three eleven forty", "231140"),
            ("treble nine oh 5 one", "999051"),
            ("tri pedwar dwbl saith", "3477"),
        ] {
            assert_eq!(digits(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(digits("one"), None);
        assert_eq!(count("seven or eight of us, one by one, came and went", 10), 4);
        assert_eq!(count("one one one one", 2), 2);
    }
}
