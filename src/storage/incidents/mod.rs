//! Incidents (QU-3): a rule or a report proposes, a person opens. Linked to messages and
//! people; what is done is written line by line and never changed. Texts and persons are
//! encrypted; persons are found by keyed hashes. Who may see and do what is for the caller.

mod bytes;
mod cases;
mod hand_over;
mod links;
mod open;
mod people;
mod propose;
mod read;
mod timeline;

pub use hand_over::HandedOver;
pub use people::Accusation;
pub(in crate::storage) use propose::ProposalRow;
pub use read::{Incident, IncidentEntry, IncidentFilter, IncidentLink, IncidentPerson, IncidentSummary};

use super::{
    cannot::Cannot,
    names::{IncidentId, ItemId, RecordId},
};
use crate::{
    mail::{Address, SchoolId, TransactionId},
    parties::PersonId,
    ruleset::Category,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$note])* #[serde(rename = $word)] $variant),+ }
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            pub fn name(self) -> &'static str { match self { $(Self::$variant => $word),+ } }
        }
    };
}

words! {
    /// Whose log it belongs to.
    IncidentKind {
        /// The safeguarding lead's.
        Concern = "concern",
        /// A matter about an adult below the threshold of harm: the head's alone (practice.md, A4).
        LowLevel = "low-level",
        /// An allegation against a member of staff: the head's, not the lead's.
        Allegation = "allegation",
        /// Misuse of mail: the head's and the data protection officer's (QU-6).
        Misuse = "misuse",
    }
}

words! {
    /// `Proposed` has no consequence; only a person makes it an incident.
    IncidentState {
        /// The message's own fate is not known yet; nobody sees it.
        Provisional = "provisional",
        Proposed = "proposed",
        Open = "open",
        Closed = "closed",
        /// Nothing in it, or malicious: it leaves person history (practice.md, A8).
        Dismissed = "dismissed",
        /// Taken back with its message.
        Dropped = "dropped",
        /// Its time was over, and a person said so: nothing of it is left but its number and times.
        Purged = "purged",
    }
}

words! {
    /// Where it came from.
    IncidentOrigin {
        Rule = "rule",
        /// Somebody passed a message on to the report address (OF-7).
        Report = "report",
        Person = "person",
    }
}

words! {
    /// What somebody is to an incident. `Author` says whose account it came from, not who wrote.
    Part {
        Affected = "affected",
        Accused = "accused",
        Author = "author",
        Recipient = "recipient",
        /// Who told of it; never an offender.
        Reporter = "reporter",
        /// Who passed it on (OF-11), beside the author and apart from reporters.
        Forwarder = "forwarder",
        Witness = "witness",
    }
}

words! {
    /// Why there is nothing in it.
    Dismissal {
        FalseAlarm = "false-alarm",
        Malicious = "malicious",
        Duplicate = "duplicate",
        Resolved = "resolved-before",
    }
}

words! {
    /// To whom it was taken.
    Referral {
        SocialCare = "social-care",
        DesignatedOfficer = "designated-officer",
        Police = "police",
        Prevent = "prevent",
        Health = "health",
        Regulator = "regulator",
        Other = "other",
    }
}

/// A person of the directory, or an address that nobody has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    Person(PersonId),
    Address(Address),
}

/// What belongs to an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    Item(ItemId),
    Record(RecordId),
    Message(TransactionId),
    Incident(IncidentId),
}

/// One line of an incident's timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Entry {
    Note {
        text: String,
    },
    /// What was done.
    Action {
        text: String,
    },
    Referred {
        to: Referral,
        on: NaiveDate,
        reference: String,
    },
    ParentsTold {
        on: NaiveDate,
        by: String,
    },
    /// QU-3 asks for the reason.
    ParentsNotTold {
        why: String,
    },
    Opened {
        why: String,
    },
    Closed {
        outcome: String,
    },
    Reopened {
        why: String,
    },
    Dismissed {
        why: Dismissal,
        text: String,
    },
    Linked {
        what: String,
    },
    /// Somebody's part, as a person says.
    Named {
        part: Part,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// Somebody's part was taken back, or the machine's guess refused.
    Struck {
        part: Part,
        why: String,
    },
    /// Into another log: whom it is about says whose it is.
    Moved {
        to: IncidentKind,
    },
    Exported {
        why: String,
    },
    HandedOver {
        to: String,
        why: String,
    },
}

impl Entry {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Note { .. } => "note",
            Self::Action { .. } => "action",
            Self::Referred { .. } => "referred",
            Self::ParentsTold { .. } => "parents-told",
            Self::ParentsNotTold { .. } => "parents-not-told",
            Self::Opened { .. } => "opened",
            Self::Closed { .. } => "closed",
            Self::Reopened { .. } => "reopened",
            Self::Dismissed { .. } => "dismissed",
            Self::Linked { .. } => "linked",
            Self::Named { .. } => "named",
            Self::Struck { .. } => "struck",
            Self::Moved { .. } => "moved",
            Self::Exported { .. } => "exported",
            Self::HandedOver { .. } => "handed-over",
        }
    }
}

/// What a rule or a report proposes about the transaction being kept.
#[derive(Clone)]
pub struct NewProposal {
    /// From [`super::Store::new_incident_id`].
    pub id: IncidentId,
    pub school: SchoolId,
    pub kind: IncidentKind,
    pub origin: IncidentOrigin,
    /// The rule's word for it, or the kind of report.
    pub title: String,
    pub category: Option<Category>,
    pub people: Vec<(Who, Part)>,
    /// The author by every name that the directory has: the kept bytes open with no key of theirs.
    pub author: Vec<Who>,
    /// The bytes are kept beside it (a report's original); never what may be an image of a child.
    pub evidence: Evidence,
}

/// Whether the transaction's bytes are kept with a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    Kept,
    NotKept,
}

/// An incident that a person opens.
pub struct NewIncident {
    pub school: SchoolId,
    pub kind: IncidentKind,
    pub title: String,
    pub people: Vec<(Who, Part)>,
    pub links: Vec<Link>,
    pub why: String,
}

/// Why an incident cannot be changed so.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IncidentError {
    #[error("there is no incident {0}")]
    NotFound(IncidentId),
    #[error("it is {}: {why}", state.name())]
    State { state: IncidentState, why: Cannot },
    #[error("say first whether the parents were told: yes, or no and why (`incident parents`)")]
    ParentsNotSaid,
    #[error("a text has 1 to {MOST_LETTERS} letters")]
    Text,
    #[error("an incident has at most {MOST_ENTRIES} lines; open another and link the two")]
    Full,
    #[error("there is no {what} `{id}` to link")]
    NoTarget { what: &'static str, id: String },
    #[error("nobody of that name is said or guessed to be accused in it")]
    NotNamed,
    #[error(transparent)]
    Store(#[from] super::StoreError),
}

impl IncidentError {
    /// The most that a text, and that an incident, may have.
    pub const LETTERS: usize = MOST_LETTERS;
    pub const ENTRIES: i64 = MOST_ENTRIES;
}

/// What lies encrypted in an incident's own row.
#[derive(Serialize, Deserialize)]
struct Secret {
    title: String,
}

/// Where what is sealed of it belongs.
fn place(id: &IncidentId) -> String {
    format!("incident/{id}")
}

pub(super) const MOST_LETTERS: usize = 20_000;
pub(super) const MOST_ENTRIES: i64 = 2_000;

impl Link {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Item(_) => "item",
            Self::Record(_) => "record",
            Self::Message(_) => "message",
            Self::Incident(_) => "incident",
        }
    }

    pub fn target(&self) -> String {
        match self {
            Self::Item(id) => id.to_string(),
            Self::Record(id) => id.to_string(),
            Self::Message(id) => id.to_string(),
            Self::Incident(id) => id.to_string(),
        }
    }
}
