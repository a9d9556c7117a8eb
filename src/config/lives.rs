//! A school's times: `[school.calendar]`, `[school.retention]` and the grace period.

use super::section::Section;
use crate::parties::{Calendar, Period, Retention, Span, Zone};
use chrono::{NaiveDate, TimeDelta, Weekday};
use std::time::Duration;

/// Terms and holidays of one calendar at most.
const MOST_SPANS: usize = 500;

pub(super) fn calendar(school: &Section<'_>) -> Calendar {
    let default = Calendar::default();
    let Some(s) = school.section("calendar") else { return default };
    let zones = [("Europe/London", Zone::UnitedKingdom), ("UTC", Zone::Utc)];
    let zone = s.choice("time-zone", &zones, default.zone);
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    let all = [
        ("monday", Mon),
        ("tuesday", Tue),
        ("wednesday", Wed),
        ("thursday", Thu),
        ("friday", Fri),
        ("saturday", Sat),
        ("sunday", Sun),
    ];
    let weekdays = s.choices("weekdays", &all);
    let weekdays = if weekdays.is_empty() { default.weekdays } else { weekdays };
    let calendar = Calendar { zone, weekdays, terms: spans(&s, "terms"), holidays: spans(&s, "holidays") };
    s.close();
    calendar
}

/// `"2026-09-02/2026-12-18"`, or one day alone; in order of time.
fn spans(s: &Section<'_>, key: &'static str) -> Vec<Span> {
    let hint = "As in \"2026-10-26/2026-10-30\", first and last day, or one day alone.";
    let found = s.list(key, "days", hint, span);
    if let Some(first) = found.get(MOST_SPANS) {
        s.fault(&first.span, format!("`{key}` has more than {MOST_SPANS} entries."), "Take out past years.");
    }
    let mut spans: Vec<Span> = found.iter().take(MOST_SPANS).map(|at| at.value).collect();
    spans.sort_unstable_by_key(|span| span.first);
    if key == "terms" {
        for at in &found {
            let overlaps =
                |o: &&Span| **o != at.value && o.first <= at.value.first && at.value.first <= o.last;
            if spans.iter().any(|o| overlaps(&o)) {
                s.fault(
                    &at.span,
                    "This term begins within another one.",
                    "Holidays within a term go to `holidays`.",
                );
            }
        }
    }
    spans
}

pub(super) fn span(text: &str) -> Option<Span> {
    let (first, last) = text.split_once('/').unwrap_or((text, text));
    let day = |text: &str| text.trim().parse::<NaiveDate>().ok();
    let span = Span { first: day(first)?, last: day(last)? };
    (span.first <= span.last).then_some(span)
}

/// `grace-period`; none unless it is given.
pub(super) fn grace(school: &Section<'_>) -> Option<TimeDelta> {
    if !school.has("grace-period") {
        return None;
    }
    let range = Duration::from_secs(30)..=Duration::from_secs(900);
    let given = school.duration("grace-period", range, Duration::from_secs(120));
    TimeDelta::from_std(given).ok()
}

pub(super) fn retention(school: &Section<'_>) -> Retention {
    let d = Retention::default();
    let Some(s) = school.section("retention") else { return d };
    let retention = Retention {
        dismissed: period(&s, "dismissed", (Period::days(7), Period::years(2)), d.dismissed),
        message_log: period(&s, "message-log", (Period::days(30), Period::years(2)), d.message_log),
        parent_mail: period(&s, "parent-mail", (Period::months(1), Period::years(25)), d.parent_mail),
        complaint: period(&s, "complaint", (Period::years(1), Period::years(25)), d.complaint),
        evidence: period(&s, "evidence", (Period::months(1), Period::years(25)), d.evidence),
        incidents: period(&s, "incidents", (Period::months(1), Period::years(75)), d.incidents),
        low_level: period(&s, "low-level", (Period::years(1), Period::years(75)), d.low_level),
        allegations: period(&s, "allegations", (Period::years(1), Period::years(75)), d.allegations),
        breaches: period(&s, "breaches", (Period::years(1), Period::years(25)), d.breaches),
    };
    s.close();
    retention
}

fn period(s: &Section<'_>, key: &'static str, (least, most): (Period, Period), default: Period) -> Period {
    let must = format!("a time from {} to {}", shown(least), shown(most));
    let hint =
        format!("Write a number with days, weeks, months or years; the default is \"{}\".", shown(default));
    let days = |p: Period| u64::from(p.months) * 30 + u64::from(p.days);
    let within = |p: &Period| (days(least)..=days(most)).contains(&days(*p));
    let found = s.list(key, &must, &hint, |text| read(text).filter(within)).pop();
    found.map_or(default, |at| at.value)
}

/// `"30 days"`, `"12 weeks"`, `"6 months"`, `"1 year"`.
fn read(text: &str) -> Option<Period> {
    let (number, unit) = text.trim().split_once(' ')?;
    let number: u32 = number.parse().ok().filter(|n| *n <= 10_000)?;
    match unit.trim() {
        "day" | "days" => Some(Period::days(number)),
        "week" | "weeks" => Some(Period::days(7 * number)),
        "month" | "months" => Some(Period::months(number)),
        "year" | "years" => Some(Period::years(number)),
        _ => None,
    }
}

fn shown(period: Period) -> String {
    let plural = |n: u32, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    match (period.months, period.days) {
        (0, days) => plural(days, "day"),
        (months, _) if months % 12 == 0 => plural(months / 12, "year"),
        (months, _) => plural(months, "month"),
    }
}
