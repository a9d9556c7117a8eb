//! Whether text is seen, by the properties of runs and of the styles they take them from (ECMA-376
//! part 1, section 17.7).

use crate::files::{
    Budget,
    xml::{Node, Tag, Xml},
};
use std::collections::HashMap;

/// Styles that build on each other.
const LONGEST_CHAIN: usize = 16;
/// Half points; smaller text is not seen.
const TINY: u32 = 4;

/// What properties say; `None` where they say nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    vanish: Option<bool>,
    white: Option<bool>,
    tiny: Option<bool>,
    /// A ground of another colour than the page's.
    shaded: Option<bool>,
}

impl Look {
    /// Takes one element of `rPr`.
    pub(super) fn take(&mut self, tag: &Tag<'_>) {
        match tag.name() {
            // `webHidden` hides only in a view that nobody uses.
            "vanish" | "specVanish" => self.vanish = Some(tag.is_on("val").unwrap_or(true)),
            "color" => {
                let color = tag.get("val").unwrap_or_default();
                self.white = Some(nearly_white(&color));
            }
            "sz" => self.tiny = tag.number("val").map(|size| size < TINY),
            "shd" => {
                let fill = tag.get("fill").unwrap_or_default();
                self.shaded = Some(fill != "auto" && !fill.is_empty() && !nearly_white(&fill));
            }
            "highlight" => self.shaded = Some(!tag.is("val", "none") && !tag.is("val", "white")),
            _ => {}
        }
    }

    /// What this says, and where it says nothing, what is below.
    pub(super) fn over(self, below: Self) -> Self {
        Self {
            vanish: self.vanish.or(below.vanish),
            white: self.white.or(below.white),
            tiny: self.tiny.or(below.tiny),
            shaded: self.shaded.or(below.shaded),
        }
    }

    /// `on_paper`: the ground is the page itself as far as one can tell.
    pub(super) fn is_hidden(self, on_paper: bool) -> bool {
        let on = |value: Option<bool>| value == Some(true);
        on(self.vanish) || on(self.tiny) || (on(self.white) && on_paper && !on(self.shaded))
    }
}

pub(super) fn nearly_white(color: &str) -> bool {
    let digits = color.get(color.len().saturating_sub(6)..).unwrap_or_default();
    let channel = |at: usize| digits.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    digits.len() == 6 && [0, 2, 4].iter().all(|at| channel(*at).is_some_and(|value| value >= 0xf0))
}

#[derive(Debug, Default)]
pub(super) struct Styles {
    looks: HashMap<String, (Option<String>, Look)>,
    /// List and level of paragraphs of a style.
    lists: HashMap<String, (Option<u32>, Option<u32>)>,
}

impl Styles {
    pub(super) fn read(source: &[u8], budget: &mut Budget) -> Self {
        let mut xml = Xml::new(source);
        let mut styles = Self::default();
        let mut style: Option<(String, Option<String>, Look)> = None;
        let (mut names, mut custom) = (String::new(), false);
        while let Some(node) = xml.next(budget) {
            match node {
                Node::Start(tag) => match (tag.name(), &mut style) {
                    ("style", _) => {
                        custom = tag.is_on("customStyle") == Some(true);
                        style = Some((tag.get("styleId").unwrap_or_default(), None, Look::default()))
                    }
                    ("basedOn", Some((_, base, _))) => *base = tag.get("val"),
                    ("name" | "aliases", Some(_)) if custom => {
                        names.extend(tag.get("val").map(|name| name + "\n"));
                    }
                    ("numId", Some((id, ..))) => {
                        styles.lists.entry(id.clone()).or_default().0 = tag.number("val");
                    }
                    ("ilvl", Some((id, ..))) => {
                        styles.lists.entry(id.clone()).or_default().1 = tag.number("val")
                    }
                    (_, Some((.., look))) => look.take(&tag),
                    _ => {}
                },
                Node::End(name) if &*name == "style" => {
                    if let Some((id, base, look)) = style.take() {
                        styles.looks.insert(id, (base, look));
                    }
                }
                _ => {}
            }
        }
        // Names that somebody gave.
        budget.unseen("styles", names);
        styles
    }

    /// The list that paragraphs of this style are on, and their level of it.
    pub(super) fn list(&self, id: &str) -> (Option<u32>, Option<u32>) {
        let (mut list, mut next) = ((None, None), Some(id));
        for _ in 0..LONGEST_CHAIN {
            let Some(id) = next else { break };
            let (number, level) = self.lists.get(id).copied().unwrap_or_default();
            list = (list.0.or(number), list.1.or(level));
            next = self.looks.get(id).and_then(|(base, _)| base.as_deref());
        }
        list
    }

    pub(super) fn look(&self, id: &str) -> Look {
        let (mut look, mut next) = (Look::default(), Some(id));
        for _ in 0..LONGEST_CHAIN {
            let Some((base, own)) = next.and_then(|id| self.looks.get(id)) else { break };
            look = look.over(*own);
            next = base.as_deref();
        }
        look
    }
}
