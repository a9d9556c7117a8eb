//! The lines of a page as they are seen, where that is not what is written: only these, each with the line before it,
//! which says what it is about.

use super::{
    boxes::{Boxes, Node, Parts, What},
    entity::{Within, reference},
    own::Own,
};
use crate::extraction::line::end_of_line;

/// Text of one reading.
const MOST: usize = 256 * 1024;
/// Pieces of one or two characters that no page moves or cuts out by chance.
const CRAFTED: u32 = 4;

/// A page, or a part of it, as somebody sees it.
#[derive(Debug)]
pub(in crate::extraction) struct Shown {
    pub(in crate::extraction) text: String,
    pub(in crate::extraction) kind: ShownAs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::extraction) enum ShownAs {
    /// May be an ordinary page with its blocks moved: only numbers with a check digit count.
    Text,
    /// Characters were moved or cut out one by one: all that is said counts.
    Crafted,
    Link,
    /// What a link puts into a message or a form.
    Filled,
}

/// What is seen otherwise than it is written; `None` where nothing is. The second is whether that is all.
pub(super) fn write(source: &str, own: &Own, boxes: &mut Boxes) -> (Option<Shown>, bool) {
    boxes.arrange();
    let mut writer = Writer {
        source,
        own,
        out: String::new(),
        line: String::new(),
        before: String::new(),
        is_touched: false,
        inside: 0,
        cut_out: 0,
        own_left: MOST,
    };
    writer.node(boxes, 0, 0);
    let is_whole = !writer.is_full() && !boxes.is_cut && !boxes.is_deep;
    writer.end_line();
    let crafted = boxes.moved >= CRAFTED || writer.cut_out >= CRAFTED;
    let kind = if crafted { ShownAs::Crafted } else { ShownAs::Text };
    (Some(Shown { text: writer.out, kind }).filter(|shown| !shown.text.is_empty()), is_whole)
}

struct Writer<'s> {
    source: &'s str,
    own: &'s Own,
    out: String,
    line: String,
    before: String,
    is_touched: bool,
    /// How many elements around are touched.
    inside: u32,
    /// Short pieces within words that a style sheet hides.
    cut_out: u32,
    /// Bytes of own entities that may still be put in.
    own_left: usize,
}

/// Boxes lie no deeper than elements are kept open, twice for those that are moved into others.
const DEEPEST: usize = 600;

impl Writer<'_> {
    fn is_full(&self) -> bool {
        self.out.len() + self.line.len() >= MOST || self.own_left == 0
    }

    fn node(&mut self, boxes: &Boxes, number: u32, depth: usize) {
        let mut next = number;
        while let Some(node) = boxes.nodes.get(next as usize) {
            if self.is_full() || depth > DEEPEST {
                return;
            }
            self.one(boxes, node, depth);
            // The root has no sibling.
            next = node.next;
        }
    }

    fn one(&mut self, boxes: &Boxes, node: &Node, depth: usize) {
        self.inside += u32::from(node.touched);
        match &node.what {
            What::Text(range) => {
                let piece = self.source.get(range.start as usize..range.end as usize).unwrap_or_default();
                self.text(piece, node.preformatted, 0);
            }
            What::Made(text) => {
                for c in text.chars() {
                    self.character(c, false);
                }
            }
            What::Line => self.end_line(),
            What::Removed(letters) => {
                let in_word = self.line.ends_with(char::is_alphanumeric);
                self.cut_out += u32::from(in_word && *letters <= 3);
                self.is_touched = true;
            }
            What::Element => self.element(boxes, node, depth),
        }
        self.inside -= u32::from(node.touched);
    }

    fn element(&mut self, boxes: &Boxes, node: &Node, depth: usize) {
        match node.parts {
            Parts::Block => self.end_line(),
            Parts::Cell => self.line.push(' '),
            Parts::Nothing => {}
        }
        let mirrored = node.placed.as_deref().is_some_and(|placed| placed.mirrored && placed.rtl);
        let start = self.line.len();
        self.node(boxes, node.first, depth + 1);
        if mirrored && let Some(shown) = self.line.get(start..).filter(|shown| !shown.is_empty()) {
            let mirror: String = shown.chars().rev().collect();
            self.line.truncate(start);
            self.line.push_str(&mirror);
            self.is_touched = true;
        }
        if node.parts == Parts::Block {
            self.end_line();
        }
    }

    /// A piece of the source, its references resolved.
    fn text(&mut self, piece: &str, preformatted: bool, depth: usize) {
        let mut rest = piece;
        while let Some(c) = rest.chars().next() {
            if c == '&' {
                if let Some((text, length)) = self.own.at(rest) {
                    // What one stands for is expanded already.
                    if depth == 0 && !self.is_full() {
                        self.own_left = self.own_left.saturating_sub(text.len());
                        let text = text.to_owned();
                        self.text(&text, preformatted, 1);
                    }
                    rest = &rest[length..];
                    continue;
                }
                if let Some((c, length)) = reference(rest, Within::Text) {
                    self.character(c, preformatted);
                    rest = &rest[length..];
                    continue;
                }
            }
            self.character(c, preformatted);
            rest = &rest[c.len_utf8()..];
        }
    }

    fn character(&mut self, c: char, preformatted: bool) {
        if c == '\n' && preformatted {
            return self.end_line();
        }
        if c.is_whitespace() {
            if !self.line.ends_with(' ') {
                self.line.push(' ');
            }
            return;
        }
        self.is_touched |= self.inside > 0;
        self.line.push(c);
    }

    fn end_line(&mut self) {
        let line = self.line.trim();
        if line.is_empty() {
            self.line.clear();
            self.is_touched = false;
            return;
        }
        if self.is_touched {
            if !self.before.is_empty() {
                self.out.push_str(end_of_line(&self.before));
                self.out.push('\n');
                self.before.clear();
            }
            self.out.push_str(line);
            self.out.push('\n');
        } else {
            self.before.clear();
            self.before.push_str(line);
        }
        self.line.clear();
        self.is_touched = false;
    }
}
