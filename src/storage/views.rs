//! Looking at items: lists without a key, particulars and bytes with one, and a ledger
//! row before either is shown.

use super::{
    database::{Connection, Sql, micros, named, time},
    error::StoreError,
    items::{ItemDetail, ItemFilter, ItemKind, ItemOffice, ItemSecret, ItemState, ItemSummary},
    ledger::{Actor, Event, LedgerEvent},
    names::{ItemId, ObjectId, OutboxId},
    purpose::Why,
    store::Store,
};
use crate::{
    mail::{Envelope, SchoolId},
    ruleset::{Category, Severity},
};
use bytes::Bytes;

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
    office: Option<String>,
    leaves_at: Option<i64>,
}

impl SummaryRow {
    fn summary(self) -> Result<ItemSummary, StoreError> {
        let damaged = || StoreError::Damaged(format!("item {} cannot be read", self.id));
        let state = named(&ItemState::ALL, ItemState::name, &self.state)?;
        let office = |text: &String| named(&ItemOffice::ALL, ItemOffice::name, text);
        let summary = ItemSummary {
            kind: named(&ItemKind::ALL, ItemKind::name, &self.kind)?,
            state,
            school: SchoolId(self.school.as_str().into()),
            transaction: self.transaction_id.parse().map_err(|_| damaged())?,
            received_at: time(self.received_at),
            category: self.category.parse().map_err(|()| damaged())?,
            severity: named(&SEVERITIES, severity_name, &self.severity)?,
            recipients: u32::try_from(self.recipients).unwrap_or(u32::MAX),
            bytes: self.bytes.unsigned_abs(),
            sender_may_release: self.sender_may_release != 0,
            may_be_marked: self.markable != 0,
            office: self.office.as_ref().map(office).transpose()?,
            leaves_at: self.leaves_at.map(time),
            decided: self.decided_by.zip(self.decided_at.map(time)),
            id: ItemId::stored(self.id),
        };
        Ok(if state.is_sealed() { like_every_sealed(summary) } else { summary })
    }
}

/// practice.md, A3: hash, time and roles only.
fn like_every_sealed(summary: ItemSummary) -> ItemSummary {
    ItemSummary {
        kind: ItemKind::Quarantine,
        category: Category::FileIllegalImage,
        severity: Severity::Critical,
        recipients: 0,
        bytes: 0,
        sender_may_release: false,
        may_be_marked: false,
        office: None,
        leaves_at: None,
        ..summary
    }
}

const COLUMNS: &str = "SELECT i.id, i.kind, i.state, i.school, i.transaction_id, i.received_at, i.category,
    i.severity, i.recipients, o.bytes, i.sender_may_release, i.markable, i.decided_at, i.decided_by,
    i.office, (SELECT MIN(b.next_at) FROM outbox b WHERE b.item = i.id AND b.kind = 'release'
        AND b.state = 'waiting' AND i.kind = 'grace' AND i.state = 'open') AS leaves_at
    FROM item i JOIN object o ON o.id = i.object WHERE ";

/// Transactions in one statement.
const AT_ONCE: usize = 200;
/// Most items of one answer.
const MOST: u32 = 1_000;

impl Store {
    /// Newest first.
    pub async fn items(&self, filter: &ItemFilter) -> Result<Vec<ItemSummary>, StoreError> {
        let mut sql = Sql::new(COLUMNS);
        let default: Vec<ItemState> = ItemState::ALL.into_iter().filter(|s| s.is_shown()).collect();
        let states = if filter.states.is_empty() { &default } else { &filter.states };
        sql.push("i.state IN ").push_row(|list| {
            for state in states {
                list.bind(state.name());
            }
        });
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

    /// The items of these transactions, in no order.
    pub async fn items_of(&self, transactions: &[String]) -> Result<Vec<ItemSummary>, StoreError> {
        let mut all = Vec::new();
        for some in transactions.chunks(AT_ONCE) {
            let mut sql = Sql::new(COLUMNS);
            sql.push("i.state NOT IN ('provisional', 'dropped') AND i.transaction_id IN ");
            sql.push_row(|list| {
                for id in some {
                    list.bind(id.as_str());
                }
            });
            let rows: Vec<SummaryRow> = sql.build_query_as().fetch_all(&self.readers).await?;
            for row in rows {
                all.push(row.summary()?);
            }
        }
        Ok(all)
    }

    /// The items for which this holds (`i` is the item), in the order that it says.
    pub(super) async fn items_where(&self, tail: Sql) -> Result<Vec<ItemSummary>, StoreError> {
        let mut sql = Sql::new(COLUMNS);
        sql.append(tail);
        let rows: Vec<SummaryRow> = sql.build_query_as().fetch_all(&self.readers).await?;
        rows.into_iter().map(SummaryRow::summary).collect()
    }

    /// One item without its encrypted part.
    pub async fn item_summary(&self, id: &ItemId) -> Result<ItemSummary, StoreError> {
        let mut sql = Sql::new(COLUMNS);
        sql.push("i.id = ").push_bind(id.to_string());
        let row: Option<SummaryRow> = sql.build_query_as().fetch_optional(&self.readers).await?;
        row.ok_or_else(|| not_found(id))?.summary()
    }

    /// Opens an item's particulars; the ledger notes who looked and why before they are shown.
    pub async fn item(
        &self,
        id: &ItemId,
        actor: &Actor,
        why: impl Into<Why>,
    ) -> Result<ItemDetail, StoreError> {
        let why = why.into();
        let summary = self.seen_summary(id).await?;
        let (_, secret) = self.item_secret(id).await?;
        let jobs: Vec<String> = sqlx::query_scalar("SELECT id FROM outbox WHERE item = $1 ORDER BY n")
            .bind(id.as_str())
            .fetch_all(&self.readers)
            .await?;
        self.note_view(Event::ItemViewed, &summary, actor, &why).await?;
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
    pub async fn raw(&self, id: &ItemId, actor: &Actor, why: impl Into<Why>) -> Result<Bytes, StoreError> {
        let why = why.into();
        let summary = self.seen_summary(id).await?;
        let raw = self.item_bytes(id).await?;
        self.note_view(Event::ItemBytesViewed, &summary, actor, &why).await?;
        Ok(raw)
    }

    /// The bytes for the school's own file (its child-protection system): from this day the
    /// time runs after which evidence is purged here.
    pub async fn export_item(
        &self,
        id: &ItemId,
        actor: &Actor,
        why: impl Into<Why>,
    ) -> Result<Bytes, StoreError> {
        let why = why.into();
        let summary = self.seen_summary(id).await?;
        let raw = self.item_bytes(id).await?;
        let (actor, id) = (actor.clone(), id.clone());
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("UPDATE item SET exported_at = $1 WHERE id = $2")
                    .bind(micros(tx.now))
                    .bind(id.as_str())
                    .execute(&mut tx.conn)
                    .await?;
                let by = tx.random_id(&actor).await?;
                tx.append(&by, view(Event::ItemExported, &summary, &why)).await.map(|_| raw)
            })
        })
        .await
    }

    pub(super) async fn item_bytes(&self, id: &ItemId) -> Result<Bytes, StoreError> {
        let (object, secret) = self.item_secret(id).await?;
        if secret.may_hold_image {
            return Err(StoreError::MayHoldImage);
        }
        Ok(self.open_object(object.as_str()).await?.1)
    }

    /// Of an item that can be looked at.
    async fn seen_summary(&self, id: &ItemId) -> Result<ItemSummary, StoreError> {
        let summary = self.item_summary(id).await?;
        match summary.state {
            ItemState::Sealed | ItemState::HandedToPolice => Err(StoreError::Sealed),
            ItemState::Purged => Err(not_found(id)),
            _ => Ok(summary),
        }
    }

    async fn note_view(
        &self,
        event: Event,
        item: &ItemSummary,
        actor: &Actor,
        why: &Why,
    ) -> Result<(), StoreError> {
        self.ledger(actor, view(event, item, why)).await.map(|_| ())
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

/// Those of these items that there are, in no order.
pub(super) async fn items_named(
    conn: &mut Connection,
    ids: &[String],
) -> Result<Vec<ItemSummary>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(COLUMNS);
    sql.push("i.id IN ").push_list(ids);
    let rows: Vec<SummaryRow> = sql.build_query_as().fetch_all(conn).await?;
    rows.into_iter().map(SummaryRow::summary).collect()
}

fn view(event: Event, item: &ItemSummary, why: &Why) -> LedgerEvent {
    LedgerEvent::new(event)
        .school(&item.school)
        .transaction(item.transaction)
        .about(item.id.as_str())
        .looked(why)
}

fn not_found(id: &ItemId) -> StoreError {
    StoreError::NotFound { what: "item", id: id.to_string() }
}
