//! Held and quarantined messages: what is shown of them, and to whom it is ledgered.

use super::{
    database::{named, time},
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    names::{ItemId, ObjectId, OutboxId},
    store::Store,
};
use crate::{
    mail::{Address, Edits, Envelope, Recipient, ReversePath, SchoolId, TransactionId},
    parties::PersonId,
    ruleset::{Category, Severity},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{QueryBuilder, Sqlite};
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
    fn is_shown(self) -> bool {
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
    pub(super) settled_policies: Vec<String>,
    pub(super) edits: Edits,
    pub(super) marked_edits: Option<Edits>,
}

const SEVERITIES: [Severity; 4] = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

pub(super) fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// A row of `item` without its encrypted part.
#[derive(sqlx::FromRow)]
struct SummaryRow {
    id: String,
    kind: String,
    state: String,
    school: String,
    transaction_id: String,
    received_at: i64,
    category: String,
    severity: String,
    recipients: i64,
    bytes: i64,
    sender_may_release: i64,
    markable: i64,
    decided_at: Option<i64>,
    decided_by: Option<String>,
}

impl SummaryRow {
    fn summary(self) -> Result<ItemSummary, StoreError> {
        let damaged = || StoreError::Damaged(format!("item {} cannot be read", self.id));
        Ok(ItemSummary {
            kind: named(&ItemKind::ALL, ItemKind::name, &self.kind)?,
            state: named(&ItemState::ALL, ItemState::name, &self.state)?,
            school: SchoolId(self.school.as_str().into()),
            transaction: self.transaction_id.parse().map_err(|_| damaged())?,
            received_at: time(self.received_at),
            category: self.category.parse().map_err(|()| damaged())?,
            severity: named(&SEVERITIES, severity_name, &self.severity)?,
            recipients: u32::try_from(self.recipients).unwrap_or(u32::MAX),
            bytes: self.bytes.unsigned_abs(),
            sender_may_release: self.sender_may_release != 0,
            may_be_marked: self.markable != 0,
            decided: self.decided_by.zip(self.decided_at.map(time)),
            id: ItemId::stored(self.id),
        })
    }
}

const COLUMNS: &str = "SELECT i.id, i.kind, i.state, i.school, i.transaction_id, i.received_at, i.category,
    i.severity, i.recipients, o.bytes, i.sender_may_release, i.markable, i.decided_at, i.decided_by
    FROM item i JOIN object o ON o.id = i.object WHERE ";

/// Most items of one answer.
const MOST: u32 = 1_000;

impl Store {
    /// Newest first.
    pub async fn items(&self, filter: &ItemFilter) -> Result<Vec<ItemSummary>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new(COLUMNS);
        let default: Vec<ItemState> = ItemState::ALL.into_iter().filter(|s| s.is_shown()).collect();
        let states = if filter.states.is_empty() { &default } else { &filter.states };
        sql.push("i.state IN (");
        let mut list = sql.separated(", ");
        for state in states {
            list.push_bind(state.name());
        }
        sql.push(")");
        if let Some(kind) = filter.kind {
            sql.push(" AND i.kind = ").push_bind(kind.name());
        }
        if let Some(school) = &filter.school {
            sql.push(" AND i.school = ").push_bind(school.to_string());
        }
        if let Some(owner) = &filter.owner {
            sql.push(" AND i.owner_hash = ").push_bind(self.secrets()?.address(owner).to_vec());
        }
        if let Some(transaction) = filter.transaction {
            sql.push(" AND i.transaction_id = ").push_bind(transaction.to_string());
        }
        if let Some(before) = &filter.before {
            sql.push(" AND i.n < (SELECT n FROM item WHERE id = ").push_bind(before.to_string()).push(")");
        }
        sql.push(" ORDER BY i.n DESC LIMIT ").push_bind(i64::from(filter.limit.unwrap_or(MOST).min(MOST)));
        let rows: Vec<SummaryRow> = sql.build_query_as().fetch_all(&self.readers).await?;
        rows.into_iter().map(SummaryRow::summary).collect()
    }

    /// One item without its encrypted part.
    pub async fn item_summary(&self, id: &ItemId) -> Result<ItemSummary, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new(COLUMNS);
        sql.push("i.id = ").push_bind(id.to_string());
        let row: Option<SummaryRow> = sql.build_query_as().fetch_optional(&self.readers).await?;
        row.ok_or_else(|| not_found(id))?.summary()
    }

    /// Opens an item's particulars; the ledger notes who looked and why before they are shown.
    pub async fn item(&self, id: &ItemId, actor: &Actor, why: &str) -> Result<ItemDetail, StoreError> {
        let summary = self.item_summary(id).await?;
        let (_, secret) = self.item_secret(id).await?;
        let jobs: Vec<String> = sqlx::query_scalar("SELECT id FROM outbox WHERE item = $1 ORDER BY n")
            .bind(id.as_str())
            .fetch_all(&self.readers)
            .await?;
        self.note_view(Event::ItemViewed, &summary, actor, why).await?;
        Ok(ItemDetail {
            summary,
            envelope: Envelope {
                sender: secret.sender,
                parameters: secret.parameters,
                recipients: secret.recipients,
            },
            owner: secret.owner.map(|(person, address)| super::Owner { person, address }),
            subject: secret.subject,
            findings: secret.findings,
            settled_policies: secret.settled_policies,
            outbox: jobs.into_iter().map(OutboxId::stored).collect(),
        })
    }

    /// Opens an item's bytes; the ledger notes who looked and why before they are shown.
    pub async fn raw(&self, id: &ItemId, actor: &Actor, why: &str) -> Result<Bytes, StoreError> {
        let summary = self.item_summary(id).await?;
        let (object, _) = self.item_secret(id).await?;
        let (_, raw) = self.open_object(object.as_str()).await?;
        self.note_view(Event::ItemBytesViewed, &summary, actor, why).await?;
        Ok(raw)
    }

    async fn note_view(
        &self,
        event: Event,
        item: &ItemSummary,
        actor: &Actor,
        why: &str,
    ) -> Result<(), StoreError> {
        let event = LedgerEvent::new(event)
            .school(&item.school)
            .transaction(item.transaction)
            .about(item.id.as_str())
            .because((!why.is_empty()).then(|| why.to_owned()));
        self.ledger(actor, event).await.map(|_| ())
    }

    /// The item's object and its encrypted part.
    pub(super) async fn item_secret(&self, id: &ItemId) -> Result<(ObjectId, ItemSecret), StoreError> {
        let row: Option<(String, Vec<u8>)> = sqlx::query_as("SELECT object, sealed FROM item WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await?;
        let (object, sealed) = row.ok_or_else(|| not_found(id))?;
        Ok((ObjectId::stored(object), self.secrets()?.open(&format!("item/{id}"), &sealed)?))
    }
}

fn not_found(id: &ItemId) -> StoreError {
    StoreError::NotFound { what: "item", id: id.to_string() }
}
