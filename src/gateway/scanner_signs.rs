//! What whoever runs the machine hears of the scanner: that it is away, takes less than it should,
//! or that its signatures are old. `doctor` and the console say the same.

use super::{Gate, Standing, scanner::ScannerStands, trouble::Sign};
use crate::{config::ScannerConfig, storage::Health, wire::clamd::Signatures};
use chrono::{DateTime, TimeDelta, Utc};

/// Away for less is said by the log alone: clamd reloads its signatures, or is restarted.
const PATIENCE: TimeDelta = TimeDelta::minutes(1);

/// How old its signatures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureAge {
    /// It does not say when they were made.
    Unknown,
    Fresh,
    Old,
    /// So old that it is an alarm; since when.
    Alarm(DateTime<Utc>),
}

impl SignatureAge {
    pub fn of(signatures: Option<&Signatures>, config: &ScannerConfig, now: DateTime<Utc>) -> Self {
        let Some(made_at) = signatures.and_then(|s| s.made_at) else { return Self::Unknown };
        match now - made_at {
            age if age > config.alarm_after => Self::Alarm(made_at + config.alarm_after),
            age if age > config.old_after => Self::Old,
            _ => Self::Fresh,
        }
    }
}

impl Gate {
    pub(super) fn scanner_signs(&self, standing: &Standing, now: DateTime<Utc>) -> Vec<Sign> {
        let (Some(clamd), Some(seen)) = (&standing.scanner, self.scanner_seen()) else { return Vec::new() };
        let (health, says) = match seen.stands {
            ScannerStands::NotAsked => (None, String::new()),
            ScannerStands::Away { since, .. } if now - since < PATIENCE => (None, String::new()),
            ScannerStands::Away { since, fault } => (
                Some(Health::Failing { since, why: fault.name() }),
                format!(
                    "Mail is not scanned for malware: {fault}.\nWhat happens to it meanwhile, [on-failure] scanner says.\n\
                     To see more: gatehouse doctor"
                ),
            ),
            ScannerStands::Well if seen.takes_less => (
                Some(Health::Failing { since: now, why: "takes-less" }),
                "clamd refuses messages that [scanner] largest allows.\n\
                 Raise StreamMaxLength in clamd.conf, or make `largest` smaller; then reload Gatehouse."
                    .to_owned(),
            ),
            ScannerStands::Well => (Some(Health::Well), "Mail is scanned for malware.".to_owned()),
        };
        let scanner = Sign { name: "scanner".into(), health, says };
        let (health, says) = match SignatureAge::of(seen.signatures.as_ref(), clamd.config(), now) {
            SignatureAge::Unknown => (None, String::new()),
            SignatureAge::Alarm(since) => (
                Some(Health::Failing { since, why: "old" }),
                "The signatures of clamd are old: it does not know what is new.\nDoes freshclam run, and does it reach its \
                 mirror?"
                    .to_owned(),
            ),
            SignatureAge::Fresh | SignatureAge::Old => {
                (Some(Health::Well), "The signatures of clamd are fresh again.".to_owned())
            }
        };
        vec![scanner, Sign { name: "signatures".into(), health, says }]
    }
}
