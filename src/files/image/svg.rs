//! SVG 2: markup whose text is read as that of a page is, programs, and what it loads from elsewhere.

use super::super::{
    budget::Budget,
    model::{Reason, Script, Shown, TraitKind, Writing},
    text::{data_references, has_script, written_by_script},
};

/// Drawings of this many bytes without any text may be letters drawn as paths.
const LARGE: usize = 20 * 1024;

pub(in super::super) fn read(source: &str, budget: &mut Budget) {
    if has_script(source) {
        budget.found("", TraitKind::Script(Script::Active));
        written_by_script(source, budget);
    }
    let lower = source.to_ascii_lowercase();
    let loads = ["<image", "<use", "<feimage", "<foreignobject", "@import", "<!entity"];
    if loads.iter().any(|mark| lower.contains(mark))
        && (lower.contains("http://") || lower.contains("https://"))
        && references(&lower)
    {
        budget.found("", TraitKind::RemoteContent);
    }
    budget.text("", Shown::Visible, Writing::Html, source.to_owned());
    if source.len() > LARGE && lower.contains("<path") && !lower.contains("<text") {
        budget.missed("", "svg", Reason::Picture);
    }
    data_references(source, budget);
}

/// Whether an attribute or a rule, not only a namespace, leads to the Web.
fn references(lower: &str) -> bool {
    ["href=\"http", "href='http", "url(http", "src=\"http", "system \"http", "@import \"http"]
        .iter()
        .any(|mark| lower.contains(mark))
}
