//! How a job ends without an answer. None of it holds content: what a worker printed is looked at for
//! three sentences of Rust's own and a place in the source, and let go.

use std::fmt;

/// Why an attachment was not opened; it is `file.not-inspected`, and this is the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Died {
    /// The file broke its reader.
    Crashed(Crash),
    /// It wanted more memory than a worker has, or is larger than that itself.
    OutOfMemory,
    /// It took more CPU or wall time than one file may.
    OutOfTime,
    /// No worker was free before the deadline.
    Busy,
    /// No worker could be started.
    CouldNotStart(StartFault),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Crash {
    /// A fault of the reader; its place in the source.
    Panicked(Option<Place>),
    /// Nested deeper than its stack.
    StackOverflow,
    /// Tried what a worker may not: a file, the network, a process. The kernel ended it.
    Forbidden,
    /// Ended by another signal: `SIGSEGV`, `SIGABRT`; `SIGKILL` is the kernel's, out of memory.
    Signal(i32),
    /// Ended by itself, with this status, in the midst of a job.
    Exited(i32),
    /// What it answered was no answer, or more than was allowed.
    Garbled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartFault {
    /// The program could not be run: no memory, too many processes.
    Spawn(std::io::ErrorKind),
    /// The kernel has no Landlock, or not switched on, and the configuration requires it.
    NoLandlock,
    /// The kernel has no seccomp filters, and the configuration requires them.
    NoSeccomp,
    /// A filter around the gate itself (the service's `SystemCallFilter`) forbids the worker to shut itself in.
    Filtered,
    /// It could not shut itself in for another reason.
    Confining,
    /// It did not report within the time for a start, or ended before.
    Silent,
}

impl StartFault {
    /// Whether it lasts until somebody changes the machine.
    pub(super) fn is_lasting(self) -> bool {
        matches!(self, Self::NoLandlock | Self::NoSeccomp | Self::Filtered)
    }
}

impl Died {
    pub(super) const CRASHED: &str = "reader-crashed";
    pub(super) const NOT_STARTED: &str = "no-worker-started";

    /// A stable word, for the finding and for metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Crashed(_) => Self::CRASHED,
            Self::OutOfMemory => "out-of-memory",
            Self::OutOfTime => "out-of-time",
            Self::Busy => "no-worker-free",
            Self::CouldNotStart(_) => Self::NOT_STARTED,
        }
    }
}

impl fmt::Display for Died {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crashed(crash) => crash.fmt(f),
            Self::OutOfMemory => f.write_str("the file needs more memory than a worker has"),
            Self::OutOfTime => f.write_str("the file took longer than one file may"),
            Self::Busy => f.write_str("no worker was free in time"),
            Self::CouldNotStart(fault) => write!(f, "no worker could be started: {fault}"),
        }
    }
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(Some(place)) => write!(f, "the reader broke off at {place}"),
            Self::Panicked(None) => f.write_str("the reader broke off"),
            Self::StackOverflow => f.write_str("the reader ran out of stack"),
            Self::Forbidden => f.write_str("the reader tried what a worker may not, and was ended"),
            Self::Signal(signal) => write!(f, "the reader was ended by signal {signal}"),
            Self::Exited(status) => write!(f, "the reader ended with status {status}"),
            Self::Garbled => f.write_str("the reader's answer was no answer"),
        }
    }
}

impl fmt::Display for StartFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spawn(kind) => write!(f, "the program could not be run ({kind})"),
            Self::NoLandlock => f.write_str("this kernel has no Landlock"),
            Self::NoSeccomp => f.write_str("this kernel has no seccomp filters"),
            Self::Filtered => f.write_str("a filter around the gate forbids workers to shut themselves in"),
            Self::Confining => f.write_str("the worker could not shut itself in"),
            Self::Silent => f.write_str("the worker did not report"),
        }
    }
}

impl std::error::Error for Died {}

/// A place in the source: `src/files/pdf/mod.rs:120`. A worker is not believed, so it has to
/// look like one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    const LONGEST: usize = 160;

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (file, line) = text.split_once(".rs:")?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
        let known = file.starts_with("src/") || file.starts_with('/');
        let fits = text.len() <= Self::LONGEST && known && file.chars().all(plain);
        (fits && line.parse::<u32>().is_ok()).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_looks_like_one() {
        assert!(Place::parse("src/files/pdf/mod.rs:120").is_some());
        assert!(Place::parse("/root/.cargo/registry/src/zip-8.0.0/src/read.rs:9").is_some());
        for other in ["src/Rhiannon Rowe.rs:1", "Rowe.rs:1", "src/a.rs", "src/a.rs:x", "src/a.rs:1:2", ""] {
            assert_eq!(Place::parse(other), None, "{other}");
        }
        assert_eq!(Place::parse(&format!("src/{}.rs:1", "a".repeat(200))), None);
    }
}
