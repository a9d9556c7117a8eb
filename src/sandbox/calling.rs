//! How the program calls itself: the arguments by which it knows that it is a worker, written and read
//! in one place. They come from nobody but the pool, but are read as strictly as if they did not.

use super::profile::Profile;
use std::{ffi::OsString, time::Duration};

/// The first argument of a worker: no verb and no option of a user's. A program that is no gate (a test that holds the
/// library) refuses it at once.
const WORKER: &str = "--as-worker";

/// Whether workers may run where the kernel lacks a wall (`sandbox` of the configuration).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Must {
    /// Rather no attachment is inspected than one is opened without all walls.
    Required,
    /// With the walls that this kernel has.
    WhenPossible,
}

/// What a worker does with the bytes it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// What the program is for.
    Job,
    /// What the name of the request says, as an attack on these walls: `trial.rs`.
    Trial(Walls),
}

/// Which walls a worker puts up. Jobs are done within all; trials show that each holds alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walls {
    All,
    Landlock,
    Seccomp,
}

impl Task {
    const ALL: [(Self, &str); 4] = [
        (Self::Job, "job"),
        (Self::Trial(Walls::All), "trial"),
        (Self::Trial(Walls::Landlock), "trial-of-landlock"),
        (Self::Trial(Walls::Seccomp), "trial-of-seccomp"),
    ];

    pub(super) fn walls(self) -> Walls {
        match self {
            Self::Job => Walls::All,
            Self::Trial(walls) => walls,
        }
    }
}

/// What a worker is told when it is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calling {
    pub(super) profile: Profile,
    pub(super) task: Task,
    pub(super) must: Must,
    /// Bytes of memory besides the program's own.
    pub(super) memory: u64,
    /// Of one job; whole seconds, as the kernel counts them.
    pub(super) cpu: Duration,
}

/// What this process was started for, if it is a worker; to be asked before anything else is done.
pub fn called() -> Option<Calling> {
    Calling::read(std::env::args_os().skip(1))
}

impl Calling {
    /// By which the caller of `serve` chooses the job.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    pub(super) fn arguments(&self) -> [String; 6] {
        let must = match self.must {
            Must::Required => "required",
            Must::WhenPossible => "when-possible",
        };
        let task = Task::ALL.iter().find(|(task, _)| *task == self.task).map_or("", |(_, name)| name);
        let (memory, cpu) = (self.memory.to_string(), self.cpu.as_secs().to_string());
        [WORKER.into(), self.profile.name().into(), task.into(), must.into(), memory, cpu]
    }

    fn read(arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let words: Vec<String> = arguments.take(7).map_while(|a| a.into_string().ok()).collect();
        let [worker, profile, task, must, memory, cpu] = words.as_slice() else { return None };
        let calling = Self {
            profile: Profile::named(profile)?,
            task: Task::ALL.iter().find(|(_, name)| name == task)?.0,
            must: match must.as_str() {
                "required" => Must::Required,
                "when-possible" => Must::WhenPossible,
                _ => return None,
            },
            memory: memory.parse().ok()?,
            cpu: Duration::from_secs(cpu.parse().ok()?),
        };
        (worker == WORKER).then_some(calling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let calling = Calling {
            profile: Profile::Ocr,
            task: Task::Trial(Walls::Seccomp),
            must: Must::WhenPossible,
            memory: 512 << 20,
            cpu: Duration::from_secs(7),
        };
        let words = calling.arguments();
        let read = |words: &[String]| Calling::read(words.iter().map(OsString::from));
        assert_eq!(read(&words), Some(calling));
        assert_eq!(read(&words[1..]), None);
        assert_eq!(read(&words[..5]), None);
        assert_eq!(read(&[words.as_slice(), &["more".to_owned()]].concat()), None);
        let mut other = words.clone();
        other[0] = "scan".into();
        assert_eq!(read(&other), None);
    }
}
