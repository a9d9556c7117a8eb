//! Reports and exports: which clause is enforced by what; what is handed to people as a
//! page, a PDF or a bundle that proves itself.

pub mod bundle;
mod clauses;
mod coverage;
pub mod item;
pub mod letter;
pub mod mbox;
pub mod records;
pub mod redact;
mod routes;
pub mod school;
pub mod sheet;
pub mod subject_access;

/// Ways of mail and messages that may never pass the gate (practice.md, C), whatever the clauses say.
pub const NOT_SEEN: [&str; 5] = [
    "mail between two people of one Microsoft 365 or Google Workspace tenant",
    "chat and calls in Teams, Google Chat or any other programme",
    "mail that a person reads and writes in a private account, on whatever device",
    "mail through a server or a cloud route that does not hand it to Gatehouse",
    "what is encrypted from end to end: it is seen as protected and not read",
];

pub use clauses::{Clause, Need, Status, Table, TableFault};
pub use coverage::{Coverage, NamedRule, RuleState, Standing, coverage};
pub use routes::{Unproved, Way, unproved};
