//! Backup, restore and moving: all rows as one portable file, every object beside it, each
//! compared with the digest that its row and the ledger name.
//!
//! The order is always: rows as of one moment, then objects (an object is never younger than
//! its row), and last the one thing that makes it count: the manifest of a backup, or the
//! rows' commit of a store. What is cut off before that does not count, and is done again
//! without doing twice what is there.

mod backup;
mod fill;
mod place;
mod rows;

pub use backup::{Backup, BackupReport};
pub use fill::{Filled, Moved, move_to, restore};

use place::LedgerEnd;

use super::{
    database::{self, Kind},
    error::StoreError,
    store::Store,
    vault::disk_error,
};
use sha2::{Digest, Sha256};
use std::{fs, path::Path};

/// Objects that are carried at the same time; the vault may be far.
const AT_ONCE: usize = 8;
/// Faults that are named; the rest is counted by the scrub.
const MOST_NAMED: usize = 100;

impl Store {
    /// The file that holds the store key, as it lies with either database.
    async fn key_file(&self) -> Result<Vec<u8>, StoreError> {
        let missing = || StoreError::StoreKey("store-key.age is missing".into());
        match self.kind() {
            Kind::Sqlite => fs::read(self.shared.folder.join(rows::STORE_KEY)).map_err(|e| match e.kind() {
                std::io::ErrorKind::NotFound => missing(),
                _ => disk_error(&e),
            }),
            Kind::Postgres => {
                let found = sqlx::query_scalar("SELECT value FROM meta WHERE name = $1")
                    .bind(rows::STORE_KEY)
                    .fetch_optional(&self.readers)
                    .await?;
                found.ok_or_else(missing)
            }
        }
    }

    /// What the vault has under this path, if it is what the rows say; else whether it was
    /// purged since the rows were written out.
    async fn carried(&self, path: &str, sha256: &[u8]) -> Result<Carried, StoreError> {
        let vault = &self.shared.vault;
        let found = vault.get(path).await?;
        if let Some(object) = &found
            && Sha256::digest(object)[..] == *sha256
        {
            return Ok(Carried::Object(object.clone()));
        }
        if let Some(object) = vault.get_version(path, sha256).await? {
            return Ok(Carried::Object(object));
        }
        let purged: Option<i64> = sqlx::query_scalar(
            "SELECT kept_at FROM object WHERE path = $1 AND (purged_at IS NOT NULL OR unwanted_at IS NOT NULL)",
        )
        .bind(path)
        .fetch_optional(&self.readers)
        .await?;
        Ok(match purged {
            Some(_) => Carried::Purged,
            None => Carried::Faulty(if found.is_some() { "was changed" } else { "is missing" }),
        })
    }

    /// Number and hash (hex) of the ledger's last row.
    async fn ledger_end(&self) -> Result<LedgerEnd, StoreError> {
        let last: Option<(i64, Vec<u8>)> =
            sqlx::query_as("SELECT n, hash FROM ledger ORDER BY n DESC LIMIT 1")
                .fetch_optional(&self.readers)
                .await?;
        let (n, hash) = last.unwrap_or_default();
        Ok(LedgerEnd { rows: n.unsigned_abs(), head: database::hex(&hash) })
    }
}

enum Carried {
    Object(bytes::Bytes),
    Purged,
    Faulty(&'static str),
}

/// A folder of ours alone.
fn make_folder(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| disk_error(&e))
}

/// Written whole under its name, or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let write = || {
        let new = path.with_extension("new");
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    };
    write().map_err(|e| disk_error(&e))
}
