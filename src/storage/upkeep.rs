//! What `doctor` counts, and what is done now and then.

use super::{
    database::{Kind, micros, time},
    error::StoreError,
    store::Store,
    writer::Tx,
};
use chrono::{DateTime, Utc};
use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

/// What is counted by going through all rows, which of many takes longer than a page may.
#[derive(Clone, Copy, Debug)]
pub(super) struct Totals {
    open_quarantine: u64,
    records: u64,
    messages: u64,
    at: DateTime<Utc>,
    counted: Instant,
}

/// More rows than this are not counted whenever somebody asks, but every few minutes by a gate that serves.
const MANY: u64 = 50_000;
/// An older count is not used; one that is half as old is made anew.
const LATELY: Duration = Duration::from_secs(10 * 60);

impl Totals {
    fn are_many(&self) -> bool {
        self.open_quarantine + self.records + self.messages > MANY
    }
}

#[derive(Clone, Debug)]
pub struct Counts {
    pub open_holds: u64,
    pub open_quarantine: u64,
    pub releasing: u64,
    pub provisional: u64,
    pub outbox_waiting: u64,
    pub outbox_oldest: Option<DateTime<Utc>>,
    /// Jobs that have been tried at least once and still wait.
    pub outbox_delayed: u64,
    /// Jobs whose message cannot be opened.
    pub outbox_unreadable: u64,
    /// Objects that nothing needs any more and that could not be deleted.
    pub purges_failing: u64,
    /// Objects that are missing or changed, as the scrub last found.
    pub faulty: u64,
    pub records: u64,
    pub messages: u64,
    /// When quarantine, records and messages were counted; in a large store a moment ago.
    pub counted_at: DateTime<Utc>,
    pub ledger_rows: u64,
    pub database_bytes: u64,
    pub working_key: bool,
}

/// What was tidied up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Housekeeping {
    pub dropped: u64,
    pub tokens: u64,
    pub releases: u64,
    /// Objects taken out of the vault.
    pub purged: u64,
}

/// Which database it is.
#[derive(Clone, Debug)]
pub struct DatabaseFacts {
    pub kind: Kind,
    pub version: String,
    /// What it acknowledges is on its disk; a PostgreSQL with `fsync = off` does not care.
    pub synced: bool,
}

impl Store {
    pub async fn database(&self) -> Result<DatabaseFacts, StoreError> {
        let (version, synced) = self.shared.place.version(&self.readers).await?;
        Ok(DatabaseFacts { kind: self.kind(), version, synced })
    }

    /// When `store backup` ended last.
    pub async fn backed_up(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        // Written out as the partial index of the table has it, so that it is used.
        let last: Option<i64> = sqlx::query_scalar(
            "SELECT at FROM ledger WHERE event = 'store.backed-up' ORDER BY n DESC LIMIT 1",
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(last.map(time))
    }

    async fn count(&self, sql: &'static str) -> Result<u64, StoreError> {
        Ok(sqlx::query_scalar::<_, i64>(sql).fetch_one(&self.readers).await?.unsigned_abs())
    }

    /// Counts anew what takes long in a large store, so that whoever asks need not wait for it. Call it
    /// every minute.
    pub async fn count_again(&self) -> Result<(), StoreError> {
        let is_due = |last: Totals| last.are_many() && last.counted.elapsed() >= LATELY / 2;
        if self.last_totals().is_none_or(is_due) {
            self.count_totals().await?;
        }
        Ok(())
    }

    fn last_totals(&self) -> Option<Totals> {
        *self.shared.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn totals(&self) -> Result<Totals, StoreError> {
        match self.last_totals() {
            Some(last) if last.are_many() && last.counted.elapsed() < LATELY => Ok(last),
            _ => self.count_totals().await,
        }
    }

    async fn count_totals(&self) -> Result<Totals, StoreError> {
        let quarantine =
            "SELECT COUNT(*) FROM item WHERE state IN ('open', 'escalated') AND kind = 'quarantine'";
        let totals = Totals {
            open_quarantine: self.count(quarantine).await?,
            records: self.count("SELECT COUNT(*) FROM record WHERE state = 'kept'").await?,
            messages: self.count("SELECT COUNT(*) FROM message").await?,
            at: self.now(),
            counted: Instant::now(),
        };
        *self.shared.totals.lock().unwrap_or_else(PoisonError::into_inner) = Some(totals);
        Ok(totals)
    }

    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let count = async |sql| self.count(sql).await;
        let totals = self.totals().await?;
        let oldest: Option<i64> =
            sqlx::query_scalar("SELECT MIN(created_at) FROM outbox WHERE state = 'waiting'")
                .fetch_one(&self.readers)
                .await?;
        Ok(Counts {
            open_holds: count("SELECT COUNT(*) FROM item WHERE state = 'open' AND kind = 'hold'").await?,
            open_quarantine: totals.open_quarantine,
            releasing: count("SELECT COUNT(*) FROM item WHERE state = 'releasing'").await?,
            provisional: count("SELECT COUNT(*) FROM item WHERE state = 'provisional'").await?,
            outbox_waiting: count("SELECT COUNT(*) FROM outbox WHERE state = 'waiting'").await?,
            outbox_oldest: oldest.map(time),
            outbox_delayed: count("SELECT COUNT(*) FROM outbox WHERE state = 'waiting' AND deferrals > 0")
                .await?,
            outbox_unreadable: count(
                "SELECT COUNT(*) FROM outbox WHERE state = 'waiting' AND unreadable_since IS NOT NULL",
            )
            .await?,
            purges_failing: count(
                "SELECT COUNT(*) FROM object WHERE purge_failed_at IS NOT NULL AND purged_at IS NULL",
            )
            .await?,
            faulty: count("SELECT COUNT(*) FROM object WHERE fault IS NOT NULL AND purged_at IS NULL")
                .await?,
            records: totals.records,
            messages: totals.messages,
            counted_at: totals.at,
            ledger_rows: count("SELECT COALESCE(MAX(n), 0) FROM ledger").await?,
            database_bytes: self.shared.place.bytes(&self.readers).await?,
            working_key: self.shared.secrets.is_some(),
        })
    }

    /// Drops what was never confirmed and never retried, forgets what has expired, purges what
    /// nothing needs.
    /// Call it hourly.
    pub async fn housekeep(&self) -> Result<Housekeeping, StoreError> {
        let tidied: Housekeeping = self.write(move |tx| Box::pin(async move { tidy(tx).await })).await?;
        Ok(Housekeeping { purged: self.purge_due().await?.gone, ..tidied })
    }
}

async fn tidy(tx: &mut Tx) -> Result<Housekeeping, StoreError> {
    if !tx.time_is_sure().await? {
        return Ok(Housekeeping::default());
    }
    let now = micros(tx.now);
    let abandoned: Vec<String> = sqlx::query_scalar(
        "SELECT settles_with FROM item WHERE state = 'provisional' AND received_at < $1
         UNION SELECT settles_with FROM record WHERE state = 'provisional' AND received_at < $1
         UNION SELECT settles_with FROM outbox WHERE state = 'provisional' AND created_at < $1
         UNION SELECT settles_with FROM alert WHERE state = 'provisional' AND made_at < $1
         UNION SELECT settles_with FROM incident WHERE state = 'provisional' AND made_at < $1",
    )
    .bind(micros(tx.now - tx.shared.timing.provisional_life))
    .fetch_all(&mut tx.conn)
    .await?;
    let mut done = Housekeeping::default();
    for transaction in abandoned {
        done.dropped += tx.drop_provisional(&transaction, "abandoned").await?;
    }
    sqlx::query("DELETE FROM retry_key WHERE confirmed_at < $1")
        .bind(micros(tx.now - tx.shared.timing.retry_window))
        .execute(&mut tx.conn)
        .await?;
    let tokens =
        sqlx::query("DELETE FROM token WHERE expires_at < $1").bind(now).execute(&mut tx.conn).await?;
    done.tokens = tokens.rows_affected();
    sqlx::query(
        "DELETE FROM release_recipient WHERE release IN (SELECT id FROM release WHERE expires_at < $1)",
    )
    .bind(now)
    .execute(&mut tx.conn)
    .await?;
    let releases =
        sqlx::query("DELETE FROM release WHERE expires_at < $1").bind(now).execute(&mut tx.conn).await?;
    done.releases = releases.rows_affected();
    Ok(done)
}
