//! When a school is at school: its days, terms and holidays, in its own time. "One school
//! day" (practice.md, B) is counted here and nowhere else.

use crate::clock::in_uk;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc, Weekday};

/// What the school's clocks show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zone {
    /// Europe/London.
    #[default]
    UnitedKingdom,
    Utc,
}

/// From the first day to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub first: NaiveDate,
    pub last: NaiveDate,
}

impl Span {
    pub fn holds(self, day: NaiveDate) -> bool {
        self.first <= day && day <= self.last
    }
}

/// A school's calendar. Without terms and holidays every weekday is a school day, which makes
/// waits shorter than they might be and loses nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    pub zone: Zone,
    pub weekdays: Vec<Weekday>,
    /// In order of time. What lies between two of them is holiday; before the first and after
    /// the last nothing is known, so weekdays count.
    pub terms: Vec<Span>,
    pub holidays: Vec<Span>,
}

impl Default for Calendar {
    fn default() -> Self {
        use Weekday::{Fri, Mon, Thu, Tue, Wed};
        let weekdays = vec![Mon, Tue, Wed, Thu, Fri];
        Self { zone: Zone::default(), weekdays, terms: Vec::new(), holidays: Vec::new() }
    }
}

/// A year and a month: no school is closed for longer, so a calendar that says so is wrong.
const LONGEST_SEARCH: u64 = 400;

impl Calendar {
    /// What the school's clocks show.
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        match self.zone {
            Zone::UnitedKingdom => in_uk(at).naive_local(),
            Zone::Utc => at.naive_utc(),
        }
    }

    /// When the school's clocks show this. Of an hour that comes twice the first is meant; one
    /// that is left out is taken an hour later.
    pub fn instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        let winter = local.and_utc();
        let summer = winter - TimeDelta::hours(1);
        if self.local(summer) == local { summer } else { winter }
    }

    pub fn is_school_day(&self, day: NaiveDate) -> bool {
        let within = |spans: &[Span]| spans.iter().any(|s| s.holds(day));
        let known = match (self.terms.first(), self.terms.last()) {
            (Some(first), Some(last)) => Span { first: first.first, last: last.last }.holds(day),
            _ => false,
        };
        self.weekdays.contains(&day.weekday()) && !within(&self.holidays) && (!known || within(&self.terms))
    }

    /// The last day of the school year, when the calendar knows it: of the next term that ends in summer.
    pub fn school_year_ends(&self, today: NaiveDate) -> Option<NaiveDate> {
        const SUMMER: std::ops::RangeInclusive<u32> = 6..=8;
        let ends = self.terms.iter().map(|term| term.last);
        ends.filter(|last| *last > today && SUMMER.contains(&last.month())).min()
    }

    /// The next school day after this day. When there is none in sight, the next day, so that
    /// a wrong calendar never lets anything wait for ever.
    pub fn next_school_day(&self, day: NaiveDate) -> NaiveDate {
        let after = |n| day.checked_add_days(Days::new(n));
        let found = (1..=LONGEST_SEARCH).filter_map(after).find(|d| self.is_school_day(*d));
        found.or_else(|| after(1)).unwrap_or(day)
    }

    /// One school day later: the same time on the next school day.
    pub fn school_day_after(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let local = self.local(at);
        let later = self.instant(self.next_school_day(local.date()).and_time(local.time()));
        // A clock that goes back at night must not make a wait end before it began.
        later.max(at)
    }

    /// How many whole school days lie between the two, counted up to `most`.
    pub fn school_days(&self, since: DateTime<Utc>, now: DateTime<Utc>, most: u32) -> u32 {
        let mut reached = since;
        (0..most)
            .take_while(|_| {
                reached = self.school_day_after(reached);
                reached <= now
            })
            .count() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn span(first: &str, last: &str) -> Span {
        Span { first: first.parse().unwrap(), last: last.parse().unwrap() }
    }

    #[test]
    fn a_weekend_is_no_school_day() {
        let day = |day| at(&format!("2026-11-{day:02}T16:00:00Z"));
        for (held, back) in [(2, 3), (5, 6), (6, 9), (7, 9), (8, 9)] {
            assert_eq!(Calendar::default().school_day_after(day(held)), day(back));
        }
    }

    #[test]
    fn holidays_and_what_lies_between_terms_do_not_count() {
        let calendar = Calendar {
            terms: vec![span("2026-09-02", "2026-12-18"), span("2027-01-04", "2027-03-25")],
            holidays: vec![span("2026-10-26", "2026-10-30"), span("2027-02-15", "2027-02-19")],
            ..Calendar::default()
        };
        for (held, back) in [
            ("2026-10-23T15:00:00Z", "2026-11-02T16:00:00Z"), // the clock went back in between
            ("2026-12-18T15:00:00Z", "2027-01-04T15:00:00Z"),
            ("2027-02-12T15:00:00Z", "2027-02-22T15:00:00Z"),
            ("2027-03-25T15:00:00Z", "2027-03-26T15:00:00Z"), // nothing is known of after
            ("2026-08-31T12:00:00Z", "2026-09-01T12:00:00Z"),
        ] {
            assert_eq!(calendar.school_day_after(at(held)), at(back), "{held}");
        }
        let waited = |now| calendar.school_days(at("2026-12-17T10:00:00Z"), at(now), 9);
        assert_eq!(
            ["2026-12-18T09:59:59Z", "2026-12-18T10:00:00Z", "2027-01-04T09:00:00Z", "2027-01-06T10:00:00Z"]
                .map(waited),
            [0, 1, 1, 4]
        );
    }

    #[test]
    fn the_schools_own_clock_counts() {
        let calendar = Calendar::default();
        // Half past midnight on Monday in British summer time is still Sunday in UTC.
        assert_eq!(calendar.local(at("2026-06-07T23:30:00Z")).date().to_string(), "2026-06-08");
        assert_eq!(calendar.school_day_after(at("2026-06-07T23:30:00Z")), at("2026-06-08T23:30:00Z"));
        let half_past_one = "2026-10-25T01:30:00".parse().unwrap();
        assert_eq!(calendar.instant(half_past_one), at("2026-10-25T00:30:00Z"));
        let left_out = "2026-03-29T01:30:00".parse().unwrap();
        assert_eq!(calendar.instant(left_out), at("2026-03-29T01:30:00Z"));
        let never = Calendar { holidays: vec![span("2000-01-01", "2100-01-01")], ..calendar };
        assert_eq!(never.school_day_after(at("2026-11-02T16:00:00Z")), at("2026-11-03T16:00:00Z"));
    }
}
