//! What the gate had open when it started us, and whoever started the gate, is none of our business: most
//! is closed by the kernel on the way here, but not what a service manager, a shell or a library passes on.

use std::{fs, os::fd::RawFd};

/// All but the three pipes. Nothing of ours is open yet, so nobody's descriptor is closed under him.
pub(super) fn close_inherited() -> Option<()> {
    let listed = fs::read_dir("/proc/self/fd").ok()?;
    let names = listed.map_while(Result::ok).map(|entry| entry.file_name());
    let all: Vec<RawFd> = names.filter_map(|name| name.to_str()?.parse().ok()).collect();
    for fd in all.into_iter().filter(|&fd| fd > 2) {
        // One is that of the list itself, and closed already.
        let _ = nix::unistd::close(fd);
    }
    Some(())
}
