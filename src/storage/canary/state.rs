//! How far each way is proved.

use super::terms;
use crate::{
    config::CanaryConfig,
    storage::{
        database::{micros, time},
        error::StoreError,
        store::Store,
    },
};
use chrono::{DateTime, Utc};

/// One probe of a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    pub made_at: DateTime<Utc>,
    /// The host before the gate took it, or the outbox.
    pub sent_at: Option<DateTime<Utc>>,
    /// The code of its refusal; 0: nobody answered.
    pub code: Option<u16>,
    pub seen_at: Option<DateTime<Utc>>,
    /// Something of it was changed on the way.
    pub changed: bool,
    /// What the next hop said; `None`: it was left with the MTA, or has not passed.
    pub onward_code: Option<u16>,
    pub returned_at: Option<DateTime<Utc>>,
    pub proved_at: Option<DateTime<Utc>>,
}

/// What is known of a way as it is configured now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CanaryState {
    pub last: Option<Probe>,
    /// The last that was proved.
    pub proved: Option<Probe>,
    /// The first that was made after it and is not proved.
    pub unproved_since: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    made_at: i64,
    sent_at: Option<i64>,
    code: Option<i64>,
    seen_at: Option<i64>,
    changed: i64,
    onward_code: Option<i64>,
    returned_at: Option<i64>,
    proved_at: Option<i64>,
}

impl From<Row> for Probe {
    fn from(row: Row) -> Self {
        let code = |code: Option<i64>| code.map(|code| u16::try_from(code).unwrap_or_default());
        Self {
            made_at: time(row.made_at),
            sent_at: row.sent_at.map(time),
            code: code(row.code),
            seen_at: row.seen_at.map(time),
            changed: row.changed != 0,
            onward_code: code(row.onward_code),
            returned_at: row.returned_at.map(time),
            proved_at: row.proved_at.map(time),
        }
    }
}

impl Store {
    /// How far it is proved.
    pub async fn canary_state(&self, canary: &CanaryConfig) -> Result<CanaryState, StoreError> {
        let terms = terms(self.secrets()?, canary);
        let last = self.probe(LAST, &canary.name, &terms).await?;
        let proved = self.probe(PROVED, &canary.name, &terms).await?;
        let since: Option<i64> = sqlx::query_scalar(
            "SELECT MIN(made_at) FROM canary WHERE route = $1 AND terms = $2 AND proved_at IS NULL AND made_at > $3",
        )
        .bind(&canary.name)
        .bind(&terms[..])
        .bind(proved.map_or(0, |probe| micros(probe.made_at)))
        .fetch_one(&self.readers)
        .await?;
        Ok(CanaryState { last, proved, unproved_since: since.map(time) })
    }

    async fn probe(
        &self,
        sql: &'static str,
        route: &str,
        terms: &[u8; 32],
    ) -> Result<Option<Probe>, StoreError> {
        let row: Option<Row> =
            sqlx::query_as(sql).bind(route).bind(&terms[..]).fetch_optional(&self.readers).await?;
        Ok(row.map(Probe::from))
    }
}

const LAST: &str = "SELECT made_at, sent_at, code, seen_at, changed, onward_code, returned_at, proved_at
    FROM canary WHERE route = $1 AND terms = $2 ORDER BY made_at DESC LIMIT 1";
const PROVED: &str = "SELECT made_at, sent_at, code, seen_at, changed, onward_code, returned_at, proved_at
    FROM canary WHERE route = $1 AND terms = $2 AND proved_at IS NOT NULL ORDER BY made_at DESC LIMIT 1";
