//! Bytes to Unicode (RFC 2046 section 4.1.2), leniently and without a copy where the
//! bytes are UTF-8 already.

use encoding_rs::{EUC_KR, Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// How well a charset's name described the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Good,
    /// Bytes that the charset does not have became U+FFFD.
    Damaged,
    /// No charset of that name is known; read as UTF-8, else as windows-1252.
    Unknown,
}

/// `bytes` as text. `label` is the `charset` parameter; without one, UTF-8 when the bytes
/// are that, else what an HTML text says of itself, else windows-1252.
pub fn decode_text<'a>(bytes: Cow<'a, [u8]>, label: Option<&str>) -> Cow<'a, str> {
    decode(bytes, label).0
}

pub(super) fn decode<'a>(bytes: Cow<'a, [u8]>, label: Option<&str>) -> (Cow<'a, str>, Fit) {
    if let Some((encoding, _)) = Encoding::for_bom(&bytes)
        && encoding != UTF_8
    {
        return by(encoding, bytes);
    }
    let label = label.map(str::trim).filter(|l| !l.is_empty());
    match label.map(|l| (l, Encoding::for_label(l.as_bytes()))) {
        // A charset of which the Web's standard reads nothing: mail programs show the bytes.
        Some((_, Some(encoding))) if encoding == REPLACEMENT => (undeclared(bytes).0, Fit::Unknown),
        // RFC 2781 section 4.3: without a byte order mark big endian, which few obey.
        Some((l, Some(encoding))) if encoding == UTF_16LE && l.eq_ignore_ascii_case("utf-16") => {
            by(utf16_order(&bytes), bytes)
        }
        Some((_, Some(encoding))) if encoding == UTF_8 => utf8(bytes),
        // ASCII is declared as often as anything, and means little.
        Some((_, Some(encoding))) if encoding == WINDOWS_1252 && is_utf8_after_all(&bytes) => {
            // Where its own marks say otherwise, some programs obey them and others the label.
            let is_marked = has_japanese_escapes(&bytes);
            let (text, fit) = undeclared(bytes);
            (text, if is_marked { Fit::Unknown } else { fit })
        }
        Some((_, Some(encoding))) => by(encoding, bytes),
        Some((l, None)) => match mail_parser::decoders::charsets::map::charset_decoder(l.as_bytes()) {
            Some(decoder) => (Cow::Owned(decoder(&bytes)), Fit::Good),
            None => (undeclared(bytes).0, Fit::Unknown),
        },
        None => undeclared(bytes),
    }
}

/// What a program shows that does not see what [`decode`] goes by: a byte order mark, escapes, a page's own word; or
/// that does not believe a label of wide characters. `None` where there is no doubt.
pub(super) fn otherwise(bytes: &[u8], label: Option<&str>) -> Option<String> {
    let named = label.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    let is_wide = |encoding: &'static Encoding| encoding == UTF_16LE || encoding == UTF_16BE;
    let is_narrow = |bytes: &[u8]| !bytes.is_empty() && !bytes.get(..512).unwrap_or(bytes).contains(&0);
    let plain = |bytes: &[u8]| by_label(bytes, named.filter(|named| !is_wide(named)));
    if let Some((marked, length)) = Encoding::for_bom(bytes) {
        return (is_wide(marked) && is_narrow(&bytes[length..])).then(|| plain(&bytes[length..]));
    }
    if named.is_some_and(is_wide) && is_narrow(bytes) {
        return Some(plain(bytes));
    }
    if label.is_some_and(|label| label.trim().eq_ignore_ascii_case("iso-2022-kr")) {
        return shifted_korean(bytes);
    }
    let is_marked = has_japanese_escapes(bytes) && named.is_none_or(|named| named == WINDOWS_1252)
        || named.is_none() && utf7_declared_in_html(bytes).is_some();
    is_marked.then(|| plain(bytes))
}

fn by_label(bytes: &[u8], named: Option<&'static Encoding>) -> String {
    let named = named.unwrap_or(if std::str::from_utf8(bytes).is_ok() { UTF_8 } else { WINDOWS_1252 });
    named.decode_without_bom_handling(bytes).0.into_owned()
}

/// RFC 1557: Korean letters stand between SO and SI, without their eighth bit.
fn shifted_korean(bytes: &[u8]) -> Option<String> {
    memchr::memchr(0x0e, bytes)?;
    let mut is_korean = false;
    let unshifted = bytes.iter().filter_map(|byte| {
        match byte {
            0x0e => is_korean = true,
            0x0f => is_korean = false,
            b'\r' | b'\n' => is_korean = false,
            _ => {}
        }
        let shifted = is_korean && (0x21..0x7f).contains(byte);
        (!matches!(byte, 0x0e | 0x0f)).then_some(if shifted { byte | 0x80 } else { *byte })
    });
    let unshifted: Vec<u8> = unshifted.collect();
    Some(EUC_KR.decode_without_bom_handling(&unshifted).0.replace("\u{1b}$)C", ""))
}

fn utf8(bytes: Cow<'_, [u8]>) -> (Cow<'_, str>, Fit) {
    match valid(bytes) {
        Ok(text) => (text, Fit::Good),
        Err(bytes) => (Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()), Fit::Damaged),
    }
}

fn valid(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, str>, Cow<'_, [u8]>> {
    match bytes {
        Cow::Borrowed(b) => std::str::from_utf8(b).map(Cow::Borrowed).map_err(|_| Cow::Borrowed(b)),
        Cow::Owned(b) => String::from_utf8(b).map(Cow::Owned).map_err(|e| Cow::Owned(e.into_bytes())),
    }
}

/// ASCII in any case; multi-byte UTF-8 hardly arises by chance in Latin-1 text.
fn is_utf8_after_all(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
}

fn by<'a>(encoding: &'static Encoding, bytes: Cow<'a, [u8]>) -> (Cow<'a, str>, Fit) {
    let (text, _, damaged) = encoding.decode(&bytes);
    let fit = if damaged { Fit::Damaged } else { Fit::Good };
    (Cow::Owned(text.into_owned()), fit)
}

fn utf16_order(bytes: &[u8]) -> &'static Encoding {
    let zeros = |skip: usize| bytes.iter().take(512).skip(skip).step_by(2).filter(|b| **b == 0).count();
    if zeros(0) >= zeros(1) { UTF_16BE } else { UTF_16LE }
}

fn undeclared(bytes: Cow<'_, [u8]>) -> (Cow<'_, str>, Fit) {
    if has_japanese_escapes(&bytes) {
        let (text, _, damaged) = ISO_2022_JP.decode(&bytes);
        if !damaged {
            return (Cow::Owned(text.into_owned()), Fit::Good);
        }
    }
    match valid(bytes) {
        Ok(text) => match utf7_declared_in_html(text.as_bytes()) {
            // Some programs read it so, and others as it stands.
            Some(read) => (Cow::Owned(read), Fit::Unknown),
            None => (text, Fit::Good),
        },
        Err(bytes) => (by(declared_in_html(&bytes).unwrap_or(WINDOWS_1252), bytes).0, Fit::Good),
    }
}

/// Whether the escapes of ISO-2022-JP (RFC 1468) stand in it, by which programs know it without a label.
fn has_japanese_escapes(bytes: &[u8]) -> bool {
    let escapes = memchr::memchr_iter(0x1b, bytes).take(100);
    escapes
        .map(|at| bytes.get(at + 1..at + 3))
        .any(|next| matches!(next, Some([b'$', b'B' | b'@'] | [b'(', b'J' | b'I'])))
}

/// The text in UTF-7, where a page says so of itself.
fn utf7_declared_in_html(bytes: &[u8]) -> Option<String> {
    memchr::memchr(b'+', bytes)?;
    let label = label_in_html(bytes)?;
    let decoder = mail_parser::decoders::charsets::map::charset_decoder(&label)?;
    (label == b"utf-7").then(|| decoder(bytes))
}

/// `<meta charset=...>` within the first 1024 bytes, as browsers look for it.
fn declared_in_html(bytes: &[u8]) -> Option<&'static Encoding> {
    Encoding::for_label(&label_in_html(bytes)?).filter(|e| *e != UTF_16LE && *e != UTF_16BE)
}

fn label_in_html(bytes: &[u8]) -> Option<Vec<u8>> {
    let head = bytes.get(..1024).unwrap_or(bytes).to_ascii_lowercase();
    let at = memchr::memmem::find(&head, b"charset=")? + b"charset=".len();
    let rest = head.get(at..)?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"-_:.".contains(b)).count();
    Some(rest[..length].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], label: Option<&str>) -> (String, Fit) {
        let (text, fit) = decode(Cow::Borrowed(bytes), label);
        (text.into_owned(), fit)
    }

    #[test]
    fn charsets_of_school_mail_are_read() {
        assert_eq!(read(b"caf\xe9 \x80", Some("iso-8859-1")), ("café €".into(), Fit::Good));
        assert_eq!(read("tŷ".as_bytes(), Some("us-ascii")), ("tŷ".into(), Fit::Good));
        assert_eq!(read(b"\xf4", Some("iso-8859-14")).0, "ô");
        assert_eq!(read(b"i+AGQAaQ-ot", Some("utf-7")).0, "idiot");
        assert_eq!(read(b"\0i\0d", Some("utf-16")).0, "id");
        assert_eq!(read(b"i\0d\0", Some("utf-16")).0, "id");
        assert_eq!(read(b"\xff\xfei\0d\0", None).0, "id");
        assert_eq!(read(b"caf\xe9", None), ("café".into(), Fit::Good));
        assert_eq!(read(b"caf\xe9", Some("no-such-thing")), ("café".into(), Fit::Unknown));
        assert_eq!(read(b"caf\xe9!", Some("utf-8")), ("caf\u{fffd}!".into(), Fit::Damaged));
        let page = "<meta http-equiv=x content='text/html; charset=utf-7'>i";
        let utf7 = format!("{page}+AGQAaQ-ot");
        assert_eq!(read(utf7.as_bytes(), None), (format!("{page}diot"), Fit::Unknown));
        assert_eq!(read(b"\x1b$B#1#2\x1b(B", None), ("１２".into(), Fit::Good));
        assert_eq!(read(b"\x1b$B#1#2\x1b(B", Some("us-ascii")).0, "１２");
        assert_eq!(read(b"\x1b[1mbold", None).0, "\u{1b}[1mbold");
        assert_eq!(read(b"<meta charset='windows-1251'>\xef", None).0, "<meta charset='windows-1251'>п");
    }

    #[test]
    fn utf8_is_not_copied() {
        let text = "plain".as_bytes();
        assert!(matches!(decode(Cow::Borrowed(text), Some("utf-8")).0, Cow::Borrowed(_)));
        assert!(matches!(decode(Cow::Borrowed(text), Some("iso-8859-1")).0, Cow::Borrowed(_)));
    }
}
