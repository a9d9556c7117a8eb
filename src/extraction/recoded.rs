//! Text in the wrong charset, which people and some programs repair: UTF-8 encoded twice, and the digits of East Asian
//! charsets under another label.

use super::line::end_of_line;
use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, SHIFT_JIS};
use unicode_normalization::UnicodeNormalization as _;

/// Lines of one text that are repaired, and the most of one that is taken at once.
const MOST_LINES: usize = 20_000;
const LONGEST_LINE: usize = 10_000;
/// Bytes of what they say then.
const MOST_BYTES: usize = 1024 * 1024;
/// Digits of a number that is looked for.
const LEAST_DIGITS: usize = 7;
/// A text may be encoded three times.
const MOST_ROUNDS: usize = 2;
/// What windows-1252 has at 0x80 to 0x9f, as far as Latin-1 has not.
const AT_0X80: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

/// The lines that say something else when they are repaired, each behind the line before it; `None` where no number can be
/// in them. `is_cut` when there are more.
pub(super) fn repaired(text: &str, is_cut: &mut bool) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let (mut out, mut before, mut left) = (String::new(), "", MOST_LINES);
    for line in text.lines().flat_map(pieces) {
        let is_asked = !line.is_ascii();
        *is_cut |= is_asked && (left == 0 || out.len() >= MOST_BYTES);
        if is_asked && left > 0 && out.len() < MOST_BYTES {
            for read in std::iter::once(once_encoded(line)).chain(east_asian(line)).flatten() {
                left = left.saturating_sub(1);
                for piece in [before, "\n", &read, "\n"] {
                    out.push_str(piece);
                }
            }
        }
        before = end_of_line(line);
    }
    (!out.is_empty()).then_some(out)
}

/// A line as it is, or in pieces that end at a blank where there is one.
fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest.take()?;
        if line.len() <= LONGEST_LINE {
            return Some(line);
        }
        let end = line.floor_char_boundary(LONGEST_LINE);
        let end = line[..end].rfind(' ').filter(|at| *at > 0).unwrap_or(end);
        let (piece, behind) = line.split_at(end);
        rest = Some(behind);
        Some(piece)
    })
}

/// A line with the second encoding undone where it can be, if it may hold a number then.
fn once_encoded(line: &str) -> Option<String> {
    let mut read = undone(line)?;
    for _ in 1..MOST_ROUNDS {
        read = undone(&read).unwrap_or(read);
    }
    has_digits(&read).then_some(read)
}

/// Each run of characters beyond ASCII as the bytes that it stands for, where they are UTF-8.
fn undone(line: &str) -> Option<String> {
    let mut out = String::with_capacity(line.len());
    let (mut run, mut bytes, mut any) = (String::new(), Some(Vec::new()), false);
    // The NUL ends the last run.
    for c in line.chars().chain(std::iter::once('\0')) {
        if !c.is_ascii() {
            run.push(c);
            bytes = bytes.zip(byte(c)).map(|(mut bytes, byte)| {
                bytes.push(byte);
                bytes
            });
            continue;
        }
        if !run.is_empty() {
            match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
                Some(read) => {
                    out.push_str(&read);
                    any = true;
                }
                None => out.push_str(&run),
            }
            run.clear();
        }
        bytes = Some(Vec::new());
        out.push(c);
    }
    out.pop();
    any.then_some(out)
}

/// The byte for which a character stands in a text read as Latin-1 or windows-1252.
fn byte(c: char) -> Option<u8> {
    u8::try_from(u32::from(c)).ok().or_else(|| {
        let at = AT_0X80.chars().position(|known| known == c)?;
        u8::try_from(at + 0x80).ok()
    })
}

/// A line in the charsets of East Asia whose digits it then has.
fn east_asian(line: &str) -> Vec<Option<String>> {
    if line.chars().filter(|c| !c.is_ascii()).count() < LEAST_DIGITS {
        return Vec::new();
    }
    let Some(bytes) = line.chars().map(byte).collect::<Option<Vec<u8>>>() else { return Vec::new() };
    let charsets: [&Encoding; 5] = [GB18030, SHIFT_JIS, EUC_JP, EUC_KR, BIG5];
    let mut read: Vec<Option<String>> = Vec::new();
    for charset in charsets {
        let text = charset.decode_without_bom_handling_and_without_replacement(&bytes);
        let text = text.map(|text| text.into_owned()).filter(|text| has_wide_digits(text));
        if !read.contains(&text) {
            read.push(text);
        }
    }
    read
}

fn has_wide_digits(text: &str) -> bool {
    text.chars().filter(|c| matches!(c, '０'..='９')).count() >= LEAST_DIGITS
}

fn has_digits(text: &str) -> bool {
    text.nfkc().filter(char::is_ascii_digit).count() >= LEAST_DIGITS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(text: &str) -> Option<String> {
        super::repaired(text, &mut false)
    }

    /// As a program reads the bytes that takes them for Latin-1.
    fn as_latin(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| char::from(*byte)).collect()
    }

    #[test]
    fn what_was_encoded_twice_is_read() {
        let wide = "UPN Ｃ９９９１２３４２５００１";
        assert_eq!(repaired(&as_latin(wide.as_bytes())).as_deref(), Some(format!("\n{wide}\n").as_str()));
        assert_eq!(repaired("her UPN:\nC99912â€‹3425001").unwrap(), "her UPN:\nC99912\u{200b}3425001\n");
        let twice = as_latin(as_latin(wide.as_bytes()).as_bytes());
        assert!(repaired(&twice).unwrap().contains(wide));
    }

    #[test]
    fn digits_of_east_asian_charsets_are_read_under_a_wrong_label() {
        let wide = "UPN C９９９１２３４２５００１";
        for charset in [GB18030, SHIFT_JIS, EUC_JP, EUC_KR, BIG5] {
            let (bytes, _, _) = charset.encode(wide);
            assert!(repaired(&as_latin(&bytes)).unwrap().contains(wide), "{}", charset.name());
        }
    }

    #[test]
    fn text_in_its_own_charset_is_left_alone() {
        for text in [
            "café 01632 960123",
            "Tŷ’r Ysgol – £12.50 – 01632 960123",
            "Ｃ９９９１２３４２５００１",
            "it’s 12",
        ] {
            assert_eq!(repaired(text), None, "{text}");
        }
    }
}
