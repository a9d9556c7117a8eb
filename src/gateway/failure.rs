//! What happens when something inside fails: what the school chose, 4xx by default
//! (design, promise 2). One table turns a failure into the reply.

use super::{Gate, Standing};
use crate::{
    config::FailureChoice,
    effects,
    mail::{
        Blame, Edits, Envelope, Failure, HeaderEdit, Measures, Mode, Onward, Outcome, Passing, Receipt,
        Reply, Transaction,
    },
    parties::School,
};
use chrono::{DateTime, Utc};

/// Which part failed; each has its own choice in `[on-failure]`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Assessment,
    Storage,
    Scanner,
}

impl Place {
    /// Whether mail of a school that observes passes. Whoever scans has asked for that already, and
    /// knows more of it.
    fn is_of_observe(self) -> bool {
        !matches!(self, Self::Scanner)
    }
}

/// Says on a message that nobody looked into it.
pub(super) const NOT_INSPECTED: &str = "X-Gatehouse-Not-Inspected";

impl Gate {
    pub(super) async fn failed(
        &self,
        standing: &Standing,
        transaction: &Transaction,
        onward: &mut dyn Onward,
        (place, failure): (Place, Failure),
    ) -> Outcome {
        match place {
            // Said once, when it went away.
            Place::Scanner => tracing::debug!(transaction = %transaction.id, "message.not-scanned"),
            Place::Assessment | Place::Storage => tracing::error!(
                transaction = %transaction.id, place = ?place, blame = ?failure.blame, what = %failure.what,
                "message.failed"
            ),
        }
        self.counters.failure(place);
        let choice = match place {
            Place::Assessment => standing.on_failure.assessment,
            Place::Storage => standing.on_failure.storage,
            // Every other choice is a fact of the assessment, and this place is not reached.
            Place::Scanner => FailureChoice::Defer,
        };
        // Observe changes and delays nothing, whatever the choice.
        let observing = place.is_of_observe()
            && standing.observes(&transaction.envelope, &self.measures.now(), (self.clock)());
        match (choice, place) {
            _ if observing => self.pass_unread(transaction, onward, Edits::default()).await,
            (FailureChoice::DeliverMarked, _) => {
                let mark = HeaderEdit::Prepend { name: NOT_INSPECTED.into(), value: "yes".into() };
                self.pass_unread(transaction, onward, Edits { headers: vec![mark], body: vec![] }).await
            }
            (FailureChoice::Quarantine, Place::Assessment) => {
                self.quarantine_unread(standing, transaction).await
            }
            // What cannot be stored cannot be quarantined.
            (FailureChoice::Defer | FailureChoice::Quarantine, _) => Outcome::Deferred(reply(&failure)),
        }
    }

    async fn pass_unread(&self, transaction: &Transaction, onward: &mut dyn Onward, edits: Edits) -> Outcome {
        let recipients: Vec<usize> = (0..transaction.envelope.recipients.len()).collect();
        let bytes = edits.apply(&transaction.raw);
        let passing = Passing { transaction, recipients: &recipients, edits: &edits, bytes: &bytes };
        match onward.pass(passing).await {
            Ok(proof) => Outcome::Accepted(Receipt::from_proof(&*proof)),
            Err(reply) => super::act::refusal(reply),
        }
    }

    async fn quarantine_unread(&self, standing: &Standing, transaction: &Transaction) -> Outcome {
        let schools = &standing.rulebook.schools;
        let Some(keep) = effects::keep_unread(transaction, schools, || self.store.new_item_id()) else {
            let failure = Failure::new(Blame::School, "mail of no configured school cannot be quarantined");
            return Outcome::Deferred(reply(&failure));
        };
        match self.store.keep(keep).await {
            Ok(kept) => Outcome::Accepted(Receipt::from_proof(&kept)),
            Err(error) => Outcome::Deferred(reply(&error.into())),
        }
    }
}

impl Standing {
    /// Whether every school that a message is of only observes. What others of the trust do delays no
    /// message of one that observes.
    fn observes(&self, envelope: &Envelope, measures: &Measures, now: DateTime<Utc>) -> bool {
        self.all_of(envelope, |s| s.mode == Mode::Observe || measures.school_observes(&s.id, now))
    }

    /// Whether something is true of every school that a message is of, by its addresses; of a
    /// message of none, of every school.
    pub(super) fn all_of(&self, envelope: &Envelope, observes: impl Fn(&School) -> bool) -> bool {
        let addresses = || envelope.recipients.iter().map(|r| &r.address).chain(envelope.sender.address());
        let is_of = |school: &School| addresses().any(|a| school.domains.iter().any(|d| a.is_within(d)));
        let schools = &self.rulebook.schools;
        let mut own = schools.iter().filter(|school| is_of(school)).peekable();
        match own.peek() {
            Some(_) => own.all(|school| observes(school)),
            None if schools.is_empty() => self.mode == Mode::Observe,
            None => schools.iter().all(|school| observes(school)),
        }
    }
}

/// Failure to reply: who must act decides the words; all are temporary.
pub(super) fn reply(failure: &Failure) -> Reply {
    let (enhanced, text) = match failure.blame {
        Blame::Sender => ((4, 6, 0), "The message cannot be read now; please try again later"),
        Blame::School => ((4, 3, 5), "The school's mail settings need attention; please try again later"),
        Blame::Operator => ((4, 3, 0), "The mail gateway needs its operator; please try again later"),
        Blame::Us => ((4, 3, 0), "The mail gateway failed inside; please try again later"),
    };
    Reply::new(451, enhanced, text)
}
