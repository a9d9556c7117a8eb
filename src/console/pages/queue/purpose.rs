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
#[derive(Deserialize)]
pub(in super::super) struct Purposeful {
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    words: String,
}

impl Purposeful {
    pub(in super::super) fn why(&self, visitor: &Visitor) -> Result<Why, Fault> {
        let none = || Fault::Wrong(PurposeWords::of(visitor.language).choose.to_owned());
        purpose_of(&self.purpose, &self.words).ok_or_else(none)
    }
}

/// One of the closed list, with somebody's own words.
pub(super) fn purpose_of(name: &str, words: &str) -> Option<Why> {
    let purpose = Purpose::ALL.into_iter().find(|p| p.name() == name && *p != Purpose::Absence)?;
    let words: String = words.trim().chars().take(1_000).collect();
    Some(Why { purpose, words: Some(words).filter(|words| !words.is_empty()) })
}
