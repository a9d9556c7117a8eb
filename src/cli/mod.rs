//! The command line: arguments as typed become one call of the house; answers go to
//! standard output, mistakes to standard error with what to do about them.

mod accused;
mod alert;
mod args;
mod breach;
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
mod measures;
mod observe;
mod outbox;
mod policy;
mod records;
mod reload;
mod render;
mod replay;
mod rules;
mod scan;
mod search;
mod serve;
mod store;
mod subject_access;
mod take_over;
mod users;

use args::{Cli, Command};
use clap::Parser;
use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
};

/// What ends a command early: sentences for whoever typed it; empty when nobody reads any more.
#[derive(Debug)]
pub(crate) struct Mistake(pub(crate) String);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error + 'static> From<E> for Mistake {
    fn from(error: E) -> Self {
        let io = (&error as &dyn std::error::Error).downcast_ref::<io::Error>();
        match io.map(io::Error::kind) {
            Some(io::ErrorKind::BrokenPipe) => Self(String::new()),
            _ => Self(error.to_string()),
        }
    }
}

type Answer = Result<ExitCode, Mistake>;

/// Bad usage or configuration.
const MISTAKE: u8 = 2;
/// Whoever read our answer stopped reading (`| head`); a shell says the same of other programs.
const NOT_READ: u8 = 141;

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(&cli) {
        Ok(code) => code,
        Err(mistake) if mistake.0.is_empty() => ExitCode::from(NOT_READ),
        Err(mistake) => {
            // Standard error may be closed; there is nobody left to tell then.
            let _ = writeln!(io::stderr(), "{mistake}");
            ExitCode::from(MISTAKE)
        }
    }
}

fn dispatch(cli: &Cli) -> Answer {
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
        Command::Alert(command) => alert::run(cli, command),
        Command::Incident(command) => incident::run(cli, command),
        Command::Exception(command) => measures::exception(cli, command),
        Command::Suspend(command) => measures::suspend(cli, command),
        Command::Observe(args) => observe::run(cli, args),
        Command::Records(command) => records::run(cli, command),
        Command::SubjectAccess(command) => subject_access::run(cli, command),
        Command::Breach(command) => breach::run(cli, command),
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
