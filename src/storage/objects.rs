//! Objects as the rooms of storage use them: packed and put, named by row and ledger,
//! found again and checked against both.

use super::{
    capsule::{self, Label},
    database::{hex, micros},
    epochs::Sealing,
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
        };
        let pack = move || -> Result<_, StoreError> {
            let sha256: [u8; 32] = Sha256::digest(&raw).into();
            label.sha256 = hex(&sha256);
            let object = capsule::pack(&label, &raw, &recipients)?;
            let object_sha256: [u8; 32] = Sha256::digest(&object).into();
            Ok((object, sha256, object_sha256, raw.len()))
        };
        let packed = tokio::task::spawn_blocking(pack).await.map_err(|e| StoreError::Us(e.to_string()))?;
        let (object, sha256, object_sha256, bytes) = packed?;
        let id = ObjectId::random(&self.shared.random);
        let now = self.now();
        let path = path_of(&id, sealing.class, now);
        let lock = self.shared.vault.lock_for(sealing.class, now);
        self.shared.vault.put(&path, object, lock).await?;
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let (epochs, locked_until) = (sealing.epochs.clone(), lock.map(|l| l.until));
        Ok(Stored { id, path, epochs, bytes, sha256, object_sha256, locked_until })
    }

    /// For objects that certainly no row names; one that stays is swept away later.
    pub(super) async fn forget_objects(&self, objects: &[Stored]) {
        for object in objects {
            let _ = self.shared.vault.delete(&object.path).await;
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
        let id = id.to_owned();
        let open = move || {
            let keys = working.for_age()?;
            let keys = keys.iter().map(|key| key.as_ref() as &dyn age::Identity);
            unpack_checked(&object, keys, &row).map_err(|fault| StoreError::Object { id, fault })
        };
        tokio::task::spawn_blocking(open).await.map_err(|e| StoreError::Us(e.to_string()))?
    }
}

/// Unpacks and compares the bytes with the digest in the row.
pub(super) fn unpack_checked<'a>(
    object: &[u8],
    identities: impl Iterator<Item = &'a dyn age::Identity>,
    row: &ObjectRow,
) -> Result<(Label, Bytes), capsule::Fault> {
    let (label, raw) = capsule::unpack(object, identities, row.bytes.unsigned_abs())?;
    if Sha256::digest(&raw)[..] != row.sha256 {
        return Err("holds other bytes than were kept");
    }
    Ok((label, raw))
}

impl Tx {
    /// Names an object by row and ledger: from now on it counts.
    pub(super) async fn name_object(
        &mut self,
        object: &Stored,
        transaction: Option<TransactionId>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO object (id, path, kept_at, bytes, sha256, object_sha256, locked_until)
             VALUES ($1,$2,$3,$4,$5,$6,$7)",
        )
        .bind(object.id.as_str())
        .bind(&object.path)
        .bind(micros(self.now))
        .bind(object.bytes)
        .bind(&object.sha256[..])
        .bind(&object.object_sha256[..])
        .bind(object.locked_until.map(micros))
        .execute(&mut self.conn)
        .await?;
        for epoch in &object.epochs {
            sqlx::query("INSERT INTO object_epoch (object, epoch) VALUES ($1, $2)")
                .bind(object.id.as_str())
                .bind(epoch.as_str())
                .execute(&mut self.conn)
                .await?;
        }
        let mut event = LedgerEvent::new(Event::ObjectKept).about(object.id.as_str());
        event.transaction = transaction;
        event.hash_in = Some(object.sha256);
        event.hash_out = Some(object.object_sha256);
        self.append("gate", event).await?;
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
             AND NOT EXISTS (SELECT 1 FROM item i WHERE i.object = o.id AND i.state <> 'dropped')
             AND NOT EXISTS (SELECT 1 FROM record r WHERE r.object = o.id AND r.state <> 'dropped')
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
