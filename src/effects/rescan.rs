//! Before a release leaves, malware is scanned for again (design, Fates): what was clean when
//! it was held may be known by now. Which scanner that is, is for whoever starts the gate; as
//! long as there is none, nothing is claimed of it.

use crate::{
    config::FailureChoice,
    mail::{Failure, Hit, Scan, Waiting},
};
use bytes::Bytes;

/// Something that looks for malware in a whole message.
pub trait Rescan: Send + Sync {
    fn scan<'a>(&'a self, message: &'a Bytes) -> Waiting<'a, Result<Looked, Failure>>;
    /// What the school chose for when it is away.
    fn on_failure(&self) -> FailureChoice;
}

/// What comes of looking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// One [`Scan`] for each scanner and part.
    Into(Vec<Scan>),
    /// The message is larger than the scanner takes.
    TooLarge,
    NoScanner,
}

/// Says on a message that no scanner has looked into it.
pub(super) const NOT_SCANNED: &str = "X-Gatehouse-Not-Scanned";

/// What is done with a release after the scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rescanned {
    Leaves,
    /// Nothing could look into it, and the school chose that it leaves all the same.
    LeavesMarked,
    /// The scanner's name, for the ledger; never the signature's, which says what it is.
    Recalled(String),
    Later,
}

pub(super) async fn rescan(scanner: Option<&dyn Rescan>, message: &Bytes) -> Rescanned {
    let Some(scanner) = scanner else { return Rescanned::Leaves };
    match scanner.scan(message).await {
        Ok(Looked::NoScanner) => Rescanned::Leaves,
        // Somebody has decided that it leaves, and its size is the same as then.
        Ok(Looked::TooLarge) => Rescanned::LeavesMarked,
        Ok(Looked::Into(scans)) => match scans.into_iter().find(|s| s.meaning() == Some(Hit::Malware)) {
            Some(hit) => Rescanned::Recalled(hit.scanner),
            None => Rescanned::Leaves,
        },
        Err(failure) => {
            tracing::warn!(blame = ?failure.blame, what = %failure.what, "release.not-scanned");
            match scanner.on_failure() {
                FailureChoice::DeliverMarked => Rescanned::LeavesMarked,
                // It waited until somebody released it; now it waits for the scanner.
                FailureChoice::Defer | FailureChoice::Quarantine => Rescanned::Later,
            }
        }
    }
}
