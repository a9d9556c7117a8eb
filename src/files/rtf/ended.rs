//! What to do with the text or data of a group of RTF when it ends: fields, pictures, objects.

use super::{
    super::{
        budget::Budget,
        bytes::unhex,
        field,
        model::{Reason, Script, Shown, TraitKind, Writing},
        open,
    },
    Reader,
    destination::Destination,
    object,
};

impl Reader {
    /// A destination's group is over.
    pub(super) fn ended(&mut self, destination: Destination, budget: &mut Budget) {
        match destination {
            Destination::Picture => self.picture(budget),
            Destination::Object => {
                self.objects += 1;
                let data = self.data();
                object::read(&data, self.objects, budget);
            }
            Destination::Instruction => {
                let instruction = std::mem::take(&mut self.instruction);
                self.instructed(&instruction, budget);
            }
            Destination::Template => {
                let template = std::mem::take(&mut self.instruction);
                if template.contains("://") || template.starts_with("\\\\") {
                    budget.found("template", TraitKind::RemoteContent);
                }
                budget.text("template", Shown::Link, Writing::Plain, template);
            }
            destination => self.texts.separate(destination),
        }
    }

    /// The bytes of a picture or an object, whose form is digits or binary.
    fn data(&mut self) -> Vec<u8> {
        let digits = std::mem::take(&mut self.digits);
        let binary = std::mem::take(&mut self.binary);
        if binary.is_empty() { unhex(&digits) } else { binary }
    }

    fn picture(&mut self, budget: &mut Budget) {
        self.pictures += 1;
        let place = format!("picture {}", self.pictures);
        let data = self.data();
        if data.is_empty() {
            return;
        }
        if let Err(limit) = budget.member() {
            budget.missed(&place, "picture", Reason::Limit(limit));
        } else if std::mem::take(&mut self.is_metafile) {
            budget.missed(&place, "picture", Reason::Picture);
        } else {
            open::within(Some(&place), None, &data, budget);
        }
    }

    fn instructed(&mut self, instruction: &str, budget: &mut Budget) {
        let words = instruction.trim();
        let (kind, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
        let kind = kind.to_ascii_uppercase();
        match kind.as_str() {
            "HYPERLINK" => {
                let targets: Vec<&str> = rest.split('"').skip(1).step_by(2).collect();
                let target = if targets.is_empty() { rest.trim().to_owned() } else { targets.join(" ") };
                budget.text("", Shown::Link, Writing::Plain, target);
            }
            "DDE" | "DDEAUTO" => {
                budget.found("", TraitKind::Script(Script::Active));
                self.texts.hide("fields", words);
            }
            "INCLUDEPICTURE" | "INCLUDETEXT" | "IMPORT" | "LINK" | "INCLUDE" => {
                budget.found("", TraitKind::RemoteContent);
                budget.text("", Shown::Link, Writing::Plain, rest.trim().to_owned());
            }
            // Word draws these from the code; they have no result.
            "MACROBUTTON" | "GOTOBUTTON" | "EQ" | "SYMBOL" => {
                let shown = field::shown(&kind, words);
                self.put(&shown);
            }
            _ if rest.contains('"') || rest.len() > 30 => self.texts.hide("fields", words),
            _ => {}
        }
    }
}
