//! Held, delayed and quarantined messages whose end is long enough ago.

use super::{BATCH, DueBefore, Proof, Retained};
use crate::mail::SchoolId;
use crate::storage::{
    database::micros, error::StoreError, names::ItemId, store::Store, tombstone::Because, writer::Tx,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Dismissed,
    Evidence,
    /// What was only delayed was never to be kept: a day, for whoever asks where it is.
    Grace,
}

pub(super) const CLASSES: [Class; 3] = [Class::Grace, Class::Dismissed, Class::Evidence];

const GRACE_STAYS: TimeDelta = TimeDelta::days(1);

impl Class {
    fn name(self) -> &'static str {
        match self {
            Self::Dismissed => "dismissed",
            Self::Evidence => "evidence",
            Self::Grace => "grace",
        }
    }

    fn before(self, due: &DueBefore, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Dismissed => due.dismissed,
            Self::Evidence => due.evidence,
            Self::Grace => now - GRACE_STAYS,
        }
    }

    /// School, moment, the last number seen, how many.
    fn query(self) -> &'static str {
        macro_rules! due {
            ($which:literal) => {
                concat!(
                    "SELECT i.n, i.id, i.object FROM item i WHERE i.school = $1 AND i.n > $3 AND ",
                    $which,
                    " AND (i.review_at IS NULL OR i.reviewed_at IS NOT NULL)
                      AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.kind = 'item' AND h.subject = i.id
                          AND h.lifted_at IS NULL)
                      AND NOT EXISTS (SELECT 1 FROM incident_link l JOIN incident c ON c.id = l.incident
                          WHERE l.kind = 'item' AND l.target = i.id AND c.state <> 'dropped'
                          AND (c.ended_at IS NULL OR EXISTS (SELECT 1 FROM legal_hold g
                              WHERE g.kind = 'incident' AND g.subject = c.id AND g.lifted_at IS NULL)))
                      AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.item = i.id
                          AND b.state IN ('provisional', 'waiting'))
                      ORDER BY i.n LIMIT $4"
                )
            };
        }
        match self {
            Self::Dismissed => due!(
                "((i.state IN ('released', 'undeliverable', 'withdrawn', 'returned', 'expired')
                    AND i.decided_at <= $2) OR (i.state = 'dropped' AND i.received_at <= $2))"
            ),
            Self::Evidence => due!("i.state = 'kept-as-evidence' AND i.exported_at <= $2"),
            Self::Grace => due!(
                "i.kind = 'grace' AND i.state IN ('released', 'undeliverable', 'withdrawn')
                 AND i.decided_at <= $2"
            ),
        }
    }
}

impl Store {
    pub(super) async fn purge_items(
        &self,
        due: &DueBefore,
        class: Class,
        asked_for: &BTreeSet<String>,
        purged: &mut Retained,
    ) -> Result<(), StoreError> {
        let Some(school) = due.school.clone() else { return Ok(()) };
        let before = class.before(due, self.now());
        let mut after = i64::MIN;
        loop {
            let found: Vec<(i64, String, String)> = sqlx::query_as(class.query())
                .bind(school.to_string())
                .bind(micros(before))
                .bind(after)
                .bind(BATCH)
                .fetch_all(&self.readers)
                .await?;
            let Some((last, ..)) = found.last() else { return Ok(()) };
            after = *last;
            let goes = |(_, id, _): &&(i64, String, String)| !asked_for.contains(id);
            let numbers = found.iter().filter(goes).map(|(n, ..)| *n).collect();
            let school = school.clone();
            purged.items += self
                .write(move |tx| {
                    Box::pin(async move { tx.purge_batch(&school, class, before, numbers).await })
                })
                .await?;
        }
    }
}

impl Tx {
    /// Each is asked for once more: a legal hold or a look may have come in between.
    async fn purge_batch(
        &mut self,
        school: &SchoolId,
        class: Class,
        before: DateTime<Utc>,
        numbers: Vec<i64>,
    ) -> Result<u64, StoreError> {
        let mut proof = Proof::new();
        for n in numbers {
            let still: Option<(i64, String, String)> = sqlx::query_as(class.query())
                .bind(school.to_string())
                .bind(micros(before))
                .bind(n - 1)
                .bind(1_i64)
                .fetch_optional(&mut self.conn)
                .await?;
            let Some((_, id, object)) = still.filter(|(found, ..)| *found == n) else { continue };
            let sha256: Vec<u8> = sqlx::query_scalar("SELECT sha256 FROM object WHERE id = $1")
                .bind(&object)
                .fetch_one(&mut self.conn)
                .await?;
            proof.add(&id, &sha256);
            let because = Because { rule: class.name(), by: "gate".into() };
            self.purge_item(&ItemId::stored(id), &because).await?;
        }
        let count = proof.count.unsigned_abs();
        self.prove(proof, class.name(), Some(school), before, "gate", None).await?;
        Ok(count)
    }
}
