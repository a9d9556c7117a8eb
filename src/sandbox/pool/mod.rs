//! The workers of one profile, for threads that may block. Each job has a worker to itself; what
//! becomes of that worker is nobody else's concern, for the keeper puts another in its place.

mod keeper;
mod state;

pub use state::{Deaths, Health};

use super::{
    calling::{Calling, Must, Task, Walls},
    died::{Crash, Died},
    process::{Unanswered, Worker},
    profile::Profile,
    protocol::Request,
};
use crate::files::Opened;
use keeper::Keeper;
use state::{Shared, Turn};
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// As the configuration sets it, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// This same program, as it runs: not what has been installed over it since.
    pub program: PathBuf,
    pub profile: Profile,
    pub must: Must,
    /// Workers at most, and so files open at once; one at least.
    pub workers: usize,
    /// How many are started before there is work; the others when they are wanted.
    pub warm: usize,
    /// Bytes of memory of one worker, besides the program's own.
    pub memory: u64,
    /// CPU time of one file, in whole seconds.
    pub cpu: Duration,
    /// Time of one file from when a worker takes it.
    pub wall: Duration,
    /// Files after which a worker is replaced by a fresh one.
    pub jobs: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            program: PathBuf::from("/proc/self/exe"),
            profile: Profile::Files,
            must: Must::Required,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            warm: 0,
            memory: 512 << 20,
            cpu: Duration::from_secs(10),
            wall: Duration::from_secs(20),
            jobs: 100,
        }
    }
}

impl Settings {
    pub(super) fn calling(&self, task: Task) -> Calling {
        Calling { profile: self.profile, task, must: self.must, memory: self.memory, cpu: self.cpu }
    }
}

/// Ends all its workers when dropped.
#[derive(Debug)]
pub struct Pool {
    settings: Settings,
    shared: Arc<Shared>,
    _keeper: Keeper,
}

impl Pool {
    /// Begins a pool; what cannot be started is tried again for as long as the pool lives.
    pub fn new(settings: Settings) -> std::io::Result<Self> {
        Self::of(settings, Task::Job)
    }

    /// One whose workers do what requests are named after (`Trial`), to prove their walls.
    pub fn of_trials(settings: Settings, walls: Walls) -> std::io::Result<Self> {
        Self::of(settings, Task::Trial(walls))
    }

    fn of(settings: Settings, task: Task) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::new(settings.workers.max(1), settings.warm));
        let keeper = Keeper::begin(settings.program.clone(), settings.calling(task), shared.clone())?;
        Ok(Self { settings, shared, _keeper: keeper })
    }

    /// Has one file opened. Returns by `deadline`, or as soon after it as the kernel has ended a worker.
    pub fn open(&self, request: &Request, bytes: &[u8], deadline: Instant) -> Result<Opened, Died> {
        let opened = self.try_open(request, bytes, deadline);
        self.shared.note(&opened);
        opened
    }

    fn try_open(&self, request: &Request, bytes: &[u8], deadline: Instant) -> Result<Opened, Died> {
        if bytes.len() as u64 > self.settings.memory {
            return Err(Died::OutOfMemory);
        }
        // A worker that was spoilt by an earlier job, or killed while it rested, is not this one's fault.
        for _ in 0..SPOILT {
            let (turn, worker) = self.shared.take(deadline)?;
            let until = deadline.min(Instant::now() + self.settings.wall);
            match worker.ask(request, bytes, until) {
                Ok((worker, opened)) => {
                    match worker.jobs() < self.settings.jobs {
                        true => turn.give_back(worker),
                        false => turn.retire(worker),
                    }
                    return Ok(opened);
                }
                Err(Unanswered::Died(died)) => return Err(died),
                Err(Unanswered::NotThisJob) => {}
            }
        }
        Err(Died::Crashed(Crash::Garbled))
    }

    /// How the pool stands, for metrics and `doctor`.
    pub fn health(&self) -> Health {
        self.shared.health()
    }
}

/// Workers in a row that one job may find spoilt. None is where a job does what it should.
const SPOILT: usize = 3;

/// What a caller holds while it has a worker: its place in the pool is free again when it is dropped,
/// in whatever way the job ended.
type Held = (Turn, Worker);
