//! What the assessment may know besides the message, the directory and the rules.
//! Facts are gathered before and stored with the verdict, so that a verdict can be
//! repeated: same facts, same verdict.

use super::{Address, Measures, SenderProof};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Whether verdicts are carried out. A school starts in `Observe`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Verdicts are recorded, nothing is changed, delayed or told.
    #[default]
    Observe,
    Enforce,
}

/// What a scanner outside the pure core said (malware, later others).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    pub scanner: String,
    /// The part it speaks of, or empty for the whole message.
    pub part: String,
    /// Name of the signature that matched.
    pub hit: Option<String>,
}

/// What a scanner's hit means for the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    Malware,
    /// It says that it could not look into a part: one that is encrypted, or beyond its limits. A
    /// protected attachment is no malware.
    NotLookedInto,
}

/// By these names clamd calls what it could not look into, where its admin wants to hear of it
/// (`AlertEncrypted`, `AlertExceedsMax` in clamd.conf).
const NOT_LOOKED_INTO: [&str; 2] = ["Heuristics.Encrypted", "Heuristics.Limits.Exceeded"];

impl Scan {
    pub fn meaning(&self) -> Option<Hit> {
        let name = self.hit.as_deref()?;
        Some(match NOT_LOOKED_INTO.iter().any(|start| name.starts_with(start)) {
            true => Hit::NotLookedInto,
            false => Hit::Malware,
        })
    }
}

/// A scanner is configured, and has not looked into this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unscanned {
    pub why: NotScanned,
    pub then: UnscannedThen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotScanned {
    /// It is away, late, full, or answers nothing that can be understood.
    Away,
    /// The message is larger than it takes.
    TooLarge,
}

/// What the school chose for a message into which no scanner has looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnscannedThen {
    /// It goes its way as it is: its school observes.
    Pass,
    /// It goes its way, with a field of the header that says so.
    Mark,
    Quarantine,
}

/// A released item on its way back through the gate: which policy rule's decision is
/// settled and is not to be made again. Everything else is inspected as ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    pub settled_policies: Vec<String>,
    pub recipient: Address,
}

/// What an answer answers, as far as the gate remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    /// Nothing, or nothing that is remembered.
    #[default]
    Nothing,
    /// A message with harsh words, which its sender got from the one who is answered.
    Hostile,
}

/// What a message carries for the rest of its conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carried {
    /// A file that a password opens.
    ProtectedFile,
    /// What is said to be a password, or looks like nothing else.
    Password,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Facts {
    pub now: DateTime<Utc>,
    pub proof: SenderProof,
    pub scans: Vec<Scan>,
    #[serde(default)]
    pub unscanned: Option<Unscanned>,
    pub releases: Vec<Release>,
    /// How often this very body went out lately to how many recipients (chain
    /// letters, spread); zero when unknown.
    pub similar_recent: u32,
    /// Exceptions and suspensions that officers have ordered.
    pub measures: Arc<Measures>,
    #[serde(default)]
    pub answers: Answers,
    /// What earlier messages of the same conversation, between the same people, carried.
    #[serde(default)]
    pub earlier: Vec<Carried>,
}

impl Facts {
    /// Facts when nothing was gathered but the time and the sender's proof.
    pub fn at(now: DateTime<Utc>, proof: SenderProof) -> Self {
        Self {
            now,
            proof,
            scans: Vec::new(),
            unscanned: None,
            releases: Vec::new(),
            similar_recent: 0,
            measures: Arc::default(),
            answers: Answers::Nothing,
            earlier: Vec::new(),
        }
    }
}
