//! The composition root: the only file that knows every room. It turns a configuration
//! into a running gate, and a signal into a reload or an orderly end.

mod duties;
mod itself;
mod load;
mod serve;
mod tasks;

pub use crate::desk::{
    people_file::{Lying, SEAL_THEM, carry_people, directory, lying, reseal, save},
    rulebook::people,
};
pub use load::{StartFault, disclaimers, rulebook, rules, searchable, standing};
pub(crate) use serve::MEMORY_WAIT;
pub use serve::{Running, alone, ask_to_reload, is_served, start};
