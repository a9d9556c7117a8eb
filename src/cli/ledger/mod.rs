//! `gatehouse ledger`: check the chain, show and export it, the key that signs it and the
//! places that hold its heads.

pub(super) mod args;
mod rows;
mod verify;

use super::{
    Answer, Mistake,
    args::Cli,
    context,
    desk::{self, Desk},
    render,
};
use crate::{
    authority::{Act, Thing},
    parties::PersonId,
    storage::{Actor, AnchorState, Event, LedgerEvent, Store, StoreError, Words},
};
use args::LedgerCommand;
use serde_json::json;
use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::ExitCode,
};

pub(super) fn run(cli: &Cli, command: &LedgerCommand) -> Answer {
    match command {
        LedgerCommand::Verify(args) => {
            // An export is checked by whoever has it, with no store at all.
            if args.export.is_none() {
                desk::require(cli, Act::Verify, Thing::Ledger)?;
            }
            verify::run(cli, args)
        }
        LedgerCommand::List(args) => {
            desk::require(cli, Act::List, Thing::Ledger)?;
            rows::list(cli, args)
        }
        LedgerCommand::Show { row } => {
            // It shows a reason in somebody's own words.
            desk::require(cli, Act::Search, Thing::Ledger)?;
            rows::show(cli, *row)
        }
        LedgerCommand::Changes { since, until, limit } => {
            desk::require(cli, Act::List, Thing::Ledger)?;
            rows::changes(cli, since.as_deref(), until.as_deref(), *limit)
        }
        LedgerCommand::Export { out, why } => export(cli, out.as_deref(), why.clone()),
        LedgerCommand::Key { change, why } => {
            let (act, thing) = if *change { (Act::Change, Thing::Key) } else { (Act::Verify, Thing::Ledger) };
            desk::require(cli, act, thing)?;
            key(cli, *change, why.as_deref())
        }
        LedgerCommand::Anchors => {
            desk::require(cli, Act::List, Thing::Ledger)?;
            anchors(cli)
        }
        LedgerCommand::Erase { person, operator, words_too, why } => {
            erase(cli, person.as_deref(), operator.as_deref(), *words_too, why)
        }
    }
}

/// A look at the ledger is in the ledger, before anything is shown.
async fn note(store: &Store, event: LedgerEvent) -> Result<(), Mistake> {
    store.ledger(&context::actor(), event).await?;
    Ok(())
}

/// All rows, so that the chain can be checked; of those that are not there for whoever exports, the
/// hash alone.
fn export(cli: &Cli, out: Option<&Path>, why: Option<String>) -> Answer {
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        let schools = desk.schools_or_refuse(Act::Export, Thing::Ledger)?;
        let store = &desk.store;
        match store.ledger_sign().await {
            // Without the working key there is no signature, and no row can be written.
            Err(StoreError::NoWorkingKey) => {
                writeln!(
                    io::stderr(),
                    "The working key is not there: the export ends without a signature, and this export is not in it."
                )?;
            }
            signed => {
                signed?;
                note(store, LedgerEvent::new(Event::LedgerExported).because(why)).await?;
            }
        }
        let (mut known, mut hidden) = (0, BTreeSet::new());
        while let Some((last, rows)) = desk.hidden_rows(known, &schools).await? {
            known = last;
            hidden.extend(rows);
        }
        // What was written since was not looked at.
        let withheld = |row: u64| row > known || hidden.contains(&row);
        let rows = match out {
            Some(path) => {
                let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
                let mut buffered = io::BufWriter::new(&mut file);
                let rows = store.ledger_export_without(&mut buffered, &withheld).await?;
                buffered.flush()?;
                drop(buffered);
                file.sync_all()?;
                rows
            }
            None => store.ledger_export_without(&mut io::BufWriter::new(io::stdout()), &withheld).await?,
        };
        writeln!(
            io::stderr(),
            "{rows} rows. `gatehouse ledger verify FILE` checks the file on any machine."
        )?;
        if !hidden.is_empty() {
            writeln!(
                io::stderr(),
                "Rows that are not there for you have their hash alone: the chain can be checked all the same."
            )?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn key(cli: &Cli, change: bool, why: Option<&str>) -> Answer {
    let config = context::config(cli)?;
    let key = context::block_on(async {
        let store = context::store(&config).await?;
        let key = match change {
            true => store.ledger_key_change(&context::actor(), why.unwrap_or_default()).await?,
            false => match store.ledger_key().await? {
                Some(key) => key,
                None => store.ledger_key_or_make().await?,
            },
        };
        store.close().await;
        Ok(key)
    })?;
    let row =
        json!({"public": key.public, "installation": key.installation, "made_at": render::time(key.made_at)});
    let columns =
        render::columns(&[("public", "Public key"), ("installation", "Installation"), ("made_at", "Since")]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &[row], "")?;
    writeln!(
        io::stderr(),
        "Note the public key where nobody on this machine can change it; `gatehouse ledger verify --public-key` compares."
    )?;
    Ok(ExitCode::SUCCESS)
}

fn anchors(cli: &Cli) -> Answer {
    let config = context::config(cli)?;
    let states = context::block_on(async { Ok(context::store(&config).await?.anchors().await?) })?;
    let rows: Vec<_> = config
        .anchors
        .iter()
        .map(|anchor| {
            let state = states.iter().find(|s| s.place == anchor.name);
            json!({
                "place": anchor.name,
                "kind": anchor.place.kind(),
                "rows": state.map(|s| s.rows),
                "anchored_at": state.and_then(|s| s.anchored_at).map(render::time),
                "state": state.map_or("not tried yet".to_owned(), said),
            })
        })
        .collect();
    let columns = render::columns(&[
        ("place", "Place"),
        ("kind", "Kind"),
        ("rows", "Rows"),
        ("anchored_at", "Last"),
        ("state", "State"),
    ]);
    let empty = "No place outside this machine holds the ledger's heads: who rules this machine could write \
                 the ledger anew and nobody would see. Add `[[anchor]]` to gatehouse.toml (docs/ledger.md).";
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, empty)?;
    Ok(ExitCode::SUCCESS)
}

fn said(state: &AnchorState) -> String {
    match &state.failing {
        Some((since, fault)) => format!("failing since {}: {fault}", render::time(*since)),
        None => "good".to_owned(),
    }
}

fn erase(cli: &Cli, person: Option<&str>, operator: Option<&str>, words_too: bool, why: &str) -> Answer {
    let who = match (person, operator) {
        (Some(id), _) => Actor::Person(PersonId(id.into())),
        (None, Some(name)) => Actor::Operator(name.to_owned()),
        (None, None) => {
            return Err(Mistake("Say whom: a person's id in the directory, or --operator NAME.".into()));
        }
    };
    let words = if words_too { Words::ForgottenToo } else { Words::Kept };
    let erased = context::block_on(async {
        let desk = Desk::open(cli).await?;
        // Who may open a person's request may forget that person.
        desk.schools_or_refuse(Act::Open, Thing::SubjectAccess)?;
        if let Actor::Person(id) = &who
            && desk.is_asker(&desk.faces_of_person(id)?)
        {
            return Err(Mistake::refused("Nobody has themselves forgotten: another does it."));
        }
        let erased = desk.store.erase_person(&who, words, &desk.actor, why).await?;
        desk.close().await;
        Ok(erased)
    })?;
    if !erased {
        return Err(Mistake("The ledger knows no such person, or forgot who it was already.".into()));
    }
    writeln!(
        io::stdout(),
        "Forgotten: the ledger still has the rows, and nobody can say any more whose they are."
    )?;
    Ok(ExitCode::SUCCESS)
}
