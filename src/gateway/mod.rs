//! One message's imperative shell: gather the facts, assess in a bounded pool with a
//! deadline, commit what is kept, act, answer. What fails inside becomes what the
//! school chose, a 4xx by default; in observe mode the message passes unchanged.

mod act;
mod alarm;
mod alerts;
mod anchor;
mod answer;
mod assess;
mod canary;
mod counters;
mod digest;
mod expire;
mod failure;
mod gather;
mod itself;
mod measures;
mod metrics;
mod months;
mod overdue;
mod readers;
mod recall;
mod relayed;
mod retain;
pub mod routes;
mod scanner;
mod scanner_signs;
mod seats;
mod trouble;

pub use answer::ByCode;
pub use canary::{Handed, send_canary};
pub use itself::{Remark, Remarked, Room, Says, remarks};
pub use overdue::{Overdue, Rung, overdue};
pub use scanner::{Rescanner, ScannerSeen, ScannerStands};
pub use scanner_signs::SignatureAge;

use crate::{
    clock::Clock,
    config::{AlarmConfig, AnchorConfig, CanaryConfig, Limits, OnFailure},
    effects::{Disclaimers, Notices, PerHour, Signers},
    mail::{Address, Custody, House, Mode, Onward, Outcome, Transaction, TransactionId, Waiting},
    pipeline::Rulebook,
    storage::{Actor, Store},
    wire::clamd::Clamd,
};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError, RwLock},
};
use tokio::sync::Semaphore;

/// All that may change on reload, swapped in whole.
#[derive(Clone)]
pub struct Standing {
    pub rulebook: Rulebook,
    pub disclaimers: Disclaimers,
    pub signers: Arc<Signers>,
    pub notices: Notices,
    /// Address to which senders answer nudges.
    pub answers_to: Option<Address>,
    /// Next hop for what we release and write; `None` is by domain.
    pub own_hop: Option<String>,
    /// For mail of no school.
    pub mode: Mode,
    pub on_failure: OnFailure,
    pub limits: Limits,
    /// Places outside that hold the ledger's heads.
    pub anchors: Vec<AnchorConfig>,
    pub alarms: Vec<AlarmConfig>,
    /// Who runs the machine.
    pub admins: Vec<Address>,
    /// Ways of the mail that are proved every day.
    pub canaries: Vec<CanaryConfig>,
    /// What looks for malware.
    pub scanner: Option<Arc<Clamd>>,
}

/// The house behind every door.
pub struct Gate {
    standing: RwLock<Arc<Standing>>,
    /// Who reads what is in force, and puts something else there, does so alone.
    changing: tokio::sync::Mutex<()>,
    store: Store,
    clock: Clock,
    /// Assessments at once: one for each core, so that the deadline means work, not queueing.
    pool: Arc<Semaphore>,
    scratches: assess::Scratches,
    unconfirmed: Unconfirmed,
    measures: measures::Held,
    seats: seats::Held,
    per_hour: Mutex<PerHour>,
    /// Of reports, apart: anyone outside may ask for those, and must not use up what our own people get.
    reports_per_hour: Mutex<PerHour>,
    counters: counters::Counters,
    scanner: scanner::Watch,
    runtime: tokio::runtime::Handle,
}

impl Gate {
    pub fn new(standing: Standing, store: Store, clock: Clock, notices_per_hour: u32) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            standing: RwLock::new(Arc::new(standing)),
            changing: tokio::sync::Mutex::default(),
            store,
            clock,
            pool: Arc::new(Semaphore::new(cores)),
            scratches: assess::Scratches::default(),
            unconfirmed: Unconfirmed::default(),
            measures: measures::Held::default(),
            seats: seats::Held::default(),
            per_hour: Mutex::new(PerHour::new(notices_per_hour)),
            reports_per_hour: Mutex::new(PerHour::new(notices_per_hour)),
            counters: counters::Counters::default(),
            scanner: scanner::Watch::default(),
            runtime: tokio::runtime::Handle::current(),
        }
    }

    /// What is in force now. Messages under way keep what they began with.
    pub fn standing(&self) -> Arc<Standing> {
        self.standing.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// For whoever makes what is to be in force out of what is, until it is dropped.
    pub async fn turn_to_change(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.changing.lock().await
    }

    /// From the next message on, this is in force.
    pub fn replace(&self, standing: Standing) {
        *self.standing.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(standing);
    }
}

/// Transactions of which something was kept and whose 250 the client may not have got yet:
/// only for these does the store note that it was seen. Most mail passes and is none.
struct Unconfirmed(Mutex<Option<HashSet<TransactionId>>>);

/// Clients that vanish leave theirs behind; with so many the store is asked each time.
const MOST_UNCONFIRMED: usize = 100_000;

impl Default for Unconfirmed {
    fn default() -> Self {
        Self(Mutex::new(Some(HashSet::new())))
    }
}

impl Unconfirmed {
    fn add(&self, transaction: TransactionId) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_mut().is_some_and(|kept| kept.insert(transaction) && kept.len() > MOST_UNCONFIRMED) {
            *kept = None;
        }
    }

    /// Whether it is one of them, or may be.
    fn take(&self, transaction: TransactionId) -> bool {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_mut().is_none_or(|kept| kept.remove(&transaction))
    }
}

/// What a door is given: the gate, shared with the pool.
pub struct GateHouse(pub Arc<Gate>);

impl House for GateHouse {
    fn handle<'a>(&'a self, transaction: Transaction, onward: &'a mut dyn Onward) -> Waiting<'a, Outcome> {
        let id = transaction.id;
        Box::pin(async move {
            let outcome = self.0.fate(Arc::new(transaction), onward).await;
            if let Outcome::Accepted(receipt) = &outcome
                && receipt.custody().contains(&Custody::Held)
            {
                self.0.unconfirmed.add(id);
            }
            outcome
        })
    }

    fn reply_seen(&self, transaction: TransactionId) {
        if !self.0.unconfirmed.take(transaction) {
            return;
        }
        let store = self.0.store.clone();
        self.0.runtime.spawn(async move {
            if let Err(error) = store.reply_seen(transaction).await {
                tracing::warn!(%transaction, %error, "reply-seen not noted; a repeat may be taken for a retry");
            }
        });
    }

    fn relayed_without_dsn(&self, transaction: &Transaction, recipients: &[usize]) {
        let Some(report) = self.0.relayed_report(transaction, recipients) else { return };
        let (store, id) = (self.0.store.clone(), transaction.id);
        self.0.runtime.spawn(async move {
            if let Err(error) = store.enqueue(vec![report], &Actor::Gate).await {
                tracing::error!(transaction = %id, %error, "report.not-written");
            }
        });
    }
}

impl Standing {
    /// How the message's own school (else the house) wants verdicts treated.
    fn mode_of(&self, school: Option<&crate::mail::SchoolId>) -> Mode {
        school.and_then(|id| self.rulebook.schools.iter().find(|s| s.id == *id)).map_or(self.mode, |s| s.mode)
    }
}
