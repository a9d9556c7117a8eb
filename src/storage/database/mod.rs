//! The database: SQLite (a file in the data folder) or PostgreSQL (for several gates).
//! Statements elsewhere keep to what both speak; docs/storage.md has the rules. Where the
//! two differ, one function of this module has both ways, and no other file names either.

mod catalog;
mod fault;
mod place;
mod session;
mod sql;

pub(super) use catalog::{ColumnKind, Table, count_on, has_table, tables};
pub use place::{DatabaseAddress, PostgresUrl};
pub(super) use place::{Place, create};
pub(super) use session::{
    Begun, Last, begin, commit, for_itself, moment, next_change, skip_locked, undo_change,
};
pub(super) use sql::Sql;

use super::error::StoreError;
use chrono::{DateTime, Utc};
use session::Access;
use sqlx::{Connection as _, any::AnyPoolOptions};
use std::time::Duration;

/// What statements are written for: whichever of the two it is.
pub(super) type Db = sqlx::Any;
pub(super) type Connection = <Db as sqlx::Database>::Connection;
pub(super) type Pool = sqlx::Pool<Db>;
/// A connection or a pool.
pub(super) trait Executor<'c>: sqlx::Executor<'c, Database = Db> {}
impl<'c, T: sqlx::Executor<'c, Database = Db>> Executor<'c> for T {}

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    pub(super) fn of(conn: &Connection) -> Self {
        if conn.backend_name() == Self::Postgres.name() { Self::Postgres } else { Self::Sqlite }
    }
}

/// How long a process waits for another one's commit.
const BUSY: Duration = Duration::from_secs(5);
const READERS: u32 = 4;

pub(super) async fn connect(place: &Place) -> Result<Connection, StoreError> {
    let connect = Connection::connect_with(place.options());
    let connected = tokio::time::timeout(BUSY, connect).await.map_err(|_| StoreError::Silent)?;
    let mut conn = connected.map_err(|e| match e {
        // Nobody listens there.
        sqlx::Error::Io(_) if place.kind() == Kind::Postgres => StoreError::Silent,
        e => e.into(),
    })?;
    session::prepare(&mut conn, Access::Write).await?;
    Ok(conn)
}

pub(super) fn readers(place: &Place) -> Pool {
    AnyPoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(BUSY)
        .after_connect(|conn, _| Box::pin(session::prepare(conn, Access::Read)))
        .connect_lazy_with(place.options().clone())
}

/// Brings the tables up to date. Nodes that start together wait for each other.
pub(super) async fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    let migrations = match Kind::of(conn) {
        Kind::Sqlite => sqlx::migrate!("src/storage/migrations/sqlite"),
        Kind::Postgres => sqlx::migrate!("src/storage/migrations/postgres"),
    };
    migrations.run(conn).await.map_err(|e| match e {
        sqlx::migrate::MigrateError::Execute(e) | sqlx::migrate::MigrateError::ExecuteMigration(e, _) => {
            e.into()
        }
        e => StoreError::Damaged(e.to_string()),
    })
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

/// Lower-case hex only, since there must be one spelling.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |d: u8| match d {
        b'0'..=b'9' => Some(d - b'0'),
        b'a'..=b'f' => Some(d - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [a, b] => Some(digit(*a)? * 16 + digit(*b)?),
            _ => None,
        })
        .collect()
}
