//! What stands beside the text of a document: fields, what is said of pictures, tables and choices, properties.

use super::{
    super::{drawn, parts::tell_program},
    Story,
};
use crate::files::{Budget, Script, Shown, TraitKind, Writing, field, xml::Tag};

impl Story<'_> {
    pub(super) fn start_aside(&mut self, tag: &Tag<'_>, budget: &mut Budget) {
        match tag.name() {
            "fldSimple" => self.tell_field(&tag.get("instr").unwrap_or_default(), budget),
            "fldChar" if tag.is("fldCharType", "begin") => self.fields.push(std::mem::take(&mut self.field)),
            "fldChar" => {
                let field = std::mem::take(&mut self.field);
                self.tell_field(&field, budget);
                if tag.is("fldCharType", "end") {
                    self.field = self.fields.pop().unwrap_or_default();
                }
            }
            // Charts in a package that is one file.
            "v" | "pt" => self.within.value += 1,
            "numFmt" => {
                let words = drawn::format_words(tag);
                self.aside.push_str(&words);
                self.aside.push_str(if words.is_empty() { "" } else { "\n" });
            }
            "tblCaption" | "tblDescription" => self.note(tag, &["val"]),
            "hyperlink" => self.note(tag, &["tooltip"]),
            "part" | "Relationship" => {
                for said in ["contentType", "name", "Type"].iter().filter_map(|key| tag.get(key)) {
                    tell_program(&said, budget);
                }
            }
            "docPr" | "cNvPr" => self.note(tag, &["descr", "title"]),
            "shape" | "rect" | "textpath" => self.note(tag, &["alt", "string"]),
            "listItem" | "listEntry" => self.note(tag, &["displayText", "value", "val"]),
            "alias" | "default" | "statusText" | "helpText" => self.note(tag, &["val"]),
            "comment" | "ins" => self.note(tag, &["author", "initials"]),
            "pict" if tag.get("src").is_some() => budget.found(self.place, TraitKind::RemoteContent),
            "hlink" => {
                if let Some(target) = tag.get("dest") {
                    budget.text(self.place, Shown::Link, Writing::Plain, target);
                }
            }
            "docSuppData" | "macrosPresent" => budget.found("", TraitKind::Script(Script::Macro)),
            // Metadata of Word's XML of 2003.
            "Author" | "Title" | "LastAuthor" | "Company" | "Manager" | "Subject" | "Keywords"
            | "Description" | "creator" | "title" | "lastModifiedBy" | "description" | "keywords" => {
                self.within.property += 1
            }
            _ => {}
        }
    }

    fn note(&mut self, tag: &Tag<'_>, names: &[&str]) {
        for text in names.iter().filter_map(|name| tag.get(name)) {
            let text = text.trim();
            if !text.is_empty() && !self.aside.lines().rev().take(50).any(|line| line == text) {
                self.aside.push_str(text);
                self.aside.push('\n');
            }
        }
    }

    /// Fields (section 17.16): links, and what loads something from elsewhere.
    fn tell_field(&mut self, field: &str, budget: &mut Budget) {
        let mut words = field.split_whitespace();
        let kind = words.next().unwrap_or_default().to_ascii_uppercase();
        match kind.as_str() {
            "HYPERLINK" | "INCLUDETEXT" | "INCLUDEPICTURE" | "IMPORT" | "LINK" | "DDE" | "DDEAUTO" => {
                let quoted: Vec<&str> = field.split('"').skip(1).step_by(2).collect();
                let target =
                    if quoted.is_empty() { words.collect::<Vec<_>>().join(" ") } else { quoted.join(" ") };
                if kind.starts_with("DDE") {
                    budget.found(self.place, TraitKind::Script(Script::Active));
                }
                if kind != "HYPERLINK" {
                    budget.found(self.place, TraitKind::RemoteContent);
                }
                budget.text(self.place, Shown::Link, Writing::Plain, target);
            }
            "MACROBUTTON" | "GOTOBUTTON" | "EQ" | "SYMBOL" => {
                let shown = field::shown(&kind, field);
                self.push(&shown);
            }
            _ if field.contains('"') => {
                self.aside.push_str(field.trim());
                self.aside.push('\n');
            }
            _ => {}
        }
    }
}
