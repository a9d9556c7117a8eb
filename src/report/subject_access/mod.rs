//! What is held on a person (PD-12): gathered from records, quarantine, incidents and logs (`mail`,
//! `matters`), third parties taken out, and set as two documents (`sheet`): one for the reviewers,
//! with what was taken out and what is doubtful, and one for the person, with what is given.
//! Of what is not given the person's document says nothing: neither what it is nor how much
//! (practice.md, A2).

mod mail;
mod matters;
mod sheet;

pub use sheet::{Audience, Reviewed, ReviewedText, Told, reviewed, write};

use super::{letter::Letter, redact::Spotter};
use crate::{
    authority::{self, Case, Matter},
    mail::Address,
    parties::{Directory, ListEntry, Listing, Person, Role, School},
    storage::{
        Actor, Cannot, Concern, Eyes, Identities, IncidentId, ItemId, PieceNote, Purpose, RecordId, Store,
        StoreError, Why,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// One thing that is held.
pub struct Piece {
    pub note: PieceNote,
    /// `Record of mail with a parent`, `Message held for review`.
    pub source: &'static str,
    pub content: Content,
}

/// What is read of a piece.
pub enum Content {
    /// Nobody opens it here, or it is not for whoever gathers.
    Unopened,
    Letter(Box<Letter>),
    /// The first row is the head.
    Table(Vec<Vec<String>>),
    Story {
        title: String,
        facts: Vec<(&'static str, String)>,
        entries: Vec<(DateTime<Utc>, String)>,
    },
}

/// What gathering needs.
pub struct Gathering<'a> {
    pub store: &'a Store,
    pub directory: &'a Directory,
    pub school: &'a School,
    pub custodian: &'a Identities,
    pub actor: &'a Actor,
    /// Whether a thing is there for whoever gathers (practice.md, A4).
    pub sees: &'a (dyn Fn(&Case) -> bool + Send + Sync),
    /// Whether whoever gathers is one of the two who rule on notes for leads.
    pub reads_notes: bool,
}

/// Everything that was found.
pub struct Gathered {
    pub pieces: Vec<Piece>,
    /// Messages lie here that cannot be searched whole, so that a name in them may be missed.
    pub searched_in_part: bool,
}

/// More than this is no request that two people can review; nothing is cut off in silence.
const MOST_PIECES: usize = 5_000;

/// Everything, source by source, oldest first; each look is in the ledger.
pub async fn gather(with: &Gathering<'_>, subject: Person<'_>) -> Result<Gathered, StoreError> {
    let spotter = Spotter::new(with.directory, subject);
    let asked = Asked { with, subject, spotter: &spotter };
    let mut found = BTreeMap::new();
    let searched_in_part = mail::gather(&asked, &mut found).await?;
    matters::gather(&asked, &mut found).await?;
    let mut pieces: Vec<Piece> = found.into_values().collect();
    pieces.sort_by(|a, b| (a.note.at, &a.note.key).cmp(&(b.note.at, &b.note.key)));
    Ok(Gathered { pieces, searched_in_part })
}

/// One gathering, with what it knows of whom it is about.
struct Asked<'a> {
    with: &'a Gathering<'a>,
    subject: Person<'a>,
    spotter: &'a Spotter<'a>,
}

/// By key, so that what two searches find is there once.
type Pieces = BTreeMap<String, Piece>;

fn add(found: &mut Pieces, piece: Piece) -> Result<(), StoreError> {
    if found.len() >= MOST_PIECES {
        return Err(StoreError::NotAllowed(Cannot::AccessTooMuch));
    }
    found.insert(piece.note.key.clone(), piece);
    Ok(())
}

impl Asked<'_> {
    /// Who rules upon a thing. What hides from whoever gathers is left to the head.
    fn eyes(&self, case: &Case) -> Eyes {
        let heads = matches!(case.matter, Matter::Allegation | Matter::Misuse)
            || case.thing == authority::Thing::LowLevelConcern;
        if heads || !(self.with.sees)(case) { Eyes::Head } else { Eyes::Reviewers }
    }

    fn addresses(&self) -> Vec<Address> {
        self.subject.addresses().map(|(address, _)| address).collect()
    }

    /// What the letter itself gives rise to.
    fn concerns_of(&self, letter: &Letter) -> BTreeSet<Concern> {
        let mut concerns = BTreeSet::new();
        let header = format!("{} {} {}", letter.from, letter.to, letter.cc).to_lowercase();
        let covered = |entry: &ListEntry| {
            matches!(entry.listing, Listing::Protected | Listing::Helpline | Listing::SafeguardingAgency)
                && header.contains(entry.pattern.as_str())
        };
        for entry in self.with.school.lists.iter().filter(|e| covered(e)) {
            concerns.insert(match entry.listing {
                Listing::SafeguardingAgency => Concern::Abuse,
                _ => Concern::Privilege,
            });
        }
        if self.names_another_child(&format!("{}\n{}", letter.subject, letter.text)) {
            concerns.insert(Concern::OtherChildren);
        }
        concerns
    }

    fn names_another_child(&self, text: &str) -> bool {
        let named = self.spotter.others_in(text).into_iter();
        named.filter_map(|id| self.with.directory.person(&id)).any(|p| p.is(Role::Pupil))
    }
}

fn why() -> Why {
    Why::from(Purpose::SubjectAccess)
}

/// Whether a parent asks about a child who may decide alone: from that age on, or where the
/// age is not known.
pub fn childs_rights(subject: Person<'_>, by_other: bool, from_age: u32, today: NaiveDate) -> bool {
    let old_enough =
        subject.born().is_none_or(|born| today.years_since(born).is_none_or(|age| age >= from_age));
    by_other && subject.is(Role::Pupil) && old_enough
}

/// The facts of a piece that say for whom it is there; `None` for lists about the person, which are
/// there for every reviewer. `NotFound` when it is held no longer.
pub async fn case_of(store: &Store, key: &str) -> Result<Option<Case>, StoreError> {
    let gone = || StoreError::NotFound { what: "piece", id: key.to_owned() };
    Ok(match key.split_once('/') {
        Some(("record", id)) => {
            let id: RecordId = id.parse().map_err(|()| gone())?;
            Some(store.record_case(&id).await?)
        }
        Some(("item", id)) => {
            let id: ItemId = id.parse().map_err(|()| gone())?;
            Some(store.item_case(&id).await?.1)
        }
        Some(("incident", id)) => {
            let id: IncidentId = id.parse().map_err(|()| gone())?;
            Some(store.incident_case(&id).await?.1)
        }
        _ => None,
    })
}
