//! Verdict and plan as plain data.

use crate::{
    mail::SchoolId,
    parties::{Direction, Relation},
    ruleset::Notice,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Mildest first; the strictest wins. `Defer` is for failures only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disposition {
    Deliver,
    Hold,
    Quarantine,
    Refuse,
    Defer,
}

impl Disposition {
    pub fn name(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Hold => "hold",
            Self::Quarantine => "quarantine",
            Self::Refuse => "refuse",
            Self::Defer => "defer",
        }
    }
}

/// One policy rule that spoke, and what it asked for.
#[derive(Clone, Debug)]
pub struct Reason {
    pub policy: Arc<str>,
    pub clauses: Vec<Arc<str>>,
    pub text: Arc<str>,
    pub disposition: Disposition,
    /// Indexes into the assessment's findings.
    pub findings: Vec<usize>,
}

/// Recipients of one school and one relation share their fate.
#[derive(Clone, Debug)]
pub struct Group {
    /// Indexes into the envelope.
    pub recipients: Vec<usize>,
    pub school: Option<SchoolId>,
    pub relation: Relation,
    pub direction: Direction,
    pub disposition: Disposition,
    pub reasons: Vec<Reason>,
    /// The sender may release a hold of this group.
    pub sender_may_release: bool,
}

/// What was decided, with all reasons.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub groups: Vec<Group>,
    pub plan: Plan,
}

/// The effects as data; `effects` carries them out, or in observe mode does not.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub subject_mark: Option<Arc<str>>,
    /// Template name of the disclaimer, when one is due.
    pub disclaimer: Option<Arc<str>>,
    /// Copy to the records, for these schools.
    pub records: Vec<SchoolId>,
    pub notices: Vec<(SchoolId, Notice)>,
    pub incident: Option<Arc<str>>,
    /// For a refusal of the whole transaction.
    pub refusal: Option<Arc<str>>,
}

impl Verdict {
    /// The strictest disposition of any group.
    pub fn disposition(&self) -> Disposition {
        self.groups.iter().map(|g| g.disposition).max().unwrap_or(Disposition::Deliver)
    }
}
