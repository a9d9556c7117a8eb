//! How long a school keeps what (practice.md, B, "Kept"). Sealed items and whatever is under
//! legal hold are beyond every one of these times.

use chrono::{DateTime, Days, Months, Utc};

/// So many months and days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub months: u32,
    pub days: u32,
}

impl Period {
    pub const fn days(days: u32) -> Self {
        Self { months: 0, days }
    }
    pub const fn months(months: u32) -> Self {
        Self { months, days: 0 }
    }
    pub const fn years(years: u32) -> Self {
        Self::months(12 * years)
    }

    /// What began at or before this has had its time. A time that no calendar has is never.
    pub fn before(self, now: DateTime<Utc>) -> DateTime<Utc> {
        now.checked_sub_months(Months::new(self.months))
            .and_then(|at| at.checked_sub_days(Days::new(u64::from(self.days))))
            .unwrap_or(DateTime::<Utc>::MIN_UTC)
    }

    /// When what begins then has had its time.
    pub fn after(self, from: DateTime<Utc>) -> DateTime<Utc> {
        from.checked_add_months(Months::new(self.months))
            .and_then(|at| at.checked_add_days(Days::new(u64::from(self.days))))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// One thing kept, and the time it is kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Held and quarantined messages that were let go, withdrawn, returned or ran out; from
    /// the decision on.
    pub dismissed: Period,
    /// The message log.
    pub message_log: Period,
    /// Mail with parents, from the day the last of the family has left.
    pub parent_mail: Period,
    /// The same where a complaint was made.
    pub complaint: Period,
    /// Evidence, from the day it was exported to the school's own file. What was never
    /// exported stays.
    pub evidence: Period,
    /// Incidents that were followed up, from the same day; those that were dismissed have the time of
    /// what was dismissed. This and what follows goes only on a person's word.
    pub incidents: Period,
    /// Low-level concerns about adults, from their end.
    pub low_level: Period,
    /// Allegations against staff, from their end, whatever came of them.
    pub allegations: Period,
    /// Breach records, from their end.
    pub breaches: Period,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            dismissed: Period::days(30),
            message_log: Period::months(6),
            parent_mail: Period::years(1),
            complaint: Period::years(6),
            evidence: Period::years(1),
            incidents: Period::years(1),
            low_level: Period::years(6),
            allegations: Period::years(10),
            breaches: Period::years(6),
        }
    }
}
