//! What `doctor` counts, what is done now and then, and the check of every object.

use super::{error::StoreError, messages::unbuilt, store::Store};
use chrono::{DateTime, Utc};

#[derive(Clone, Debug)]
pub struct Counts {
    pub open_holds: u64,
    pub open_quarantine: u64,
    pub releasing: u64,
    pub provisional: u64,
    pub outbox_waiting: u64,
    pub outbox_oldest: Option<DateTime<Utc>>,
    /// Jobs that have been tried at least once and still wait.
    pub outbox_delayed: u64,
    pub records: u64,
    pub messages: u64,
    pub ledger_rows: u64,
    pub database_bytes: u64,
    pub working_key: bool,
}

/// What was tidied up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Housekeeping {
    pub dropped: u64,
    pub tokens: u64,
    pub releases: u64,
    pub objects: u64,
}

#[derive(Clone, Debug)]
pub struct ScrubReport {
    pub objects: u64,
    pub bytes: u64,
    /// Files of keeps that were never acknowledged (a kill between file and commit).
    pub orphans: u64,
    pub faults: Vec<ScrubFault>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrubFault {
    pub object: String,
    pub fault: &'static str,
}

impl Store {
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        Err(unbuilt())
    }

    /// Drops what was never confirmed and never retried, forgets what has expired.
    /// Call it hourly.
    pub async fn housekeep(&self) -> Result<Housekeeping, StoreError> {
        Err(unbuilt())
    }

    /// Checks every object against its row and the ledger, and every item against the ledger.
    pub async fn scrub(&self) -> Result<ScrubReport, StoreError> {
        Err(unbuilt())
    }
}
