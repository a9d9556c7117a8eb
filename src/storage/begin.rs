//! Whether a store begins here, or has begun, or is lost: a new database beside what an old one
//! knew of would take all of it for rubbish. And whose objects lie in the vault.

use super::{
    database::{self, Connection, hex},
    error::StoreError,
    store::Store,
    vault::Vault,
};
use std::{fs, path::Path};

/// What to do where there is no store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Beginning {
    /// One is made, if nothing says that one was lost.
    #[default]
    Allowed,
    /// Whoever only looks makes nothing.
    Never,
}

/// Whether the file was ever written to; it is made empty, before the store key.
pub(super) fn is_begun_file(database: &Path) -> bool {
    fs::metadata(database).is_ok_and(|file| file.len() > 0)
}

/// Whether the database has a store or is being filled with one.
pub(super) async fn is_begun(conn: &mut Connection) -> Result<bool, StoreError> {
    if !database::has_table(&mut *conn, "meta").await? {
        return Ok(false);
    }
    let any: Option<String> =
        sqlx::query_scalar("SELECT name FROM meta LIMIT 1").fetch_optional(&mut *conn).await?;
    Ok(any.is_some())
}

/// Nothing begins beside what another store has left.
pub(super) async fn nothing_is_left(
    data: &Path,
    of_folder: bool,
    vault: &Vault,
    database: &str,
) -> Result<(), StoreError> {
    let key = data.join("store-key.age");
    if of_folder && key.exists() && !data.join("gatehouse.db").exists() {
        return Err(StoreError::Lost(format!("{} is there", key.display()), database.to_owned()));
    }
    match vault.is_filled().await? {
        true => Err(StoreError::Lost(format!("{} holds objects", vault.name()), database.to_owned())),
        false => Ok(()),
    }
}

impl Store {
    /// Before anything is written into the vault or taken out of it: that it is this store's own.
    /// The first to write marks it.
    pub(super) async fn own_vault(&self) -> Result<(), StoreError> {
        let vault = &self.shared.vault;
        let own = async || {
            let owner = self.id().await?;
            let foreign = || StoreError::ForeignVault(vault.name());
            match vault.mark().await? {
                Some(mark) if mark == owner => return Ok(()),
                Some(_) => return Err(foreign()),
                None => {}
            }
            // One from before there were marks is ours when we know of objects in it.
            let known: Option<i64> = sqlx::query_scalar("SELECT kept_at FROM object LIMIT 1")
                .fetch_optional(&self.readers)
                .await?;
            // Another node of ours may have marked it just now.
            if known.is_none() && vault.is_filled().await? && vault.mark().await?.as_ref() != Some(&owner) {
                return Err(foreign());
            }
            vault.put_mark(&owner).await
        };
        self.shared.vault_is_ours.get_or_try_init(own).await.map(|_| ())
    }

    /// What tells this store from others; it goes with it through backups and moves.
    pub(super) async fn id(&self) -> Result<String, StoreError> {
        let check: Vec<u8> = sqlx::query_scalar("SELECT value FROM meta WHERE name = 'store-key'")
            .fetch_optional(&self.readers)
            .await?
            .ok_or(StoreError::NoWorkingKey)?;
        Ok(id_of(&check))
    }
}

/// The check of a store key as a name.
pub(super) fn id_of(check: &[u8]) -> String {
    hex(&check[..check.len().min(16)])
}
