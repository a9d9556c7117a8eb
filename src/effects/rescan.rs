//! Before a release leaves, malware is scanned for again (design, Fates): what was clean when
//! it was held may be known by now. Which scanner that is, is for whoever starts the gate; as
//! long as there is none, nothing is claimed of it.

use crate::{
    config::FailureChoice,
    mail::{Failure, Scan, Waiting},
};
use bytes::Bytes;

/// Something that looks for malware in a whole message.
pub trait Rescan: Send + Sync {
    /// What it says of the message, one [`Scan`] for each scanner and part.
    fn scan<'a>(&'a self, message: &'a Bytes) -> Waiting<'a, Result<Vec<Scan>, Failure>>;
}

/// What is done with a release after the scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rescanned {
    Leaves,
    /// Nothing scans, or it was away and the school chose that.
    LeavesUnscanned,
    LeavesMarked,
    /// The scanner's name, for the ledger; never the signature's, which says what it is.
    Recalled(String),
    Later,
}

pub(super) async fn rescan(
    scanner: Option<&dyn Rescan>,
    message: &Bytes,
    on_failure: FailureChoice,
) -> Rescanned {
    let Some(scanner) = scanner else { return Rescanned::LeavesUnscanned };
    match scanner.scan(message).await {
        Ok(scans) => match scans.into_iter().find(|s| s.hit.is_some()) {
            Some(hit) => Rescanned::Recalled(hit.scanner),
            None => Rescanned::Leaves,
        },
        Err(failure) => {
            tracing::warn!(blame = ?failure.blame, what = %failure.what, "release.not-scanned");
            match on_failure {
                FailureChoice::Defer => Rescanned::Later,
                FailureChoice::DeliverMarked => Rescanned::LeavesMarked,
                FailureChoice::Quarantine => Rescanned::Recalled("away".into()),
            }
        }
    }
}
