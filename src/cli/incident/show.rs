//! One incident as it may be shown, and as it is written for the school's child-protection system.

use super::{find, parse};
use crate::{
    authority::Act,
    cli::{
        Answer, Mistake,
        args::{Cli, Format},
        context,
        desk::Desk,
        render,
    },
    desk::{proof_of_sender as proof, said_in_line as texts},
    storage::{Class, Entry, Incident, IncidentId, Who, Why},
};
use serde_json::Value;
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

pub(super) fn show(cli: &Cli, id: &str, why: Why) -> Answer {
    let id = parse(id)?;
    let (incident, value) = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let incident = read(&desk, Act::Particulars, &id, why).await?;
        let value = desk.incident_as_json(&incident).await?;
        Ok::<_, Mistake>((incident, value))
    })?;
    let mut out = io::stdout().lock();
    if cli.format == Format::Jsonl {
        writeln!(out, "{value}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let summary = &incident.summary;
    writeln!(out, "{} {}, {}", summary.id, render::printable(&incident.title), summary.state.name())?;
    writeln!(
        out,
        "{} of {}, since {}\n",
        summary.kind.name(),
        summary.school,
        render::time(summary.made_at)
    )?;
    for (person, named) in incident.people.iter().zip(value["people"].as_array().into_iter().flatten()) {
        let who = match &person.who {
            Who::Person(id) => id.0.to_string(),
            Who::Address(address) => address.as_str().to_owned(),
        };
        let who = match named["name"].as_str() {
            Some(name) => format!("{name} ({who})"),
            None => who,
        };
        writeln!(out, "  {:10} {}", person.part.name(), render::printable(&who))?;
    }
    for link in &incident.links {
        writeln!(out, "  {:10} {} ({})", link.kind, link.target, proof(link.sender_proved))?;
    }
    writeln!(out)?;
    for line in value["timeline"].as_array().into_iter().flatten() {
        let word = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let by = line["by_name"].as_str().map_or_else(|| word("by"), render::printable);
        writeln!(out, "  {} {:16} {} (by {by})", word("at"), word("kind"), texts(line).join(", "))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn original(cli: &Cli, id: &str, custodian: Option<&Path>, why: Why) -> Answer {
    let id = parse(id)?;
    let bytes = context::block_on(async {
        let desk = Desk::open(cli).await?;
        find(&desk, Act::Bytes, &id).await?;
        // Kept before the school named custodians, it opens with the gate's key.
        let key = match desk.store.incident_bytes_class(&id).await? {
            Class::Working => None,
            _ => Some(desk.custodian(custodian)?),
        };
        let bytes = desk.store.incident_bytes(&id, key.as_ref(), &desk.actor, why).await?;
        desk.close().await;
        Ok(bytes)
    })?;
    io::stdout().write_all(&bytes)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn export(cli: &Cli, id: &str, out: &Path, why: Why) -> Answer {
    let id = parse(id)?;
    if out.exists() {
        return Err(Mistake(format!("{} exists; nothing is written over", out.display())));
    }
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        let incident = read(&desk, Act::Export, &id, why.clone()).await?;
        let value = desk.incident_as_json(&incident).await?;
        let text = match out.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
            true => timeline_csv(&value)?,
            false => serde_json::to_string_pretty(&value)? + "\n",
        };
        let exported = Entry::Exported { why: said(why) };
        desk.store.incident_write(&id, exported, &desk.actor).await?;
        context::write_new(out, text.as_bytes())?;
        desk.close().await;
        Ok(())
    })?;
    writeln!(io::stderr(), "Written.")?;
    Ok(ExitCode::SUCCESS)
}

/// As the timeline has it.
fn said(why: Why) -> String {
    let purpose = why.purpose.name();
    why.words.map_or(purpose.to_owned(), |words| format!("{purpose}: {words}"))
}

/// All of it, but for other incidents that are not there for the asker.
async fn read(desk: &Desk, act: Act, id: &IncidentId, why: Why) -> Result<Incident, Mistake> {
    find(desk, act, id).await?;
    let mut incident = desk.store.incident(id, &desk.actor, why).await?;
    let others: Vec<String> =
        incident.links.iter().filter(|l| l.kind == "incident").map(|l| l.target.clone()).collect();
    let hidden = desk.hidden(&others).await?;
    incident.links.retain(|l| l.kind != "incident" || !hidden.contains(&l.target));
    Ok(incident)
}

/// One line for each line of the timeline. A cell never begins like a formula.
fn timeline_csv(incident: &Value) -> Result<String, Mistake> {
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    out.write_record(["incident", "at", "by", "kind", "text", "by_name"])?;
    for line in incident["timeline"].as_array().into_iter().flatten() {
        let word = |name: &str| line[name].as_str().unwrap_or_default();
        let texts = texts(line).join("; ");
        let guarded = |text: &str| match text.starts_with(['=', '+', '-', '@']) {
            true => format!("'{text}"),
            false => text.to_owned(),
        };
        let id = incident["id"].as_str().unwrap_or_default();
        let name = guarded(word("by_name"));
        out.write_record([id, word("at"), word("by"), word("kind"), &guarded(&texts), &name])?;
    }
    let bytes = out.into_inner().map_err(|e| Mistake(e.to_string()))?;
    Ok(String::from_utf8(bytes)?)
}
