//! The vault: immutable encrypted objects in a folder or in a bucket of S3-compatible
//! storage. What `put` has returned for is durable: fsynced, or confirmed by the server.

mod answers;
mod bucket;
mod client;
mod folder;

pub(super) use folder::disk_error;

use super::{access::Class, error::StoreError, names::ObjectId};
use crate::config::{LockMode, VaultConfig};
use bucket::Bucket;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use folder::Folder;
use std::path::Path;

/// `2026-10/working/ID.age`: one folder for each epoch, a month of a class.
pub(super) fn path_of(id: &ObjectId, class: Class, at: DateTime<Utc>) -> String {
    format!("{}/{}/{id}.age", at.format("%Y-%m"), class.name())
}

/// Object Lock as the object store keeps it: until then it lets nobody delete the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    pub mode: LockMode,
    pub until: DateTime<Utc>,
}

impl LockMode {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Governance => "GOVERNANCE",
            Self::Compliance => "COMPLIANCE",
        }
    }
}

/// What became of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Removal {
    /// Nothing of it is left, in no version.
    Gone,
    /// The object store refuses.
    Locked(Lock),
}

/// Says whose objects these are: two stores at one vault would sweep away each other's.
const MARK: &str = "store-id";

pub(super) struct Vault {
    place: Place,
    lock: Option<LockMode>,
}

enum Place {
    Folder(Folder),
    Bucket(Box<Bucket>),
}

impl Vault {
    /// `folder` is used when the configuration names no bucket. Does no request.
    pub(super) fn open(config: &VaultConfig, folder: &Path) -> Result<Self, StoreError> {
        Ok(match config {
            VaultConfig::Folder => Self { place: Place::Folder(Folder::open(folder)?), lock: None },
            VaultConfig::Bucket(c) => Self { place: Place::Bucket(Bucket::open(c)?.into()), lock: c.lock },
        })
    }

    /// Whether deleting costs no more than a write to the disk.
    pub(super) fn is_near(&self) -> bool {
        matches!(self.place, Place::Folder(_))
    }

    /// `vault/` or `s3://bucket/prefix`.
    pub(super) fn name(&self) -> String {
        match &self.place {
            Place::Folder(folder) => folder.name(),
            Place::Bucket(bucket) => bucket.name(),
        }
    }

    /// A lock until then, where one is asked for.
    pub(super) fn lock_until(&self, until: DateTime<Utc>) -> Option<Lock> {
        self.lock.map(|mode| Lock { mode, until })
    }

    pub(super) fn locks(&self) -> bool {
        self.lock.is_some()
    }

    /// Makes what lies there locked until then at least, and says until when it is. A lock is never
    /// made shorter: the object store would refuse, and rightly.
    pub(super) async fn lock(
        &self,
        path: &str,
        until: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        match (&self.place, self.lock) {
            (Place::Bucket(bucket), Some(mode)) => bucket.lock(path, Lock { mode, until }).await,
            _ => Ok(None),
        }
    }

    /// Never overwrites.
    pub(super) async fn put(&self, path: &str, object: Bytes, lock: Option<Lock>) -> Result<(), StoreError> {
        match &self.place {
            Place::Folder(folder) => folder.put(path, object).await,
            Place::Bucket(bucket) => bucket.put(path, object, lock).await,
        }
    }

    /// `None` when it is not there.
    pub(super) async fn get(&self, path: &str) -> Result<Option<Bytes>, StoreError> {
        match &self.place {
            Place::Folder(folder) => folder.get(path).await,
            Place::Bucket(bucket) => bucket.get(path).await,
        }
    }

    /// What was put, by its digest, where a bucket with versions still has it under something
    /// that somebody laid over it.
    pub(super) async fn get_version(&self, path: &str, sha256: &[u8]) -> Result<Option<Bytes>, StoreError> {
        match &self.place {
            Place::Folder(_) => Ok(None),
            Place::Bucket(bucket) => bucket.get_version(path, sha256).await,
        }
    }

    /// Takes it away in all its versions. That it is gone already is no fault.
    pub(super) async fn delete(&self, path: &str) -> Result<Removal, StoreError> {
        match &self.place {
            Place::Folder(folder) => folder.delete(path).await.map(|()| Removal::Gone),
            Place::Bucket(bucket) => bucket.delete(path).await,
        }
    }

    /// Calls `see` with the path and time of every object.
    pub(super) async fn each(
        &self,
        mut see: impl FnMut(&str, DateTime<Utc>) + Send,
    ) -> Result<(), StoreError> {
        let see = |path: &str, at| {
            if path != MARK {
                see(path, at);
            }
        };
        match &self.place {
            Place::Folder(folder) => folder.each(see).await,
            Place::Bucket(bucket) => bucket.each(see).await,
        }
    }

    /// Whether there is anything in it, a mark included.
    pub(super) async fn is_filled(&self) -> Result<bool, StoreError> {
        match &self.place {
            Place::Folder(folder) => folder.is_filled().await,
            Place::Bucket(bucket) => bucket.is_filled().await,
        }
    }

    /// The store whose objects lie here, as it wrote it.
    pub(super) async fn mark(&self) -> Result<Option<String>, StoreError> {
        let found = self.get(MARK).await?;
        Ok(found.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()))
    }

    /// Writes whose objects lie here; whoever was quicker stays.
    pub(super) async fn put_mark(&self, owner: &str) -> Result<(), StoreError> {
        match self.put(MARK, format!("{owner}\n").into(), None).await {
            Err(e) if self.mark().await?.as_deref() != Some(owner) => Err(e),
            _ => Ok(()),
        }
    }

    /// Takes away what a kill in the middle of a `put` has left, when it is older; returns how
    /// many. A bucket shows no object before all of it is there.
    pub(super) async fn sweep_halves(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        match &self.place {
            Place::Folder(folder) => folder.sweep_halves(before).await,
            Place::Bucket(_) => Ok(0),
        }
    }
}

/// A name in the vault is made by us; one that is not ours reaches no file and no request.
fn is_ours(path: &str) -> Result<(), StoreError> {
    let word = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    match path.len() <= 200 && path.split('/').all(word) {
        true => Ok(()),
        false => Err(StoreError::Damaged("a row names an object by a path that is none of ours".into())),
    }
}
