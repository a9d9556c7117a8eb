//! Malware: each message is shown to the scanner while its other facts are gathered. What it says
//! is a fact; that it says nothing is one too, or a failure, as the school chose.

use super::{Gate, Standing, metrics::Exposition};
use crate::{
    config::{FailureChoice, TooLarge},
    effects::{Looked, Rescan},
    mail::{Blame, Failure, Hit, Mode, NotScanned, Scan, Transaction, Unscanned, UnscannedThen, Waiting},
    wire::clamd::{Clamd, Said, ScanFault, Signatures},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// By which facts and ledger call it.
const NAME: &str = "clamd";
/// A scanner that made so many messages wait in vain, one after the other, is tried by one at a
/// time until it answers: the others need not wait.
const SLOW: u32 = 3;
/// What it is asked about when no mail comes.
const TRIAL: &[u8] = b"Subject: Gatehouse asks whether you are there\r\n\r\nNothing is in this.\r\n";

/// How it stood when it was asked last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScannerStands {
    #[default]
    NotAsked,
    Well,
    Away {
        since: DateTime<Utc>,
        fault: ScanFault,
    },
}

/// What is known of it, for whoever looks at the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannerSeen {
    pub stands: ScannerStands,
    pub signatures: Option<Signatures>,
    /// It refused a message that `[scanner] largest` allows.
    pub takes_less: bool,
}

/// In the order of the counters.
const RESULTS: [&str; 5] = ["clean", "found", "not-looked-into", "too-large", "failed"];

/// What this process knows of the scanner.
pub(super) struct Watch {
    seen: Mutex<Seen>,
    trial: Semaphore,
    results: [AtomicU64; RESULTS.len()],
    micros: AtomicU64,
}

#[derive(Default)]
struct Seen {
    stands: ScannerStands,
    slow_in_a_row: u32,
    signatures: Option<Signatures>,
    takes_less: bool,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            seen: Mutex::default(),
            trial: Semaphore::new(1),
            results: Default::default(),
            micros: AtomicU64::new(0),
        }
    }
}

impl Watch {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks it about one message, and remembers how it stands.
    async fn ask(&self, clamd: &Clamd, message: &[u8], now: DateTime<Utc>) -> Result<Said, ScanFault> {
        let slow = {
            let seen = self.seen();
            match seen.stands {
                ScannerStands::Away { fault, .. } if seen.slow_in_a_row >= SLOW => Some(fault),
                _ => None,
            }
        };
        let _trial = match slow {
            Some(fault) => Some(self.trial.try_acquire().map_err(|_| fault)?),
            None => None,
        };
        let said = clamd.scan(message).await;
        self.note(&said, now);
        said
    }

    fn note(&self, said: &Result<Said, ScanFault>, now: DateTime<Utc>) {
        let mut seen = self.seen();
        match said {
            Ok(said) => {
                if let ScannerStands::Away { .. } = seen.stands {
                    tracing::info!("scanner.back");
                }
                (seen.stands, seen.slow_in_a_row) = (ScannerStands::Well, 0);
                if *said == Said::TooLarge && !std::mem::replace(&mut seen.takes_less, true) {
                    tracing::warn!(
                        "scanner.takes-less: StreamMaxLength of clamd.conf is below [scanner] largest"
                    );
                }
            }
            Err(fault) => {
                seen.slow_in_a_row = if fault.is_slow() { seen.slow_in_a_row.saturating_add(1) } else { 0 };
                let since = match seen.stands {
                    ScannerStands::Away { since, .. } => since,
                    ScannerStands::NotAsked | ScannerStands::Well => {
                        tracing::error!(why = fault.name(), says = %fault, "scanner.away");
                        now
                    }
                };
                seen.stands = ScannerStands::Away { since, fault: *fault };
            }
        }
    }

    fn count(&self, result: &str, took: Duration) {
        let place = RESULTS.iter().position(|name| *name == result);
        if let Some(counter) = place.and_then(|at| self.results.get(at)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        self.micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// What is known of one message.
pub(super) enum Scanned {
    /// Nothing scans.
    NoScanner,
    Said(Scan),
    Not(Unscanned),
}

impl Gate {
    /// Shows a message to the scanner; a failure when the school chose to defer.
    pub(super) async fn scan(
        &self,
        standing: &Standing,
        transaction: &Transaction,
    ) -> Result<Scanned, Failure> {
        let Some(clamd) = &standing.scanner else { return Ok(Scanned::NoScanner) };
        // Observe changes and delays nothing, whatever the choice; a switch back to observe leaves what
        // protects from malware as it is (practice.md, C).
        let observes = || standing.all_of(&transaction.envelope, |school| school.mode == Mode::Observe);
        let (why, then) = match self.look_into(clamd, &transaction.raw).await {
            Ok(Looked::NoScanner) => return Ok(Scanned::NoScanner),
            Ok(Looked::Into(mut scans)) => {
                return Ok(scans.pop().map_or(Scanned::NoScanner, Scanned::Said));
            }
            Ok(Looked::TooLarge) => match clamd.config().too_large {
                TooLarge::Quarantine => (NotScanned::TooLarge, UnscannedThen::Quarantine),
                TooLarge::DeliverMarked => (NotScanned::TooLarge, UnscannedThen::Mark),
            },
            Err(failure) => match standing.on_failure.scanner {
                FailureChoice::DeliverMarked => (NotScanned::Away, UnscannedThen::Mark),
                FailureChoice::Quarantine => (NotScanned::Away, UnscannedThen::Quarantine),
                FailureChoice::Defer if observes() => (NotScanned::Away, UnscannedThen::Pass),
                FailureChoice::Defer => return Err(failure),
            },
        };
        let then = if observes() { UnscannedThen::Pass } else { then };
        Ok(Scanned::Not(Unscanned { why, then }))
    }

    async fn look_into(&self, clamd: &Clamd, message: &[u8]) -> Result<Looked, Failure> {
        let begun = Instant::now();
        if message.len() > clamd.config().largest {
            self.scanner.count("too-large", Duration::ZERO);
            return Ok(Looked::TooLarge);
        }
        let said = self.scanner.ask(clamd, message, (self.clock)()).await;
        let took = begun.elapsed();
        let scan = |hit| Scan { scanner: NAME.into(), part: String::new(), hit };
        match said {
            Ok(Said::Clean) => {
                self.scanner.count("clean", took);
                Ok(Looked::Into(vec![scan(None)]))
            }
            Ok(Said::Found(name)) => {
                let scan = scan(Some(name));
                let malware = scan.meaning() == Some(Hit::Malware);
                self.scanner.count(if malware { "found" } else { "not-looked-into" }, took);
                Ok(Looked::Into(vec![scan]))
            }
            Ok(Said::TooLarge) => {
                self.scanner.count("too-large", took);
                Ok(Looked::TooLarge)
            }
            Err(fault) => {
                self.scanner.count("failed", took);
                Err(Failure::new(Blame::Operator, fault.to_string()))
            }
        }
    }

    /// Asks it although no mail comes, so that its absence and its return are noticed, and how old
    /// its signatures are. Each node asks for itself.
    pub async fn check_scanner(&self) {
        let Some(clamd) = self.standing().scanner.clone() else {
            *self.scanner.seen() = Seen::default();
            return;
        };
        let now = (self.clock)();
        let said = clamd.scan(TRIAL).await;
        // That all places are busy is no news: whoever has them says how it stands.
        if said != Err(ScanFault::Full) {
            self.scanner.note(&said, now);
        }
        match clamd.signatures().await {
            Ok(signatures) => self.scanner.seen().signatures = Some(signatures),
            Err(fault) => tracing::debug!(why = fault.name(), "scanner.version-unknown"),
        }
    }

    /// How it stands; `None` when none is configured.
    pub fn scanner_seen(&self) -> Option<ScannerSeen> {
        self.standing().scanner.as_ref()?;
        let seen = self.scanner.seen();
        Some(ScannerSeen {
            stands: seen.stands,
            signatures: seen.signatures.clone(),
            takes_less: seen.takes_less,
        })
    }

    pub(super) fn scanner_metrics(&self, out: &mut Exposition) {
        let Some(seen) = self.scanner_seen() else { return };
        let up = u64::from(seen.stands == ScannerStands::Well);
        out.one("gatehouse_scanner_up", "gauge", "The malware scanner answers (1).", up);
        const MADE: &str = "gatehouse_scanner_signatures_timestamp_seconds";
        out.head(MADE, "gauge", "When its signatures were made; no line when it does not say.");
        if let Some(at) = seen.signatures.and_then(|s| s.made_at) {
            out.line(MADE, &[], at.timestamp().max(0).unsigned_abs());
        }
        const SCANS: &str = "gatehouse_scans_total";
        out.head(SCANS, "counter", "Messages shown to the scanner, by what came of it.");
        for (result, counter) in RESULTS.iter().zip(&self.scanner.results) {
            out.line(SCANS, &[("result", result)], counter.load(Ordering::Relaxed));
        }
        let micros = self.scanner.micros.load(Ordering::Relaxed);
        out.one("gatehouse_scan_microseconds_total", "counter", "Time that messages waited for it.", micros);
    }
}

/// What looks into releases: the scanner that is in force when they leave.
pub struct Rescanner(pub Arc<Gate>);

impl Rescan for Rescanner {
    fn scan<'a>(&'a self, message: &'a Bytes) -> Waiting<'a, Result<Looked, Failure>> {
        Box::pin(async move {
            match self.0.standing().scanner.clone() {
                Some(clamd) => self.0.look_into(&clamd, message).await,
                None => Ok(Looked::NoScanner),
            }
        })
    }

    fn on_failure(&self) -> FailureChoice {
        self.0.standing().on_failure.scanner
    }
}
