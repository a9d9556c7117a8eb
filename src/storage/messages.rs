//! The message log (RE-4): one row for each transaction, without content.

use super::{error::StoreError, store::Store};
use crate::{
    mail::{Door, Envelope, Mode, SchoolId, TransactionId},
    parties::Direction,
    verdict::Disposition,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};

/// What is written of every transaction. Addresses become keyed hashes; the verdict
/// lies encrypted beside them; bytes become a digest.
#[derive(Clone)]
pub struct Logged {
    pub transaction: TransactionId,
    pub received_at: DateTime<Utc>,
    /// The school whose rules held; `None` for mail of no school.
    pub school: Option<SchoolId>,
    pub door: Door,
    pub mode: Mode,
    pub direction: Direction,
    pub envelope: Envelope,
    /// The message as presented.
    pub raw: Bytes,
    pub disposition: Disposition,
    /// The explanation with its facts, without content.
    pub verdict: serde_json::Value,
}

/// How far a passing message has got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PassFate {
    /// It is about to be passed on; `Store::log_fate` says what became of it.
    Intended,
    /// The MTA has it (milter). Never called "delivered".
    LeftWithMta {
        queue_id: Option<String>,
    },
    NextHopAccepted,
    /// The next hop (or a rule) refused it with this 5xx code.
    Refused {
        code: u16,
    },
    /// It stays with the client, which was told this 4xx code.
    Deferred {
        code: u16,
    },
}

/// A message that passes, wholly or in part.
#[derive(Clone)]
pub struct Passed {
    pub message: Logged,
    /// The message after the edits; the same bytes when there are none.
    pub bytes_out: Bytes,
    pub fate: PassFate,
}

impl Store {
    /// Writes the row of a message that passes; waits for the commit, which messages
    /// that wait together share. Where [`Store::keep`] wrote the row already, only the
    /// ledger is added to.
    pub async fn log_passed(&self, _passed: Passed) -> Result<(), StoreError> {
        Err(unbuilt())
    }

    /// What became of a message logged as `Intended`.
    pub async fn log_fate(&self, _transaction: TransactionId, _fate: PassFate) -> Result<(), StoreError> {
        Err(unbuilt())
    }
}

pub(super) fn unbuilt() -> StoreError {
    StoreError::Us("this part of storage is not built yet".into())
}
