//! Protocols only: milter, SMTP relay, files. Each door makes a Transaction and turns an Outcome into its reply.

mod memory;
pub mod milter;

pub use memory::{MemoryBudget, NoMemory, Reservation};
