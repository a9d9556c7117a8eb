//! A house for the doors' own tests: it records what it is given and answers by a
//! script, so that a test says what the door must do, not what the rules decide.

use gatehouse::mail::{
    Custody, Edits, House, Onward, Outcome, Passing, Proof, Receipt, Reply, Transaction, TransactionId,
    Waiting,
};
use std::{
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

/// What the house does with one transaction.
pub(crate) enum Script {
    /// All recipients, with these edits.
    Pass(Edits),
    /// These recipients pass, the others are kept.
    PassTo(Vec<usize>, Edits),
    /// Kept; nobody gets it now.
    Keep,
    Refuse(Reply),
    Defer(Reply),
    Panic,
    /// No answer, ever.
    Hang,
}

#[derive(Default)]
struct Seen {
    transactions: Vec<Transaction>,
    confirmed: Vec<TransactionId>,
}

pub(crate) struct ScriptedHouse {
    script: Box<dyn Fn(&Transaction) -> Script + Send + Sync>,
    seen: Mutex<Seen>,
    changed: Condvar,
}

/// How long a test waits for an event that has to come, also on a machine that has much
/// else to do. Nobody waits so long unless something is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

impl ScriptedHouse {
    pub(crate) fn new(script: impl Fn(&Transaction) -> Script + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { script: Box::new(script), seen: Mutex::default(), changed: Condvar::new() })
    }

    pub(crate) fn transactions(&self) -> Vec<Transaction> {
        self.seen.lock().unwrap().transactions.clone()
    }

    pub(crate) fn confirmed(&self) -> Vec<TransactionId> {
        self.seen.lock().unwrap().confirmed.clone()
    }

    /// Waits until that many replies were confirmed.
    pub(crate) fn wait_confirmed(&self, count: usize) {
        let seen = self.seen.lock().unwrap();
        let done = self.changed.wait_timeout_while(seen, PATIENCE, |s| s.confirmed.len() < count);
        assert!(!done.unwrap().1.timed_out(), "fewer than {count} replies were confirmed");
    }
}

/// A test's claim that the message is kept.
struct TestVault(TransactionId);

impl Proof for TestVault {
    fn transaction(&self) -> TransactionId {
        self.0
    }
    fn custody(&self) -> Custody {
        Custody::Held
    }
}

impl House for ScriptedHouse {
    fn handle<'a>(&'a self, transaction: Transaction, onward: &'a mut dyn Onward) -> Waiting<'a, Outcome> {
        Box::pin(async move {
            self.seen.lock().unwrap().transactions.push(transaction.clone());
            self.changed.notify_all();
            let kept = TestVault(transaction.id);
            let everyone: Vec<usize> = (0..transaction.envelope.recipients.len()).collect();
            let (recipients, edits) = match (self.script)(&transaction) {
                Script::Pass(edits) => (everyone.clone(), edits),
                Script::PassTo(recipients, edits) => (recipients, edits),
                Script::Keep => return Outcome::Accepted(Receipt::from_proof(&kept)),
                Script::Refuse(reply) => return Outcome::Refused(reply),
                Script::Defer(reply) => return Outcome::Deferred(reply),
                Script::Panic => panic!("a scripted panic"),
                Script::Hang => std::future::pending().await,
            };
            let bytes = edits.apply(&transaction.raw);
            let passing =
                Passing { transaction: &transaction, recipients: &recipients, edits: &edits, bytes: &bytes };
            match onward.pass(passing).await {
                Ok(proof) if recipients == everyone => Outcome::Accepted(Receipt::from_proof(&*proof)),
                Ok(proof) => Outcome::Accepted(Receipt::from_proof(&*proof).and(&kept)),
                Err(reply) => Outcome::Deferred(reply),
            }
        })
    }

    fn reply_seen(&self, transaction: TransactionId) {
        self.seen.lock().unwrap().confirmed.push(transaction);
        self.changed.notify_all();
    }

    fn relayed_without_dsn(&self, _: &Transaction, _: &[usize]) {}
}
