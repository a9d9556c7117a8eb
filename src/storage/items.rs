//! Held and quarantined messages: what is shown of them, and how they are decided.

use super::{
    error::{StateError, StoreError},
    ledger::Actor,
    messages::unbuilt,
    names::{ItemId, OutboxId, Token},
    outbox::NewOutbox,
    store::Store,
};
use crate::{
    mail::{Envelope, SchoolId, TransactionId},
    ruleset::{Category, Severity},
};
use bytes::Bytes;
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
    pub owner: Option<crate::mail::Address>,
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
    pub may_be_marked: bool,
    /// Jobs of the outbox that its decision made.
    pub outbox: Vec<OutboxId>,
}

/// What is decided about an open item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Release,
    /// Release with the mark of `NewItem::marked_edits`.
    ReleaseMarked,
    /// Back to the sender; the notice with the advice is in `Ruling::outbox`.
    Return,
    /// The sender takes it back (holds only).
    Withdraw,
    /// It stays, as evidence (quarantine only).
    KeepAsEvidence,
    /// Nobody decided in time (holds only; quarantine never expires unseen).
    Expire,
}

/// A decision with who, why, and what is to be sent because of it, in one commit.
pub struct Ruling {
    pub decision: Decision,
    pub actor: Actor,
    /// In the decider's own words; encrypted and erasable, the ledger has its keyed hash.
    pub reason: Option<String>,
    /// Used up by this ruling; given when a sender answers a nudge.
    pub token: Option<Token>,
    /// Next hop for a release; `None`: by the recipients' domains.
    pub next_hop: Option<String>,
    /// Notices that follow from the decision.
    pub outbox: Vec<NewOutbox>,
}

#[derive(Clone, Debug)]
pub struct Decided {
    pub item: ItemId,
    pub state: ItemState,
    pub at: DateTime<Utc>,
    /// The release (first) and the notices.
    pub outbox: Vec<OutboxId>,
}

impl Store {
    pub async fn items(&self, _filter: &ItemFilter) -> Result<Vec<ItemSummary>, StoreError> {
        Err(unbuilt())
    }

    /// Opens an item's particulars; the ledger notes who looked and why.
    pub async fn item(&self, _id: &ItemId, _actor: &Actor, _why: &str) -> Result<ItemDetail, StoreError> {
        Err(unbuilt())
    }

    /// Opens an item's bytes; the ledger notes who looked and why before they are shown.
    pub async fn raw(&self, _id: &ItemId, _actor: &Actor, _why: &str) -> Result<Bytes, StoreError> {
        Err(unbuilt())
    }

    /// Decides an open item: state, jobs and ledger rows in one commit.
    pub async fn decide(&self, _id: &ItemId, _ruling: Ruling) -> Result<Decided, StateError> {
        Err(unbuilt().into())
    }
}
