//! The vault in a folder: an object is on the disk, file and directory entry fsynced,
//! when `put` returns, and its file is read-only.

use super::{super::error::StoreError, is_ours};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use object_store::{
    ObjectStore, ObjectStoreExt, PutMode, PutOptions, local::LocalFileSystem, path::Path as ObjectPath,
};
use std::{
    error::Error,
    ffi::OsStr,
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

pub(super) struct Folder {
    store: LocalFileSystem,
    path: PathBuf,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let store = LocalFileSystem::new_with_prefix(path).map_err(fault)?.with_fsync(true);
        Ok(Self { store, path: path.to_owned() })
    }

    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    pub(super) async fn put(&self, path: &str, object: Bytes) -> Result<(), StoreError> {
        is_ours(path)?;
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        self.store.put_opts(&ObjectPath::from(path), object.into(), options).await.map_err(fault)?;
        // Against accidents: whoever may write in the folder may also change this. The ledger's hash
        // is what shows a change.
        let file = self.path.join(path);
        fs::set_permissions(file, fs::Permissions::from_mode(0o400)).map_err(|e| disk_error(&e))
    }

    pub(super) async fn get(&self, path: &str) -> Result<Option<Bytes>, StoreError> {
        is_ours(path)?;
        match self.store.get(&ObjectPath::from(path)).await {
            Ok(found) => found.bytes().await.map(Some).map_err(fault),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(fault(e)),
        }
    }

    pub(super) async fn delete(&self, path: &str) -> Result<(), StoreError> {
        is_ours(path)?;
        match self.store.delete(&ObjectPath::from(path)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(fault(e)),
        }
    }

    pub(super) async fn each(&self, mut see: impl FnMut(&str, DateTime<Utc>)) -> Result<(), StoreError> {
        let mut list = self.store.list(None);
        while let Some(meta) = list.next().await {
            let meta = meta.map_err(fault)?;
            see(meta.location.as_ref(), meta.last_modified);
        }
        Ok(())
    }

    pub(super) async fn is_filled(&self) -> Result<bool, StoreError> {
        self.store.list(None).next().await.transpose().map(|first| first.is_some()).map_err(fault)
    }

    pub(super) async fn sweep_halves(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let root = self.path.clone();
        let work = move || {
            let (mut folders, mut swept) = (vec![root], 0);
            while let Some(folder) = folders.pop() {
                for entry in fs::read_dir(folder)? {
                    let entry = entry?;
                    // What is written or swept by another at the same moment is gone meanwhile.
                    let Ok(about) = entry.metadata() else { continue };
                    if about.is_dir() {
                        folders.push(entry.path());
                    } else if is_half(&entry.file_name()) && DateTime::<Utc>::from(about.modified()?) < before
                    {
                        fs::remove_file(entry.path())?;
                        swept += 1;
                    }
                }
            }
            Ok(swept)
        };
        let swept: io::Result<u64> =
            tokio::task::spawn_blocking(work).await.map_err(|e| StoreError::Us(e.to_string()))?;
        swept.map_err(|e| disk_error(&e))
    }
}

/// `ID.age#1`: how object_store calls a file before all of it is there. It lists none of these.
fn is_half(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.rsplit_once('#').is_some_and(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
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
pub(in super::super) fn disk_error(e: &io::Error) -> StoreError {
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
    async fn an_object_is_written_once_read_only_and_read_back() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        const PATH: &str = "2026-10/working/A.age";
        folder.put(PATH, Bytes::from_static(b"x")).await.unwrap();
        assert!(folder.put(PATH, Bytes::from_static(b"y")).await.is_err());
        assert_eq!(folder.get(PATH).await.unwrap().unwrap(), "x");
        let mode = fs::metadata(place.path().join(PATH)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o400);
        let mut seen = Vec::new();
        folder.each(|path, _| seen.push(path.to_owned())).await.unwrap();
        assert_eq!(seen, [PATH]);
        folder.delete(PATH).await.unwrap();
        folder.delete(PATH).await.unwrap();
        assert!(folder.get(PATH).await.unwrap().is_none());
        // A kill left it half written; nothing lists it.
        fs::write(place.path().join("2026-10/working/B.age#1"), b"x").unwrap();
        assert!(!folder.is_filled().await.unwrap());
        let old = Utc::now() - chrono::TimeDelta::hours(1);
        assert_eq!(folder.sweep_halves(old).await.unwrap(), 0, "it may be on its way");
        assert_eq!(folder.sweep_halves(Utc::now() + chrono::TimeDelta::hours(1)).await.unwrap(), 1);
        assert!(!place.path().join("2026-10/working/B.age#1").exists());
        for outside in ["../x", "/etc/passwd", "a//b", "a/./b", ""] {
            assert!(folder.get(outside).await.is_err(), "{outside}");
        }
    }
}
