//! What this machine offers workers, as data for `gatehouse doctor`: not what its kernel says of
//! itself but what a worker found, and what became of the attacks that one tried.

use super::{
    calling::{Must, Task, Walls},
    confine::ShutIn,
    died::{Crash, Died, StartFault},
    pool::{Pool, Settings},
    process::Worker,
    trial::Trial,
};
use std::time::{Duration, Instant};

/// How workers stand on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Every wall.
    Full(ShutIn),
    /// They run, with these walls only: the configuration has to allow it.
    Partly(ShutIn),
    /// None can be started at all.
    None(StartFault),
}

impl Support {
    /// What the operator should do, where there is something to do. Whole sentences for `doctor`.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Full(_) => None,
            Self::Partly(ShutIn { landlock: None, .. }) => Some(
                "This kernel has no Landlock. Linux 5.13 and later have it; where it is built in but off, add \
                 `landlock` to the list of the kernel parameter `lsm=`. A container needs a runtime whose filter \
                 lets the landlock_* calls through. Until then attachments are not inspected, unless \
                 `sandbox = \"when-possible\"` in [files] accepts the walls that are left.",
            ),
            Self::Partly(_) => Some(
                "This kernel takes no seccomp filters. Every Debian kernel does; in a container ask for a runtime \
                 that lets seccomp(2) through. Until then attachments are not inspected, unless \
                 `sandbox = \"when-possible\"` in [files] accepts the walls that are left.",
            ),
            Self::None(StartFault::Filtered) => Some(
                "The filter of the service forbids workers to shut themselves in. Add to its [Service] section: \
                 SystemCallFilter=landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp",
            ),
            Self::None(StartFault::Spawn(_)) => Some(
                "The program could not start itself. Look at the limits of the service (TasksMax=, MemoryMax=) and \
                 whether /proc is mounted.",
            ),
            Self::None(_) => {
                Some("A worker does not come up. Please report it, with the output of `uname -r`.")
            }
        }
    }
}

/// Starts one worker and asks what walls it has.
pub fn look(settings: &Settings) -> Support {
    let settings = Settings { must: Must::WhenPossible, ..settings.clone() };
    let until = Instant::now() + Duration::from_secs(10);
    // On this thread: the worker is gone before it.
    match Worker::start(&settings.program, &settings.calling(Task::Trial(Walls::All)), until)
        .map(|w| w.walls())
    {
        Ok(walls) if walls.landlock.is_some() && walls.seccomp => Support::Full(walls),
        Ok(walls) => Support::Partly(walls),
        Err(fault) => Support::None(fault),
    }
}

/// What became of an attack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// The kernel ended the worker that tried.
    Ended,
    /// It was refused, and the worker lives.
    Refused,
    /// It succeeded: a hole.
    Through,
    /// It did not come to it.
    Untried(Died),
}

/// One attack and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub trial: Trial,
    pub held: Held,
}

/// Has workers try what they must not be able to, one after the other.
pub fn prove(settings: &Settings) -> std::io::Result<Vec<Attempt>> {
    const TRIED: [Trial; 6] =
        [Trial::OpenFile, Trial::WriteFile, Trial::ListFolder, Trial::Connect, Trial::Run, Trial::Thread];
    let pool = Pool::of_trials(Settings { workers: 1, ..settings.clone() }, Walls::All)?;
    let held =
        |trial: Trial| match pool.open(&trial.request(), b"9", Instant::now() + Duration::from_secs(10)) {
            Ok(opened) if opened.missed.is_empty() => Held::Through,
            Ok(_) => Held::Refused,
            Err(Died::Crashed(Crash::Forbidden)) => Held::Ended,
            Err(died) => Held::Untried(died),
        };
    Ok(TRIED.into_iter().map(|trial| Attempt { trial, held: held(trial) }).collect())
}
