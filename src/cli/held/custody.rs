//! What is kept for longer than its life: the review after an emergency, and what goes to the
//! police. Legal holds: `cli::legal_hold`.

use super::{parse, show::write_new};
use crate::{
    authority::{Act, Thing},
    cli::{Answer, Mistake, args::Cli, context, desk::Desk, render},
    storage::{Handed, Instructed, Instruction},
};
use serde_json::json;
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

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
