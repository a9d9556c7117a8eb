//! What controls, lists of choices and links say in attributes (ODF 1.3 part 3, sections 7.7, 9 and 13).

use crate::files::xml::Tag;

/// What an element says in attributes, in cells; `None` for any other element.
pub(super) fn said(tag: &Tag<'_>) -> Option<String> {
    let keys: &[&str] = match tag.name() {
        "textarea" | "text" | "checkbox" | "combobox" | "listbox" | "option" | "item" | "fixed-text"
        | "button" | "image" | "radio" | "value-label" | "formatted-text" | "password" | "hidden"
        | "date" | "time" | "number" | "frame" | "image-frame" | "label" | "file" | "column" | "grid"
        | "generic-control" => &["label", "title", "value", "current-value"],
        "help-message" | "error-message" => &["title"],
        "scenario" => &["comment"],
        // A list of what may be chosen: `cell-content-is-in-list("a";"b")`.
        "content-validation" => &["condition"],
        _ => return None,
    };
    let texts: Vec<String> =
        keys.iter().filter_map(|key| tag.get(key)).filter(|text| !text.is_empty()).collect();
    let has_words = tag.name() != "content-validation" || texts.iter().any(|text| text.contains('"'));
    (!texts.is_empty() && has_words).then(|| texts.join("\t"))
}
