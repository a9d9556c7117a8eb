//! Whoever sits at the command line: the actor is whoever unlocks a personal identity; everyone else
//! is the operator of the machine, who runs the gate and reads no content.

mod ask;
mod opened;

pub(super) use crate::desk::Installation;
pub(super) use ask::{note_missing, require, require_at};
pub(super) use opened::opened;

use super::{Mistake, args::Cli, context, render};
use crate::{
    app,
    authority::{Act, Answer as Judged, Case},
    config::Config,
    desk,
    storage::{KeptUser, Store, keys},
};
use opened::opened_own;
use std::{
    io::{self, Write},
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    sync::Arc,
};

/// What follows from a permission that may take two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    Go,
    /// The first of two has spoken; the sentence says who is to be the second.
    WaitForSecond(String),
}

/// The answer as a sentence; a thing that is not there for the asker is not there.
pub(super) fn refusal(answer: &Judged, what: &'static str, id: &str) -> Mistake {
    desk::refusal(answer, what, id).into()
}

/// A desk, and where the identity of whoever sits at it is.
pub(super) struct Desk {
    desk: desk::Desk,
    identity: Option<PathBuf>,
}

impl Deref for Desk {
    type Target = desk::Desk;
    fn deref(&self) -> &desk::Desk {
        &self.desk
    }
}

impl DerefMut for Desk {
    fn deref_mut(&mut self) -> &mut desk::Desk {
        &mut self.desk
    }
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
        let directory = Arc::new(app::directory(&config)?);
        let opener = desk::rulebook::opener(&config);
        let who = |users: &[KeptUser]| identity.map(|path| unlocked(path, users)).transpose();
        let desk = desk::Desk::of((Arc::new(config), store, directory, opener), context::actor, who).await?;
        if desk.user.is_some() {
            context::act_as(&desk.actor);
        }
        Ok(Self { desk, identity: identity.map(Path::to_owned) })
    }

    /// Folds the store, when all is done.
    pub(super) async fn close(&self) {
        self.desk.store.clone().close().await;
    }

    /// For acts that may take two people. A first word is kept; a second is told of the first.
    pub(super) async fn authorise_of_two(
        &self,
        act: Act,
        case: &Case,
        thing: (&'static str, &str),
        reason: &str,
    ) -> Result<Leave, Mistake> {
        said_by_second(self.desk.authorise_of_two(act, case, thing, reason).await?)
    }

    /// The key that opens records: the one that is named, or the asker's own.
    pub(super) fn custodian(&self, named: Option<&Path>) -> Result<keys::Identities, Mistake> {
        let path = named.or(self.identity.as_deref()).ok_or_else(|| {
            Mistake("It opens with the key of a custodian: give --custodian FILE.".to_owned())
        })?;
        opened(path)
    }
}

/// What follows from a permission; a second is told of the first.
pub(super) fn said_by_second(leave: desk::Leave) -> Result<Leave, Mistake> {
    Ok(match leave {
        desk::Leave::Go => Leave::Go,
        desk::Leave::GoAsSecond { first, at } => {
            let at = render::time(at);
            writeln!(io::stderr(), "You are the second of two people: {first} said the same on {at}.")?;
            Leave::Go
        }
        desk::Leave::WaitForSecond(answer) => Leave::WaitForSecond(answer.to_string()),
    })
}

/// The user whose private key this file holds. Possession is proved with a riddle, not by
/// what the file says of itself.
fn unlocked(path: &Path, users: &[KeptUser]) -> Result<KeptUser, Mistake> {
    let identities = opened_own(path)?;
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
