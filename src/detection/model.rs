//! A finding, where its words come from, and why a hit became none.

use crate::ruleset::{Area, Category, Fault, Severity};
use std::{ops::Range, sync::Arc};

/// Whose words a finding stands in. "In a quoted text" is not "X wrote" (practice.md, A8).
/// The order is the one in which one of several places of a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    Own,
    /// In an attached message that names another author: passed on.
    Attached,
    Quoted,
    /// In text the reader does not see.
    Hidden,
    /// Not in a text: about the envelope, a file, the structure.
    Structure,
}

#[derive(Clone)]
pub struct Finding {
    pub rule: Arc<str>,
    pub category: Category,
    pub area: Area,
    pub severity: Severity,
    /// 0 to 1.
    pub confidence: f32,
    pub clauses: Vec<Arc<str>>,
    /// For example `1`, `subject`, `2/register.csv`, `envelope`.
    pub part: String,
    /// Index of the part in `Message::parts`, when it lies in one.
    pub part_index: Option<usize>,
    /// Bytes in the decoded text of that part.
    pub span: Range<usize>,
    /// The surroundings with the matched value masked; at most 120 characters.
    pub excerpt: String,
    pub origin: Origin,
    /// A sentence for the reader, without the value.
    pub reason: Arc<str>,
    /// Digest of the normalised match: equal values count once. Comparable only within one
    /// message, so that a stored finding does not give a number away.
    pub value: u64,
    /// The recipients (indexes) it concerns; empty is all.
    pub recipients: Vec<usize>,
}

/// Says which rule and where, never what.
impl std::fmt::Debug for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Finding")
            .field("rule", &self.rule)
            .field("confidence", &self.confidence)
            .field("part", &self.part)
            .field("span", &self.span)
            .field("origin", &self.origin)
            .field("recipients", &self.recipients)
            .finish_non_exhaustive()
    }
}

/// Bounds of one message's detection. What lies beyond the second is a
/// `file.not-inspected` finding; the gravest rules are looked at first.
#[derive(Clone, Copy, Debug)]
pub struct DetectLimits {
    /// Findings of one message; the gravest are kept.
    pub findings: usize,
    /// Matches that are checked for context and the like.
    pub matches: usize,
}

impl Default for DetectLimits {
    fn default() -> Self {
        Self { findings: 200, matches: 20_000 }
    }
}

/// Why a match of a rule's pattern became no finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Miss {
    /// The rule looks at other text: its own words or the subject only.
    Scope,
    /// The rule speaks of another sender.
    Sender,
    /// The check digit or date is wrong.
    Check,
    /// A word of `unless` stands near.
    Suppressed,
    /// Nothing of `near` stands near.
    Context,
    /// Fewer different values than `minimum`.
    TooFew,
}

/// A rule that came near, and what held it back how often.
#[derive(Clone, Debug)]
pub struct NearMiss {
    pub rule: Arc<str>,
    pub miss: Miss,
    pub matches: usize,
}

/// What `rules explain` shows beside the findings.
#[derive(Debug)]
pub struct Explained {
    pub findings: Vec<Finding>,
    /// In order of rule and reason.
    pub near_misses: Vec<NearMiss>,
}

/// Why there is no detector.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DetectorFaults {
    /// Patterns that the engine refuses, each with its place.
    #[error("{}", .0.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"))]
    Rules(Vec<Fault>),
    /// The engine itself, not a rule: memory, processor.
    #[error("the pattern engine does not start: {0}")]
    Engine(String),
}
