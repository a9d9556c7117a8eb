//! Alerts as they are written, with the message that they speak of.

use super::{AlertState, NewAlert, Urgency};
use crate::{
    mail::{Address, SchoolId, TransactionId},
    ruleset::Category,
    storage::{
        database::micros,
        error::StoreError,
        jobs::Standing,
        ledger::{Event, LedgerEvent},
        names::{AlertId, ItemId},
        secrets::Secrets,
        writer::Tx,
    },
};
use serde::{Deserialize, Serialize};

/// What lies encrypted in a row.
#[derive(Serialize, Deserialize)]
pub(super) struct Secret {
    pub(super) ladder: Vec<Vec<Address>>,
}

pub(super) fn place(id: &str) -> String {
    format!("alert/{id}")
}

pub(in crate::storage) struct AlertRow {
    id: AlertId,
    school: SchoolId,
    urgency: Urgency,
    category: Category,
    policy: Option<String>,
    number: String,
    item: Option<ItemId>,
    transaction: TransactionId,
    received_at: i64,
    sealed: Vec<u8>,
}

impl AlertRow {
    pub(in crate::storage) fn prepare(
        new: NewAlert,
        id: AlertId,
        secrets: &Secrets,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            sealed: secrets.seal(&place(id.as_str()), &Secret { ladder: new.ladder })?,
            id,
            school: new.school,
            urgency: new.urgency,
            category: new.category,
            policy: new.policy,
            number: new.number,
            item: new.item,
            transaction: new.transaction,
            received_at: micros(new.received_at),
        })
    }
}

impl Tx {
    pub(in crate::storage) async fn insert_alert(
        &mut self,
        row: &AlertRow,
        standing: Standing,
    ) -> Result<(), StoreError> {
        let state = match self.is_stepped_down(row).await? {
            true => AlertState::Grouped.name(),
            false => standing.or(AlertState::Waiting.name()),
        };
        sqlx::query(
            "INSERT INTO alert (id, school, urgency, state, category, policy, number, item, transaction_id,
             settles_with, received_at, made_at, next_at, sealed)
             VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$12,$13)",
        )
        .bind(row.id.as_str())
        .bind(row.school.to_string())
        .bind(row.urgency.name())
        .bind(state)
        .bind(row.category.name())
        .bind(&row.policy)
        .bind(&row.number)
        .bind(row.item.as_ref().map(ItemId::as_str))
        .bind(row.transaction.to_string())
        .bind(standing.transaction().map(|t| t.to_string()))
        .bind(row.received_at)
        .bind(micros(self.now))
        .bind(&row.sealed)
        .execute(&mut self.conn)
        .await?;
        let event = LedgerEvent::new(Event::AlertMade)
            .school(&row.school)
            .transaction(row.transaction)
            .about(row.id.as_str())
            .with("urgency", row.urgency.name())
            .with("category", row.category.name())
            .with("state", state.to_owned());
        self.append("gate", event).await?;
        self.wakes_alerts |= matches!(standing, Standing::Final(_));
        Ok(())
    }

    /// Urgent classes never step down (practice.md, C).
    async fn is_stepped_down(&mut self, row: &AlertRow) -> Result<bool, StoreError> {
        let (Urgency::Ordinary, Some(policy)) = (row.urgency, &row.policy) else { return Ok(false) };
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT until_at FROM stepped_down WHERE school = $1 AND policy = $2 AND until_at > $3",
        )
        .bind(row.school.to_string())
        .bind(policy)
        .bind(micros(self.now))
        .fetch_optional(&mut self.conn)
        .await?;
        Ok(found.is_some())
    }

    /// The transaction's reply is out: its alerts count.
    pub(in crate::storage) async fn confirm_alerts(&mut self, transaction: &str) -> Result<(), StoreError> {
        let now = micros(self.now);
        let changed = sqlx::query(
            "UPDATE alert SET state = 'waiting', next_at = $1 WHERE settles_with = $2 AND state = 'provisional'",
        )
        .bind(now)
        .bind(transaction)
        .execute(&mut self.conn)
        .await?;
        self.wakes_alerts |= changed.rows_affected() > 0;
        Ok(())
    }

    /// A retry's reply decides from now on.
    pub(in crate::storage) async fn take_alerts(&mut self, old: &str, new: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE alert SET settles_with = $1 WHERE settles_with = $2 AND state = 'provisional'")
            .bind(new)
            .bind(old)
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }
}
