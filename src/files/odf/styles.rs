//! Whether text is seen, by the styles it has (part 3, section 16).

use crate::files::{
    Budget,
    xml::{Node, Tag, Xml},
};
use std::collections::HashMap;

/// Styles that build on each other.
const LONGEST_CHAIN: usize = 16;

/// What properties say; `None` where they say nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    /// `text:display="none"`, a table that is not displayed, a page that is not shown.
    gone: Option<bool>,
    white: Option<bool>,
    tiny: Option<bool>,
    shaded: Option<bool>,
}

impl Look {
    pub(super) const GONE: Self = Self { gone: Some(true), white: None, tiny: None, shaded: None };

    fn take(&mut self, tag: &Tag<'_>) {
        for (key, value) in tag.attributes() {
            match key {
                // Of text, of tables, of pages.
                "display" => self.gone = Some(matches!(&*value, "none" | "false" | "condition")),
                "visibility" => self.gone = Some(value == "hidden"),
                "color" => self.white = Some(nearly_white(&value)),
                "background-color" | "fill-color" => {
                    self.shaded = Some(value != "transparent" && !nearly_white(&value));
                }
                "font-size" => self.tiny = points(&value).map(|size| size < 2.0),
                _ => {}
            }
        }
    }

    pub(super) fn over(self, below: Self) -> Self {
        Self {
            gone: self.gone.or(below.gone),
            white: self.white.or(below.white),
            tiny: self.tiny.or(below.tiny),
            shaded: self.shaded.or(below.shaded),
        }
    }

    pub(super) fn is_gone(self) -> bool {
        self.gone == Some(true)
    }

    pub(super) fn is_shaded(self) -> bool {
        self.shaded == Some(true)
    }

    /// `on_paper`: the ground is the page itself as far as one can tell.
    pub(super) fn is_hidden(self, on_paper: bool) -> bool {
        let on = |value: Option<bool>| value == Some(true);
        on(self.gone) || on(self.tiny) || (on(self.white) && on_paper && !on(self.shaded))
    }
}

fn nearly_white(color: &str) -> bool {
    let channel = |at: usize| color.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    color.len() == 7 && [1, 3, 5].iter().all(|at| channel(*at).is_some_and(|value| value >= 0xf0))
}

fn points(size: &str) -> Option<f64> {
    size.strip_suffix("pt")?.trim().parse().ok()
}

/// Of numbers, dates, percentages, texts.
fn is_format(name: &str) -> bool {
    matches!(
        name,
        "number-style"
            | "currency-style"
            | "percentage-style"
            | "date-style"
            | "time-style"
            | "boolean-style"
            | "text-style"
    )
}

/// How notes and lines are numbered.
fn is_notes(name: &str) -> bool {
    matches!(name, "notes-configuration" | "linenumbering-configuration")
}

#[derive(Debug, Default)]
pub(super) struct Styles {
    looks: HashMap<String, (Option<String>, Look)>,
    /// What formats of numbers and of lists put beside them (sections 16.29 and 16.31), where it is more than a sign.
    pub(super) said: String,
    /// Pages have a ground that is not white.
    pub(super) has_dark_pages: bool,
}

/// Letters of the shortest word that is told of a format.
const SHORTEST: usize = 4;

impl Styles {
    /// Of the sources in order; a later one's style replaces an earlier one's of the same name.
    pub(super) fn read(sources: &[&[u8]], budget: &mut Budget) -> Self {
        let mut styles = Self::default();
        for source in sources {
            let mut xml = Xml::new(source);
            let mut style: Option<(String, Option<String>, Look)> = None;
            let (mut in_text, mut beside) = (0usize, String::new());
            while let Some(node) = xml.next(budget) {
                match node {
                    Node::Start(tag) if tag.name() == "style" => {
                        let name = tag.get("name").unwrap_or_default();
                        style = Some((name, tag.get("parent-style-name"), Look::default()));
                    }
                    Node::Start(tag) if tag.name() == "body" => break,
                    Node::Start(tag) if tag.name() == "text" => in_text += 1,
                    Node::End(name) if &*name == "text" => in_text = in_text.saturating_sub(1),
                    Node::Text(text) if in_text > 0 => beside.push_str(&text),
                    Node::End(name) if is_format(&name) => styles.say(std::mem::take(&mut beside)),
                    Node::Start(tag) if tag.name().contains("level-style") || is_notes(tag.name()) => {
                        let both = ["num-prefix", "num-suffix"].iter().filter_map(|key| tag.get(key));
                        both.for_each(|text| styles.say(text));
                    }
                    Node::Start(tag) if tag.name() == "page-layout-properties" => {
                        let mut look = Look::default();
                        look.take(&tag);
                        styles.has_dark_pages |= look.is_shaded();
                    }
                    Node::Start(tag) if tag.name().ends_with("-properties") => {
                        if let Some((.., look)) = &mut style {
                            look.take(&tag);
                        }
                    }
                    Node::End(name) if &*name == "style" => {
                        if let Some((name, parent, look)) = style.take() {
                            styles.looks.insert(name, (parent, look));
                        }
                    }
                    _ => {}
                }
            }
        }
        styles
    }

    fn say(&mut self, text: String) {
        if text.chars().filter(|c| c.is_alphanumeric()).count() >= SHORTEST {
            self.said.push_str(text.trim());
            self.said.push('\n');
        }
    }

    pub(super) fn look(&self, name: &str) -> Look {
        let (mut look, mut next) = (Look::default(), Some(name));
        for _ in 0..LONGEST_CHAIN {
            let Some((parent, own)) = next.and_then(|name| self.looks.get(name)) else { break };
            look = look.over(*own);
            next = parent.as_deref();
        }
        look
    }

    /// The look of whatever names its style by one of the usual attributes.
    pub(super) fn of(&self, tag: &Tag<'_>) -> Look {
        tag.get("style-name").map(|name| self.look(&name)).unwrap_or_default()
    }
}
