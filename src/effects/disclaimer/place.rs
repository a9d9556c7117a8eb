//! Where in a text a disclaimer belongs, and how it stands there: above the first quoted
//! line, else at the end, set apart by a blank line.

use super::{
    CLASS,
    model::{Disclaimer, NotApplied, letters},
    target::{Text, shown_text},
};
use crate::{
    effects::html,
    extraction::{TextKind, first_quote},
    message::Message,
};

/// An insertion into a decoded text.
#[derive(Debug)]
pub(super) struct Insertion {
    pub(super) at: usize,
    pub(super) text: String,
}

/// Lines end as those of `source` do; when it has only one, by `eol`.
pub(super) fn insertion(
    kind: TextKind,
    source: &str,
    eol: &'static str,
    disclaimer: &Disclaimer,
) -> Result<Insertion, NotApplied> {
    let eol = match memchr::memchr(b'\n', source.as_bytes()) {
        Some(at) if source[..at].ends_with('\r') => "\r\n",
        Some(_) => "\n",
        None => eol,
    };
    // A byte order mark stays first.
    let first = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let quote = first_quote(kind, source);
    match kind {
        TextKind::Plain => {
            let at = quote.unwrap_or(source.len()).max(first);
            let (before, after) = (source.get(first..at), source.get(at..));
            let (Some(before), Some(after)) = (before, after) else {
                return Err(NotApplied::Check("quote-offset"));
            };
            Ok(Insertion { at, text: plain(before, after, eol, disclaimer) })
        }
        TextKind::Html => {
            let end = html::end_of_body(source).ok_or(NotApplied::Malformed("html"))?;
            let at = quote.map_or(end, |quote| quote.min(end)).max(first);
            Ok(Insertion { at, text: markup(source.get(..at).unwrap_or(""), eol, disclaimer) })
        }
    }
}

fn plain(before: &str, after: &str, eol: &str, disclaimer: &Disclaimer) -> String {
    let mut text = String::new();
    if !before.is_empty() {
        if !before.ends_with('\n') {
            text.push_str(eol);
        }
        // The blank line also ends a flowed paragraph (RFC 3676 section 4.2).
        if !before.lines().next_back().unwrap_or("").trim().is_empty() {
            text.push_str(eol);
        }
    }
    for (n, wording) in disclaimer.wordings.iter().enumerate() {
        if n > 0 {
            text.push_str(eol);
        }
        for line in wording.plain.lines() {
            // Templates have no blanks at line ends, so no line of ours is a flowed one;
            // space-stuffing keeps what would be read as a quote mark (section 4.4).
            if line.starts_with([' ', '>']) || line.starts_with("From ") {
                text.push(' ');
            }
            text.push_str(line);
            text.push_str(eol);
        }
    }
    if after.lines().next().is_some_and(|line| !line.trim().is_empty()) {
        text.push_str(eol);
    }
    text
}

fn markup(before: &str, eol: &str, disclaimer: &Disclaimer) -> String {
    let mut text = String::new();
    if !before.is_empty() && !before.ends_with('\n') {
        text.push_str(eol);
    }
    for wording in &disclaimer.wordings {
        text.push_str(&format!("<div class=\"{CLASS}\" lang=\"{}\">{eol}", wording.language));
        for line in wording.html.lines() {
            text.push_str(line);
            text.push_str(eol);
        }
        text.push_str(&format!("</div>{eol}"));
    }
    text
}

/// Whether any text shown by the message, own or quoted, carries the disclaimer already,
/// in any of its languages.
pub(super) fn is_there(message: &Message<'_>, disclaimer: &Disclaimer) -> bool {
    message.first_reading().iter().filter_map(shown_text).any(|text| {
        let letters = match text {
            Text::Plain(text) => letters(text),
            Text::Html(source) if html::has_class(source, CLASS) => return true,
            Text::Html(source) => letters(&html::visible_text(source)),
        };
        disclaimer.wordings.iter().any(|wording| wording.trace.is_in(&letters))
    })
}
