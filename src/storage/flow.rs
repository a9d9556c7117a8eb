//! How much mail passes and how well the vault was looked through, in numbers, for whoever runs the gate.

use super::{
    database::{micros, time},
    error::StoreError,
    store::Store,
};
use chrono::{DateTime, Utc};

/// Messages of one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hour {
    pub begins: DateTime<Utc>,
    pub messages: u64,
}

const HOUR: i64 = 3_600_000_000;

/// When the objects of the vault were read and compared; every one again within weeks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// When the last one was.
    pub last: Option<DateTime<Utc>>,
    /// Since when none has been left out; `None` when one was never read.
    pub all_since: Option<DateTime<Utc>>,
    pub is_empty: bool,
}

impl Store {
    /// Messages of the log since then, by hour; hours without any are left out.
    pub async fn messages_by_hour(&self, since: DateTime<Utc>) -> Result<Vec<Hour>, StoreError> {
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            "SELECT m.received_at / 3600000000, CAST(COUNT(*) AS BIGINT) FROM message m WHERE m.received_at >= $1
             GROUP BY m.received_at / 3600000000 ORDER BY 1",
        )
        .bind(micros(since))
        .fetch_all(&self.readers)
        .await?;
        let hour = |(n, count): (i64, i64)| Hour { begins: time(n * HOUR), messages: count.unsigned_abs() };
        Ok(rows.into_iter().map(hour).collect())
    }

    pub async fn scrubbed(&self) -> Result<Scrubbed, StoreError> {
        let end = async |sql: &'static str| -> Result<Option<i64>, StoreError> {
            Ok(sqlx::query_scalar(sql).fetch_one(&self.readers).await?)
        };
        // One end at a time, so that the index answers each.
        let first =
            end("SELECT MIN(checked_at) FROM object WHERE purged_at IS NULL AND unwanted_at IS NULL").await?;
        let last =
            end("SELECT MAX(checked_at) FROM object WHERE purged_at IS NULL AND unwanted_at IS NULL").await?;
        let read = |at: Option<i64>| at.filter(|at| *at > 0).map(time);
        Ok(Scrubbed { last: read(last), all_since: read(first), is_empty: last.is_none() })
    }
}
