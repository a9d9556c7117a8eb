//! `gatehouse hold` and `gatehouse quarantine`: see what waits and decide. A hold is
//! its sender's business: nothing of its content is shown here (practice.md, A5).

use super::{
    Answer, Mistake,
    args::{Cli, HoldCommand, QuarantineCommand},
    context,
    desk::{Desk, Leave},
    render, search,
};
use crate::{
    authority::{Act, Case},
    config::Config,
    effects::{Comeback, Notices, comeback},
    policy::sender_may_hear,
    storage::{
        Decision, ItemDetail, ItemFilter, ItemId, ItemKind, ItemState, ItemSummary, NewOutbox, Ruling,
    },
};
use chrono::Utc;
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn hold(cli: &Cli, command: &HoldCommand) -> Answer {
    const KIND: ItemKind = ItemKind::Hold;
    match command {
        HoldCommand::List => list(cli, KIND),
        HoldCommand::Show { id } => show(cli, KIND, id, "looked at the particulars of a hold"),
        HoldCommand::Release { id, confidential, reason } => {
            let decision = if *confidential { Decision::ReleaseMarked } else { Decision::Release };
            decide(cli, KIND, id, decision, reason, None)
        }
        HoldCommand::Return { id, reason } => decide(cli, KIND, id, Decision::Return, reason, None),
    }
}

pub(super) fn quarantine(cli: &Cli, command: &QuarantineCommand) -> Answer {
    const KIND: ItemKind = ItemKind::Quarantine;
    match command {
        QuarantineCommand::List => list(cli, KIND),
        QuarantineCommand::Search(args) => search::quarantine(cli, args),
        QuarantineCommand::Show { id, raw: false, purpose } => show(cli, KIND, id, purpose),
        QuarantineCommand::Show { id, raw: true, purpose } => raw(cli, id, purpose),
        QuarantineCommand::Release { id, reason } => decide(cli, KIND, id, Decision::Release, reason, None),
        QuarantineCommand::Return { id, advice, reason } => {
            decide(cli, KIND, id, Decision::Return, reason, Some(advice))
        }
        QuarantineCommand::Keep { id, reason } => {
            decide(cli, KIND, id, Decision::KeepAsEvidence, reason, None)
        }
    }
}

fn parse(id: &str) -> Result<ItemId, Mistake> {
    id.parse().map_err(|()| Mistake(format!("`{id}` is no item's number; `list` shows them")))
}

pub(super) fn row(item: &ItemSummary) -> Value {
    json!({
        "id": item.id.as_str(),
        "kind": item.kind.name(),
        "state": item.state.name(),
        "school": item.school.to_string(),
        "received_at": render::time(item.received_at),
        "category": item.category.name(),
        "severity": item.severity,
        "recipients": item.recipients,
        "bytes": item.bytes,
        "transaction": item.transaction.to_string(),
    })
}

/// What a list and a search show of an item.
pub(super) const COLUMNS: [(&str, &str); 7] = [
    ("id", "Number"),
    ("state", "State"),
    ("school", "School"),
    ("received_at", "Received"),
    ("category", "Category"),
    ("severity", "Severity"),
    ("recipients", "Recipients"),
];

fn list(cli: &Cli, kind: ItemKind) -> Answer {
    let (items, counted) = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let filter = ItemFilter { kind: Some(kind), ..ItemFilter::default() };
        let items = desk.store.items(&filter).await?;
        let cases = desk.store.item_cases(&items).await?;
        let mut counted = 0_usize;
        let mut shown = Vec::new();
        for (item, case) in items.into_iter().zip(&cases) {
            if desk.may(Act::List, case).is_allowed() {
                shown.push(item);
            } else if desk.may(Act::Count, case).is_allowed() && item.state == ItemState::Open {
                counted += 1;
            }
        }
        Ok((shown, counted))
    })?;
    let rows: Vec<Value> = items.iter().map(row).collect();
    let columns = render::columns(&COLUMNS);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "Nothing waits.")?;
    if counted > 0 {
        writeln!(io::stderr(), "{counted} more wait for their own senders, who alone see them.")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The facts of an item of the kind that was asked for.
async fn find(desk: &Desk, kind: ItemKind, id: &ItemId) -> Result<(ItemSummary, Case), Mistake> {
    let (summary, case) = desk.store.item_case(id).await?;
    if summary.kind != kind {
        // Who may not know of it does not learn its kind.
        desk.authorise(Act::List, &case, "item", id.as_str()).await?;
        return Err(Mistake(format!("{id} is a {0}; ask `gatehouse {0}`", summary.kind.name())));
    }
    Ok((summary, case))
}

fn show(cli: &Cli, kind: ItemKind, id: &str, purpose: &str) -> Answer {
    let id = parse(id)?;
    let detail = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (_, case) = find(&desk, kind, &id).await?;
        desk.authorise(Act::Particulars, &case, "item", id.as_str()).await?;
        Ok(desk.store.item(&id, &desk.actor, purpose).await?)
    })?;
    let findings: Vec<Value> = detail
        .findings
        .iter()
        .map(|f| {
            // Of a hold only its sender reads more than kind and place.
            let excerpt = if kind == ItemKind::Hold { Value::Null } else { json!(f.excerpt) };
            json!({"rule": f.rule, "category": f.category.name(), "severity": f.severity, "part": f.part,
                   "reason": f.reason, "excerpt": excerpt})
        })
        .collect();
    let columns = render::columns(&[
        ("category", "Category"),
        ("severity", "Severity"),
        ("part", "Where"),
        ("reason", "Why"),
        ("excerpt", "Surroundings"),
    ]);
    let mut out = io::stdout().lock();
    if cli.format == super::args::Format::Jsonl {
        let mut whole = row(&detail.summary);
        whole["findings"] = Value::Array(findings);
        writeln!(out, "{whole}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let summary = &detail.summary;
    writeln!(
        out,
        "{} {}, received {}, state {}",
        summary.kind.name(),
        summary.id,
        render::time(summary.received_at),
        summary.state.name()
    )?;
    render::rows(&mut out, cli.format, &columns, &findings, "No finding stands behind it.")?;
    Ok(ExitCode::SUCCESS)
}

fn raw(cli: &Cli, id: &str, purpose: &str) -> Answer {
    let id = parse(id)?;
    let bytes = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (_, case) = find(&desk, ItemKind::Quarantine, &id).await?;
        desk.authorise(Act::Bytes, &case, "item", id.as_str()).await?;
        Ok(desk.store.raw(&id, &desk.actor, purpose).await?)
    })?;
    io::stdout().lock().write_all(&bytes)?;
    Ok(ExitCode::SUCCESS)
}

/// The act that a decision is.
fn act(decision: Decision) -> Act {
    match decision {
        Decision::Release => Act::Release,
        Decision::ReleaseMarked => Act::ReleaseMarked,
        Decision::Return | Decision::Expire => Act::Return,
        Decision::Withdraw => Act::Withdraw,
        Decision::KeepAsEvidence => Act::KeepAsEvidence,
    }
}

fn decide(
    cli: &Cli,
    kind: ItemKind,
    id: &str,
    decision: Decision,
    reason: &str,
    advice: Option<&str>,
) -> Answer {
    let id = parse(id)?;
    let decided = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (_, case) = find(&desk, kind, &id).await?;
        let leave = desk.authorise_of_two(act(decision), &case, ("item", id.as_str()), reason).await?;
        if let Leave::WaitForSecond(sentence) = leave {
            return Ok(Err(sentence));
        }
        let outbox = match decision {
            Decision::Return => {
                let detail = desk.store.item(&id, &desk.actor, reason).await?;
                vec![back(&desk.config, &detail, advice)?]
            }
            _ => Vec::new(),
        };
        let ruling = Ruling {
            decision,
            actor: desk.actor.clone(),
            reason: Some(reason.to_owned()),
            token: None,
            next_hop: desk.config.notices.next_hop.clone(),
            outbox,
        };
        let decided = desk.store.decide(&id, ruling).await?;
        desk.store.close().await;
        Ok(Ok(decided.state))
    })?;
    let state = match decided {
        Ok(state) => state,
        Err(sentence) => {
            writeln!(io::stderr(), "{id}: noted. {sentence}")?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let sentence = match state {
        ItemState::Releasing => {
            "It is on its way: `gatehouse outbox list` shows when the next hop has taken it."
        }
        ItemState::Returned => "It goes back to its sender.",
        ItemState::KeptAsEvidence => "It is kept as evidence.",
        _ => "It is decided.",
    };
    writeln!(io::stderr(), "{id}: {}. {sentence}", state.name())?;
    Ok(ExitCode::SUCCESS)
}

/// The notice to the sender. About some things the gate writes to nobody (practice.md,
/// A2): then a person has to speak.
fn back(config: &Config, detail: &ItemDetail, advice: Option<&str>) -> Result<NewOutbox, Mistake> {
    let silent = detail.findings.iter().any(|f| !sender_may_hear(f.category))
        || !sender_may_hear(detail.summary.category);
    if silent {
        return Err(Mistake(format!(
            "{} is about {}: the gate tells no party of it. Keep it, and let a person speak with whom it concerns.",
            detail.summary.id, detail.summary.category
        )));
    }
    let sender = detail.envelope.sender.address().ok_or_else(|| {
        Mistake(format!("{} has no sender to go back to; release it or keep it", detail.summary.id))
    })?;
    let notices = Notices::new(&config.notices, &config.hostname)?;
    let why = Comeback::Returned { advice };
    Ok(comeback(&notices, &config.schools, detail, sender, why, Utc::now())?)
}
