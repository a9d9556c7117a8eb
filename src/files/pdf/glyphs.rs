//! What codes and glyph names of fonts mean (ISO 32000-2, annex D; Adobe Glyph List).

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

/// The upper half of StandardEncoding.
const STANDARD: [(u8, char); 51] = [
    (161, '¡'),
    (162, '¢'),
    (163, '£'),
    (164, '/'),
    (165, '¥'),
    (166, 'ƒ'),
    (167, '§'),
    (168, '¤'),
    (169, '\''),
    (170, '“'),
    (171, '«'),
    (172, '‹'),
    (173, '›'),
    (174, 'ﬁ'),
    (175, 'ﬂ'),
    (177, '–'),
    (178, '†'),
    (179, '‡'),
    (180, '·'),
    (182, '¶'),
    (183, '•'),
    (184, '‚'),
    (185, '„'),
    (186, '”'),
    (187, '»'),
    (188, '…'),
    (189, '‰'),
    (191, '¿'),
    (193, '`'),
    (194, '´'),
    (195, 'ˆ'),
    (196, '˜'),
    (197, '¯'),
    (198, '˘'),
    (199, '˙'),
    (200, '¨'),
    (202, '˚'),
    (203, '¸'),
    (205, '˝'),
    (206, '˛'),
    (207, 'ˇ'),
    (208, '—'),
    (225, 'Æ'),
    (227, 'ª'),
    (232, 'Ł'),
    (233, 'Ø'),
    (234, 'Œ'),
    (241, 'æ'),
    (248, 'ł'),
    (249, 'ø'),
    (251, 'ß'),
];

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

/// Names that follow no rule, sorted.
const NAMES: [(&str, char); 247] = [
    ("AE", 'Æ'),
    ("Alpha", 'Α'),
    ("Beta", 'Β'),
    ("Chi", 'Χ'),
    ("Dcroat", 'Đ'),
    ("Delta", 'Δ'),
    ("Eng", 'Ŋ'),
    ("Epsilon", 'Ε'),
    ("Eta", 'Η'),
    ("Eth", 'Ð'),
    ("Euro", '€'),
    ("Gamma", 'Γ'),
    ("Hbar", 'Ħ'),
    ("IJ", 'Ĳ'),
    ("Idot", 'İ'),
    ("Idotaccent", 'İ'),
    ("Iota", 'Ι'),
    ("Kappa", 'Κ'),
    ("Lambda", 'Λ'),
    ("Ldot", 'Ŀ'),
    ("Lslash", 'Ł'),
    ("Mu", 'Μ'),
    ("Nu", 'Ν'),
    ("OE", 'Œ'),
    ("Omega", 'Ω'),
    ("Omicron", 'Ο'),
    ("Oslash", 'Ø'),
    ("Phi", 'Φ'),
    ("Pi", 'Π'),
    ("Psi", 'Ψ'),
    ("Rho", 'Ρ'),
    ("Sigma", 'Σ'),
    ("Tau", 'Τ'),
    ("Tbar", 'Ŧ'),
    ("Theta", 'Θ'),
    ("Thorn", 'Þ'),
    ("Upsilon", 'Υ'),
    ("Xi", 'Ξ'),
    ("Zeta", 'Ζ'),
    ("acute", '´'),
    ("ae", 'æ'),
    ("afii00208", '\u{2015}'),
    ("afii61352", '№'),
    ("alpha", 'α'),
    ("ampersand", '&'),
    ("approxequal", '≈'),
    ("arrowdown", '↓'),
    ("arrowleft", '←'),
    ("arrowright", '→'),
    ("arrowup", '↑'),
    ("asciicircum", '^'),
    ("asciitilde", '~'),
    ("asterisk", '*'),
    ("at", '@'),
    ("backslash", '\\'),
    ("bar", '|'),
    ("beta", 'β'),
    ("braceleft", '{'),
    ("braceright", '}'),
    ("bracketleft", '['),
    ("bracketright", ']'),
    ("breve", '\u{2d8}'),
    ("brokenbar", '¦'),
    ("bullet", '•'),
    ("caron", '\u{2c7}'),
    ("cedilla", '¸'),
    ("cent", '¢'),
    ("checkmark", '✓'),
    ("chi", 'χ'),
    ("circumflex", '\u{2c6}'),
    ("club", '♣'),
    ("colon", ':'),
    ("comma", ','),
    ("copyright", '©'),
    ("currency", '¤'),
    ("dagger", '†'),
    ("daggerdbl", '‡'),
    ("dcroat", 'đ'),
    ("degree", '°'),
    ("delta", 'δ'),
    ("diamond", '♦'),
    ("dieresis", '¨'),
    ("divide", '÷'),
    ("dollar", '$'),
    ("dotaccent", '\u{2d9}'),
    ("dotlessi", 'ı'),
    ("dotlessj", 'ȷ'),
    ("eight", '8'),
    ("eightoldstyle", '8'),
    ("eightsuperior", '⁸'),
    ("ellipsis", '…'),
    ("emdash", '\u{2014}'),
    ("endash", '\u{2013}'),
    ("eng", 'ŋ'),
    ("epsilon", 'ε'),
    ("equal", '='),
    ("estimated", '℮'),
    ("eta", 'η'),
    ("eth", 'ð'),
    ("euro", '€'),
    ("exclam", '!'),
    ("exclamdown", '¡'),
    ("ff", '\u{fb00}'),
    ("ffi", '\u{fb03}'),
    ("ffl", '\u{fb04}'),
    ("fi", '\u{fb01}'),
    ("figuredash", '\u{2012}'),
    ("five", '5'),
    ("fiveoldstyle", '5'),
    ("fivesuperior", '⁵'),
    ("fl", '\u{fb02}'),
    ("florin", 'ƒ'),
    ("four", '4'),
    ("fouroldstyle", '4'),
    ("foursuperior", '⁴'),
    ("fraction", '⁄'),
    ("gamma", 'γ'),
    ("germandbls", 'ß'),
    ("grave", '`'),
    ("greater", '>'),
    ("greaterequal", '≥'),
    ("guillemotleft", '«'),
    ("guillemotright", '»'),
    ("guilsinglleft", '‹'),
    ("guilsinglright", '›'),
    ("hbar", 'ħ'),
    ("heart", '♥'),
    ("horizontalbar", '\u{2015}'),
    ("hungarumlaut", '\u{2dd}'),
    ("hyphen", '-'),
    ("hyphentwo", '\u{2010}'),
    ("ij", 'ĳ'),
    ("infinity", '∞'),
    ("integral", '∫'),
    ("iota", 'ι'),
    ("kappa", 'κ'),
    ("kgreenlandic", 'ĸ'),
    ("lambda", 'λ'),
    ("ldot", 'ŀ'),
    ("less", '<'),
    ("lessequal", '≤'),
    ("logicalnot", '¬'),
    ("longs", 'ſ'),
    ("lozenge", '◊'),
    ("lslash", 'ł'),
    ("macron", '¯'),
    ("middot", '·'),
    ("minus", '−'),
    ("minute", '′'),
    ("mu", 'µ'),
    ("multiply", '×'),
    ("napostrophe", 'ŉ'),
    ("nbspace", '\u{a0}'),
    ("nine", '9'),
    ("nineoldstyle", '9'),
    ("ninesuperior", '⁹'),
    ("nonbreakinghyphen", '\u{2011}'),
    ("nonbreakingspace", '\u{a0}'),
    ("notequal", '≠'),
    ("nu", 'ν'),
    ("numbersign", '#'),
    ("numero", '№'),
    ("oe", 'œ'),
    ("ogonek", '\u{2db}'),
    ("omega", 'ω'),
    ("omicron", 'ο'),
    ("one", '1'),
    ("onehalf", '½'),
    ("oneoldstyle", '1'),
    ("onequarter", '¼'),
    ("onesuperior", '¹'),
    ("ordfeminine", 'ª'),
    ("ordmasculine", 'º'),
    ("oslash", 'ø'),
    ("paragraph", '¶'),
    ("parenleft", '('),
    ("parenright", ')'),
    ("partialdiff", '∂'),
    ("percent", '%'),
    ("period", '.'),
    ("periodcentered", '·'),
    ("perthousand", '‰'),
    ("phi", 'φ'),
    ("phi1", 'ϕ'),
    ("pi", 'π'),
    ("plus", '+'),
    ("plusminus", '±'),
    ("product", '∏'),
    ("psi", 'ψ'),
    ("question", '?'),
    ("questiondown", '¿'),
    ("quotedbl", '"'),
    ("quotedblbase", '\u{201e}'),
    ("quotedblleft", '\u{201c}'),
    ("quotedblright", '\u{201d}'),
    ("quoteleft", '\u{2018}'),
    ("quotereversed", '\u{201b}'),
    ("quoteright", '\u{2019}'),
    ("quotesinglbase", '\u{201a}'),
    ("quotesingle", '\''),
    ("radical", '√'),
    ("registered", '®'),
    ("rho", 'ρ'),
    ("ring", '\u{2da}'),
    ("second", '″'),
    ("section", '§'),
    ("semicolon", ';'),
    ("seven", '7'),
    ("sevenoldstyle", '7'),
    ("sevensuperior", '⁷'),
    ("sfthyphen", '\u{ad}'),
    ("sigma", 'σ'),
    ("sigma1", 'ς'),
    ("six", '6'),
    ("sixoldstyle", '6'),
    ("sixsuperior", '⁶'),
    ("slash", '/'),
    ("softhyphen", '\u{ad}'),
    ("space", ' '),
    ("spade", '♠'),
    ("sterling", '£'),
    ("summation", '∑'),
    ("tau", 'τ'),
    ("tbar", 'ŧ'),
    ("theta", 'θ'),
    ("theta1", 'ϑ'),
    ("thorn", 'þ'),
    ("three", '3'),
    ("threeoldstyle", '3'),
    ("threequarters", '¾'),
    ("threesuperior", '³'),
    ("tilde", '\u{2dc}'),
    ("tonos", '΄'),
    ("trademark", '™'),
    ("two", '2'),
    ("twooldstyle", '2'),
    ("twosuperior", '²'),
    ("underscore", '_'),
    ("underscoredbl", '\u{2017}'),
    ("upsilon", 'υ'),
    ("visiblespace", '␣'),
    ("xi", 'ξ'),
    ("yen", '¥'),
    ("zero", '0'),
    ("zerooldstyle", '0'),
    ("zerosuperior", '⁰'),
    ("zeta", 'ζ'),
];

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
