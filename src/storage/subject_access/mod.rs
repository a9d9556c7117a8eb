//! Requests of people for what is held on them (PD-12): what was gathered, by key; which of it is
//! doubtful, and what two people ruled. Content is never kept here.

mod find;
mod keep;

pub use find::SentMessage;

use super::names::SubjectAccessId;
use crate::{mail::SchoolId, parties::PersonId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The key of the ruling on the request as a whole.
pub const WHOLE: &str = "request";
/// Said of a piece that is not there, and of one that is not there for whoever asks.
/// Why a piece is not given out before two people have looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Concern {
    /// Child abuse data (Data Protection Act 2018, schedule 3, part 5).
    Abuse,
    /// A solicitor, union or other protected correspondent.
    Privilege,
    /// It is also about other children.
    OtherChildren,
    /// A parent asks about a child who may well decide alone.
    ChildsRights,
    /// It may hold an image of a child: it is sealed, and nobody here opens it.
    Sealed,
    /// Mail with a listed protected correspondent, which nobody reads (practice.md, A6).
    Protected,
    /// A matter that is looked into still: whoever is told might be tipped off (practice.md, A2).
    Undecided,
    /// Somebody else may have the same name.
    NotCertain,
    /// When a child wrote, which may tell somebody to whom.
    Correspondence,
}

impl Concern {
    /// In general words, as a cover sheet says it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Abuse => "information about the protection of a child",
            Self::Privilege => "correspondence with a protected adviser",
            Self::OtherChildren => "information that is also about other children",
            Self::ChildsRights => "information over which a child may decide alone",
            Self::Sealed => "a sealed item",
            Self::Protected => "correspondence with a protected adviser, which nobody opens",
            Self::Undecided => "a matter that is not decided yet",
            Self::Correspondence => "times at which a child wrote, which may tell to whom",
            Self::NotCertain => "mail that may be about somebody else of this name",
        }
    }

    /// What is not given whatever anybody rules: nobody here can have read it.
    fn bars(self) -> bool {
        matches!(self, Self::Sealed | Self::Protected)
    }
}

/// Who rules upon a piece.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Eyes {
    /// Data protection officer and safeguarding lead.
    #[default]
    Reviewers,
    /// The head, or who stands in: an allegation, a low-level concern, misuse, or something to which
    /// whoever gathered is a party (practice.md, A4). For the others it is not there.
    Head,
}

/// One thing that was gathered, without its content.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PieceNote {
    /// `record/ID`, `item/ID`, `incident/ID`, `lead-note/ID`, `log`, `ledger`.
    pub key: String,
    pub at: DateTime<Utc>,
    pub concerns: BTreeSet<Concern>,
    #[serde(default)]
    pub eyes: Eyes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RulingOffice {
    DataProtection,
    Lead,
    /// Rules alone on what is the head's alone.
    Head,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectRuling {
    Include,
    Withhold,
}

impl RulingOffice {
    pub const ALL: [Self; 3] = [Self::DataProtection, Self::Lead, Self::Head];
    /// Both of whom rule upon what is doubtful.
    pub const REVIEWERS: [Self; 2] = [Self::DataProtection, Self::Lead];
    pub fn name(self) -> &'static str {
        match self {
            Self::DataProtection => "data-protection",
            Self::Lead => "lead",
            Self::Head => "head",
        }
    }
}

impl SubjectRuling {
    pub const ALL: [Self; 2] = [Self::Include, Self::Withhold];
    pub fn name(self) -> &'static str {
        match self {
            Self::Include => "include",
            Self::Withhold => "withhold",
        }
    }
}

/// Who asks for what is held on `person`; encrypted.
#[derive(Clone, Serialize, Deserialize)]
pub struct Asked {
    pub person: PersonId,
    /// `None`: the person.
    pub by: Option<PersonId>,
    pub pieces: Vec<PieceNote>,
    /// Concerns about the request as a whole.
    pub concerns: BTreeSet<Concern>,
}

/// A ruling with who gave it (a random id) and why.
#[derive(Clone, Debug)]
pub struct Ruled {
    pub piece: String,
    pub office: RulingOffice,
    pub ruling: SubjectRuling,
    pub by: String,
    pub at: DateTime<Utc>,
    pub words: String,
}

#[derive(Clone)]
pub struct SubjectAccess {
    pub id: SubjectAccessId,
    pub school: SchoolId,
    pub made_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub asked: Asked,
    pub rulings: Vec<Ruled>,
}

impl SubjectAccess {
    /// The keys of the pieces that go out; or what is still to be ruled. What is the head's alone holds
    /// nothing up and is named to nobody: it is withheld until the head has said otherwise.
    pub fn ready(&self) -> Result<BTreeSet<&str>, Vec<String>> {
        let of = |piece: &str, office| {
            self.rulings.iter().find(|r| r.piece == piece && r.office == office).map(|r| r.ruling)
        };
        let both = |piece: &str| RulingOffice::REVIEWERS.map(|office| of(piece, office));
        let mut open = Vec::new();
        let mut going = BTreeSet::new();
        let mut needs = |piece: &str| {
            for (office, ruling) in RulingOffice::REVIEWERS.into_iter().zip(both(piece)) {
                if ruling.is_none() {
                    open.push(format!("{piece}: {}", office.name()));
                }
            }
            both(piece) == [Some(SubjectRuling::Include); 2]
        };
        let whole = needs(WHOLE);
        for piece in &self.asked.pieces {
            let included = match piece.eyes {
                Eyes::Head => of(&piece.key, RulingOffice::Head) == Some(SubjectRuling::Include),
                Eyes::Reviewers => piece.concerns.is_empty() || needs(&piece.key),
            };
            if whole && included && !piece.concerns.iter().any(|c| c.bars()) {
                going.insert(piece.key.as_str());
            }
        }
        if open.is_empty() { Ok(going) } else { Err(open) }
    }
}
