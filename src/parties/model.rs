//! Roles, relations, and the parties of one transaction.

use crate::mail::{Address, SchoolId};
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// What a person or address is to the school. A person may have several (practice.md, A11);
/// the order is the one in which one of several is named first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Staff,
    Pupil,
    Supply,
    Governor,
    Parent,
    Guest,
    Group,
    /// A confidential or protected correspondent (helpline, union, solicitor, ...).
    Service,
    /// A trusted agency of the school's list.
    Partner,
    Outside,
}

impl Role {
    pub const ALL: [Self; 10] = [
        Self::Staff,
        Self::Pupil,
        Self::Supply,
        Self::Governor,
        Self::Parent,
        Self::Guest,
        Self::Group,
        Self::Service,
        Self::Partner,
        Self::Outside,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Pupil => "pupil",
            Self::Supply => "supply",
            Self::Governor => "governor",
            Self::Parent => "parent",
            Self::Guest => "guest",
            Self::Group => "group",
            Self::Service => "service",
            Self::Partner => "partner",
            Self::Outside => "outside",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `staff->parent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Relation {
    pub from: Role,
    pub to: Role,
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}->{}", self.from, self.to)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    Inbound,
    Outbound,
    Internal,
}

impl Direction {
    pub fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Internal => "internal",
        }
    }
}

/// The id that the school's own system gives a person (OneRoster `sourcedId`), unique
/// within the directory.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PersonId(pub Arc<str>);

/// Digest of the directory's content: which state of it a verdict was made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryId(pub String);

/// What an address is to the person it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressKind {
    /// In the school's own domains.
    School,
    /// A staff member's or pupil's address outside the school's domains.
    Personal,
    /// A parent's (or other outsider's) registered address: the ordinary channel.
    Registered,
}

/// Why an outside correspondent is listed by the school (practice.md, A1, A6, A9; CT-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Listing {
    /// Safeguarding agency, social worker, police, designated officer.
    SafeguardingAgency,
    /// Helpline or counselling service: never copied, recorded or shown.
    Helpline,
    /// The school's own safeguarding lead or report address.
    Lead,
    /// Union, solicitor, regulator, member of parliament, occupational health.
    Protected,
    /// A partner with agreed protection in transit.
    Partner,
    /// A bulk sender of the school's own (newsletters, closure notices).
    BulkSender,
}

/// One address of the envelope or header, resolved.
#[derive(Clone, Debug)]
pub struct Party {
    /// `None` for the null sender.
    pub address: Option<Address>,
    /// The display name that stood beside it.
    pub display_name: Option<String>,
    /// The school whose domain it lies in, or to which the known person belongs.
    pub school: Option<SchoolId>,
    /// Whether the address lies in a school's own domain.
    pub inside: bool,
    /// The roles that count here, most telling first; never empty.
    pub roles: Vec<Role>,
    pub person: Option<PersonId>,
    pub kind: Option<AddressKind>,
    pub listing: Option<Listing>,
}

impl Party {
    pub fn role(&self) -> Role {
        self.roles.first().copied().unwrap_or(Role::Outside)
    }
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// Everyone named by a transaction.
#[derive(Clone, Debug)]
pub struct Parties {
    /// The envelope sender.
    pub envelope_sender: Party,
    /// The header's From (and Sender), which may differ: both count (practice.md, A7).
    pub header_senders: Vec<Party>,
    /// One for each envelope recipient, same order.
    pub recipients: Vec<Party>,
    /// To and Cc as the header shows them.
    pub visible: Vec<Party>,
    /// Toward each recipient.
    pub directions: Vec<Direction>,
    /// Of the transaction: outbound if any recipient is outside.
    pub direction: Direction,
    /// For each recipient, from the sender's first role.
    pub relations: Vec<Relation>,
    /// The school whose rules hold for the sender's side, else the first recipient's.
    pub school: Option<SchoolId>,
    /// The directory person that the transaction's proof stands for. Only such a sender
    /// gets holds, nudges and exemptions.
    pub proved_sender: Option<PersonId>,
}

impl Parties {
    /// Envelope and header senders together.
    pub fn senders(&self) -> impl Iterator<Item = &Party> {
        std::iter::once(&self.envelope_sender).chain(&self.header_senders)
    }
}
