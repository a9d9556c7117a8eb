//! What the ledger says of one thing: for whoever shows an item or a record.

use crate::storage::{database::time, error::StoreError, store::Store};
use chrono::{DateTime, Utc};

/// One row as people read it.
#[derive(Clone, Debug)]
pub struct LedgerEntry {
    pub row: u64,
    pub at: DateTime<Utc>,
    /// The stable name, for example `item.held`.
    pub event: String,
    /// `gate`, or a random person id.
    pub actor: String,
    /// JSON object of words and numbers.
    pub details: String,
    /// Why, when a reason was given, was not erased, and the working key is there.
    pub reason: Option<String>,
}

impl Store {
    /// The last 1,000 rows about one item, record, object or job, oldest first.
    pub async fn history(&self, subject: &str) -> Result<Vec<LedgerEntry>, StoreError> {
        type Row = (i64, i64, String, String, String, Option<Vec<u8>>);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT l.n, l.at, l.event, l.actor, l.details, r.sealed FROM ledger l
             LEFT JOIN ledger_reason r ON r.n = l.n WHERE l.subject = $1 ORDER BY l.n DESC LIMIT 1000",
        )
        .bind(subject)
        .fetch_all(&self.readers)
        .await?;
        let mut out = Vec::with_capacity(rows.len());
        for (n, at, event, actor, details, sealed) in rows.into_iter().rev() {
            let reason = match (sealed, &self.shared.secrets) {
                (Some(sealed), Some(secrets)) => Some(secrets.open(&format!("reason/{n}"), &sealed)?),
                _ => None,
            };
            out.push(LedgerEntry { row: n.unsigned_abs(), at: time(at), event, actor, details, reason });
        }
        Ok(out)
    }
}
