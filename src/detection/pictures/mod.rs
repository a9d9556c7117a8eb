//! Lists of hashes that a school is given, and whether a picture is on one of them. No list is shipped.
//!
//! A match is a suspicion, never a fact: it seals the item (practice.md, A3). Entries of lists are
//! confidential: no error, log or `Debug` prints one, and no match carries one.

mod fault;
mod findings;
mod kind;
mod list;
mod matching;
mod near;
mod read;
mod source;
#[cfg(test)]
mod tests;

pub use fault::{ListFault, ListFaults};
pub use findings::listed;
pub use kind::HashKind;
pub use list::{HashList, Nearness, Summary};
pub use matching::PictureLists;
pub use source::{Columns, ListLimits, ListSource, Written};
