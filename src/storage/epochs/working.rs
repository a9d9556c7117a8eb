//! The gate's own epochs: their identities are opened by the working key and live in memory.
//! A new working key wraps small files anew; no object is touched.

use super::{Epoch, EpochRow, digest_of};
use crate::storage::{
    access::Access,
    database::{Connection, hex},
    error::{KeyError, StoreError},
    keyfile,
    keys::{Keys, PublicKey},
    ledger::{Event, LedgerEvent},
    secrets::Secrets,
    store::Store,
};
use serde::{Deserialize, Serialize};
use std::sync::Mutex;

/// The open epoch of the working class as this process last saw it.
#[derive(Default)]
pub(in crate::storage) struct WorkingState(Mutex<Option<Epoch>>);

impl WorkingState {
    pub(super) fn current(&self, month: &str) -> Option<Epoch> {
        self.0.lock().ok()?.clone().filter(|epoch| epoch.month == month)
    }
    pub(super) fn keep(&self, epoch: &Epoch) {
        if let Ok(mut current) = self.0.lock() {
            *current = Some(epoch.clone());
        }
    }
}

/// For whom the gate's own epochs are wrapped. It lies in the store, so that a service that
/// still has the old key in memory wraps for the new one too.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Holders(Vec<String>);

const META: &str = "working-holders";
const PLACE: &str = "meta/working-holders";

/// What a change of the working key (or of the recovery keys beside it) did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Epochs wrapped anew, or wrapped for these keys already.
    pub wrapped: u64,
    /// Epochs that none of the keys in the source opens: put the old one back.
    pub stuck: u64,
    /// Objects of an older edition, encrypted to a working key itself.
    pub direct: u64,
}

/// Whether the keys that this process came with are not those the store knows.
pub(in crate::storage) async fn settle_working(
    conn: &mut Connection,
    keys: &Keys,
    secrets: &Secrets,
) -> Result<bool, StoreError> {
    let Some(wanted) = wanted(keys) else { return Ok(false) };
    let sealed = secrets.seal(PLACE, &wanted)?;
    sqlx::query("INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
        .bind(META)
        .bind(sealed)
        .execute(&mut *conn)
        .await?;
    let found: Vec<u8> =
        sqlx::query_scalar("SELECT value FROM meta WHERE name = $1").bind(META).fetch_one(&mut *conn).await?;
    Ok(secrets.open::<Holders>(PLACE, &found)? != wanted)
}

fn wanted(keys: &Keys) -> Option<Holders> {
    Some(Holders(keys.working_recipients()?.iter().map(PublicKey::to_string).collect()))
}

impl Store {
    /// For whom a working epoch is wrapped now, by the store and not by this process's memory.
    pub(in crate::storage) async fn working_holders(&self) -> Result<Vec<PublicKey>, StoreError> {
        let found: Option<Vec<u8>> = sqlx::query_scalar("SELECT value FROM meta WHERE name = $1")
            .bind(META)
            .fetch_optional(&self.readers)
            .await?;
        let Some(found) = found else {
            return self.shared.keys.working_recipients().ok_or(StoreError::NoWorkingKey);
        };
        let holders: Holders = self.secrets()?.open(PLACE, &found)?;
        Ok(holders.0.iter().map(|text| text.parse()).collect::<Result<_, _>>()?)
    }

    /// Wraps the store key and every working epoch for the first working key and the recovery
    /// keys. Idempotent; what cannot be opened stays as it is and is counted.
    pub async fn rotate_working(&self) -> Result<Rotation, StoreError> {
        let keys = &self.shared.keys;
        let (Some(wanted), Some(holders)) = (wanted(keys), keys.working_recipients()) else {
            return Err(StoreError::NoWorkingKey);
        };
        keyfile::wrap_anew(self).await?;
        let working = keys.working.as_ref().ok_or(StoreError::NoWorkingKey)?.all();
        let mut done = Rotation { direct: self.direct_objects().await?, ..Rotation::default() };
        let digest = digest_of(&holders);
        for epoch in self.epochs_with(&Access::working()).await? {
            match epoch.holders == digest {
                true => done.wrapped += 1,
                false => match self.wrap_anew(epoch, &working, &holders, None).await {
                    Ok(()) => done.wrapped += 1,
                    Err(StoreError::NotForThisKey) => done.stuck += 1,
                    Err(e) => return Err(e),
                },
            }
        }
        self.write(move |tx| {
            Box::pin(async move {
                let shared = tx.shared.clone();
                let sealed = shared.secrets()?.seal(PLACE, &wanted)?;
                sqlx::query("UPDATE meta SET value = $1 WHERE name = $2")
                    .bind(sealed)
                    .bind(META)
                    .execute(&mut tx.conn)
                    .await?;
                let event = LedgerEvent::new(Event::WorkingKeyChanged)
                    .with("epochs", done.wrapped as i64)
                    .with("stuck", done.stuck as i64)
                    .with("holders", hex(&digest));
                tx.append("gate", event).await?;
                Ok::<_, StoreError>(())
            })
        })
        .await?;
        Ok(done)
    }

    /// What the present working key, and no older one, can open.
    pub async fn working_check(&self) -> Result<Rotation, StoreError> {
        let working = self.shared.keys.working.as_ref().ok_or(StoreError::NoWorkingKey)?.first_alone();
        let mut found = Rotation { direct: self.direct_objects().await?, ..Rotation::default() };
        for epoch in self.epochs_with(&Access::working()).await? {
            match epoch.unwrap(&working) {
                Ok(_) => found.wrapped += 1,
                Err(KeyError::NotForThisKey) => found.stuck += 1,
                Err(e) => return Err(e.into()),
            }
        }
        Ok(found)
    }

    async fn direct_objects(&self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM object o WHERE o.purged_at IS NULL AND o.path LIKE '%/working/%'
             AND NOT EXISTS (SELECT 1 FROM object_epoch e WHERE e.object = o.id)",
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(count.unsigned_abs())
    }

    pub(in crate::storage) async fn epochs_with(&self, access: &Access) -> Result<Vec<Epoch>, StoreError> {
        let rows: Vec<EpochRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "{} WHERE class = $1 AND school = $2 ORDER BY month, made_at",
            super::COLUMNS
        )))
        .bind(access.class().name())
        .bind(access.school_word())
        .fetch_all(&self.readers)
        .await?;
        let secrets = self.secrets()?;
        rows.into_iter().map(|row| row.checked(secrets)).collect()
    }
}
