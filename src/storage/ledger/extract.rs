//! What the ledger says of a few things, as lines of its export: enough to check each row by
//! itself, and to find it again in the whole chain, or in an export of it.

use super::{
    chain::{COLUMNS, Row, RowRef},
    export::{self, Line},
    key, sealed_head,
    signed::SignedHead,
};
use crate::storage::{
    database::{Sql, hex, time},
    error::StoreError,
    store::Store,
    vault::disk_error,
};
use sqlx::FromRow;
use std::collections::BTreeMap;

/// Most rows of one question.
const MOST: i64 = 20_000;
/// Ids in one question.
const TOGETHER: usize = 500;

/// A row of an extract that is what it was when it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtractRow {
    pub n: u64,
    pub at: chrono::DateTime<chrono::Utc>,
    pub event: String,
    pub actor: String,
    pub subject: Option<String>,
    pub transaction: Option<String>,
    /// Hex.
    pub hash_in: Option<String>,
    pub hash_out: Option<String>,
    pub hash: String,
}

impl Store {
    /// The rows about these things (ids of records, objects, items, transactions), in order,
    /// then the head, signed where the ledger has a key.
    pub async fn ledger_extract(&self, about: &[String]) -> Result<String, StoreError> {
        let disk = |e: std::io::Error| disk_error(&e);
        let mut moment = self.moment().await?;
        let mut lines: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
        for ids in about.chunks(TOGETHER) {
            for column in ["subject", "transaction_id"] {
                let mut sql = Sql::new(format!("SELECT {COLUMNS} FROM ledger WHERE {column} IN "));
                sql.push_row(|list| {
                    for id in ids {
                        list.bind(id.as_str());
                    }
                });
                sql.push(" ORDER BY n LIMIT ").push_bind(MOST);
                for row in &sql.build().fetch_all(&mut *moment).await? {
                    let row = RowRef::from_row(row)?;
                    let mut line = Vec::new();
                    export::write_row(&mut line, &row).map_err(disk)?;
                    lines.insert(row.n, line);
                }
            }
        }
        let (head, seal) = sealed_head(&mut moment).await?;
        let signed = match &self.shared.secrets {
            Some(secrets) => key::sign(&mut moment, secrets, self.now()).await?,
            None => None,
        };
        let mut out: Vec<u8> = lines.into_values().flatten().collect();
        export::write_head(&mut out, &head, &seal, signed).map_err(disk)?;
        String::from_utf8(out).map_err(|e| StoreError::Us(e.to_string()))
    }
}

/// An extract that is what it was.
#[derive(Debug, Default)]
pub struct Extract {
    pub rows: Vec<ExtractRow>,
    /// The head that it ends with, when it was signed.
    pub signed: Option<SignedHead>,
}

/// Checks an extract without a store: each row is what its hash says, rows that follow each
/// other are linked, and none lies beyond the head. Errs with the line that is wrong.
pub fn verify_extract(text: &str) -> Result<Extract, usize> {
    let mut lines: Vec<(usize, &str)> = (1..).zip(text.lines()).collect();
    let (last, head) = lines.pop().ok_or(1_usize)?;
    let (head, signed) = export::read_head(head).ok_or(last)?;
    if signed
        .as_ref()
        .is_some_and(|s| !s.is_signed() || s.rows != head.n.unsigned_abs() || s.head != hex(&head.hash))
    {
        return Err(last);
    }
    let (mut out, mut before) = (Vec::with_capacity(lines.len()), None::<Row>);
    for (number, line) in lines {
        let row = serde_json::from_str::<Line>(line).ok().and_then(Line::row).ok_or(number)?;
        let follows =
            before.as_ref().is_none_or(|b| row.n > b.n && (row.n != b.n + 1 || row.previous == b.hash));
        let within = row.n < head.n || (row.n == head.n && row.hash == head.hash);
        if !follows || !within || row.by_ref().computed_hash()[..] != row.hash {
            return Err(number);
        }
        out.push(ExtractRow {
            n: row.n.unsigned_abs(),
            at: time(row.at),
            event: row.event.clone(),
            actor: row.actor.clone(),
            subject: row.subject.clone(),
            transaction: row.transaction_id.clone(),
            hash_in: row.hash_in.as_deref().map(hex),
            hash_out: row.hash_out.as_deref().map(hex),
            hash: hex(&row.hash),
        });
        before = Some(row);
    }
    Ok(Extract { rows: out, signed })
}
