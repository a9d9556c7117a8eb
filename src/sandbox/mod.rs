//! Attachments are opened in processes that can do nothing but read their pipe and answer, so that
//! whatever a file does to its reader ends there: no file, no network, no other process, bounded memory
//! and time. `Pool` is what the gate holds; `called` and `serve` are what the same program does as a
//! worker (docs/decisions/sandbox.md).

mod calling;
mod confine;
mod died;
mod opener;
mod pool;
mod process;
mod profile;
mod protocol;
mod recognise;
mod support;
mod trial;
mod worker;

pub use calling::{Calling, Must, Walls, called};
pub use confine::ShutIn;
pub use died::{Crash, Died, Place, StartFault};
pub use opener::Sandboxed;
pub use pool::{Deaths, Health, Pool, Settings};
pub use profile::Profile;
pub use protocol::Request;
pub use recognise::recognise;
pub use support::{Attempt, Held, Support, look, prove};
pub use trial::Trial;
pub use worker::serve;
