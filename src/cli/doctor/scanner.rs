//! The malware scanner: it answers, its signatures are fresh, and it takes what the configuration says.

use super::Check;
use crate::{
    config::{Config, ScannerConfig},
    gateway::SignatureAge,
    wire::clamd::{Clamd, Said, Signatures},
};
use chrono::{DateTime, Utc};

/// How thoroughly it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Shortly,
    /// With a message of the largest size that it is to take.
    WithTheLargest,
}

/// Harmless, and too short for any signature.
const TRIAL: &[u8] = b"Subject: Gatehouse asks whether you are there\r\n\r\nNothing is in this.\r\n";

pub(super) async fn scanner(config: &Config, asked: Asked) -> Vec<Check> {
    const WHAT: &str = "scanner";
    let Some(scanner) = &config.scanner else {
        let says = "nothing scans mail for malware: `[scanner]` names a clamd (docs/malware.md)";
        return vec![Check::note(WHAT, says)];
    };
    let clamd = Clamd::new(scanner.clone());
    let address = &scanner.address;
    let trial = match asked {
        Asked::Shortly => TRIAL.to_vec(),
        Asked::WithTheLargest => vec![b' '; scanner.largest],
    };
    let mut checks = vec![match clamd.scan(&trial).await {
        Ok(Said::Clean) => Check::good(WHAT, format!("{address} answers")),
        Ok(Said::Found(_)) => Check::fault(WHAT, format!("{address} finds malware in a text of blanks")),
        Ok(Said::TooLarge) => Check::fault(
            WHAT,
            format!(
                "{address} takes no message of {} MB: raise StreamMaxLength in clamd.conf, or make `largest` smaller",
                scanner.largest / 1_000_000
            ),
        ),
        Err(fault) => Check::fault(
            WHAT,
            format!(
                "{address}: {fault}. What happens to mail meanwhile, `[on-failure] scanner` says.\n\
                 Is clamav-daemon running, and may the service's user reach it (docs/malware.md)?"
            ),
        ),
    }];
    match clamd.signatures().await {
        Ok(signatures) => checks.push(age(&signatures, scanner, Utc::now())),
        // The first check has said that it is away.
        Err(_) if checks.iter().all(|c| c.state != super::State::Fault) => {
            checks.push(Check::note("signatures", "clamd does not say which it has"));
        }
        Err(_) => {}
    }
    if scanner.largest < config.limits.message_bytes {
        let says = format!(
            "messages of more than {} MB are not scanned, and `too-large` says what becomes of them:\n\
             raise StreamMaxLength in clamd.conf and `largest` to `[limits] message-size`",
            scanner.largest / 1_000_000
        );
        checks.push(Check::note(WHAT, says));
    }
    checks
}

fn age(signatures: &Signatures, config: &ScannerConfig, now: DateTime<Utc>) -> Check {
    const WHAT: &str = "signatures";
    let number = signatures.number.map_or_else(|| "no daily database".to_owned(), |n| format!("daily {n}"));
    let made = signatures.made_at.map_or_else(String::new, |at| format!(" of {}", at.format("%Y-%m-%d")));
    let says = format!("ClamAV {}, {number}{made}", signatures.engine);
    match SignatureAge::of(Some(signatures), config, now) {
        SignatureAge::Fresh => Check::good(WHAT, says),
        SignatureAge::Unknown => Check::note(WHAT, format!("{says}: clamd does not say how old they are")),
        SignatureAge::Old => Check::note(WHAT, format!("{says}: old. Does freshclam run?")),
        SignatureAge::Alarm(_) => {
            Check::fault(WHAT, format!("{says}: what is new is not found. Does freshclam reach its mirror?"))
        }
    }
}
