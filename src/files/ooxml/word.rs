//! WordprocessingML (ECMA-376 part 1, section 17): the body, tables, headers and footers, notes,
//! comments, changes, text boxes, fields; also Word's XML of 2003, whose names are the same.

mod aside;

use super::{
    lines::{Whole, unlike},
    numbering::Numbering,
    parts::{Parts, tell_external},
    styles::{Look, Styles},
};
use crate::files::{
    Budget, Shown, Writing,
    field::symbols,
    open,
    xml::{Node, Tag, Xml},
};
use base64::Engine as _;

pub(super) fn read(parts: &mut Parts<'_, '_>, main: &str, budget: &mut Budget) {
    let relations = parts.relations(main, budget);
    let mut part = |kind: &str, root: &str, budget: &mut Budget| {
        let target = &relations.iter().find(|relation| relation.kind == kind)?.target;
        parts.text(target, &[root], budget)
    };
    let styles = part("styles", "styles", budget);
    let styles = styles.map(|source| Styles::read(&source, budget)).unwrap_or_default();
    let numbers = part("numbering", "numbering", budget);
    let mut numbers = numbers.map(|source| Numbering::read(&source, budget)).unwrap_or_default();
    numbers.tell_words(budget);
    tell_external(&relations, "", budget);
    story(parts, main, "", (&styles, &mut numbers), budget);
    for relation in relations.iter().filter(|relation| !relation.external) {
        let place = match relation.kind.as_str() {
            "header" | "footer" | "footnotes" | "endnotes" | "comments" => relation.kind.as_str(),
            "glossaryDocument" => "building blocks",
            _ => continue,
        };
        let own = parts.relations(&relation.target, budget);
        tell_external(&own, place, budget);
        story(parts, &relation.target, place, (&styles, &mut numbers), budget);
    }
}

fn story(
    parts: &mut Parts<'_, '_>,
    part: &str,
    place: &str,
    (styles, numbers): (&Styles, &mut Numbering),
    budget: &mut Budget,
) {
    const STORIES: [&str; 8] =
        ["document", "hdr", "ftr", "footnotes", "endnotes", "comments", "glossaryDocument", "txbx"];
    if let Some(source) = parts.text(part, &STORIES, budget) {
        Story::new(place, styles, numbers).read(&source, budget);
    }
}

/// Word's own XML of 2003, and a package in one file.
pub(in crate::files) fn read_2003(source: &[u8], budget: &mut Budget) {
    Story::new("", &Styles::default(), &mut Numbering::default()).read(source, budget);
}

/// What one stream of text says, by who sees it.
struct Story<'s> {
    place: &'s str,
    styles: &'s Styles,
    numbers: &'s mut Numbering,
    visible: String,
    hidden: String,
    /// Deleted and moved away.
    changes: String,
    /// Said of pictures, of choices in lists.
    aside: String,
    /// Text for programs that cannot show the first choice.
    fallback: String,
    /// Texts that are put together apart: text boxes, outermost tables.
    boxes: Vec<String>,
    tables: Vec<String>,
    tables_done: usize,
    paragraph: Look,
    /// The style of the paragraph, its list and its level there.
    on_list: (String, Option<u32>, Option<u32>),
    runs: Vec<Look>,
    whole: Whole,
    /// The codes of fields around the one that is being read.
    fields: Vec<String>,
    /// How deep we are in elements that matter.
    within: Within,
    field: String,
}

#[derive(Default)]
struct Within {
    text: usize,
    run_properties: usize,
    paragraph_properties: usize,
    deleted: usize,
    fallback: usize,
    tables: usize,
    text_boxes: usize,
    instruction: usize,
    deleted_text: usize,
    binary: usize,
    property: usize,
    value: usize,
    /// Cells whose ground is coloured, or tables whose style may colour them.
    shaded: usize,
}

impl<'s> Story<'s> {
    fn new(place: &'s str, styles: &'s Styles, numbers: &'s mut Numbering) -> Self {
        Self {
            place,
            styles,
            numbers,
            visible: String::new(),
            hidden: String::new(),
            changes: String::new(),
            aside: String::new(),
            fallback: String::new(),
            boxes: Vec::new(),
            tables: Vec::new(),
            tables_done: 0,
            paragraph: Look::default(),
            on_list: Default::default(),
            runs: Vec::new(),
            whole: Whole::default(),
            fields: Vec::new(),
            within: Within::default(),
            field: String::new(),
        }
    }

    fn read(mut self, source: &[u8], budget: &mut Budget) {
        let mut xml = Xml::new(source);
        while let Some(node) = xml.next(budget) {
            match node {
                Node::Start(tag) => self.start(&tag, budget),
                Node::End(name) => self.end(&name, budget),
                Node::Text(text) => self.text(&text, budget),
            }
        }
        xml.tell(self.place, "docx", budget);
        self.tell(budget);
    }

    fn start(&mut self, tag: &Tag<'_>, budget: &mut Budget) {
        let within = &mut self.within;
        match tag.name() {
            "t" => within.text += 1,
            "delText" => within.deleted_text += 1,
            "r" => self.runs.push(Look::default()),
            "rPr" => within.run_properties += 1,
            "pPr" => within.paragraph_properties += 1,
            "p" => (self.paragraph, self.on_list) = (Look::default(), Default::default()),
            "pStyle" => {
                let style = tag.get("val").unwrap_or_default();
                self.paragraph = self.styles.look(&style);
                self.on_list.0 = style;
            }
            // Not those of the properties that a change replaced.
            "numId" if within.paragraph_properties == 1 => self.on_list.1 = tag.number("val"),
            "ilvl" if within.paragraph_properties == 1 => self.on_list.2 = tag.number("val"),
            "rStyle" => {
                let look = self.styles.look(&tag.get("val").unwrap_or_default());
                if let Some(run) = self.runs.last_mut() {
                    *run = run.over(look);
                }
            }
            "del" | "moveFrom" if within.run_properties == 0 => within.deleted += 1,
            "Fallback" => within.fallback += 1,
            "tbl" => {
                within.tables += 1;
                if within.tables == 1 {
                    self.tables.push(String::new());
                }
            }
            "tblStyle" => within.shaded = within.tables,
            "txbxContent" => {
                within.text_boxes += 1;
                self.whole.end();
                self.boxes.push(String::new());
            }
            "instrText" | "delInstrText" => within.instruction += 1,
            "binData" | "binaryData" => {
                within.binary += 1;
                self.field.clear();
            }
            "sz" | "color" | "vanish" | "specVanish" | "highlight" | "shd" => self.take_look(tag),
            "tab" | "ptab" if !self.runs.is_empty() && within.paragraph_properties == 0 => self.push("\t"),
            "br" | "cr" if !self.runs.is_empty() => self.push("\n"),
            "noBreakHyphen" => self.push("-"),
            "sym" => self.push_symbol(tag),
            _ => self.start_aside(tag, budget),
        }
    }

    fn end(&mut self, name: &str, budget: &mut Budget) {
        let within = &mut self.within;
        let less = |count: &mut usize| *count = count.saturating_sub(1);
        match name {
            "t" => less(&mut within.text),
            "delText" => less(&mut within.deleted_text),
            "v" | "pt" => {
                less(&mut within.value);
                self.push("\n");
            }
            "r" => drop(self.runs.pop()),
            "rPr" => less(&mut within.run_properties),
            "pPr" => {
                less(&mut within.paragraph_properties);
                if within.paragraph_properties == 0 {
                    self.push_number();
                }
            }
            "del" | "moveFrom" if within.run_properties == 0 => less(&mut within.deleted),
            "Fallback" => less(&mut within.fallback),
            "instrText" | "delInstrText" => less(&mut within.instruction),
            "Author" | "Title" | "LastAuthor" | "Company" | "Manager" | "Subject" | "Keywords"
            | "Description" | "creator" | "title" | "lastModifiedBy" | "description" | "keywords" => {
                less(&mut within.property);
                self.aside.push('\n');
            }
            "p" => {
                let in_table = within.tables > 0 && within.text_boxes == 0;
                self.push(if in_table { " " } else { "\n" });
                self.whole.end();
                self.paragraph = Look::default();
                for apart in [&mut self.hidden, &mut self.changes] {
                    if !apart.is_empty() && !apart.ends_with('\n') {
                        apart.push('\n');
                    }
                }
            }
            "tc" => self.end_cell("\t"),
            "tr" => self.end_cell("\n"),
            "tbl" => {
                less(&mut within.tables);
                within.shaded = within.shaded.min(within.tables);
                if within.tables == 0
                    && let Some(rows) = self.tables.pop()
                {
                    self.tables_done += 1;
                    let below = self.below(&format!("table {}", self.tables_done));
                    budget.text(&below, self.shown(), Writing::Rows, rows);
                }
            }
            "txbxContent" => {
                less(&mut within.text_boxes);
                let text = self.boxes.pop().unwrap_or_default();
                let below = self.below("text box");
                if self.within.fallback == 0 {
                    budget.text(&below, self.shown(), Writing::Plain, text);
                } else {
                    self.fallback.push_str(&text);
                }
            }
            "binData" | "binaryData" => {
                less(&mut within.binary);
                let packed: Vec<u8> = self.field.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
                if let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(packed) {
                    open::member(budget, &self.below("embedded"), None, None, &bytes);
                }
                self.field.clear();
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str, budget: &mut Budget) {
        let within = &self.within;
        if within.text > 0 || within.deleted_text > 0 {
            match memchr::memmem::find(text.as_bytes(), b"\xef\x80") {
                Some(_) => self.push(&text.chars().map(symbols::digit).collect::<String>()),
                None => self.push(text),
            }
        } else if within.binary > 0 || within.instruction > 0 {
            if self.field.len() + text.len() <= budget.limits().text_bytes {
                self.field.push_str(text);
            }
        } else if within.property > 0 {
            self.aside.push_str(text);
        } else if within.value > 0 && !text.trim().is_empty() {
            self.push(text);
        }
    }

    /// Adds to what is being written, by who sees it.
    fn push(&mut self, text: &str) {
        let look = self.runs.last().copied().unwrap_or_default().over(self.paragraph);
        let on_paper = self.within.text_boxes == 0 && self.within.shaded == 0;
        let in_run = !self.runs.is_empty();
        let (fallback, boxed) = (self.within.fallback > 0, self.within.text_boxes > 0);
        let deleted = self.within.deleted > 0 || self.within.deleted_text > 0;
        let hidden = in_run && look.is_hidden(on_paper);
        if !deleted {
            self.whole.push(text, hidden || fallback && !boxed);
        }
        let target = match () {
            () if deleted => &mut self.changes,
            () if hidden => &mut self.hidden,
            () if boxed => self.boxes.last_mut().unwrap_or(&mut self.visible),
            () if fallback => &mut self.fallback,
            () if self.within.tables > 0 => self.tables.last_mut().unwrap_or(&mut self.visible),
            () => &mut self.visible,
        };
        target.push_str(text);
    }

    fn end_cell(&mut self, divider: &str) {
        if self.within.text_boxes > 0 {
            return self.push(" ");
        }
        // Tables within a cell are part of its row.
        let divider = if self.within.tables > 1 { " " } else { divider };
        if let Some(rows) = self.tables.last_mut() {
            let kept = if divider == "\n" {
                rows.trim_end_matches([' ', '\t']).len()
            } else {
                rows.trim_end_matches(' ').len()
            };
            rows.truncate(kept);
            rows.push_str(divider);
        }
    }

    fn take_look(&mut self, tag: &Tag<'_>) {
        if self.within.run_properties > 0 && self.within.paragraph_properties == 0 {
            if let Some(run) = self.runs.last_mut() {
                run.take(tag);
            }
        } else if tag.name() == "shd" {
            let mut look = Look::default();
            look.take(tag);
            match self.within.paragraph_properties {
                0 => self.within.shaded = self.within.shaded.max(usize::from(self.within.tables > 0)),
                _ => self.paragraph = look.over(self.paragraph),
            }
        }
    }

    /// What stands before a paragraph of a list.
    fn push_number(&mut self) {
        let (style, list, level) = std::mem::take(&mut self.on_list);
        let (own, own_level) = if style.is_empty() { (None, None) } else { self.styles.list(&style) };
        let Some(list) = list.or(own).filter(|list| *list != 0) else { return };
        if let Some(number) = self.numbers.next(list, level.or(own_level), &style) {
            self.push(&number);
            self.push(" ");
        }
    }

    fn push_symbol(&mut self, tag: &Tag<'_>) {
        let code = tag.get("char").and_then(|digits| u32::from_str_radix(&digits, 16).ok());
        let font = tag.get("font").unwrap_or_default();
        if let Some(c) = code.and_then(|code| symbols::sign(&font, code)) {
            self.push(c.encode_utf8(&mut [0; 4]));
        }
    }

    fn below(&self, name: &str) -> String {
        if self.place.is_empty() { name.to_owned() } else { format!("{}/{name}", self.place) }
    }

    fn shown(&self) -> Shown {
        if matches!(self.place, "comments" | "building blocks") { Shown::Hidden } else { Shown::Visible }
    }

    fn tell(mut self, budget: &mut Budget) {
        for text in self.tables.drain(..).chain(self.boxes.drain(..)) {
            self.visible.push_str(&text);
        }
        let fallback = unlike(&self.fallback, &self.visible);
        let (shown, place) = (self.shown(), self.place);
        budget.text(&self.below("changes"), Shown::Hidden, Writing::Plain, self.changes.clone());
        budget.text(&self.below("alternative text"), Shown::Hidden, Writing::Plain, fallback);
        budget.text(&self.below("alternative text"), Shown::Hidden, Writing::Plain, self.aside.clone());
        budget.text(place, Shown::Hidden, Writing::Plain, self.whole.told());
        budget.text(place, Shown::Hidden, Writing::Plain, self.hidden);
        budget.text(place, shown, Writing::Plain, self.visible);
    }
}
