//! An element that is opened: its looks, its place, and what is shown in it that nobody wrote there.

use super::{DEEPEST, Open, Page, Touched, letters};
use crate::extraction::html::{
    boxes::{Placed, What},
    declared::{self, Declared, Display, Position, Weighed},
    element::{Break, Role},
    face::{Attributes, Looks, Seen, draw, is_placed, old_attributes, parts},
    lists::Number,
    selector::{Around, Marks, Part},
    sheet::in_order,
};

/// What one element looks like.
struct Face {
    seen: Seen,
    placed: Placed,
    display: Display,
    /// Before an item of a list.
    marker: Option<String>,
}

impl<'s> Page<'s> {
    pub(super) fn element(&mut self, name: &'s str, breaks: Break, role: Role, attributes: &Attributes<'s>) {
        if self.open.len() >= DEEPEST {
            self.beyond += 1;
            self.boxes.is_deep = true;
            return;
        }
        let (parent, anchor, top) = {
            let above = self.open_mut();
            above.children += 1;
            (above.node, above.anchor, above.top)
        };
        let mut marks = Marks::of(
            name,
            attributes.raw("class").unwrap_or_default(),
            attributes.raw("id").unwrap_or_default(),
            self.sheet.case,
        );
        marks.nth = self.top().children;
        let around = Around { open: &self.around, before: self.top().last.as_ref() };
        let sheet = self.sheet;
        let mut tests = self.tests;
        let rules = sheet.of(&marks, &|name| attributes.value(name), around, &mut tests);
        self.tests = tests;
        self.boxes.is_cut |= tests == 0;
        let Face { mut seen, mut placed, display, marker } = self.face(name, role, attributes, &rules);
        let mut places = Vec::new();
        let mut own_top = top;
        if seen.in_drawing {
            places = draw(attributes, &mut placed, &mut own_top);
        }
        seen.in_drawing |= name.eq_ignore_ascii_case("svg");
        let Some(node) = self.boxes.add(parent, What::Element, 0) else { return };
        let is_anchor = placed.position.is_some_and(|position| position != Position::Static)
            || name.eq_ignore_ascii_case("svg");
        if placed.position == Some(Position::Out) {
            self.boxes.place(node, anchor);
        }
        {
            let own = &mut self.boxes.nodes[node as usize];
            own.parts = parts(breaks, display);
            own.is_row = name.eq_ignore_ascii_case("tr");
            own.placed = is_placed(&placed).then(|| Box::new(placed));
        }
        let hidden = seen.is_hidden();
        let is_list = self.list(name, attributes, node, marker.as_deref(), hidden);
        let attribute = |name: &str| attributes.value(name);
        let before = self.counters.made(&rules, Part::Before, &attribute);
        let after = self.counters.made(&rules, Part::After, &attribute);
        if !before.is_empty() && !hidden {
            self.make(node, &before, Touched::Yes);
        }
        self.open.push(Open {
            tag: marks.tag,
            node,
            children: 0,
            last: None,
            after: if hidden { String::new() } else { after },
            anchor: if is_anchor { node } else { anchor },
            places,
            top: own_top,
            seen,
            is_list,
        });
        if let Some(above) = self.open.iter_mut().rev().nth(1) {
            above.last = Some(marks.clone());
        }
        self.around.push(marks);
    }

    /// What the element looks like in what is open.
    fn face(
        &mut self,
        name: &str,
        role: Role,
        attributes: &Attributes<'s>,
        rules: &[(Part, &[Weighed])],
    ) -> Face {
        let mut seen = self.top().seen;
        let mut placed = Placed { rtl: seen.rtl, ..Placed::default() };
        old_attributes(name, attributes, &mut seen, &mut placed);
        let was_hidden = seen.is_hidden();
        let gone = attributes.raw("hidden").is_some();
        let mut looks = Looks { display: Display::Other, seen: true, gone };
        let mut marker = None;
        let inline = attributes.raw("style").map(declared::attribute).unwrap_or_default();
        for declared in in_order(rules, Part::Element, &inline) {
            seen.declare(declared);
            placed.declare(declared);
            looks.declare(declared);
            match declared {
                Declared::Counters(step, counters) => self.counters.count(*step, counters),
                Declared::Marker(text) => marker = Some(text.clone()),
                _ => {}
            }
        }
        seen.gone |= looks.display == Display::None || !looks.seen || looks.gone || role == Role::Hidden;
        seen.by_sheet = seen.is_hidden() && (seen.by_sheet || !was_hidden && !rules.is_empty());
        seen.preformatted |= role == Role::Preformatted;
        seen.shifted |= placed.shifted;
        placed.rtl = seen.rtl;
        Face { seen, placed, display: looks.display, marker }
    }

    /// Adds text that is written nowhere.
    pub(super) fn make(&mut self, node: u32, text: &str, touched: Touched) {
        if text.is_empty() {
            return;
        }
        self.made_left = self.made_left.saturating_sub(text.len());
        if self.made_left == 0 {
            self.boxes.is_cut = true;
            return;
        }
        let letters = letters(text);
        if let Some(made) = self.boxes.add(node, What::Made(text.into()), letters) {
            self.boxes.nodes[made as usize].touched = letters > 0 && touched == Touched::Yes;
        }
    }

    /// Numbers of lists; whether this element is a list.
    fn list(
        &mut self,
        name: &str,
        attributes: &Attributes<'s>,
        node: u32,
        marker: Option<&str>,
        hidden: bool,
    ) -> bool {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        let whole = |name: &str| attributes.numbers(name).first().map(|n| *n as i64);
        if is("ol") || is("ul") {
            let reversed = attributes.raw("reversed").is_some();
            self.lists.begin(is("ol"), whole("start"), reversed, attributes.raw("type").unwrap_or_default());
            return true;
        }
        if is("li")
            && let Some(number) = self.lists.item(whole("value"), node, hidden)
        {
            match marker {
                Some(marker) => self.make(node, marker, Touched::Yes),
                None if hidden => {}
                None => match number {
                    Number::Said(text) => self.make(node, &text, Touched::Yes),
                    Number::Counted(text) => self.make(node, &text, Touched::IfAlone),
                },
            }
        }
        false
    }
}
