//! `gatehouse doctor`: checks the whole way of the mail and says, for each thing that is
//! not in place, who has to do what.

mod coverage;
mod files;
mod kept;
mod pictures;
mod postfix;
mod reach;
mod scanner;
mod settings;

use super::{
    Answer,
    args::{Cli, DoctorArgs},
    context, desk, render,
};
use crate::{
    authority::{Act, Thing},
    config,
};
use scanner::Asked;
use serde_json::json;
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

/// How grave a check's answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Good,
    /// Works, and is worth knowing.
    Note,
    /// Will not work, or not safely.
    Fault,
}

/// One check: what was looked at, how it stands, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) what: String,
    pub(super) state: State,
    pub(super) says: String,
}

impl Check {
    pub(super) fn good(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self { what: what.into(), state: State::Good, says: says.into() }
    }
    pub(super) fn note(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self { what: what.into(), state: State::Note, says: says.into() }
    }
    pub(super) fn fault(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self { what: what.into(), state: State::Fault, says: says.into() }
    }
}

pub(super) fn run(cli: &Cli, args: &DoctorArgs) -> Answer {
    let path = cli.config.as_deref().unwrap_or(Path::new(context::USUAL));
    let checks = match config::check(path) {
        Err(faults) => vec![Check::fault("configuration", faults.to_string())],
        Ok(checked) => {
            desk::require(cli, Act::List, Thing::Machine)?;
            let config = checked.config;
            let mut checks = vec![settings::file(path, &checked.warnings)];
            checks.extend(settings::all(&config));
            checks.extend(files::all(&config));
            checks.extend(pictures::all(&config));
            checks.extend(context::block_on(async {
                let mut found = kept::all(&config).await;
                found.extend(reach::next_hops(&config).await);
                let asked = if args.probe { Asked::WithTheLargest } else { Asked::Shortly };
                found.extend(scanner::scanner(&config, asked).await);
                if args.probe {
                    found.extend(reach::doors(&config).await);
                }
                Ok(found)
            })?);
            checks.extend(postfix::all(&config, args.postfix.as_deref()));
            checks
        }
    };
    show(cli, &checks)?;
    let worst = checks.iter().map(|c| c.state).max().unwrap_or(State::Good);
    Ok(if worst == State::Fault { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn show(cli: &Cli, checks: &[Check]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if cli.format == super::args::Format::Jsonl {
        let rows: Vec<_> =
            checks.iter().map(|c| json!({"what": c.what, "state": name(c.state), "says": c.says})).collect();
        return render::rows(&mut out, cli.format, &[], &rows, "");
    }
    for check in checks {
        let mut lines = check.says.lines();
        writeln!(out, "{:6} {:16} {}", name(check.state), check.what, lines.next().unwrap_or(""))?;
        for line in lines {
            writeln!(out, "{:24}{line}", "")?;
        }
    }
    let faults = checks.iter().filter(|c| c.state == State::Fault).count();
    match faults {
        0 => writeln!(out, "\nEverything that could be looked at is in place."),
        1 => writeln!(out, "\nOne thing has to be put right."),
        n => writeln!(out, "\n{n} things have to be put right."),
    }
}

fn name(state: State) -> &'static str {
    match state {
        State::Good => "good",
        State::Note => "note",
        State::Fault => "FAULT",
    }
}
