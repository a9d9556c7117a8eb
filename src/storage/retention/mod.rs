//! What a school keeps no longer (practice.md, B, "Kept"). Nothing is dropped in silence: each
//! item and object has its row in the ledger, and each run of a class a row that proves what
//! went: how many, a digest over their ids and hashes, by which rule, and on whose word.
//!
//! Legal hold and an open review stop it. Sealed items have no time. An object that the object
//! store has locked goes when the lock ends, and until then that is said (`purge`).
//! Mail with parents goes only on a person's yes (`records`).

mod items;
mod leaving;
mod log;
mod records;

pub use records::{DueRecord, RecordRuling};

use super::{
    error::StoreError,
    ledger::{Event, LedgerEvent},
    store::Store,
    writer::Tx,
};
use crate::mail::SchoolId;
use chrono::{DateTime, SecondsFormat, Utc};
use sha2::{Digest, Sha256};

/// A school's times as moments: what ended at or before goes.
#[derive(Clone, Debug)]
pub struct DueBefore {
    /// `None`: mail of no school.
    pub school: Option<SchoolId>,
    pub dismissed: DateTime<Utc>,
    pub evidence: DateTime<Utc>,
    pub message_log: DateTime<Utc>,
}

/// What went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    pub items: u64,
    pub log_rows: u64,
    pub jobs: u64,
}

/// How many go in one commit; whoever sends mail meanwhile waits no longer than for these.
const BATCH: i64 = 100;

impl Store {
    /// Purges everything of one school whose time is over, but records of parent mail.
    pub async fn retain(&self, due: &DueBefore) -> Result<Retained, StoreError> {
        let mut purged = Retained::default();
        if due.school.is_some() {
            for class in items::CLASSES {
                self.purge_items(due, class, &mut purged).await?;
            }
        }
        self.purge_jobs(due, &mut purged).await?;
        self.purge_log(due, &mut purged).await?;
        Ok(purged)
    }
}

/// A proof in the making: ids and hashes in the order in which they went.
struct Proof {
    count: i64,
    digest: Sha256,
    first: String,
    last: String,
}

impl Proof {
    fn new() -> Self {
        Self { count: 0, digest: Sha256::new(), first: String::new(), last: String::new() }
    }

    fn add(&mut self, id: &str, sha256: &[u8]) {
        self.count += 1;
        self.digest.update(id.as_bytes());
        self.digest.update([0]);
        self.digest.update(sha256);
        if self.first.is_empty() {
            self.first = id.to_owned();
        }
        self.last = id.to_owned();
    }

    /// The row of the ledger. SHA-256 over each id, a zero byte and the 32 bytes of its message.
    fn event(self, class: &'static str, school: Option<&SchoolId>, before: DateTime<Utc>) -> LedgerEvent {
        let mut event = LedgerEvent::new(Event::RetentionPurged)
            .with("class", class)
            .with("count", self.count)
            .with("first", self.first)
            .with("last", self.last)
            .with("before", before.to_rfc3339_opts(SecondsFormat::Secs, true));
        event.school = school.cloned();
        event.hash_in = Some(self.digest.finalize().into());
        event
    }
}

impl Tx {
    async fn prove(
        &mut self,
        proof: Proof,
        class: &'static str,
        school: Option<&SchoolId>,
        before: DateTime<Utc>,
        by: &str,
        reason: Option<String>,
    ) -> Result<(), StoreError> {
        if proof.count == 0 {
            return Ok(());
        }
        let event = proof.event(class, school, before).because(reason);
        self.append(by, event).await.map(|_| ())
    }
}
