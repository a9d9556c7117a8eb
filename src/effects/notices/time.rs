//! The time as people in the United Kingdom read it.

use crate::clock::in_uk;
use chrono::{DateTime, Utc};

/// `Tuesday 22 September 2026, 10:15`, in United Kingdom time.
pub(super) fn english(at: DateTime<Utc>) -> String {
    in_uk(at).format("%A %-d %B %Y, %H:%M").to_string()
}

/// `22/09/2026, 10:15`: figures, which need no Welsh month names.
pub(super) fn welsh(at: DateTime<Utc>) -> String {
    in_uk(at).format("%d/%m/%Y, %H:%M").to_string()
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
