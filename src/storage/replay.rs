//! The message log read again, for `gatehouse replay`: what was decided, and the bytes where
//! some were kept and the gate can open them. Nothing of it is shown to anybody.

use super::{
    database::{micros, named, time},
    error::StoreError,
    messages::{DISPOSITIONS, LoggedView, door_name},
    names::ItemId,
    store::Store,
};
use crate::{
    mail::{Door, SchoolId, TransactionId},
    verdict::Disposition,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};

/// One message of the log.
pub struct Replayed {
    pub transaction: TransactionId,
    pub received_at: DateTime<Utc>,
    pub school: Option<SchoolId>,
    pub door: Door,
    pub disposition: Disposition,
    pub view: LoggedView,
    pub raw: Result<Bytes, NoBytes>,
}

/// Why a message cannot be assessed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoBytes {
    /// It passed, or only custodians open what was kept.
    NothingKept,
    /// Its time was over.
    Purged,
    /// Sealed, or it may hold an image of a child (practice.md, A3).
    NotOpened,
    /// It should be there and is not, or was changed.
    Lost,
}

#[derive(sqlx::FromRow)]
struct Row {
    transaction_id: String,
    received_at: i64,
    school: Option<String>,
    door: String,
    disposition: String,
    sealed: Vec<u8>,
    item: Option<String>,
    purged: i64,
    closed: i64,
}

const DOORS: [Door; 3] = [Door::Milter, Door::Relay, Door::File];
const PAGE: i64 = 100;

impl Store {
    /// The next messages received since then, in order; `after` is the last one seen. What is
    /// sealed, or may hold an image of a child, is not opened (practice.md, A3).
    pub async fn replay_page(
        &self,
        since: DateTime<Utc>,
        after: Option<&Replayed>,
    ) -> Result<Vec<Replayed>, StoreError> {
        let (from, last) = match after {
            Some(last) => (last.received_at, last.transaction.to_string()),
            None => (since, String::new()),
        };
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT m.transaction_id, m.received_at, m.school, m.door, m.disposition, m.sealed,
                (SELECT MIN(i.id) FROM item i WHERE i.transaction_id = m.transaction_id
                    AND i.state NOT IN ('provisional', 'dropped', 'purged', 'sealed', 'handed-to-police')) AS item,
                (SELECT COUNT(*) FROM item i WHERE i.transaction_id = m.transaction_id
                    AND i.state = 'purged') AS purged,
                (SELECT COUNT(*) FROM item i WHERE i.transaction_id = m.transaction_id
                    AND i.state IN ('sealed', 'handed-to-police')) AS closed
             FROM message m WHERE m.received_at > $1 OR (m.received_at = $1 AND m.transaction_id > $2)
             ORDER BY m.received_at, m.transaction_id LIMIT $3",
        )
        .bind(micros(from))
        .bind(last)
        .bind(PAGE)
        .fetch_all(&self.readers)
        .await?;
        let mut page = Vec::with_capacity(rows.len());
        for row in rows {
            page.push(self.replayed(row).await?);
        }
        Ok(page)
    }

    async fn replayed(&self, row: Row) -> Result<Replayed, StoreError> {
        let damaged = |_| StoreError::Damaged("a row of the message log cannot be read".into());
        let raw = match row.item {
            Some(item) => match self.item_bytes(&ItemId::stored(item)).await {
                Ok(raw) => Ok(raw),
                Err(StoreError::MayHoldImage) => Err(NoBytes::NotOpened),
                Err(StoreError::Object { .. }) => Err(NoBytes::Lost),
                Err(e) => return Err(e),
            },
            None if row.closed > 0 => Err(NoBytes::NotOpened),
            None if row.purged > 0 => Err(NoBytes::Purged),
            None => Err(NoBytes::NothingKept),
        };
        Ok(Replayed {
            transaction: row.transaction_id.parse().map_err(damaged)?,
            received_at: time(row.received_at),
            school: row.school.map(|s| SchoolId(s.into())),
            door: named(&DOORS, door_name, &row.door)?,
            disposition: named(&DISPOSITIONS, Disposition::name, &row.disposition)?,
            view: self.secrets()?.open(&format!("message/{}", row.transaction_id), &row.sealed)?,
            raw,
        })
    }
}
