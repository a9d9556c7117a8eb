//! What `doctor` counts, what is done now and then, and the check of every object.

use super::{
    database::{micros, time},
    error::StoreError,
    store::Store,
    writer::Tx,
};
use chrono::{DateTime, TimeDelta, Utc};

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
}

#[derive(Clone, Debug)]
pub struct ScrubReport {
    pub objects: u64,
    pub bytes: u64,
    /// Files of keeps that were never acknowledged (a kill between file and commit).
    pub orphans: u64,
    pub faults: Vec<ScrubFault>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrubFault {
    pub object: String,
    pub fault: &'static str,
}

/// A file in the vault without a row is younger than this while its keep may still be
/// on its way.
const ORPHAN_AGE: TimeDelta = TimeDelta::hours(24);
const PAGE: i64 = 1_000;

impl Store {
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let count = async |sql: &'static str| -> Result<u64, StoreError> {
            Ok(sqlx::query_scalar::<_, i64>(sql).fetch_one(&self.readers).await?.unsigned_abs())
        };
        let oldest: Option<i64> =
            sqlx::query_scalar("SELECT MIN(created_at) FROM outbox WHERE state = 'waiting'")
                .fetch_one(&self.readers)
                .await?;
        let file = |suffix: &str| {
            let mut path = self.shared.database.clone().into_os_string();
            path.push(suffix);
            std::fs::metadata(path).map_or(0, |m| m.len())
        };
        Ok(Counts {
            open_holds: count("SELECT COUNT(*) FROM item WHERE state = 'open' AND kind = 'hold'").await?,
            open_quarantine: count("SELECT COUNT(*) FROM item WHERE state = 'open' AND kind = 'quarantine'")
                .await?,
            releasing: count("SELECT COUNT(*) FROM item WHERE state = 'releasing'").await?,
            provisional: count("SELECT COUNT(*) FROM item WHERE state = 'provisional'").await?,
            outbox_waiting: count("SELECT COUNT(*) FROM outbox WHERE state = 'waiting'").await?,
            outbox_oldest: oldest.map(time),
            outbox_delayed: count("SELECT COUNT(*) FROM outbox WHERE state = 'waiting' AND deferrals > 0")
                .await?,
            records: count("SELECT COUNT(*) FROM record WHERE state = 'kept'").await?,
            messages: count("SELECT COUNT(*) FROM message").await?,
            ledger_rows: count("SELECT COALESCE(MAX(n), 0) FROM ledger").await?,
            database_bytes: file("") + file("-wal"),
            working_key: self.shared.secrets.is_some(),
        })
    }

    /// Drops what was never confirmed and never retried, forgets what has expired.
    /// Call it hourly.
    pub async fn housekeep(&self) -> Result<Housekeeping, StoreError> {
        self.write(move |tx| Box::pin(async move { tidy(tx).await })).await
    }

    /// Checks every object against its row and the ledger, and that every item, record
    /// and object of the ledger is there. Files that no row names are counted, and taken
    /// away when they are a day old.
    pub async fn scrub(&self) -> Result<ScrubReport, StoreError> {
        let mut report = ScrubReport { objects: 0, bytes: 0, orphans: 0, faults: Vec::new() };
        let mut after = String::new();
        loop {
            let page: Vec<String> = sqlx::query_scalar(
                "SELECT id FROM object WHERE id > $1 AND purged_at IS NULL ORDER BY id LIMIT $2",
            )
            .bind(&after)
            .bind(PAGE)
            .fetch_all(&self.readers)
            .await?;
            let Some(last) = page.last() else { break };
            after = last.clone();
            for id in page {
                self.scrub_object(id, &mut report).await?;
            }
        }
        let gone: Vec<String> = sqlx::query_scalar(
            "SELECT subject FROM ledger l WHERE
                (event IN ('item.held', 'item.quarantined') AND NOT EXISTS (SELECT 1 FROM item WHERE id = subject))
             OR (event = 'record.copied' AND NOT EXISTS (SELECT 1 FROM record WHERE id = subject))
             OR (event = 'object.kept' AND NOT EXISTS (SELECT 1 FROM object WHERE id = subject))",
        )
        .fetch_all(&self.readers)
        .await?;
        let missing = |object| ScrubFault { object, fault: "is in the ledger, but its row is gone" };
        report.faults.extend(gone.into_iter().map(missing));
        report.orphans = self.sweep().await?;
        Ok(report)
    }

    async fn scrub_object(&self, id: String, report: &mut ScrubReport) -> Result<(), StoreError> {
        let row = self.object_row(&id).await?;
        report.objects += 1;
        let named: Option<i64> = sqlx::query_scalar(
            "SELECT n FROM ledger WHERE subject = $1 AND event = 'object.kept' AND hash_in = $2 AND hash_out = $3",
        )
        .bind(&id)
        .bind(&row.sha256)
        .bind(&row.object_sha256)
        .fetch_optional(&self.readers)
        .await?;
        if named.is_none() {
            report.faults.push(ScrubFault { object: id.clone(), fault: "is not what the ledger names" });
        }
        match self.sealed_object(&id, &row).await {
            Ok(object) => report.bytes += object.len() as u64,
            // Purged between the two looks.
            Err(StoreError::Object { fault: "was purged", .. }) => {}
            Err(StoreError::Object { fault, .. }) => report.faults.push(ScrubFault { object: id, fault }),
            Err(e) => return Err(e),
        }
        Ok(())
    }

    /// Counts files that no row names, and deletes the old ones.
    async fn sweep(&self) -> Result<u64, StoreError> {
        let mut files = Vec::new();
        self.shared.vault.each(|path, modified| files.push((path.to_owned(), modified))).await?;
        let mut orphans = 0;
        for (path, modified) in files {
            let wanted: Option<i64> =
                sqlx::query_scalar("SELECT 1 FROM object WHERE path = $1 AND purged_at IS NULL")
                    .bind(&path)
                    .fetch_optional(&self.readers)
                    .await?;
            if wanted.is_none() {
                orphans += 1;
                if modified < self.now() - ORPHAN_AGE {
                    self.shared.vault.delete(&path).await?;
                }
            }
        }
        Ok(orphans)
    }
}

async fn tidy(tx: &mut Tx) -> Result<Housekeeping, StoreError> {
    let now = micros(tx.now);
    let abandoned: Vec<String> = sqlx::query_scalar(
        "SELECT settles_with FROM item WHERE state = 'provisional' AND received_at < $1
         UNION SELECT settles_with FROM record WHERE state = 'provisional' AND received_at < $1
         UNION SELECT settles_with FROM outbox WHERE state = 'provisional' AND created_at < $1",
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
