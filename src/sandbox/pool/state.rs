//! Who has which worker: the one lock of the pool. Nothing is done under it but counting.

use super::Held;
use crate::sandbox::{
    confine::ShutIn,
    died::{Died, StartFault},
    process::Worker,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How a pool stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    pub idle: usize,
    pub busy: usize,
    pub waiting: usize,
    /// Workers started since the pool began.
    pub started: u64,
    /// Jobs that were answered.
    pub answered: u64,
    pub deaths: Deaths,
    /// Why the last start failed, unless one has succeeded since.
    pub fault: Option<StartFault>,
    /// The walls of the worker that was started last.
    pub walls: Option<ShutIn>,
}

/// Jobs that ended without an answer, by how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deaths {
    pub crashed: u64,
    pub out_of_memory: u64,
    pub out_of_time: u64,
    pub busy: u64,
    pub could_not_start: u64,
}

impl Deaths {
    /// Each with the word that findings and metrics have for it (`Died::name`).
    pub fn by_name(&self) -> [(&'static str, u64); 5] {
        let Self { crashed, out_of_memory, out_of_time, busy, could_not_start } = *self;
        [
            (Died::CRASHED, crashed),
            (Died::OutOfMemory.name(), out_of_memory),
            (Died::OutOfTime.name(), out_of_time),
            (Died::Busy.name(), busy),
            (Died::NOT_STARTED, could_not_start),
        ]
    }
}

#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// For callers: a worker is free, or a start has failed.
    free: Condvar,
    /// For the keeper: there is something to start or to end.
    wanted: Condvar,
    most: usize,
}

#[derive(Debug)]
struct State {
    idle: Vec<Worker>,
    busy: usize,
    /// Callers without a worker, in the order they came.
    queue: VecDeque<u64>,
    next: u64,
    /// To be ended by the keeper, who has the time.
    retired: Vec<Worker>,
    /// Workers to be kept ready: as many as were ever wanted at once.
    kept: usize,
    backoff: Backoff,
    health: Health,
    closing: bool,
}

/// After a start that failed the next waits, longer each time, but it always comes.
#[derive(Debug)]
struct Backoff {
    failures: u32,
    not_before: Option<Instant>,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(30);

    fn failed(&mut self) {
        let pause = Self::FIRST.saturating_mul(1 << self.failures.min(16)).min(Self::LONGEST);
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(Instant::now() + pause);
    }

    fn succeeded(&mut self) {
        *self = Self { failures: 0, not_before: None };
    }

    fn left(&self) -> Duration {
        self.not_before.map_or(Duration::ZERO, |then| then.saturating_duration_since(Instant::now()))
    }
}

impl State {
    /// Whether there is nothing to wait for: none is at work, and a start has just failed, or will
    /// again, or is long to come. Each attachment would hold up its message for nothing.
    fn is_hopeless(&self, failures_before: u32) -> bool {
        const PATIENCE: Duration = Duration::from_secs(2);
        let lasting = self.health.fault.is_some_and(StartFault::is_lasting);
        let failed = self.backoff.failures > failures_before;
        self.busy == 0 && self.idle.is_empty() && (lasting || failed || self.backoff.left() > PATIENCE)
    }
}

/// What the keeper does next.
pub(super) enum Errand {
    Start,
    End(Vec<Worker>),
    Close(Vec<Worker>),
}

impl Shared {
    pub(super) fn new(most: usize, warm: usize) -> Self {
        let state = State {
            idle: Vec::new(),
            busy: 0,
            queue: VecDeque::new(),
            next: 0,
            retired: Vec::new(),
            kept: warm.min(most),
            backoff: Backoff { failures: 0, not_before: None },
            health: Health::default(),
            closing: false,
        };
        Self { state: Mutex::new(state), free: Condvar::new(), wanted: Condvar::new(), most }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker, in the order of asking.
    pub(super) fn take(self: &Arc<Self>, deadline: Instant) -> Result<Held, Died> {
        let mut state = self.lock();
        let ticket = state.next;
        state.next += 1;
        state.queue.push_back(ticket);
        let failures_before = state.backoff.failures;
        let taken = loop {
            if state.queue.front() == Some(&ticket)
                && let Some(worker) = state.idle.pop()
            {
                if worker.is_ready() {
                    break Ok(worker);
                }
                // It died while it had nothing to do, or speaks unasked.
                state.retired.push(worker);
                self.wanted.notify_one();
                continue;
            }
            state.kept = state.kept.max(state.busy + state.queue.len()).min(self.most);
            self.wanted.notify_one();
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || state.is_hopeless(failures_before) {
                let fault = state.health.fault.filter(|_| state.busy == 0);
                break Err(fault.map_or(Died::Busy, Died::CouldNotStart));
            }
            state = self.free.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        };
        state.queue.retain(|&other| other != ticket);
        state.busy += usize::from(taken.is_ok());
        // Whoever is first now may have waited for this one to go.
        self.free.notify_all();
        taken.map(|worker| (Turn(self.clone()), worker))
    }

    /// Counts how a job ended.
    pub(super) fn note<T>(&self, ended: &Result<T, Died>) {
        let health = &mut self.lock().health;
        let count = match ended {
            Ok(_) => &mut health.answered,
            Err(Died::Crashed(_)) => &mut health.deaths.crashed,
            Err(Died::OutOfMemory) => &mut health.deaths.out_of_memory,
            Err(Died::OutOfTime) => &mut health.deaths.out_of_time,
            Err(Died::Busy) => &mut health.deaths.busy,
            Err(Died::CouldNotStart(_)) => &mut health.deaths.could_not_start,
        };
        *count += 1;
    }

    pub(super) fn health(&self) -> Health {
        let state = self.lock();
        Health { idle: state.idle.len(), busy: state.busy, waiting: state.queue.len(), ..state.health }
    }

    /// Waits until there is something for the keeper to do.
    pub(super) fn errand(&self) -> Errand {
        let mut state = self.lock();
        loop {
            if state.closing {
                let mut all = std::mem::take(&mut state.retired);
                all.append(&mut state.idle);
                return Errand::Close(all);
            }
            let left = state.backoff.left();
            let short = state.idle.len() + state.busy < state.kept;
            if short && left.is_zero() {
                return Errand::Start;
            }
            if !state.retired.is_empty() {
                return Errand::End(std::mem::take(&mut state.retired));
            }
            state = match short {
                true => self.wanted.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                false => self.wanted.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    pub(super) fn started(&self, outcome: Result<Worker, StartFault>) {
        let mut state = self.lock();
        state.health.fault = outcome.as_ref().err().copied();
        match outcome {
            Ok(worker) => {
                state.backoff.succeeded();
                state.health.started += 1;
                state.health.walls = Some(worker.walls());
                state.idle.push(worker);
            }
            Err(_) => state.backoff.failed(),
        }
        self.free.notify_all();
    }

    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.wanted.notify_one();
    }
}

/// The right to one of the pool's places.
pub(super) struct Turn(Arc<Shared>);

impl Turn {
    pub(super) fn give_back(self, worker: Worker) {
        self.0.lock().idle.push(worker);
    }

    /// Ended by the keeper, not on the caller's time.
    pub(super) fn retire(self, worker: Worker) {
        self.0.lock().retired.push(worker);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.lock().busy -= 1;
        self.0.wanted.notify_one();
        self.0.free.notify_all();
    }
}
