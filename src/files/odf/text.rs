//! Texts, presentations and drawings (ODF 1.3 part 3, sections 5 to 10): the body, tables, notes,
//! comments, changes, hidden text, forms, links.

use super::{
    form,
    styles::{Look, Styles},
};
use crate::files::{
    Budget, Script, Shown, TraitKind, Writing,
    xml::{Node, Tag, Xml},
};

/// Spaces that `text:s` may stand for.
const MOST_SPACES: u32 = 64;

pub(super) fn read(content: &[u8], styles: &Styles, budget: &mut Budget) {
    let mut body = Body::new(styles);
    let mut xml = Xml::new(content);
    while let Some(node) = xml.next(budget) {
        match node {
            Node::Start(tag) => body.start(&tag, budget),
            Node::End(name) => body.end(&name, budget),
            Node::Text(text) => body.text(&text),
        }
    }
    xml.tell("", "odf", budget);
    body.tell_page(budget);
    body.tell(budget);
}

/// Headers and footers stand in the master pages of texts, what each slide shows in those of presentations (part 3,
/// sections 16.9 and 16.10).
pub(super) fn read_masters(styles: &[u8], budget: &mut Budget) {
    let mut xml = Xml::new(styles);
    let (mut header, mut master) = (String::new(), String::new());
    let (mut in_header, mut in_master) = (0usize, 0usize);
    while let Some(node) = xml.next(budget) {
        let out = if in_header > 0 { &mut header } else { &mut master };
        let within = in_header > 0 || in_master > 0;
        match node {
            Node::Start(tag) if is_header(tag.name()) => in_header += 1,
            Node::Start(tag) if is_master(tag.name()) => in_master += 1,
            Node::Start(tag) if tag.name() == "body" => break,
            Node::End(name) if is_header(&name) => in_header = in_header.saturating_sub(1),
            Node::End(name) if is_master(&name) => in_master = in_master.saturating_sub(1),
            Node::End(name) if matches!(&*name, "p" | "h" | "title" | "desc") && within => out.push('\n'),
            Node::Start(tag) if within => match tag.name() {
                "tab" => out.push('\t'),
                "s" | "line-break" => out.push(' '),
                _ => {
                    if let Some(target) = tag.get("href").filter(|target| target.contains("://")) {
                        if tag.name() != "a" {
                            budget.found("header", TraitKind::RemoteContent);
                        }
                        budget.text("header", Shown::Link, Writing::Plain, target);
                    }
                }
            },
            // Between elements there is only what makes the file easy to read.
            Node::Text(text) if text.trim().is_empty() && (out.is_empty() || out.ends_with('\n')) => {}
            Node::Text(text) if within => out.push_str(text.trim_matches(['\n', '\r', '\t'])),
            _ => {}
        }
    }
    budget.text("header", Shown::Visible, Writing::Plain, header);
    budget.text("master pages", Shown::Visible, Writing::Plain, master);
}

fn is_header(name: &str) -> bool {
    matches!(name, "header" | "footer" | "header-left" | "footer-left" | "header-first" | "footer-first")
}

fn is_master(name: &str) -> bool {
    matches!(name, "master-page" | "handout-master")
}

/// Where text goes while an element is open.
#[derive(Clone, Copy, PartialEq)]
enum Into {
    Page,
    Note,
    Comment,
    Change,
    SlideNotes,
    Aside,
    Macro,
    /// Metadata, styles: nothing that is read here.
    Nowhere,
}

struct Body<'s> {
    styles: &'s Styles,
    place: String,
    pages: usize,
    page_gone: bool,
    visible: String,
    hidden: String,
    rows: String,
    notes: String,
    slide_notes: String,
    comments: String,
    changes: String,
    aside: String,
    form: String,
    macros: String,
    into: Vec<(String, Into)>,
    /// Looks of open paragraphs, spans and sections.
    looks: Vec<Look>,
    tables: usize,
    paragraphs: usize,
    shaded: Vec<bool>,
}

impl<'s> Body<'s> {
    fn new(styles: &'s Styles) -> Self {
        Self {
            styles,
            place: String::new(),
            pages: 0,
            page_gone: false,
            visible: String::new(),
            hidden: String::new(),
            rows: String::new(),
            notes: String::new(),
            slide_notes: String::new(),
            comments: String::new(),
            changes: String::new(),
            aside: String::new(),
            form: String::new(),
            macros: String::new(),
            into: vec![(String::new(), Into::Nowhere)],
            looks: Vec::new(),
            tables: 0,
            paragraphs: 0,
            shaded: Vec::new(),
        }
    }

    fn go_into(&mut self, tag: &Tag<'_>, into: Into) {
        self.into.push((tag.name().to_owned(), into));
    }

    fn start(&mut self, tag: &Tag<'_>, budget: &mut Budget) {
        match tag.name() {
            "body" => self.go_into(tag, Into::Page),
            "note" => self.go_into(tag, Into::Note),
            "annotation" => self.go_into(tag, Into::Comment),
            "tracked-changes" => self.go_into(tag, Into::Change),
            "notes" => self.go_into(tag, Into::SlideNotes),
            "title" | "desc" if self.into.len() > 1 => self.go_into(tag, Into::Aside),
            "source-code" | "module" => self.go_into(tag, Into::Macro),
            "page" => {
                self.tell_page(budget);
                self.pages += 1;
                self.place = format!("slide {}", self.pages);
                self.page_gone = self.styles.of(tag).is_gone();
            }
            "p" | "h" => {
                self.paragraphs += 1;
                self.looks.push(self.styles.of(tag));
            }
            "span" => self.looks.push(self.styles.of(tag)),
            // A section or a paragraph that a condition hides.
            "section" | "hidden-paragraph" => {
                let look = self.styles.of(tag);
                let gone = tag.get("display").is_some_and(|display| display != "true")
                    || tag.is("is-hidden", "true");
                self.looks.push(if gone { Look::GONE } else { look });
            }
            "s" => {
                let count = tag.number("c").unwrap_or(1).min(MOST_SPACES);
                self.push(&" ".repeat(count as usize));
            }
            "tab" => self.push("\t"),
            "line-break" => self.push("\n"),
            "table" => {
                self.tables += 1;
            }
            "table-cell" => self.shaded.push(self.styles.of(tag).is_shaded()),
            _ => self.start_aside(tag, budget),
        }
    }

    fn start_aside(&mut self, tag: &Tag<'_>, budget: &mut Budget) {
        if let Some(target) = tag.get("href").filter(|target| !target.starts_with('#')) {
            self.tell_target(tag.name(), target, budget);
        }
        match tag.name() {
            "hidden-text" | "conditional-text" | "user-field-decl" | "variable-set" => {
                for key in ["string-value", "string-value-if-true", "string-value-if-false"] {
                    self.note(tag.get(key));
                }
            }
            "dde-source" | "dde-connection-decl" => {
                budget.found(&self.place, TraitKind::Script(Script::Active));
                budget.found(&self.place, TraitKind::RemoteContent);
            }
            // A hint that shows when the pointer rests on a link.
            "a" => self.note(tag.get("title")),
            _ => {
                if let Some(said) = form::said(tag) {
                    self.form.push_str(&said);
                    self.form.push('\n');
                }
            }
        }
    }

    fn tell_target(&mut self, name: &str, target: String, budget: &mut Budget) {
        let outside = target.contains("://") || target.starts_with("\\\\") || target.starts_with("mailto:");
        if target.starts_with("vnd.sun.star.script:") || target.starts_with("macro:") {
            budget.found(&self.place, TraitKind::Script(Script::Macro));
        } else if outside && name != "a" {
            budget.found(&self.place, TraitKind::RemoteContent);
        }
        if outside {
            budget.text(&self.place, Shown::Link, Writing::Plain, target);
        }
    }

    fn note(&mut self, text: Option<String>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.aside.push_str(&text);
            self.aside.push('\n');
        }
    }

    fn end(&mut self, name: &str, budget: &mut Budget) {
        match name {
            "p" | "h" => {
                self.push(if self.tables > 0 && self.here() == Into::Page { " " } else { "\n" });
                self.paragraphs = self.paragraphs.saturating_sub(1);
                self.looks.pop();
                if !self.hidden.is_empty() && !self.hidden.ends_with('\n') {
                    self.hidden.push('\n');
                }
            }
            "span" | "section" | "hidden-paragraph" => drop(self.looks.pop()),
            "table-cell" | "covered-table-cell" => {
                if name == "table-cell" {
                    self.shaded.pop();
                }
                self.end_cell('\t');
            }
            "table-row" => self.end_cell('\n'),
            "table" => {
                self.tables = self.tables.saturating_sub(1);
                if self.tables == 0 {
                    let rows = std::mem::take(&mut self.rows);
                    let shown = if self.page_gone { Shown::Hidden } else { Shown::Visible };
                    let below = if self.place.is_empty() { "table" } else { &self.place };
                    budget.text(below, shown, Writing::Rows, rows);
                }
            }
            // The number of a note stands before its text.
            "note-citation" => self.push(" "),
            "creator" | "date" | "creator-initials"
                if matches!(self.here(), Into::Comment | Into::Change) =>
            {
                self.push("\n");
            }
            _ => {}
        }
        if self.into.len() > 1 && self.into.last().is_some_and(|(open, _)| open == name) {
            self.into.pop();
            if matches!(name, "title" | "desc") {
                self.aside.push('\n');
            }
        }
    }

    fn here(&self) -> Into {
        self.into.last().map_or(Into::Nowhere, |(_, into)| *into)
    }

    fn text(&mut self, text: &str) {
        let here = self.here();
        // Between paragraphs there is only what makes the file easy to read.
        if self.paragraphs > 0 || matches!(here, Into::Aside | Into::Macro) || !text.trim().is_empty() {
            let text = text.replace(['\n', '\r'], " ");
            match self.paragraphs {
                0 => self.push(text.trim()),
                _ => self.push(&text),
            }
        }
    }

    fn push(&mut self, text: &str) {
        let look = self.looks.iter().rev().fold(Look::default(), |look, below| look.over(*below));
        let on_paper = self.pages == 0
            && !self.styles.has_dark_pages
            && !self.shaded.last().is_some_and(|shaded| *shaded);
        let in_table = self.tables > 0;
        let target = match self.here() {
            Into::Note => &mut self.notes,
            Into::Comment => &mut self.comments,
            Into::Change => &mut self.changes,
            Into::SlideNotes => &mut self.slide_notes,
            Into::Aside => &mut self.aside,
            Into::Macro => &mut self.macros,
            Into::Nowhere => return,
            Into::Page if look.is_hidden(on_paper) && self.paragraphs > 0 => &mut self.hidden,
            Into::Page if in_table => &mut self.rows,
            Into::Page => &mut self.visible,
        };
        target.push_str(text);
    }

    fn end_cell(&mut self, divider: char) {
        if self.here() != Into::Page || self.tables == 0 {
            return;
        }
        let divider = if self.tables > 1 { ' ' } else { divider };
        let blank = if divider == '\n' { &[' ', '\t'][..] } else { &[' '][..] };
        let kept = self.rows.trim_end_matches(blank).len();
        self.rows.truncate(kept);
        self.rows.push(divider);
    }

    /// What stands on one page; a text is one.
    fn tell_page(&mut self, budget: &mut Budget) {
        let place = std::mem::take(&mut self.place);
        let shown = if self.page_gone { Shown::Hidden } else { Shown::Visible };
        let mut take = |text: &mut String, below: &str, shown: Shown| {
            let below = match (place.as_str(), below) {
                ("", below) => below.to_owned(),
                (place, "") => place.to_owned(),
                (place, below) => format!("{place}/{below}"),
            };
            budget.text(&below, shown, Writing::Plain, std::mem::take(text));
        };
        take(&mut self.visible, "", shown);
        take(&mut self.hidden, "", Shown::Hidden);
        take(&mut self.slide_notes, "notes", Shown::Hidden);
        take(&mut self.notes, "footnotes", Shown::Visible);
        take(&mut self.comments, "comments", Shown::Hidden);
        take(&mut self.aside, "alternative text", Shown::Hidden);
    }

    fn tell(self, budget: &mut Budget) {
        budget.text("changes", Shown::Hidden, Writing::Plain, self.changes);
        budget.text("form", Shown::Visible, Writing::Rows, self.form);
        budget.text("macro", Shown::Hidden, Writing::Plain, self.macros);
    }
}
