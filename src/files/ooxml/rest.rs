//! The parts of a package that belong to no reader: metadata, charts, pictures, embedded files, and
//! whatever else somebody put there.

use super::{
    drawn_text,
    parts::{self, Parts},
};
use crate::files::{
    Budget, Script, Shown, TraitKind, Writing, open,
    xml::{self, Node, Xml},
};

/// Parts that only say how things look.
const LOOKS: [&str; 16] = [
    "/theme/",
    "/styles.xml",
    "/stylesWithEffects.xml",
    "/fontTable.xml",
    "/webSettings.xml",
    "/numbering.xml",
    "/slideMasters/",
    "/slideLayouts/",
    "/notesMasters/",
    "/handoutMasters/",
    "/tableStyles.xml",
    "/presProps.xml",
    "/viewProps.xml",
    "/calcChain",
    "/printerSettings/",
    "/fonts/",
];

pub(super) fn read(parts: &mut Parts<'_, '_>, budget: &mut Budget) {
    for name in parts.left() {
        read_part(parts, &name, budget);
    }
}

fn read_part(parts: &mut Parts<'_, '_>, name: &str, budget: &mut Budget) {
    let lower = name.to_ascii_lowercase();
    let rooted = format!("/{lower}");
    let has = |part: &str| rooted.contains(&part.to_ascii_lowercase());
    if lower.ends_with(".rels") {
        let folder = lower.split("_rels/").next().unwrap_or_default().trim_end_matches('/').to_owned();
        let source = parts.text(name, budget).unwrap_or_default();
        let relations = parts::relations(&source, &folder, budget);
        return parts::tell_external(&relations, "", budget);
    }
    if LOOKS.iter().any(|part| has(part)) || has("vbaproject") || has("vbadata") || has("[content_types]") {
        return;
    }
    let is_xml = lower.ends_with(".xml") || lower.ends_with(".vml");
    if !is_xml {
        let bytes = parts.bytes(name, budget).unwrap_or_default();
        if has("/embeddings/") && lower.ends_with(".bin") {
            budget.found(&open::cleaned(name), TraitKind::Script(Script::Embedded));
        }
        return open::member(budget, &open::cleaned(name), Some(name), None, &bytes);
    }
    let source = parts.text(name, budget).unwrap_or_default();
    let place = open::cleaned(name.rsplit('/').next().unwrap_or(name));
    if has("/docprops/") {
        let text = properties(&source, budget);
        budget.text("metadata", Shown::Hidden, Writing::Rows, text);
    } else if has("/charts/") || has("/diagrams/") || has("/drawings/") {
        let text = drawn_text(&source, budget);
        if !has("/diagrams/layout") && !has("/diagrams/drawing") {
            budget.text(&place, Shown::Visible, Writing::Plain, text);
        }
    } else if has("/settings.xml") {
        let text = attribute_values(&source, "docVar", &["name", "val"], budget);
        budget.text("metadata", Shown::Hidden, Writing::Rows, text);
    } else if has("/pivotcache/") {
        let text = attribute_values(&source, "s", &["v"], budget);
        budget.text("pivot cache", Shown::Hidden, Writing::Rows, text);
    } else if has("/connections.xml") || has("/querytables/") {
        budget.found("", TraitKind::RemoteContent);
        let text = all_attributes(&source, budget);
        budget.text(&place, Shown::Hidden, Writing::Rows, text);
    } else if has("/externallinks/") {
        if memchr::memmem::find(&source, b"ddeLink").is_some() {
            budget.found("", TraitKind::Script(Script::Active));
        }
        let text = xml::all_text(&source, budget);
        budget.text(&place, Shown::Hidden, Writing::Plain, text);
    } else if has("/persons/") || has("authors.xml") {
        let text = all_attributes(&source, budget);
        budget.text("metadata", Shown::Hidden, Writing::Rows, text);
    } else {
        let text = xml::all_text(&source, budget);
        budget.text(&place, Shown::Hidden, Writing::Plain, text);
    }
}

/// Rows of an element's name, and its text (section 15.2.12).
fn properties(source: &[u8], budget: &mut Budget) -> String {
    let mut xml = Xml::new(source);
    let (mut out, mut name) = (String::new(), String::new());
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) => {
                let own = tag.get("name").unwrap_or_else(|| tag.name().to_owned());
                // `<vt:lpwstr>` within a property that has a name.
                if !matches!(
                    tag.name(),
                    "lpwstr" | "lpstr" | "vector" | "variant" | "i4" | "bool" | "filetime"
                ) {
                    name = own;
                }
            }
            // Counts and switches say nothing of anybody.
            Node::Text(text)
                if text.parse::<f64>().is_err() && !matches!(text.trim(), "" | "true" | "false") =>
            {
                out.push_str(&format!("{name}\t{}\n", text.trim()));
            }
            _ => {}
        }
    }
    out
}

/// The values of some attributes of one kind of element, a row each.
fn attribute_values(source: &[u8], element: &str, names: &[&str], budget: &mut Budget) -> String {
    let mut xml = Xml::new(source);
    let mut out = String::new();
    while let Some(node) = xml.next(budget) {
        let Node::Start(tag) = node else { continue };
        if tag.name() == element {
            let values: Vec<String> = names.iter().filter_map(|name| tag.get(name)).collect();
            out.push_str(&values.join("\t"));
            out.push('\n');
        }
    }
    out
}

fn all_attributes(source: &[u8], budget: &mut Budget) -> String {
    let mut xml = Xml::new(source);
    let mut out = String::new();
    while let Some(node) = xml.next(budget) {
        let Node::Start(tag) = node else { continue };
        let values: Vec<_> = tag
            .attributes()
            .map(|(_, value)| value)
            .filter(|value| value.chars().any(char::is_alphabetic) && !value.starts_with("http://schemas"))
            .collect();
        if !values.is_empty() {
            out.push_str(&values.join("\t"));
            out.push('\n');
        }
    }
    out
}
