//! What has a key in memory leaves nothing of its memory on a disk.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use std::io;

/// No core of this process, also none by a program that the system hands cores to, and no look into
/// it by other processes of the account.
pub(super) fn no_core() -> io::Result<()> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(())
}
