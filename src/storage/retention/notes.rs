//! Notes for leads: thirty days after their end nobody has to know any more what was written of whom.

use super::{BATCH, DueBefore, Proof, Retained};
use crate::{
    mail::SchoolId,
    storage::{database::micros, error::StoreError, store::Store, writer::Tx},
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{collections::BTreeSet, sync::Arc};

const STAYS: TimeDelta = TimeDelta::days(30);

impl Store {
    pub(super) async fn purge_lead_notes(
        &self,
        due: &DueBefore,
        asked_for: &Arc<BTreeSet<String>>,
        purged: &mut Retained,
    ) -> Result<(), StoreError> {
        let Some(school) = due.school.clone() else { return Ok(()) };
        let before = self.now() - STAYS;
        loop {
            let (school, asked_for) = (school.clone(), Arc::clone(asked_for));
            let gone = self
                .write(move |tx| {
                    Box::pin(async move { tx.purge_lead_notes(&school, before, &asked_for).await })
                })
                .await?;
            purged.notes += gone;
            if gone < BATCH.unsigned_abs() {
                return Ok(());
            }
        }
    }
}

impl Tx {
    async fn purge_lead_notes(
        &mut self,
        school: &SchoolId,
        before: DateTime<Utc>,
        asked_for: &BTreeSet<String>,
    ) -> Result<u64, StoreError> {
        let mut found: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM lead_note WHERE school = $1 AND sealed IS NOT NULL
             AND COALESCE(ended_at, until_at) <= $2 ORDER BY until_at, id LIMIT $3",
        )
        .bind(school.to_string())
        .bind(micros(before))
        // Those that stay for a request are not in the way of the others.
        .bind(BATCH + asked_for.len() as i64)
        .fetch_all(&mut self.conn)
        .await?;
        found.retain(|id| !asked_for.contains(id));
        found.truncate(BATCH as usize);
        let mut proof = Proof::new();
        for id in found {
            proof.add(&id, &[]);
            sqlx::query("UPDATE lead_note SET sealed = NULL, person_hash = NULL WHERE id = $1")
                .bind(&id)
                .execute(&mut self.conn)
                .await?;
        }
        let count = proof.count.unsigned_abs();
        self.prove(proof, "lead-notes", Some(school), before, "gate", None).await?;
        Ok(count)
    }
}
