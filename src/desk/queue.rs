//! The queue of whoever reviews: what waits and may be known of by them, gravest first; what has come
//! since; how many messages wait for their own senders. What may not be seen is neither shown nor
//! counted (practice.md, A4).

use super::{Desk, DeskFault};
use crate::{
    authority::{Act, Case, Office, Offices, Scope, Thing},
    gateway::{Rung, overdue},
    mail::SchoolId,
    parties::School,
    storage::{ItemSummary, Spot, WaitingFilter},
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Items that are looked at for one page; what lies beyond is reached from the next.
const LOOKED_AT: usize = 2_000;
/// Items that are looked at together.
const BATCH: u32 = 100;
/// Held messages that are counted.
pub const MOST_HOLDS: u32 = 1_000;

/// A page of the queue.
#[derive(Default)]
pub struct Waits {
    pub rows: Vec<Waiting>,
    /// Where the next page begins, when there may be one.
    pub next: Option<Spot>,
}

/// One item of it, with what may be asked about it.
pub struct Waiting {
    pub item: ItemSummary,
    pub case: Case,
    /// By whom somebody should have looked, since it has waited so long.
    pub late: Option<Rung>,
}

impl Desk {
    /// The schools where the asker may have something to review: thing by thing is asked besides.
    pub fn own_schools(&self) -> Vec<SchoolId> {
        // Whoever stands above the chairs may have to stand in anywhere.
        let stands_in = |(scope, held): &(Scope, Offices)| *scope == Scope::Trust && held.has(Office::Chair);
        let at_trust = self.own_offices().iter().any(stands_in);
        let all = self.config.schools.iter().map(|school| &school.id);
        let own = |id: &&SchoolId| {
            at_trust
                || self.own_offices().iter().any(|(scope, _)| matches!(scope, Scope::School(at) if at == *id))
        };
        all.filter(own).cloned().collect()
    }

    pub fn school(&self, id: &SchoolId) -> Option<&Arc<School>> {
        self.config.schools.iter().find(|school| school.id == *id)
    }

    /// As people call a school; by its id where the configuration names it no more.
    pub fn school_name(&self, id: &SchoolId) -> String {
        self.school(id).map_or_else(|| id.to_string(), |school| school.name.clone())
    }

    /// A page of what waits. The filter's schools are those asked for; others are left out here.
    pub async fn waiting(
        &self,
        filter: &WaitingFilter,
        after: Option<Spot>,
        most: usize,
        now: DateTime<Utc>,
    ) -> Result<Waits, DeskFault> {
        let filter = self.within_own(filter);
        let (mut page, mut last, mut looked_at) = (Waits::default(), after, 0);
        while looked_at < LOOKED_AT {
            let items = self.store.waiting(&filter, last.as_ref(), BATCH).await?;
            let is_last = items.len() < BATCH as usize;
            looked_at += items.len();
            let cases = self.store.item_cases(&items).await?;
            for (item, case) in items.into_iter().zip(cases) {
                if page.rows.len() == most {
                    page.next = last;
                    return Ok(page);
                }
                last = Some(Spot::of(&item));
                if self.may(Act::List, &case).is_allowed() {
                    page.rows.push(self.waits(item, case, now));
                }
            }
            if is_last {
                return Ok(page);
            }
        }
        page.next = last;
        Ok(page)
    }

    /// How many have come since that the asker may know of, and how far the queue reaches now.
    pub async fn come_since(&self, filter: &WaitingFilter, since: i64) -> Result<(usize, i64), DeskFault> {
        let newest = self.store.newest_waiting().await?;
        if newest <= since {
            return Ok((0, newest));
        }
        let items = self.store.waiting_since(&self.within_own(filter), since, BATCH).await?;
        let cases = self.store.item_cases(&items).await?;
        Ok((cases.iter().filter(|case| self.may(Act::List, case).is_allowed()).count(), newest))
    }

    /// How many messages wait for their own senders, up to [`MOST_HOLDS`]: no more than that is
    /// anybody else's business (practice.md, A5).
    pub async fn count_holds(&self, schools: &[SchoolId]) -> Result<u32, DeskFault> {
        let counts = |id: &&SchoolId| {
            self.may(Act::Count, &Case::any(Thing::Hold, Scope::School((*id).clone()))).is_allowed()
        };
        let schools: Vec<SchoolId> = schools.iter().filter(counts).cloned().collect();
        if schools.is_empty() {
            return Ok(0);
        }
        Ok(self.store.holds_waiting(&schools, &self.asker.faces, MOST_HOLDS).await?)
    }

    pub fn waits(&self, item: ItemSummary, case: Case, now: DateTime<Utc>) -> Waiting {
        let late = overdue(&item, self.school(&item.school).map(|s| &s.calendar), now);
        Waiting { item, case, late }
    }

    fn within_own(&self, filter: &WaitingFilter) -> WaitingFilter {
        let own = self.own_schools();
        let asked = filter.schools.is_empty();
        let schools = own.into_iter().filter(|id| asked || filter.schools.contains(id)).collect();
        WaitingFilter { schools, ..filter.clone() }
    }
}
