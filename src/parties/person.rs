//! A person and a group of the directory as an importer hands them over and as a
//! snapshot keeps them: checked values, references still by id.

use super::{AddressKind, PersonId, Role};
use crate::mail::{Address, SchoolId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a person is to one school.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Membership {
    pub school: SchoolId,
    pub role: Role,
}

/// Whether roles still count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    #[default]
    Current,
    /// That day is the last one.
    Until(NaiveDate),
    Left,
}

impl Standing {
    pub fn counts_on(self, day: NaiveDate) -> bool {
        match self {
            Self::Current => true,
            Self::Until(last) => day <= last,
            Self::Left => false,
        }
    }
}

/// Consent to pictures being sent (PD-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageConsent {
    Given,
    Refused,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecord {
    pub id: PersonId,
    pub given: String,
    pub family: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<String>,
    pub memberships: Vec<Membership>,
    pub addresses: Vec<(Address, AddressKind)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// Pupils whose parent this person is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<PersonId>,
    /// People who must not be told about this pupil (practice.md, A10).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub must_not_contact: Vec<PersonId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub born: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<ImageConsent>,
    #[serde(default)]
    pub standing: Standing,
}

/// How a shared address is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupKind {
    /// A distribution list: a class, a year group, all staff.
    List,
    /// An office that its members read and write from (`office@`, `safeguarding@`).
    Mailbox,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRecord {
    pub address: Address,
    pub name: String,
    pub school: SchoolId,
    pub kind: GroupKind,
    pub members: Vec<PersonId>,
}

/// Personal data never reaches a log through `{:?}`.
impl fmt::Debug for PersonRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonRecord").field("addresses", &self.addresses.len()).finish_non_exhaustive()
    }
}
impl fmt::Debug for GroupRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupRecord").field("members", &self.members.len()).finish_non_exhaustive()
    }
}
