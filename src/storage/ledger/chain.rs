//! The chain: how a row's hash is made, and how the head is read, sealed and checked.

use super::{LedgerDamage, LedgerEvent};
use crate::storage::{
    database::{self, Connection, Db, Last, Sql, micros},
    error::StoreError,
    secrets::Secrets,
    writer::Tx,
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The last row: its number and hash. Before the first row: zero and zeroes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) n: i64,
    pub(crate) hash: Vec<u8>,
}

impl Head {
    pub(crate) fn none() -> Self {
        Self { n: 0, hash: vec![0; 32] }
    }
}

/// A row as it lies in the table, or is about to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) n: i64,
    pub(crate) at: i64,
    pub(crate) event: String,
    pub(crate) actor: String,
    pub(crate) school: Option<String>,
    pub(crate) transaction_id: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) hash_in: Option<Vec<u8>>,
    pub(crate) hash_out: Option<Vec<u8>>,
    pub(crate) details: String,
    pub(crate) reason_hash: Option<Vec<u8>>,
    pub(crate) previous: Vec<u8>,
    pub(crate) hash: Vec<u8>,
}

/// A row that is only looked at: nothing of it is copied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowRef<'a> {
    pub(crate) n: i64,
    pub(crate) at: i64,
    pub(crate) event: &'a str,
    pub(crate) actor: &'a str,
    pub(crate) school: Option<&'a str>,
    pub(crate) transaction_id: Option<&'a str>,
    pub(crate) subject: Option<&'a str>,
    pub(crate) hash_in: Option<&'a [u8]>,
    pub(crate) hash_out: Option<&'a [u8]>,
    pub(crate) details: &'a str,
    pub(crate) reason_hash: Option<&'a [u8]>,
    pub(crate) previous: &'a [u8],
    pub(crate) hash: &'a [u8],
}

/// The columns in the order in which [`RowRef`] reads them.
pub(super) const COLUMNS: &str = "n, at, event, actor, school, transaction_id, subject, hash_in, hash_out, details, reason_hash, previous, hash";

impl<'r> sqlx::FromRow<'r, <Db as sqlx::Database>::Row> for RowRef<'r> {
    fn from_row(row: &'r <Db as sqlx::Database>::Row) -> Result<Self, sqlx::Error> {
        use sqlx::Row as _;
        Ok(Self {
            n: row.try_get(0)?,
            at: row.try_get(1)?,
            event: row.try_get(2)?,
            actor: row.try_get(3)?,
            school: row.try_get(4)?,
            transaction_id: row.try_get(5)?,
            subject: row.try_get(6)?,
            hash_in: row.try_get(7)?,
            hash_out: row.try_get(8)?,
            details: row.try_get(9)?,
            reason_hash: row.try_get(10)?,
            previous: row.try_get(11)?,
            hash: row.try_get(12)?,
        })
    }
}

impl Row {
    pub(crate) fn by_ref(&self) -> RowRef<'_> {
        RowRef {
            n: self.n,
            at: self.at,
            event: &self.event,
            actor: &self.actor,
            school: self.school.as_deref(),
            transaction_id: self.transaction_id.as_deref(),
            subject: self.subject.as_deref(),
            hash_in: self.hash_in.as_deref(),
            hash_out: self.hash_out.as_deref(),
            details: &self.details,
            reason_hash: self.reason_hash.as_deref(),
            previous: &self.previous,
            hash: &self.hash,
        }
    }
}

impl RowRef<'_> {
    /// SHA-256 over the format's name and every field but `hash`, in the order above:
    /// numbers as 8 bytes, texts and bytes after their length in 4 (all big-endian), a
    /// missing one as the length 2^32-1. docs/storage.md says it for other tools.
    pub(crate) fn computed_hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut field = |bytes: Option<&[u8]>| match bytes {
            Some(bytes) => {
                hash.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX - 1).to_be_bytes());
                hash.update(bytes);
            }
            None => hash.update(u32::MAX.to_be_bytes()),
        };
        field(Some(b"gatehouse-ledger/1"));
        field(Some(&self.n.to_be_bytes()));
        field(Some(&self.at.to_be_bytes()));
        field(Some(self.event.as_bytes()));
        field(Some(self.actor.as_bytes()));
        field(self.school.map(str::as_bytes));
        field(self.transaction_id.map(str::as_bytes));
        field(self.subject.map(str::as_bytes));
        field(self.hash_in);
        field(self.hash_out);
        field(Some(self.details.as_bytes()));
        field(self.reason_hash);
        field(Some(self.previous));
        hash.finalize().into()
    }
}

/// Walks rows in the order of their numbers and stops at the first that is not what it was.
pub(crate) struct Walk {
    pub(crate) head: Head,
}

impl Walk {
    pub(crate) fn start() -> Self {
        Self { head: Head::none() }
    }

    pub(crate) fn step(&mut self, row: &RowRef<'_>) -> Result<(), (i64, LedgerDamage)> {
        let next = self.head.n + 1;
        if row.n > next {
            return Err((next, LedgerDamage::Missing));
        }
        if row.n < next || row.computed_hash()[..] != *row.hash {
            return Err((row.n, LedgerDamage::Changed));
        }
        self.link(row.n, row.previous, row.hash)
    }

    /// Whether a row with this hash can stand here.
    pub(crate) fn link(&mut self, n: i64, previous: &[u8], hash: &[u8]) -> Result<(), (i64, LedgerDamage)> {
        let next = self.head.n + 1;
        if n > next {
            return Err((next, LedgerDamage::Missing));
        }
        if n < next {
            return Err((n, LedgerDamage::Changed));
        }
        if previous != self.head.hash {
            return Err((n, LedgerDamage::Unlinked));
        }
        self.head.n = n;
        self.head.hash.clear();
        self.head.hash.extend_from_slice(hash);
        Ok(())
    }

    /// Compares the last row with the sealed head.
    pub(crate) fn end(&self, sealed: &Head) -> Result<(), (i64, LedgerDamage)> {
        match sealed.n.cmp(&self.head.n) {
            std::cmp::Ordering::Less => Err((sealed.n + 1, LedgerDamage::Added)),
            std::cmp::Ordering::Greater => Err((self.head.n + 1, LedgerDamage::Missing)),
            std::cmp::Ordering::Equal if sealed.hash != self.head.hash => {
                Err((self.head.n, LedgerDamage::SealBroken))
            }
            std::cmp::Ordering::Equal => Ok(()),
        }
    }
}

/// Rows in one statement; SQLite allows 32,766 values, PostgreSQL 65,535.
const TOGETHER: usize = 200;

/// Writes the transaction's rows, seals the last one and commits. The rows come this late so
/// that all of it is one call of the database for most transactions.
pub(crate) async fn seal_and_commit(tx: &mut Tx) -> Result<(), StoreError> {
    let seal = tx.shared.secrets()?.head_seal(tx.head.n, &tx.head.hash);
    let rows = std::mem::take(&mut tx.rows);
    let (early, last) = rows.split_at(rows.len().saturating_sub(1) / TOGETHER * TOGETHER);
    for rows in early.chunks(TOGETHER) {
        insert(rows).build().execute(&mut tx.conn).await?;
    }
    let mut head = Sql::new("INSERT INTO ledger_head (one, n, hash, seal) VALUES ");
    head.push_row(|r| {
        r.bind(1_i64).bind(tx.head.n).bind(tx.head.hash.clone()).bind(seal.to_vec());
    });
    head.push(" ON CONFLICT (one) DO UPDATE SET n = excluded.n, hash = excluded.hash, seal = excluded.seal");
    let mut all = vec![insert(last), head];
    if rows.first().is_some_and(|row| row.n == 1) {
        let mark = tx.shared.secrets()?.hash(BEGUN, &[&rows[0].hash]);
        let mut begun = Sql::new("INSERT INTO meta (name, value) VALUES ");
        begun.push_row(|r| {
            r.bind(BEGUN).bind(mark.to_vec());
        });
        begun.push(" ON CONFLICT (name) DO NOTHING");
        all.push(begun);
    }
    database::commit(&mut tx.conn, all).await
}

/// In `meta` from the first row on, so that an empty ledger is known for an emptied one.
const BEGUN: &str = "ledger-begun";

/// Whether a ledger was begun here, whatever is left of it: its mark says so, or anything that no
/// commit wrote without a row.
pub(crate) async fn was_begun(conn: &mut Connection) -> Result<bool, StoreError> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT CAST(1 AS BIGINT) FROM meta WHERE name = $1
         UNION ALL SELECT CAST(1 AS BIGINT) FROM account
         UNION ALL SELECT CAST(1 AS BIGINT) FROM message
         UNION ALL SELECT CAST(1 AS BIGINT) FROM item LIMIT 1",
    )
    .bind(BEGUN)
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}

/// The row after which the next ones come. What is not as the gate left it is not gone on with: the
/// next seal would vouch for what somebody did to it.
pub(crate) async fn head_to_go_on(
    conn: &mut Connection,
    secrets: &Secrets,
    last: Option<Last>,
) -> Result<Head, StoreError> {
    let damaged = || {
        StoreError::Damaged(
            "the ledger is not as the gate left it; nothing is written to it before a person has looked. \
             `gatehouse ledger verify` says what is wrong, docs/ledger.md what to do"
                .into(),
        )
    };
    match last {
        Some((n, hash, seal)) => {
            let head = Head { n, hash };
            match seal.is_some_and(|seal| seal_fits(secrets, &head, &seal)) {
                true => Ok(head),
                false => Err(damaged()),
            }
        }
        None if was_begun(conn).await? => Err(damaged()),
        None => Ok(Head::none()),
    }
}

pub(crate) fn seal_fits(secrets: &Secrets, head: &Head, seal: &[u8]) -> bool {
    use subtle::ConstantTimeEq;
    secrets.head_seal(head.n, &head.hash)[..].ct_eq(seal).into()
}

impl Tx {
    /// Appends one row, which the commit writes; `actor` is a random id or `gate`.
    pub(crate) async fn append(&mut self, actor: &str, event: LedgerEvent) -> Result<i64, StoreError> {
        let n = self.head.n + 1;
        let reason_hash = match &event.reason {
            Some(reason) => Some(self.note_reason(n, reason).await?),
            None => None,
        };
        let details: Map<String, Value> =
            event.details.iter().map(|(name, detail)| ((*name).to_owned(), detail.as_json())).collect();
        let mut row = Row {
            n,
            at: micros(self.now),
            event: event.event.name().to_owned(),
            actor: actor.to_owned(),
            school: event.school.map(|s| s.to_string()),
            transaction_id: event.transaction.map(|t| t.to_string()),
            subject: event.subject,
            hash_in: event.hash_in.map(Vec::from),
            hash_out: event.hash_out.map(Vec::from),
            details: Value::Object(details).to_string(),
            reason_hash,
            previous: self.head.hash.clone(),
            hash: Vec::new(),
        };
        row.hash = row.by_ref().computed_hash().to_vec();
        self.head = Head { n, hash: row.hash.clone() };
        self.rows.push(row);
        Ok(n)
    }

    async fn note_reason(&mut self, n: i64, reason: &str) -> Result<Vec<u8>, StoreError> {
        let secrets = self.shared.secrets()?;
        let sealed = secrets.seal(&format!("reason/{n}"), &reason)?;
        let hash = secrets.hash("reason", &[&n.to_be_bytes(), reason.as_bytes()]);
        sqlx::query("INSERT INTO ledger_reason (n, sealed) VALUES ($1, $2)")
            .bind(n)
            .bind(sealed)
            .execute(&mut self.conn)
            .await?;
        Ok(hash.to_vec())
    }
}

fn insert(rows: &[Row]) -> Sql {
    let mut sql = Sql::new(
        "INSERT INTO ledger (n, at, event, actor, school, transaction_id, subject, hash_in, hash_out,
         details, reason_hash, previous, hash) VALUES ",
    );
    for (i, row) in rows.iter().enumerate() {
        sql.push(if i == 0 { "" } else { ", " });
        sql.push_row(|values| {
            values
                .bind(row.n)
                .bind(row.at)
                .bind(row.event.clone())
                .bind(row.actor.clone())
                .bind(row.school.clone())
                .bind(row.transaction_id.clone())
                .bind(row.subject.clone())
                .bind(row.hash_in.clone())
                .bind(row.hash_out.clone())
                .bind(row.details.clone())
                .bind(row.reason_hash.clone())
                .bind(row.previous.clone())
                .bind(row.hash.clone());
        });
    }
    sql
}
