//! What codes and glyph names of fonts mean (ISO 32000-2, annex D; Adobe Glyph List).

use super::glyph_names::{NAMES, STANDARD};
use unicode_normalization::char::compose;

/// The encodings that a font may name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Base {
    Standard,
    WinAnsi,
    MacRoman,
    Symbol,
    Dingbats,
}

impl Base {
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"WinAnsiEncoding" | b"PDFDocEncoding" => Some(Self::WinAnsi),
            b"MacRomanEncoding" | b"MacExpertEncoding" => Some(Self::MacRoman),
            b"StandardEncoding" => Some(Self::Standard),
            _ => None,
        }
    }

    pub(super) fn decode(self, code: u8) -> Option<char> {
        match (self, code) {
            (_, 0..=31) => None,
            (Self::Symbol, _) => symbol(code),
            // Signs without a sound: only that something is there matters.
            (Self::Dingbats, _) => Some(if code == 32 { ' ' } else { '\u{2022}' }),
            (Self::Standard, 39) => Some('\u{2019}'),
            (Self::Standard, 96) => Some('\u{2018}'),
            (_, 32..=126) => Some(char::from(code)),
            (Self::Standard, _) => STANDARD.iter().find(|(at, _)| *at == code).map(|(_, c)| *c),
            (Self::WinAnsi, _) => decoded(encoding_rs::WINDOWS_1252, code),
            (Self::MacRoman, _) => decoded(encoding_rs::MACINTOSH, code),
        }
    }
}

fn decoded(encoding: &'static encoding_rs::Encoding, code: u8) -> Option<char> {
    encoding.decode_without_bom_handling(&[code]).0.chars().next().filter(|c| !c.is_control())
}

fn symbol(code: u8) -> Option<char> {
    const UPPER: &str = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ";
    const LOWER: &str = "αβχδεφγηιϕκλμνοπθρστυϖωξψζ";
    match code {
        b'A'..=b'Z' => UPPER.chars().nth(usize::from(code - b'A')),
        b'a'..=b'z' => LOWER.chars().nth(usize::from(code - b'a')),
        32..=126 => Some(char::from(code)),
        0xb7 => Some('•'),
        _ => None,
    }
}

/// The text of a glyph by its name: `eacute`, `uni00E9`, `f_i`, `one.oldstyle`.
pub(super) fn text(name: &str) -> Option<String> {
    let stem = match name.find('.') {
        // `.notdef` has no stem.
        Some(0) => return None,
        Some(dot) => name.get(..dot)?,
        None => name,
    };
    if let Some(c) = single(stem) {
        return Some(c.to_string());
    }
    let parts: Vec<&str> = stem.split('_').collect();
    if parts.len() > 1 {
        return parts.into_iter().take(8).map(single).collect();
    }
    let digits = stem.strip_prefix("uni").filter(|digits| digits.len() > 4 && digits.len() % 4 == 0)?;
    let units = digits.as_bytes().chunks(4).take(8);
    units.map(|unit| hexadecimal(std::str::from_utf8(unit).ok()?)).collect()
}

fn hexadecimal(digits: &str) -> Option<char> {
    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
}

fn single(name: &str) -> Option<char> {
    let mut letters = name.chars();
    if let (Some(only), None) = (letters.next(), letters.next()) {
        return Some(only);
    }
    if let Some(digits) = name.strip_prefix("uni").filter(|digits| digits.len() == 4) {
        return hexadecimal(digits);
    }
    if let Some(digits) = name.strip_prefix('u').filter(|digits| (4..=6).contains(&digits.len()))
        && let Some(c) = hexadecimal(digits)
    {
        return Some(c);
    }
    if let Ok(at) = NAMES.binary_search_by(|(known, _)| (*known).cmp(name)) {
        return NAMES.get(at).map(|(_, c)| *c);
    }
    accented(name).or_else(|| cyrillic(name))
}

/// A letter and the name of its accent.
fn accented(name: &str) -> Option<char> {
    let letter = name.chars().next().filter(char::is_ascii_alphabetic)?;
    let accent = match name.get(1..)? {
        "grave" => '\u{300}',
        "acute" => '\u{301}',
        "circumflex" => '\u{302}',
        "tilde" => '\u{303}',
        "macron" => '\u{304}',
        "breve" => '\u{306}',
        "dotaccent" | "dot" => '\u{307}',
        "dieresis" => '\u{308}',
        "ring" => '\u{30a}',
        "hungarumlaut" => '\u{30b}',
        "caron" => '\u{30c}',
        "cedilla" => '\u{327}',
        "commaaccent" => '\u{326}',
        "ogonek" => '\u{328}',
        "dotbelow" => '\u{323}',
        _ => return None,
    };
    compose(letter, accent)
}

/// `afii10017` to `afii10097`: the Russian alphabet, in which Io has a place of its own.
fn cyrillic(name: &str) -> Option<char> {
    let number: u32 = name.strip_prefix("afii")?.parse().ok()?;
    let (start, first) = match number {
        10017..=10049 => ('А', 10017),
        10065..=10097 => ('а', 10065),
        _ => return None,
    };
    let place = number - first;
    match (place, start) {
        (6, 'А') => Some('Ё'),
        (6, _) => Some('ё'),
        _ => char::from_u32(u32::from(start) + place - u32::from(place > 6)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_letters() {
        assert!(NAMES.is_sorted_by_key(|(name, _)| *name));
        for (name, expected) in [
            ("A", "A"),
            ("eacute", "é"),
            ("Scaron", "Š"),
            ("wcircumflex", "ŵ"),
            ("uni0041", "A"),
            ("f_f_i", "ffi"),
            ("one.oldstyle", "1"),
            ("u1F600", "😀"),
            ("uni00410042", "AB"),
            ("afii10018", "Б"),
            ("afii10071", "ё"),
            ("afii10072", "ж"),
            ("quoteright", "’"),
            ("fi", "ﬁ"),
        ] {
            assert_eq!(text(name).as_deref(), Some(expected), "{name}");
        }
        assert_eq!(text(".notdef"), None);
        assert_eq!(text("g12"), None);
    }

    #[test]
    fn codes_mean_letters() {
        assert_eq!(Base::WinAnsi.decode(0x80), Some('€'));
        assert_eq!(Base::MacRoman.decode(0x8e), Some('é'));
        assert_eq!(Base::Standard.decode(0xae), Some('ﬁ'));
        assert_eq!(Base::Symbol.decode(b'w'), Some('ω'));
    }
}
