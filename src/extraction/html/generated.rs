//! Text that style sheets generate: the pieces of `content`, and counters (CSS Generated Content, CSS Lists).

use super::{
    css::unescaped,
    declared::{Declared, Step, Weighed},
    selector::Part,
    sheet::in_order,
};
use std::collections::HashMap;

/// A piece of generated text (CSS Generated Content, section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text(String),
    Attribute(String),
    Counter(String),
}

/// Pieces of one `content`, counters of one declaration.
const MOST_PIECES: usize = 64;
/// Characters that one element generates; counters of a page.
const MOST_MADE: usize = 1_024;
const MOST_COUNTERS: usize = 64;

/// The pieces of `content`: strings, attr(), counter(); what stands behind a `/` is for those who do not see.
pub(super) fn content(value: &str) -> Vec<Content> {
    let mut out = Vec::new();
    let mut rest = value.trim_start();
    while out.len() < MOST_PIECES
        && let Some(c) = rest.chars().next()
    {
        match c {
            '/' => break,
            '"' | '\'' => {
                let (text, after) = string(&rest[1..], c);
                out.push(Content::Text(text));
                rest = after.trim_start();
            }
            _ => {
                let length = rest.find([' ', '"', '\'', '(', '/']).unwrap_or(rest.len()).max(c.len_utf8());
                let word = rest[..length].to_ascii_lowercase();
                rest = &rest[length..];
                if let Some(inner) = rest.strip_prefix('(') {
                    let (inner, after) = inner.split_once(')').unwrap_or((inner, ""));
                    rest = after;
                    let named =
                        inner.split([',', ' ']).find(|n| !n.is_empty()).unwrap_or_default().to_owned();
                    match word.as_str() {
                        "attr" => out.push(Content::Attribute(named)),
                        "counter" | "counters" => out.push(Content::Counter(named)),
                        _ => {}
                    }
                }
                rest = rest.trim_start();
            }
        }
    }
    out
}

/// A string up to its quote, escapes undone, and what follows it.
fn string(text: &str, quote: char) -> (String, &str) {
    let bytes = text.as_bytes();
    let mut end = 0;
    while let Some(b) = bytes.get(end) {
        match b {
            b'\\' => end += 2,
            b if char::from(*b) == quote => break,
            _ => end += 1,
        }
    }
    let end = text.floor_char_boundary(end.min(text.len()));
    (unescaped(&text[..end]), text.get(end + 1..).unwrap_or_default())
}

pub(super) fn counters(value: &str, otherwise: i64) -> Vec<(String, i64)> {
    let mut out: Vec<(String, i64)> = Vec::new();
    for word in value.split_ascii_whitespace().take(MOST_PIECES) {
        match (word.parse(), out.last_mut()) {
            (Ok(n), Some(last)) => last.1 = n,
            (Ok(_), None) => {}
            (Err(_), _) => out.push((word.to_owned(), otherwise)),
        }
    }
    out
}

/// The counters of a page, as they stand.
#[derive(Default)]
pub(super) struct Counters {
    counters: HashMap<String, i64>,
}

impl Counters {
    pub(super) fn count(&mut self, step: Step, by: &[(String, i64)]) {
        for (name, n) in by {
            if self.counters.len() < MOST_COUNTERS || self.counters.contains_key(name) {
                let counter = self.counters.entry(name.clone()).or_default();
                *counter = if step == Step::Set { *n } else { counter.saturating_add(*n) };
            }
        }
    }

    /// The text that rules generate for a part of an element.
    pub(super) fn made(
        &mut self,
        rules: &[(Part, &[Weighed])],
        part: Part,
        attribute: &dyn Fn(&str) -> Option<String>,
    ) -> String {
        let mut content: &[Content] = &[];
        let mut hidden = false;
        for declared in in_order(rules, part, &[]) {
            match declared {
                Declared::Content(pieces) => content = pieces,
                Declared::Display(display) => hidden = *display == super::declared::Display::None,
                Declared::Counters(step, counters) => self.count(*step, counters),
                _ => {}
            }
        }
        let mut out = String::new();
        for piece in content.iter().filter(|_| !hidden) {
            match piece {
                Content::Text(text) => out.push_str(text),
                Content::Attribute(name) => out.push_str(&attribute(name).unwrap_or_default()),
                Content::Counter(name) => {
                    out.push_str(&self.counters.get(name).copied().unwrap_or(0).to_string());
                }
            }
        }
        out.truncate(out.floor_char_boundary(MOST_MADE));
        out
    }
}
