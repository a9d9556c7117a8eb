//! What a part is by its nature, whatever its type says: text or not, marked up or not, prose or
//! rows, a file in another writing, letters that are shown backwards.

use super::{TextKind, view::Lines};
use crate::message::Part;

/// Whether letters are to be shown from the other side, whatever their alphabet: a reader sees
/// the words backwards. Embeddings and isolates, which mail in Arabic or Hebrew uses, do not.
pub(super) fn overrides_direction(text: &str, kind: TextKind) -> bool {
    let has = |mark: &str| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some();
    let by_markup = || has("<bdo") || has("<BDO") || has("bidi-override");
    has("\u{202e}") || has("\u{202d}") || kind == TextKind::Html && by_markup()
}

/// How a text of this type is marked up. Tags of any kind split words for a pattern only.
pub(super) fn text_kind(media_type: &str) -> TextKind {
    let marked_up = media_type.contains("html") || matches!(media_type, "text/enriched" | "text/richtext");
    if marked_up { TextKind::Html } else { TextKind::Plain }
}

/// Whether the lines of a text are rows or fields rather than prose.
pub(super) fn lines_of(part: &Part<'_>) -> Lines {
    let sub = part.media_type.split_once('/').map_or("", |(_, sub)| sub);
    let is = |types: &[&str], endings| types.iter().any(|t| sub.contains(t)) || named(part, endings);
    if is(&["calendar", "vcard", "directory"], &["ics", "vcf"]) {
        Lines::Folded
    } else if is(&["csv", "tab-separated", "json", "status"], &["csv", "tsv", "json"]) {
        Lines::Rows
    } else {
        Lines::Kept
    }
}

fn named(part: &Part<'_>, endings: &[&str]) -> bool {
    let ending = part.file_name.as_deref().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    ending.is_some_and(|e| endings.iter().any(|known| known.eq_ignore_ascii_case(e)))
}

/// Whether a part that is no text by its type is one by its nature: by type, or by the
/// file's name when the type says nothing.
pub(super) fn text_like(part: &Part<'_>, bytes: &[u8]) -> Option<TextKind> {
    let (class, sub) = part.media_type.split_once('/').unwrap_or_default();
    let by_type = class == "message"
        || class == "text"
        || sub.ends_with("+xml") && class == "application"
        || sub.ends_with("+json")
        || matches!(
            part.media_type.as_str(),
            "application/json"
                | "application/pgp-signature"
                | "application/pgp-keys"
                | "application/xml"
                | "application/ics"
                | "application/csv"
                | "application/x-csv"
                | "application/sql"
                | "application/yaml"
        );
    // Office programs' types are often given to CSV files.
    let by_name =
        named(part, &["txt", "csv", "tsv", "ics", "vcf", "json", "xml", "md", "log", "eml", "htm", "html"]);
    if !(by_type || by_name) || is_no_text(bytes) {
        return None;
    }
    let html = sub == "xhtml+xml" || named(part, &["htm", "html"]);
    Some(if html { TextKind::Html } else { TextKind::Plain })
}

/// Whether what is called a text is, or carries, a file in another writing: RTF, BinHex
/// (RFC 1741), yEnc, uuencode.
pub(super) fn is_file_as_text(text: &str) -> bool {
    let has = |mark: &[u8]| memchr::memmem::find(text.as_bytes(), mark).is_some();
    text.trim_start().starts_with("{\\rtf")
        || has(b"=ybegin ")
        || has(b"(This file must be converted with BinHex")
        || has_uuencoded(text)
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
pub(super) fn is_no_text(bytes: &[u8]) -> bool {
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
