//! What is kept for longer than its life: the review after an emergency, and what goes to the
//! police. Legal holds: `cli::legal_hold`.

use super::{parse, show::write_new};
use crate::{
    authority::{Act, Thing},
    cli::{
        Answer, Mistake,
        args::Cli,
        context,
        desk::{Desk, Leave},
        render,
    },
    storage::{Handed, Instructed, Instruction, Review, Turn},
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
        desk.schools_or_refuse(Act::Note, Thing::Quarantined)?;
        to_review(&desk).await
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

/// What the asker may review: of an emergency in which they have no part. Whoever sent it is a
/// party like whoever got it.
async fn to_review(desk: &Desk) -> Result<Vec<Review>, Mistake> {
    let mut all = Vec::new();
    for review in desk.store.reviews(None).await? {
        let (_, mut case) = desk.store.item_case(&review.item).await?;
        case.thing = Thing::Quarantined;
        if desk.may(Act::Note, &case).is_allowed() {
            all.push(review);
        }
    }
    Ok(all)
}

pub(super) fn reviewed(cli: &Cli, id: &str, reason: &str) -> Answer {
    let id = parse(id)?;
    let done = context::block_on(async {
        let desk = Desk::open(cli).await?;
        desk.schools_or_refuse(Act::Note, Thing::Quarantined)?;
        if !to_review(&desk).await?.iter().any(|review| review.item == id) {
            return Ok(false);
        }
        let done = desk.store.reviewed(&id, &desk.actor, reason).await?;
        desk.close().await;
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
        let before = desk.store.first_of_two(Act::InstructPolice, id.as_str()).await?;
        let before = before.and_then(|first| desk.users.iter().find(|u| u.id == first.account));
        let leave = desk.authorise_of_two(Act::InstructPolice, &case, ("item", id.as_str()), reason).await?;
        let turn = match (leave, before) {
            (Leave::WaitForSecond(_), _) => Turn::First,
            (Leave::Go, Some(first)) => Turn::After(first.actor()),
            (Leave::Go, None) => Turn::Either,
        };
        let done = desk.store.instruct(&id, what, turn, &desk.actor, reason).await?;
        desk.close().await;
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
