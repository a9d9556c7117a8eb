//! Classes of access: who can read what is kept. Each class of a school has epochs and
//! holders of its own, so that who reads one reads no other.

use crate::mail::SchoolId;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// What the gate may have to send on by itself: the working key and the recovery key.
    Working,
    /// Copies of mail with parents: the school's custodians of records, not the gate.
    Records,
    /// Sealed items: the recovery key alone, which two people hold together.
    Sealed,
    /// Incidents and their evidence.
    Incidents,
    /// Low-level concerns about adults (practice.md, A4).
    LowLevel,
}

impl Class {
    /// New ones are added at the end; the names are in paths and rows.
    pub const ALL: [Self; 5] = [Self::Working, Self::Records, Self::Sealed, Self::Incidents, Self::LowLevel];

    pub fn name(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Records => "records",
            Self::Sealed => "sealed",
            Self::Incidents => "incidents",
            Self::LowLevel => "low-level",
        }
    }

    /// Whether people hold it, who join and leave.
    pub fn has_custodians(self) -> bool {
        matches!(self, Self::Records | Self::Incidents | Self::LowLevel)
    }
}

/// One class of access of one school; the working class belongs to the gate.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Access {
    class: Class,
    school: Option<SchoolId>,
}

impl Access {
    pub fn working() -> Self {
        Self { class: Class::Working, school: None }
    }

    pub fn of(class: Class, school: &SchoolId) -> Self {
        let school = (class != Class::Working).then(|| school.clone());
        Self { class, school }
    }

    pub fn class(&self) -> Class {
        self.class
    }

    pub fn school(&self) -> Option<&SchoolId> {
        self.school.as_ref()
    }

    /// As rows name it; empty for the gate's own.
    pub(super) fn school_word(&self) -> String {
        self.school.as_ref().map(SchoolId::to_string).unwrap_or_default()
    }

    pub(super) fn stored(class: Class, school: &str) -> Self {
        let school = (!school.is_empty()).then(|| SchoolId(school.into()));
        Self { class, school }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.class.name())?;
        self.school.as_ref().map_or(Ok(()), |school| write!(f, " of {school}"))
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
