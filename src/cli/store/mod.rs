//! `gatehouse store`: what lies where; check it, back it up, restore it, move it.

mod carry;
mod show;

use super::{
    Answer,
    args::Cli,
    context,
    desk::{self, Desk},
};
use crate::{
    app,
    authority::{Act, Thing},
    storage::ScrubFault,
};
use clap::Subcommand;
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Where rows and encrypted objects lie, how many and how much
    Show,
    /// Read every object now and compare it with row and ledger; exits with 1 when one is not what it was
    Scrub,
    /// Back up into a folder, while the gate runs; into the same folder again carries only what is new
    Backup {
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Restore a backup into the place that the configuration names, which must be empty
    ///
    /// Every object and the ledger are compared with what the backup says. Cut off, run it again.
    Restore {
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Move everything to the place that another configuration names, which must be empty
    ///
    /// Stop the service first. Every object is read back and compared. Cut off, run it again; the old
    /// store stays as it was, and does not open any more when all is there.
    Move {
        /// The configuration of the new place; its working key is the same
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Say that the clock is right after it leapt ahead: what waited because of it goes on
    ///
    /// A gate that was off for days, or a store from a backup, looks like a clock that went wrong. Until
    /// somebody says so, nothing is purged, no hold goes back to its sender, and no mail is given up.
    ClockIsRight,
    /// Make the search index of quarantine anew, from the messages themselves
    ///
    /// For messages that were kept before there was an index, or after new people came into the
    /// directory. Records, which the gate cannot open, stay as they were indexed. It may run beside
    /// the gate, and be broken off and begun again.
    Reindex,
}

pub(super) fn run(cli: &Cli, command: &StoreCommand) -> Answer {
    match command {
        StoreCommand::Show => {
            desk::require(cli, Act::List, Thing::Machine)?;
            show::show(cli)
        }
        StoreCommand::Scrub => {
            desk::require(cli, Act::Verify, Thing::Machine)?;
            show::scrub(cli)
        }
        StoreCommand::Backup { folder } => {
            desk::require(cli, Act::Export, Thing::Machine)?;
            carry::backup(cli, folder)
        }
        StoreCommand::Restore { folder } => carry::restore(cli, folder),
        StoreCommand::Move { to } => carry::move_to(cli, to),
        StoreCommand::ClockIsRight => {
            desk::require(cli, Act::Change, Thing::Machine)?;
            clock_is_right(cli)
        }
        StoreCommand::Reindex => {
            desk::require(cli, Act::Change, Thing::Machine)?;
            reindex(cli)
        }
    }
}

fn faults(faults: &[ScrubFault]) -> Vec<Value> {
    faults.iter().map(|f| json!({"object": f.object, "fault": f.fault})).collect()
}

fn say_faults(out: &mut impl Write, faults: &[ScrubFault]) -> io::Result<()> {
    for fault in faults {
        writeln!(out, "Object {} {}.", fault.object, fault.fault)?;
    }
    Ok(())
}

/// 1 when something is not what it was.
fn exit(faults: &[ScrubFault]) -> ExitCode {
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn clock_is_right(cli: &Cli) -> Answer {
    let waited = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let waited = desk.store.clock_is_right(&desk.actor).await?;
        desk.close().await;
        Ok(waited)
    })?;
    let said = match waited {
        true => "The clock is believed: what waited goes on within the hour.",
        false => "Nobody doubted the clock: there is nothing to do.",
    };
    writeln!(io::stdout(), "{said}")?;
    Ok(ExitCode::SUCCESS)
}

fn reindex(cli: &Cli) -> Answer {
    let config = context::config(cli)?;
    let read = app::searchable(&config)?;
    let done = context::block_on(async {
        let store = context::store(&config).await?;
        let done = store.search_reindex(&read).await?;
        store.close().await;
        Ok(done)
    })?;
    writeln!(io::stdout(), "{} messages of quarantine were indexed anew.", done.items)?;
    if done.unreadable > 0 {
        writeln!(
            io::stdout(),
            "{} of them do not open: they are found by school and time alone. `gatehouse doctor` says more.",
            done.unreadable
        )?;
    }
    if done.records > 0 {
        writeln!(
            io::stdout(),
            "{} records were in no index: they are found by people, school and time, not by words.",
            done.records
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
