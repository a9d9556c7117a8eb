//! What was observed of a school, message by message, to be added up: what the rules would have done. Nothing
//! of it is shown to anybody but in counts.

use super::{
    database::{micros, time},
    error::StoreError,
    messages::LoggedView,
    store::Store,
    tally::Between,
};
use crate::mail::{SchoolId, TransactionId};
use chrono::{DateTime, Utc};

/// One message that passed while its school observed.
pub struct Observed {
    pub transaction: TransactionId,
    pub received_at: DateTime<Utc>,
    pub view: LoggedView,
}

/// Looked at together.
const PAGE: i64 = 500;

impl Store {
    /// The next of this time in order; `after` is the last one seen. What the next hop or the MTA is to get
    /// again is counted when it comes again.
    pub async fn observed_page(
        &self,
        school: &SchoolId,
        within: Between,
        after: Option<&Observed>,
    ) -> Result<Vec<Observed>, StoreError> {
        let (from, last) = match after {
            Some(last) => (last.received_at, last.transaction.to_string()),
            None => (within.from, String::new()),
        };
        let rows: Vec<(String, i64, Vec<u8>)> = sqlx::query_as(
            "SELECT m.transaction_id, m.received_at, m.sealed FROM message m
             WHERE (m.received_at > $1 OR (m.received_at = $1 AND m.transaction_id > $2)) AND m.received_at < $3
             AND m.school = $4 AND m.mode = 'observe' AND m.fate <> 'deferred'
             ORDER BY m.received_at, m.transaction_id LIMIT $5",
        )
        .bind(micros(from))
        .bind(last)
        .bind(micros(within.until))
        .bind(school.to_string())
        .bind(PAGE)
        .fetch_all(&self.readers)
        .await?;
        let damaged = |_| StoreError::Damaged("a row of the message log cannot be read".into());
        let mut page = Vec::with_capacity(rows.len());
        for (id, received_at, sealed) in rows {
            let view = self.secrets()?.open(&format!("message/{id}"), &sealed)?;
            let transaction = id.parse().map_err(damaged)?;
            page.push(Observed { transaction, received_at: time(received_at), view });
        }
        Ok(page)
    }
}
