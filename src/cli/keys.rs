//! `gatehouse keys`: make keys, show which are there.

use super::{
    Answer, Mistake,
    args::{Cli, KeyKind, KeysCommand},
    context, render,
};
use crate::storage::keys;
use serde_json::json;
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

pub(super) fn run(cli: &Cli, command: &KeysCommand) -> Answer {
    match command {
        KeysCommand::Generate { kind, file, passphrase } => generate(*kind, file, *passphrase),
        KeysCommand::Show => show(cli),
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
            "Add the line above to [keys] records, and give the file to its custodian; the gate does not need it.",
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

fn show(cli: &Cli) -> Answer {
    let config = context::config(cli)?;
    let status = keys::status(&config.keys, &config.data);
    let working = status.working.clone().unwrap_or_else(|why| format!("missing: {why}"));
    let rows = [
        json!({"key": "working", "state": working}),
        json!({"key": "recovery", "state": format!("{} configured", status.recovery)}),
        json!({"key": "records", "state": format!("{} configured", status.records)}),
    ];
    let columns = render::columns(&[("key", "Key"), ("state", "State")]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "")?;
    for advice in status.advice {
        writeln!(io::stderr(), "Note: {advice}")?;
    }
    status
        .working
        .map(|_| ExitCode::SUCCESS)
        .map_err(|why| Mistake(format!("the working key cannot be had: {why}")))
}
