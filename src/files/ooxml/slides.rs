//! Presentations (ECMA-376 part 1, section 19): slides in their order, notes, comments, and
//! what masters and layouts show behind them or hold for their own view.

use super::parts::{Parts, tell_external};
use crate::files::{
    Budget, Script, Shown, TraitKind, Writing,
    xml::{self, Node, Tag, Xml},
};
use std::collections::HashSet;

/// Hundredths of a point; smaller text is not seen.
const TINY: u32 = 200;

pub(super) fn read(parts: &mut Parts<'_, '_>, main: &str, budget: &mut Budget) {
    let relations = parts.relations(main, budget);
    tell_external(&relations, "", budget);
    let source = parts.text(main, &["presentation"], budget).unwrap_or_default();
    let (order, size) = contents(&source, budget);
    let by_id = |id: &String| relations.iter().find(|relation| relation.id == *id);
    let mut slides: Vec<&str> = order.iter().filter_map(by_id).map(|slide| slide.target.as_str()).collect();
    // Slides that the list leaves out are there all the same.
    for relation in relations.iter().filter(|relation| relation.kind == "slide" && !relation.external) {
        if !slides.contains(&relation.target.as_str()) {
            slides.push(&relation.target);
        }
    }
    for (slide, number) in slides.into_iter().zip(1..) {
        read_slide(parts, slide, &format!("slide {number}"), size, budget);
    }
    read_masters(parts, size, budget);
}

/// Masters and layouts: their own shapes are seen on every slide that uses them; what stands in a place for a
/// slide's text is seen in their own view only. Each line once: layouts repeat their master.
fn read_masters(parts: &mut Parts<'_, '_>, size: (i64, i64), budget: &mut Budget) {
    const FOLDERS: [(&str, &str); 4] = [
        ("/slidemasters/slidemaster", "master"),
        ("/slidelayouts/slidelayout", "layout"),
        ("/notesmasters/notesmaster", "notes master"),
        ("/handoutmasters/handoutmaster", "handout master"),
    ];
    const MASTERS: [&str; 4] = ["sldMaster", "sldLayout", "notesMaster", "handoutMaster"];
    let mut known = HashSet::new();
    for name in parts.left() {
        let lower = name.to_ascii_lowercase();
        let of = FOLDERS.iter().find_map(|(folder, word)| Some((word, lower.split_once(folder)?.1)));
        let Some((word, number)) = of.and_then(|(word, rest)| Some((word, rest.strip_suffix(".xml")?)))
        else {
            continue;
        };
        let Some(source) = parts.text(&name, &MASTERS, budget) else { continue };
        let place = format!("{word} {number}");
        let mut slide = Slide { is_master: true, ..Slide::new(&place, size, Shown::Visible) };
        slide.parse(&source, budget);
        for text in [&mut slide.visible, &mut slide.hidden] {
            let own = text.lines().filter(|line| !line.trim().is_empty() && known.insert((*line).to_owned()));
            *text = own.collect::<Vec<_>>().join("\n");
        }
        slide.tell(budget);
    }
}

/// The slides' relationships in order, and their size in English metric units.
fn contents(source: &[u8], budget: &mut Budget) -> (Vec<String>, (i64, i64)) {
    let mut xml = Xml::new(source);
    let (mut order, mut size, mut names) = (Vec::new(), (i64::MAX, i64::MAX), String::new());
    while let Some(node) = xml.next(budget) {
        let Node::Start(tag) = node else { continue };
        match tag.name() {
            // Two attributes are called `id`; the relationship's has a prefix.
            "sldId" => order.extend(
                tag.attributes()
                    .filter(|(key, _)| *key == "id")
                    .map(|(_, id)| id.into_owned())
                    .find(|id| !id.bytes().all(|b| b.is_ascii_digit())),
            ),
            // Groups of slides, and choices of them for an audience, by the names they were given.
            "section" | "custShow" => {
                names.push_str(&tag.get("name").unwrap_or_default());
                names.push('\n');
            }
            "sldSz" => {
                let side = |key: &str| tag.get(key).and_then(|side| side.parse().ok()).unwrap_or(i64::MAX);
                size = (side("cx"), side("cy"));
            }
            _ => {}
        }
    }
    xml.tell("", "pptx", budget);
    budget.text("sections", Shown::Hidden, Writing::Plain, names);
    (order, size)
}

fn read_slide(parts: &mut Parts<'_, '_>, part: &str, place: &str, size: (i64, i64), budget: &mut Budget) {
    let relations = parts.relations(part, budget);
    tell_external(&relations, place, budget);
    if let Some(source) = parts.text(part, &["sld"], budget) {
        Slide::new(place, size, Shown::Visible).read(&source, budget);
    }
    for relation in relations.iter().filter(|relation| !relation.external) {
        match relation.kind.as_str() {
            "notesSlide" => {
                let below = format!("{place}/notes");
                let own = parts.relations(&relation.target, budget);
                tell_external(&own, &below, budget);
                if let Some(source) = parts.text(&relation.target, &["notes"], budget) {
                    Slide::new(&below, (i64::MAX, i64::MAX), Shown::Hidden).read(&source, budget);
                }
            }
            "comments" => {
                if let Some(source) = parts.text(&relation.target, &["cmLst"], budget) {
                    let text = xml::text_of(&source, budget);
                    budget.text(&format!("{place}/comments"), Shown::Hidden, Writing::Plain, text);
                }
            }
            _ => {}
        }
    }
}

struct Slide<'s> {
    place: &'s str,
    size: (i64, i64),
    shown: Shown,
    visible: String,
    hidden: String,
    table: String,
    aside: String,
    in_text: usize,
    tables: usize,
    /// The shape is not shown, or lies beside the slide.
    unseen: bool,
    tiny: bool,
    corner: (i64, i64),
    /// Places for a slide's own text hold a prompt here.
    is_master: bool,
}

impl<'s> Slide<'s> {
    fn new(place: &'s str, size: (i64, i64), shown: Shown) -> Self {
        Self {
            place,
            size,
            shown,
            visible: String::new(),
            hidden: String::new(),
            table: String::new(),
            aside: String::new(),
            in_text: 0,
            tables: 0,
            unseen: false,
            tiny: false,
            corner: (0, 0),
            is_master: false,
        }
    }

    fn read(mut self, source: &[u8], budget: &mut Budget) {
        self.parse(source, budget);
        self.tell(budget);
    }

    fn parse(&mut self, source: &[u8], budget: &mut Budget) {
        let mut xml = Xml::new(source);
        while let Some(node) = xml.next(budget) {
            match node {
                Node::Start(tag) => self.start(&tag, budget),
                Node::Text(text) if self.in_text > 0 => self.push(&text),
                Node::Text(_) => {}
                Node::End(name) => self.end(&name, budget),
            }
        }
        xml.tell(self.place, "pptx", budget);
    }

    fn tell(self, budget: &mut Budget) {
        budget.text(self.place, self.shown, Writing::Plain, self.visible);
        budget.text(self.place, self.shown, Writing::Rows, self.table);
        budget.text(self.place, Shown::Hidden, Writing::Plain, self.hidden);
        let below = format!("{}/alternative text", self.place);
        budget.text(&below, Shown::Hidden, Writing::Plain, self.aside);
    }

    fn start(&mut self, tag: &Tag<'_>, budget: &mut Budget) {
        match tag.name() {
            "sld" if tag.is_on("show") == Some(false) => self.shown = Shown::Hidden,
            "sp" | "graphicFrame" | "pic" | "cxnSp" => (self.unseen, self.corner) = (false, (0, 0)),
            "cNvPr" => {
                self.unseen |= tag.is_on("hidden") == Some(true);
                for text in ["descr", "title"].iter().filter_map(|key| tag.get(key)) {
                    if !text.trim().is_empty() {
                        self.aside.push_str(text.trim());
                        self.aside.push('\n');
                    }
                }
            }
            "ph" => self.unseen |= self.is_master,
            "off" => self.corner = pair(tag, "x", "y"),
            "ext" if tag.get("cx").is_some() => {
                let (width, height) = pair(tag, "cx", "cy");
                let (left, top) = self.corner;
                self.unseen |= left >= self.size.0
                    || top >= self.size.1
                    || left.saturating_add(width) < 0
                    || top.saturating_add(height) < 0;
            }
            "rPr" | "endParaRPr" => self.tiny = tag.number("sz").is_some_and(|size| size < TINY),
            "r" | "fld" => self.tiny = false,
            "t" => self.in_text += 1,
            "br" => self.push("\n"),
            "tbl" => self.tables += 1,
            "hlinkClick" | "hlinkHover" => {
                let action = tag.get("action").unwrap_or_default();
                if action.starts_with("ppaction://program") || action.starts_with("ppaction://macro") {
                    budget.found(self.place, TraitKind::Script(Script::Active));
                }
                if let Some(tip) = tag.get("tooltip") {
                    self.aside.push_str(&tip);
                    self.aside.push('\n');
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str, budget: &mut Budget) {
        match name {
            "t" => self.in_text = self.in_text.saturating_sub(1),
            "p" if self.tables > 0 => self.push(" "),
            "p" => self.push("\n"),
            "tc" | "tr" if self.tables > 0 => {
                let divider = if name == "tc" { '\t' } else { '\n' };
                let kept =
                    self.table.trim_end_matches(if name == "tc" { &[' '][..] } else { &[' ', '\t'][..] });
                self.table.truncate(kept.len());
                self.table.push(divider);
            }
            "tbl" => {
                self.tables = self.tables.saturating_sub(1);
                let rows = std::mem::take(&mut self.table);
                budget.text(self.place, self.shown, Writing::Rows, rows);
            }
            "sp" | "graphicFrame" => self.unseen = false,
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        let target = match () {
            () if self.unseen || (self.tiny && self.in_text > 0) => &mut self.hidden,
            () if self.tables > 0 => &mut self.table,
            () => &mut self.visible,
        };
        target.push_str(text);
    }
}

fn pair(tag: &Tag<'_>, x: &str, y: &str) -> (i64, i64) {
    let value = |key: &str| tag.get(key).and_then(|value| value.parse().ok()).unwrap_or(0);
    (value(x), value(y))
}
