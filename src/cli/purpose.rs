//! `--purpose` and `--because`, the same for every command that shows or writes out what was kept: one
//! of the purposes that practice.md, E, offers, and what there is to say about it.

use crate::storage::{Purpose, Why};
use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};

#[derive(Debug, Args)]
pub struct WhyArgs {
    /// What you look for; the ledger has it
    #[arg(long, value_name = "PURPOSE", value_parser = purposes())]
    pub purpose: Purpose,
    /// More about it, in your own words; kept encrypted
    #[arg(long, value_name = "WORDS")]
    pub because: Option<String>,
}

impl WhyArgs {
    pub(super) fn why(&self) -> Why {
        Why { purpose: self.purpose, words: self.because.clone() }
    }
}

/// The purposes by their names, with a word on each in `--help`.
fn purposes() -> impl TypedValueParser<Value = Purpose> {
    let value = |p: Purpose| PossibleValue::new(p.name()).help(about(p));
    PossibleValuesParser::new(Purpose::ALL.map(value)).map(|name| {
        let found = Purpose::ALL.into_iter().find(|p| p.name() == name);
        // The parser before has taken names of this list only.
        found.unwrap_or(Purpose::Facts)
    })
}

fn about(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Facts => "to establish facts",
        Purpose::Compliance => "to check that rules and law are kept",
        Purpose::Standards => "to see that standards are met",
        Purpose::Crime => "to prevent or detect crime",
        Purpose::UnauthorisedUse => "use of the system that is not authorised",
        Purpose::SystemOperation => "to keep the system running",
        Purpose::Safeguarding => "to protect a child",
        Purpose::Allegation => "an allegation against a member of staff",
        Purpose::SubjectAccess => "somebody asks what is held on them",
        Purpose::Complaint => "a complaint",
        Purpose::LegalRequest => "a legal request or one of the police",
        Purpose::Absence => {
            "the account's owner is away; records open for it only with leave that somebody else gave"
        }
    }
}
