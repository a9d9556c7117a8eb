//! The entities that a page declares itself (XML 1.0, section 4.2): what they stand for, expanded within a bound.

use std::collections::HashMap;

/// Own entities, and the longest text of one with all that it names.
const MOST: usize = 256;
const LONGEST: usize = 4_096;
/// How far the end of a reference is looked for.
const LONGEST_NAME: usize = 64;
/// Entities in entities.
const DEEPEST: usize = 6;
/// References in one of them.
const MOST_STEPS: usize = 5_000;
/// How far from the start of a page they are declared.
const HEAD: usize = 64 * 1024;

#[derive(Default)]
pub(super) struct Own {
    texts: HashMap<String, String>,
}

impl Own {
    pub(super) fn of(source: &str) -> Self {
        let head = &source[..source.floor_char_boundary(HEAD)];
        let mut texts = HashMap::new();
        let mut rest = head;
        while texts.len() < MOST
            && let Some(at) = memchr::memmem::find(rest.as_bytes(), b"<!ENTITY")
        {
            rest = &rest[at + 8..];
            let mut words = rest.trim_start().splitn(2, |c: char| c.is_ascii_whitespace());
            let (Some(name), Some(after)) = (words.next(), words.next()) else { break };
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            if let Some((quote, text)) = quote.and_then(|q| Some((q, after.get(1..)?)))
                && let Some((text, _)) = text.split_once(quote)
            {
                // The first declaration holds.
                texts.entry(name.to_owned()).or_insert_with(|| cut(text).to_owned());
            }
        }
        let whole = texts.keys().map(|name| {
            let (mut out, mut steps) = (String::new(), MOST_STEPS);
            expand(&texts, &texts[name], 0, &mut steps, &mut out);
            (name.clone(), out)
        });
        Self { texts: whole.collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// What the reference at the start of `text` stands for, and its length.
    pub(super) fn at(&self, text: &str) -> Option<(&str, usize)> {
        if self.texts.is_empty() {
            return None;
        }
        let rest = text.strip_prefix('&')?;
        let end = rest.bytes().take(LONGEST_NAME).position(|b| b == b';')?;
        Some((self.texts.get(rest.get(..end)?)?, end + 2))
    }

    /// Whether one of them is named.
    pub(super) fn is_in(&self, text: &str) -> bool {
        !self.texts.is_empty()
            && memchr::memchr_iter(b'&', text.as_bytes()).any(|at| self.at(&text[at..]).is_some())
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}

/// Work ends with the steps, also where what is named is empty.
fn expand(texts: &HashMap<String, String>, text: &str, depth: usize, steps: &mut usize, out: &mut String) {
    let mut rest = text;
    while out.len() < LONGEST
        && *steps > 0
        && let Some(at) = rest.find('&')
    {
        *steps -= 1;
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(LONGEST_NAME).position(|b| b == b';');
        let named = end.and_then(|end| Some((texts.get(rest.get(1..end)?)?, end + 1)));
        match named {
            Some((inner, length)) if depth < DEEPEST => {
                expand(texts, inner, depth + 1, steps, out);
                rest = &rest[length..];
            }
            _ => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out.truncate(out.floor_char_boundary(LONGEST));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_entities_are_expanded_within_a_bound() {
        let page = "<!DOCTYPE x [<!ENTITY a 'UPN &b;1'><!ENTITY b \"H8&#65;\"><!ENTITY r '&r;'>]><p>&a;</p>";
        let own = Own::of(page);
        assert_eq!(own.at("&a; x"), Some(("UPN H8&#65;1", 3)));
        assert_eq!(own.at("&c;"), None);
        assert!(own.is_in("so &b;") && !own.is_in("so &amp;"));
        let laughs: String =
            (1..20).map(|n| format!("<!ENTITY l{n} '{}'>", format!("&l{};", n - 1).repeat(50))).collect();
        let own = Own::of(&format!("<!ENTITY l0 'lollollol'>{laughs}"));
        assert!(own.texts.values().all(|text| text.len() <= LONGEST));
    }
}
