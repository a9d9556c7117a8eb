//! The time. Rooms are handed a clock, so that tests and `replay` can hand in their own.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use std::sync::Arc;

pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The system's clock.
pub fn system() -> Clock {
    Arc::new(Utc::now)
}

/// The time as people in the United Kingdom read it: Greenwich Mean Time, or an hour later
/// from the last Sunday of March to the last Sunday of October, both at 01:00 GMT (Summer
/// Time Act 1972 as amended in 2002).
pub fn in_uk(at: DateTime<Utc>) -> DateTime<FixedOffset> {
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
