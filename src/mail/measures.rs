//! What a school's officers have ordered for a time: exceptions from rules, for research
//! and the like (OF-10), and withdrawals of a person's use of mail (QU-8). They end by
//! themselves, since whoever uses them compares their end with the message's own time.

use super::SchoolId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// From the first moment until just before the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

impl Period {
    pub fn holds_at(self, now: DateTime<Utc>) -> bool {
        self.from <= now && now < self.until
    }
}

/// Whose mail an exception speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Covers {
    /// The person with this id in the directory.
    Person(Arc<str>),
    /// Everyone in this class of the directory.
    Class(Arc<str>),
}

/// What these rules find in what these people write is no finding for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The number under which its reason and its approver are found.
    pub id: Arc<str>,
    pub school: SchoolId,
    pub covers: Covers,
    /// Policy rules, detection rules, categories or families, by their names.
    pub rules: Vec<Arc<str>>,
    pub period: Period,
}

/// A person may not use the school's mail for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    pub id: Arc<str>,
    pub school: SchoolId,
    /// The person's id in the directory.
    pub person: Arc<str>,
    pub period: Period,
}

/// A school, or one policy rule of it, only observes for a while (practice.md, C). Malware and
/// matched images are stopped all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observing {
    /// The number under which its reason is found.
    pub id: Arc<str>,
    pub school: SchoolId,
    /// `None`: all of the school's rules.
    pub rule: Option<Arc<str>>,
    pub period: Period,
}

/// All that were approved and have not ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measures {
    pub exceptions: Vec<Exception>,
    pub suspensions: Vec<Suspension>,
    pub observing: Vec<Observing>,
}

impl Measures {
    /// Whether all of a school observes at this moment, by a switch.
    pub fn school_observes(&self, school: &SchoolId, now: DateTime<Utc>) -> bool {
        self.observing.iter().any(|o| o.rule.is_none() && o.school == *school && o.period.holds_at(now))
    }
}
