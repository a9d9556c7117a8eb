//! Objects as the rooms of storage use them: packed and put, named by row and ledger,
//! found again and checked against both.

use super::{
    attachments::{self, Parted, UsedPart},
    capsule::{self, Label},
    database::{hex, micros},
    epochs::{Locks, Sealing},
    error::StoreError,
    ledger::{Event, LedgerEvent},
    names::{EpochId, ObjectId},
    store::Store,
    vault::path_of,
    writer::Tx,
};
use crate::mail::{Envelope, TransactionId};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::Arc};

/// Above this, hashing is worth a thread of its own.
const LONG: usize = 64 << 10;

/// An object that lies in the vault but that no row names yet.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) id: ObjectId,
    pub(super) path: String,
    epochs: Vec<EpochId>,
    bytes: i64,
    sha256: [u8; 32],
    object_sha256: [u8; 32],
    locked_until: Option<DateTime<Utc>>,
    locks: Locks,
    parts: Vec<UsedPart>,
}

/// A row of `object`.
#[derive(sqlx::FromRow)]
pub(super) struct ObjectRow {
    pub(super) path: String,
    pub(super) bytes: i64,
    pub(super) sha256: Vec<u8>,
    pub(super) object_sha256: Vec<u8>,
    pub(super) purged_at: Option<i64>,
    unwanted_at: Option<i64>,
}

impl ObjectRow {
    /// Purged, or as soon as a lock lets it be.
    pub(super) fn is_unwanted(&self) -> bool {
        self.purged_at.is_some() || self.unwanted_at.is_some()
    }
}

pub(super) async fn sha256(bytes: &Bytes) -> [u8; 32] {
    if bytes.len() <= LONG {
        return Sha256::digest(bytes).into();
    }
    let shared = bytes.clone();
    match tokio::task::spawn_blocking(move || Sha256::digest(&shared).into()).await {
        Ok(digest) => digest,
        // The runtime is going down; the answer is still owed.
        Err(_) => Sha256::digest(bytes).into(),
    }
}

impl Store {
    /// Packs and puts; the object is fsynced when this returns.
    pub(super) async fn put_object(
        &self,
        sealing: &Sealing,
        transaction: TransactionId,
        envelope: &Envelope,
        received_at: DateTime<Utc>,
        raw: Bytes,
    ) -> Result<Stored, StoreError> {
        let recipients = sealing.to.clone();
        let mut label = Label {
            format: capsule::FORMAT.to_owned(),
            transaction,
            received_at,
            sender: envelope.sender.clone(),
            parameters: envelope.parameters.clone(),
            recipients: envelope.recipients.clone(),
            sha256: String::new(),
            bytes: raw.len() as u64,
            parts: Vec::new(),
        };
        self.own_vault().await?;
        let Parted { rest, labels, used } = self.put_parts(sealing, &raw).await?;
        label.parts = labels;
        let pack = move || -> Result<_, StoreError> {
            let sha256: [u8; 32] = Sha256::digest(&raw).into();
            label.sha256 = hex(&sha256);
            let object = capsule::pack(&label, &rest, &recipients)?;
            let object_sha256: [u8; 32] = Sha256::digest(&object).into();
            Ok((object, sha256, object_sha256, raw.len()))
        };
        let packed = tokio::task::spawn_blocking(pack).await.map_err(|e| StoreError::Us(e.to_string()));
        let (object, sha256, object_sha256, bytes) = match packed.flatten() {
            Ok(packed) => packed,
            Err(e) => {
                self.forget_parts(used.iter()).await;
                return Err(e);
            }
        };
        let now = self.now();
        let id = ObjectId::at(now, &self.shared.random);
        let path = path_of(&id, sealing.class, now);
        let lock = match sealing.locks {
            Locks::AtPut => self.lock_at_put(sealing.class, now),
            Locks::Later => None,
        };
        if let Err(e) = self.shared.vault.put(&path, object, lock).await {
            self.forget_parts(used.iter()).await;
            return Err(e);
        }
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let (epochs, locked_until) = (sealing.epochs.clone(), lock.map(|l| l.until));
        let locks = sealing.locks;
        Ok(Stored { id, path, epochs, bytes, sha256, object_sha256, locked_until, locks, parts: used })
    }

    /// For objects that certainly no row names; one that stays is swept away later.
    pub(super) async fn forget_objects(&self, objects: &[Stored]) {
        for object in objects {
            let _ = self.shared.vault.delete(&object.path).await;
            self.forget_parts(object.parts.iter()).await;
        }
    }

    pub(super) async fn object_row(&self, id: &str) -> Result<ObjectRow, StoreError> {
        let row = sqlx::query_as(
            "SELECT path, bytes, sha256, object_sha256, purged_at, unwanted_at FROM object WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.readers)
        .await?;
        row.ok_or_else(|| StoreError::NotFound { what: "object", id: id.to_owned() })
    }

    /// The object as it lies in the vault, checked against its row.
    pub(super) async fn sealed_object(&self, id: &str, row: &ObjectRow) -> Result<Bytes, StoreError> {
        let fault = |fault| StoreError::Object { id: id.to_owned(), fault };
        if row.is_unwanted() {
            return Err(fault("was purged"));
        }
        let found = self.shared.vault.get(&row.path).await?;
        if let Some(object) = &found
            && sha256(object).await[..] == row.object_sha256
        {
            return Ok(object.clone());
        }
        // A bucket with versions may still have it under what somebody did to it.
        let version = self.shared.vault.get_version(&row.path, &row.object_sha256).await?;
        version.ok_or_else(|| fault(if found.is_some() { "was changed" } else { "is missing" }))
    }

    /// Opens an object with the working key, checked against its row and its label.
    pub(super) async fn open_object(&self, id: &str) -> Result<(Label, Bytes), StoreError> {
        let row = self.object_row(id).await?;
        let object = self.sealed_object(id, &row).await?;
        let working = self.working_identities(id).await?;
        self.open_sealed(id, row, object, Arc::new(move || Ok(working.for_age()?))).await
    }

    /// Opens what lies in the vault with keys that `opener` has, its parts too, and checks the
    /// whole against its row.
    pub(super) async fn open_sealed(
        &self,
        id: &str,
        row: ObjectRow,
        sealed: Bytes,
        opener: Opener,
    ) -> Result<(Label, Bytes), StoreError> {
        let (limit, opener_too) = (row.bytes.unsigned_abs(), Arc::clone(&opener));
        let unpack = move || {
            let keys = opener_too()?;
            Ok(capsule::unpack(&sealed, keys.iter().map(|k| k.as_ref() as _), limit))
        };
        let (label, rest) = blocking(unpack).await?.map_err(|fault| object_fault(id, fault))?;
        let sealed_parts = self.sealed_parts(&label.parts).await?;
        let join = move || {
            let keys = opener()?;
            let mut contents = BTreeMap::new();
            for part in &label.parts {
                let Some(sealed) = sealed_parts.get(&part.object) else { continue };
                if !contents.contains_key(&part.object) {
                    match capsule::unpack_part(sealed, keys.iter().map(|k| k.as_ref() as _), part.bytes) {
                        Ok(content) => drop(contents.insert(part.object.clone(), content)),
                        Err(fault) => return Ok(Err(fault)),
                    }
                }
            }
            let whole = match label.parts.is_empty() {
                true => Ok(rest),
                false => attachments::put_together(&rest, &label.parts, &contents, limit),
            };
            Ok(whole.and_then(|raw| match Sha256::digest(&raw)[..] == row.sha256 {
                true => Ok((label, raw)),
                false => Err("holds other bytes than were kept"),
            }))
        };
        blocking(join).await?.map_err(|fault| object_fault(id, fault))
    }
}

/// Keys for age, made anew for each use: some ask a piece of hardware.
pub(super) type Opener =
    Arc<dyn Fn() -> Result<Vec<Box<dyn age::Identity + Send>>, StoreError> + Send + Sync>;

fn object_fault(id: &str, fault: capsule::Fault) -> StoreError {
    StoreError::Object { id: id.to_owned(), fault }
}

/// Work that would hold up others, on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| StoreError::Us(e.to_string()))?
}

impl Tx {
    /// Names an object by row and ledger: from now on it counts.
    pub(super) async fn name_object(
        &mut self,
        object: &Stored,
        transaction: Option<TransactionId>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO object (id, path, kept_at, bytes, sha256, object_sha256, locked_until, lock_due)
             VALUES ($1,$2,$3,$4,$5,$6,$7,$8)",
        )
        .bind(object.id.as_str())
        .bind(&object.path)
        .bind(micros(self.now))
        .bind(object.bytes)
        .bind(&object.sha256[..])
        .bind(&object.object_sha256[..])
        .bind(object.locked_until.map(micros))
        .bind(self.lock_due(object.locks, object.locked_until))
        .execute(&mut self.conn)
        .await?;
        self.name_epochs(object.id.as_str(), &object.epochs).await?;
        self.use_parts(&object.id, &object.parts).await?;
        let mut event = LedgerEvent::new(Event::ObjectKept).about(object.id.as_str());
        event.transaction = transaction;
        event.hash_in = Some(object.sha256);
        event.hash_out = Some(object.object_sha256);
        self.append("gate", event).await?;
        Ok(())
    }

    pub(super) async fn name_epochs(&mut self, object: &str, epochs: &[EpochId]) -> Result<(), StoreError> {
        for epoch in epochs {
            sqlx::query("INSERT INTO object_epoch (object, epoch) VALUES ($1, $2)")
                .bind(object)
                .bind(epoch.as_str())
                .execute(&mut self.conn)
                .await?;
        }
        Ok(())
    }

    /// Purges objects of a dropped transaction that nothing else needs.
    pub(super) async fn purge_unwanted(&mut self, transaction: &str) -> Result<u64, StoreError> {
        let unwanted: Vec<String> = sqlx::query_scalar(
            "SELECT o.id FROM object o WHERE o.purged_at IS NULL AND o.unwanted_at IS NULL
             AND o.id IN (SELECT object FROM item WHERE settles_with = $1
                    UNION SELECT object FROM record WHERE settles_with = $1
                    UNION SELECT object FROM outbox WHERE settles_with = $1
                    UNION SELECT l.object FROM incident_link l JOIN incident c ON c.id = l.incident
                        WHERE c.settles_with = $1)
             AND NOT EXISTS (SELECT 1 FROM item i WHERE i.object = o.id AND i.state NOT IN ('dropped', 'purged'))
             AND NOT EXISTS (SELECT 1 FROM record r WHERE r.object = o.id AND r.state NOT IN ('dropped', 'purged'))
             AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.object = o.id AND b.state <> 'dropped')
             AND NOT EXISTS (SELECT 1 FROM incident_link l JOIN incident c ON c.id = l.incident
                 WHERE l.object = o.id AND c.state <> 'dropped')",
        )
        .bind(transaction)
        .fetch_all(&mut self.conn)
        .await?;
        let count = unwanted.len() as u64;
        for id in unwanted {
            self.unwant_object(&id, "dropped").await?;
        }
        Ok(count)
    }
}
