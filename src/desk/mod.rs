//! Who acts, and whether they may: everything that a question of authority needs, gathered for one
//! person at one moment. The command line and the console both ask here. What `authority` answers becomes
//! leave or a sentence in `ask`; `people` finds the faces and offices of those who ask; `sight` filters
//! lists; `decide`, `take_over` and `accused` do what both can do.

mod accused;
mod ask;
mod change;
mod decide;
mod fault;
mod find;
pub mod import;
pub mod in_force;
mod incident;
mod incident_file;
mod lead_notes;
mod legal_hold;
mod links;
mod look;
pub mod measures;
mod named;
pub mod observed;
mod offices;
mod own;
mod passages;
mod people;
pub mod people_file;
pub mod picture_lists;
mod queue;
mod records;
pub mod replay;
pub mod rulebook;
pub mod school_report;
mod second;
mod sight;
mod subject_access;
mod take_over;
mod timeline;
mod told;
pub mod ways;
mod wrong;

pub use accused::{AtWork, Judged, Named};
pub use ask::{Leave, refusal};
pub use decide::{Asked, Said, act_of};
pub use fault::{DeskFault, Refusal};
pub use find::{correspondents, person};
pub use incident::{NewCase, OpenedCase};
pub use incident_file::{incident_row, proof_of_sender, said_in_line};
pub use lead_notes::NoteDays;
pub use legal_hold::LegalSaid;
pub use links::Link;
pub use look::{Covered, Earlier, Opened};
pub use named::{By, address_of, own_address_of, user_named};
pub use offices::{Given, Wish};
pub use own::{Images, Mine, OwnMessage, OwnPage, Seen, SeenBy, Ways};
pub use passages::{Passage, Piece, PieceKind, passages};
pub use queue::{MOST_HOLDS, Waiting, Waits};
pub use records::{Bundle, MOST_OPENED, Opening, RecordLooked, mbox_of};
pub use subject_access::{AccessGiven, AccessMade};
pub use take_over::{Allegation, TakenOver, allegation, take_over};
pub use timeline::{Happened, Read, TIMELINE_PAGE, TimelineOf, TimelinePage, TimelineSpot};
pub use wrong::Wrong;

use crate::{
    authority::{Asker, Offices, Scope},
    config::Config,
    files::Opener,
    mail::{Address, SchoolId},
    officers::Roll,
    parties::Directory,
    storage::{Actor, KeptUser, Store, StoreError},
};
use chrono::Utc;
use std::sync::Arc;

/// One person's place to ask from.
pub struct Desk {
    pub config: Arc<Config>,
    pub store: Store,
    pub directory: Arc<Directory>,
    /// Opens the files of a message that is shown.
    pub opener: Arc<dyn Opener>,
    /// As the ledger names whoever acts.
    pub actor: Actor,
    pub users: Vec<KeptUser>,
    /// The registered user who acts; `None` for the operator.
    pub user: Option<KeptUser>,
    asker: Asker,
    /// Who sits in which office now, so that it can be said who may instead.
    pub roll: Roll,
    installation: Installation,
}

/// Before the first user is registered there is nobody to ask: the operator does everything,
/// as on the day of installing and in the demonstration, and the ledger says who it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installation {
    Fresh,
    HasUsers,
}

impl Desk {
    /// Everything but who acts, which `who` finds among the registered users; for `None` it is the
    /// operator, whom `operator` names.
    pub async fn of<E: From<DeskFault>>(
        (config, store, directory, opener): (Arc<Config>, Store, Arc<Directory>, Arc<dyn Opener>),
        operator: impl FnOnce() -> Actor,
        who: impl FnOnce(&[KeptUser]) -> Result<Option<KeptUser>, E>,
    ) -> Result<Self, E> {
        let users = match store.users().await {
            Err(StoreError::NoWorkingKey) => Vec::new(),
            users => users.map_err(DeskFault::from)?,
        };
        let installation = match store.ever_had_users().await.map_err(DeskFault::from)? {
            false => Installation::Fresh,
            true => Installation::HasUsers,
        };
        let user = who(&users)?;
        let actor = user.as_ref().map_or_else(operator, KeptUser::actor);
        let mut desk = Self {
            asker: Asker::operator(),
            roll: Roll::default(),
            actor,
            user,
            users,
            installation,
            config,
            store,
            directory,
            opener,
        };
        if let Some(user) = &desk.user {
            desk.asker = Asker { faces: desk.faces_of(user)?, offices: desk.offices_of(user) };
        }
        let now = Utc::now();
        let roll = Roll::of(&desk.users, &desk.config.schools, &desk.directory, &desk.store, now);
        desk.roll = roll.map_err(DeskFault::from)?;
        Ok(desk)
    }

    pub fn installation(&self) -> Installation {
        self.installation
    }

    /// Whether the asker holds one of these offices there, for what is said in an office's name.
    pub fn holds(&self, offices: Offices, school: &SchoolId) -> bool {
        let own = self.asker.at(&Scope::School(school.clone()));
        self.installation == Installation::Fresh || own.any(offices)
    }

    /// The offices of whoever asks that are in force, place by place.
    pub fn own_offices(&self) -> &[(Scope, Offices)] {
        &self.asker.offices
    }

    /// The address at the school of a registered user, or the one they were registered by.
    pub fn address_of(&self, user: &KeptUser) -> Option<Address> {
        named::address_of(&user.who, &self.directory)
    }

    /// Whoever acts, as a page that is handed over says it.
    pub fn called(&self) -> String {
        match (&self.user, &self.actor) {
            (Some(user), _) => self.name_of(user),
            (None, Actor::Operator(name)) => name.clone(),
            (None, _) => String::new(),
        }
    }

    /// A registered user as people call them; empty when nothing is known.
    pub fn name_of(&self, user: &KeptUser) -> String {
        match user.who.person.as_ref().and_then(|id| self.directory.person(id)) {
            Some(person) => format!("{} {}", person.given(), person.family()),
            None => user.who.address.as_ref().map(Address::to_string).unwrap_or_default(),
        }
    }
}
