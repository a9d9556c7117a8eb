//! The console in a real browser, Debian's Chromium: every page on phone and desk, in light and dark, without a fault
//! that axe-core finds; the main and the forbidden path of each role by keyboard alone; passkeys; messages that
//! would like to act. docs/testing.md says how to run these and how to take pictures.

mod axe;
mod chrome;
mod demo;
mod hostile;
mod keyboard;
mod pages;
mod passkeys;

use crate::gate::{Door, Gate, Setup};

/// A gate whose console has the address that browsers come by, and that address: passkeys belong to it.
fn gate() -> (Gate, String) {
    let port = crate::ports::free_port().port();
    let origin = format!("http://localhost:{port}");
    let more = format!("[console]\nlisten = [\"127.0.0.1:{port}\"]\naddress = \"{origin}\"\n");
    (Gate::new(Door::Relay, Setup { more, ..Setup::default() }), origin)
}
