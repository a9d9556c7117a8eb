//! `[scanner]`: the clamd that looks for malware in every message (docs/malware.md).

use super::{ScannerAddress, ScannerConfig, TooLarge, doors::host, section::Section, source::Source};
use chrono::TimeDelta;
use std::{net::IpAddr, ops::Range, path::PathBuf, time::Duration};

const WHERE: &str = "Write \"unix:/run/clamav/clamd.ctl\" or \"127.0.0.1:3310\".";
/// Debian's clamd takes 25 MiB (`StreamMaxLength 25M`).
const LARGEST: u64 = 25_000_000;

pub(super) fn scanner(source: &Source<'_>, s: Section<'_>, span: &mut Range<usize>) -> ScannerConfig {
    *span = s.span.clone();
    let clamd = s.list("clamd", "the address of a clamd", WHERE, address).pop();
    let clamd = s.require("clamd", clamd, WHERE);
    if let Some(at) = &clamd
        && at.value.is_beyond_this_host()
    {
        let hint =
            "Let it be a host of your own on a network that nobody listens on, or run clamd on this one.";
        source.warning(&at.span, "Whole messages go to this host without encryption.", hint);
    }
    let (second, day) = (Duration::from_secs(1), Duration::from_secs(86_400));
    let days = |key: &'static str, default: u32| {
        let time = s.duration(key, day / 24..=day * 365, day * default);
        TimeDelta::from_std(time).unwrap_or(TimeDelta::days(7))
    };
    let too_large = [("quarantine", TooLarge::Quarantine), ("deliver-marked", TooLarge::DeliverMarked)];
    let config = ScannerConfig {
        connections: s.number("connections", 1..=200, 8),
        deadline: s.duration("deadline", second..=second * 240, second * 30),
        largest: s.size("largest", 100_000..=4_000_000_000, LARGEST),
        too_large: s.choice("too-large", &too_large, TooLarge::Quarantine),
        old_after: days("old-after", 3),
        alarm_after: days("alarm-after", 7),
        address: clamd.map_or_else(|| ScannerAddress::Tcp(String::new()), |at| at.value),
    };
    if config.alarm_after < config.old_after {
        s.fault(
            &s.span.clone(),
            "`alarm-after` comes before `old-after`.",
            "Signatures are old before they are an alarm.",
        );
    }
    s.close();
    config
}

fn address(text: &str) -> Option<ScannerAddress> {
    if let Some(path) = text.strip_prefix("unix:") {
        return path.starts_with('/').then(|| ScannerAddress::Unix(PathBuf::from(path)));
    }
    let has_port = text.rsplit_once(':').is_some_and(|(name, _)| !name.contains(':') || name.ends_with(']'));
    if has_port {
        host(text).map(ScannerAddress::Tcp)
    } else {
        host(&format!("{text}:3310")).map(ScannerAddress::Tcp)
    }
}

impl ScannerAddress {
    fn is_beyond_this_host(&self) -> bool {
        let Self::Tcp(address) = self else { return false };
        let name = address.rsplit_once(':').map_or(address.as_str(), |(name, _)| name);
        let name = name.trim_start_matches('[').trim_end_matches(']');
        name != "localhost" && !name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clamd_is_a_socket_or_a_host() {
        let shown = |text: &str| address(text).map(|a| (a.to_string(), a.is_beyond_this_host()));
        let tcp = |text: &str, beyond| Some((text.to_owned(), beyond));
        assert_eq!(shown("unix:/run/clamav/clamd.ctl"), tcp("unix:/run/clamav/clamd.ctl", false));
        assert_eq!(shown("127.0.0.1"), tcp("127.0.0.1:3310", false));
        assert_eq!(shown("[::1]:3311"), tcp("[::1]:3311", false));
        assert_eq!(shown("av.oakfield.example:3310"), tcp("av.oakfield.example:3310", true));
        for wrong in ["", "unix:clamd.ctl", "av.oakfield.example:", "http://av.oakfield.example", "a b:3310"]
        {
            assert_eq!(shown(wrong), None, "{wrong}");
        }
    }
}
