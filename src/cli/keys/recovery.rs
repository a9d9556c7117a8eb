//! `gatehouse keys recovery`: a key in two shares, and what two people do with it.

use super::{
    args::{RecoveryCommand, RecoveryUse},
    custodians::{joined, say},
};
use crate::{
    app,
    authority::{Act, Thing},
    cli::{
        Answer, Mistake,
        args::Cli,
        context,
        desk::{self, Desk},
    },
    storage::{
        Event, Identities, IncidentId, Keys, LedgerEvent, RecordId, RecordLook, Rotation, Store,
        StoreOptions, Why, WorkingKey, keys::shares,
    },
};
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::ExitCode,
};

pub(super) fn run(cli: &Cli, command: &RecoveryCommand) -> Answer {
    match command {
        RecoveryCommand::Make { one, two } => make(one, two),
        RecoveryCommand::Join { one, two, then } => {
            let recovery = joined(one, two)?;
            match then {
                RecoveryUse::Working { reason } => {
                    desk::require(cli, Act::Change, Thing::Key)?;
                    working(cli, &recovery, reason)
                }
                RecoveryUse::Record { id, out, why } => record(cli, &recovery, id, out, &why.why()),
                RecoveryUse::Report { id, out, why } => report(cli, &recovery, id, out, why.why()),
                RecoveryUse::Check => check(cli, &recovery),
            }
        }
    }
}

fn make(one: &Path, two: &Path) -> Answer {
    let public = shares::make([one, two])?;
    writeln!(io::stdout(), "{public}")?;
    say(
        "Add the line above to [keys] recovery. The key itself was never written: it is the two files together, and \
         one alone tells nothing.\nPrint each or put it on a stick, give them to two people who keep them apart and \
         offline, and remove both files here. `gatehouse keys recovery join SHARE SHARE check` tries them out.",
    )?;
    Ok(ExitCode::SUCCESS)
}

fn check(cli: &Cli, recovery: &Identities) -> Answer {
    let config = context::config(cli)?;
    let known = config.keys.recovery.iter().any(|key| recovery.publics().contains(key));
    match known {
        true => {
            say("The two shares are the recovery key that [keys] recovery names.")?;
            Ok(ExitCode::SUCCESS)
        }
        false => Err(Mistake(format!(
            "the two shares make the key {}, which [keys] recovery does not name",
            recovery.publics().join(" ")
        ))),
    }
}

/// The working key is lost: the recovery key opens what the lost one did.
fn working(cli: &Cli, recovery: &Identities, reason: &str) -> Answer {
    let config = context::config(cli)?;
    let new = WorkingKey::from_source(&config.keys.working)?.and_opened_by(recovery);
    let keys = Keys::new(Some(new), &config.keys.recovery, &config.keys.records)?;
    let left = context::block_on(async {
        // Opening wraps everything for the first key, which is the new one.
        let store = Store::open(StoreOptions::from_config(&config, keys.clone())).await?;
        // The people can be imported again; what is held cannot.
        if let Err(fault) = app::reseal(&config, &keys) {
            say(&fault.to_string())?;
        }
        note(&store, reason, "working").await?;
        Ok(store.working_check().await?)
    })?;
    told(left)
}

/// What the present working key opens, said.
pub(super) fn told(found: Rotation) -> Answer {
    let Rotation { wrapped, stuck, direct } = found;
    say(&format!(
        "The first working key opens the store and {wrapped} epochs of held and quarantined mail."
    ))?;
    if direct > 0 {
        say(&format!(
            "{direct} messages of an older edition are encrypted to the working key of that time itself: keep it until \
             they are gone (`gatehouse keys show` counts them). The recovery key opens them too."
        ))?;
    }
    match stuck {
        0 => Ok(ExitCode::SUCCESS),
        stuck => Err(Mistake(format!(
            "{stuck} epochs do not open with it: put the old identity back below the new one, or use the recovery key \
             (`gatehouse keys recovery join`)"
        ))),
    }
}

/// The shares open what is kept; whether somebody may read it is another question.
fn record(cli: &Cli, recovery: &Identities, id: &str, out: &Path, why: &Why) -> Answer {
    let id: RecordId = id.parse().map_err(|()| Mistake(format!("`{id}` is no record's id")))?;
    let export = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let case = desk.store.record_case(&id).await?;
        desk.authorise(Act::Export, &case, "record", id.as_str()).await?;
        note(&desk.store, why.words.as_deref().unwrap_or(why.purpose.name()), "record").await?;
        Ok(desk.store.record_export(&id, recovery, &desk.actor, RecordLook::Exported, why, []).await?)
    })?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(out)?;
    file.write_all(&export.raw)?;
    file.sync_all()?;
    Ok(ExitCode::SUCCESS)
}

fn report(cli: &Cli, recovery: &Identities, id: &str, out: &Path, why: Why) -> Answer {
    let id: IncidentId = id.parse().map_err(|()| Mistake(format!("`{id}` is no incident's number")))?;
    let config = context::config(cli)?;
    let raw = context::block_on(async {
        let store = context::store(&config).await?;
        note(&store, why.words.as_deref().unwrap_or(why.purpose.name()), "report").await?;
        Ok(store.incident_bytes(&id, Some(recovery), &context::actor(), why).await?)
    })?;
    context::write_new(out, &raw)?;
    Ok(ExitCode::SUCCESS)
}

async fn note(store: &Store, reason: &str, what: &'static str) -> Result<(), Mistake> {
    let event = LedgerEvent::new(Event::RecoveryUsed).with("for", what).because(Some(reason.to_owned()));
    store.ledger(&context::actor(), event).await?;
    Ok(())
}
