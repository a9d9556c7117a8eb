//! Legal holds: while one lies on a message, a record or an incident, that does not run out and is
//! not purged. Who may put one on a thing may lift it; where that takes two people, both say so.

use super::{
    Answer, Mistake,
    args::Cli,
    context,
    desk::{Desk, Leave, said_by_second},
    render,
};
use crate::{
    desk::DeskFault,
    storage::{LegalHoldId, LegalSubject},
};
use clap::Subcommand;
use serde_json::json;
use std::{
    io::{self, Write},
    process::ExitCode,
};

#[derive(Debug, Subcommand)]
pub enum LegalHoldCommand {
    /// Those in force, and those lifted
    List,
    /// Put one on, by the number of what it is to lie on
    Set {
        id: String,
        /// For which matter; kept in the ledger
        #[arg(long)]
        reason: String,
    },
    /// Lift one, by its own number
    Lift {
        legal_hold: String,
        #[arg(long)]
        reason: String,
    },
}

/// What kind of thing a verb is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    Item,
    Record,
    Incident,
}

impl On {
    /// As the store and answers call it.
    fn name(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Record => "record",
            Self::Incident => "incident",
        }
    }

    fn subject(self, id: &str) -> Result<LegalSubject, Mistake> {
        let wrong = || Mistake(format!("`{id}` is no number of an {}", self.name()));
        Ok(match self {
            Self::Item => LegalSubject::Item(id.parse().map_err(|()| wrong())?),
            Self::Record => LegalSubject::Record(
                id.parse().map_err(|()| Mistake(format!("`{id}` is no number of a record")))?,
            ),
            Self::Incident => {
                let id: crate::storage::IncidentId = id.parse().map_err(|()| wrong())?;
                LegalSubject::Incident(id.to_string())
            }
        })
    }
}

pub(super) fn run(cli: &Cli, on: On, command: &LegalHoldCommand) -> Answer {
    match command {
        LegalHoldCommand::List => list(cli, on),
        LegalHoldCommand::Set { id, reason } => set(cli, on, id, reason),
        LegalHoldCommand::Lift { legal_hold, reason } => lift(cli, legal_hold, reason),
    }
}

fn list(cli: &Cli, on: On) -> Answer {
    let holds = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let mut seen = desk.store.legal_holds(None).await?;
        seen.retain(|hold| hold.on.0 == on.name());
        let subjects: Vec<String> = seen.iter().map(|h| h.on.1.clone()).collect();
        let hidden = desk.hidden(&subjects).await?;
        seen.retain(|h| !hidden.contains(&h.on.1));
        Ok(seen)
    })?;
    let rows: Vec<_> = holds
        .iter()
        .map(|h| {
            json!({
                "id": h.id.as_str(), "on": h.on.0, "subject": h.on.1, "school": h.school.to_string(),
                "set_at": render::time(h.set_at), "set_by": h.set_by,
                "lifted_at": h.lifted.as_ref().map(|(_, at)| render::time(*at)),
            })
        })
        .collect();
    let columns = render::columns(&[
        ("id", "Number"),
        ("on", "On"),
        ("subject", "Which"),
        ("school", "School"),
        ("set_at", "Since"),
        ("lifted_at", "Lifted"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "Nothing is under legal hold.")?;
    Ok(ExitCode::SUCCESS)
}

fn set(cli: &Cli, on: On, id: &str, reason: &str) -> Answer {
    let subject = on.subject(id)?;
    let id = subject.id().to_owned();
    let said = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let held = desk.set_legal_hold(subject, reason).await?;
        let said = match (said_by_second(held.leave)?, held.id) {
            (Leave::WaitForSecond(sentence), _) => format!("{id}: noted. {sentence}"),
            (Leave::Go, number) => {
                let number = number.map(|n| n.to_string()).unwrap_or_default();
                format!("{id} is under legal hold {number}: it does not run out and is not purged.")
            }
        };
        desk.close().await;
        Ok(said)
    })?;
    writeln!(io::stderr(), "{said}")?;
    Ok(ExitCode::SUCCESS)
}

fn lift(cli: &Cli, number: &str, reason: &str) -> Answer {
    let id: LegalHoldId = number.parse().map_err(|()| {
        Mistake(format!("`{number}` is no legal hold's number; `legal-hold list` shows them"))
    })?;
    let missing = || Mistake(format!("{id} is no legal hold that is in force; `legal-hold list` shows them"));
    let said = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let lifted = match desk.lift_legal_hold(&id, reason).await {
            Err(DeskFault::NotThere { .. }) => return Err(missing()),
            lifted => lifted?,
        };
        let said = match said_by_second(lifted.leave)? {
            Leave::WaitForSecond(sentence) => format!("{id}: noted. {sentence}"),
            Leave::Go => format!("{id} is lifted. What it lay on follows its ordinary time again."),
        };
        desk.close().await;
        Ok(said)
    })?;
    writeln!(io::stderr(), "{said}")?;
    Ok(ExitCode::SUCCESS)
}
