//! Whether bytes that are called a text are one: files in another writing, pasted files, binary formats.

use crate::message::openpgp::BEGIN;

const END: &str = "-----END PGP MESSAGE-----";

/// Whether what is called a text is, or carries, a file in another writing: RTF, BinHex
/// (RFC 1741), yEnc, uuencode.
pub fn is_file_as_text(text: &str) -> bool {
    let has = |mark: &[u8]| memchr::memmem::find(text.as_bytes(), mark).is_some();
    text.trim_start().starts_with("{\\rtf")
        || has(b"=ybegin ")
        || has(b"(This file must be converted")
        || has_uuencoded(text)
}

/// Where an OpenPGP message in armour stands in a text that says more than it: from the first to the end of the last.
pub fn armor_in(text: &str) -> Option<&str> {
    let start = memchr::memmem::find(text.as_bytes(), BEGIN.as_bytes())?;
    let end = text.rfind(END).map(|at| at + END.len()).filter(|end| *end > start);
    text.get(start..end.unwrap_or(text.len()))
}

/// Whether a file is pasted into the text as uuencode (POSIX), which Outlook shows as an
/// attachment.
fn has_uuencoded(text: &str) -> bool {
    let begins = |line: &str| {
        let mode = line.split(' ').next().unwrap_or_default();
        (3..=4).contains(&mode.len())
            && mode.bytes().all(|b| matches!(b, b'0'..=b'7'))
            && line.lines().next().is_some_and(|l| l.trim_end().len() > mode.len() + 1)
    };
    let mut found = memchr::memmem::find_iter(text.as_bytes(), "begin ");
    found.any(|at| {
        let starts_line = at.checked_sub(1).is_none_or(|before| text.as_bytes()[before] == b'\n');
        starts_line && text.get(at + 6..).is_some_and(begins)
    })
}

/// Whether bytes are a file of some binary format: a NUL, a well-known beginning, or many
/// control characters. UTF-16 text has NULs, and a mark in front.
pub fn is_no_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return false;
    }
    let magic: [&[u8]; 4] = [b"PK\x03\x04", b"%PDF-", b"\x89PNG", b"GIF8"];
    // All but white space and the escape of ISO-2022.
    let control = |b: &&u8| matches!(b, 1..=7 | 0x0e..=0x1a | 0x1c..=0x1f);
    head.contains(&0)
        || magic.iter().any(|m| head.starts_with(m))
        || head.iter().filter(control).count() * 32 > head.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_in_text_are_no_text() {
        assert!(has_uuencoded("Hello\nbegin 644 marks.xls\nM...\n"));
        for text in ["begin 644", "begin with 644", "to begin 644 x", "begin 9644 x y"] {
            assert!(!has_uuencoded(text), "{text}");
        }
        assert!(is_no_text(b"a\0b") && is_no_text(b"%PDF-1.4") && is_no_text("\u{1f}‹\u{8}\u{3}".as_bytes()));
        assert!(is_file_as_text("{\\rtf1 x}") && is_file_as_text("x\n=ybegin line=128 size=1 name=a\n"));
        assert!(!is_no_text(b"\xff\xfea\0") && !is_no_text(b"plain"));
    }
}
