//! A page a second time, as a mail program shows it: style sheets applied, generated text and numbers of lists put in,
//! or as Outlook for Windows reads it. Only for pages in which such things touch characters; the text as it is written
//! is read in any case.

mod element;

use super::{
    super::ExtractLimits,
    boxes::{Boxes, Placed, What},
    declared::Position,
    element::{Break, Content, Role, kind},
    face::{Attributes, Seen},
    generated::Counters,
    lists::Lists,
    own::Own,
    selector::Marks,
    sheet::{Sheet, name_of},
    tag::{Endings, Markup, Tags, raw_text_end, text_from},
};
use std::ops::Range;

/// As whom the page is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Eyes {
    /// A program that keeps to the standards.
    Standard,
    /// Outlook for Windows: conditional comments are pages, and a tag ends at its `>`.
    Office,
}

const DEEPEST: usize = 256;
const FARTHEST: usize = 64;
/// Bytes that are generated.
const MOST_MADE: usize = 512 * 1024;

pub(super) fn read<'s>(
    source: &'s str,
    sheet: &'s Sheet,
    own: &'s Own,
    eyes: Eyes,
    limits: ExtractLimits,
) -> Boxes {
    let endings = if eyes == Eyes::Office { Endings::First } else { Endings::Quoted };
    let mut page = Page {
        source,
        sheet,
        own,
        eyes,
        tags: Tags::new(endings),
        boxes: Boxes::new(limits.page_boxes),
        open: vec![Open::root()],
        around: Vec::new(),
        counters: Counters::default(),
        lists: Lists::default(),
        odd_until: 0,
        unclosed: Vec::new(),
        beyond: 0,
        no_endif: false,
        made_left: MOST_MADE,
        tests: limits.page_steps,
    };
    page.run();
    page.close_to(1);
    page.boxes
}

struct Page<'s> {
    source: &'s str,
    sheet: &'s Sheet,
    own: &'s Own,
    eyes: Eyes,
    tags: Tags,
    boxes: Boxes,
    open: Vec<Open>,
    /// What is open, for selectors.
    around: Vec<Marks>,
    counters: Counters,
    lists: Lists,
    /// Up to here the source is text for these eyes only.
    odd_until: usize,
    unclosed: Vec<&'s str>,
    /// Elements deeper than any that is kept.
    beyond: usize,
    /// No conditional comment ends from here on.
    no_endif: bool,
    /// Bytes that may still be generated.
    made_left: usize,
    /// How often rules may still be held against elements.
    tests: usize,
}

/// Whether text that is made is a reason to show its line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Touched {
    Yes,
    /// Where nothing else stands beside it.
    IfAlone,
}

/// An open element.
struct Open {
    tag: u64,
    node: u32,
    children: i64,
    /// The last element in it so far.
    last: Option<Marks>,
    /// Shown behind what is in it.
    after: String,
    anchor: u32,
    /// Where each character of an SVG text stands.
    places: Vec<f32>,
    top: f32,
    seen: Seen,
    is_list: bool,
}

impl Open {
    fn root() -> Self {
        Self {
            tag: 0,
            node: 0,
            children: 0,
            last: None,
            after: String::new(),
            anchor: 0,
            places: Vec::new(),
            top: 0.0,
            seen: Seen::PAGE,
            is_list: false,
        }
    }
}

impl<'s> Page<'s> {
    fn run(&mut self) {
        let mut at = 0;
        while at < self.source.len() && !self.boxes.is_cut {
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

    fn top(&self) -> &Open {
        // The root is never closed.
        &self.open[self.open.len() - 1]
    }

    fn markup(&mut self, at: usize) -> usize {
        let mut attributes = Attributes { source: self.source, all: Vec::new() };
        let markup = self.tags.read(self.source, at, &mut |name, value| attributes.all.push((name, value)));
        self.odd_until = self.odd_until.max(self.tags.cut_until);
        match markup {
            Markup::Text => {
                self.text(at..at + 1);
                at + 1
            }
            Markup::Comment { text, end } => self.comment(text, end),
            Markup::Tag(tag) if tag.closing => {
                self.closing(&self.source[tag.name]);
                tag.end
            }
            Markup::Tag(tag) => self.opening(&self.source[tag.name], &attributes, tag.end),
        }
    }

    /// Conditional comments, as Outlook reads them; returns where reading goes on.
    fn comment(&mut self, text: Range<usize>, end: usize) -> usize {
        let inner = self.source.get(text.clone()).unwrap_or_default();
        if self.eyes != Eyes::Office || !inner.starts_with("[if") {
            return end;
        }
        let Some(condition) = inner.find(']') else { return end };
        if inner[..condition].contains('!') {
            // What is for all others lies between this comment and the next.
            let rest = self.source.as_bytes().get(end..).filter(|_| !self.no_endif).unwrap_or_default();
            let close = memchr::memmem::find(rest, b"<![endif]");
            self.no_endif = close.is_none();
            let node = self.top().node;
            let _ = self.boxes.add(node, What::Removed(u16::MAX), 0);
            return close.map_or(end, |close| end + close);
        }
        self.odd_until = self.odd_until.max(end);
        let skipped = inner[condition..].find('>').map_or(condition, |n| condition + n + 1);
        text.start + skipped
    }

    fn text(&mut self, range: Range<usize>) {
        let piece = self.source.get(range.clone()).unwrap_or_default();
        let letters = letters(piece);
        let Open { node, seen, .. } = *self.top();
        if seen.is_hidden() {
            if seen.by_sheet && letters > 0 {
                let _ = self.boxes.add(node, What::Removed(letters.min(999) as u16), 0);
            }
            return;
        }
        if letters == 0 && node != 0 && piece.is_empty() {
            return;
        }
        if self.top().places.len() > 1 && piece.len() <= 1_000 {
            return self.drawn_text(range);
        }
        let odd = range.start < self.odd_until || self.own.is_in(piece);
        let what = What::Text(range.start as u32..range.end as u32);
        if let Some(number) = self.boxes.add(node, what, letters) {
            let node = &mut self.boxes.nodes[number as usize];
            node.touched = odd;
            node.preformatted = seen.preformatted;
        }
    }

    /// Characters of a drawing, each with a place of its own.
    fn drawn_text(&mut self, range: Range<usize>) {
        let (parent, anchor, top) = (self.top().node, self.top().anchor, self.top().top);
        let places = std::mem::take(&mut self.open_mut().places);
        let piece = self.source.get(range.clone()).unwrap_or_default();
        let mut left = None;
        let mut places = places.into_iter();
        for (at, c) in piece.char_indices().filter(|(_, c)| !c.is_whitespace()) {
            left = places.next().or(left.map(|n: f32| n + 0.5));
            let placed = Placed { position: Some(Position::Out), left, top: Some(top), ..Placed::default() };
            let Some(element) = self.boxes.add(parent, What::Element, 0) else { return };
            self.boxes.nodes[element as usize].placed = Some(Box::new(placed));
            self.boxes.place(element, anchor);
            let start = (range.start + at) as u32;
            let _ = self.boxes.add(element, What::Text(start..start + c.len_utf8() as u32), 1);
        }
    }

    fn open_mut(&mut self) -> &mut Open {
        let last = self.open.len() - 1;
        &mut self.open[last]
    }

    fn opening(&mut self, name: &'s str, attributes: &Attributes<'s>, end: usize) -> usize {
        let kind = kind(name);
        if kind.breaks == Break::Block {
            self.close_like("p");
        }
        if kind.role == Role::ClosedByLike {
            self.close_like(name);
        }
        match kind.content {
            Content::Void if kind.breaks == Break::Inline => return end,
            Content::Void => {
                let node = self.top().node;
                let _ = self.boxes.add(node, What::Line, 0);
                return end;
            }
            Content::Code | Content::HiddenText => return self.past(name, end),
            // Settings of Word.
            Content::Markup if name.eq_ignore_ascii_case("xml") => return self.past(name, end),
            Content::Text | Content::Markup => {}
        }
        self.element(name, kind.breaks, kind.role, attributes);
        end
    }

    /// Behind an element in which nothing is shown.
    fn past(&mut self, name: &'s str, at: usize) -> usize {
        if self.unclosed.iter().any(|n| n.eq_ignore_ascii_case(name)) {
            return at;
        }
        raw_text_end(self.source, at, name).unwrap_or_else(|| {
            self.unclosed.push(name);
            at
        })
    }

    fn closing(&mut self, name: &str) {
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        let tag = name_of(name);
        let near = self.open.len().saturating_sub(FARTHEST).max(1);
        if let Some(at) = self.open.iter().skip(near).rposition(|open| open.tag == tag) {
            self.close_to(near + at);
        }
    }

    fn close_like(&mut self, name: &str) {
        if self.open.len() > 1 && self.top().tag == name_of(name) {
            self.close_to(self.open.len() - 1);
        }
    }

    /// Closes what is open until `depth` are.
    fn close_to(&mut self, depth: usize) {
        while self.open.len() > depth.max(1) {
            let Some(closed) = self.open.pop() else { return };
            self.around.pop();
            if !closed.after.is_empty() {
                self.make(closed.node, &closed.after, Touched::Yes);
            }
            if closed.is_list {
                for (node, text) in self.lists.end() {
                    self.make(node, &text, Touched::Yes);
                }
            }
        }
    }
}

/// Characters that are seen; a reference is one.
fn letters(piece: &str) -> usize {
    let bytes = piece.as_bytes();
    let (mut all, mut at) = (0, 0);
    while let Some(b) = bytes.get(at) {
        let reference = || bytes[at..].iter().take(10).position(|b| *b == b';').unwrap_or(0);
        let is_part = b.is_ascii_whitespace() || (0x80..0xc0).contains(b);
        all += usize::from(!is_part);
        at += 1 + if *b == b'&' { reference() } else { 0 };
    }
    all
}
