//! A process shuts itself in, for good, before it reads a byte of what it will work on. Every wall
//! holds alone: what one kernel lacks or one of them lets through, the others stop.

mod descriptors;
mod landlock;
mod limits;
mod seccomp;

pub(super) use limits::renew_cpu;

use super::calling::{Calling, Must, Walls};
use rustix::{
    process::{DumpableBehavior, Signal, set_dumpable_behavior, set_parent_process_death_signal},
    thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities, set_no_new_privs},
};

/// The walls that stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShutIn {
    /// Of Landlock the version that the kernel and we know; none without.
    pub landlock: Option<u8>,
    pub seccomp: bool,
}

/// Why a process could not shut itself in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacks {
    Landlock,
    Seccomp,
    /// A call that every kernel has failed.
    Other,
}

/// Must be called while the process has one thread only: the walls are the thread's and its children's.
pub(super) fn shut_in(calling: &Calling) -> Result<ShutIn, Lacks> {
    // Whoever started us is the pool's keeper, a thread that lives as long as the pool. Where it has
    // died already, standard input is at its end, and the first read ends us.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(other)?;
    descriptors::close_inherited().ok_or(Lacks::Other)?;
    limits::prefer_us_to_the_gate();
    set_no_new_privs(true).map_err(other)?;
    // Nobody reads our memory, by a debugger or a core file, but root.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(other)?;
    drop_capabilities()?;
    let needs = calling.profile.needs();
    let room = limits::room(calling).ok_or(Lacks::Other)?;
    let walls = calling.task.walls();
    let landlock = match walls {
        Walls::Seccomp => None,
        _ => landlock::restrict(&needs).map_err(|_| Lacks::Other)?,
    };
    let required = calling.must == Must::Required;
    if landlock.is_none() && required && walls != Walls::Seccomp {
        return Err(Lacks::Landlock);
    }
    limits::set(&room, &needs).map_err(other)?;
    let seccomp = walls != Walls::Landlock && seccomp::filter(calling.profile).is_ok();
    if !seccomp && required && walls != Walls::Landlock {
        return Err(Lacks::Seccomp);
    }
    Ok(ShutIn { landlock, seccomp })
}

/// A gate that runs as root (it need not) does not make its workers so.
fn drop_capabilities() -> Result<(), Lacks> {
    let has = capabilities(None).map_err(other)?;
    let none = CapabilitySet::empty();
    if has.effective.is_empty() && has.permitted.is_empty() && has.inheritable.is_empty() {
        return Ok(());
    }
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    set_capabilities(None, sets).map_err(other)
}

fn other(_: rustix::io::Errno) -> Lacks {
    Lacks::Other
}
