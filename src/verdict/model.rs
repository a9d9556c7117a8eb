//! Verdict and plan as plain data.

use crate::{
    mail::SchoolId,
    parties::{Direction, Relation},
    policy::{Bounds, Judgement},
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

/// One policy rule that spoke, and what came of what it asked for.
#[derive(Clone, Debug)]
pub struct Reason {
    pub policy: Arc<str>,
    pub clauses: Vec<Arc<str>>,
    pub text: Arc<str>,
    /// What the rule asked for.
    pub asked: Disposition,
    /// What was left of it after ceilings and practice.
    pub given: Disposition,
    /// Indexes into the assessment's findings.
    pub findings: Vec<usize>,
}

/// Recipients of one school and one relation with one fate.
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

/// A disclaimer that is due: template and languages in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisclaimerDue {
    pub template: Arc<str>,
    pub languages: Vec<String>,
}

/// The effects as data; `effects` carries them out, or in observe mode does not.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub subject_mark: Option<Arc<str>>,
    pub disclaimer: Option<DisclaimerDue>,
    /// Copy to the records, for these schools.
    pub records: Vec<SchoolId>,
    pub notices: Vec<(SchoolId, Notice)>,
    pub incident: Option<Arc<str>>,
    /// The findings on which the rules rest that ask for it.
    pub incident_on: Vec<usize>,
    /// For a refusal of the whole transaction: the sentence that helps.
    pub refusal: Option<Arc<str>>,
}

impl Verdict {
    /// The strictest disposition of any group.
    pub fn disposition(&self) -> Disposition {
        self.groups.iter().map(|g| g.disposition).max().unwrap_or(Disposition::Deliver)
    }

    /// Names of what is done, for the scan line and the log, sorted.
    pub fn actions(&self) -> Vec<String> {
        let plan = &self.plan;
        let mut actions: Vec<String> =
            plan.notices.iter().map(|(_, n)| format!("notice:{}", n.name())).collect();
        actions.extend(plan.subject_mark.iter().map(|_| "subject-mark".to_owned()));
        actions.extend(plan.disclaimer.iter().map(|_| "disclaimer".to_owned()));
        actions.extend((!plan.records.is_empty()).then(|| "record-copy".to_owned()));
        actions.extend(plan.incident.iter().map(|_| "incident".to_owned()));
        for group in &self.groups {
            if group.disposition != Disposition::Deliver {
                actions.push(group.disposition.name().to_owned());
            }
        }
        actions.sort();
        actions.dedup();
        actions
    }
}

/// How one recipient's fate came about, for `rules explain`.
#[derive(Clone, Debug)]
pub struct Account {
    pub recipient: usize,
    pub bounds: Bounds,
    pub judgements: Vec<Judgement>,
    pub reasons: Vec<Reason>,
    pub disposition: Disposition,
}
