//! What a part is by its nature, whatever its type says: text or not, marked up or not, prose or
//! rows, a file in another writing, letters that are shown backwards.

use super::{TextKind, view::Lines};
use crate::{files::is_no_text, message::Part};

/// Whether letters are to be shown from the other side, whatever their alphabet: a reader sees
/// the words backwards. Embeddings and isolates, which mail in Arabic or Hebrew uses, do not.
pub(super) fn overrides_direction(text: &str, kind: TextKind) -> bool {
    let has = |mark: &str| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some();
    let by_markup = || has("<bdo") || has("<BDO") || has("bidi-override");
    let by_reference =
        || ["&#8238", "&#8237", "&#x202e", "&#x202d", "&#x202E", "&#x202D"].iter().any(|r| has(r));
    has("\u{202e}") || has("\u{202d}") || kind == TextKind::Html && (by_markup() || by_reference())
}

/// A page under the type of a plain text, which some programs show as a page.
pub(super) fn looks_like_html(text: &str) -> bool {
    let head = text.trim_start().get(..14).unwrap_or_default().to_ascii_lowercase();
    head.starts_with("<html") || head.starts_with("<!doctype html")
}

/// Letters that are there for programs and not for eyes: tag characters, but for those of flags, and the codes by which
/// terminals colour and overwrite.
pub(super) fn has_unseen_letters(text: &str) -> bool {
    let bytes = text.as_bytes();
    let finder = memchr::memmem::find_iter(bytes, "\u{e0020}".as_bytes().get(..3).unwrap_or_default());
    let tags = finder.take(1_000).count();
    let flags = memchr::memmem::find_iter(bytes, "\u{1f3f4}").take(1_000).count();
    tags > flags * 8 || memchr::memmem::find(bytes, b"\x1b[").is_some() || memchr::memchr(8, bytes).is_some()
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
