//! Where nobody looks and anybody can put something: fields of the header that no program shows, tags, styles and
//! scripts, texts in base64, hexadecimal or percent signs. Only rules with a strong check digit look at it, since
//! machines fill these places with numbers of their own.

use crate::{
    mail::fields,
    message::{Message, Part, header_text},
};
use base64::{Engine as _, alphabet, engine};
use std::borrow::Cow;

/// Fields that are shown and read elsewhere, and those that machines fill with long numbers.
const NOT_READ: &[&str] = &[
    "subject",
    "received",
    "dkim-signature",
    "domainkey-signature",
    "authentication-results",
    "received-spf",
    "return-path",
    "content-transfer-encoding",
    "mime-version",
    "date",
];
const NOT_READ_FAMILIES: &[&str] = &["arc-", "x-ms-", "x-google-", "x-gm-", "x-microsoft-", "x-forefront-"];
/// Fewer digits than this are no number that a rule looks for here.
const LEAST_DIGITS: usize = 8;
/// Of one header.
const MOST_BYTES: usize = 64 * 1024;
/// Pieces of one text that are decoded, and the longest of them.
const MOST_PIECES: usize = 64;
const LONGEST_PIECE: usize = 64 * 1024;
/// The shortest that hides a number beside a word.
const SHORTEST_PIECE: usize = 20;

/// The other fields of a part's header, one to a line; `None` where they hold no number.
pub(super) fn header(message: &Message<'_>, part: &Part<'_>) -> Option<String> {
    if part.inside.is_some() {
        return None;
    }
    let block = message.raw.get(part.header_range.clone())?;
    let block = block.get(..MOST_BYTES).unwrap_or(block);
    let mut out = String::new();
    for (name, line) in fields(block) {
        if !is_read(name)
            || digits(line) < LEAST_DIGITS
                && line.len() < SHORTEST_PIECE
                && !line.windows(2).any(|two| two == b"=?")
        {
            continue;
        }
        let value = memchr::memchr(b':', line).and_then(|colon| line.get(colon + 1..)).unwrap_or_default();
        out.push_str(name);
        out.push_str(": ");
        let text = header_text(value);
        out.push_str(&text);
        out.push('\n');
        if let Some(more) = decoded(&text) {
            out.push_str(&more);
        }
    }
    (digits(out.as_bytes()) >= LEAST_DIGITS).then_some(out)
}

fn is_read(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !NOT_READ.contains(&name.as_str()) && !NOT_READ_FAMILIES.iter().any(|family| name.starts_with(family))
}

pub(super) fn digits(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| byte.is_ascii_digit()).count()
}

/// What stands in `text` in another writing, decoded, with the words before it; one to a line.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut left = MOST_PIECES;
    let mut at = 0;
    while left > 0
        && let Some(piece) = next_piece(text, at)
    {
        at = piece.end;
        let Some(plain) = plain(&text[piece.clone()]) else { continue };
        left -= 1;
        let before = text.floor_char_boundary(piece.start.saturating_sub(60));
        out.push_str(&text[before..piece.start]);
        out.push(' ');
        out.push_str(&plain);
        out.push('\n');
    }
    (digits(out.as_bytes()) >= LEAST_DIGITS).then_some(out)
}

/// The next run of characters of which such writings consist; long ones are cut.
fn next_piece(text: &str, from: usize) -> Option<std::ops::Range<usize>> {
    let is_of_piece = |b: u8| b.is_ascii_alphanumeric() || b"+/=_-%\\".contains(&b);
    let bytes = text.as_bytes();
    let mut start = from;
    while start < bytes.len() {
        if !is_of_piece(bytes[start]) {
            start += 1;
            continue;
        }
        let length = length_of_piece(&bytes[start..], is_of_piece);
        if length >= SHORTEST_PIECE {
            return Some(start..start + length);
        }
        start += length.max(1);
    }
    None
}

/// Full lines go on in the next one (RFC 2045, section 6.8).
fn length_of_piece(bytes: &[u8], is_of_piece: impl Fn(u8) -> bool) -> usize {
    let (mut length, mut line) = (0, 0);
    for (at, byte) in bytes.iter().enumerate().take(LONGEST_PIECE) {
        match byte {
            b'\r' if line >= 60 => {}
            b'\n' if line >= 60 => line = 0,
            byte if is_of_piece(*byte) => {
                line += 1;
                length = at + 1;
            }
            _ => break,
        }
    }
    length
}

/// What it says, if it is text in one of these writings.
fn plain(piece: &str) -> Option<Cow<'_, str>> {
    let found = marked(piece, b'%')
        .or_else(|| marked(piece, b'='))
        .or_else(|| escapes(piece))
        .or_else(|| hexadecimal(piece))
        .or_else(|| base64(piece))?;
    let text = String::from_utf8(found).ok()?;
    let readable = |c: char| !c.is_control() || c.is_whitespace();
    (text.chars().all(readable) && digits(text.as_bytes()) >= LEAST_DIGITS).then_some(Cow::Owned(text))
}

fn nibble(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// Bytes as a mark and two hexadecimal digits: `%41` (RFC 3986, section 2.1), `=41` (RFC 2045, section 6.7).
fn marked(piece: &str, mark: u8) -> Option<Vec<u8>> {
    let bytes = piece.as_bytes();
    let (mut out, mut at, mut seen) = (Vec::with_capacity(bytes.len()), 0, 0);
    while let Some(byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1).and_then(|b| nibble(*b)), bytes.get(at + 2).and_then(|b| nibble(*b))) {
            (byte, Some(high), Some(low)) if *byte == mark => {
                out.push(high << 4 | low);
                seen += 1;
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    (seen >= 2).then_some(out)
}

/// `\u0041` of JSON and JavaScript.
fn escapes(piece: &str) -> Option<Vec<u8>> {
    let (mut out, mut rest, mut seen) = (String::new(), piece, 0);
    while let Some(at) = rest.find("\\u") {
        out.push_str(&rest[..at]);
        let code = rest.get(at + 2..at + 6).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        match code.and_then(char::from_u32) {
            Some(c) => {
                out.push(c);
                seen += 1;
                rest = &rest[at + 6..];
            }
            None => {
                out.push_str("\\u");
                rest = &rest[at + 2..];
            }
        }
    }
    out.push_str(rest);
    (seen >= 2).then(|| out.into_bytes())
}

fn hexadecimal(piece: &str) -> Option<Vec<u8>> {
    let bytes = piece.as_bytes();
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect()
}

fn base64(piece: &str) -> Option<Vec<u8>> {
    const LENIENT: engine::GeneralPurposeConfig = engine::GeneralPurposeConfig::new()
        .with_decode_padding_mode(engine::DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const STANDARD: engine::GeneralPurpose = engine::GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const OF_ADDRESSES: engine::GeneralPurpose = engine::GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    // A name may stand directly before it: `data=QUJD`, `base64/QUJD`.
    let whole: String = piece.split_ascii_whitespace().collect();
    let last = whole.trim_end_matches('=').rsplit('=').next().unwrap_or(&whole);
    STANDARD.decode(last).or_else(|_| OF_ADDRESSES.decode(last)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_writings_are_undone_where_they_say_something() {
        for text in [
            "see VVBOIEM5OTkxMjM0MjUwMDEgaXMgaGVycw== there",
            "see 55504e20433939393132333432353030312069732068657273 there",
            "see https://x.example/?q=UPN%20C999123425001%20hers there",
            "see \\u0055\\u0050\\u004E \\u0043999123425001\\u0020 there",
        ] {
            let decoded = decoded(text).unwrap_or_else(|| panic!("{text}"));
            assert!(decoded.contains("C999123425001"), "{text}: {decoded}");
        }
        for text in [
            "an ordinary sentence of a letter",
            "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=",
            "0123456789012345678901234567",
        ] {
            assert!(decoded(text).is_none(), "{text}");
        }
    }
}
