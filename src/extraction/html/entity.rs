//! Character references in HTML text and attribute values (HTML standard, section
//! 13.2.5.72), with and without their semicolon.

use std::borrow::Cow;

/// Names that browsers take without a semicolon too, sorted.
const WITHOUT_SEMICOLON: &[&str] = &[
    "AElig", "AMP", "Aacute", "Acirc", "Agrave", "Aring", "Atilde", "Auml", "COPY", "Ccedil", "ETH",
    "Eacute", "Ecirc", "Egrave", "Euml", "GT", "Iacute", "Icirc", "Igrave", "Iuml", "LT", "Ntilde", "Oacute",
    "Ocirc", "Ograve", "Oslash", "Otilde", "Ouml", "QUOT", "REG", "THORN", "Uacute", "Ucirc", "Ugrave",
    "Uuml", "Yacute", "aacute", "acirc", "acute", "aelig", "agrave", "amp", "aring", "atilde", "auml",
    "brvbar", "ccedil", "cedil", "cent", "copy", "curren", "deg", "divide", "eacute", "ecirc", "egrave",
    "eth", "euml", "frac12", "frac14", "frac34", "gt", "iacute", "icirc", "iexcl", "igrave", "iquest",
    "iuml", "laquo", "lt", "macr", "micro", "middot", "nbsp", "not", "ntilde", "oacute", "ocirc", "ograve",
    "ordf", "ordm", "oslash", "otilde", "ouml", "para", "plusmn", "pound", "quot", "raquo", "reg", "sect",
    "shy", "sup1", "sup2", "sup3", "szlig", "thorn", "times", "uacute", "ucirc", "ugrave", "uml", "uuml",
    "yacute", "yen", "yuml",
];

/// Windows-1252 at 0x80 to 0x9f, which is what writers of `&#150;` mean.
const C1: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Where a reference stands, which decides about a missing semicolon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    Text,
    /// `?a=1&copy=2` has no reference.
    Attribute,
}

/// The value of an attribute, its references resolved.
pub(in crate::extraction) fn resolved(value: &str) -> Cow<'_, str> {
    if !value.contains('&') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (c, length) = reference(rest, Within::Attribute).unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character of the reference that `text` begins with (at its `&`), and its length.
pub(super) fn reference(text: &str, within: Within) -> Option<(char, usize)> {
    let rest = text.as_bytes().get(1..)?;
    if rest.first() == Some(&b'#') {
        return numeric(rest.get(1..)?).map(|(c, length)| (c, length + 2));
    }
    let length = rest.iter().take(32).take_while(|b| b.is_ascii_alphanumeric()).count();
    // Letters and digits, so the slices are of whole characters.
    let name = text.get(1..1 + length)?;
    if rest.get(length) == Some(&b';')
        && let Some(c) = known(name)
    {
        return Some((c, length + 2));
    }
    let length = (2..=length.min(6))
        .rev()
        .find(|n| name.get(..*n).is_some_and(|prefix| WITHOUT_SEMICOLON.binary_search(&prefix).is_ok()))?;
    let after = rest.get(length);
    let a_parameter = after.is_some_and(|b| *b == b'=' || b.is_ascii_alphanumeric());
    if within == Within::Attribute && a_parameter {
        return None;
    }
    Some((known(name.get(..length)?)?, length + 1))
}

fn known(name: &str) -> Option<char> {
    match name {
        "nbsp" => Some('\u{a0}'),
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        name => crate::message::entity(name),
    }
}

/// What follows `&#`: decimal or hexadecimal digits and perhaps a semicolon.
fn numeric(rest: &[u8]) -> Option<(char, usize)> {
    let (radix, skip) = match rest.first()? {
        b'x' | b'X' => (16, 1),
        _ => (10, 0),
    };
    let (mut value, mut at) = (0u32, skip);
    while let Some(digit) = rest.get(at).and_then(|b| char::from(*b).to_digit(radix)) {
        value = value.saturating_mul(radix).saturating_add(digit);
        at += 1;
    }
    if at == skip {
        return None;
    }
    let c = match value {
        0 => '\u{fffd}',
        0x80..=0x9f => C1[value as usize - 0x80],
        value => char::from_u32(value).unwrap_or('\u{fffd}'),
    };
    Some((c, at + usize::from(rest.get(at) == Some(&b';'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_browsers_read_them() {
        let text = |s| reference(s, Within::Text);
        assert_eq!(text("&eacute;x"), Some(('é', 8)));
        assert_eq!(text("&eacutex"), Some(('é', 7)));
        assert_eq!(text("&ampx"), Some(('&', 4)));
        assert_eq!(text("&#105;"), Some(('i', 6)));
        assert_eq!(text("&#x69diot"), Some(('\u{69d}', 6)));
        assert_eq!(text("&#X69;"), Some(('i', 6)));
        assert_eq!(text("&#150;"), Some(('–', 6)));
        assert_eq!(text("&#99999999999;"), Some(('\u{fffd}', 14)));
        assert_eq!(text("&wcirc;"), Some(('ŵ', 7)));
        for none in ["&", "& ", "&#", "&#x", "&#;", "&nosuch;", "&wcirc", "&é"] {
            assert_eq!(text(none), None, "{none}");
        }
        assert_eq!(reference("&copy=2", Within::Attribute), None);
        assert_eq!(reference("&copy;=2", Within::Attribute), Some(('©', 6)));
    }

    #[test]
    fn the_names_are_sorted() {
        assert!(WITHOUT_SEMICOLON.is_sorted());
    }
}
