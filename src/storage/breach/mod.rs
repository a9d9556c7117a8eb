//! Breaches of personal data (PD-13): opened from a message that went out, with the 72 hours
//! in which the regulator is told or it is recorded why not (UK GDPR, articles 33 and 34).
//! What was held and never left is no breach but a near miss, and is counted apart.

mod read;
mod write;

use super::names::BreachId;
use crate::mail::{SchoolId, TransactionId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Article 33(1).
pub const HOURS: i64 = 72;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreachState {
    Open,
    Closed,
    /// Its time was over, and two people said so: its number and times are left.
    Purged,
}

/// Whether somebody was told: the regulator, or the people concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    Undecided,
    Told,
    /// With a reason among the notes.
    NotRequired,
}

impl BreachState {
    pub const ALL: [Self; 3] = [Self::Open, Self::Closed, Self::Purged];
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Purged => "purged",
        }
    }
}

impl Telling {
    pub const ALL: [Self; 3] = [Self::Undecided, Self::Told, Self::NotRequired];
    pub fn name(self) -> &'static str {
        match self {
            Self::Undecided => "undecided",
            Self::Told => "told",
            Self::NotRequired => "not-required",
        }
    }
}

/// Whom a decision is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Regulator,
    People,
}

/// What is known when a breach is opened; encrypted but for numbers and times.
pub struct NewBreach {
    /// The message that went out.
    pub transaction: TransactionId,
    pub aware_at: DateTime<Utc>,
    /// People whose data it was, as far as known.
    pub people: u32,
    pub words: BreachWords,
}

/// In somebody's own words.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BreachWords {
    pub what: String,
    /// What kind of data, of whom.
    pub data: String,
    pub consequences: String,
    pub measures: String,
}

/// What can be seen without a key.
#[derive(Clone, Debug)]
pub struct BreachSummary {
    pub id: BreachId,
    pub state: BreachState,
    pub school: SchoolId,
    pub transaction: TransactionId,
    pub people: u32,
    pub sent_at: Option<DateTime<Utc>>,
    pub aware_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub regulator: Telling,
    pub regulator_at: Option<DateTime<Utc>>,
    pub told: Telling,
    pub told_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
}

/// All of it.
pub struct BreachView {
    pub summary: BreachSummary,
    pub words: BreachWords,
    /// When, by whom (random id), what.
    pub notes: Vec<(DateTime<Utc>, String, String)>,
}

/// Held and never sent, by category.
pub type NearMisses = Vec<(String, u64)>;
