//! Whether a page is worth a second look: what in it may be shown otherwise than it is written.

use super::Walk;
use crate::extraction::html::{
    attributes::{Attributes, Moves},
    element::State,
    selector::Marks,
    sheet::Does,
    style::{Color, number},
    tag::raw_text_end,
};
use std::ops::Range;

/// The longest piece of text that is moved or hidden within a word or a number.
const LONGEST_PIECE: usize = 48;

impl<'s> Walk<'s> {
    /// What may be shown otherwise than it is written.
    pub(super) fn look(&mut self, range: Range<usize>, state: State) {
        let again = &mut self.texts.again;
        if state.moves == 0 && !state.hidden_by_sheet && again.sheet.is_idle() || range.len() > LONGEST_PIECE
        {
            return;
        }
        let piece = self.source.get(range).unwrap_or_default().trim();
        let is_piece = is_piece(piece);
        again.moved += u32::from(state.moves > 0 && is_piece);
        again.hidden += u32::from(state.hidden_by_sheet && (is_piece || self.texts.visible.ends_in_word()));
        let is_single = piece.len() <= 2 && piece.bytes().any(|b| b.is_ascii_alphanumeric());
        again.singles += u32::from(is_single && self.texts.visible.ends_in_word());
    }

    /// A comment that some programs read as a part of the page.
    pub(super) fn condition(&mut self, text: Range<usize>) {
        let Some(inner) = self.source.get(text).filter(|inner| inner.starts_with("[if")) else { return };
        let (condition, inner) = inner.split_once(']').unwrap_or((inner, ""));
        let in_word = self.texts.visible.ends_in_word();
        self.texts.again.office |= match condition.contains('!') {
            true => in_word,
            false => says_something(inner, in_word),
        };
    }

    /// Whether a style sheet hides the element; also counts what may move it or draws.
    pub(super) fn styled(&mut self, name: &str, seen: &mut Attributes<'s>) -> bool {
        let again = &mut self.texts.again;
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        let mut does = Does::default();
        if !again.sheet.is_idle() {
            does = again.sheet.does(&Marks::of(name, seen.class, seen.id, again.sheet.case));
        }
        let style = &mut seen.style;
        style.moves |= does.moves
            || match seen.moves {
                Moves::No => false,
                Moves::Yes => true,
                Moves::Aligned => is("table"),
            };
        if !seen.number.is_empty() && (is("li") || is("ol") && seen.number != "1") || style.marks {
            again.numbered = true;
        }
        let is_colored = style.background.is_some_and(|color| color != Color::Clear);
        if is_colored || is("rect") {
            again.cell(
                style.width.or_else(|| number(seen.width).0),
                style.height.or_else(|| number(seen.height).0),
            );
        }
        again.cells += style.shadows;
        does.hides
    }
}

/// A character, or a part of a number.
fn is_piece(text: &str) -> bool {
    let has = |test: fn(&u8) -> bool| text.bytes().any(|b| test(&b));
    match text.len() {
        0 => false,
        1..=3 => has(|b| b.is_ascii_alphanumeric() || *b >= 0x80),
        _ => has(u8::is_ascii_digit),
    }
}

/// Whether a comment's page has text: a number, or anything that goes on with a word.
fn says_something(page: &str, in_word: bool) -> bool {
    let mut rest = page;
    // What never ends is looked for once.
    let mut unclosed: Vec<&str> = Vec::new();
    while !rest.is_empty() {
        let Some((text, tag)) = rest.split_once('<') else {
            return text_says(rest, in_word);
        };
        if text_says(text, in_word) {
            return true;
        }
        // Settings of Word and its styles are no text.
        let code = ["xml", "style"]
            .into_iter()
            .find(|name| tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)));
        let code = code.filter(|name| !unclosed.contains(name));
        let end = code.and_then(|name| raw_text_end(tag, 0, name));
        if end.is_none() {
            unclosed.extend(code);
        }
        rest = end.map_or(tag, |end| &tag[end..]);
        rest = rest.split_once('>').map_or("", |(_, after)| after);
    }
    false
}

fn text_says(text: &str, in_word: bool) -> bool {
    let text = text.trim_start_matches(|c: char| c != '>' && !c.is_alphanumeric());
    text.bytes().any(|b| b.is_ascii_digit() || in_word && b.is_ascii_alphabetic())
}
