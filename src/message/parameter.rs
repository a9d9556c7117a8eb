//! A parameter of a MIME field as programs read it that do not know its whole grammar: by its written form alone, or
//! by RFC 2231 alone. mail-parser mixes the two.

use percent_encoding::percent_decode;
use std::borrow::Cow;

/// Pieces of one parameter (RFC 2231, section 3).
const MOST_PIECES: usize = 100;

/// What is written behind the first `name=`, up to the next quotation mark or semicolon.
pub(super) fn written<'v>(value: &'v [u8], name: &str) -> Option<Cow<'v, str>> {
    let mut from = 0;
    while let Some(at) = find(value.get(from..)?, name) {
        let rest = value.get(from + at + name.len()..)?.trim_ascii_start();
        if let Some(rest) = rest.strip_prefix(b"=") {
            let rest = rest.trim_ascii_start();
            let (text, ends): (_, &[u8]) = match rest.strip_prefix(b"\"") {
                Some(quoted) => (quoted, b"\""),
                None => (rest, b";\r\n"),
            };
            let end = text.iter().position(|byte| ends.contains(byte)).unwrap_or(text.len());
            return Some(String::from_utf8_lossy(text[..end].trim_ascii_end()));
        }
        from += at + name.len();
    }
    None
}

fn find(value: &[u8], name: &str) -> Option<usize> {
    value.windows(name.len()).position(|window| window.eq_ignore_ascii_case(name.as_bytes()))
}

/// The value that `name*`, or `name*0`, `name*1` and so on have together; `None` where there is none of these.
pub(super) fn extended(value: &[u8], name: &str) -> Option<String> {
    memchr::memchr(b'*', value)?;
    let mut pieces: Vec<(u32, Vec<u8>)> = Vec::new();
    for parameter in parameters(value).into_iter().skip(1).take(MOST_PIECES) {
        let Some(equals) = memchr::memchr(b'=', parameter) else { continue };
        let (key, value) = (parameter[..equals].trim_ascii(), parameter[equals + 1..].trim_ascii());
        let Some(star) = memchr::memchr(b'*', key) else { continue };
        if !key[..star].eq_ignore_ascii_case(name.as_bytes()) {
            continue;
        }
        let number = key[star + 1..].strip_suffix(b"*").unwrap_or(&key[star + 1..]);
        let number = std::str::from_utf8(number).ok().and_then(|n| n.parse().ok()).unwrap_or(0);
        let value = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\"")).unwrap_or(value);
        pieces.push((number, if key.ends_with(b"*") { decoded(value, number == 0) } else { value.to_vec() }));
    }
    pieces.sort_by_key(|(number, _)| *number);
    let joined = pieces.iter().flat_map(|(_, piece)| piece.iter().copied()).collect::<Vec<u8>>();
    (!pieces.is_empty()).then(|| String::from_utf8_lossy(&joined).into_owned())
}

/// What lies between semicolons outside quotation marks.
fn parameters(value: &[u8]) -> Vec<&[u8]> {
    let mut quoted = false;
    let ends = |byte: &u8| {
        quoted ^= *byte == b'"';
        *byte == b';' && !quoted
    };
    value.split(ends).collect()
}

/// Without the charset and language of the first piece, and without percent signs.
fn decoded(value: &[u8], is_first: bool) -> Vec<u8> {
    let behind = value.splitn(3, |byte| *byte == b'\'').nth(2).filter(|_| is_first);
    let value = behind.unwrap_or(value);
    percent_decode(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_taken_as_it_is_written() {
        for (value, expected) in [
            ("multipart/mixed; boundary=one\r\n", Some("one")),
            ("multipart/mixed; Boundary = \"o n e\"; x=y", Some("o n e")),
            ("multipart/mixed; (boundary=\"two\") boundary=one", Some("two")),
            ("multipart/mixed; boundary=(c)one", Some("(c)one")),
            ("multipart/mixed; boundary*=us-ascii''two", None),
            ("multipart/mixed; boundary*0=t; boundary=one", Some("one")),
            ("multipart/mixed", None),
        ] {
            assert_eq!(written(value.as_bytes(), "boundary").as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn rfc_2231_is_read_apart_from_the_plain_form() {
        let read = |value: &str| extended(value.as_bytes(), "boundary");
        assert_eq!(read("m/x; boundary=one; boundary*=us-ascii'en't%77o").as_deref(), Some("two"));
        assert_eq!(read("m/x; boundary*1=\"w;o\"; boundary*0=t; boundary=one").as_deref(), Some("tw;o"));
        assert_eq!(read("m/x; boundary*0*=''t%77; boundary*1=o").as_deref(), Some("two"));
        assert_eq!(read("m/x; boundary=one; name*=a"), None);
    }
}
