//! `gatehouse outbox`: what the gate still has to send by itself.

use super::{
    Answer,
    args::{Cli, OutboxCommand},
    context,
    desk::Desk,
    render,
};
use crate::{
    authority::{Act, Thing},
    storage::OutboxSummary,
};
use serde_json::json;
use std::{io, process::ExitCode};

/// As many as anyone reads.
const MOST: u32 = 1000;

pub(super) fn run(cli: &Cli, OutboxCommand::List: &OutboxCommand) -> Answer {
    let jobs = context::block_on(async {
        let desk = Desk::open(cli).await?;
        desk.schools_or_refuse(Act::List, Thing::Outbox)?;
        let jobs = desk.store.outbox_list(MOST).await?;
        let about = |job: &OutboxSummary| {
            job.item.iter().map(ToString::to_string).chain([job.id.to_string()]).collect::<Vec<_>>()
        };
        let hidden = desk.hidden(&jobs.iter().flat_map(about).collect::<Vec<_>>()).await?;
        let seen = |job: &OutboxSummary| !about(job).iter().any(|id| hidden.contains(id));
        Ok(jobs.into_iter().filter(seen).collect::<Vec<_>>())
    })?;
    let rows: Vec<_> = jobs
        .iter()
        .map(|job| {
            let states: Vec<String> = job
                .recipients
                .iter()
                .map(|(state, code)| {
                    code.map_or(state.name().to_owned(), |c| format!("{} ({c})", state.name()))
                })
                .collect();
            json!({
                "id": job.id.as_str(),
                "kind": job.kind.name(),
                "state": job.state.name(),
                "item": job.item.as_ref().map(|i| i.as_str()),
                "school": job.school.as_ref().map(ToString::to_string),
                "attempts": job.attempts,
                "created_at": render::time(job.created_at),
                "next_at": render::time(job.next_at),
                "recipients": states,
            })
        })
        .collect();
    let columns = render::columns(&[
        ("id", "Id"),
        ("kind", "Kind"),
        ("state", "State"),
        ("item", "Item"),
        ("attempts", "Tried"),
        ("next_at", "Next try"),
        ("recipients", "Recipients"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "Nothing waits to be sent.")?;
    Ok(ExitCode::SUCCESS)
}
