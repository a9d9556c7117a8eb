//! Why somebody looks: the form before what is covered, and what is read from it.

use super::super::super::{Fault, visitor::Visitor, words::words};
use crate::storage::{Purpose, Why};
use serde::Deserialize;

words! {
    struct PurposeWords {
        choose: "Choose what the look is for." / "Dewiswch i ba ddiben yr ydych yn edrych.",
    }
}

/// What stands in the form.
#[derive(Clone, Deserialize)]
pub(in super::super) struct Purposeful {
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    words: String,
}

impl Purposeful {
    pub(in super::super) fn why(&self, visitor: &Visitor) -> Result<Why, Fault> {
        chosen(visitor, purpose_of(&self.purpose, &self.words))
    }

    /// For records, which open in somebody's absence too, with leave.
    pub(in super::super) fn why_of_record(&self, visitor: &Visitor) -> Result<Why, Fault> {
        let absence = (self.purpose == Purpose::Absence.name()).then(|| why(Purpose::Absence, &self.words));
        chosen(visitor, absence.or_else(|| purpose_of(&self.purpose, &self.words)))
    }
}

fn chosen(visitor: &Visitor, why: Option<Why>) -> Result<Why, Fault> {
    why.ok_or_else(|| Fault::Wrong(PurposeWords::of(visitor.language).choose.to_owned()).at("purpose"))
}

/// One of the closed list, with somebody's own words.
pub(super) fn purpose_of(name: &str, words: &str) -> Option<Why> {
    let purpose = Purpose::ALL.into_iter().find(|p| p.name() == name && *p != Purpose::Absence)?;
    Some(why(purpose, words))
}

fn why(purpose: Purpose, words: &str) -> Why {
    Why::new(purpose, words.trim().chars().take(1_000).collect::<String>())
}
