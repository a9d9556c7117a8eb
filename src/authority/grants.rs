//! Offices given to people: for one school or for the trust, with a beginning and an end.

use super::model::{Office, Offices};
use crate::mail::SchoolId;
use chrono::{DateTime, Utc};

/// Where an office is held. An office of the trust is none at any school: trust staff see no
/// school by default.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    School(SchoolId),
    Trust,
}

/// Whether a grant counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// It needs none, or has it.
    Given,
    Awaited,
}

#[derive(Clone, Debug)]
pub struct Grant {
    pub office: Office,
    pub scope: Scope,
    pub from: DateTime<Utc>,
    /// From this moment it counts no more.
    pub until: Option<DateTime<Utc>>,
    pub revoked: Option<DateTime<Utc>>,
    pub approval: Approval,
}

impl Grant {
    pub fn counts_at(&self, now: DateTime<Utc>) -> bool {
        self.approval == Approval::Given
            && self.from <= now
            && self.until.is_none_or(|end| now < end)
            && self.revoked.is_none_or(|end| now < end)
    }
}

/// The offices that count now at `scope`.
pub fn in_force<'a>(
    grants: impl IntoIterator<Item = &'a Grant>,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Offices {
    grants.into_iter().filter(|g| g.scope == *scope && g.counts_at(now)).map(|g| g.office).collect()
}

/// What giving an office takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrantKind {
    /// Opens nothing of others: staff, governor, guest.
    Plain,
    /// Reads what waits, or runs the machine: head or data protection officer.
    Reading,
    /// Says who reads: two of head, data protection officer and chair.
    Governing,
}

impl GrantKind {
    pub const ALL: [Self; 3] = [Self::Plain, Self::Reading, Self::Governing];
    pub fn of(office: Office) -> Self {
        match office {
            Office::Staff | Office::Governor | Office::Guest => Self::Plain,
            Office::Lead | Office::Deputy | Office::Admin => Self::Reading,
            Office::Head | Office::Chair | Office::DataProtection => Self::Governing,
        }
    }
}
