//! The boxes of a page in the order of its source, and where each is placed.

use super::declared::{Declared, Display, Float, Position};

/// Where an element is placed.
#[derive(Clone, Debug, Default)]
pub(super) struct Placed {
    pub(super) float: Option<Float>,
    pub(super) order: i32,
    pub(super) position: Option<Position>,
    pub(super) left: Option<f32>,
    pub(super) right: Option<f32>,
    pub(super) top: Option<f32>,
    pub(super) row: Option<i32>,
    pub(super) column: Option<i32>,
    pub(super) display: Option<Display>,
    pub(super) reversed: bool,
    pub(super) rtl: bool,
    /// Its characters are shown from the last to the first.
    pub(super) mirrored: bool,
    pub(super) shifted: bool,
}

impl Placed {
    pub(super) fn declare(&mut self, declared: &Declared) {
        match declared {
            Declared::Display(display) => self.display = Some(*display),
            Declared::Float(float) => self.float = Some(*float),
            Declared::Reversed(reversed) => self.reversed = *reversed,
            Declared::Order(order) => self.order = *order,
            Declared::Position(position) => self.position = Some(*position),
            Declared::Left(n) => self.left = Some(*n),
            Declared::Right(n) => self.right = Some(*n),
            Declared::Top(n) => self.top = Some(*n),
            Declared::Row(n) => self.row = Some(*n),
            Declared::Column(n) => self.column = Some(*n),
            Declared::RightToLeft(rtl) => self.rtl = *rtl,
            Declared::Override(mirrored) => self.mirrored = *mirrored,
            Declared::Shifted => self.shifted = true,
            _ => {}
        }
    }

    fn is_out(&self) -> bool {
        self.position == Some(Position::Out)
    }

    /// Moved by a way that is not computed.
    pub(super) fn is_uncertain(&self) -> bool {
        let relative = self.position == Some(Position::Relative)
            && [self.left, self.right].into_iter().flatten().any(|n| n != 0.0);
        let nowhere = self.is_out() && self.left.is_none() && self.right.is_none();
        self.shifted || relative || nowhere && self.top.is_none()
    }
}

/// What a node is.
#[derive(Debug)]
pub(super) enum What {
    Element,
    /// A piece of the source between tags.
    Text(std::ops::Range<u32>),
    /// Shown, but written nowhere between tags.
    Made(Box<str>),
    Line,
    /// Text of this many characters that a style sheet hides.
    Removed(u16),
}

/// How a box parts what is around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    Nothing,
    Cell,
    Block,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) what: What,
    pub(super) parts: Parts,
    pub(super) is_row: bool,
    pub(super) preformatted: bool,
    /// It is shown elsewhere than it is written, or to some readers only.
    pub(super) touched: bool,
    /// Characters in it.
    pub(super) letters: u16,
    pub(super) parent: u32,
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) next: u32,
    pub(super) placed: Option<Box<Placed>>,
}

pub(super) const NONE: u32 = u32::MAX;
/// What is laid out of a page.
pub(super) struct Boxes {
    /// Boxes of one page; what is beyond is not laid out.
    most: usize,
    pub(super) nodes: Vec<Node>,
    pub(super) is_cut: bool,
    /// Elements lie deeper in each other than is looked at.
    pub(super) is_deep: bool,
    /// Elements out of the flow, with the element within which each is placed.
    pub(super) out: Vec<(u32, u32)>,
    /// Pieces of one or two characters that are moved, and those of which nobody knows where to.
    pub(super) moved: u32,
    pub(super) uncertain: u32,
}

impl Boxes {
    pub(super) fn new(most: usize) -> Self {
        let mut boxes = Self {
            most,
            nodes: Vec::new(),
            is_cut: false,
            is_deep: false,
            out: Vec::new(),
            moved: 0,
            uncertain: 0,
        };
        boxes.nodes.push(Node::new(What::Element, NONE));
        boxes
    }

    /// Adds a node as the last in `parent`.
    pub(super) fn add(&mut self, parent: u32, what: What, letters: usize) -> Option<u32> {
        if self.nodes.len() >= self.most {
            self.is_cut = true;
            return None;
        }
        let number = self.nodes.len() as u32;
        let mut node = Node::new(what, parent);
        node.letters = letters.min(usize::from(u16::MAX)) as u16;
        self.nodes.push(node);
        self.link(parent, number);
        Some(number)
    }

    /// Says that an element is out of the flow, placed within `anchor`.
    pub(super) fn place(&mut self, element: u32, anchor: u32) {
        self.out.push((anchor, element));
    }

    pub(super) fn link(&mut self, parent: u32, child: u32) {
        let Some(before) = self.nodes.get(parent as usize).map(|p| p.last) else { return };
        match before {
            NONE => self.nodes[parent as usize].first = child,
            before => self.nodes[before as usize].next = child,
        }
        self.nodes[parent as usize].last = child;
        self.nodes[child as usize].next = NONE;
    }

    pub(super) fn children(&self, parent: u32) -> Vec<u32> {
        let mut next = self.nodes[parent as usize].first;
        let mut out = Vec::new();
        while let Some(node) = self.nodes.get(next as usize) {
            out.push(next);
            next = node.next;
        }
        out
    }

    pub(super) fn relink(&mut self, parent: u32, children: &[u32]) {
        (self.nodes[parent as usize].first, self.nodes[parent as usize].last) = (NONE, NONE);
        for child in children {
            self.link(parent, *child);
        }
    }

    pub(super) fn placed(&self, number: u32) -> Option<&Placed> {
        self.nodes.get(number as usize)?.placed.as_deref()
    }

    pub(super) fn letters(&self, number: u32) -> u16 {
        self.nodes.get(number as usize).map_or(0, |node| node.letters)
    }
}

impl Node {
    pub(super) fn new(what: What, parent: u32) -> Self {
        Self {
            what,
            parts: Parts::Nothing,
            is_row: false,
            preformatted: false,
            touched: false,
            letters: 0,
            parent,
            first: NONE,
            last: NONE,
            next: NONE,
            placed: None,
        }
    }
}
