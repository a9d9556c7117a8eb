//! A finding, and where its words come from.

use crate::ruleset::{Area, Category, Severity};
use std::{ops::Range, sync::Arc};

/// Whose words a finding stands in. "In a quoted text" is not "X wrote" (practice.md, A8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    Own,
    Quoted,
    /// In text the reader does not see.
    Hidden,
    /// Not in a text: about the envelope, a file, the structure.
    Structure,
}

#[derive(Clone, Debug)]
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
    /// Digest of the normalised match: equal values count once.
    pub value: u64,
    /// The recipients (indexes) it concerns; empty is all.
    pub recipients: Vec<usize>,
}
