//! The composition root: the only file that knows every room. It turns a configuration
//! into a running gate, and a signal into a reload or an orderly end.

mod changes;
mod duties;
mod itself;
mod load;
mod people;
mod serve;
mod tasks;

pub use load::{StartFault, disclaimers, people, rulebook, rules, searchable, standing};
pub use people::{Lying, SEAL_THEM, carry_people, directory, lying, reseal, save};
pub(crate) use serve::MEMORY_WAIT;
pub use serve::{Running, alone, ask_to_reload, is_served, start};
