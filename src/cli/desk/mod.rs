//! Who acts, and whether they may: the actor of the command line is whoever unlocks a
//! personal identity; everyone else is the operator of the machine, who runs the gate and
//! reads no content. What `authority` answers becomes a sentence in `ask`; `people` finds the
//! faces and offices of those who ask and could be asked; `sight` filters lists.

mod ask;
mod people;
mod sight;

pub(super) use ask::{Leave, note_missing, refusal, require, require_at};
pub(super) use people::officers;

use super::{Mistake, args::Cli, context};
use crate::{
    app,
    authority::{Asker, Bench, Offices, Scope},
    config::Config,
    mail::{Address, SchoolId},
    parties::Directory,
    storage::{Actor, KeptUser, Store, StoreError, keys},
};
use std::path::{Path, PathBuf};

/// Everything that a question of authority needs.
pub(super) struct Desk {
    pub(super) config: Config,
    pub(super) store: Store,
    pub(super) directory: Directory,
    /// As the ledger names whoever acts.
    pub(super) actor: Actor,
    pub(super) users: Vec<KeptUser>,
    /// The registered user who acts; `None` for the operator.
    pub(super) user: Option<KeptUser>,
    /// Where that user's identity is.
    identity: Option<PathBuf>,
    asker: Asker,
    bench: Bench,
    installation: Installation,
}

/// Before the first user is registered there is nobody to ask: the operator does everything,
/// as on the day of installing and in the demonstration, and the ledger says who it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Installation {
    Fresh,
    HasUsers,
}

/// Where a personal identity is when the command line names none.
const VARIABLE: &str = "GATEHOUSE_IDENTITY";

/// The personal identity that the command line or the environment names.
pub(super) fn identity(cli: &Cli) -> Option<PathBuf> {
    cli.me.clone().or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from))
}

impl Desk {
    /// Opens the store, and the identity that `--me` or the environment names.
    pub(super) async fn open(cli: &Cli) -> Result<Self, Mistake> {
        Self::with(context::config(cli)?, identity(cli).as_deref()).await
    }

    /// The same for an identity file that is known already.
    pub(super) async fn with(config: Config, identity: Option<&Path>) -> Result<Self, Mistake> {
        let store = context::store(&config).await?;
        Self::at(config, store, identity).await
    }

    /// The same for a store that is open already.
    pub(super) async fn at(config: Config, store: Store, identity: Option<&Path>) -> Result<Self, Mistake> {
        let directory = app::directory(&config)?;
        let users = match store.users().await {
            Err(StoreError::NoWorkingKey) => Vec::new(),
            users => users?,
        };
        let installation = match store.ever_had_users().await? {
            false => Installation::Fresh,
            true => Installation::HasUsers,
        };
        let user = identity.map(|path| unlocked(path, &users)).transpose()?;
        let actor = user.as_ref().map_or_else(context::actor, KeptUser::actor);
        if user.is_some() {
            context::act_as(&actor);
        }
        let mut desk = Self {
            asker: Asker::operator(),
            bench: Bench::default(),
            actor,
            user,
            identity: identity.map(Path::to_owned),
            users,
            installation,
            config,
            store,
            directory,
        };
        if let Some(user) = &desk.user {
            desk.asker = Asker { faces: desk.faces_of(user)?, offices: desk.offices_of(user) };
        }
        desk.bench = desk.bench()?;
        Ok(desk)
    }

    pub(super) fn installation(&self) -> Installation {
        self.installation
    }

    /// Whether the asker holds one of these offices there, for what is said in an office's name.
    pub(super) fn holds(&self, offices: Offices, school: &SchoolId) -> bool {
        let own = self.asker.at(&Scope::School(school.clone()));
        self.installation == Installation::Fresh || own.any(offices)
    }

    /// The key that opens records: the one that is named, or the asker's own.
    pub(super) fn custodian(&self, named: Option<&Path>) -> Result<keys::Identities, Mistake> {
        let path = named.or(self.identity.as_deref()).ok_or_else(|| {
            Mistake("It opens with the key of a custodian: give --custodian FILE.".to_owned())
        })?;
        Ok(keys::unlock(path)?)
    }

    /// Whoever acts, as a page that is handed over says it.
    pub(super) fn called(&self) -> String {
        match (&self.user, &self.actor) {
            (Some(user), _) => self.name_of(user),
            (None, Actor::Operator(name)) => name.clone(),
            (None, _) => String::new(),
        }
    }

    pub(super) fn name_of(&self, user: &KeptUser) -> String {
        match user.who.person.as_ref().and_then(|id| self.directory.person(id)) {
            Some(person) => format!("{} {}", person.given(), person.family()),
            None => user.who.address.as_ref().map(Address::to_string).unwrap_or_default(),
        }
    }
}

/// The user whose private key this file holds. Possession is proved with a riddle, not by
/// what the file says of itself.
fn unlocked(path: &Path, users: &[KeptUser]) -> Result<KeptUser, Mistake> {
    let identities = keys::unlock_own(path)?;
    let told = identities.publics();
    let own_kind = |user: &&KeptUser| told.contains(&user.who.public_key);
    let in_hardware = |user: &&KeptUser| told.is_empty() && !user.who.public_key.is_empty();
    for user in users.iter().filter(|u| own_kind(u) || in_hardware(u)) {
        if identities.proves(&user.who.public_key)? {
            return Ok(user.clone());
        }
    }
    Err(Mistake(format!(
        "The identity in {} belongs to no registered user. `gatehouse users add` registers one.",
        path.display()
    )))
}
