//! The milter door: Postfix (or another MTA that speaks milter version 6) shows each
//! message, we ask the house, and answer with edits or a reply. The MTA keeps the
//! message in its own queue; we run none.
//!
//! The protocol's commands, replies and flags are indymilter's; the conversation is
//! our own (docs/decisions/milter-session.md says why). `session` is the table of the
//! stages, `collect` rebuilds the message, `decide` asks the house, `onward` and `answer` turn the house's
//! outcome into what the MTA is told, `asking` asks a milter as an MTA would, for the `probe` and
//! the demo; `changes` is what the MTA is then to do.
//!
//! Whoever can connect is believed (macros say who signed in), so a TCP listener
//! belongs on loopback or a network of the MTA's own.

mod answer;
mod asking;
mod changes;
mod client;
mod collect;
mod decide;
mod frames;
mod listen;
mod macros;
mod negotiate;
mod onward;
mod probe;
mod server;
mod session;

pub use asking::{Shown, Told, ask};
pub use changes::Change;
pub use onward::LeftWithMta;
pub use probe::{PROBE_HEADER, ProbeAnswer, ProbeFault, ProbeReport, ProbeStage, probe};
pub use server::{MilterServer, MilterService, Served};
