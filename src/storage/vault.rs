//! The vault: immutable encrypted objects in a folder (S3 fits behind the same crate).
//! An object is on the disk, file and directory entry fsynced, when `put` returns.

use super::{error::StoreError, names::ObjectId};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use object_store::{
    ObjectStore, ObjectStoreExt, PutMode, PutOptions, local::LocalFileSystem, path::Path as ObjectPath,
};
use std::{error::Error, io, path::Path, sync::Arc};

/// Who can read an object, and so under which keys and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// What the gate may have to send on: working key and recovery key.
    Working,
    /// Records: the custodians and the recovery key, not the gate.
    Records,
}

impl Class {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Records => "records",
        }
    }
}

/// `2026-10/working/ID.age`: one folder for each epoch, a month of a class.
pub(super) fn path_of(id: &ObjectId, class: Class, at: DateTime<Utc>) -> String {
    format!("{}/{}/{id}.age", at.format("%Y-%m"), class.name())
}

pub(super) struct Vault {
    store: Arc<dyn ObjectStore>,
}

impl Vault {
    pub(super) fn in_folder(folder: &Path) -> Result<Self, StoreError> {
        let store = LocalFileSystem::new_with_prefix(folder).map_err(fault)?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// Never overwrites.
    pub(super) async fn put(&self, path: &str, object: Bytes) -> Result<(), StoreError> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        self.store.put_opts(&ObjectPath::from(path), object.into(), options).await.map_err(fault)?;
        Ok(())
    }

    /// `None` when it is not there.
    pub(super) async fn get(&self, path: &str) -> Result<Option<Bytes>, StoreError> {
        match self.store.get(&ObjectPath::from(path)).await {
            Ok(found) => found.bytes().await.map(Some).map_err(fault),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(fault(e)),
        }
    }

    /// That it is gone already is no fault.
    pub(super) async fn delete(&self, path: &str) -> Result<(), StoreError> {
        match self.store.delete(&ObjectPath::from(path)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(fault(e)),
        }
    }

    /// Calls `see` with the path and age of every object.
    pub(super) async fn each(&self, mut see: impl FnMut(&str, DateTime<Utc>)) -> Result<(), StoreError> {
        let mut list = self.store.list(None);
        while let Some(meta) = list.next().await {
            let meta = meta.map_err(fault)?;
            see(meta.location.as_ref(), meta.last_modified);
        }
        Ok(())
    }
}

/// The vault's error without the path, which says nothing to the operator.
fn fault(e: object_store::Error) -> StoreError {
    let mut source: Option<&(dyn Error + 'static)> = Some(&e);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return disk_error(io);
        }
        source = inner.source();
    }
    StoreError::Io(e.to_string())
}

/// Full, or failed.
pub(super) fn disk_error(e: &io::Error) -> StoreError {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    match e.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => StoreError::Full,
        _ => StoreError::Io(e.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_object_is_written_once_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::in_folder(folder.path()).unwrap();
        vault.put("2026-10/working/A.age", Bytes::from_static(b"x")).await.unwrap();
        assert!(vault.put("2026-10/working/A.age", Bytes::from_static(b"y")).await.is_err());
        assert_eq!(vault.get("2026-10/working/A.age").await.unwrap().unwrap(), "x");
        let mut seen = Vec::new();
        vault.each(|path, _| seen.push(path.to_owned())).await.unwrap();
        assert_eq!(seen, ["2026-10/working/A.age"]);
        vault.delete("2026-10/working/A.age").await.unwrap();
        vault.delete("2026-10/working/A.age").await.unwrap();
        assert!(vault.get("2026-10/working/A.age").await.unwrap().is_none());
    }
}
