//! Sealed items (practice.md, A3): for everyone hash, time and roles, and nothing else.

use crate::storage::{
    database::{hex, time},
    error::StoreError,
    items::ItemState,
    ledger::{Actor, Event, LedgerEvent},
    names::ItemId,
    purpose::Why,
    store::Store,
};
use crate::{mail::SchoolId, storage::database::named};
use chrono::{DateTime, Utc};

/// A match is a suspicion: pages and commands say "suspected match", never more.
#[derive(Clone, Debug)]
pub struct SealedView {
    pub id: ItemId,
    pub state: ItemState,
    pub school: SchoolId,
    pub received_at: DateTime<Utc>,
    pub sealed_at: DateTime<Utc>,
    /// SHA-256 of the message and of the encrypted object, hex.
    pub sha256: String,
    pub object_sha256: String,
    /// `outside->pupil`; empty when the log cannot be read.
    pub relations: Vec<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    state: String,
    school: String,
    transaction_id: String,
    received_at: i64,
    sealed_at: Option<i64>,
    sha256: Vec<u8>,
    object_sha256: Vec<u8>,
}

impl Store {
    /// What is seen of a sealed item; the ledger notes who looked and why before it is shown.
    /// `NotFound` when it is not sealed.
    pub async fn sealed_item(
        &self,
        id: &ItemId,
        actor: &Actor,
        why: impl Into<Why>,
    ) -> Result<SealedView, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT i.state, i.school, i.transaction_id, i.received_at, i.sealed_at, o.sha256, o.object_sha256
             FROM item i JOIN object o ON o.id = i.object
             WHERE i.id = $1 AND i.state IN ('sealed', 'handed-to-police')",
        )
        .bind(id.as_str())
        .fetch_optional(&self.readers)
        .await?;
        let row = row.ok_or_else(|| StoreError::NotFound { what: "sealed item", id: id.to_string() })?;
        let school = SchoolId(row.school.into());
        let event =
            LedgerEvent::new(Event::SealedViewed).school(&school).about(id.as_str()).looked(&why.into());
        self.ledger(actor, event).await?;
        Ok(SealedView {
            id: id.clone(),
            state: named(&ItemState::ALL, ItemState::name, &row.state)?,
            school,
            received_at: time(row.received_at),
            sealed_at: time(row.sealed_at.unwrap_or(row.received_at)),
            sha256: hex(&row.sha256),
            object_sha256: hex(&row.object_sha256),
            relations: self.relations(&row.transaction_id).await?,
        })
    }

    /// The roles of sender and recipients as the verdict has them.
    async fn relations(&self, transaction: &str) -> Result<Vec<String>, StoreError> {
        let Some(secrets) = &self.shared.secrets else { return Ok(Vec::new()) };
        let sealed: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT sealed FROM message WHERE transaction_id = $1")
                .bind(transaction)
                .fetch_optional(&self.readers)
                .await?;
        let Some(sealed) = sealed else { return Ok(Vec::new()) };
        let view: crate::storage::LoggedView = secrets.open(&format!("message/{transaction}"), &sealed)?;
        let groups = view.verdict["groups"].as_array().cloned().unwrap_or_default();
        let mut relations: Vec<String> =
            groups.iter().filter_map(|g| g["relation"].as_str().map(str::to_owned)).collect();
        relations.sort();
        relations.dedup();
        Ok(relations)
    }
}
