//! How much time at school has passed. A message that comes on a Friday night waits for nobody until
//! Monday, and whoever answers it then was quick.

use super::{Calendar, School};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

/// A school's days and the hours in which somebody is there.
#[derive(Clone, Debug)]
pub struct SchoolTime {
    pub calendar: Calendar,
    pub opens: NaiveTime,
    pub closes: NaiveTime,
}

/// No school is closed for longer.
const LONGEST: usize = 400;

impl School {
    pub fn time(&self) -> SchoolTime {
        let (opens, closes) = self.alerts.hours;
        SchoolTime { calendar: self.calendar.clone(), opens, closes }
    }
}

impl SchoolTime {
    /// When so much time within school hours has passed.
    pub fn hours_after(&self, at: DateTime<Utc>, time: TimeDelta) -> DateTime<Utc> {
        let local = self.calendar.local(at);
        let (mut day, mut from, mut left) = (local.date(), local.time(), time);
        for _ in 0..LONGEST {
            let begins = from.max(self.opens);
            if self.calendar.is_school_day(day) && begins < self.closes {
                let open = self.closes - begins;
                if left <= open {
                    return self.calendar.instant(day.and_time(begins + left)).max(at);
                }
                left -= open;
            }
            (day, from) = (self.calendar.next_school_day(day), NaiveTime::MIN);
        }
        at + time
    }

    /// The same time so many school days later.
    pub fn days_after(&self, at: DateTime<Utc>, days: u32) -> DateTime<Utc> {
        (0..days).fold(at, |at, _| self.calendar.school_day_after(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parties::sample;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn only_the_hours_of_school_days_count() {
        let time = sample::oakfield().time();
        assert_eq!(time.closes - time.opens, TimeDelta::hours(9), "eight to five");
        for (came, hour_is_over) in [
            ("2026-11-25T10:00:00Z", "2026-11-25T11:00:00Z"),
            ("2026-11-25T16:30:00Z", "2026-11-26T08:30:00Z"),
            ("2026-11-25T06:00:00Z", "2026-11-25T09:00:00Z"),
            ("2026-11-27T22:00:00Z", "2026-11-30T09:00:00Z"), // Friday night
        ] {
            assert_eq!(time.hours_after(at(came), TimeDelta::hours(1)), at(hour_is_over), "{came}");
        }
        assert_eq!(time.days_after(at("2026-11-26T10:00:00Z"), 3), at("2026-12-01T10:00:00Z"));
        let never = SchoolTime { closes: time.opens, ..time };
        let noon = at("2026-11-25T12:00:00Z");
        assert_eq!(never.hours_after(noon, TimeDelta::hours(1)), noon + TimeDelta::hours(1));
    }
}
