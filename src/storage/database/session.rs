//! How a connection is set up, and the writer's transaction: begin, one savepoint for each
//! change, commit.
//!
//! The ledger is one chain, so whoever writes has the database for itself from begin to
//! commit: by `BEGIN IMMEDIATE` in SQLite, by an advisory lock in PostgreSQL. There every
//! statement sees what was committed before it began (READ COMMITTED), so the lock is a
//! statement of its own, and all that come after it see the last holder's commit.

use super::{Connection, Db, Kind, Pool, Sql, StoreError, micros};
use chrono::Utc;
use sqlx::{Row, Transaction, raw_sql};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// SQLite: WAL with a sync at every commit, so that a committed row survives a power cut;
/// what is erased does not stay on in free pages; the WAL is cut after a checkpoint.
const SQLITE: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 67108864";
/// A message touches some thirty pages, many of them again with the next message: 32 MB of them
/// stay in memory, 16 MB are gathered before they are put in their places, and what a savepoint
/// would take back is in no file.
const SQLITE_WRITE: &str =
    "PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY";
const SQLITE_READ: &str = "PRAGMA query_only = ON";

/// PostgreSQL: a commit is on the disk when it is answered, whatever the server's default; a
/// node that vanished within a transaction holds the others up for seconds only.
const POSTGRES: &str = "SET application_name = 'gatehouse'; SET lock_timeout = '5s';
    SET idle_in_transaction_session_timeout = '15s'; SET tcp_keepalives_idle = 10;
    SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET client_min_messages = warning;
    SET default_transaction_isolation = 'read committed';
    SELECT CAST(set_config('synchronous_commit', 'on', false) AS TEXT)
        WHERE current_setting('synchronous_commit') = 'off'";
const POSTGRES_READ: &str = "SET default_transaction_read_only = on";

pub(super) async fn prepare(conn: &mut Connection, access: Access) -> Result<(), sqlx::Error> {
    let (setup, more) = match (Kind::of(conn), access) {
        (Kind::Sqlite, Access::Read) => (SQLITE, SQLITE_READ),
        (Kind::Sqlite, Access::Write) => (SQLITE, SQLITE_WRITE),
        (Kind::Postgres, Access::Read) => (POSTGRES, POSTGRES_READ),
        (Kind::Postgres, Access::Write) => (POSTGRES, ""),
    };
    raw_sql(setup).execute(&mut *conn).await?;
    if !more.is_empty() {
        raw_sql(more).execute(&mut *conn).await?;
    }
    Ok(())
}

/// A transaction that has just begun.
pub(crate) struct Begun {
    /// Number and hash of the ledger's last row, and the seal over it.
    pub(crate) last: Option<Last>,
    /// By how many microseconds the database's clock, which all nodes share, is ahead of this
    /// machine's; SQLite has no clock of its own.
    pub(crate) ahead: i64,
}

pub(crate) type Last = (i64, Vec<u8>, Option<Vec<u8>>);

/// Begins the writer's transaction with the savepoint of its first change.
pub(crate) async fn begin(conn: &mut Connection) -> Result<Begun, StoreError> {
    match Kind::of(conn) {
        Kind::Sqlite => {
            let rows: Vec<Last> = sqlx::query_as(
                "BEGIN IMMEDIATE; SAVEPOINT change; SELECT l.n, l.hash, h.seal FROM ledger l
                 LEFT JOIN ledger_head h ON h.n = l.n ORDER BY l.n DESC LIMIT 1",
            )
            .fetch_all(conn)
            .await?;
            Ok(Begun { last: rows.into_iter().next(), ahead: 0 })
        }
        Kind::Postgres => begin_on_server(conn).await,
    }
}

async fn begin_on_server(conn: &mut Connection) -> Result<Begun, StoreError> {
    raw_sql("BEGIN; SELECT 1 FROM pg_advisory_xact_lock(719885386); SAVEPOINT change")
        .execute(&mut *conn)
        .await?;
    let row = raw_sql(
        "SELECT l.n, l.hash, h.seal, CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now
         FROM (SELECT 1) one LEFT JOIN (SELECT n, hash FROM ledger ORDER BY n DESC LIMIT 1) l ON true
         LEFT JOIN ledger_head h ON h.n = l.n",
    )
    .fetch_one(conn)
    .await?;
    let (n, hash): (Option<i64>, Option<Vec<u8>>) = (row.try_get(0)?, row.try_get(1)?);
    let (seal, now): (Option<Vec<u8>>, i64) = (row.try_get(2)?, row.try_get(3)?);
    Ok(Begun { last: n.zip(hash).map(|(n, hash)| (n, hash, seal)), ahead: now - micros(Utc::now()) })
}

/// Gives a transaction that has begun the database for itself, as whoever writes has it. In
/// SQLite the first statement that writes does that.
pub(crate) async fn for_itself(conn: &mut Connection) -> Result<(), StoreError> {
    if Kind::of(conn) == Kind::Postgres {
        raw_sql("SELECT 1 FROM pg_advisory_xact_lock(719885386)").execute(conn).await?;
    }
    Ok(())
}

/// Keeps what the change before did, and begins the next.
pub(crate) async fn next_change(conn: &mut Connection) -> Result<(), StoreError> {
    run(conn, "RELEASE SAVEPOINT change; SAVEPOINT change").await
}

/// Takes back what the change did; its savepoint stays.
pub(crate) async fn undo_change(conn: &mut Connection) -> Result<(), StoreError> {
    run(conn, "ROLLBACK TO SAVEPOINT change").await
}

/// Runs the last statements of a transaction and commits: one call of SQLite, whose calls cross
/// to another thread and back.
pub(crate) async fn commit(conn: &mut Connection, last: Vec<Sql>) -> Result<(), StoreError> {
    match Kind::of(conn) {
        Kind::Sqlite => {
            let mut all = Sql::new("");
            for sql in last {
                all.append(sql);
                all.push("; ");
            }
            all.push("COMMIT");
            all.build_for(Kind::Sqlite).execute(conn).await?;
            Ok(())
        }
        Kind::Postgres => {
            for sql in last {
                sql.build().execute(&mut *conn).await?;
            }
            // A COMMIT after a failed statement is a silent ROLLBACK there; releasing the savepoint
            // fails loudly instead.
            run(conn, "RELEASE SAVEPOINT change; COMMIT").await
        }
    }
}

/// Ends the SELECT of rows that are to be claimed: what another has locked by hand or for a
/// backup is not waited for. SQLite has one writer and no such words.
pub(crate) fn skip_locked(conn: &Connection) -> &'static str {
    match Kind::of(conn) {
        Kind::Sqlite => "",
        Kind::Postgres => " FOR UPDATE SKIP LOCKED",
    }
}

/// Statements without values in one call. SQLite keeps them prepared; PostgreSQL takes several
/// only in its simple protocol.
async fn run(conn: &mut Connection, sql: &'static str) -> Result<(), StoreError> {
    match Kind::of(conn) {
        Kind::Sqlite => sqlx::query(sql).execute(conn).await?,
        Kind::Postgres => raw_sql(sql).execute(conn).await?,
    };
    Ok(())
}

/// A transaction that reads everything as of one moment.
pub(crate) async fn moment(readers: &Pool, kind: Kind) -> Result<Transaction<'static, Db>, StoreError> {
    Ok(match kind {
        Kind::Sqlite => readers.begin().await?,
        Kind::Postgres => readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?,
    })
}
