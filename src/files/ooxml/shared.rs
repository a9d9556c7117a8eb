//! What all sheets of a workbook share: strings (ECMA-376 part 1, section 18.4) and formats of cells (18.8).

use super::{drawn, numbers, styles::nearly_white, xstring};
use crate::files::{
    Budget, Shown, Writing,
    xml::{Node, Xml},
};
use std::borrow::Cow;

/// What all sheets of a workbook share.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) styles: Vec<Format>,
    pub(super) strings: Vec<String>,
}

/// How a cell shows its value.
#[derive(Clone, Debug, Default)]
pub(super) struct Format {
    pub(super) code: String,
    /// White letters on no ground, or a format that shows nothing.
    pub(super) hidden: bool,
}

/// Shared strings (section 18.4); phonetic readings are left out.
pub(super) fn strings(source: &[u8], budget: &mut Budget) -> Vec<String> {
    let mut xml = Xml::new(source);
    let (mut out, mut own, mut in_text, mut phonetic) = (Vec::new(), String::new(), false, false);
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) => match tag.name() {
                "si" => own.clear(),
                "t" => in_text = true,
                "rPh" => phonetic = true,
                _ => {}
            },
            Node::End(name) => match &*name {
                "si" => out.push(match xstring::unescaped(&own) {
                    Cow::Borrowed(_) => std::mem::take(&mut own),
                    Cow::Owned(text) => text,
                }),
                "t" => in_text = false,
                "rPh" => phonetic = false,
                _ => {}
            },
            Node::Text(text) if in_text && !phonetic => own.push_str(&text),
            Node::Text(_) => {}
        }
    }
    xml.tell("shared strings", "xlsx", budget);
    out
}

/// The formats of cells (section 18.8), by their index.
pub(super) fn formats(source: &[u8], budget: &mut Budget) -> Vec<Format> {
    let mut xml = Xml::new(source);
    let mut codes = std::collections::HashMap::new();
    let (mut white, mut filled, mut formats) = (Vec::new(), Vec::new(), Vec::new());
    let (mut section, mut words) = (String::new(), String::new());
    while let Some(node) = xml.next(budget) {
        let Node::Start(tag) = node else { continue };
        match tag.name() {
            // Formats of conditions: their words are shown where the condition holds.
            "numFmt" if section == "dxfs" => {
                words.push_str(&drawn::format_words(&tag));
                words.push('\n');
            }
            // Styles that somebody named.
            "cellStyle" if tag.get("builtinId").is_none() => {
                words.push_str(&tag.get("name").unwrap_or_default());
                words.push('\n');
            }
            "numFmt" => {
                codes.extend(tag.number("numFmtId").zip(tag.get("formatCode")));
            }
            name @ ("fonts" | "fills" | "cellXfs" | "cellStyleXfs" | "dxfs" | "borders") => {
                section = name.to_owned()
            }
            "font" if section == "fonts" => white.push(false),
            "color" if section == "fonts" => {
                if let Some(last) = white.last_mut() {
                    *last = tag.get("rgb").is_some_and(|rgb| nearly_white(&rgb)) || tag.is("theme", "0");
                }
            }
            "fill" if section == "fills" => filled.push(false),
            "patternFill" if section == "fills" => {
                if let Some(last) = filled.last_mut() {
                    *last = !tag.is("patternType", "none");
                }
            }
            "gradientFill" => filled.last_mut().into_iter().for_each(|last| *last = true),
            "xf" if section == "cellXfs" => {
                let id = tag.number("numFmtId").unwrap_or(0);
                let code = codes.get(&id).cloned().unwrap_or_else(|| numbers::built_in(id).to_owned());
                let on = |list: &[bool], key: &str| {
                    tag.number(key).and_then(|id| list.get(id as usize)).copied().unwrap_or(false)
                };
                let hidden = code == ";;;" || (on(&white, "fontId") && !on(&filled, "fillId"));
                formats.push(Format { code, hidden });
            }
            _ => {}
        }
    }
    budget.text("styles", Shown::Hidden, Writing::Plain, words);
    formats
}
