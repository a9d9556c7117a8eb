//! Why somebody does not get what they asked for.

use crate::{
    effects::{CannotChange, ComposeError},
    storage::{IncidentError, StateError, StoreError},
};

#[derive(Debug, thiserror::Error)]
pub enum DeskFault {
    /// Not there, for anybody or for whoever asks: the words are the same.
    #[error("{what} `{id}` is not there")]
    NotThere { what: &'static str, id: String },
    /// The sentence says who may instead, where that tips nobody off.
    #[error("{0}")]
    Refused(String),
    /// What was asked for makes no sense here; the sentence says why.
    #[error("{0}")]
    Wrong(String),
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
        Self::Wrong(why.to_string())
    }
}
