//! The command line: arguments as typed become one call of the house; answers go to
//! standard output, mistakes to standard error with what to do about them.

mod accused;
mod alert;
mod args;
mod breach;
mod canary;
mod case_review;
mod context;
mod corpus;
mod demo;
mod desk;
mod directory;
mod doctor;
mod explain;
mod held;
mod incident;
mod keys;
mod ledger;
mod legal_hold;
mod measures;
mod mistake;
mod observe;
mod outbox;
mod panics;
mod policy;
mod purpose;
mod records;
mod reload;
mod render;
mod replay;
mod report;
mod rules;
mod scan;
mod search;
mod serve;
mod store;
mod subject_access;
mod users;
mod ways;

use crate::{
    files::{self, Budget, Opened},
    sandbox::{self, Profile, recognise},
};
use args::{Cli, Command, DirectoryCommand};
use clap::Parser;
use mistake::{End, Mistake};
use std::{
    io::{self, Write},
    process::ExitCode,
};

type Answer = Result<ExitCode, Mistake>;

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    if let Some(calling) = sandbox::called() {
        return match calling.profile() {
            Profile::Files => sandbox::serve(&calling, opened),
            Profile::Ocr => sandbox::serve(&calling, recognise),
        };
    }
    panics::without_content();
    let cli = Cli::parse();
    dispatch(&cli).unwrap_or_else(|mistake| {
        if let Some(id) = mistake.missing() {
            desk::note_missing(&cli, id);
        }
        if mistake.end() != End::NotRead {
            // Standard error may be closed; there is nobody left to tell then.
            let _ = writeln!(io::stderr(), "{mistake}");
        }
        mistake.end().status()
    })
}

/// What a worker does with a file.
fn opened(request: &sandbox::Request, bytes: &[u8]) -> Opened {
    let mut budget = Budget::new(request.limits);
    files::open(request.name.as_deref(), request.media_type.as_deref(), bytes, &mut budget);
    budget.finish()
}

fn dispatch(cli: &Cli) -> Answer {
    if matches!(
        cli.command,
        Command::Directory(DirectoryCommand::Import { dry_run: false, .. })
            | Command::Users(_)
            | Command::Keys(_)
            | Command::Exception(_)
            | Command::Suspend(_)
            | Command::Observe(_)
            | Command::Demo(_)
    ) {
        context::may_begin_a_store();
    }
    match &cli.command {
        Command::Serve => serve::run(cli),
        Command::Reload { why } => reload::run(cli, why),
        Command::Demo(args) => demo::run(cli, args),
        Command::Doctor(args) => doctor::run(cli, args),
        Command::Scan(args) => scan::run(cli, args),
        Command::Rules(command) => rules::run(cli, command),
        Command::Policy(command) => policy::run(cli, command),
        Command::Corpus(command) => corpus::run(cli, command),
        Command::Directory(command) => directory::run(cli, command),
        Command::Hold(command) => held::hold(cli, command),
        Command::Quarantine(command) => held::quarantine(cli, command),
        Command::Canary(command) => canary::run(cli, command),
        Command::Alert(command) => alert::run(cli, command),
        Command::Incident(command) => incident::run(cli, command),
        Command::Exception(command) => measures::exception(cli, command),
        Command::Suspend(command) => measures::suspend(cli, command),
        Command::Observe(args) => observe::run(cli, args),
        Command::Records(command) => records::run(cli, command),
        Command::SubjectAccess(command) => subject_access::run(cli, command),
        Command::Breach(command) => breach::run(cli, command),
        Command::Report(args) => report::run(cli, args),
        Command::Replay(args) => replay::run(cli, args),
        Command::Outbox(command) => outbox::run(cli, command),
        Command::Store(command) => store::run(cli, command),
        Command::Ledger(command) => ledger::run(cli, command),
        Command::Users(command) => users::run(cli, command),
        Command::Keys(command) => keys::run(cli, command),
        Command::OpenIdentity { task, name, from } => {
            Ok(crate::storage::keys::unlock::serve(task, name, from))
        }
    }
}
