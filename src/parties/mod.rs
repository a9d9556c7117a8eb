//! Who wrote to whom: schools, the people of their directories, and the role, relation
//! and direction of every sender and recipient.

mod alerts;
mod calendar;
mod conflict;
mod diff;
mod directory;
mod fault;
mod import;
mod leaving;
mod model;
mod months;
mod office;
mod person;
mod proof;
mod resolve;
mod retention;
#[cfg(test)]
pub(crate) mod sample;
mod school;
mod school_time;
pub mod snapshot;

pub use alerts::{Alerts, Attendance, OnDuty, Pace};
pub use calendar::{Calendar, Span, Zone};
pub use conflict::{Matter, involved, ladder, may_be_told};
pub use diff::{Diff, Differs, diff};
pub use directory::{Directory, Group, Holder, Known, Name, Person};
pub use fault::{Fault, Faults, Gravity, closest, render};
pub use import::{Import, SourceFile, import, import_files};
pub use leaving::leaving;
pub use model::{AddressKind, Direction, DirectoryId, Listing, Parties, Party, PersonId, Relation, Role};
pub use months::{Month, Season, Term, span};
pub use person::{GroupKind, GroupRecord, ImageConsent, Membership, PersonRecord, Standing};
pub use resolve::resolve;
pub use retention::{Period, Retention};
pub use school::{DisclaimerChoice, ListEntry, Nation, Officers, School};
pub use school_time::SchoolTime;
pub use snapshot::SnapshotError;
