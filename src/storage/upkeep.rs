//! What `doctor` counts, and what is done now and then.

use super::{
    database::{Kind, micros, time},
    error::StoreError,
    store::Store,
    writer::Tx,
};
use chrono::{DateTime, Utc};

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

    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let count = async |sql: &'static str| -> Result<u64, StoreError> {
            Ok(sqlx::query_scalar::<_, i64>(sql).fetch_one(&self.readers).await?.unsigned_abs())
        };
        let oldest: Option<i64> =
            sqlx::query_scalar("SELECT MIN(created_at) FROM outbox WHERE state = 'waiting'")
                .fetch_one(&self.readers)
                .await?;
        Ok(Counts {
            open_holds: count("SELECT COUNT(*) FROM item WHERE state = 'open' AND kind = 'hold'").await?,
            open_quarantine: count(
                "SELECT COUNT(*) FROM item WHERE state IN ('open', 'escalated') AND kind = 'quarantine'",
            )
            .await?,
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
            records: count("SELECT COUNT(*) FROM record WHERE state = 'kept'").await?,
            messages: count("SELECT COUNT(*) FROM message").await?,
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
