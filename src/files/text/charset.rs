//! Bytes of text files to Unicode: by a mark in front, by what a label says, else by trial.

use super::{super::archive::cp437, ebcdic};
use crate::message;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How much is looked at.
const HEAD: usize = 4096;
/// How much the trial of charsets looks at.
const TRIAL: usize = 16 * 1024;

/// Whether bytes are text in some charset: hardly any control characters, NULs only as UTF-16 and
/// UTF-32 have them.
pub(in super::super) fn is_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    if utf32(bytes).is_some() || Encoding::for_bom(bytes).is_some() || utf16_order(head).is_some() {
        return true;
    }
    let control = |byte: &&u8| matches!(byte, 1..=7 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
    !head.contains(&0) && head.iter().filter(control).count() * 32 <= head.len()
}

/// The text of `bytes`; `label` is a charset's name.
pub(in super::super) fn decode(bytes: &[u8], label: Option<&str>) -> String {
    if let Some(text) = utf32(bytes) {
        return text;
    }
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(length..).unwrap_or_default()).0.into_owned();
    }
    if let Some(encoding) = utf16_order(bytes.get(..HEAD).unwrap_or(bytes)) {
        return encoding.decode_without_bom_handling(bytes).0.into_owned();
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && !bytes.contains(&0x1b)
    {
        return text.to_owned();
    }
    let labelled = label.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    match labelled.filter(|encoding| ![REPLACEMENT, UTF_8, UTF_16LE, UTF_16BE].contains(encoding)) {
        Some(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        None => by_trial(bytes),
    }
}

/// Text in the code page of Windows of that number; an unknown one is taken for 1252.
pub(in super::super) fn code_page(number: u32) -> &'static Encoding {
    let label: String = match number {
        65001 => return UTF_8,
        1200 => return UTF_16LE,
        1201 => return UTF_16BE,
        932 | 50220..=50222 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        54936 => "gb18030".to_owned(),
        949 | 51949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        10000 => "macintosh".to_owned(),
        20866 => "koi8-r".to_owned(),
        21866 => "koi8-u".to_owned(),
        28591..=28606 => format!("iso-8859-{}", number - 28590),
        866 => "ibm866".to_owned(),
        874 => "windows-874".to_owned(),
        other => format!("windows-{other}"),
    };
    Encoding::for_label(label.as_bytes()).unwrap_or(WINDOWS_1252)
}

/// The text in another way, where it looks like UTF-7 (RFC 2152), which says what it is by nothing else: several
/// pieces such as `+AGE-` that decode.
pub(in super::super) fn utf7(text: &str) -> Option<String> {
    const LEAST: usize = 3;
    let head = text.get(..text.floor_char_boundary(TRIAL))?;
    let is_piece = |piece: &str| {
        let letters =
            piece.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')).count();
        letters >= 3 && piece.as_bytes().get(letters) == Some(&b'-')
    };
    let pieces = head.split('+').skip(1).filter(|piece| is_piece(piece)).take(LEAST).count();
    if pieces < LEAST {
        return None;
    }
    Some(message::decode_text(text.as_bytes().into(), Some("utf-7")).into_owned())
}

fn by_trial(bytes: &[u8]) -> String {
    let head = bytes.get(..TRIAL).unwrap_or(bytes);
    if looks_like_dos(head) {
        return cp437(bytes);
    }
    if ebcdic::is_ebcdic(head) {
        return ebcdic::decode(bytes);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(head, true);
    let guess = detector.guess(Some(b"uk"), Utf8Detection::Allow);
    // Damaged UTF-8 is still that: most of it is read right.
    let guess = if guess != ISO_2022_JP && is_mostly_utf8(head) { UTF_8 } else { guess };
    guess.decode_without_bom_handling(bytes).0.into_owned()
}

/// Whether more bytes above ASCII belong to valid UTF-8 sequences than do not.
fn is_mostly_utf8(head: &[u8]) -> bool {
    let (mut valid, mut broken) = (0usize, 0usize);
    for chunk in head.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += chunk.invalid().len();
    }
    valid > broken
}

/// Whether accents stand where the code pages of DOS have them: bytes from 0x80 to 0x9f between letters,
/// which Windows gives to quotes and dashes.
fn looks_like_dos(head: &[u8]) -> bool {
    let (mut dos, mut other) = (0usize, 0usize);
    for window in head.windows(3) {
        let [before, byte, after] = window else { continue };
        let between = before.is_ascii_alphabetic() && after.is_ascii_lowercase();
        match byte {
            // In Windows 1252: Š Œ Ž ‘ ’ š œ ž Ÿ, and the apostrophe within a word.
            0x8a | 0x8c | 0x8e | 0x91 | 0x92 | 0x9a | 0x9c | 0x9e | 0x9f => {}
            0x80..=0x9f if between => dos += 1,
            0x80..=0xff => other += 1,
            _ => {}
        }
    }
    dos > other
}

fn utf16_order(head: &[u8]) -> Option<&'static Encoding> {
    let zeros = |skip: usize| head.iter().skip(skip).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), head.len() / 2);
    if half < 2 {
        return None;
    }
    // Latin text has a zero in nearly every unit; a quarter is enough, as for names among CJK.
    match () {
        () if odd * 4 >= half && even * 64 <= half => Some(UTF_16LE),
        () if even * 4 >= half && odd * 64 <= half => Some(UTF_16BE),
        () => None,
    }
}

fn utf32(bytes: &[u8]) -> Option<String> {
    let big = bytes.starts_with(b"\0\0\xfe\xff");
    // FF FE alone is UTF-16, which would have a NUL as its first character.
    if !big && !bytes.starts_with(b"\xff\xfe\0\0") {
        return None;
    }
    let unit = |unit: &[u8; 4]| if big { u32::from_be_bytes(*unit) } else { u32::from_le_bytes(*unit) };
    let units = bytes.get(4..)?.as_chunks::<4>().0.iter().map(unit);
    Some(units.map(|unit| char::from_u32(unit).unwrap_or('\u{fffd}')).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_utf7_is_read_as_that_too() {
        let list = "+AE4-ia, +AEYAbA-ynn, 7+AEI-";
        assert_eq!(utf7(list).as_deref(), Some("Nia, Flynn, 7B"));
        assert_eq!(utf7("1+2-3, a+b-c and x+y-z; +44-1792-000000"), None);
    }

    #[test]
    fn charsets_are_known_by_mark_or_by_trial() {
        let text = "Siân Ŵyn,Dŵr-y-felin\n";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let utf32: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            [b"\xff\xfe", utf16.as_slice()].concat(),
            [b"\xfe\xff", big.as_slice()].concat(),
            [b"\xff\xfe\0\0", utf32.as_slice()].concat(),
            utf16,
            big,
        ] {
            assert!(is_text(&bytes));
            assert_eq!(decode(&bytes, None), text);
            assert_eq!(decode(&bytes, Some("koi8-r")), text);
        }
        for (bytes, is) in [
            (&b"Si\xe2n Pr\xfds, M\xf4n"[..], "Siân Prýs, Môn"),
            (b"Si\x83n Prys and Ren\x82e", "Siân Prys and Renée"),
            (b"caf\xe9 \x93quoted\x94 \x80 12", "café “quoted” € 12"),
            (b"\x1b$B$3$l\x1b(B ok", "これ ok"),
            (b"half \xc3\xa9 and \xc5\xb5 broken \xc3.", "half é and ŵ broken \u{fffd}."),
        ] {
            assert_eq!(decode(bytes, None), is);
        }
        assert_eq!(decode(b"\xcf\xf0\xe8\xe2\xe5\xf2", Some("windows-1251")), "Привет");
        assert!(!is_text(b"a\0b\0\0\x01\x02") && !is_text(&[1, 2, 3, 4]));
    }
}
