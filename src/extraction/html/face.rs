//! What an element looks like, from its attributes and styles and from what is around it.

use super::{
    boxes::{Parts, Placed},
    declared::{self, Declared, Display, Position},
    element::Break,
    entity::{Within, reference},
    style::{Color, number},
};
use std::ops::Range;

/// Of the value of an attribute that is shown.
const LONGEST: usize = 1_024;

/// What is handed down to what is in an element.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub(super) gone: bool,
    pub(super) visible: bool,
    pub(super) tiny: bool,
    pub(super) color: Color,
    pub(super) background: Color,
    pub(super) rtl: bool,
    pub(super) preformatted: bool,
    pub(super) in_drawing: bool,
    /// Moved together with what is around.
    pub(super) shifted: bool,
    /// What hides it stands in a sheet, not beside it.
    pub(super) by_sheet: bool,
}

impl Seen {
    pub(super) const PAGE: Self = Self {
        gone: false,
        visible: true,
        tiny: false,
        color: Color::Rgb([0, 0, 0]),
        background: Color::Rgb([255, 255, 255]),
        rtl: false,
        preformatted: false,
        in_drawing: false,
        shifted: false,
        by_sheet: false,
    };

    pub(super) fn is_hidden(self) -> bool {
        self.gone || !self.visible || self.tiny || self.color.vanishes_on(self.background)
    }

    pub(super) fn declare(&mut self, declared: &Declared) {
        match declared {
            // Of the element itself the last one holds; what is around stays.
            Declared::Visible(visible) => self.visible = *visible,
            Declared::Tiny(tiny) => self.tiny = *tiny,
            Declared::Color(color) => self.color = *color,
            Declared::Background(Color::Clear) => {}
            Declared::Background(color) => self.background = *color,
            Declared::RightToLeft(rtl) => self.rtl = *rtl,
            _ => {}
        }
    }
}

/// The attributes of one tag.
pub(super) struct Attributes<'s> {
    pub(super) source: &'s str,
    pub(super) all: Vec<(&'s str, Range<usize>)>,
}

impl<'s> Attributes<'s> {
    pub(super) fn raw(&self, name: &str) -> Option<&'s str> {
        let found = self.all.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        self.source.get(found.1.clone())
    }

    pub(super) fn value(&self, name: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = self.raw(name)?;
        while let Some(c) = rest.chars().next().filter(|_| out.len() < LONGEST) {
            let (c, length) = match c {
                '&' => reference(rest, Within::Attribute).unwrap_or((c, 1)),
                c => (c, c.len_utf8()),
            };
            out.push(c);
            rest = &rest[length..];
        }
        Some(out)
    }

    pub(super) fn numbers(&self, name: &str) -> Vec<f32> {
        let raw = self.raw(name).unwrap_or_default();
        let numbers = raw.split([' ', ',']).filter(|n| !n.is_empty()).take(1_000);
        numbers.filter_map(|n| number(n).0).collect()
    }
}

/// What of an element's looks is not handed down.
pub(super) struct Looks {
    pub(super) display: Display,
    pub(super) seen: bool,
    pub(super) gone: bool,
}

impl Looks {
    pub(super) fn declare(&mut self, declared: &Declared) {
        match declared {
            Declared::Display(display) => self.display = *display,
            Declared::Seen(seen) => self.seen = *seen,
            Declared::Gone => self.gone = true,
            _ => {}
        }
    }
}

/// What attributes said before there were styles.
pub(super) fn old_attributes(name: &str, attributes: &Attributes<'_>, seen: &mut Seen, placed: &mut Placed) {
    if attributes.all.is_empty() {
        return;
    }
    let is = |name: &str, value: &str| {
        attributes.raw(name).is_some_and(|raw| raw.trim().eq_ignore_ascii_case(value))
    };
    if let Some(color) = attributes.raw("color") {
        seen.color = Color::read(color);
    }
    if let Some(color) = attributes.raw("bgcolor") {
        seen.background = Color::read(color);
    }
    if let Some(direction) = attributes.raw("dir") {
        seen.rtl = direction.trim().eq_ignore_ascii_case("rtl");
    }
    placed.mirrored = name.eq_ignore_ascii_case("bdo") && is("dir", "rtl");
    if name.eq_ignore_ascii_case("table") && is("align", "right") {
        placed.float = Some(declared::Float::Right);
    }
}

/// The place of a text in a drawing; those of its characters.
pub(super) fn draw(attributes: &Attributes<'_>, placed: &mut Placed, top: &mut f32) -> Vec<f32> {
    let lefts = attributes.numbers("x");
    if let Some(y) = attributes.numbers("y").first() {
        *top = *y;
    }
    let transform = attributes.raw("transform").unwrap_or_default().trim();
    let mut shift = (0.0, 0.0);
    if let Some(inner) = transform.strip_prefix("translate(") {
        let numbers = inner.split([',', ' ', ')']).filter(|n| !n.is_empty());
        let mut numbers = numbers.map_while(|n| number(n).0);
        shift = (numbers.next().unwrap_or(0.0), numbers.next().unwrap_or(0.0));
    } else if !transform.is_empty() {
        placed.shifted = true;
    }
    *top += shift.1;
    if let Some(left) = lefts.first().copied().or((shift.0 != 0.0).then_some(0.0)) {
        placed.position = Some(Position::Out);
        placed.left = Some(left + shift.0);
        placed.top = Some(*top);
    }
    lefts
}

pub(super) fn is_placed(placed: &Placed) -> bool {
    let Placed { float, order, position, reversed, rtl, mirrored, shifted, row, column, display, .. } =
        placed;
    float.is_some()
        || *order != 0
        || position.is_some()
        || *reversed
        || *rtl
        || *mirrored
        || *shifted
        || row.is_some()
        || column.is_some()
        || matches!(display, Some(Display::Flex | Display::Grid | Display::InlineBlock))
}

pub(super) fn parts(breaks: Break, display: Display) -> Parts {
    match (display, breaks) {
        (Display::Inline | Display::InlineBlock | Display::None, _) => Parts::Nothing,
        (Display::Block, _) => Parts::Block,
        (_, Break::Inline) => Parts::Nothing,
        (_, Break::Cell) => Parts::Cell,
        (_, Break::Line | Break::Block) => Parts::Block,
    }
}
