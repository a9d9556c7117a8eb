//! The relay's own side: who may speak, the session, the message, and the way onward.

mod access;
mod envelope;
mod header_from;
mod message;
mod onward;
mod peer;
mod receive;
mod server;
mod services;
mod session;
mod state;
mod talk;
mod tenant;
mod trace;

pub use onward::Accepted;
pub use server::{RelayServed, RelayServer, RelayService};
