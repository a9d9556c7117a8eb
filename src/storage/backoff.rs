//! When a job of the outbox that was put off comes again.

use chrono::{DateTime, TimeDelta, Utc};

/// When a job that was put off comes again: a minute first, four hours at most
/// (RFC 5321 section 4.5.4.1), a tenth of it by chance so that a queue does not march.
fn backoff(deferrals: i64, chance: u8) -> TimeDelta {
    const MINUTES: [i64; 9] = [1, 2, 5, 10, 20, 30, 60, 120, 240];
    let step = usize::try_from(deferrals.max(0)).unwrap_or(usize::MAX).min(MINUTES.len() - 1);
    let seconds = MINUTES[step] * 60;
    TimeDelta::seconds(seconds + seconds * i64::from(chance) / 2560)
}

/// The next time, but never beyond the end: the last attempt is at the end itself. When the end is over
/// and yet not believed (the clock leapt), it goes on as before.
pub(super) fn next_attempt(
    now: DateTime<Utc>,
    end: DateTime<Utc>,
    deferrals: i64,
    chance: u8,
) -> DateTime<Utc> {
    let next = now + backoff(deferrals, chance);
    if end > now { next.min(end) } else { next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_four_hours_and_never_pass_the_end() {
        assert_eq!(backoff(0, 0), TimeDelta::minutes(1));
        assert_eq!(backoff(8, 0), TimeDelta::hours(4));
        assert_eq!(backoff(5_000, 255).num_minutes(), 263);
        let now = DateTime::UNIX_EPOCH;
        let end = now + TimeDelta::minutes(90);
        assert_eq!(next_attempt(now, end, 8, 0), end);
    }
}
