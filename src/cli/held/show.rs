//! One item as it may be shown: findings and the state of delivery; of a sealed one hash, time
//! and roles.

use super::{Opened, find, parse, row};
use crate::{
    authority::Act,
    cli::{
        Answer, Mistake,
        args::{Cli, Format},
        context,
        desk::Desk,
        render,
    },
    storage::{Delivered, Delivery, ItemDetail, ItemId, ItemKind, ItemState, SealedView, Why},
};
use serde_json::{Value, json};
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::ExitCode,
};

pub(super) fn show(cli: &Cli, opened: Opened, id: &str, why: Why) -> Answer {
    let id = parse(id)?;
    let shown = context::block_on(async {
        let desk = Desk::open(cli).await?;
        look(&desk, opened, &id, why).await
    })?;
    let mut out = io::stdout().lock();
    match shown {
        Shown::Sealed(view) => sealed(&mut out, cli.format, &view)?,
        Shown::Open(detail, delivery) => print(&mut out, cli.format, &detail, &delivery)?,
    }
    Ok(ExitCode::SUCCESS)
}

enum Shown {
    Open(Box<ItemDetail>, Vec<Delivered>),
    Sealed(SealedView),
}

async fn look(desk: &Desk, opened: Opened, id: &ItemId, why: Why) -> Result<Shown, Mistake> {
    let (summary, case) = find(desk, opened, id).await?;
    if summary.state.is_sealed() {
        desk.authorise(Act::List, &case, "item", id.as_str()).await?;
        return Ok(Shown::Sealed(desk.store.sealed_item(id, &desk.actor, why).await?));
    }
    desk.authorise(Act::Particulars, &case, "item", id.as_str()).await?;
    let detail = desk.store.item(id, &desk.actor, why).await?;
    let delivery = desk.store.delivery(id).await?;
    Ok(Shown::Open(Box::new(detail), delivery))
}

fn print(
    out: &mut impl Write,
    format: Format,
    detail: &ItemDetail,
    delivery: &[Delivered],
) -> io::Result<()> {
    let summary = &detail.summary;
    let findings: Vec<Value> = detail
        .findings
        .iter()
        .map(|f| {
            // Of a hold only its sender reads more than kind and place.
            let excerpt = if summary.kind == ItemKind::Quarantine { json!(f.excerpt) } else { Value::Null };
            json!({"rule": f.rule, "category": f.category.name(), "severity": f.severity, "part": f.part,
                   "reason": f.reason, "excerpt": excerpt})
        })
        .collect();
    let delivery: Vec<Value> = delivery.iter().map(delivered).collect();
    if format == Format::Jsonl {
        let mut whole = row(summary, None);
        whole["findings"] = Value::Array(findings);
        whole["delivery"] = Value::Array(delivery);
        return writeln!(out, "{whole}");
    }
    let number = (summary.kind.name(), &summary.id, render::time(summary.received_at), summary.state.name());
    writeln!(out, "{} {}, received {}, state {}", number.0, number.1, number.2, number.3)?;
    if let Some(office) = summary.office {
        writeln!(out, "It lies with: {}", office.name())?;
    }
    if let Some(at) = summary.leaves_at {
        writeln!(out, "It is only delayed, and leaves by itself at {}.", render::time(at))?;
    }
    let columns = render::columns(&[
        ("category", "Category"),
        ("severity", "Severity"),
        ("part", "Where"),
        ("reason", "Why"),
        ("excerpt", "Surroundings"),
    ]);
    render::rows(out, format, &columns, &findings, "No finding stands behind it.")?;
    if !delivery.is_empty() {
        writeln!(out)?;
        let columns = render::columns(&[
            ("recipient", "Recipient"),
            ("state", "Delivery"),
            ("at", "When, or next try"),
            ("code", "Last answer"),
        ]);
        render::rows(out, format, &columns, &delivery, "")?;
    }
    Ok(())
}

/// Recipients by their number, from 1.
fn delivered(one: &Delivered) -> Value {
    let at = match one.state {
        Delivery::Waiting { next_at: at } | Delivery::Delivered { at } | Delivery::Refused { at } => Some(at),
        Delivery::Stopped => None,
    };
    json!({"recipient": u64::from(one.recipient) + 1, "state": one.state.name(), "at": at.map(render::time),
           "code": one.code, "job": one.job.as_str()})
}

fn sealed(out: &mut impl Write, format: Format, view: &SealedView) -> io::Result<()> {
    if format == Format::Jsonl {
        let row = json!({
            "id": view.id.as_str(), "state": view.state.name(), "school": view.school.to_string(),
            "what": "suspected match", "received_at": render::time(view.received_at),
            "sealed_at": render::time(view.sealed_at), "sha256": view.sha256,
            "object_sha256": view.object_sha256, "relations": view.relations,
        });
        return writeln!(out, "{row}");
    }
    let state = match view.state {
        ItemState::HandedToPolice => "sealed, and handed to the police",
        _ => "sealed",
    };
    writeln!(out, "{} is {state}: a suspected match, never a fact. Nobody sees more than this.", view.id)?;
    writeln!(out, "Received {}, sealed {}", render::time(view.received_at), render::time(view.sealed_at))?;
    writeln!(
        out,
        "Between {}",
        if view.relations.is_empty() { "(unknown)".into() } else { view.relations.join(", ") }
    )?;
    writeln!(
        out,
        "SHA-256 of the message {}\n        of the encrypted object {}",
        view.sha256, view.object_sha256
    )?;
    writeln!(out, "Do not look for or forward the picture; tell the lead in person.")
}

/// The message itself, for whoever reviews it.
pub(super) fn raw(cli: &Cli, id: &str, why: Why) -> Answer {
    let id = parse(id)?;
    let bytes = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (_, case) = find(&desk, Opened::Quarantine, &id).await?;
        desk.authorise(Act::Bytes, &case, "item", id.as_str()).await?;
        Ok(desk.store.raw(&id, &desk.actor, why).await?)
    })?;
    io::stdout().lock().write_all(&bytes)?;
    Ok(ExitCode::SUCCESS)
}

/// The message for the school's own file.
pub(super) fn export(cli: &Cli, id: &str, to: Option<&Path>, why: Why) -> Answer {
    let id = parse(id)?;
    let bytes = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (_, case) = find(&desk, Opened::Quarantine, &id).await?;
        desk.authorise(Act::Export, &case, "item", id.as_str()).await?;
        let bytes = desk.store.export_item(&id, &desk.actor, why).await?;
        desk.close().await;
        Ok(bytes)
    })?;
    match to {
        Some(path) => write_new(path, &bytes)?,
        None => io::stdout().lock().write_all(&bytes)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Never over another file, and readable by nobody else.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
