//! `gatehouse store`: what is done to the store as a whole.

use super::{Answer, args::Cli, context};
use crate::app;
use clap::Subcommand;
use std::{
    io::{self, Write},
    process::ExitCode,
};

#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Make the search index of quarantine anew, from the messages themselves
    ///
    /// For messages that were kept before there was an index, or after new people came into the
    /// directory. Records, which the gate cannot open, stay as they were indexed. It may run beside
    /// the gate, and be broken off and begun again.
    Reindex,
}

pub(super) fn run(cli: &Cli, command: &StoreCommand) -> Answer {
    match command {
        StoreCommand::Reindex => reindex(cli),
    }
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
