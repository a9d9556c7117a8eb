//! Debian's programs that tests run: mail servers, clients, and the public tools that must
//! open what we keep. One that is missing fails its test and says how it gets here.

use std::{env, ffi::OsString, path::PathBuf, process::Command};

/// The program of this name; never a test that is left out in silence.
pub(crate) fn program(name: &str) -> Command {
    let folders: OsString = env::var_os("PATH").unwrap_or_default();
    // Where mail servers lie, which is not on everybody's path.
    let folders = env::split_paths(&folders).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join(name)).find(|path| path.is_file());
    let found =
        found.unwrap_or_else(|| panic!("`{name}` is not installed; `scripts/setup.sh test` installs it"));
    Command::new(found)
}
