//! `gatehouse keys`: make keys, show who holds what, bring new ones into use.

pub mod args;
mod custodians;
mod recovery;
mod show;

use super::{Answer, Mistake, args::Cli, context, desk};
use crate::{
    app,
    authority::{Act, Thing},
    storage::{
        Event, LedgerEvent,
        keys::{self, WorkingKey},
    },
};
use args::{KeyKind, KeysCommand};
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::ExitCode,
};

pub(super) fn run(cli: &Cli, command: &KeysCommand) -> Answer {
    match command {
        // A key in a file opens nothing before it is let in.
        KeysCommand::Generate { kind, file, passphrase } => generate(*kind, file, *passphrase),
        KeysCommand::Show => {
            desk::require(cli, Act::List, Thing::Key)?;
            show::run(cli)
        }
        KeysCommand::Rotate { reason } => {
            desk::require(cli, Act::Change, Thing::Key)?;
            rotate(cli, reason)
        }
        KeysCommand::Custodian(command) => custodians::run(cli, command),
        KeysCommand::Rewrap { of, holder, since, reason } => {
            custodians::rewrap(cli, of, holder, since, reason)
        }
        KeysCommand::Epoch { id, out } => {
            desk::require(cli, Act::Export, Thing::Key)?;
            epoch(cli, id, out)
        }
        KeysCommand::Recovery(command) => recovery::run(cli, command),
    }
}

fn generate(kind: KeyKind, file: &Path, passphrase: bool) -> Answer {
    let (purpose, next) = match kind {
        KeyKind::Working => (
            "Gatehouse working key: keep it off the gate's disk",
            "Name the file in [keys] working, and keep it off the disk that holds the data folder.",
        ),
        KeyKind::Records => (
            "Custodian of records: opens the copies of mail with parents",
            "Let the key in with `gatehouse keys custodian join --key ...` (or, before the first start, in [keys] \
             records), and give the file to its custodian; the gate does not need it.",
        ),
        KeyKind::Recovery => (
            "Recovery: opens what the gate holds when its own key is lost",
            "Add the line above to [keys] recovery, and put the file away offline.",
        ),
        KeyKind::Personal => (
            "A person's own key: whoever unlocks it acts as that person",
            "The file stays with its person; the line above says whose it is.",
        ),
    };
    let public = match passphrase || kind == KeyKind::Personal {
        true => keys::generate_locked(file, purpose)?,
        false => keys::generate_identity(file, purpose)?,
    };
    writeln!(io::stdout(), "{public}")?;
    writeln!(io::stderr(), "The private half is in {}, readable by you alone.\n{next}", file.display())?;
    Ok(ExitCode::SUCCESS)
}

/// The source of the working key holds the new one first and the old one below it.
fn rotate(cli: &Cli, reason: &str) -> Answer {
    let config = context::config(cli)?;
    let keys = keys::Keys::from_config(&config.keys)?;
    if !keys.working.as_ref().is_some_and(WorkingKey::has_older) {
        return Err(Mistake(
            "The source of the working key holds one key only. Put the new one above it, both in the same place:\n  \
             gatehouse keys generate working new.key\n  cat new.key OLD.key > both.key\nand give both.key as [keys] \
             working until this command has said that the old one can go."
                .into(),
        ));
    }
    let left = context::block_on(async {
        // Opening wraps for the new key what is not so yet; this says it again, by name.
        let store = context::store(&config).await?;
        store.rotate_working().await?;
        app::reseal(&config, &keys)?;
        let event = LedgerEvent::new(Event::WorkingKeyChanged).because(Some(reason.to_owned()));
        store.ledger(&context::actor(), event).await?;
        Ok(store.working_check().await?)
    })?;
    let answer = recovery::told(left)?;
    custodians::say(if left.direct == 0 {
        "The old key can be thrown away: restart the gate first, so that it has the new one in memory, then take the \
         old one out of the source."
    } else {
        "Restart the gate, so that it has the new key in memory."
    })?;
    Ok(answer)
}

/// No key is needed: the small file is encrypted to those who hold the epoch.
fn epoch(cli: &Cli, id: &str, out: &Path) -> Answer {
    let config = context::config(cli)?;
    let wrapped = context::block_on(async {
        let store = context::store(&config).await?;
        let epoch = match id.parse() {
            Ok(epoch) => epoch,
            Err(()) => store
                .epochs_of_object(id)
                .await?
                .into_iter()
                .next()
                .ok_or_else(|| Mistake(format!("`{id}` is neither an epoch nor an object of one")))?,
        };
        Ok(store.wrapped_epoch(&epoch).await?)
    })?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(out)?;
    file.write_all(&wrapped)?;
    file.sync_all()?;
    custodians::say(&format!(
        "Open it with a key of one who holds it, then any object of the epoch with what comes out:\n  age -d -i \
         KEY {} > epoch.txt\n  age -d -i epoch.txt OBJECT.age | zstd -d\nDelete epoch.txt afterwards: it opens the \
         whole epoch.",
        out.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}
