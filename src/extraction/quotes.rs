//! Where a text stops being the sender's own words and quotes an earlier message.

use super::TextKind;

/// The byte offset in the decoded `source` at which the quoted thread begins: the first
/// line of a reply's or forward's quotation, or in HTML the tag that opens it (text put
/// there stands above the quotation). `None` when nothing is quoted. Linear in `source`.
pub fn first_quote(kind: TextKind, source: &str) -> Option<usize> {
    match kind {
        TextKind::Plain => source.starts_with('>').then_some(0),
        TextKind::Html => source.find("<blockquote"),
    }
}
