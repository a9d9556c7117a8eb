//! Records of mail with parents (RE-1): unaltered bytes and envelope, encrypted to the
//! custodians alone; the gate itself cannot read them back.

use super::{error::StoreError, ledger::Actor, messages::unbuilt, names::RecordId, store::Store};
use crate::{
    mail::{Address, Envelope, SchoolId, TransactionId},
    parties::{Direction, Role},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::path::Path;

/// One whom a record is filed by: parent, pupil, member of staff.
#[derive(Clone)]
pub struct RecordParty {
    pub address: Address,
    pub role: Role,
}

/// A copy of the transaction's message for one school.
#[derive(Clone)]
pub struct NewRecord {
    pub school: SchoolId,
    pub parties: Vec<RecordParty>,
    pub message_id: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct RecordFilter {
    pub school: Option<SchoolId>,
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub party: Option<Address>,
    pub message_id: Option<String>,
    pub limit: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct RecordSummary {
    pub id: RecordId,
    pub school: SchoolId,
    pub transaction: TransactionId,
    pub received_at: DateTime<Utc>,
    pub direction: Direction,
    pub roles: Vec<Role>,
    pub bytes: u64,
    /// SHA-256 of the message, hex.
    pub sha256: String,
}

pub struct RecordExport {
    pub envelope: Envelope,
    pub received_at: DateTime<Utc>,
    pub raw: Bytes,
    /// SHA-256 of the object as it lies in the vault and as the ledger names it, hex.
    pub object_sha256: String,
}

impl Store {
    /// Newest first, at most 1,000; the ledger notes who searched and how many were found.
    pub async fn records_search(
        &self,
        _filter: &RecordFilter,
        _actor: &Actor,
    ) -> Result<Vec<RecordSummary>, StoreError> {
        Err(unbuilt())
    }

    /// Opens a record with a custodian's identity file; the ledger notes who and why first.
    pub async fn record_export(
        &self,
        _id: &RecordId,
        _identity: &Path,
        _actor: &Actor,
        _why: &str,
    ) -> Result<RecordExport, StoreError> {
        Err(unbuilt())
    }
}
