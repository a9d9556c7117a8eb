//! Questions of a whole command, before it opens anything, and the row for what is not there.

use super::{Desk, identity};
use crate::{
    authority::{self, Act, Asker, Bench, Case, Scope, Thing},
    cli::{Mistake, args::Cli, context},
    mail::SchoolId,
};

/// One row for whatever was asked for and is not there, the same whether it is there for others or
/// for nobody. Otherwise the rows, and how many there are, would tell which numbers exist
/// (practice.md, A4).
pub(in crate::cli) fn note_missing(cli: &Cli, id: &str) {
    // Nothing was shown, and whoever asked has their answer already.
    let _ = context::block_on(async {
        let store = context::store(&context::config(cli)?).await?;
        if store.ever_had_users().await? {
            store.ledger_not_there(&context::actor(), id).await?;
        }
        store.close().await;
        Ok(())
    });
}

/// For verbs about a whole kind of thing: the schools at which it is allowed, one at least. What
/// whoever has the machine may needs no store, which may be what is broken.
pub(in crate::cli) fn require(cli: &Cli, act: Act, thing: Thing) -> Result<Vec<SchoolId>, Mistake> {
    if identity(cli).is_none() {
        let machine = Case::any(thing, Scope::Trust);
        if authority::may(&Asker::operator(), act, &machine, &Bench::default()).is_allowed() {
            return Ok(context::config(cli)?.schools.iter().map(|s| s.id.clone()).collect());
        }
    }
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        let schools = desk.schools_or_refuse(act, thing)?;
        desk.close().await;
        Ok(schools)
    })
}

/// The same for one school.
pub(in crate::cli) fn require_at(
    cli: &Cli,
    act: Act,
    thing: Thing,
    school: &SchoolId,
) -> Result<(), Mistake> {
    match require(cli, act, thing)?.contains(school) {
        true => Ok(()),
        false => Err(Mistake::refused(format!("You hold no office at `{school}` that may do this."))),
    }
}
