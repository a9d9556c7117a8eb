//! Files that are text: plain, in rows, or in lines of properties.

mod binhex;
pub(super) mod charset;
mod conditional;
pub(super) mod directory;
mod ebcdic;
pub(super) mod entities;
mod json;
mod otherwise;
pub(super) mod rows;
mod script;
mod sylk;

pub(super) use otherwise::as_text;
pub use script::texts as texts_of_script;

use super::{
    as_text,
    budget::Budget,
    bytes::unbase64,
    model::{Limit, Reason, Shown, Writing},
    open::{self, File},
};

/// How far before an attribute its tag may begin.
const LONGEST_TAG: usize = 1024;

/// A text file: rows where it has them, else as it is.
pub(super) fn read(file: &File<'_>, budget: &mut Budget) {
    let text = charset::decode(file.bytes, file.charset());
    if sylk::is_sylk(&text) {
        return sylk::read_sylk(&text, budget);
    }
    if sylk::is_dif(&text) {
        return sylk::read_dif(&text, budget);
    }
    if let Some(other) = charset::utf7(&text) {
        budget.unseen("", other);
    }
    if binhex::is_in(&text) {
        binhex::read(&text, budget);
    }
    let in_rows = file.has_ending(&["csv", "tsv", "tab", "xls", "xlsx"])
        || file.is_of_type(&["text/csv", "text/tab-separated-values", "application/csv"]);
    if let Some(separator) = rows::separator(&text, in_rows) {
        return rows::read(&text, separator, budget);
    }
    armored(&text, budget);
    if !json::is_called_so(file) {
        return budget.text("", Shown::Visible, Writing::Plain, text);
    }
    if file.has_ending(&["ipynb"]) {
        budget.text("cells", Shown::Visible, Writing::Plain, json::joined(&text));
    }
    budget.text("", Shown::Visible, Writing::Rows, json::shown(text));
}

/// Opens an OpenPGP message that stands in a text.
pub(super) fn armored(text: &str, budget: &mut Budget) {
    if let Some(armor) = as_text::armor_in(text) {
        open::within(None, None, armor.as_bytes(), budget);
    }
}

/// Opens the pictures and other files that lie in `data:` references (RFC 2397) of a page or a drawing.
pub(super) fn data_references(source: &str, budget: &mut Budget) {
    let mut number = 0;
    let mut rest = source;
    while let Some(at) = rest.find("data:") {
        let reference = rest.get(at + 5..).unwrap_or_default();
        let end = reference.find(['"', '\'', ')', '<', '>', ' ']).unwrap_or(reference.len());
        let (reference, behind) = reference.split_at_checked(end).unwrap_or((reference, ""));
        rest = behind;
        let Some((media_type, content)) = reference.split_once(";base64,") else { continue };
        // Texts are read with the page (extraction/embedded.rs).
        if media_type.starts_with("text/") {
            continue;
        }
        number += 1;
        let place = format!("picture {number}");
        if let Err(limit) = budget.member() {
            return budget.missed(&place, "picture", Reason::Limit(limit));
        }
        open::within(Some(&place), Some(media_type), &unbase64(content.as_bytes()), budget);
    }
}

/// A page as Word and Outlook show it, where that is another one.
pub(super) fn as_office_shows(source: &str, budget: &mut Budget) {
    if let Some(other) = conditional::as_office_shows(source) {
        budget.text("in Office", Shown::Hidden, Writing::Html, other);
    }
}

/// What scripts of a page or a drawing write from codes.
pub(super) fn written_by_script(source: &str, budget: &mut Budget) {
    let (texts, is_cut) = script::texts(source);
    budget.unseen("script", texts);
    if is_cut {
        budget.missed("script", "html", Reason::Limit(Limit::Steps));
    }
}

/// Whether a page or a drawing has a program in it.
pub(super) fn has_script(source: &str) -> bool {
    let lower = source.to_ascii_lowercase();
    lower.contains("<script")
        || lower.contains("javascript:")
        || lower.contains("vbscript:")
        || has_handler(&lower)
}

/// An attribute such as `onload=`.
fn has_handler(lower: &str) -> bool {
    lower.match_indices(" on").any(|(at, _)| {
        let rest = lower.get(at + 3..).unwrap_or_default();
        let letters = rest.bytes().take_while(u8::is_ascii_lowercase).count();
        // No one looks for the tag's begin farther than a tag is long.
        let before =
            lower.get(lower.floor_char_boundary(at.saturating_sub(LONGEST_TAG))..at).unwrap_or_default();
        let in_tag = || before.rfind('<') > before.rfind('>');
        (3..20).contains(&letters)
            && rest.get(letters..).is_some_and(|rest| rest.trim_start().starts_with('='))
            && in_tag()
    })
}
