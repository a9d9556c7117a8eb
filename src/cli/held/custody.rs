//! What is kept for longer than its life: legal holds, the review after an emergency, and what
//! goes to the police.

use super::{args::LegalHoldCommand, parse, show::write_new};
use crate::{
    authority::{Act, Thing},
    cli::{Answer, Mistake, args::Cli, context, desk::Desk, render},
    storage::{Handed, Instructed, Instruction, LegalHoldId, LegalSubject},
};
use serde_json::json;
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

pub(super) fn legal_hold(cli: &Cli, command: &LegalHoldCommand) -> Answer {
    match command {
        LegalHoldCommand::List => list(cli),
        LegalHoldCommand::Set { id, reason } => set(cli, id, reason),
        LegalHoldCommand::Lift { legal_hold, reason } => lift(cli, legal_hold, reason),
    }
}

fn list(cli: &Cli) -> Answer {
    let holds = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let mut seen = desk.store.legal_holds(None).await?;
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

fn set(cli: &Cli, id: &str, reason: &str) -> Answer {
    let id = parse(id)?;
    let number = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (summary, case) = desk.store.item_case(&id).await?;
        desk.authorise(Act::LegalHold, &case, "item", id.as_str()).await?;
        let subject = LegalSubject::Item(id.clone());
        let number = desk.store.set_legal_hold(subject, &summary.school, &desk.actor, reason).await?;
        desk.store.close().await;
        Ok(number)
    })?;
    writeln!(io::stderr(), "{id} is under legal hold {number}: it does not run out and is not purged.")?;
    Ok(ExitCode::SUCCESS)
}

fn lift(cli: &Cli, number: &str, reason: &str) -> Answer {
    let id: LegalHoldId = number.parse().map_err(|()| {
        Mistake(format!("`{number}` is no legal hold's number; `legal-hold list` shows them"))
    })?;
    let lifted = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let all = desk.store.legal_holds(None).await?;
        let Some(hold) = all.into_iter().find(|h| h.id == id) else { return Ok(false) };
        // Whoever may put one on it may lift it.
        if let Ok(item) = hold.on.1.parse() {
            let (_, case) = desk.store.item_case(&item).await?;
            desk.authorise(Act::LegalHold, &case, "item", item.as_str()).await?;
        }
        let lifted = desk.store.lift_legal_hold(&id, &desk.actor, reason).await?;
        desk.store.close().await;
        Ok(lifted)
    })?;
    if !lifted {
        return Err(Mistake(format!("{id} is no legal hold that is in force; `legal-hold list` shows them")));
    }
    writeln!(io::stderr(), "{id} is lifted. What it lay on follows its ordinary time again.")?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn reviews(cli: &Cli) -> Answer {
    let all = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let schools = desk.schools_or_refuse(Act::Note, Thing::Quarantined)?;
        let mut all = desk.store.reviews(None).await?;
        all.retain(|r| schools.contains(&r.school));
        Ok(all)
    })?;
    let rows: Vec<_> = all
        .iter()
        .map(|r| {
            json!({"id": r.item.as_str(), "school": r.school.to_string(),
                   "sent_at": render::time(r.sent_at), "sent_by": r.sent_by})
        })
        .collect();
    let columns = render::columns(&[
        ("id", "Number"),
        ("school", "School"),
        ("sent_at", "Sent"),
        ("sent_by", "By (random id)"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "Nothing waits for a review.")?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn reviewed(cli: &Cli, id: &str, reason: &str) -> Answer {
    let id = parse(id)?;
    let done = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let schools = desk.schools_or_refuse(Act::Note, Thing::Quarantined)?;
        if !schools.contains(&desk.store.item_summary(&id).await?.school) {
            return Ok(false);
        }
        let done = desk.store.reviewed(&id, &desk.actor, reason).await?;
        desk.store.close().await;
        Ok(done)
    })?;
    if !done {
        return Err(Mistake(format!("{id} waits for no review; `hold reviews` shows what does")));
    }
    writeln!(io::stderr(), "{id} is reviewed.")?;
    Ok(ExitCode::SUCCESS)
}

/// practice.md, A3: the still encrypted object, on the words of two people.
pub(super) fn police(cli: &Cli, id: &str, what: Instruction, out: Option<&Path>, reason: &str) -> Answer {
    let id = parse(id)?;
    if let Some(path) = out.filter(|path| path.exists()) {
        return Err(Mistake(format!("{} exists; nothing is written over", path.display())));
    }
    let instructed = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (_, case) = desk.store.item_case(&id).await?;
        // The store holds to two different people, `authority` to which two.
        desk.authorise_of_two(Act::InstructPolice, &case, ("item", id.as_str()), reason).await?;
        let done = desk.store.instruct(&id, what, &desk.actor, reason).await?;
        desk.store.close().await;
        Ok(done)
    })?;
    let mut err = io::stderr();
    match instructed {
        Instructed::First { until } => {
            let until = render::time(until);
            writeln!(err, "{id}: recorded. A second person must give the same instruction before {until}.")?;
        }
        Instructed::Both { handed: Some(Handed { object, parts }) } => {
            if let Some(path) = out {
                write_new(path, &object)?;
                // Attachments lie beside the message, each under its own number.
                for (id, part) in &parts {
                    let mut name = path.as_os_str().to_owned();
                    name.push(format!(".{id}.age"));
                    write_new(Path::new(&name), part)?;
                }
            }
            writeln!(
                err,
                "{id}: handed over, still encrypted: {} bytes and {} attachments. It stays here too, sealed.",
                object.len(),
                parts.len()
            )?;
        }
        Instructed::Both { handed: None } => writeln!(err, "{id}: purged, on the word of two people.")?,
    }
    Ok(ExitCode::SUCCESS)
}
