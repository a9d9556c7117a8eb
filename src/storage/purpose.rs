//! Why somebody looks: the purposes that practice.md, E, offers, and nothing else.

use super::ledger::LedgerEvent;

/// What a look is for. Whoever looks at what was kept, or writes it out, chooses one; the ledger has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// To establish facts.
    Facts,
    /// To check that rules and law are kept.
    Compliance,
    /// To see that standards are met.
    Standards,
    /// To prevent or detect crime.
    Crime,
    /// Use of the system that is not authorised.
    UnauthorisedUse,
    /// To keep the system running.
    SystemOperation,
    /// To protect a child.
    Safeguarding,
    /// An allegation against a member of staff.
    Allegation,
    /// Somebody asks what is held on them.
    SubjectAccess,
    Complaint,
    /// A request of the law or the police.
    LegalRequest,
    /// The account's owner is away. Records open for it only with leave, an approver and an end.
    Absence,
}

impl Purpose {
    pub const ALL: [Self; 12] = [
        Self::Facts,
        Self::Compliance,
        Self::Standards,
        Self::Crime,
        Self::UnauthorisedUse,
        Self::SystemOperation,
        Self::Safeguarding,
        Self::Allegation,
        Self::SubjectAccess,
        Self::Complaint,
        Self::LegalRequest,
        Self::Absence,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Compliance => "compliance",
            Self::Standards => "standards",
            Self::Crime => "crime",
            Self::UnauthorisedUse => "unauthorised-use",
            Self::SystemOperation => "system-operation",
            Self::Safeguarding => "safeguarding",
            Self::Allegation => "allegation",
            Self::SubjectAccess => "subject-access",
            Self::Complaint => "complaint",
            Self::LegalRequest => "legal-request",
            Self::Absence => "absence",
        }
    }
}

/// A purpose, and what there is to say about it in somebody's own words.
#[derive(Clone)]
pub struct Why {
    pub purpose: Purpose,
    pub words: Option<String>,
}

impl Why {
    pub fn new(purpose: Purpose, words: impl Into<String>) -> Self {
        Self { purpose, words: Some(words.into()).filter(|words: &String| !words.is_empty()) }
    }
}

impl LedgerEvent {
    /// What a look was for: the purpose by its name, the words encrypted.
    pub(in crate::storage) fn looked(self, why: &Why) -> Self {
        self.with("purpose", why.purpose.name()).because(why.words.clone())
    }
}

impl From<Purpose> for Why {
    fn from(purpose: Purpose) -> Self {
        Self { purpose, words: None }
    }
}
