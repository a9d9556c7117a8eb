//! Why somebody does not get what they asked for.

use super::Wrong;
use crate::{
    authority::Answer,
    effects::{CannotChange, ComposeError},
    mail::SchoolId,
    storage::{IncidentError, StateError, StoreError},
};
use std::fmt;

/// Why somebody may not. It says who may instead, where that tips nobody off; the console has its words in
/// Welsh too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// As `authority` answers.
    Answer(Answer),
    /// It takes two people, each of whom says who they are; this is the operator.
    EachSaysWho(Answer),
    NoOffice,
    NoOfficeAt(SchoolId),
    /// Whoever rules on what a person is given rules for an office of their own.
    NotForThatOffice,
    /// A low-level concern is handed to nobody.
    HeadsAlone,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => answer.fmt(f),
            Self::EachSaysWho(answer) => write!(f, "{answer} Each says who they are with --me FILE."),
            Self::NoOffice => f.write_str(
                "You hold no office that may do this. Say who you are with --me FILE; `gatehouse users show` lists your offices.",
            ),
            Self::NoOfficeAt(school) => {
                write!(f, "You hold no office at {school}, where this would belong.")
            }
            Self::NotForThatOffice => {
                f.write_str("You rule for an office that you hold; `gatehouse users show` lists yours.")
            }
            Self::HeadsAlone => f.write_str(
                "A low-level concern is the head's alone and is not handed over. Where the head has a part in it, \
                 name the head (`gatehouse incident person`): from then on it is the chair's.",
            ),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DeskFault {
    /// Not there, for anybody or for whoever asks: the words are the same.
    #[error("{what} `{id}` is not there")]
    NotThere { what: &'static str, id: String },
    #[error("{0}")]
    Refused(Refusal),
    /// What was asked for makes no sense here; the sentence says why.
    #[error("{0}")]
    Wrong(#[from] Wrong),
    /// The item is not where the decision would take it from.
    #[error(transparent)]
    State(#[from] StateError),
    /// An incident cannot be changed so.
    #[error(transparent)]
    Incident(IncidentError),
    /// A notice cannot be written.
    #[error(transparent)]
    Notice(#[from] ComposeError),
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for DeskFault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { what, id } => Self::NotThere { what, id },
            error => Self::Store(error),
        }
    }
}

impl From<IncidentError> for DeskFault {
    fn from(error: IncidentError) -> Self {
        match error {
            IncidentError::Store(error) => error.into(),
            error => Self::Incident(error),
        }
    }
}

impl From<CannotChange> for DeskFault {
    fn from(why: CannotChange) -> Self {
        Self::Wrong(why.into())
    }
}
