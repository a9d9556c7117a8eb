//! Purging: what nothing needs any more is taken out of the vault in every version, and the
//! ledger says so once it is certainly gone. A lock of the object store is respected and
//! said: the object stays unwanted until the lock has ended.

use super::{
    database::micros,
    error::StoreError,
    ledger::{Event, LedgerEvent},
    store::Store,
    vault::{Lock, Removal},
    writer::Tx,
};
use crate::mail::Waiting;
use std::sync::atomic::Ordering;

/// Objects of one round; what is left is taken in the next.
const ROUND: i64 = 500;
/// Between our clock and the object store's seconds.
const SAME_LOCK: i64 = 2_000_000;

/// What a round of purging did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    pub gone: u64,
    /// Locked: they are tried again when the lock has ended.
    pub refused: u64,
    /// Not deleted for another reason; the log names it, and they are tried again after the others.
    pub failed: u64,
}

#[derive(sqlx::FromRow)]
struct Unwanted {
    id: String,
    path: String,
    object_sha256: Vec<u8>,
    unwanted_why: Option<String>,
    locked_until: Option<i64>,
}

impl Store {
    /// Takes away what is unwanted and not known to be locked. Safe to repeat, and after a
    /// kill anywhere: an object counts as purged only when its row says so.
    pub async fn purge_due(&self) -> Result<Purged, StoreError> {
        let due: Vec<Unwanted> = sqlx::query_as(
            "SELECT id, path, object_sha256, unwanted_why, locked_until FROM object
             WHERE unwanted_at IS NOT NULL AND purged_at IS NULL
               AND (refused_until IS NULL OR refused_until <= $1)
             ORDER BY COALESCE(purge_failed_at, 0), unwanted_at LIMIT $2",
        )
        .bind(micros(self.now()))
        .bind(ROUND)
        .fetch_all(&self.readers)
        .await?;
        let mut done = Purged::default();
        if !due.is_empty() {
            self.own_vault().await?;
        }
        for object in due {
            let removal = match self.shared.vault.delete(&object.path).await {
                Ok(removal) => removal,
                // Nothing else goes there either, now.
                Err(away @ StoreError::VaultAway(_)) => return Err(away),
                Err(error) => {
                    done.failed += 1;
                    tracing::error!(object = %object.id, %error, "object.not-purged");
                    self.write(move |tx| Box::pin(async move { tx.note_purge_failed(&object).await }))
                        .await?;
                    continue;
                }
            };
            match removal {
                Removal::Gone => {
                    done.gone += 1;
                    self.write(move |tx| Box::pin(async move { tx.note_gone(object).await })).await?;
                }
                Removal::Locked(lock) => {
                    done.refused += 1;
                    let (id, mode, until) = (&object.id, lock.mode.word(), lock.until);
                    tracing::warn!(object = %id, lock = mode, %until, "object.purge-refused");
                    self.write(move |tx| Box::pin(async move { tx.note_refused(object, lock).await }))
                        .await?;
                }
            }
        }
        Ok(done)
    }

    /// After a commit that left something unwanted: at once where that is a file, beside
    /// other work where it is a request.
    pub(super) fn purge_after_commit(&self) -> Waiting<'static, ()> {
        if !self.shared.unwanted.swap(false, Ordering::AcqRel) {
            return Box::pin(std::future::ready(()));
        }
        let store = self.clone();
        let purge = async move {
            if let Err(error) = store.purge_due().await {
                // Housekeeping tries again.
                tracing::warn!(%error, "object.not-purged-yet");
            }
        };
        match self.shared.vault.is_near() {
            true => Box::pin(purge),
            false => {
                tokio::spawn(purge);
                Box::pin(std::future::ready(()))
            }
        }
    }
}

impl Tx {
    /// From now on nothing reads it, and it is purged after the commit.
    pub(super) async fn unwant_object(&mut self, id: &str, why: &'static str) -> Result<(), StoreError> {
        match self.mark_unwanted(id, why).await? {
            true => self.release_parts(id).await,
            false => Ok(()),
        }
    }

    /// Whether it was wanted until now.
    pub(super) async fn mark_unwanted(&mut self, id: &str, why: &'static str) -> Result<bool, StoreError> {
        let changed = sqlx::query(
            "UPDATE object SET unwanted_at = $1, unwanted_why = $2 WHERE id = $3 AND unwanted_at IS NULL",
        )
        .bind(micros(self.now))
        .bind(why)
        .bind(id)
        .execute(&mut self.conn)
        .await?;
        self.leaves_unwanted = true;
        Ok(changed.rows_affected() == 1)
    }

    async fn note_gone(&mut self, object: Unwanted) -> Result<(), StoreError> {
        let changed = sqlx::query("UPDATE object SET purged_at = $1 WHERE id = $2 AND purged_at IS NULL")
            .bind(micros(self.now))
            .bind(&object.id)
            .execute(&mut self.conn)
            .await?;
        if changed.rows_affected() == 1 {
            let why = object.unwanted_why.unwrap_or_else(|| "unwanted".into());
            let mut event = LedgerEvent::new(Event::ObjectPurged).about(object.id).with("why", why);
            event.hash_out = object.object_sha256.try_into().ok();
            self.append("gate", event).await?;
        }
        Ok(())
    }

    async fn note_purge_failed(&mut self, object: &Unwanted) -> Result<(), StoreError> {
        sqlx::query("UPDATE object SET purge_failed_at = $1 WHERE id = $2")
            .bind(micros(self.now))
            .bind(&object.id)
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }

    async fn note_refused(&mut self, object: Unwanted, lock: Lock) -> Result<(), StoreError> {
        let until = micros(lock.until);
        let changed = sqlx::query(
            "UPDATE object SET refused_until = $1 WHERE id = $2 AND COALESCE(refused_until, 0) <> $1",
        )
        .bind(until)
        .bind(&object.id)
        .execute(&mut self.conn)
        .await?;
        if changed.rows_affected() == 0 {
            return Ok(());
        }
        let ours = object.locked_until.is_some_and(|ours| (ours - until).abs() < SAME_LOCK);
        let event = LedgerEvent::new(Event::ObjectPurgeRefused)
            .about(object.id)
            .with("why", object.unwanted_why.unwrap_or_else(|| "unwanted".into()))
            .with("lock", lock.mode.word())
            .with("until", lock.until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
            .with("set-by", if ours { "gate" } else { "object-store" });
        self.append("gate", event).await.map(|_| ())
    }
}
