//! Held and quarantined messages: their states, and what is shown of them.

use super::names::{ItemId, OutboxId};
use crate::{
    mail::{Address, Edits, Envelope, Recipient, ReversePath, SchoolId, TransactionId},
    parties::PersonId,
    ruleset::{Category, Severity},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// The sender decides.
    Hold,
    /// A reviewer decides.
    Quarantine,
}

/// `Open` is the only state that can be decided; `Released` is reached only through
/// `Releasing`, by the outbox. Finished states stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemState {
    Provisional,
    Open,
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
    /// Taken back before anyone was told: the next hop refused the message.
    Dropped,
}

impl ItemKind {
    pub const ALL: [Self; 2] = [Self::Hold, Self::Quarantine];
    pub fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Quarantine => "quarantine",
        }
    }
}

impl ItemState {
    pub const ALL: [Self; 10] = [
        Self::Provisional,
        Self::Open,
        Self::Releasing,
        Self::Released,
        Self::Undeliverable,
        Self::Withdrawn,
        Self::Returned,
        Self::Expired,
        Self::KeptAsEvidence,
        Self::Dropped,
    ];
    /// Whether lists show it when nothing else is asked for.
    pub(super) fn is_shown(self) -> bool {
        !matches!(self, Self::Provisional | Self::Dropped)
    }
    pub fn name(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::Open => "open",
            Self::Releasing => "releasing",
            Self::Released => "released",
            Self::Undeliverable => "undeliverable",
            Self::Withdrawn => "withdrawn",
            Self::Returned => "returned",
            Self::Expired => "expired",
            Self::KeptAsEvidence => "kept-as-evidence",
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
    /// Empty: every state but `Provisional` and `Dropped`.
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

/// What can be seen of an item without a key.
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
