//! What the elements of HTML mean for text, and the stack of those that are open.

use super::style::{Color, Style};

/// How an element breaks the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    /// Words go on through it.
    Inline,
    Cell,
    Line,
    Block,
}

/// What is in an element when that is no markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Markup,
    /// Nothing: it has no closing tag.
    Void,
    /// No text of anyone's: script, style.
    Code,
    /// Text without markup that a reader does not see, or sees.
    HiddenText,
    Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) breaks: Break,
    pub(super) content: Content,
    pub(super) role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    None,
    Quote,
    Preformatted,
    /// Not shown: `template`.
    Hidden,
    /// Its closing tag is often left out, and an own like it closes it.
    ClosedByLike,
    /// A link's target stands in its `href`.
    Link,
    /// Completes the links of the page.
    Base,
}

pub(super) fn kind(name: &str) -> Kind {
    let mut lower = [0u8; 12];
    let lower = match lower.get_mut(..name.len()) {
        Some(lower) => lower,
        None => &mut [],
    };
    lower.copy_from_slice(&name.as_bytes()[..lower.len()]);
    lower.make_ascii_lowercase();
    let (breaks, content, role) = match &*lower {
        b"a" | b"area" => (Break::Inline, Content::Markup, Role::Link),
        b"base" => (Break::Inline, Content::Void, Role::Base),
        b"br" => (Break::Line, Content::Void, Role::None),
        b"hr" => (Break::Block, Content::Void, Role::None),
        b"img" | b"input" | b"meta" | b"link" | b"col" | b"embed" | b"source" | b"track" | b"wbr"
        | b"param" => (Break::Inline, Content::Void, Role::None),
        b"p" | b"li" | b"tr" | b"dd" | b"dt" | b"option" => {
            (Break::Block, Content::Markup, Role::ClosedByLike)
        }
        b"td" | b"th" => (Break::Cell, Content::Markup, Role::ClosedByLike),
        b"div" | b"table" | b"tbody" | b"thead" | b"tfoot" | b"ul" | b"ol" | b"dl" | b"h1" | b"h2"
        | b"h3" | b"h4" | b"h5" | b"h6" | b"section" | b"article" | b"header" | b"footer" | b"main"
        | b"nav" | b"aside" | b"form" | b"fieldset" | b"center" | b"address" | b"figure" | b"figcaption"
        | b"details" | b"summary" | b"caption" | b"select" | b"body" | b"html" | b"head" => {
            (Break::Block, Content::Markup, Role::None)
        }
        b"blockquote" => (Break::Block, Content::Markup, Role::Quote),
        b"pre" | b"listing" => (Break::Block, Content::Markup, Role::Preformatted),
        b"template" => (Break::Inline, Content::Markup, Role::Hidden),
        b"script" | b"style" => (Break::Inline, Content::Code, Role::None),
        b"title" | b"iframe" => (Break::Block, Content::HiddenText, Role::None),
        b"textarea" | b"xmp" | b"noembed" | b"noframes" => (Break::Block, Content::Text, Role::None),
        _ => (Break::Inline, Content::Markup, Role::None),
    };
    Kind { breaks, content, role }
}

/// What an open element hands down to what is in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    gone: bool,
    /// Its tags end no line and no word.
    pub(super) boxless: bool,
    invisible: bool,
    tiny: bool,
    color: Color,
    background: Color,
    pub(super) quotes: u32,
    pub(super) preformatted: u32,
    /// How many levels more what is in it may be moved by a style.
    pub(super) moves: u8,
    pub(super) hidden_by_sheet: bool,
}

/// Elements in an element that is moved, or whose items are, that go with it.
const MOVES: u8 = 3;

impl State {
    const PAGE: Self = Self {
        gone: false,
        boxless: false,
        invisible: false,
        tiny: false,
        color: Color::Rgb([0, 0, 0]),
        background: Color::Rgb([255, 255, 255]),
        quotes: 0,
        preformatted: 0,
        moves: 0,
        hidden_by_sheet: false,
    };

    /// Whether an element with this style in here has no box of its own.
    pub(super) fn makes_boxless(&self, style: &Style) -> bool {
        self.gone || style.gone || style.inline
    }

    pub(super) fn is_hidden(&self) -> bool {
        self.gone || self.invisible || self.tiny || self.color.vanishes_on(self.background)
    }

    fn with(mut self, style: &Style) -> Self {
        self.gone |= style.gone;
        self.moves = if style.moves { MOVES } else { self.moves.saturating_sub(1) };
        self.invisible = style.visible.map_or(self.invisible, |visible| !visible);
        self.tiny = style.tiny.unwrap_or(self.tiny);
        self.color = style.color.unwrap_or(self.color);
        match style.background {
            None | Some(Color::Clear) => {}
            Some(background) => self.background = background,
        }
        self
    }
}

/// Elements that are open. Bounded: what lies deeper than any real message counts as part
/// of the deepest that is kept.
pub(super) struct Open {
    elements: Vec<(u64, State)>,
    beyond: usize,
}

const DEEPEST: usize = 512;
/// How far up a closing tag is looked for: work per tag must not grow with the depth.
const FARTHEST: usize = 64;

impl Open {
    pub(super) fn new() -> Self {
        Self { elements: Vec::with_capacity(32), beyond: 0 }
    }

    pub(super) fn state(&self) -> State {
        self.elements.last().map_or(State::PAGE, |(_, state)| *state)
    }

    pub(super) fn push(&mut self, name: &str, role: Role, quotes: bool, style: &Style) {
        if self.elements.len() >= DEEPEST {
            self.beyond += 1;
            return;
        }
        let mut state = self.state().with(style);
        state.gone |= role == Role::Hidden;
        state.boxless = state.gone || style.inline;
        state.quotes += u32::from(quotes);
        state.preformatted += u32::from(role == Role::Preformatted);
        self.elements.push((key(name), state));
    }

    /// A style sheet hides what was opened last.
    pub(super) fn hide_by_sheet(&mut self) {
        if self.beyond == 0
            && let Some((_, state)) = self.elements.last_mut()
        {
            state.hidden_by_sheet = true;
        }
    }

    /// Closes the innermost open element of that name and all in it; returns what it was.
    pub(super) fn close(&mut self, name: &str) -> Option<State> {
        if self.beyond > 0 {
            self.beyond -= 1;
            return None;
        }
        let key = key(name);
        let near = self.elements.len().saturating_sub(FARTHEST);
        let at = near + self.elements.iter().skip(near).rposition(|(k, _)| *k == key)?;
        let closed = self.elements.get(at).map(|(_, state)| *state);
        self.elements.truncate(at);
        closed
    }

    /// Closes the innermost element when it is one of that name.
    pub(super) fn close_like(&mut self, name: &str) {
        if self.beyond == 0 && self.elements.last().is_some_and(|(k, _)| *k == key(name)) {
            self.elements.pop();
        }
    }
}

/// A hash of the name without case (FNV-1a): a collision would only close an element early.
fn key(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, b| {
        (hash ^ u64::from(b.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
