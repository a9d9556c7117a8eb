//! Names within archives, in the charsets that archivers write.

/// The upper half of code page 437, which old zips are in; 850, the United Kingdom's, has the same
/// letters at the places of the accents that English and Welsh names use.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// A name in UTF-8 when it says so or is that, else in code page 437.
pub(in super::super) fn decode(name: &[u8], says_utf8: bool) -> String {
    match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) if says_utf8 => String::from_utf8_lossy(name).into_owned(),
        Err(_) => cp437(name),
    }
}

/// Text in code page 437.
pub(in super::super) fn cp437(text: &[u8]) -> String {
    let upper: Vec<char> = CP437.chars().collect();
    let decoded = |byte: &u8| match byte.checked_sub(128) {
        Some(at) => upper.get(usize::from(at)).copied().unwrap_or('\u{fffd}'),
        None => char::from(*byte),
    };
    text.iter().map(decoded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_old_and_new_zips_are_read() {
        assert_eq!(CP437.chars().count(), 128);
        assert_eq!(decode(b"Si\x83n Prys.csv", false), "Siân Prys.csv");
        assert_eq!(decode("Siân.csv".as_bytes(), false), "Siân.csv");
    }
}
