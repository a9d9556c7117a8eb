//! The place that is filled: an empty database with its tables, and the vault. What an earlier
//! try left there is told apart from what is somebody else's.

use super::{rows, write_whole};
use crate::storage::{
    database::{self, Connection, Kind, hex},
    error::StoreError,
    keys::Keys,
    secrets::Secrets,
    store::{Random, StoreOptions},
    vault::{Vault, disk_error},
};
use sqlx::Connection as _;
use std::{fs, path::Path};

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
}

impl Place {
    /// Makes the tables. A working key that would not open what comes is refused before
    /// anything is carried.
    pub(super) async fn prepare(options: &StoreOptions, key: &[u8]) -> Result<Self, StoreError> {
        let opened = opened(key, &options.keys, &options.random)?;
        let (folder, place) = options.make_place()?;
        if place.kind() == Kind::Sqlite {
            let path = options.data.join(rows::STORE_KEY);
            match fs::read(&path) {
                // It may have been wrapped anew for another working key meanwhile.
                Ok(there) if self::opened(&there, &options.keys, &options.random)? == opened => {}
                Ok(_) => {
                    return Err(StoreError::Backup(
                        "the new place is not empty: it has a store key of its own".into(),
                    ));
                }
                Err(_) => write_whole(&path, key)?,
            }
            database::create(&options.data.join("gatehouse.db")).map_err(|e| disk_error(&e))?;
        }
        let mut conn = database::connect(&place).await?;
        database::migrate(&mut conn).await?;
        Ok(Self { conn, vault: Vault::open(&options.vault, &folder)?, kind: place.kind() })
    }

    /// An empty place is marked, so that no gate begins a store of its own in it.
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

async fn is_empty(conn: &mut Connection) -> Result<bool, StoreError> {
    for table in database::tables(&mut *conn).await? {
        let ours = if table.name == "meta" { " WHERE name <> 'arriving'" } else { "" };
        let sql = format!("SELECT COUNT(*) FROM {}{ours}", table.name);
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
