//! What a style sheet or a style attribute declares of an element, as far as it decides which of its characters are
//! shown, and where.

use super::{
    css::{split, unescaped, without_comments},
    entity::{Within, reference},
    generated::{Content, content, counters},
    style::{Color, background, number, tiny},
};
use std::borrow::Cow;

/// One declaration.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Declared {
    Display(Display),
    Visible(bool),
    /// opacity
    Seen(bool),
    /// No height, outside the page.
    Gone,
    Tiny(bool),
    Color(Color),
    Background(Color),
    Float(Float),
    /// The items of a flex container, from the last to the first.
    Reversed(bool),
    Order(i32),
    Position(Position),
    Left(f32),
    Right(f32),
    Top(f32),
    Row(i32),
    Column(i32),
    RightToLeft(bool),
    /// Characters in the order of `direction`, whatever their alphabet.
    Override(bool),
    /// Moved by something that is not computed here.
    Shifted,
    Content(Vec<Content>),
    Counters(Step, Vec<(String, i64)>),
    /// What stands before an item of a list.
    Marker(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Display {
    None,
    Inline,
    InlineBlock,
    Block,
    Flex,
    Grid,
    /// The element's own.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Float {
    None,
    Left,
    Right,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    Static,
    /// In the flow, or moved from its place there; others are placed within it.
    Relative,
    /// Out of the flow of text.
    Out,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Set,
    Add,
}

/// A declaration and whether it says `!important`.
pub(super) type Weighed = (Declared, Weight);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Weight {
    Usual,
    Important,
}

/// Declarations of one block from which on only the last of each kind is kept.
const MANY: usize = 256;

/// The declarations of a block or of a style attribute.
pub(super) fn declarations(text: &str) -> Vec<Weighed> {
    let mut out = Vec::new();
    let (mut flat, mut cut) = (false, false);
    for declaration in split(text, b';') {
        let Some((name, value)) = declaration.split_once(':') else { continue };
        let name = name.trim();
        let name = match name.bytes().any(|b| b == b'\\' || b.is_ascii_uppercase()) {
            true => Cow::Owned(unescaped(name).to_ascii_lowercase()),
            false => Cow::Borrowed(name),
        };
        let (value, weight) = weighed(value.trim());
        let before = out.len();
        match name.as_ref() {
            "height" | "width" => flat |= number(value).0 == Some(0.0),
            "overflow" => cut = value.eq_ignore_ascii_case("hidden"),
            name => declare(name, value, &mut |declared| out.push((declared, weight))),
        }
        if before > MANY {
            only_last(&mut out);
        }
    }
    if flat && cut {
        out.push((Declared::Gone, Weight::Usual));
    }
    out
}

/// What stands last of a kind counts.
fn only_last(declared: &mut Vec<Weighed>) {
    let kind = |(declared, weight): &Weighed| (std::mem::discriminant(declared), *weight);
    let mut seen = std::collections::HashSet::new();
    declared.reverse();
    declared.retain(|one| seen.insert(kind(one)));
    declared.reverse();
}

/// References of a style attribute resolved.
pub(super) fn attribute(text: &str) -> Vec<Weighed> {
    if !text.contains('&') {
        return declarations(&without_comments(text));
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (c, length) = match c {
            '&' => reference(rest, Within::Attribute).unwrap_or((c, 1)),
            c => (c, c.len_utf8()),
        };
        plain.push(c);
        rest = &rest[length..];
    }
    declarations(&without_comments(&plain))
}

fn declare(name: &str, value: &str, out: &mut impl FnMut(Declared)) {
    let lower = || unescaped(value).to_ascii_lowercase();
    let length = |value: &str| pixels(value);
    match name {
        "display" => out(Declared::Display(display(&lower()))),
        "visibility" => out(Declared::Visible(!matches!(lower().as_str(), "hidden" | "collapse"))),
        "opacity" => out(Declared::Seen(number(value).0.is_none_or(|n| n >= 0.05))),
        "font-size" => {
            if let Some(tiny) = tiny(value) {
                out(Declared::Tiny(tiny));
            }
        }
        "color" => out(Declared::Color(Color::read(value))),
        "background" | "background-color" => out(Declared::Background(background(value))),
        "max-height" | "max-width" if number(value).0 == Some(0.0) => out(Declared::Gone),
        "text-indent" if number(value).0.is_some_and(|n| n <= -900.0) => out(Declared::Gone),
        "float" => out(Declared::Float(match lower().as_str() {
            "right" | "inline-end" => Float::Right,
            "left" | "inline-start" => Float::Left,
            _ => Float::None,
        })),
        "flex-direction" | "flex-flow" => out(Declared::Reversed(lower().contains("-reverse"))),
        "order" | "-webkit-order" | "-ms-flex-order" => {
            whole(value).into_iter().for_each(|n| out(Declared::Order(n)))
        }
        "position" => {
            let value = lower();
            out(Declared::Position(match value.as_str() {
                "absolute" | "fixed" => Position::Out,
                "static" | "initial" => Position::Static,
                _ => Position::Relative,
            }));
        }
        "left" | "inset-inline-start" => match length(value) {
            Some(n) if n <= -900.0 => out(Declared::Gone),
            Some(n) => out(Declared::Left(n)),
            None => out(Declared::Shifted),
        },
        "right" | "inset-inline-end" => match length(value) {
            Some(n) => out(Declared::Right(n)),
            None => out(Declared::Shifted),
        },
        "top" | "inset-block-start" => match length(value) {
            Some(n) if n <= -900.0 => out(Declared::Gone),
            Some(n) => out(Declared::Top(n)),
            None => out(Declared::Shifted),
        },
        "margin-left" => match number(value).0 {
            Some(n) if n <= -900.0 => out(Declared::Gone),
            Some(n) if n < -4.0 => out(Declared::Shifted),
            _ => {}
        },
        "transform" | "translate" | "offset-path" if !lower().starts_with("none") => out(Declared::Shifted),
        "grid-column" | "grid-column-start" => {
            whole(value).into_iter().for_each(|n| out(Declared::Column(n)))
        }
        "grid-row" | "grid-row-start" => whole(value).into_iter().for_each(|n| out(Declared::Row(n))),
        "grid-area" => {
            let mut lines = value.split('/').map(whole);
            match (lines.next().flatten(), lines.next().flatten()) {
                (Some(row), Some(column)) => {
                    out(Declared::Row(row));
                    out(Declared::Column(column));
                }
                _ => out(Declared::Shifted),
            }
        }
        "direction" => out(Declared::RightToLeft(lower() == "rtl")),
        "unicode-bidi" => out(Declared::Override(lower().contains("override"))),
        "content" => out(Declared::Content(content(value))),
        "counter-reset" | "counter-set" => out(Declared::Counters(Step::Set, counters(value, 0))),
        "counter-increment" => out(Declared::Counters(Step::Add, counters(value, 1))),
        "list-style-type" | "list-style" if value.contains(['"', '\'']) => {
            let text = content(value).into_iter().find_map(|piece| match piece {
                Content::Text(text) => Some(text),
                _ => None,
            });
            text.into_iter().for_each(|text| out(Declared::Marker(text)));
        }
        _ => {}
    }
}

fn display(value: &str) -> Display {
    match value {
        "none" => Display::None,
        "flex" | "inline-flex" | "-webkit-box" | "-webkit-flex" | "-ms-flexbox" => Display::Flex,
        "grid" | "inline-grid" => Display::Grid,
        "inline" | "contents" => Display::Inline,
        "inline-block" | "table-cell" | "inline-table" => Display::InlineBlock,
        "block" | "flow-root" | "list-item" | "table" | "table-row" => Display::Block,
        _ => Display::Other,
    }
}

/// `!important` may have spaces in it.
pub(super) fn weighed(value: &str) -> (&str, Weight) {
    let marked = value.rfind('!').filter(|at| value[at + 1..].trim().eq_ignore_ascii_case("important"));
    match marked {
        Some(at) => (value[..at].trim_end(), Weight::Important),
        None => (value, Weight::Usual),
    }
}

fn whole(value: &str) -> Option<i32> {
    let value = value.trim();
    let end = value.find(|c: char| !c.is_ascii_digit() && !"+-".contains(c)).unwrap_or(value.len());
    value[..end].parse().ok().or_else(|| number(value).0.map(|n| n as i32))
}

/// A length in pixels, as far as it does not hang on what is around.
fn pixels(value: &str) -> Option<f32> {
    let (size, unit) = number(value);
    let each = match unit.to_ascii_lowercase().as_str() {
        "px" | "" => 1.0,
        "pt" => 4.0 / 3.0,
        "pc" | "em" | "rem" => 16.0,
        "ch" | "ex" => 8.0,
        "%" | "vw" => 6.0,
        "in" => 96.0,
        "cm" => 37.8,
        "mm" => 3.78,
        _ => return None,
    };
    size.map(|n| n * each)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Declared {
        let mut all = declarations(text);
        assert_eq!(all.len(), 1, "{text}: {all:?}");
        all.remove(0).0
    }

    #[test]
    fn declarations_are_read_however_they_are_written() {
        assert_eq!(only("DISPLAY : None ! important"), Declared::Display(Display::None));
        assert_eq!(only("d\\69splay:n\\6fne"), Declared::Display(Display::None));
        assert_eq!(only("float:right;"), Declared::Float(Float::Right));
        assert_eq!(only("left:1.5em"), Declared::Left(24.0));
        assert_eq!(only("left:calc(1px + 2px)"), Declared::Shifted);
        assert_eq!(only("width:0;overflow:hidden"), Declared::Gone);
        assert_eq!(declarations("grid-area: 2 / 5").len(), 2);
        assert_eq!(declarations("margin-left:-1px;top;;:x;left"), []);
    }

    #[test]
    fn generated_text_is_put_together() {
        let text = |s: &str| Content::Text(s.to_owned());
        assert_eq!(
            only(r#"content: "a;\"b" attr( data-x ) '\41 \000042C' counter(n) / "for ears""#),
            Declared::Content(vec![
                text("a;\"b"),
                Content::Attribute("data-x".to_owned()),
                text("ABC"),
                Content::Counter("n".to_owned())
            ])
        );
        assert_eq!(only("content:\"never closed"), Declared::Content(vec![text("never closed")]));
        assert_eq!(only("content:none"), Declared::Content(vec![]));
        assert_eq!(
            only("counter-reset: a 4 b c -2"),
            Declared::Counters(Step::Set, vec![("a".into(), 4), ("b".into(), 0), ("c".into(), -2)])
        );
        assert_eq!(only("list-style: '7' inside"), Declared::Marker("7".to_owned()));
    }
}
