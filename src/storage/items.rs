//! Held and quarantined messages: their states, and what is shown of them.

use super::names::{ItemId, OutboxId};
use crate::{
    mail::{Address, Edits, Envelope, Recipient, ReversePath, SchoolId, TransactionId},
    parties::PersonId,
    ruleset::{Category, Severity},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{fmt, ops::Range};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// The sender decides.
    Hold,
    /// A reviewer decides.
    Quarantine,
    /// Only delayed: it leaves by itself when the grace period is over (PD-3).
    Grace,
}

/// The office with which an item lies, when that is not the lead's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemOffice {
    Lead,
    Deputy,
    Head,
    Chair,
    DataProtection,
}

/// What leads from one to another: `lives::STEPS`. `Open` and `Escalated` wait for a decision;
/// `Released` is reached only through `Releasing`, by the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemState {
    Provisional,
    Open,
    /// It waits for a higher office; its clock goes on.
    Escalated,
    /// Decided to go; the next hop has not taken it yet.
    Releasing,
    Released,
    /// The next hop refused it for every recipient, or five days went by.
    Undeliverable,
    Withdrawn,
    Returned,
    /// Nobody decided in time; returned to its sender.
    Expired,
    KeptAsEvidence,
    /// Hash, time and roles only, for everyone (practice.md, A3).
    Sealed,
    /// Sealed, and the encrypted object is with the police; it stays here too.
    HandedToPolice,
    /// Its time was over: nothing is left but that it was there.
    Purged,
    /// Taken back before anyone was told: the next hop refused the message.
    Dropped,
}

impl ItemKind {
    pub const ALL: [Self; 3] = [Self::Hold, Self::Quarantine, Self::Grace];
    pub fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Quarantine => "quarantine",
            Self::Grace => "grace",
        }
    }
}

impl ItemOffice {
    pub const ALL: [Self; 5] = [Self::Lead, Self::Deputy, Self::Head, Self::Chair, Self::DataProtection];
    pub fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Deputy => "deputy",
            Self::Head => "head",
            Self::Chair => "chair",
            Self::DataProtection => "data-protection",
        }
    }
}

impl ItemState {
    pub const ALL: [Self; 14] = [
        Self::Provisional,
        Self::Open,
        Self::Escalated,
        Self::Releasing,
        Self::Released,
        Self::Undeliverable,
        Self::Withdrawn,
        Self::Returned,
        Self::Expired,
        Self::KeptAsEvidence,
        Self::Sealed,
        Self::HandedToPolice,
        Self::Purged,
        Self::Dropped,
    ];
    /// It waits for somebody's decision.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::Open | Self::Escalated)
    }
    /// Nobody sees more than hash, time and roles.
    pub fn is_sealed(self) -> bool {
        matches!(self, Self::Sealed | Self::HandedToPolice)
    }
    /// Whether lists show it when nothing else is asked for.
    pub(super) fn is_shown(self) -> bool {
        !matches!(self, Self::Provisional | Self::Dropped | Self::Purged)
    }
    pub fn name(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::Open => "open",
            Self::Escalated => "escalated",
            Self::Releasing => "releasing",
            Self::Released => "released",
            Self::Undeliverable => "undeliverable",
            Self::Withdrawn => "withdrawn",
            Self::Returned => "returned",
            Self::Expired => "expired",
            Self::KeptAsEvidence => "kept-as-evidence",
            Self::Sealed => "sealed",
            Self::HandedToPolice => "handed-to-police",
            Self::Purged => "purged",
            Self::Dropped => "dropped",
        }
    }
}

/// A finding as it is shown to whoever decides; the excerpt has its value masked.
/// Encrypted wherever it lies.
#[derive(Clone, Serialize, Deserialize, PartialEq)]
pub struct FindingSummary {
    pub rule: String,
    pub category: Category,
    pub severity: Severity,
    pub part: String,
    pub reason: String,
    pub excerpt: String,
    /// Bytes in the decoded text of that part; none for what is not of a text, and in rows of
    /// earlier editions.
    #[serde(default)]
    pub span: Option<Range<usize>>,
}

impl fmt::Debug for FindingSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FindingSummary({} {:?})", self.rule, self.severity)
    }
}

/// What is asked for; `None` asks nothing.
#[derive(Clone, Debug, Default)]
pub struct ItemFilter {
    pub kind: Option<ItemKind>,
    /// Empty: every state but `Provisional`, `Dropped` and `Purged`.
    pub states: Vec<ItemState>,
    pub school: Option<SchoolId>,
    /// Held for decision by this sender.
    pub owner: Option<Address>,
    pub transaction: Option<TransactionId>,
    /// Only items made before this one, for paging: newest come first.
    pub before: Option<ItemId>,
    /// At most so many, and never more than 1,000.
    pub limit: Option<u32>,
}

/// What can be seen of an item without a key. Of a sealed one category, severity and sizes
/// say the same as of any other sealed one.
#[derive(Clone, Debug)]
pub struct ItemSummary {
    pub id: ItemId,
    pub kind: ItemKind,
    pub state: ItemState,
    pub school: SchoolId,
    pub transaction: TransactionId,
    pub received_at: DateTime<Utc>,
    pub category: Category,
    pub severity: Severity,
    pub recipients: u32,
    pub bytes: u64,
    pub sender_may_release: bool,
    /// It can be released marked confidential.
    pub may_be_marked: bool,
    /// With whom it lies, when it was escalated or handed on.
    pub office: Option<ItemOffice>,
    /// When a delayed message leaves by itself.
    pub leaves_at: Option<DateTime<Utc>>,
    /// Random person id of who decided, and when.
    pub decided: Option<(String, DateTime<Utc>)>,
}

/// All of an item but its bytes.
#[derive(Clone)]
pub struct ItemDetail {
    pub summary: ItemSummary,
    /// Sender and the held recipients.
    pub envelope: Envelope,
    pub owner: Option<super::Owner>,
    pub subject: String,
    pub findings: Vec<FindingSummary>,
    pub settled_policies: Vec<String>,
    /// Jobs of the outbox that its decision made.
    pub outbox: Vec<OutboxId>,
}

/// What lies encrypted in an item's row.
#[derive(Serialize, Deserialize)]
pub(super) struct ItemSecret {
    pub(super) sender: ReversePath,
    pub(super) parameters: Vec<String>,
    pub(super) recipients: Vec<Recipient>,
    pub(super) owner: Option<(PersonId, Address)>,
    pub(super) subject: String,
    pub(super) findings: Vec<FindingSummary>,
    /// Nobody exports or releases it; rows of earlier editions have none.
    #[serde(default)]
    pub(super) may_hold_image: bool,
    pub(super) settled_policies: Vec<String>,
    pub(super) edits: Edits,
    pub(super) marked_edits: Option<Edits>,
}
