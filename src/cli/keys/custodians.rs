//! `gatehouse keys custodian|rewrap`: who opens what, and how that changes.

use super::args::{AccessArgs, CustodianCommand, HolderArgs, MaybeHolderArgs};
use crate::{
    authority::{Act, Case, Scope, Thing},
    cli::{
        Answer, Mistake,
        args::Cli,
        context,
        desk::{self, Desk, Leave},
        render,
    },
    config::Config,
    mail::SchoolId,
    storage::{
        Access, Class, CustodianId, Custodians, Identities, Rewrapped, Since, Store,
        keys::{self, shares::Share},
    },
};
use serde_json::json;
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

pub(super) fn run(cli: &Cli, command: &CustodianCommand) -> Answer {
    let config = context::config(cli)?;
    match command {
        CustodianCommand::List { school } => list(cli, &config, school.as_deref()),
        CustodianCommand::Join { of, key, name, holder, since, reason } => {
            let access = access(&config, of)?;
            let holder = maybe_holder(holder)?;
            let new = Joining { access: &access, key, name, reason };
            let joined = context::block_on(join(cli, &new, &of.school, holder.as_ref(), since))?;
            if joined { first_set(&config, &access) } else { Ok(ExitCode::SUCCESS) }
        }
        CustodianCommand::Leave { of, id, holder, reason } => {
            let access = access(&config, of)?;
            desk::require_at(cli, Act::Revoke, Thing::Key, &school(of))?;
            let id: CustodianId = id.parse().map_err(|()| Mistake(format!("`{id}` is no custodian's id")))?;
            let holder = maybe_holder(holder)?;
            context::block_on(async {
                let store = context::store(&config).await?;
                store.custodian_leave(&access, &id, &context::actor(), reason).await?;
                say(&format!(
                    "A new epoch has begun, which that key does not open.\n\
                     What was kept of the {access} before can still be read by whoever has that key and a copy of \
                     store and vault (a backup, a stolen disk): no program can take that back."
                ))?;
                match holder {
                    Some(holder) => old_epochs(&store, &access, &Since::Always, &holder, reason).await,
                    None => say(
                        "The old epochs in the store are still wrapped for that key too: one of the others can \
                         change that with `gatehouse keys rewrap`.",
                    ),
                }
            })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

struct Joining<'a> {
    access: &'a Access,
    key: &'a str,
    name: &'a str,
    reason: &'a str,
}

/// A key that opens what is kept is given by the head or the data protection officer, or by two
/// people; `false`: the first of them has spoken.
async fn join(
    cli: &Cli,
    new: &Joining<'_>,
    school: &str,
    holder: Option<&Identities>,
    since: &Since,
) -> Result<bool, Mistake> {
    let desk = Desk::open(cli).await?;
    let Joining { access, key, name, reason } = new;
    let case = Case::any(Thing::Key, Scope::School(SchoolId(school.into())));
    let what = format!("{}/{school}/{key}", access.class().name());
    if let Leave::WaitForSecond(sentence) =
        desk.authorise_of_two(Act::Grant, &case, ("custodian", &what), reason).await?
    {
        say(&format!("Noted. {sentence} The other gives this same command, with the same key."))?;
        return Ok(false);
    }
    let id = desk.store.custodian_join(access, name, key, &desk.actor, reason).await?;
    writeln!(io::stdout(), "{id}")?;
    say(&format!("From now on this key opens the {access}."))?;
    match holder {
        Some(holder) => old_epochs(&desk.store, access, since, holder, reason).await?,
        None => say(
            "What was kept before opens for those who were there: one of them can let the new key in with \
             `gatehouse keys rewrap`.",
        )?,
    }
    Ok(true)
}

fn school(of: &AccessArgs) -> SchoolId {
    SchoolId(of.school.as_str().into())
}

pub(super) fn rewrap(cli: &Cli, of: &AccessArgs, holder: &HolderArgs, since: &Since, reason: &str) -> Answer {
    let config = context::config(cli)?;
    let access = access(&config, of)?;
    desk::require_at(cli, Act::Change, Thing::Key, &school(of))?;
    let holder = holder_of(holder.identity.as_deref(), holder.shares.as_deref())?;
    let holder = holder.ok_or_else(|| Mistake("give --identity or --shares".into()))?;
    context::block_on(async {
        let store = context::store(&config).await?;
        old_epochs(&store, &access, since, &holder, reason).await
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn old_epochs(
    store: &Store,
    access: &Access,
    since: &Since,
    holder: &Identities,
    reason: &str,
) -> Result<(), Mistake> {
    let Rewrapped { done, same, stuck } =
        store.rewrap(access, since, holder, &context::actor(), reason).await?;
    say(&format!(
        "{done} old epochs were wrapped for those who hold the {access} now; {same} were so already."
    ))?;
    match stuck {
        0 => Ok(()),
        stuck => Err(Mistake(format!(
            "{stuck} epochs do not open for this key and stay as they are: ask another custodian, or use the \
             recovery key."
        ))),
    }
}

fn first_set(config: &Config, access: &Access) -> Answer {
    if access.class() == Class::Records && !config.keys.records.is_empty() {
        say(&format!(
            "The store names the custodians of the {access} now; [keys] records no longer counts for this school."
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn list(cli: &Cli, config: &Config, school: Option<&str>) -> Answer {
    let seen = desk::require(cli, Act::List, Thing::Key)?;
    let rows = context::block_on(async {
        let store = context::store(config).await?;
        let mut rows = Vec::new();
        for id in schools(config, school)?.into_iter().filter(|id| seen.contains(id)) {
            for class in Class::ALL.into_iter().filter(|class| class.has_custodians()) {
                match store.custodians(&Access::of(class, &id)).await? {
                    Custodians::Nobody => {}
                    Custodians::Configured(keys) => rows.extend(keys.iter().map(|key| {
                        json!({"id": "-", "school": id.to_string(), "class": class.name(),
                            "name": "from [keys] records", "key": key})
                    })),
                    Custodians::Named(named) => rows.extend(named.iter().map(|custodian| {
                        json!({"id": custodian.id.as_str(), "school": id.to_string(), "class": class.name(),
                            "name": custodian.name, "key": custodian.public,
                            "joined_at": render::time(custodian.joined_at)})
                    })),
                }
            }
        }
        Ok(rows)
    })?;
    let columns = render::columns(&[
        ("id", "Id"),
        ("school", "School"),
        ("class", "Opens"),
        ("name", "Whose"),
        ("joined_at", "Since"),
        ("key", "Key"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "No custodian is named.")?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn schools(config: &Config, only: Option<&str>) -> Result<Vec<SchoolId>, Mistake> {
    let all = config.schools.iter().map(|school| school.id.clone());
    let found: Vec<SchoolId> = all.filter(|id| only.is_none_or(|only| *id.0 == *only)).collect();
    match (found.is_empty(), only) {
        (true, Some(only)) => Err(Mistake(format!("there is no school `{only}` in the configuration"))),
        _ => Ok(found),
    }
}

fn access(config: &Config, of: &AccessArgs) -> Result<Access, Mistake> {
    schools(config, Some(&of.school))?;
    Ok(Access::of(of.class.class(), &school(of)))
}

fn maybe_holder(holder: &MaybeHolderArgs) -> Result<Option<Identities>, Mistake> {
    holder_of(holder.identity.as_deref(), holder.shares.as_deref())
}

fn holder_of(identity: Option<&Path>, shares: Option<&[PathBuf]>) -> Result<Option<Identities>, Mistake> {
    Ok(match (identity, shares) {
        (Some(path), _) => Some(desk::opened(path)?),
        (None, Some([one, two])) => Some(joined(one, two)?),
        _ => None,
    })
}

/// The recovery key from its shares, in memory only.
pub(super) fn joined(one: &Path, two: &Path) -> Result<Identities, Mistake> {
    let (one, two) = (Share::read(one, "First share")?, Share::read(two, "Second share")?);
    Ok(keys::shares::join(&one, &two)?)
}

pub(super) fn say(text: &str) -> Result<(), Mistake> {
    writeln!(io::stderr(), "{text}")?;
    Ok(())
}
