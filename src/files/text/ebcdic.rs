//! Text as IBM's large machines write it (code page 37, whose letters and digits all their code pages share).

/// Bytes from 0x40 on; a dot for what English and Welsh text does not have.
const FROM_40: &[u8; 192] = b" ...........<(+|&.........!$*);.-/.........,%_>?.........`:#@'=\"\
.abcdefghi.......jklmnopqr.......~stuvwxyz......^.........[]....{ABCDEFGHI......}JKLMNOPQR......\\.STUVWXYZ......0123456789......";

/// Whether bytes that are no UTF-8 are such text: there is no blank and no line feed of ASCII in it, hardly anything
/// but its letters, digits, blanks and marks, and letters and digits are many of them.
pub(super) fn is_ebcdic(head: &[u8]) -> bool {
    if head.len() < 16 || head.contains(&b' ') || head.contains(&b'\n') {
        return false;
    }
    let letters = head.iter().filter(|byte| **byte >= 0x80 && sign(**byte).is_ascii_alphanumeric()).count();
    let known = head
        .iter()
        .filter(|byte| matches!(byte, 0x05 | 0x0d | 0x15 | 0x25) || sign(**byte) != b'.' || **byte == 0x4b);
    letters * 2 > head.len() && known.count() * 20 >= head.len() * 19
}

pub(super) fn decode(bytes: &[u8]) -> String {
    let decoded = |byte: &u8| match byte {
        0x05 => '\t',
        0x0d => '\r',
        0x15 | 0x25 => '\n',
        byte => char::from(sign(*byte)),
    };
    bytes.iter().map(decoded).collect()
}

fn sign(byte: u8) -> u8 {
    let at = byte.checked_sub(0x40).map(usize::from);
    at.and_then(|at| FROM_40.get(at)).copied().unwrap_or(b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_a_large_machine_is_read() {
        let list = b"\xc6\x96\x99\x94\x6b\xd5\xa4\x94\x82\x85\x99\x25\xf7\xc2\x6b\xf1\xf2\xf3\xf4\xf5\x25";
        assert!(is_ebcdic(list));
        assert_eq!(decode(list), "Form,Number\n7B,12345\n");
    }

    #[test]
    fn other_charsets_are_not_it() {
        for text in ["Привет всем, это письмо", "これは手紙です。よろしく"] {
            for encoding in
                [encoding_rs::WINDOWS_1251, encoding_rs::KOI8_R, encoding_rs::SHIFT_JIS, encoding_rs::EUC_JP]
            {
                let bytes = encoding.encode(text).0;
                assert!(!is_ebcdic(&bytes), "{text} in {}", encoding.name());
            }
        }
        assert!(!is_ebcdic("ŴŵŶŷŴŵŶŷŴŵŶŷ".as_bytes()));
    }
}
