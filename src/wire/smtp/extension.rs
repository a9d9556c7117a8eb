//! Which ESMTP extensions a server offers: read from a next hop's EHLO, combined over all
//! hops, and offered to our own clients.

/// The extensions that the relay passes through or uses. CHUNKING is left out on purpose:
/// one way to end the data is one way to get it wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extension {
    Pipelining,
    EightBitMime,
    SmtpUtf8,
    Dsn,
    StartTls,
    Size,
}

impl Extension {
    const fn bit(self) -> u8 {
        1 << self as u8
    }

    fn named(keyword: &str) -> Option<Self> {
        [
            ("PIPELINING", Self::Pipelining),
            ("8BITMIME", Self::EightBitMime),
            ("SMTPUTF8", Self::SmtpUtf8),
            ("DSN", Self::Dsn),
            ("STARTTLS", Self::StartTls),
            ("SIZE", Self::Size),
        ]
        .into_iter()
        .find_map(|(name, extension)| name.eq_ignore_ascii_case(keyword).then_some(extension))
    }
}

/// A set of them, and the largest message taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extensions {
    set: u8,
    /// Octets; `None` when no limit is known (RFC 1870 section 4: no number, or zero).
    largest: Option<u64>,
}

impl Extensions {
    /// A server that knows HELO only.
    pub(super) const NONE: Self = Self { set: 0, largest: None };
    /// Everything that can be passed through: what the relay offers when no hop narrows it.
    pub(super) const PASSED: Self = Self {
        set: Extension::EightBitMime.bit() | Extension::SmtpUtf8.bit() | Extension::Dsn.bit(),
        largest: None,
    };

    pub(super) fn has(&self, extension: Extension) -> bool {
        self.set & extension.bit() != 0
    }

    pub(super) fn with(self, extension: Extension) -> Self {
        Self { set: self.set | extension.bit(), ..self }
    }

    pub(super) fn largest(&self) -> Option<u64> {
        self.largest
    }

    /// The lines of an EHLO reply behind the greeting line.
    pub(super) fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut found = Self::NONE;
        for line in lines {
            let mut words = line.split_ascii_whitespace();
            let Some(extension) = words.next().and_then(Extension::named) else { continue };
            found = found.with(extension);
            if extension == Extension::Size {
                found.largest = words.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
            }
        }
        found
    }

    /// What two servers have in common.
    pub(super) fn and(self, other: Self) -> Self {
        let largest = match (self.largest, other.largest) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        Self { set: self.set & other.set, largest }
    }

    pub(super) fn limited_to(self, octets: u64) -> Self {
        self.with(Extension::Size).and(Self { set: u8::MAX, largest: Some(octets) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_all_offer_is_common_and_the_smallest_size_counts() {
        let one = Extensions::read(["PIPELINING", "size 1000", "8bitmime", "DSN", "AUTH PLAIN"]);
        let two = Extensions::read(["8BITMIME", "SIZE 0", "X-ODD", ""]);
        let both = one.and(two);
        assert!(both.has(Extension::EightBitMime) && both.has(Extension::Size));
        assert!(!both.has(Extension::Dsn) && !both.has(Extension::Pipelining));
        assert_eq!(both.largest(), Some(1000));
        assert_eq!(both.limited_to(500).largest(), Some(500));
        assert_eq!(both.limited_to(5000).largest(), Some(1000));
        assert_eq!(Extensions::NONE.limited_to(5000).largest(), Some(5000));
    }
}
