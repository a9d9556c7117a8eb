//! What does not work of the gate itself, and whether whoever runs it was told: a change is
//! written once, with the mail that tells of it, and stays due for the alarm until a way took it.

use super::{
    database::{micros, time},
    error::StoreError,
    ledger::{Event, LedgerEvent},
    outbox::NewOutbox,
    store::Store,
};
use chrono::{DateTime, Utc};

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Well,
    Failing {
        since: DateTime<Utc>,
        /// A word for ledger and alarm.
        why: &'static str,
    },
}

/// Something that has failed at least once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptTrouble {
    /// `anchor/county`, `canary/inbound`.
    pub name: String,
    pub failing_since: Option<DateTime<Utc>>,
    /// A word.
    pub why: String,
    pub changed_at: DateTime<Utc>,
    /// The alarm has not told the last change yet.
    pub alarm_due: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    failing_since: Option<i64>,
    why: Option<String>,
    changed_at: i64,
    alarm_due: i64,
}

impl From<Row> for KeptTrouble {
    fn from(row: Row) -> Self {
        Self {
            name: row.name,
            failing_since: row.failing_since.map(time),
            why: row.why.unwrap_or_default(),
            changed_at: time(row.changed_at),
            alarm_due: row.alarm_due != 0,
        }
    }
}

/// More than this is never watched at once.
const MOST: i64 = 10_000;

impl Store {
    /// All that was ever failing, by name.
    pub async fn troubles(&self) -> Result<Vec<KeptTrouble>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT name, failing_since, why, changed_at, alarm_due FROM trouble ORDER BY name LIMIT $1",
        )
        .bind(MOST)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().map(KeptTrouble::from).collect())
    }

    /// Notes how something stands. Only a change is written, with its mail; `false` when it is none.
    /// Once it fails, for another reason is no change.
    pub async fn note_health(
        &self,
        name: &str,
        health: Health,
        mail: Vec<NewOutbox>,
    ) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.write_mail(mail, move |tx| {
            Box::pin(async move {
                let failing: Option<Option<i64>> =
                    sqlx::query_scalar("SELECT failing_since FROM trouble WHERE name = $1")
                        .bind(&name)
                        .fetch_optional(&mut tx.conn)
                        .await?;
                let event = match (failing.flatten(), health) {
                    (Some(_), Health::Failing { .. }) | (None, Health::Well) => return Ok(false),
                    (Some(since), Health::Well) => LedgerEvent::new(Event::TroubleEnded)
                        .with("seconds", (micros(tx.now) - since).max(0) / 1_000_000),
                    (None, Health::Failing { why, .. }) => {
                        LedgerEvent::new(Event::TroubleBegan).with("why", why)
                    }
                };
                let (since, why) = match health {
                    Health::Well => (None, None),
                    Health::Failing { since, why } => (Some(micros(since)), Some(why)),
                };
                sqlx::query(
                    "INSERT INTO trouble (name, failing_since, why, changed_at, alarm_due) VALUES ($1, $2, $3, $4, 1)
                     ON CONFLICT (name) DO UPDATE SET failing_since = excluded.failing_since,
                     why = COALESCE(excluded.why, trouble.why), changed_at = excluded.changed_at, alarm_due = 1",
                )
                .bind(&name)
                .bind(since)
                .bind(why)
                .bind(micros(tx.now))
                .execute(&mut tx.conn)
                .await?;
                tx.append("gate", event.about(name)).await?;
                Ok(true)
            })
        })
        .await
    }

    /// The alarm has told this change, by so many ways.
    pub async fn trouble_alarmed(&self, trouble: &KeptTrouble, ways: i64) -> Result<(), StoreError> {
        let (name, changed_at) = (trouble.name.clone(), micros(trouble.changed_at));
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("UPDATE trouble SET alarm_due = 0 WHERE name = $1 AND changed_at = $2")
                    .bind(&name)
                    .bind(changed_at)
                    .execute(&mut tx.conn)
                    .await?;
                let event = LedgerEvent::new(Event::AlarmGiven).about(name).with("ways", ways);
                tx.append("gate", event).await.map(|_| ())
            })
        })
        .await
    }
}
