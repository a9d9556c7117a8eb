//! The letters of style sheets: strings, escapes, comments, brackets (CSS Syntax, section 4).

use std::borrow::Cow;

/// Escapes undone: `\64`, `\000064`, `\:` (CSS Syntax, section 4.3.7).
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
        if digits > 0 {
            let code = u32::from_str_radix(&rest[..digits], 16).unwrap_or(0);
            out.push(char::from_u32(code).filter(|c| *c != '\0').unwrap_or('\u{fffd}'));
            rest = &rest[digits..];
            rest = rest.strip_prefix([' ', '\t', '\n']).unwrap_or(rest);
        } else if let Some(c) = rest.chars().next() {
            // An escaped line end is no text.
            if c != '\n' {
                out.push(c);
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    out.push_str(rest);
    out
}

pub(super) fn without_comments(text: &str) -> Cow<'_, str> {
    if !text.contains("/*") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("/*") {
        out.push_str(&rest[..at]);
        rest = rest[at + 2..].split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Parts between separators that stand in no string and no bracket.
pub(super) fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let part = rest?;
        let end = end_of(part.as_bytes(), |b| b == separator);
        rest = part.get(end + 1..);
        Some(&part[..end])
    })
}

/// Where the first byte stands that `ends`, outside strings and brackets; all of these bytes are ASCII.
pub(super) fn end_of(bytes: &[u8], ends: impl Fn(u8) -> bool) -> usize {
    let (mut at, mut deep, mut quote) = (0, 0u32, None);
    while let Some(&b) = bytes.get(at) {
        match (quote, b) {
            (_, b'\\') => at += 1,
            (Some(open), b) if b == open => quote = None,
            // A string does not go beyond its line.
            (Some(_), b'\n') => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(b),
            (None, b'(' | b'[') => deep += 1,
            (None, b')' | b']') => deep = deep.saturating_sub(1),
            (None, b) if deep == 0 && ends(b) => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}
