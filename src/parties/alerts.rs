//! When officers are told, and who is asked next when nobody answers (practice.md, B): at once
//! or in digests, school hours, the rota for the time in which the school is closed.

use super::{Calendar, School, Span};
use crate::mail::Address;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

/// How ordinary matters reach an officer. Urgent ones always go at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    Digest,
    AtOnce,
}

/// A school's choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alerts {
    pub ordinary: Pace,
    /// On school days, in the school's own time; sorted.
    pub digests: Vec<NaiveTime>,
    /// On other days, to who is on duty.
    pub holiday_digest: NaiveTime,
    /// Within which the school is attended on school days.
    pub hours: (NaiveTime, NaiveTime),
    /// An urgent matter that nobody has looked at goes to the deputies, then to the head.
    pub deputy_after: TimeDelta,
    pub head_after: TimeDelta,
    /// Ordinary alerts for one officer in one day, for 1,000 people (practice.md, C).
    pub budget: u32,
    pub rota: Vec<OnDuty>,
}

/// Who is reached out of hours in this time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnDuty {
    pub days: Span,
    pub people: Vec<Address>,
}

/// Whether somebody attends to what is urgent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attendance<'a> {
    SchoolHours,
    /// Out of hours, with people on duty.
    OnDuty(&'a [Address]),
    /// Out of hours, and nobody is named.
    Unattended,
}

fn clock(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or(NaiveTime::MIN)
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            ordinary: Pace::Digest,
            digests: vec![clock(8, 15), clock(15, 0)],
            holiday_digest: clock(10, 0),
            hours: (clock(8, 0), clock(17, 0)),
            deputy_after: TimeDelta::minutes(15),
            head_after: TimeDelta::minutes(30),
            budget: 3,
            rota: Vec::new(),
        }
    }
}

impl Alerts {
    /// Ordinary alerts to one officer in one day.
    pub fn budget_for(&self, people: usize) -> usize {
        let share = (self.budget as usize).saturating_mul(people) / 1_000;
        share.max(self.budget as usize)
    }

    /// The last moment for a digest at or before `now`, within the last day.
    pub fn last_digest(&self, calendar: &Calendar, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = calendar.local(now).date();
        let days = [Some(today), today.checked_sub_days(Days::new(1))];
        let moments = days.into_iter().flatten().flat_map(|day| self.moments(calendar, day));
        moments.filter(|at| *at <= now).max()
    }

    fn moments(&self, calendar: &Calendar, day: NaiveDate) -> Vec<DateTime<Utc>> {
        let holiday = [self.holiday_digest];
        let times: &[NaiveTime] = if calendar.is_school_day(day) { &self.digests } else { &holiday };
        times.iter().map(|time| calendar.instant(day.and_time(*time))).collect()
    }
}

impl School {
    pub fn attendance(&self, now: DateTime<Utc>) -> Attendance<'_> {
        let local = self.calendar.local(now);
        let (from, until) = self.alerts.hours;
        if self.calendar.is_school_day(local.date()) && from <= local.time() && local.time() < until {
            return Attendance::SchoolHours;
        }
        let duty = self.alerts.rota.iter().find(|duty| duty.days.holds(local.date()));
        match duty {
            Some(duty) if !duty.people.is_empty() => Attendance::OnDuty(&duty.people),
            _ => Attendance::Unattended,
        }
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
    fn a_digest_comes_on_school_days_and_once_on_others() {
        let (alerts, calendar) = (Alerts::default(), Calendar::default());
        for (now, digest) in [
            ("2026-11-25T08:14:59Z", "2026-11-24T15:00:00Z"),
            ("2026-11-25T08:15:00Z", "2026-11-25T08:15:00Z"),
            ("2026-11-25T23:00:00Z", "2026-11-25T15:00:00Z"),
            ("2026-11-28T10:30:00Z", "2026-11-28T10:00:00Z"), // Saturday
            ("2026-06-10T07:20:00Z", "2026-06-10T07:15:00Z"), // summer time
        ] {
            assert_eq!(alerts.last_digest(&calendar, at(now)), Some(at(digest)), "{now}");
        }
    }

    #[test]
    fn out_of_hours_the_rota_answers_or_nobody() {
        let mut school = sample::oakfield();
        assert_eq!(school.attendance(at("2026-11-25T10:00:00Z")), Attendance::SchoolHours);
        assert_eq!(school.attendance(at("2026-11-25T20:00:00Z")), Attendance::Unattended);
        let days = Span { first: "2026-11-20".parse().unwrap(), last: "2026-11-27".parse().unwrap() };
        let people = vec![Address::parse("t.ellery@oakfield.example").unwrap()];
        school.alerts.rota = vec![OnDuty { days, people: people.clone() }];
        assert_eq!(school.attendance(at("2026-11-25T20:00:00Z")), Attendance::OnDuty(&people));
        assert_eq!(school.attendance(at("2026-11-28T20:00:00Z")), Attendance::Unattended);
    }

    #[test]
    fn the_budget_grows_with_the_school_and_never_falls_below_itself() {
        let alerts = Alerts::default();
        assert_eq!([200, 1_000, 1_500, 4_000].map(|n| alerts.budget_for(n)), [3, 3, 4, 12]);
    }
}
