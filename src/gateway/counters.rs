//! What this process has counted since it began, for the metrics: numbers, no names.

use super::{failure::Place, metrics::Exposition};
use crate::{effects::Turn, storage::OutboxKind, verdict::Disposition};
use std::sync::atomic::{AtomicU64, Ordering};

/// In the order of the arrays below.
const DISPOSITIONS: [Disposition; 5] = [
    Disposition::Deliver,
    Disposition::Hold,
    Disposition::Quarantine,
    Disposition::Refuse,
    Disposition::Defer,
];
const RESULTS: [&str; 3] = ["delivered", "deferred", "failed"];

#[derive(Default)]
pub(super) struct Counters {
    messages: [AtomicU64; DISPOSITIONS.len()],
    assessments_failed: AtomicU64,
    storage_failed: AtomicU64,
    scanner_failed: AtomicU64,
    canaries_not_ours: AtomicU64,
    /// Recipients, by kind of job.
    outbox: [[AtomicU64; RESULTS.len()]; OutboxKind::ALL.len()],
}

fn add(counter: Option<&AtomicU64>, count: usize) {
    if let Some(counter) = counter {
        counter.fetch_add(count as u64, Ordering::Relaxed);
    }
}

impl Counters {
    pub(super) fn message(&self, disposition: Disposition) {
        let place = DISPOSITIONS.iter().position(|d| *d == disposition);
        add(place.and_then(|at| self.messages.get(at)), 1);
    }

    pub(super) fn failure(&self, place: Place) {
        match place {
            Place::Assessment => add(Some(&self.assessments_failed), 1),
            Place::Storage => add(Some(&self.storage_failed), 1),
            Place::Scanner => add(Some(&self.scanner_failed), 1),
        }
    }

    /// Assessments and storing that failed.
    pub(super) fn failed(&self) -> (u64, u64) {
        (self.assessments_failed.load(Ordering::Relaxed), self.storage_failed.load(Ordering::Relaxed))
    }

    pub(super) fn canary_not_ours(&self) {
        add(Some(&self.canaries_not_ours), 1);
    }

    pub(super) fn outbox(&self, turn: Turn) {
        let Turn::Tried { kind, delivered, deferred, failed } = turn else { return };
        let place = OutboxKind::ALL.iter().position(|k| *k == kind);
        let Some(counters) = place.and_then(|at| self.outbox.get(at)) else { return };
        for (counter, count) in counters.iter().zip([delivered, deferred, failed]) {
            add(Some(counter), count);
        }
    }

    pub(super) fn write(&self, out: &mut Exposition) {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        const MESSAGES: &str = "gatehouse_messages_total";
        out.head(MESSAGES, "counter", "Messages assessed, by the strictest disposition.");
        for (disposition, counter) in DISPOSITIONS.iter().zip(&self.messages) {
            out.line(MESSAGES, &[("disposition", disposition.name())], read(counter));
        }
        const FAILURES: &str = "gatehouse_failures_total";
        out.head(FAILURES, "counter", "Messages for which something inside failed.");
        out.line(FAILURES, &[("place", "assessment")], read(&self.assessments_failed));
        out.line(FAILURES, &[("place", "storage")], read(&self.storage_failed));
        out.line(FAILURES, &[("place", "scanner")], read(&self.scanner_failed));
        const OUTBOX: &str = "gatehouse_outbox_recipients_total";
        out.head(OUTBOX, "counter", "What became of recipients of the gate's own mail, try by try.");
        for (kind, counters) in OutboxKind::ALL.iter().zip(&self.outbox) {
            for (result, counter) in RESULTS.iter().zip(counters) {
                out.line(OUTBOX, &[("kind", kind.name()), ("result", result)], read(counter));
            }
        }
        let not_ours = read(&self.canaries_not_ours);
        let help = "Messages that had a canary's field and were none.";
        out.one("gatehouse_canaries_not_ours_total", "counter", help, not_ours);
    }
}
