//! What the attributes of a tag say to the first reading.

use super::{
    css::unescaped,
    entity::{Within, reference},
    style::{self, Style},
};
use std::ops::Range;

/// What the attributes of a tag say.
#[derive(Default)]
pub(super) struct Attributes<'s> {
    pub(super) style: Style,
    pub(super) quotes: bool,
    /// Marks the begin of a quoted message that is not inside the element.
    pub(super) quotes_rest: bool,
    pub(super) href: Option<Range<usize>>,
    /// For style sheets.
    pub(super) class: &'s str,
    pub(super) id: &'s str,
    /// `value` and `start`, of lists.
    pub(super) number: &'s str,
    pub(super) width: &'s str,
    pub(super) height: &'s str,
    pub(super) moves: Moves,
}

/// Attributes that put an element elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Moves {
    #[default]
    No,
    /// To the right: tables only.
    Aligned,
    /// From right to left; to a place in a drawing.
    Yes,
}

impl<'s> Attributes<'s> {
    /// Classes and ids by which mail programs mark what they quote.
    pub(super) fn mark(&mut self, text: &str) {
        let has = |mark: &str| text.contains(mark);
        // Gmail (also its older replies), Yahoo, Proton, Outlook for phones.
        self.quotes |=
            has("gmail_quote") || has("gmail_extra") || has("yahoo_quoted") || has("protonmail_quote");
        // Outlook on the web and the new Outlook put the quoted message behind these.
        self.quotes_rest |= has("divRplyFwdMsg")
            || has("mail-editor-reference-message-container")
            || has("ms-outlook-mobile-reference-message");
    }

    pub(super) fn style(&mut self, text: &str) {
        let read = match text.bytes().any(|b| matches!(b, b'&' | b'/' | b'\\')) {
            true => style::read(&unescaped(&plain_style(text))),
            false => style::read(text),
        };
        let before = std::mem::replace(&mut self.style, read);
        self.style.gone |= before.gone;
        self.style.color = self.style.color.or(before.color);
        self.style.background = self.style.background.or(before.background);
    }
}

/// A style without references and comments, which could disguise it.
fn plain_style(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((c, length)) = (c == '&').then(|| reference(rest, Within::Attribute)).flatten() {
            out.push(c);
            rest = &rest[length..];
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.find("*/").map_or("", |end| &comment[end + 2..]);
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}
