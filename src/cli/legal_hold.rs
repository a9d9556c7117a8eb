//! Legal holds: while one lies on a message, a record or an incident, that does not run out and is
//! not purged. Who may put one on a thing may lift it; where that takes two people, both say so.

use super::{
    Answer, Mistake,
    args::Cli,
    context,
    desk::{Desk, Leave},
    render,
};
use crate::{
    authority::{Act, Case, Scope},
    mail::SchoolId,
    storage::{LegalHold, LegalHoldId, LegalSubject},
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

    fn named(text: &str) -> Option<Self> {
        [Self::Item, Self::Record, Self::Incident].into_iter().find(|on| on.name() == text)
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

/// The facts of what it lies on, and its school.
async fn facts(desk: &Desk, on: &LegalSubject) -> Result<(SchoolId, Case), Mistake> {
    Ok(match on {
        LegalSubject::Item(id) => {
            let (summary, case) = desk.store.item_case(id).await?;
            (summary.school, case)
        }
        LegalSubject::Record(id) => {
            let case = desk.store.record_case(id).await?;
            let Scope::School(school) = &case.scope else {
                return Err(Mistake("a record is always of a school".into()));
            };
            (school.clone(), case)
        }
        LegalSubject::Incident(id) => {
            let id = id.parse().map_err(|()| Mistake(format!("`{id}` is no incident's number")))?;
            let (summary, case) = desk.store.incident_case(&id).await?;
            (summary.school, case)
        }
    })
}

fn set(cli: &Cli, on: On, id: &str, reason: &str) -> Answer {
    let subject = on.subject(id)?;
    let (kind, id) = (subject.kind(), subject.id().to_owned());
    let said = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (school, case) = facts(&desk, &subject).await?;
        match desk.authorise_of_two(Act::LegalHold, &case, (kind, &id), reason).await? {
            Leave::WaitForSecond(sentence) => Ok(format!("{id}: noted. {sentence}")),
            Leave::Go => {
                let number = desk.store.set_legal_hold(subject, &school, &desk.actor, reason).await?;
                desk.close().await;
                Ok(format!("{id} is under legal hold {number}: it does not run out and is not purged."))
            }
        }
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
        let all = desk.store.legal_holds(None).await?;
        let hold = all.into_iter().find(|h| h.id == id).ok_or_else(missing)?;
        if let Some(sentence) = may_lift(&desk, &hold, &missing, reason).await? {
            return Ok(format!("{id}: noted. {sentence}"));
        }
        let lifted = desk.store.lift_legal_hold(&id, &desk.actor, reason).await?;
        desk.close().await;
        match lifted {
            true => Ok(format!("{id} is lifted. What it lay on follows its ordinary time again.")),
            false => Err(missing()),
        }
    })?;
    writeln!(io::stderr(), "{said}")?;
    Ok(ExitCode::SUCCESS)
}

/// A hold on what is not there for the asker is not there either. A sentence: who is the second.
async fn may_lift(
    desk: &Desk,
    hold: &LegalHold,
    missing: &impl Fn() -> Mistake,
    reason: &str,
) -> Result<Option<String>, Mistake> {
    let subject = On::named(&hold.on.0).ok_or_else(missing)?.subject(&hold.on.1)?;
    let (_, case) =
        facts(desk, &subject).await.map_err(|e| if e.missing().is_some() { missing() } else { e })?;
    if desk.may(Act::LegalHold, &case) == crate::authority::Answer::NotThere {
        return Err(missing());
    }
    match desk.authorise_of_two(Act::LegalHold, &case, (subject.kind(), hold.id.as_str()), reason).await? {
        Leave::Go => Ok(None),
        Leave::WaitForSecond(sentence) => Ok(Some(sentence)),
    }
}
