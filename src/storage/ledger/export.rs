//! The ledger as JSON lines, one row each and the head last, and its check without a
//! store or a key.

use super::{
    LedgerDamage, LedgerFault, LedgerReport,
    chain::{Head, Row, Walk},
};
use crate::storage::database::{hex, time};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
};

/// A row is far shorter; what is longer was not written by us.
const LONGEST_LINE: u64 = 64 << 10;

#[derive(Serialize, Deserialize)]
struct Line {
    n: i64,
    at: DateTime<Utc>,
    event: String,
    actor: String,
    school: Option<String>,
    transaction: Option<String>,
    subject: Option<String>,
    hash_in: Option<String>,
    hash_out: Option<String>,
    /// The stored text itself, since its spelling is part of the hash.
    details: String,
    reason_hash: Option<String>,
    previous: String,
    hash: String,
}

#[derive(Serialize, Deserialize)]
struct LastLine {
    rows: i64,
    head: String,
    /// Can be checked by who has the working key.
    seal: String,
}

pub(super) fn write_row(out: &mut dyn Write, row: &Row) -> io::Result<()> {
    let line = Line {
        n: row.n,
        at: time(row.at),
        event: row.event.clone(),
        actor: row.actor.clone(),
        school: row.school.clone(),
        transaction: row.transaction_id.clone(),
        subject: row.subject.clone(),
        hash_in: row.hash_in.as_deref().map(hex),
        hash_out: row.hash_out.as_deref().map(hex),
        details: row.details.clone(),
        reason_hash: row.reason_hash.as_deref().map(hex),
        previous: hex(&row.previous),
        hash: hex(&row.hash),
    };
    write_line(out, &line)
}

pub(super) fn write_head(out: &mut dyn Write, head: &Head, seal: &[u8]) -> io::Result<()> {
    write_line(out, &LastLine { rows: head.n, head: hex(&head.hash), seal: hex(seal) })
}

fn write_line(out: &mut dyn Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

impl Line {
    fn row(self) -> Option<Row> {
        let optional = |text: Option<String>| match text {
            Some(text) => unhex(&text).map(Some),
            None => Some(None),
        };
        // The time is written to the microsecond; anything else was not written by us.
        let at = self.at.timestamp_micros();
        (self.at == time(at)).then_some(())?;
        Some(Row {
            n: self.n,
            at,
            event: self.event,
            actor: self.actor,
            school: self.school,
            transaction_id: self.transaction,
            subject: self.subject,
            hash_in: optional(self.hash_in)?,
            hash_out: optional(self.hash_out)?,
            details: self.details,
            reason_hash: optional(self.reason_hash)?,
            previous: unhex(&self.previous)?,
            hash: unhex(&self.hash)?,
        })
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [a, b] if !a.is_ascii_uppercase() && !b.is_ascii_uppercase() => {
                let digit = |d: u8| char::from(d).to_digit(16);
                u8::try_from(digit(*a)? * 16 + digit(*b)?).ok()
            }
            _ => None,
        })
        .collect()
}

/// Checks an export without a store or a key: every row, its place, and that the last
/// row is the head that the export ends with. Whether the head is the gate's own is for
/// who has noted it elsewhere, or has the working key.
pub fn verify_export(path: &Path) -> io::Result<Result<LedgerReport, LedgerFault>> {
    let mut file = BufReader::new(File::open(path)?);
    let mut walk = Walk::start();
    let mut line = Vec::new();
    loop {
        line.clear();
        (&mut file).take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        let fault = |(row, what): (i64, LedgerDamage)| LedgerFault { row: row.unsigned_abs(), what };
        let next = walk.head.n + 1;
        if line.is_empty() {
            return Ok(Err(fault((next, LedgerDamage::Missing))));
        }
        if let Ok(last) = serde_json::from_slice::<LastLine>(&line) {
            let head = Head { n: last.rows, hash: unhex(&last.head).unwrap_or_default() };
            let mut more = [0];
            let added = file.read(&mut more)? > 0;
            let end = if added { Err((next, LedgerDamage::Added)) } else { walk.end(&head) };
            let report = LedgerReport { rows: walk.head.n.unsigned_abs(), head: last.head, sealed: false };
            return Ok(end.map(|()| report).map_err(fault));
        }
        let row = serde_json::from_slice::<Line>(&line).ok().and_then(Line::row);
        let step = row.ok_or((next, LedgerDamage::Unreadable)).and_then(|row| walk.step(&row));
        if let Err(e) = step {
            return Ok(Err(fault(e)));
        }
    }
}
