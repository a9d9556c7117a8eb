//! How style sheets put the boxes of a page in another order: floats, flex and grid items, absolute places, rows from
//! right to left. Only where characters or parts of numbers are moved: the blocks of pages stay as they are written.

use super::{
    boxes::{Boxes, NONE, Node, Parts, Placed, What},
    declared::{Display, Float},
};

/// The longest piece that is moved as one character or a part of a number, and the longest line of such.
const LONGEST: u16 = 24;
const LONGEST_LINE: u32 = 400;
/// Characters beside a number of a list that is there for itself.
const FEW: u16 = 2;
/// Tops that differ by less stand in one line.
const ONE_LINE: f32 = 9.0;

impl Boxes {
    /// Puts all into the order in which it is seen.
    pub(super) fn arrange(&mut self) {
        self.count();
        self.take_out();
        for number in 0..self.nodes.len() as u32 {
            if self.nodes[number as usize].first == NONE {
                continue;
            }
            let display = self.placed(number).and_then(|placed| placed.display);
            match display {
                Some(Display::Flex) => self.flex(number),
                Some(Display::Grid) => self.grid(number),
                _ if self.nodes[number as usize].is_row => self.row(number),
                _ => self.flow(number),
            }
        }
    }

    /// Counts the characters in each box.
    fn count(&mut self) {
        for number in (1..self.nodes.len()).rev() {
            let (letters, parent) = (self.nodes[number].letters, self.nodes[number].parent as usize);
            self.nodes[parent].letters = self.nodes[parent].letters.saturating_add(letters);
        }
        self.show_numbers();
        let singles = self.nodes.iter().filter(|node| {
            matches!(node.letters, 1 | 2) && node.placed.as_deref().is_some_and(Placed::is_uncertain)
        });
        self.uncertain = singles.count() as u32;
    }

    /// The number of an item of a list is all that it shows.
    fn show_numbers(&mut self) {
        for number in 1..self.nodes.len() {
            let node = &self.nodes[number];
            let others = self.letters(node.parent).saturating_sub(node.letters);
            if matches!(node.what, What::Made(_)) && others <= FEW {
                self.nodes[number].touched = true;
            }
        }
    }

    /// A new order of children, if they are pieces of a line.
    fn reorder(&mut self, parent: u32, before: &[u32], after: &[u32], moved: &[u32]) {
        if before == after || !self.are_pieces(moved) {
            return;
        }
        self.note(moved);
        self.nodes[parent as usize].touched = true;
        self.relink(parent, after);
    }

    /// Whether these are characters or parts of a number, not the blocks of which pages are made.
    fn are_pieces(&self, moved: &[u32]) -> bool {
        let (mut short, mut all, mut line) = (0, 0, 0u32);
        for letters in moved.iter().map(|number| self.letters(*number)).filter(|letters| *letters > 0) {
            all += 1;
            short += usize::from(letters <= LONGEST);
            line = line.saturating_add(u32::from(letters));
        }
        short > 0 && short * 2 >= all && (line <= LONGEST_LINE || line < all as u32 * 4)
    }

    fn note(&mut self, moved: &[u32]) {
        self.moved += moved.iter().filter(|number| matches!(self.letters(**number), 1 | 2)).count() as u32;
    }

    /// What is out of the flow goes behind what is in it, line by line from left to right.
    fn take_out(&mut self) {
        let mut out = std::mem::take(&mut self.out);
        // Inner ones first: what is placed within an element goes with it.
        out.sort_by_key(|(anchor, _)| std::cmp::Reverse(*anchor));
        for group in out.chunk_by(|a, b| a.0 == b.0) {
            let anchor = group[0].0;
            let place = |boxes: &Self, number: u32| {
                let placed = boxes.placed(number)?;
                let left = placed.left.or(placed.right.map(|n| 100_000.0 - n))?;
                Some((placed.top.unwrap_or(0.0), left))
            };
            let mut pieces: Vec<(f32, f32, u32)> = group
                .iter()
                .filter_map(|(_, number)| place(self, *number).map(|(top, left)| (top, left, *number)))
                .collect();
            let numbers: Vec<u32> = pieces.iter().map(|piece| piece.2).collect();
            if pieces.is_empty() || !self.are_pieces(&numbers) {
                continue;
            }
            self.note(&numbers);
            pieces.sort_by(|a, b| a.0.total_cmp(&b.0));
            for line in pieces.chunk_by_mut(|a, b| b.0 - a.0 < ONE_LINE) {
                line.sort_by(|a, b| a.1.total_cmp(&b.1));
            }
            let Some(sheet) = self.add(anchor, What::Element, 0) else { return };
            self.nodes[sheet as usize].touched = true;
            self.nodes[sheet as usize].parts = Parts::Cell;
            let mut before = None;
            for (top, _, number) in pieces {
                if before.is_some_and(|before| top - before >= ONE_LINE) {
                    let _ = self.add(sheet, What::Line, 0);
                }
                before = Some(top);
                let taken = self.take(number);
                self.link(sheet, taken);
            }
        }
    }

    /// Takes a node out of its place; an empty one stays there, so that no list is gone through. Its new number.
    fn take(&mut self, number: u32) -> u32 {
        let mut empty = Node::new(What::Element, NONE);
        empty.next = self.nodes[number as usize].next;
        let mut taken = std::mem::replace(&mut self.nodes[number as usize], empty);
        taken.parts = Parts::Nothing;
        let number = self.nodes.len() as u32;
        self.nodes.push(taken);
        number
    }

    fn flex(&mut self, parent: u32) {
        let before = self.items(parent);
        let mut after = before.clone();
        after.sort_by_key(|item| self.placed(*item).map_or(0, |placed| placed.order));
        let backwards = self.placed(parent).is_some_and(|placed| placed.reversed != placed.rtl);
        if backwards {
            after.reverse();
        }
        self.reorder(parent, &before, &after, &before);
    }

    fn grid(&mut self, parent: u32) {
        let before = self.items(parent);
        let mut after = before.clone();
        let rtl = self.placed(parent).is_some_and(|placed| placed.rtl);
        after.sort_by_key(|item| {
            self.placed(*item).map_or((0, 0, 0), |placed| {
                let column = placed.column.unwrap_or(0);
                (placed.row.unwrap_or(0), placed.order, if rtl { column.saturating_neg() } else { column })
            })
        });
        self.reorder(parent, &before, &after, &before);
    }

    /// The cells of a row.
    fn row(&mut self, parent: u32) {
        if self.placed(parent).is_some_and(|placed| placed.rtl) {
            let before = self.items(parent);
            let after: Vec<u32> = before.iter().rev().copied().collect();
            self.reorder(parent, &before, &after, &before);
        }
    }

    /// The items of a container stand side by side, whatever they are.
    fn items(&mut self, parent: u32) -> Vec<u32> {
        let items = self.children(parent);
        for item in &items {
            if self.nodes[*item as usize].parts == Parts::Block {
                self.nodes[*item as usize].parts = Parts::Nothing;
            }
        }
        items
    }

    /// Text with floats in it: each line has those of the left first and those of the right last, the first of these
    /// outermost.
    fn flow(&mut self, parent: u32) {
        let before = self.children(parent);
        let rtl = self.placed(parent).is_some_and(|placed| placed.rtl);
        let is_moved = |boxes: &Self, child: u32| {
            boxes.placed(child).is_some_and(|placed| {
                matches!(placed.float, Some(Float::Left | Float::Right))
                    || rtl && placed.display == Some(Display::InlineBlock)
            })
        };
        if !before.iter().any(|child| is_moved(self, *child)) {
            return;
        }
        let mut after = Vec::with_capacity(before.len());
        let mut moved = Vec::new();
        let (mut left, mut middle, mut right) = (Vec::new(), Vec::new(), Vec::new());
        for child in &before {
            let float = self.placed(*child).and_then(|placed| placed.float).unwrap_or(Float::None);
            match float {
                Float::Left => left.push(*child),
                Float::Right => right.push(*child),
                Float::None => middle.push(*child),
            }
            if float != Float::None || is_moved(self, *child) {
                moved.push(*child);
                self.nodes[*child as usize].parts = Parts::Nothing;
            }
            let node = &self.nodes[*child as usize];
            if float == Float::None && (node.parts == Parts::Block || matches!(node.what, What::Line)) {
                let last = middle.pop();
                self.line(rtl, &mut after, &mut left, &mut middle, &mut right);
                after.extend(last);
            }
        }
        self.line(rtl, &mut after, &mut left, &mut middle, &mut right);
        self.reorder(parent, &before, &after, &moved);
    }

    fn line(
        &self,
        rtl: bool,
        after: &mut Vec<u32>,
        left: &mut Vec<u32>,
        middle: &mut Vec<u32>,
        right: &mut Vec<u32>,
    ) {
        let is_block =
            |child: &u32| self.placed(*child).and_then(|p| p.display) == Some(Display::InlineBlock);
        if rtl && middle.iter().filter(|child| is_block(child)).count() > 1 {
            middle.reverse();
        }
        after.append(left);
        after.append(middle);
        after.extend(right.drain(..).rev());
    }
}
