//! Signs that are written by their place in a font (ECMA-376 part 1, section 17.3.3.30).

/// Greek letters at the places of Latin ones in the font Symbol; capitals, then small letters.
const SYMBOL: [&str; 2] = ["ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", "αβχδεφγηιϕκλμνοπθρστυϖωξψζ"];

/// What a sign of a font shows; `None` where nothing is known of it.
pub(in crate::files) fn sign(font: &str, code: u32) -> Option<char> {
    // Fonts of symbols lie in a private area.
    let place = if (0xf000..=0xf0ff).contains(&code) { code - 0xf000 } else { code };
    let byte = u8::try_from(place).ok();
    let font = font.to_ascii_lowercase();
    match byte {
        Some(byte) if font == "symbol" => match byte {
            b'A'..=b'Z' => SYMBOL[0].chars().nth(usize::from(byte - b'A')),
            b'a'..=b'z' => SYMBOL[1].chars().nth(usize::from(byte - b'a')),
            0x20..=0x7e => Some(char::from(byte)),
            _ => None,
        },
        // Numbers in circles: white ones, then black ones.
        Some(byte) if font == "wingdings" => circled(byte, 0x80, 0x8b),
        Some(byte) if font == "wingdings 2" => circled(byte, 0x69, 0x74),
        Some(_) if font.contains("dings") => None,
        Some(byte @ (0x20..=0x7e | 0xa0..)) => Some(char::from(byte)),
        // As Windows has them.
        Some(byte @ 0x80..=0x9f) => encoding_rs::WINDOWS_1252.decode(&[byte]).0.chars().next(),
        Some(_) => None,
        None => char::from_u32(code).filter(|c| !('\u{e000}'..='\u{f8ff}').contains(c)),
    }
}

fn circled(byte: u8, white: u8, black: u8) -> Option<char> {
    let number = match byte {
        byte if (white..=white + 10).contains(&byte) => byte - white,
        byte if (black..=black + 10).contains(&byte) => byte - black,
        _ => return None,
    };
    // A ten in one sign is two digits.
    Some(if number == 10 { '⑩' } else { char::from(b'0' + number) })
}

/// Digits that were typed in a font of symbols; everything else in the private area stays.
pub(in crate::files) fn digit(c: char) -> char {
    match c {
        '\u{f030}'..='\u{f039}' => char::from(b'0' + (u32::from(c) - 0xf030) as u8),
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_what_their_font_shows() {
        assert_eq!(sign("Symbol", 0xf035), Some('5'));
        assert_eq!(sign("Symbol", 0xf050), Some('Π'));
        assert_eq!(sign("Wingdings", 0xf084), Some('4'));
        assert_eq!(sign("Wingdings", 0xf0fc), None);
        assert_eq!(sign("Arial", 0xf04e), Some('N'));
        assert_eq!(sign("Cambria Math", 0x2211), Some('∑'));
        assert_eq!(sign("Odd", 0xe123), None);
        assert_eq!([digit('\u{f037}'), digit('\u{f0b7}')], ['7', '\u{f0b7}']);
    }
}
