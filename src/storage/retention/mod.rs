//! What a school keeps no longer (practice.md, B, "Kept"). Nothing is dropped in silence: each
//! item and object has its row in the ledger, and each run of a class a row that proves what
//! went: how many, a digest over their ids and hashes, by which rule, and on whose word.
//!
//! Legal hold, an open review and an open request for subject access stop it. Sealed items have no time. An object that the object
//! store has locked goes when the lock ends, and until then that is said (`purge`).
//! Mail with parents (`records`), incidents and breach records (`cases`) go only on a person's yes.

mod cases;
mod items;
mod leaving;
mod log;
mod notes;
mod records;

pub use cases::{CasesBefore, DueCase, DueId};
pub use records::{DueRecord, RecordRuling};

use super::{
    error::StoreError,
    ledger::{Event, LedgerEvent},
    names::SubjectAccessId,
    store::Store,
    writer::Tx,
};
use crate::mail::SchoolId;
use chrono::{DateTime, SecondsFormat, Utc};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, sync::Arc};

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
    pub notes: u64,
}

/// How many go in one commit; whoever sends mail meanwhile waits no longer than for these.
const BATCH: i64 = 50;
/// More than a trust has.
const MOST_SCHOOLS: i64 = 10_000;

impl Store {
    /// The schools of which anything is kept, whether the configuration names them or not.
    pub async fn schools_kept(&self) -> Result<Vec<SchoolId>, StoreError> {
        let all: Vec<String> = sqlx::query_scalar(
            "SELECT school FROM item UNION SELECT school FROM message WHERE school IS NOT NULL
             UNION SELECT school FROM outbox WHERE school IS NOT NULL
             UNION SELECT school FROM lead_note WHERE sealed IS NOT NULL ORDER BY 1 LIMIT $1",
        )
        .bind(MOST_SCHOOLS)
        .fetch_all(&self.readers)
        .await?;
        Ok(all.into_iter().map(|school| SchoolId(school.into())).collect())
    }

    /// Ids of everything that an open request for subject access speaks of: whoever asked gets it
    /// before its time is over.
    async fn asked_for(&self) -> Result<BTreeSet<String>, StoreError> {
        let open: Vec<String> = sqlx::query_scalar("SELECT id FROM subject_access WHERE state = 'open'")
            .fetch_all(&self.readers)
            .await?;
        let mut ids = BTreeSet::new();
        for id in open {
            let request = self.subject_access(&SubjectAccessId::stored(id)).await?;
            let pieces = request.asked.pieces.iter().filter_map(|piece| piece.key.split_once('/'));
            ids.extend(pieces.map(|(_, id)| id.to_owned()));
        }
        Ok(ids)
    }

    /// Purges everything of one school whose time is over, but records of parent mail.
    pub async fn retain(&self, due: &DueBefore) -> Result<Retained, StoreError> {
        let mut purged = Retained::default();
        let asked_for = Arc::new(self.asked_for().await?);
        if due.school.is_some() {
            for class in items::CLASSES {
                self.purge_items(due, class, &asked_for, &mut purged).await?;
            }
        }
        self.purge_jobs(due, &mut purged).await?;
        self.purge_log(due, &asked_for, &mut purged).await?;
        self.purge_lead_notes(due, &asked_for, &mut purged).await?;
        self.forget_threads().await?;
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
