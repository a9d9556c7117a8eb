//! The figures of the report: each school's months are counted when they are over, before anybody
//! asks, so that the report answers at once and says ever after what it said first.

use super::Gate;
use crate::{parties::Month, storage::StoreError};

/// So far back months are counted that were over before this edition came.
const BACK: usize = 24;

impl Gate {
    /// Counts what is over and not counted yet. Safe to repeat and on several nodes.
    pub async fn count_months(&self) -> Result<(), StoreError> {
        let Some(first) = self.store.first_moment().await? else { return Ok(()) };
        let (standing, now) = (self.standing(), (self.clock)());
        for school in &standing.rulebook.schools {
            let hours = school.time();
            let day = |at| hours.calendar.local(at).date();
            let oldest = Month::of(day(first));
            let mut month = Month::of(day(now));
            for _ in 0..BACK {
                month = month.before();
                if month < oldest {
                    break;
                }
                self.store.month_figures(&school.id, &hours, month).await?;
            }
        }
        Ok(())
    }
}
