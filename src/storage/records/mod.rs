//! Records of mail with parents (RE-1): unaltered bytes and envelope, encrypted to the
//! custodians alone; the gate itself cannot read them back. Filed by parent, child and
//! member of staff, never by household (practice.md, A10): what one parent wrote or was
//! written is not found under the other. What can be seen without a custodian's key is
//! time, school, direction, roles and counts (docs/decisions/records.md).

mod absence;
mod filed;
mod keep;
mod open;
mod summary;
mod thread;

pub use absence::AbsenceAccess;
pub use filed::FiledNames;
pub use open::{Proved, RecordExport, RecordLook};
pub use summary::RecordSummary;

pub(super) use keep::RecordRow;
pub(super) use summary::records_named;

use super::{names::RecordId, secrets::Secrets};
use crate::{
    mail::{Address, SchoolId},
    parties::{PersonId, Role},
};

/// One who wrote it or was written.
#[derive(Clone)]
pub struct RecordParty {
    pub address: Address,
    pub role: Role,
}

/// As what a person stands in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FiledAs {
    Parent,
    /// A pupil whom it is about, or who is a party to it.
    Child,
    Staff,
    Governor,
}

impl FiledAs {
    pub const ALL: [Self; 4] = [Self::Parent, Self::Child, Self::Staff, Self::Governor];

    pub fn name(self) -> &'static str {
        match self {
            Self::Parent => "parent",
            Self::Child => "child",
            Self::Staff => "staff",
            Self::Governor => "governor",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Certainty {
    Certain,
    /// One of several children of the parent, and the message does not say which.
    NotCertain,
}

impl Certainty {
    pub const ALL: [Self; 2] = [Self::Certain, Self::NotCertain];

    pub fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::NotCertain => "not-certain",
        }
    }
}

/// Whom a record is filed under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    pub person: PersonId,
    pub filed_as: FiledAs,
    pub certainty: Certainty,
}

/// A copy of the transaction's message for one school.
#[derive(Clone)]
pub struct NewRecord {
    pub school: SchoolId,
    pub parties: Vec<RecordParty>,
    pub people: Vec<Filed>,
    pub message_id: Option<String>,
    /// The Message-IDs that it names in In-Reply-To and References.
    pub answers: Vec<String>,
    pub attachments: u32,
}

/// Apart from the hashes by which the ledger knows who acts.
pub(super) fn person_hash(secrets: &Secrets, person: &PersonId) -> Vec<u8> {
    secrets.hash("filed", &[person.0.as_bytes()]).to_vec()
}

fn not_found(id: &RecordId) -> super::StoreError {
    super::StoreError::NotFound { what: "record", id: id.to_string() }
}
