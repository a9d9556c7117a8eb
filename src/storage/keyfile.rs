//! Where the store key's age file lies: in the data folder beside SQLite, in the database
//! itself for PostgreSQL, since several nodes share it.

use super::{
    database::{Connection, Kind},
    error::StoreError,
    keys::Keys,
    secrets::Secrets,
    store::{Random, Store},
    vault::disk_error,
    writer::Tx,
};
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// `store-key.age` in the folder; made when the database has not `begun`.
pub(super) fn in_folder(
    folder: &Path,
    begun: bool,
    keys: &Keys,
    random: &Random,
) -> Result<Option<Secrets>, StoreError> {
    let path = folder.join("store-key.age");
    let file = match fs::read(&path) {
        Ok(file) => Some(file),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(disk_error(&e)),
    };
    if file.is_none() && begun && keys.working.is_some() {
        return Err(StoreError::StoreKey("store-key.age is missing beside its database".into()));
    }
    let Some((secrets, new)) = Secrets::unlock(file.as_deref(), keys, random)? else { return Ok(None) };
    if let Some(new) = new {
        write(&path, &new).map_err(|e| disk_error(&e))?;
    }
    Ok(Some(secrets))
}

/// Wraps the store key for the working key and the recovery keys that this process came with.
pub(super) async fn wrap_anew(store: &Store) -> Result<(), StoreError> {
    if store.kind() == Kind::Postgres {
        return store.write(|tx| Box::pin(wrap_anew_in_database(tx))).await;
    }
    let shared = store.shared.clone();
    let work = move || {
        let path = shared.folder.join("store-key.age");
        let file = fs::read(&path).map_err(|e| disk_error(&e))?;
        write(&path, &Secrets::wrapped_anew(&file, &shared.keys)?).map_err(|e| disk_error(&e))
    };
    tokio::task::spawn_blocking(work).await.map_err(|e| StoreError::Us(e.to_string()))?
}

async fn wrap_anew_in_database(tx: &mut Tx) -> Result<(), StoreError> {
    let file: Vec<u8> = sqlx::query_scalar("SELECT value FROM meta WHERE name = 'store-key.age'")
        .fetch_one(&mut tx.conn)
        .await?;
    let new = Secrets::wrapped_anew(&file, &tx.shared.keys)?;
    sqlx::query("UPDATE meta SET value = $1 WHERE name = 'store-key.age'")
        .bind(new)
        .execute(&mut tx.conn)
        .await?;
    Ok(())
}

fn write(path: &Path, file: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut out = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    out.write_all(file)?;
    out.sync_all()?;
    fs::rename(&new, path)?;
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

/// Nodes that start together agree on the file of the quickest.
const TRIES: usize = 3;

/// The row `store-key.age` of `meta`.
pub(super) async fn in_database(
    conn: &mut Connection,
    keys: &Keys,
    random: &Random,
) -> Result<Option<Secrets>, StoreError> {
    for _ in 0..TRIES {
        let file: Option<Vec<u8>> = sqlx::query_scalar("SELECT value FROM meta WHERE name = 'store-key.age'")
            .fetch_optional(&mut *conn)
            .await?;
        let used: Option<i64> = sqlx::query_scalar("SELECT 1 FROM meta WHERE name = 'store-key'")
            .fetch_optional(&mut *conn)
            .await?;
        if file.is_none() && used.is_some() {
            return Err(StoreError::StoreKey("store-key.age is missing in the database".into()));
        }
        let Some((secrets, new)) = Secrets::unlock(file.as_deref(), keys, random)? else { return Ok(None) };
        let Some(new) = new else { return Ok(Some(secrets)) };
        let written = match file {
            None => sqlx::query(
                "INSERT INTO meta (name, value) VALUES ('store-key.age', $1) ON CONFLICT (name) DO NOTHING",
            )
            .bind(new)
            .execute(&mut *conn)
            .await?,
            Some(old) => {
                sqlx::query("UPDATE meta SET value = $1 WHERE name = 'store-key.age' AND value = $2")
                    .bind(new)
                    .bind(old)
                    .execute(&mut *conn)
                    .await?
            }
        };
        if written.rows_affected() == 1 {
            return Ok(Some(secrets));
        }
    }
    Err(StoreError::Busy)
}
