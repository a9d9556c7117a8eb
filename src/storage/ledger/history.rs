//! What the ledger says: of one thing, for whoever shows an item or a record; row by row; and
//! of what was changed, for governors.

use super::Event;
use crate::{
    mail::{SchoolId, TransactionId},
    storage::{
        database::{Sql, hex, micros, time},
        error::StoreError,
        store::Store,
    },
};
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
    pub school: Option<String>,
    pub transaction: Option<String>,
    pub subject: Option<String>,
    /// SHA-256 of what came in and of what went out, hex.
    pub hash_in: Option<String>,
    pub hash_out: Option<String>,
    /// JSON object of words and numbers.
    pub details: String,
    /// Why, when a reason was given, was not erased, and the working key is there.
    pub reason: Option<String>,
}

/// Which rows are asked for; `None` asks nothing.
#[derive(Clone, Debug, Default)]
pub struct LedgerFilter {
    pub row: Option<u64>,
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    /// Names of events; empty asks nothing.
    pub events: Vec<String>,
    pub school: Option<SchoolId>,
    pub transaction: Option<TransactionId>,
    pub subject: Option<String>,
    /// By which an officer's notice named a message.
    pub number: Option<String>,
    /// At most so many, and never more than 1,000: the last ones.
    pub limit: Option<u32>,
}

impl LedgerFilter {
    /// Only what changed how the gate works (QU-5).
    pub fn changes() -> Self {
        let events = Event::ALL.iter().filter(|e| e.is_change()).map(|e| e.name().to_owned()).collect();
        Self { events, ..Self::default() }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    n: i64,
    at: i64,
    event: String,
    actor: String,
    school: Option<String>,
    transaction_id: Option<String>,
    subject: Option<String>,
    hash_in: Option<Vec<u8>>,
    hash_out: Option<Vec<u8>>,
    details: String,
    sealed: Option<Vec<u8>>,
}

const MOST: u32 = 1_000;

impl Store {
    /// The last 1,000 rows about one item, record, object or job, oldest first.
    pub async fn history(&self, subject: &str) -> Result<Vec<LedgerEntry>, StoreError> {
        self.ledger_rows(&LedgerFilter { subject: Some(subject.to_owned()), ..LedgerFilter::default() }).await
    }

    /// The last rows that fit, oldest first. Whoever shows them to people notes it.
    pub async fn ledger_rows(&self, filter: &LedgerFilter) -> Result<Vec<LedgerEntry>, StoreError> {
        let mut sql = Sql::new(
            "SELECT l.n, l.at, l.event, l.actor, l.school, l.transaction_id, l.subject, l.hash_in, l.hash_out,
             l.details, r.sealed FROM ledger l LEFT JOIN ledger_reason r ON r.n = l.n WHERE l.n > 0",
        );
        if let Some(row) = filter.row {
            sql.push(" AND l.n = ").push_bind(row.cast_signed());
        }
        if let Some(from) = filter.from {
            sql.push(" AND l.at >= ").push_bind(micros(from));
        }
        if let Some(until) = filter.until {
            sql.push(" AND l.at < ").push_bind(micros(until));
        }
        if !filter.events.is_empty() {
            sql.push(" AND l.event IN ").push_row(|list| {
                for event in &filter.events {
                    list.bind(event.as_str());
                }
            });
        }
        if let Some(school) = &filter.school {
            sql.push(" AND l.school = ").push_bind(school.to_string());
        }
        if let Some(transaction) = filter.transaction {
            sql.push(" AND l.transaction_id = ").push_bind(transaction.to_string());
        }
        if let Some(subject) = &filter.subject {
            sql.push(" AND l.subject = ").push_bind(subject.clone());
        }
        if let Some(number) = &filter.number {
            sql.push(" AND l.transaction_id IN (SELECT transaction_id FROM alert WHERE number = ");
            sql.push_bind(number.clone()).push(")");
        }
        sql.push(" ORDER BY l.n DESC LIMIT ").push_bind(i64::from(filter.limit.unwrap_or(MOST).min(MOST)));
        let rows: Vec<Row> = sql.build_query_as().fetch_all(&self.readers).await?;
        rows.into_iter().rev().map(|row| self.entry(row)).collect()
    }

    fn entry(&self, row: Row) -> Result<LedgerEntry, StoreError> {
        let reason = match (row.sealed, &self.shared.secrets) {
            (Some(sealed), Some(secrets)) => Some(secrets.open(&format!("reason/{}", row.n), &sealed)?),
            _ => None,
        };
        Ok(LedgerEntry {
            row: row.n.unsigned_abs(),
            at: time(row.at),
            event: row.event,
            actor: row.actor,
            school: row.school,
            transaction: row.transaction_id,
            subject: row.subject,
            hash_in: row.hash_in.as_deref().map(hex),
            hash_out: row.hash_out.as_deref().map(hex),
            details: row.details,
            reason,
        })
    }
}
