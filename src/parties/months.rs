//! The months and terms that figures are made of. A term is whole months, the same for every school
//! and year: two figures whose days overlap in part would tell what lies between them, and a term that
//! a calendar could move by a day would tell that day (docs/decisions/report-tells-no-one.md).

use super::{Calendar, Span};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};

/// A month of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    first: NaiveDate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Season {
    Autumn,
    Spring,
    Summer,
}

/// September to December, January to March, April to August.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    pub season: Season,
    first: Month,
}

impl Month {
    pub fn of(day: NaiveDate) -> Self {
        Self { first: day.with_day(1).unwrap_or(day) }
    }

    /// As [`Self::name`] writes it.
    pub fn named(text: &str) -> Option<Self> {
        format!("{text}-01").parse().ok().map(Self::of)
    }

    /// `2026-10`
    pub fn name(self) -> String {
        self.first.format("%Y-%m").to_string()
    }

    /// `October 2026`
    pub fn called(self) -> String {
        self.first.format("%B %Y").to_string()
    }

    pub fn next(self) -> Self {
        self.after(1)
    }

    pub fn before(self) -> Self {
        Self { first: self.first.checked_sub_months(Months::new(1)).unwrap_or(self.first) }
    }

    fn after(self, months: u32) -> Self {
        Self { first: self.first.checked_add_months(Months::new(months)).unwrap_or(self.first) }
    }

    pub fn first(self) -> NaiveDate {
        self.first
    }

    pub fn last(self) -> NaiveDate {
        self.next().first.checked_sub_days(Days::new(1)).unwrap_or(self.first)
    }

    /// From its first midnight by the school's clock to the one after its last day.
    pub fn moments(self, calendar: &Calendar) -> (DateTime<Utc>, DateTime<Utc>) {
        let midnight = |month: Self| calendar.instant(month.first.and_time(NaiveTime::MIN));
        (midnight(self), midnight(self.next()))
    }
}

impl Term {
    pub fn of(month: Month) -> Self {
        let (season, begins) = match month.first.month() {
            9.. => (Season::Autumn, 9),
            4..=8 => (Season::Summer, 4),
            _ => (Season::Spring, 1),
        };
        Self { season, first: Month { first: month.first.with_month(begins).unwrap_or(month.first) } }
    }

    pub fn months(self) -> Vec<Month> {
        let length = match self.season {
            Season::Autumn => 4,
            Season::Spring => 3,
            Season::Summer => 5,
        };
        (0..length).map(|n| self.first.after(n)).collect()
    }

    pub fn before(self) -> Self {
        Self::of(self.first.before())
    }

    pub fn first(self) -> NaiveDate {
        self.first.first
    }

    /// `the autumn term 2026 (September to December)`
    pub fn called(self) -> String {
        let (season, months) = match self.season {
            Season::Autumn => ("autumn", "September to December"),
            Season::Spring => ("spring", "January to March"),
            Season::Summer => ("summer", "April to August"),
        };
        format!("the {season} term {} ({months})", self.first.first.year())
    }
}

/// From the first day of the first of them to the last of the last.
pub fn span(months: &[Month]) -> Option<Span> {
    Some(Span { first: months.first()?.first, last: months.last()?.last() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_month_lies_in_one_term_and_terms_follow_each_other() {
        let mut month = Month::named("2026-09").unwrap();
        for _ in 0..36 {
            let term = Term::of(month);
            let months = term.months();
            assert!(months.contains(&month), "{month:?}");
            assert!(months.iter().all(|m| Term::of(*m) == term), "{month:?}");
            assert_eq!(term.before().months().last().unwrap().next(), months[0]);
            month = month.next();
        }
        assert_eq!(
            Term::of(Month::named("2027-01").unwrap()).before().called(),
            "the autumn term 2026 (September to December)"
        );
    }

    #[test]
    fn a_month_is_from_midnight_to_midnight_by_the_schools_clock() {
        let (from, until) = Month::named("2026-10").unwrap().moments(&Calendar::default());
        assert_eq!(from.to_string(), "2026-09-30 23:00:00 UTC", "summer time");
        assert_eq!(until.to_string(), "2026-11-01 00:00:00 UTC");
        let february = Month::of("2028-02-11".parse().unwrap());
        assert_eq!((february.name().as_str(), february.last().day()), ("2028-02", 29));
        assert!(Month::named("2026-13").is_none() && Month::named("October").is_none());
    }
}
