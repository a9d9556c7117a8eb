//! What lies where, and how much of it, for `gatehouse store show`.

use super::{
    access::Class,
    database::{micros, time},
    error::StoreError,
    store::Store,
};
use chrono::{DateTime, Utc};

#[derive(Clone, Debug)]
pub struct Shown {
    /// `SQLite` or `PostgreSQL`
    pub database: &'static str,
    pub database_bytes: u64,
    /// A folder, or `s3://bucket/prefix`.
    pub vault: String,
    pub ledger_rows: u64,
    pub classes: Vec<ShownClass>,
    /// Locked by the object store now.
    pub locked: u64,
    /// Not needed any more, but not purged yet.
    pub unwanted: u64,
    /// Missing or changed, as the scrub last found.
    pub faulty: u64,
    /// When the object was read that the scrub has left alone for longest; `None` when there is
    /// none, or one was never read.
    pub oldest_check: Option<DateTime<Utc>>,
}

/// Objects of one class of access.
#[derive(Clone, Debug)]
pub struct ShownClass {
    pub class: &'static str,
    pub objects: u64,
    /// Of messages, before they were compressed.
    pub bytes: u64,
    /// Attachments that are stored once, and in how many messages they are.
    pub parts: u64,
    pub uses: u64,
}

impl Store {
    /// How many objects are missing or changed, as the scrub last found. Quick, unlike [`Store::shown`].
    pub async fn faulty_objects(&self) -> Result<u64, StoreError> {
        let found: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM object WHERE fault IS NOT NULL AND purged_at IS NULL")
                .fetch_one(&self.readers)
                .await?;
        Ok(found.unsigned_abs())
    }

    pub async fn shown(&self) -> Result<Shown, StoreError> {
        let (now, mut classes) = (micros(self.now()), Vec::new());
        for class in Class::ALL.map(Class::name) {
            let (objects, bytes, parts, uses): (i64, i64, i64, i64) = sqlx::query_as(
                "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN part_hash IS NULL THEN bytes ELSE 0 END), 0) AS BIGINT),
                        COUNT(part_hash), CAST(COALESCE(SUM(uses), 0) AS BIGINT)
                 FROM object WHERE purged_at IS NULL AND path LIKE $1",
            )
            .bind(format!("%/{class}/%"))
            .fetch_one(&self.readers)
            .await?;
            let [objects, bytes, parts, uses] = [objects, bytes, parts, uses].map(i64::unsigned_abs);
            classes.push(ShownClass { class, objects: objects - parts, bytes, parts, uses });
        }
        let (locked, unwanted, faulty, oldest): (i64, i64, i64, Option<i64>) = sqlx::query_as(
            "SELECT COUNT(CASE WHEN COALESCE(refused_until, locked_until) > $1 THEN 1 END),
                    COUNT(unwanted_at), COUNT(fault), MIN(CASE WHEN unwanted_at IS NULL THEN checked_at END)
             FROM object WHERE purged_at IS NULL",
        )
        .bind(now)
        .fetch_one(&self.readers)
        .await?;
        let counts = self.counts().await?;
        Ok(Shown {
            database: self.kind().name(),
            database_bytes: counts.database_bytes,
            vault: self.vault_name(),
            ledger_rows: counts.ledger_rows,
            classes,
            locked: locked.unsigned_abs(),
            unwanted: unwanted.unsigned_abs(),
            faulty: faulty.unsigned_abs(),
            oldest_check: oldest.filter(|at| *at > 0).map(time),
        })
    }
}
