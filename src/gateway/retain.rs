//! What schools keep no longer, hour by hour: what is due goes, with its proof in the ledger.
//! Mail with parents is only noted as due; a person says yes to it (`records review`).

use super::Gate;
use crate::{
    mail::SchoolId,
    parties::{Retention, leaving},
    storage::{Actor, DueBefore, Retained, StoreError},
};
use chrono::{DateTime, Utc};

/// The moments of these times.
fn due(school: Option<&SchoolId>, retention: &Retention, now: DateTime<Utc>) -> DueBefore {
    DueBefore {
        school: school.cloned(),
        dismissed: retention.dismissed.before(now),
        evidence: retention.evidence.before(now),
        message_log: retention.message_log.before(now),
    }
}

impl Gate {
    /// Notes who has left, purges what is due of every school, and notes which switches have
    /// ended. Safe to repeat and on several nodes. While the clock is doubted, all of it waits.
    pub async fn retain(&self) -> Result<Retained, StoreError> {
        let (standing, now) = (self.standing(), (self.clock)());
        if !self.store.time_is_sure("retention", now).await? {
            return Ok(Retained::default());
        }
        let rulebook = &standing.rulebook;
        self.store.note_ended_switches().await?;
        // Before the first import everybody would seem to have left.
        if rulebook.directory.people().next().is_some() {
            let people = leaving(&rulebook.directory, now.date_naive());
            self.store.note_leaving(&people, now.date_naive(), &Actor::Gate).await?;
        }
        let schools = rulebook.schools.iter().map(|s| due(Some(&s.id), &s.retention, now));
        // Of a school that is not in the configuration any more mail goes after the usual times.
        let usual = Retention::default();
        let known = |id: &SchoolId| rulebook.schools.iter().any(|school| school.id == *id);
        let kept = self.store.schools_kept().await?;
        let others = kept.iter().filter(|id| !known(id)).map(|id| due(Some(id), &usual, now));
        let of_none = due(None, &usual, now);
        let mut all = Retained::default();
        for due in schools.chain(others).chain([of_none]) {
            let gone = self.store.retain(&due).await?;
            all.items += gone.items;
            all.log_rows += gone.log_rows;
            all.jobs += gone.jobs;
            all.notes += gone.notes;
        }
        if all != Retained::default() {
            let Retained { items, log_rows, jobs, notes } = all;
            tracing::info!(items, log_rows, jobs, notes, "retention.purged");
        }
        Ok(all)
    }
}
