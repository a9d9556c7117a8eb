//! `quarantine note`: notes for leads on a person, which stand beside what waits of the same person
//! (practice.md, A12).

use super::args::NoteCommand;
use crate::{
    cli::{Answer, Mistake, args::Cli, context, desk::Desk, render},
    desk::person,
    mail::SchoolId,
    storage::{LeadNoteId, Why},
};
use chrono::{NaiveDate, Utc};
use serde_json::json;
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn run(cli: &Cli, command: &NoteCommand) -> Answer {
    match command {
        NoteCommand::List { person, why } => list(cli, person, &why.why()),
        NoteCommand::Add { person, text, until, school } => {
            let school = school.as_deref().map(|id| SchoolId(id.into()));
            add(cli, person, text, *until, school.as_ref())
        }
        NoteCommand::End { note } => end(cli, note),
    }
}

fn list(cli: &Cli, whose: &str, why: &Why) -> Answer {
    let rows = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (notes, now) = (desk.notes_on(person(&desk.directory, whose)?, why).await?, Utc::now());
        let rows: Vec<_> = notes
            .iter()
            .map(|note| {
                json!({
                    "id": note.id.as_str(), "school": note.school.to_string(),
                    "state": if note.is_in_force(now) { "in force" } else { "ended" },
                    "made_at": render::time(note.made_at), "made_by": note.made_by,
                    "last_day": desk.last_day(note).to_string(), "text": note.text,
                })
            })
            .collect();
        desk.close().await;
        Ok(rows)
    })?;
    let columns = render::columns(&[
        ("id", "Number"),
        ("school", "School"),
        ("state", "State"),
        ("last_day", "Last day"),
        ("text", "Note"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "No note on this person.")?;
    Ok(ExitCode::SUCCESS)
}

fn add(cli: &Cli, whose: &str, text: &str, last: Option<NaiveDate>, school: Option<&SchoolId>) -> Answer {
    let id = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let id = desk.note_down(person(&desk.directory, whose)?, school, text, last).await?;
        desk.close().await;
        Ok(id)
    })?;
    writeln!(io::stdout(), "{id}")?;
    Ok(ExitCode::SUCCESS)
}

fn end(cli: &Cli, number: &str) -> Answer {
    let id: LeadNoteId = number.parse().map_err(|()| {
        Mistake(format!("`{number}` is no note's number; `quarantine note list` shows them"))
    })?;
    let ended = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let ended = desk.end_note(&id).await?;
        desk.close().await;
        Ok(ended)
    })?;
    let what = if ended { "has ended; in thirty days its words are purged" } else { "was over already" };
    writeln!(io::stderr(), "{id} {what}.")?;
    Ok(ExitCode::SUCCESS)
}
