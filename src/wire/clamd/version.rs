//! `ClamAV 1.4.6/27823/Tue Nov 25 09:30:12 2026`: the engine, the number of its daily signatures
//! and when they were made. Without a daily database there is the engine alone.

use chrono::{DateTime, NaiveDateTime, Utc};

/// What clamd says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signatures {
    /// `1.4.6`.
    pub engine: String,
    /// The number of the daily database.
    pub number: Option<u32>,
    /// When that was made. clamd says it by its own host's clock, without a zone: it is taken as UTC,
    /// and days are counted, not hours.
    pub made_at: Option<DateTime<Utc>>,
}

impl Signatures {
    pub(super) fn read(answer: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(answer).ok()?.strip_prefix("ClamAV ")?;
        let mut pieces = text.splitn(3, '/');
        let engine = pieces.next()?.trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-+~_".contains(c);
        if engine.is_empty() || engine.len() > 40 || !engine.chars().all(plain) {
            return None;
        }
        let number = pieces.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
        let made = |text: &str| NaiveDateTime::parse_from_str(text.trim(), "%a %b %e %H:%M:%S %Y").ok();
        Some(Self {
            engine: engine.to_owned(),
            number,
            made_at: pieces.next().and_then(made).map(|time| time.and_utc()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_number_and_date_are_read_and_what_is_no_clamd_is_none() {
        let read = Signatures::read(b"ClamAV 1.4.6/27823/Wed Nov  4 09:30:12 2026").unwrap();
        assert_eq!((read.engine.as_str(), read.number), ("1.4.6", Some(27_823)));
        assert_eq!(read.made_at.unwrap().to_rfc3339(), "2026-11-04T09:30:12+00:00");
        let own = Signatures::read(b"ClamAV 1.4.6").unwrap();
        assert_eq!((own.number, own.made_at), (None, None));
        let damaged = Signatures::read(b"ClamAV 1.4.6/x/yesterday").unwrap();
        assert_eq!((damaged.number, damaged.made_at), (None, None));
        for strange in ["", "ClamAV", "ClamAV ", "PONG", "ClamAV 1.4\n2", "220 mail.example ESMTP"] {
            assert_eq!(Signatures::read(strange.as_bytes()), None, "{strange:?}");
        }
    }
}
