//! Attachments as objects of their own: what `parts` cuts out of messages is kept once for all
//! messages that the same keys open, counted by its uses, and purged with the last of them.
//!
//! It is known again by a keyed hash of its bytes, which tells nothing without the store key:
//! whoever has a file cannot tell whether it lies here. Which messages share one stands
//! encrypted in their rows, so that rows tell only how often.

mod uses;

use super::{
    capsule,
    database::micros,
    epochs::{Locks, Sealing},
    error::StoreError,
    names::{EpochId, ObjectId},
    objects::ObjectRow,
    parts::{self, Ends},
    store::Store,
    vault::path_of,
};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A part may be used again for as long as its epoch lasts, and must then be locked as long as the
/// message that uses it.
const EPOCH: TimeDelta = TimeDelta::days(31);

/// Where a part belongs in a message, as the message's label says.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct PartLabel {
    /// Offset in the bytes that come after the label, which have none of the parts.
    pub(in crate::storage) at: u64,
    /// Path of the object in the vault.
    pub(in crate::storage) object: String,
    /// Characters of a full line of base64.
    pub(in crate::storage) width: usize,
    pub(in crate::storage) ends: Ends,
    /// Bytes of the part, decoded.
    pub(in crate::storage) bytes: u64,
}

/// A part that a message uses.
#[derive(Clone)]
pub(super) struct UsedPart {
    id: String,
    path: String,
    /// Put by this keep; no row names it yet.
    new: Option<NewPart>,
}

#[derive(Clone)]
struct NewPart {
    hash: [u8; 32],
    bytes: i64,
    object_sha256: [u8; 32],
    locked_until: Option<DateTime<Utc>>,
    epochs: Vec<EpochId>,
}

impl UsedPart {
    /// The file that only this keep knows of.
    pub(in crate::storage) fn new_path(&self) -> Option<&str> {
        self.new.is_some().then_some(self.path.as_str())
    }
}

/// Parts are shared within this alone: what is encrypted to others is another object.
fn scope_of(sealing: &Sealing) -> String {
    let mut epochs: Vec<&str> = sealing.epochs.iter().map(EpochId::as_str).collect();
    epochs.sort_unstable();
    let to: Vec<String> = sealing.to.iter().map(ToString::to_string).collect();
    format!("{} {} {}", sealing.class.name(), epochs.join(" "), to.join(" "))
}

/// A message without its long runs of base64.
pub(super) struct Parted {
    pub(in crate::storage) rest: Bytes,
    pub(in crate::storage) labels: Vec<PartLabel>,
    pub(in crate::storage) used: Vec<UsedPart>,
}

impl Store {
    /// Cuts the message, and puts what is not there yet for these keys.
    pub(in crate::storage) async fn put_parts(
        &self,
        sealing: &Sealing,
        raw: &Bytes,
    ) -> Result<Parted, StoreError> {
        let whole = raw.clone();
        let cut = move || {
            let cuts = parts::cuts(&whole);
            cuts.into_iter()
                .map(|cut| (<[u8; 32]>::from(Sha256::digest(&cut.content)), cut))
                .collect::<Vec<_>>()
        };
        let cuts = tokio::task::spawn_blocking(cut).await.map_err(|e| StoreError::Us(e.to_string()))?;
        let secrets = self.secrets()?;
        let scope = scope_of(sealing);
        let (mut rest, mut from) = (Vec::with_capacity(raw.len()), 0);
        let mut labels = Vec::new();
        let mut contents = BTreeMap::new();
        for (digest, cut) in cuts {
            rest.extend_from_slice(&raw[from..cut.place.start]);
            from = cut.place.end;
            let hash = secrets.hash("part", &[scope.as_bytes(), &digest]);
            labels.push((hash, rest.len() as u64, cut.width, cut.ends, cut.content.len() as u64));
            contents.entry(hash).or_insert(cut.content);
        }
        if labels.is_empty() {
            return Ok(Parted { rest: raw.clone(), labels: Vec::new(), used: Vec::new() });
        }
        rest.extend_from_slice(&raw[from..]);
        let used = self.find_or_put(sealing, contents).await?;
        let label = |(hash, at, width, ends, bytes): ([u8; 32], u64, usize, Ends, u64)| {
            let object = used.get(&hash).map(|part| part.path.clone()).unwrap_or_default();
            PartLabel { at, object, width, ends, bytes }
        };
        let labels = labels.into_iter().map(label).collect();
        Ok(Parted { rest: rest.into(), labels, used: used.into_values().collect() })
    }

    async fn find_or_put(
        &self,
        sealing: &Sealing,
        contents: BTreeMap<[u8; 32], Vec<u8>>,
    ) -> Result<BTreeMap<[u8; 32], UsedPart>, StoreError> {
        let now = self.now();
        let needed = match sealing.locks {
            Locks::AtPut => self.lock_at_put(sealing.class, now).map(|lock| lock.until),
            Locks::Later => None,
        };
        let work = contents.into_iter().map(async |(hash, content)| {
            let part = match self.known_part(&hash, needed).await? {
                Some((id, path)) => UsedPart { id, path, new: None },
                None => self.put_part(sealing, hash, content, now).await?,
            };
            Ok::<_, StoreError>((hash, part))
        });
        let (mut used, mut failed) = (BTreeMap::new(), None);
        for done in join_all(work).await {
            match done {
                Ok((hash, part)) => drop(used.insert(hash, part)),
                Err(e) => failed = Some(e),
            }
        }
        match failed {
            None => Ok(used),
            Some(e) => {
                self.forget_parts(used.values()).await;
                Err(e)
            }
        }
    }

    /// A sound part with these bytes for these keys, locked long enough.
    async fn known_part(
        &self,
        hash: &[u8; 32],
        needed: Option<DateTime<Utc>>,
    ) -> Result<Option<(String, String)>, StoreError> {
        let found = sqlx::query_as(
            "SELECT id, path FROM object WHERE part_hash = $1 AND purged_at IS NULL AND unwanted_at IS NULL
             AND fault IS NULL AND COALESCE(locked_until, 0) >= $2 ORDER BY kept_at LIMIT 1",
        )
        .bind(&hash[..])
        .bind(needed.map_or(0, micros))
        .fetch_optional(&self.readers)
        .await?;
        Ok(found)
    }

    async fn put_part(
        &self,
        sealing: &Sealing,
        hash: [u8; 32],
        content: Vec<u8>,
        now: DateTime<Utc>,
    ) -> Result<UsedPart, StoreError> {
        let to = sealing.to.clone();
        let bytes = i64::try_from(content.len()).unwrap_or(i64::MAX);
        let pack = move || {
            let object = capsule::pack_part(&content, &to)?;
            let digest: [u8; 32] = Sha256::digest(&object).into();
            Ok::<_, StoreError>((object, digest))
        };
        let packed = tokio::task::spawn_blocking(pack).await.map_err(|e| StoreError::Us(e.to_string()))?;
        let (object, object_sha256) = packed?;
        let id = ObjectId::at(now, &self.shared.random);
        let path = path_of(&id, sealing.class, now);
        let lock = match sealing.locks {
            Locks::AtPut => self.lock_at_put(sealing.class, now + EPOCH),
            Locks::Later => None,
        };
        self.shared.vault.put(&path, object, lock).await?;
        let (locked_until, epochs) = (lock.map(|lock| lock.until), sealing.epochs.clone());
        let new = NewPart { hash, bytes, object_sha256, locked_until, epochs };
        Ok(UsedPart { id: id.to_string(), path, new: Some(new) })
    }

    /// For parts that certainly no row names.
    pub(in crate::storage) async fn forget_parts(&self, parts: impl Iterator<Item = &UsedPart>) {
        for path in parts.filter_map(UsedPart::new_path) {
            let _ = self.shared.vault.delete(path).await;
        }
    }

    /// The parts of an object as they lie in the vault, by their ids; nothing is opened.
    pub(in crate::storage) async fn parts_as_they_lie(
        &self,
        object: &str,
    ) -> Result<Vec<(String, Bytes)>, StoreError> {
        let sealed: Option<Vec<u8>> = sqlx::query_scalar("SELECT parts FROM object WHERE id = $1")
            .bind(object)
            .fetch_optional(&self.readers)
            .await?
            .flatten();
        let Some(sealed) = sealed else { return Ok(Vec::new()) };
        let ids: Vec<String> = self.secrets()?.open(&parts_place(object), &sealed)?;
        let mut parts: Vec<(String, Bytes)> = Vec::with_capacity(ids.len());
        for id in ids {
            if !parts.iter().any(|(known, _)| *known == id) {
                let row = self.object_row(&id).await?;
                let object = self.sealed_object(&id, &row).await?;
                parts.push((id, object));
            }
        }
        Ok(parts)
    }

    /// The parts of a message as they lie in the vault, each once, checked against its row.
    pub(in crate::storage) async fn sealed_parts(
        &self,
        labels: &[PartLabel],
    ) -> Result<BTreeMap<String, Bytes>, StoreError> {
        let mut found = BTreeMap::new();
        for label in labels {
            if found.contains_key(&label.object) {
                continue;
            }
            let named: Option<String> =
                sqlx::query_scalar("SELECT id FROM object WHERE path = $1 AND part_hash IS NOT NULL")
                    .bind(&label.object)
                    .fetch_optional(&self.readers)
                    .await?;
            let id =
                named.ok_or_else(|| StoreError::Damaged("a message names a part that has no row".into()))?;
            let row: ObjectRow = self.object_row(&id).await?;
            found.insert(label.object.clone(), self.sealed_object(&id, &row).await?);
        }
        Ok(found)
    }
}

/// A message with its parts in their places again.
pub(super) fn put_together(
    rest: &[u8],
    labels: &[PartLabel],
    contents: &BTreeMap<String, Vec<u8>>,
    limit: u64,
) -> Result<Bytes, capsule::Fault> {
    const ODD: capsule::Fault = "has a label that does not fit its parts";
    let mut out = Vec::with_capacity(usize::try_from(limit).unwrap_or(0).min(rest.len() * 2 + (64 << 20)));
    let mut from = 0;
    for label in labels {
        let at = usize::try_from(label.at).map_err(|_| ODD)?;
        out.extend_from_slice(rest.get(from..at).ok_or(ODD)?);
        let content = contents.get(&label.object).ok_or(ODD)?;
        out.extend(parts::written(content, label.width, label.ends));
        if out.len() as u64 > limit {
            return Err("is larger than its row says");
        }
        from = at;
    }
    out.extend_from_slice(rest.get(from..).ok_or(ODD)?);
    Ok(out.into())
}

pub(super) fn parts_place(object: &str) -> String {
    format!("object/{object}/parts")
}
