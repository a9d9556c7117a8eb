//! The ledger as JSON lines, one row each and the head last, and its check without a
//! store or a key.

use super::{
    LedgerDamage, LedgerFault, LedgerReport,
    chain::{Head, Row, RowRef},
    check::{Against, Check},
    signed::SignedHead,
};
use crate::storage::database::{hex, time, unhex};
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
pub(super) struct Line {
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

/// A row that whoever exported may not see: its place on the chain alone.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WithheldLine {
    n: i64,
    withheld: bool,
    previous: String,
    hash: String,
}

#[derive(Serialize, Deserialize)]
struct LastLine {
    rows: i64,
    head: String,
    /// Can be checked by who has the working key.
    seal: String,
    /// Can be checked by everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signed: Option<SignedHead>,
}

/// Heads come first, so that who reads knows what each row must be when it comes.
pub(super) fn write_signed(out: &mut dyn Write, signed: &SignedHead) -> io::Result<()> {
    write_line(out, signed)
}

pub(super) fn write_row(out: &mut dyn Write, row: &RowRef<'_>) -> io::Result<()> {
    let line = Line {
        n: row.n,
        at: time(row.at),
        event: row.event.to_owned(),
        actor: row.actor.to_owned(),
        school: row.school.map(str::to_owned),
        transaction: row.transaction_id.map(str::to_owned),
        subject: row.subject.map(str::to_owned),
        hash_in: row.hash_in.map(hex),
        hash_out: row.hash_out.map(hex),
        details: row.details.to_owned(),
        reason_hash: row.reason_hash.map(hex),
        previous: hex(row.previous),
        hash: hex(row.hash),
    };
    write_line(out, &line)
}

pub(super) fn write_withheld(out: &mut dyn Write, row: &RowRef<'_>) -> io::Result<()> {
    let line = WithheldLine { n: row.n, withheld: true, previous: hex(row.previous), hash: hex(row.hash) };
    write_line(out, &line)
}

pub(super) fn write_head(
    out: &mut dyn Write,
    head: &Head,
    seal: &[u8],
    signed: Option<SignedHead>,
) -> io::Result<()> {
    write_line(out, &LastLine { rows: head.n, head: hex(&head.hash), seal: hex(seal), signed })
}

pub(super) fn read_head(line: &str) -> Option<(Head, Option<SignedHead>)> {
    let last: LastLine = serde_json::from_str(line).ok()?;
    Some((Head { n: last.rows, hash: unhex(&last.head)? }, last.signed))
}

fn write_line(out: &mut dyn Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

impl Line {
    pub(super) fn row(self) -> Option<Row> {
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

/// Heads before the first row at most.
const MOST_HEADS: usize = 1_000_000;

/// Checks an export without a store or a key: every row, its place, that the last row is the
/// head that the export ends with, and every signature that it carries, by the keys that its
/// rows name. Whether those are the gate's own is for who has noted one elsewhere, or has anchors.
pub fn verify_export(path: &Path, against: &Against) -> io::Result<Result<LedgerReport, LedgerFault>> {
    let mut file = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    let mut next_line = |line: &mut Vec<u8>| -> io::Result<bool> {
        line.clear();
        (&mut file).take(LONGEST_LINE).read_until(b'\n', line)?;
        Ok(!line.is_empty())
    };
    let fault = |(row, what): (i64, LedgerDamage)| LedgerFault { row: row.unsigned_abs(), what };
    let mut kept = Vec::new();
    let mut more = next_line(&mut line)?;
    while more
        && kept.len() < MOST_HEADS
        && let Ok(head) = serde_json::from_slice::<SignedHead>(&line)
    {
        kept.push(head);
        more = next_line(&mut line)?;
    }
    let mut check = Check::start(kept, against);
    while more {
        let next = check.walk.head.n + 1;
        let unreadable = (next, LedgerDamage::Unreadable);
        let step = if let Ok(row) = serde_json::from_slice::<Line>(&line) {
            row.row().ok_or(unreadable).and_then(|row| check.step(&row.by_ref()))
        } else if let Ok(row) = serde_json::from_slice::<WithheldLine>(&line) {
            let hashes = unhex(&row.previous).zip(unhex(&row.hash));
            hashes.ok_or(unreadable).and_then(|(previous, hash)| check.withheld(row.n, &previous, &hash))
        } else {
            let Ok(last) = serde_json::from_slice::<LastLine>(&line) else {
                return Ok(Err(fault(unreadable)));
            };
            if next_line(&mut line)? {
                return Ok(Err(fault((next, LedgerDamage::Added))));
            }
            let head = Head { n: last.rows, hash: unhex(&last.head).unwrap_or_default() };
            return Ok(check.end(&head, last.signed).map_err(fault));
        };
        if let Err(e) = step {
            return Ok(Err(fault(e)));
        }
        more = next_line(&mut line)?;
    }
    Ok(Err(fault((check.walk.head.n + 1, LedgerDamage::Missing))))
}
