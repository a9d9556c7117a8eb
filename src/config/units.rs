//! Sizes and durations as people write them: `"50 MB"`, `"60s"`.

use std::time::Duration;

const SIZES: [(&str, u64); 7] = [
    ("B", 1),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

const TIMES: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Bytes of `"50 MB"` (MB is a million, MiB 2^20).
pub(super) fn size(text: &str) -> Option<u64> {
    measure(text, &SIZES)
}

/// `"500ms"`, `"60s"`, `"5m"`, `"1h"`, `"30d"`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    measure(text, &TIMES).map(Duration::from_millis)
}

fn measure(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, factor) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()))?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// A size as a hint shows it.
pub(super) fn show_size(bytes: u64) -> String {
    let fits = SIZES.iter().rev().filter(|(_, factor)| bytes >= *factor && bytes.is_multiple_of(*factor));
    let (name, factor) = fits.max_by_key(|(_, factor)| *factor).unwrap_or(&("B", 1));
    format!("{} {name}", bytes / factor)
}

pub(super) fn show_duration(time: Duration) -> String {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let (name, factor) = TIMES
        .iter()
        .rev()
        .find(|(_, factor)| millis >= *factor && millis.is_multiple_of(*factor))
        .unwrap_or(&("ms", 1));
    format!("{}{name}", millis / factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_durations_are_read_and_shown() {
        assert_eq!(size("50 MB"), Some(50_000_000));
        assert_eq!(size("50mb"), Some(50_000_000));
        assert_eq!(size("1 MiB"), Some(1 << 20));
        assert_eq!(duration("60s"), Some(Duration::from_secs(60)));
        assert_eq!(duration("30d"), Some(Duration::from_secs(30 * 86_400)));
        assert_eq!(duration(" 5 m "), Some(Duration::from_secs(300)));
        for wrong in
            ["", "50", "MB", "-1 MB", "1.5 MB", "5 parsecs", "99999999999999999999 B", "99999999999999 GB"]
        {
            assert!(size(wrong).is_none() && duration(wrong).is_none(), "{wrong}");
        }
        assert_eq!((show_size(50_000_000), show_size(1 << 20)), ("50 MB".into(), "1 MiB".into()));
        assert_eq!(
            (show_duration(Duration::from_secs(90)), show_duration(Duration::from_secs(300))),
            ("90s".into(), "5m".into())
        );
    }
}
