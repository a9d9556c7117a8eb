//! The place that is filled: an empty database with its tables, and the vault. What an earlier
//! try left there is told apart from what is somebody else's.

use super::{rows, write_whole};
use crate::storage::{
    begin,
    database::{self, Connection, Kind, hex},
    error::StoreError,
    keys::Keys,
    secrets::Secrets,
    store::{Random, StoreOptions},
    vault::{Vault, disk_error},
};
use sqlx::Connection as _;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Number and hash (hex) of the last row of the ledger that comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LedgerEnd {
    pub(super) rows: u64,
    pub(super) head: String,
}

/// What is in the place already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No row but the mark of an earlier try; perhaps objects.
    Nothing,
    /// All rows of an earlier try, which did not come to its end.
    Rows,
    /// This very store, open for use.
    Whole,
}

/// What the mark says before the rows are there; then it is the head of the ledger they come with.
const NO_ROWS: &[u8] = b"";

pub(super) struct Place {
    conn: Connection,
    pub(super) vault: Vault,
    kind: Kind,
    /// Where SQLite's store key lies.
    folder: PathBuf,
    /// What the store key that comes is known by.
    check: [u8; 32],
}

impl Place {
    /// Makes the tables. A working key that would not open what comes is refused before
    /// anything is carried.
    pub(super) async fn prepare(options: &StoreOptions, key: &[u8]) -> Result<Self, StoreError> {
        let check = opened(key, &options.keys, &options.random)?;
        let (folder, place) = options.make_place()?;
        if place.kind() == Kind::Sqlite {
            database::create(&options.data.join("gatehouse.db")).map_err(|e| disk_error(&e))?;
        }
        let mut conn = database::connect(&place).await?;
        database::migrate(&mut conn).await?;
        let vault = Vault::open(&options.vault, &folder)?;
        Ok(Self { conn, vault, kind: place.kind(), folder: options.data.clone(), check })
    }

    /// An empty place is marked, so that no gate begins a store of its own in it. One that was
    /// begun, and has nothing in it yet, is as good as empty.
    pub(super) async fn found(&mut self, end: &LedgerEnd) -> Result<Found, StoreError> {
        let found = found(&mut self.conn, end).await?;
        if found == Found::Nothing {
            sqlx::query(
                "INSERT INTO meta (name, value) VALUES ('arriving', $1) ON CONFLICT (name) DO NOTHING",
            )
            .bind(NO_ROWS)
            .execute(&mut self.conn)
            .await?;
        }
        Ok(found)
    }

    /// With SQLite the store key has a file. One that is there beside no row opens nothing.
    pub(super) fn take_key(&self, key: &[u8], options: &StoreOptions) -> Result<(), StoreError> {
        if self.kind != Kind::Sqlite {
            return Ok(());
        }
        let path = self.folder.join(rows::STORE_KEY);
        match fs::read(&path) {
            // It may have been wrapped anew for another working key meanwhile.
            Ok(there) if opened(&there, &options.keys, &options.random).ok() == Some(self.check) => Ok(()),
            _ => write_whole(&path, key),
        }
    }

    /// Nothing of another store is taken for this one's: it would be swept away. What an earlier
    /// try has brought is named by the rows that come.
    pub(super) async fn has_nothing_else(&self, file: &Path) -> Result<(), StoreError> {
        let foreign = |what: &str| {
            let name = self.vault.name();
            StoreError::Backup(format!(
                "the new place is not empty: {name} holds {what}. Move it away first, and keep it until you know \
                 what it is"
            ))
        };
        if self.vault.mark().await?.is_some_and(|mark| mark != begin::id_of(&self.check)) {
            return Err(foreign("the objects of another store"));
        }
        let mut there = BTreeSet::new();
        self.vault.each(|path, _| _ = there.insert(path.to_owned())).await?;
        if there.is_empty() {
            return Ok(());
        }
        rows::paths(file, |path| _ = there.remove(path))?;
        match there.len() {
            0 => Ok(()),
            n => Err(foreign(&format!("{n} objects that are not of what comes; they may be younger"))),
        }
    }

    /// All rows in one commit, with the mark that they are not to be used yet.
    pub(super) async fn take_rows(
        &mut self,
        file: &Path,
        key: &[u8],
        end: &LedgerEnd,
    ) -> Result<u64, StoreError> {
        let kind = self.kind;
        let mut tx = self.conn.begin().await?;
        // The server may still be at the commit of a try that was killed; whoever comes after
        // it sees what it did.
        database::for_itself(&mut tx).await?;
        if found(&mut tx, end).await? != Found::Nothing {
            return Ok(0);
        }
        // Of a store that was begun here and has nothing in it.
        sqlx::query("DELETE FROM meta WHERE name <> 'arriving'").execute(&mut *tx).await?;
        let counts = rows::read(&mut tx, file).await?;
        let mut marks = vec![("arriving", end.head.as_bytes())];
        if kind == Kind::Postgres {
            marks.push((rows::STORE_KEY, key));
        }
        for (name, value) in marks {
            sqlx::query(
                "INSERT INTO meta (name, value) VALUES ($1, $2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )
            .bind(name)
            .bind(value)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(counts.values().sum())
    }
}

async fn found(conn: &mut Connection, end: &LedgerEnd) -> Result<Found, StoreError> {
    let mark: Option<Vec<u8>> = sqlx::query_scalar("SELECT value FROM meta WHERE name = 'arriving'")
        .fetch_optional(&mut *conn)
        .await?;
    if let Some(head) = mark.filter(|head| head != NO_ROWS) {
        return match head == end.head.as_bytes() {
            true => Ok(Found::Rows),
            false => Err(StoreError::Backup(
                "the new place holds an earlier try, and the old store has gone on since: empty the new place and begin again".into(),
            )),
        };
    }
    let there: Option<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM ledger WHERE n = $1")
        .bind(end.rows.cast_signed())
        .fetch_optional(&mut *conn)
        .await?;
    match there {
        Some(hash) if hex(&hash) == end.head => Ok(Found::Whole),
        _ if is_empty(conn).await? => Ok(Found::Nothing),
        _ => Err(StoreError::Backup("the new place is not empty: it already holds a store".into())),
    }
}

/// What opening a store for the first time writes into `meta`.
const OF_A_NEW_STORE: [&str; 4] = ["arriving", "store-key", rows::STORE_KEY, "working-holders"];

async fn is_empty(conn: &mut Connection) -> Result<bool, StoreError> {
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM meta").fetch_all(&mut *conn).await?;
    if names.iter().any(|name| !OF_A_NEW_STORE.contains(&name.as_str())) {
        return Ok(false);
    }
    for table in database::tables(&mut *conn).await?.iter().filter(|table| table.name != "meta") {
        let sql = format!("SELECT COUNT(*) FROM {}", table.name);
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut *conn).await?;
        if rows > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Which store key the file holds, without telling it.
fn opened(file: &[u8], keys: &Keys, random: &Random) -> Result<[u8; 32], StoreError> {
    let (secrets, _) = Secrets::unlock(Some(file), keys, random)?.ok_or(StoreError::NoWorkingKey)?;
    Ok(secrets.check())
}
