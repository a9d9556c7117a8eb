//! Who wrote to whom: schools, the people of their directories, and the role, relation
//! and direction of every sender and recipient.

mod model;
mod school;

pub use model::{AddressKind, Direction, DirectoryId, Listing, Parties, Party, PersonId, Relation, Role};
pub use school::{DisclaimerChoice, ListEntry, Officers, School};
