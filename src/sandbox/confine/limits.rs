//! What the kernel counts for us (setrlimit(2)).

use crate::sandbox::{calling::Calling, profile::Needs};
use rustix::{
    io::Result,
    process::{Resource, Rlimit, getrlimit, setrlimit},
    time::{ClockId, clock_gettime},
};
use std::time::Duration;

/// Deep enough for every reader, which all bound their own nesting.
const STACK: u64 = 8 << 20;

/// How much address space the worker may have in all.
pub(super) struct Room(u64);

/// The program's own mappings, and beside them what the configuration grants.
pub(super) fn room(calling: &Calling) -> Option<Room> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split(' ').next()?.parse().ok()?;
    let own = pages.checked_mul(rustix::param::page_size() as u64)?;
    own.checked_add(calling.memory).map(Room)
}

pub(super) fn set(room: &Room, needs: &Needs) -> Result<()> {
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Memlock, 0)?;
    limit(Resource::Stack, STACK)?;
    limit(Resource::As, room.0)?;
    limit(Resource::Nproc, needs.processes)?;
    limit(Resource::Nofile, needs.open_files)
}

/// Where the gate itself is bounded more narrowly, that holds.
fn limit(resource: Resource, most: u64) -> Result<()> {
    let most = getrlimit(resource).maximum.map_or(most, |bound| bound.min(most));
    setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
}

/// From now on the process may use that much more CPU; the kernel then ends it with `SIGXCPU`. It
/// counts whole seconds, so up to one more is granted.
pub(in crate::sandbox) fn renew_cpu(more: Duration) -> Result<()> {
    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0);
    let until = used.saturating_add(more.as_secs().max(1)).saturating_add(1);
    let maximum = getrlimit(Resource::Cpu).maximum;
    let until = maximum.map_or(until, |bound| bound.min(until));
    setrlimit(Resource::Cpu, Rlimit { current: Some(until), maximum })
}

/// Where the machine runs out of memory, the kernel ends a worker before the gate. Everyone may make
/// that likelier for himself; where /proc is not there, it goes by size.
pub(super) fn prefer_us_to_the_gate() {
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
}
