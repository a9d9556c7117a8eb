//! Lists: only what the asker may know of, and how many more there are for others.

use crate::{
    authority::Act,
    cli::{Answer, Mistake, args::Cli, context, desk::Desk, render},
    desk::{Named, incident_row as row},
    mail::SchoolId,
    storage::{IncidentFilter, IncidentState, IncidentSummary},
};
use serde_json::Value;
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn list(cli: &Cli, school: Option<&str>, all: bool, with: Option<&str>) -> Answer {
    let listed = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let with = match with {
            Some(text) => Named::of(text, &desk.directory)?.who(),
            None => None,
        };
        let filter = IncidentFilter {
            school: school.map(|s| SchoolId(s.into())),
            states: if all { IncidentState::ALL.to_vec() } else { Vec::new() },
            with,
            ..IncidentFilter::default()
        };
        let found = desk.store.incidents(&filter).await?;
        Listed::of(&desk, found).await
    })?;
    let none = if listed.counted > 0 { "None is there for you." } else { NONE };
    print(cli, &listed.shown, none)?;
    if listed.counted > 0 {
        let with = ["is with those whose office it is", "are with those whose office it is"];
        writeln!(io::stderr(), "{}.", render::more(listed.counted, listed.shown.len(), with))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn history(cli: &Cli, person: &str) -> Answer {
    let listed = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let Some(who) = Named::of(person, &desk.directory)?.who() else { return Ok(Listed::default()) };
        let found = desk.store.incident_history(&who).await?;
        Listed::of(&desk, found).await
    })?;
    print(cli, &listed.shown, NONE)?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Default)]
struct Listed {
    shown: Vec<IncidentSummary>,
    /// Those of which the asker may only know how many there are.
    counted: usize,
}

impl Listed {
    async fn of(desk: &Desk, found: Vec<IncidentSummary>) -> Result<Self, Mistake> {
        let cases = desk.store.incident_cases(&found).await?;
        let mut listed = Self::default();
        for (summary, case) in found.into_iter().zip(&cases) {
            if desk.may(Act::List, case).is_allowed() {
                listed.shown.push(summary);
            } else if desk.may(Act::Count, case).is_allowed() {
                listed.counted += 1;
            }
        }
        Ok(listed)
    }
}

const NONE: &str = "There is none.";

fn print(cli: &Cli, found: &[IncidentSummary], none: &str) -> io::Result<()> {
    let rows: Vec<Value> = found.iter().map(row).collect();
    let columns = render::columns(&[
        ("id", "Number"),
        ("state", "State"),
        ("kind", "Kind"),
        ("school", "School"),
        ("origin", "From"),
        ("category", "Category"),
        ("made_at", "Since"),
        ("messages", "Messages"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, none)
}
