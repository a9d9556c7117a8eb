//! The first reading: tag by tag, each piece of text to where a reader sees it or not.

mod look;

use super::{
    Again, Quotes, Texts,
    attributes::{Attributes, Moves},
    element::{Break, Content, Kind, Open, Role, kind},
    entity::{Within, reference},
    style::Color,
    tag::{Markup, Tags, raw_text_end, swallows, text_from},
};
use crate::extraction::{
    Layer,
    embedded::{self, Embedded, Written},
    linked::Anchors,
    unseen,
    view::{Builder, Lines, Next},
};
use std::ops::Range;

/// Digits of a number that is worth digging up.
const LEAST_DIGITS: usize = 8;

pub(in crate::extraction) fn read(source: &str) -> Texts {
    let mut walk = Walk::new(source);
    walk.run();
    walk.texts.anchors.end(&walk.texts.visible);
    if walk.open.state().quotes > 0 {
        walk.end_quote();
    }
    walk.texts
}

struct Walk<'s> {
    source: &'s str,
    texts: Texts,
    tags: Tags,
    open: Open,
    /// Elements without markup whose closing tag never comes.
    unclosed: Vec<String>,
    /// Everything from here on is quoted.
    rest_is_quoted: bool,
}

impl<'s> Walk<'s> {
    fn new(source: &'s str) -> Self {
        let builder = |share: usize| Builder::new(Lines::Flow, source.len() / share);
        Self {
            source,
            texts: Texts {
                visible: builder(2),
                hidden: builder(64),
                links: builder(64),
                anchors: Anchors::default(),
                unseen: builder(256),
                embedded: Vec::new(),
                quotes: Quotes::default(),
                again: Again::new(source),
            },
            tags: Tags::default(),
            open: Open::new(),
            unclosed: Vec::new(),
            rest_is_quoted: false,
        }
    }

    fn run(&mut self) {
        let mut at = 0;
        while at < self.source.len() {
            let text = text_from(self.source, at);
            at = text.end;
            if !text.is_empty() {
                self.text(text);
            }
            if at < self.source.len() {
                at = self.markup(at);
            }
        }
    }

    /// Text between tags, to where a reader sees it or not.
    fn text(&mut self, range: Range<usize>) {
        let state = self.open.state();
        self.look(range.clone(), state);
        let builder = if state.is_hidden() { &mut self.texts.hidden } else { &mut self.texts.visible };
        builder.mode = if state.preformatted > 0 { Lines::Kept } else { Lines::Flow };
        feed(builder, self.source, range, Within::Text);
    }

    /// A piece of text that no reader sees, on a line of its own.
    fn hide(&mut self, range: Range<usize>, within: Within) {
        let hidden = &mut self.texts.hidden;
        // The gap stands for the markup before, which is ASCII, as one byte must be.
        hidden.paragraph(range.start.saturating_sub(1), Next::At(range.start));
        feed(hidden, self.source, range.clone(), within);
        hidden.paragraph(range.end, Next::At(range.end));
    }

    /// What no reader sees and no text is.
    fn dig_up(&mut self, range: Range<usize>) {
        let Some(text) = self.source.get(range.clone()) else { return };
        if unseen::digits(text.as_bytes()) >= LEAST_DIGITS {
            let unseen = &mut self.texts.unseen;
            unseen.paragraph(range.start.saturating_sub(1), Next::At(range.start));
            feed(unseen, self.source, range, Within::Attribute);
        }
    }

    /// What begins at a `<`; returns where it ends.
    fn markup(&mut self, at: usize) -> usize {
        let mut seen = Attributes::default();
        let mut tags = std::mem::take(&mut self.tags);
        let markup = tags.read(self.source, at, &mut |name, value| self.attribute(&mut seen, name, value));
        self.tags = tags;
        match markup {
            Markup::Text => {
                self.text(at..at + 1);
                at + 1
            }
            Markup::Comment { text, end } => {
                self.condition(text.clone());
                self.hide(text, Within::Text);
                end
            }
            Markup::Tag(tag) if tag.closing => {
                self.closing(&self.source[tag.name], at, tag.end);
                tag.end
            }
            Markup::Tag(tag) => self.opening(&self.source[tag.name], seen, at, tag.end),
        }
    }

    fn opening(&mut self, name: &'s str, mut seen: Attributes<'s>, at: usize, end: usize) -> usize {
        let kind = kind(name);
        self.texts.again.splits += usize::from(self.texts.visible.ends_in_word());
        let hidden_by_sheet = self.styled(name, &mut seen);
        if kind.breaks == Break::Block {
            self.open.close_like("p");
        }
        if kind.role == Role::ClosedByLike {
            self.open.close_like(name);
        }
        if self.open.state().makes_boxless(&seen.style) {
            self.break_hidden(kind, at, end);
        } else {
            self.break_before(kind, at, end);
        }
        match seen.href.take() {
            Some(href) if kind.role == Role::Link => {
                self.texts.anchors.begin(href.clone(), &self.texts.visible);
                self.link(href);
            }
            Some(href) if kind.role == Role::Base => self.texts.again.base(&self.source[href]),
            _ => {}
        }
        let quotes = seen.quotes || kind.role == Role::Quote;
        if quotes || seen.quotes_rest {
            self.begin_quote(at);
        }
        if seen.quotes_rest {
            self.rest_is_quoted = true;
        }
        match kind.content {
            Content::Void => end,
            Content::Markup => {
                self.open.push(name, kind.role, quotes, &seen.style);
                if hidden_by_sheet {
                    self.open.hide_by_sheet();
                }
                end
            }
            content => self.raw(name, content, end),
        }
    }

    /// An element without markup in it; returns where reading goes on.
    fn raw(&mut self, name: &str, content: Content, at: usize) -> usize {
        if self.unclosed.iter().any(|n| n.eq_ignore_ascii_case(name)) {
            return at;
        }
        let Some(end) = raw_text_end(self.source, at, name) else {
            // A browser shows nothing more; other programs do, so what follows is read.
            self.unclosed.push(name.to_owned());
            return at;
        };
        match content {
            Content::Text => self.text(at..end),
            Content::HiddenText => self.hide(at..end, Within::Text),
            _ => {
                if name.eq_ignore_ascii_case("style") {
                    self.embed(at..end, Layer::Hidden, Written::Within);
                    self.texts.again.late |= self.texts.visible.len() > 0;
                    self.texts.again.sheet.add(&self.source[at..end]);
                }
                self.dig_up(at..end);
            }
        }
        end
    }

    fn closing(&mut self, name: &str, at: usize, end: usize) {
        let kind = kind(name);
        let quoted = self.open.state().quotes > 0;
        if kind.role == Role::Link {
            self.texts.anchors.end(&self.texts.visible);
        }
        let closed = match kind.content {
            Content::Markup => self.open.close(name),
            _ => None,
        };
        if quoted && self.open.state().quotes == 0 {
            self.end_quote();
        }
        match kind.breaks {
            _ if closed.is_some_and(|element| element.boxless) => self.break_hidden(kind, at, end),
            Break::Inline => {}
            // `</br>` is taken for `<br>`.
            Break::Line => self.texts.visible.line_break(at, end),
            Break::Cell => self.texts.visible.space(at),
            Break::Block => {
                self.texts.visible.paragraph(at, Next::At(end));
                self.texts.hidden.paragraph(at, Next::At(end));
            }
        }
    }

    fn break_before(&mut self, kind: Kind, at: usize, end: usize) {
        let visible = &mut self.texts.visible;
        match kind.breaks {
            Break::Inline => {}
            Break::Line => visible.line_break(at, end),
            Break::Cell => visible.cell(at, end),
            Break::Block => visible.paragraph(at, Next::AtOr(at)),
        }
    }

    /// An element without a box parts only what is hidden.
    fn break_hidden(&mut self, kind: Kind, at: usize, end: usize) {
        if kind.breaks != Break::Inline {
            self.texts.hidden.paragraph(at, Next::At(end));
        }
    }

    fn link(&mut self, target: Range<usize>) {
        let text = self.source.get(target.clone()).unwrap_or_default().trim_start();
        if !text.is_empty() && !text.starts_with('#') && !text.starts_with("data:") {
            self.texts.links.paragraph(target.start.saturating_sub(1), Next::At(target.start));
            feed(&mut self.texts.links, self.source, target, Within::Attribute);
            self.texts.again.link(text);
            self.texts.again.fill(text);
        }
    }

    fn attribute(&mut self, seen: &mut Attributes<'s>, name: &str, value: Range<usize>) {
        let Some(text) = self.source.get(value.clone()) else { return };
        self.texts.again.office |= swallows(text);
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if embedded::is_address(text) {
            let is_shown = is("src") || is("data");
            let layer = if is_shown { Layer::Visible } else { Layer::Hidden };
            self.embed(value.clone(), layer, Written::Address);
        }
        if ["x", "dx", "transform", "width", "height", "start"].into_iter().any(is) {
            self.dig_up(value.clone());
        }
        match name.len() {
            1 if is("x") => seen.moves = Moves::Yes,
            2 if is("dx") => seen.moves = Moves::Yes,
            9 if is("transform") => seen.moves = Moves::Yes,
            2 if is("id") => {
                seen.id = text;
                seen.mark(text);
            }
            3 if is("dir") && text.trim().eq_ignore_ascii_case("rtl") => seen.moves = Moves::Yes,
            3 if is("alt") => self.hide(value, Within::Attribute),
            4 if is("href") => seen.href = Some(value),
            5 if is("class") => {
                seen.class = text;
                seen.mark(text);
            }
            5 if is("align") && text.trim().eq_ignore_ascii_case("right") => seen.moves = Moves::Aligned,
            5 if is("width") => seen.width = text,
            6 if is("height") => seen.height = text,
            5 if is("start") => seen.number = text.trim(),
            5 if is("title") => self.hide(value, Within::Attribute),
            5 if is("value") => {
                seen.number = text.trim();
                self.hide(value, Within::Attribute);
            }
            8 if is("reversed") => seen.number = "reversed",
            5 if is("style") => {
                seen.style(text);
                self.embed(value, Layer::Hidden, Written::Within);
            }
            6 if is("srcdoc") => self.embed(value, Layer::Visible, Written::Page),
            5 if is("color") => seen.style.color = Some(Color::read(text)),
            6 if is("hidden") => seen.style.gone = true,
            7 if is("bgcolor") => seen.style.background = Some(Color::read(text)),
            10 if is("aria-label") => self.hide(value, Within::Attribute),
            11 if is("placeholder") => self.hide(value, Within::Attribute),
            _ => self.dig_up(value),
        }
    }

    /// Notes a value that holds a text itself, or a style in which one may.
    fn embed(&mut self, value: Range<usize>, layer: Layer, written: Written) {
        let text = self.source.get(value.clone()).unwrap_or_default();
        if self.texts.embedded.len() <= embedded::MOST
            && (written != Written::Within || embedded::is_within(text))
        {
            self.texts.embedded.push(Embedded { value, layer, written });
        }
    }

    fn begin_quote(&mut self, at: usize) {
        if self.rest_is_quoted || self.open.state().quotes > 0 {
            return;
        }
        let quotes = &mut self.texts.quotes;
        quotes.first.get_or_insert(at);
        quotes.ranges.push(self.texts.visible.len()..usize::MAX);
    }

    fn end_quote(&mut self) {
        if !self.rest_is_quoted
            && let Some(last) = self.texts.quotes.ranges.last_mut()
        {
            last.end = self.texts.visible.len();
        }
    }
}

/// Puts a range of the source into a text, its character references resolved.
fn feed(builder: &mut Builder, source: &str, range: Range<usize>, within: Within) {
    let Some(piece) = source.get(range.clone()) else { return };
    let mut at = 0;
    let mut from = 0;
    while let Some(found) = memchr::memchr(b'&', &piece.as_bytes()[from..]) {
        let ampersand = from + found;
        match reference(&piece[ampersand..], within) {
            Some((c, length)) => {
                builder.text(&piece[at..ampersand], range.start + at);
                let start = range.start + ampersand;
                builder.character(c, start..start + length);
                at = ampersand + length;
                from = at;
            }
            None => from = ampersand + 1,
        }
    }
    builder.text(&piece[at..], range.start + at);
}
