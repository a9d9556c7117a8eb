//! What an exception or a suspension is, and why one may not be had.

use super::MOST;
use crate::{
    mail::{Covers, Period, SchoolId},
    storage::{error::StoreError, names::MeasureId},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// These rules find nothing in what these people write.
    Exception { covers: Covers, rules: Vec<Arc<str>> },
    /// This person of the directory sends nothing but to those who help.
    Suspension { person: Arc<str> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MeasureKind {
    Exception,
    Suspension,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MeasureState {
    /// Waits for somebody else's yes; has no effect.
    Asked,
    /// Has effect from its first moment to its last.
    Approved,
    Refused,
    /// Somebody ended it before its time.
    Ended,
}

/// A measure as it is asked for.
pub struct NewMeasure {
    pub school: SchoolId,
    pub measure: Measure,
    pub period: Period,
    /// In the asker's own words; encrypted.
    pub reason: String,
}

/// One measure with its life so far. Acts carry random ids of persons.
#[derive(Clone)]
pub struct KeptMeasure {
    pub id: MeasureId,
    pub school: SchoolId,
    pub state: MeasureState,
    pub measure: Measure,
    pub period: Period,
    pub reason: String,
    pub asked: Act,
    pub decided: Option<Act>,
    pub ended: Option<Act>,
}

/// Who (a random id of the ledger) did it, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    pub by: String,
    pub at: DateTime<Utc>,
}

/// Why a measure cannot be asked for, approved or ended.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MeasureError {
    #[error("there is no such exception or suspension: {0}")]
    NotFound(MeasureId),
    #[error("its end must lie after its beginning and in the future")]
    Backwards,
    #[error("it is for {MOST_DAYS} days at most; ask again when it has ended")]
    TooLong,
    #[error("it needs a reason of 3 to {MOST_LETTERS} letters")]
    Reason,
    #[error("{MOST} measures are asked for or in force already; end some first")]
    TooMany,
    #[error("it is {} already", .0.name())]
    Decided(MeasureState),
    #[error("whoever asks cannot approve: another officer must")]
    OwnRequest,
    #[error("the ledger has forgotten who asked for it, so nobody can be told from them: ask again")]
    Forgotten,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An exception is for a piece of work, a suspension for a time: half a year at most.
pub(super) const MOST_DAYS: i64 = 183;
pub(super) const MOST_LETTERS: usize = 2_000;

impl Measure {
    pub fn kind(&self) -> MeasureKind {
        match self {
            Self::Exception { .. } => MeasureKind::Exception,
            Self::Suspension { .. } => MeasureKind::Suspension,
        }
    }
}

impl MeasureKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Exception => "exception",
            Self::Suspension => "suspension",
        }
    }
}

impl MeasureState {
    pub(super) const ALL: [Self; 4] = [Self::Asked, Self::Approved, Self::Refused, Self::Ended];
    pub fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Ended => "ended",
        }
    }
}

/// Whom it covers stays out of logs.
impl fmt::Debug for KeptMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptMeasure({} {})", self.id, self.state.name())
    }
}

/// What somebody else says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    Yes,
    No,
}
