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
    "dkim-signature",
    "domainkey-signature",
    "authentication-results",
    "received-spf",
    "return-path",
    "content-transfer-encoding",
    "mime-version",
];
/// Fields of which the grammar leaves nothing to a person but comments (RFC 5322, section 3.2.2).
const ONLY_COMMENTS: &[&str] = &["received", "date"];
const NOT_READ_FAMILIES: &[&str] = &["arc-", "x-ms-", "x-google-", "x-gm-", "x-microsoft-", "x-forefront-"];
/// Fewer digits than this are no number that a rule looks for here.
const LEAST_DIGITS: usize = 8;
/// Of one header.
const MOST_BYTES: usize = 64 * 1024;
/// Pieces of one text that are decoded, and the longest of them.
const MOST_PIECES: usize = 2_000;
const LONGEST_PIECE: usize = 64 * 1024;
/// The shortest that hides a number beside a word.
const SHORTEST_PIECE: usize = 20;

/// The other fields of a part's header, one to a line; `None` where they hold no number.
/// `is_cut` when there is more.
pub(super) fn header(message: &Message<'_>, part: &Part<'_>, is_cut: &mut bool) -> Option<String> {
    if part.inside.is_some() {
        return None;
    }
    let block = message.raw.get(part.header_range.clone())?;
    *is_cut |= block.len() > MOST_BYTES;
    let block = block.get(..MOST_BYTES).unwrap_or(block);
    let mut out = String::new();
    for (name, line) in fields(block) {
        let value = memchr::memchr(b':', line).and_then(|colon| line.get(colon + 1..)).unwrap_or_default();
        let Some(text) = value_read(name, value) else { continue };
        out.push_str(name);
        out.push_str(": ");
        out.push_str(&text);
        out.push('\n');
        if let Some(more) = decoded(&text, is_cut) {
            out.push_str(&more);
        }
    }
    (digits(out.as_bytes()) >= LEAST_DIGITS).then_some(out)
}

/// What of a field's value is looked through.
fn value_read(name: &str, value: &[u8]) -> Option<String> {
    if !is_read(name) {
        return None;
    }
    let is_encoded = !value.is_ascii() || memchr::memmem::find(value, b"=?").is_some();
    if ONLY_COMMENTS.iter().any(|only| name.eq_ignore_ascii_case(only)) {
        let comments = comments(value);
        return (is_encoded || digits(&comments) >= LEAST_DIGITS).then(|| header_text(&comments));
    }
    if is_encoded {
        return Some(header_text(value));
    }
    Some(value.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).map(|byte| char::from(*byte)).collect())
}

/// The comments of a value, without the addresses of hosts (RFC 5321, section 4.1.3) that machines put there.
fn comments(value: &[u8]) -> Vec<u8> {
    let (mut out, mut depth, mut in_brackets) = (Vec::new(), 0usize, false);
    for &byte in value {
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth = depth.saturating_sub(1);
                out.push(b' ');
            }
            b'[' => in_brackets = true,
            b']' => in_brackets = false,
            _ if depth > 0 && !in_brackets => out.push(byte),
            _ => {}
        }
    }
    out
}

fn is_read(name: &str) -> bool {
    let is = |other: &&str| name.eq_ignore_ascii_case(other);
    let begins =
        |family: &&str| name.get(..family.len()).is_some_and(|start| start.eq_ignore_ascii_case(family));
    !NOT_READ.iter().any(is) && !NOT_READ_FAMILIES.iter().any(begins)
}

pub(super) fn digits(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| byte.is_ascii_digit()).count()
}

/// What stands in `text` in another writing, decoded, with the words before it; one to a line. `is_cut` when there
/// is more.
pub(super) fn decoded(text: &str, is_cut: &mut bool) -> Option<String> {
    let mut out = String::new();
    let mut left = MOST_PIECES;
    let mut at = 0;
    while let Some(piece) = next_piece(text, at) {
        if left == 0 {
            *is_cut = true;
            break;
        }
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
    let bytes = text.as_bytes();
    let mut start = from;
    loop {
        // A run of the shortest length from here on; else the next may begin behind the last byte that is of none.
        let shortest = bytes.get(start..start + SHORTEST_PIECE)?;
        match shortest.iter().rposition(|byte| !is_of_piece(*byte)) {
            Some(last) => start += last + 1,
            None => return Some(start..start + length_of_piece(&bytes[start..])),
        }
    }
}

fn is_of_piece(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=_-%\\".contains(&byte)
}

/// Full lines go on in the next one (RFC 2045, section 6.8).
fn length_of_piece(bytes: &[u8]) -> usize {
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
    memchr::memchr(mark, bytes)?;
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
    // Links have one where a space is; `=` with digits behind it is a sum or a parameter, too.
    let least = if mark == b'%' { 1 } else { 2 };
    (seen >= least).then_some(out)
}

/// `\u0041` of JSON and JavaScript.
fn escapes(piece: &str) -> Option<Vec<u8>> {
    if !piece.contains("\\u") {
        return None;
    }
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
    fn comments_are_read_where_a_field_has_nothing_else_to_say() {
        let comment =
            |value: &str| value_read("Received", value.as_bytes()).map(|text| text.trim().to_owned());
        assert_eq!(
            comment(" from a (UPN (C999123425001)) by b; 1 Jan 2026").as_deref(),
            Some("UPN C999123425001")
        );
        assert_eq!(comment(" from a (b [203.0.113.201]) by c with id 20260101123456"), None);
    }

    #[test]
    fn other_writings_are_undone_where_they_say_something() {
        for text in [
            "see VVBOIEM5OTkxMjM0MjUwMDEgaXMgaGVycw== there",
            "see 55504e20433939393132333432353030312069732068657273 there",
            "see https://x.example/?q=UPN%20C999123425001%20hers there",
            "see \\u0055\\u0050\\u004E \\u0043999123425001\\u0020 there",
        ] {
            let decoded = decoded(text, &mut false).unwrap_or_else(|| panic!("{text}"));
            assert!(decoded.contains("C999123425001"), "{text}: {decoded}");
        }
        for text in [
            "an ordinary sentence of a letter",
            "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=",
            "0123456789012345678901234567",
        ] {
            assert!(decoded(text, &mut false).is_none(), "{text}");
        }
    }
}
