//! The time as people in the United Kingdom read it.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

/// `Tuesday 22 September 2026, 10:15`, in United Kingdom time.
pub(super) fn english(at: DateTime<Utc>) -> String {
    local(at).format("%A %-d %B %Y, %H:%M").to_string()
}

/// `22/09/2026, 10:15`: figures, which need no Welsh month names.
pub(super) fn welsh(at: DateTime<Utc>) -> String {
    local(at).format("%d/%m/%Y, %H:%M").to_string()
}

/// Greenwich Mean Time, or an hour later from the last Sunday of March to the last Sunday
/// of October, both at 01:00 GMT (Summer Time Act 1972 as amended in 2002).
fn local(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    let year = at.year();
    let summer = last_sunday(year, 3).zip(last_sunday(year, 10));
    let is_summer = summer.is_some_and(|(from, until)| from <= at && at < until);
    let offset = FixedOffset::east_opt(if is_summer { 3600 } else { 0 });
    match offset {
        Some(offset) => at.with_timezone(&offset),
        None => at.fixed_offset(),
    }
}

/// 01:00 GMT on the last Sunday of a month of 31 days.
fn last_sunday(year: i32, month: u32) -> Option<DateTime<Utc>> {
    let last = NaiveDate::from_ymd_opt(year, month, 31)?;
    let back = last.weekday().days_since(Weekday::Sun);
    let sunday = last - TimeDelta::days(i64::from(back));
    Some((sunday.and_time(NaiveTime::MIN) + TimeDelta::hours(1)).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_goes_forward_and_back() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(english(at("2026-03-29T00:59:00Z")), "Sunday 29 March 2026, 00:59");
        assert_eq!(english(at("2026-03-29T01:00:00Z")), "Sunday 29 March 2026, 02:00");
        assert_eq!(english(at("2026-10-25T00:59:00Z")), "Sunday 25 October 2026, 01:59");
        assert_eq!(welsh(at("2026-10-25T01:00:00Z")), "25/10/2026, 01:00");
    }
}
