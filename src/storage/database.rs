//! SQLite: how a connection is set up, how its errors and times are read. Statements
//! elsewhere keep to what SQLite and PostgreSQL both speak (`$1`, RETURNING, BIGINT).

use super::error::StoreError;
use chrono::{DateTime, Utc};
use sqlx::{
    Connection as _,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{fs, os::unix::fs::OpenOptionsExt, path::Path, time::Duration};

/// The database that statements are written for; no other file of the room names one.
pub(super) type Db = sqlx::Sqlite;
pub(super) type Connection = <Db as sqlx::Database>::Connection;
pub(super) type Pool = sqlx::Pool<Db>;
/// A connection or a pool.
pub(super) trait Executor<'c>: sqlx::Executor<'c, Database = Db> {}
impl<'c, T: sqlx::Executor<'c, Database = Db>> Executor<'c> for T {}

/// How long a process waits for another one's commit.
const BUSY: Duration = Duration::from_secs(5);
const READERS: u32 = 4;
/// The WAL is cut to this after a checkpoint.
const WAL_BYTES: i64 = 64 << 20;

/// WAL with a sync at every commit: a committed row survives a power cut.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        // What is erased does not stay on in free pages.
        .pragma("secure_delete", "ON")
        .pragma("journal_size_limit", WAL_BYTES.to_string())
}

pub(super) async fn connect(path: &Path) -> Result<Connection, StoreError> {
    Ok(Connection::connect_with(&options(path)).await?)
}

pub(super) fn readers(path: &Path) -> Pool {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(BUSY)
        .connect_lazy_with(options(path).pragma("query_only", "ON"))
}

/// Makes the file, readable by its owner alone; SQLite gives the WAL the same rights.
pub(super) fn create(path: &Path) -> std::io::Result<()> {
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(e),
        _ => Ok(()),
    }
}

pub(super) async fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    sqlx::migrate!("src/storage/migrations/sqlite").run(conn).await.map_err(|e| match e {
        sqlx::migrate::MigrateError::Execute(e) => e.into(),
        e => StoreError::Damaged(e.to_string()),
    })
}

/// SQLite's primary result codes (https://www.sqlite.org/rescode.html).
impl From<sqlx::Error> for StoreError {
    fn from(e: sqlx::Error) -> Self {
        let sqlx::Error::Database(database) = &e else {
            return match e {
                sqlx::Error::Io(e) => super::vault::disk_error(&e),
                sqlx::Error::PoolTimedOut => Self::Busy,
                e => Self::Us(e.to_string()),
            };
        };
        let code = database.code().and_then(|c| c.parse::<u32>().ok()).unwrap_or(0);
        match code & 0xff {
            5 | 6 => Self::Busy,
            13 => Self::Full,
            8 | 10 | 14 => Self::Io(database.to_string()),
            11 | 26 => Self::Damaged(database.to_string()),
            _ => Self::Us(database.to_string()),
        }
    }
}

pub(super) fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// A time that no calendar has becomes the epoch; only a tampered row has one.
pub(super) fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
}

/// A clear word of a row as one of `all`, by its stable name.
pub(super) fn named<T: Copy>(all: &[T], name: fn(T) -> &'static str, text: &str) -> Result<T, StoreError> {
    let found = all.iter().copied().find(|v| name(*v) == text);
    found.ok_or_else(|| StoreError::Damaged("a row has a word that this version does not know".into()))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}
