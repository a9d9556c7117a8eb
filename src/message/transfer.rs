//! Transfer encodings undone (RFC 2045 section 6), leniently: what a mail program would
//! show is what must be inspected.

use super::TransferEncoding;
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use std::borrow::Cow;

/// A body without its transfer encoding.
pub(super) struct Decoded<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// Something stood there that the encoding does not allow; it was passed over.
    pub(super) flawed: bool,
}

pub(super) fn decode(encoding: TransferEncoding, body: &[u8]) -> Decoded<'_> {
    match encoding {
        TransferEncoding::Base64 => base64(body),
        TransferEncoding::QuotedPrintable => quoted_printable(body),
        _ => Decoded { bytes: Cow::Borrowed(body), flawed: false },
    }
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn base64(body: &[u8]) -> Decoded<'static> {
    let mut joined = Vec::with_capacity(body.len());
    let mut at = 0;
    while at < body.len() {
        let end = memchr::memchr(b'\n', &body[at..]).map_or(body.len(), |n| at + n);
        joined.extend_from_slice(body[at..end].trim_ascii());
        at = end + 1;
    }
    match BASE64.decode(&joined) {
        Ok(bytes) => Decoded { bytes: Cow::Owned(bytes), flawed: false },
        Err(_) => Decoded { bytes: Cow::Owned(base64_lenient(&joined)), flawed: true },
    }
}

/// Passes over what is no base64 and goes on after padding, as mail programs do with
/// several encoded pieces in one body.
pub(super) fn base64_lenient(joined: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(joined.len() / 4 * 3);
    let (mut word, mut digits) = (0u32, 0u8);
    for &c in joined {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                flush(&mut out, word, digits);
                (word, digits) = (0, 0);
                continue;
            }
            _ => continue,
        };
        (word, digits) = (word << 6 | u32::from(value), digits + 1);
        if digits == 4 {
            out.extend_from_slice(&word.to_be_bytes()[1..]);
            (word, digits) = (0, 0);
        }
    }
    flush(&mut out, word, digits);
    out
}

/// Whether a line is nothing but base64, as encoders write whole words of four.
pub(super) fn is_data_line(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let data = line.strip_suffix(b"==").or_else(|| line.strip_suffix(b"=")).unwrap_or(line);
    !line.is_empty()
        && (line.len().is_multiple_of(4) || line.len() >= 40)
        && data.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// The lines of a body in base64 that are words of somebody, and those that are data.
pub(super) fn parted(body: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut plain, mut data) = (Vec::new(), Vec::new());
    let mut any_plain = false;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let is_data = is_data_line(line);
        if is_data {
            data.extend_from_slice(line);
        }
        // A short word may be either.
        if !is_data || line.len() < 20 {
            plain.extend_from_slice(line);
            any_plain |= !is_data && !line.trim_ascii().is_empty();
        }
    }
    (if any_plain { plain } else { Vec::new() }, data)
}

/// What a body says in the encoding in which it seems to be, whatever it is called; `None` when it seems to be in none.
pub(super) fn guessed(body: &[u8]) -> Option<Vec<u8>> {
    let mut lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    if body.trim_ascii().len() >= 8 && lines.all(is_data_line) {
        return Some(base64(body).bytes.into_owned());
    }
    let escapes = memchr::memchr_iter(b'=', body).take(1_000);
    let is_escape = |at: usize| {
        matches!(body.get(at + 1..at + 3), Some([a, b]) if hex(*a).is_some() && hex(*b).is_some())
            || matches!(body.get(at + 1), Some(b'\r' | b'\n'))
    };
    (escapes.filter(|at| is_escape(*at)).count() >= 2).then(|| quoted_printable(body).bytes.into_owned())
}

fn flush(out: &mut Vec<u8>, word: u32, digits: u8) {
    match digits {
        2 => out.push((word >> 4) as u8),
        3 => out.extend_from_slice(&((word >> 2) as u16).to_be_bytes()),
        _ => {}
    }
}

/// White space at a line's end, which a transport may have added, is left: no reader of
/// the text sees it.
fn quoted_printable(body: &[u8]) -> Decoded<'_> {
    let Some(first) = memchr::memchr(b'=', body) else {
        return Decoded { bytes: Cow::Borrowed(body), flawed: false };
    };
    let mut out = Vec::with_capacity(body.len());
    let mut flawed = false;
    let (mut copied, mut next) = (0, Some(first));
    while let Some(at) = next {
        out.extend_from_slice(&body[copied..at]);
        let rest = &body[at + 1..];
        copied = at + 1;
        if let [a, b, ..] = rest
            && let (Some(a), Some(b)) = (hex(*a), hex(*b))
        {
            out.push(a << 4 | b);
            copied += 2;
        } else if let Some(length) = soft_break(rest) {
            copied += length;
        } else {
            out.push(b'=');
            flawed = true;
        }
        next = memchr::memchr(b'=', &body[copied..]).map(|n| copied + n);
    }
    out.extend_from_slice(&body[copied..]);
    Decoded { bytes: Cow::Owned(out), flawed }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|d| d as u8)
}

/// The length of white space and line end after a `=` that continues the line.
fn soft_break(rest: &[u8]) -> Option<usize> {
    // A line is at most 76 long, so more white space than this is no soft break.
    let blank = rest.iter().take(80).take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
    match rest.get(blank) {
        Some(b'\n') => Some(blank + 1),
        None => Some(blank),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(encoding: TransferEncoding, body: &str) -> (String, bool) {
        let d = decode(encoding, body.as_bytes());
        (String::from_utf8(d.bytes.into_owned()).unwrap(), d.flawed)
    }

    #[test]
    fn base64_is_read_over_line_ends_and_through_damage() {
        let read = |s| plain(TransferEncoding::Base64, s);
        assert_eq!(read("SGVs\r\nbG8s\r\nIHlvdQ==\r\n"), ("Hello, you".into(), false));
        assert_eq!(read("SGVs\nbG8"), ("Hello".into(), false));
        assert_eq!(read("SGVsbG8=\r\nIHlvdQ==\r\n"), ("Hello you".into(), true));
        assert_eq!(read("SG!Vs*bG8="), ("Hello".into(), true));
        assert_eq!(read(""), (String::new(), false));
    }

    #[test]
    fn quoted_printable_keeps_what_is_no_escape() {
        let read = |s| plain(TransferEncoding::QuotedPrintable, s);
        assert_eq!(read("caf=C3=A9 i=\r\ndi= \not=20"), ("café idiot ".into(), false));
        assert_eq!(read("a=zz 1=1 b="), ("a=zz 1=1 b".into(), true));
        assert_eq!(read("a=c3=a9="), ("aé".into(), false));
    }
}
