//! `gatehouse hold` and `gatehouse quarantine`: see what waits and decide. A hold is
//! its sender's business: nothing of its content is shown here (practice.md, A5).

mod accused;
pub(super) mod args;
mod change;
mod custody;
mod decide;
mod note;
mod show;

use super::{
    Answer, Mistake,
    args::Cli,
    context,
    desk::Desk,
    legal_hold::{self, On},
    render, search,
};
use crate::{
    authority::{Act, Case},
    desk::Asked,
    gateway::{Rung, overdue},
    storage::{Decision, Instruction, ItemFilter, ItemId, ItemKind, ItemSummary, Purpose, Why},
};
use args::{HoldCommand, QuarantineCommand};
use chrono::Utc;
use decide::decide;
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// Which of the two commands was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    /// The sender's: holds and what is only delayed.
    Hold,
    Quarantine,
}

impl Opened {
    fn of(kind: ItemKind) -> Self {
        match kind {
            ItemKind::Hold | ItemKind::Grace => Self::Hold,
            ItemKind::Quarantine => Self::Quarantine,
        }
    }

    fn other(self) -> &'static str {
        match self {
            Self::Hold => "quarantine",
            Self::Quarantine => "hold",
        }
    }
}

pub(super) fn hold(cli: &Cli, command: &HoldCommand) -> Answer {
    use HoldCommand as H;
    let rule = |id, decision, reason| decide(cli, Opened::Hold, &Asked::new(id, decision, reason));
    match command {
        H::List => list(cli, Opened::Hold),
        H::Show { id } => {
            let own = Why::new(Purpose::Facts, "a hold, by its sender or whoever supervises");
            show::show(cli, Opened::Hold, id, own)
        }
        H::Release { id, confidential: true, reason, .. } => rule(id, Decision::ReleaseMarked, reason),
        H::Release { id, confidential: false, reason, changes } => match changes.changes()? {
            none if none.is_none() => rule(id, Decision::Release, reason),
            changes => change::change(cli, id, &changes, reason),
        },
        H::Return { id, advice, reason } => {
            let asked = Asked { advice: advice.as_deref(), ..Asked::new(id, Decision::Return, reason) };
            decide(cli, Opened::Hold, &asked)
        }
        H::Withdraw { id, reason } => rule(id, Decision::Withdraw, reason),
        H::SendNow { id, reason } => rule(id, Decision::SendNow, reason),
        H::Reviews => custody::reviews(cli),
        H::Reviewed { id, reason } => custody::reviewed(cli, id, reason),
        H::LegalHold(command) => legal_hold::run(cli, On::Item, command),
    }
}

pub(super) fn quarantine(cli: &Cli, command: &QuarantineCommand) -> Answer {
    use QuarantineCommand as Q;
    let rule = |id, decision, reason| decide(cli, Opened::Quarantine, &Asked::new(id, decision, reason));
    match command {
        Q::List => list(cli, Opened::Quarantine),
        Q::Search(args) => search::quarantine(cli, args),
        Q::Show { id, raw: false, why } => show::show(cli, Opened::Quarantine, id, why.why()),
        Q::Show { id, raw: true, why } => show::raw(cli, id, why.why()),
        Q::Release { id, reason } => rule(id, Decision::Release, reason),
        Q::Return { id, advice, reason } => {
            let asked = Asked { advice: Some(advice), ..Asked::new(id, Decision::Return, reason) };
            decide(cli, Opened::Quarantine, &asked)
        }
        Q::Keep { id, legal_hold, reason } => {
            let asked = Asked { legal_hold: *legal_hold, ..Asked::new(id, Decision::KeepAsEvidence, reason) };
            decide(cli, Opened::Quarantine, &asked)
        }
        Q::Escalate { id, to, reason } => rule(id, Decision::Escalate(to.office()), reason),
        Q::Accused(args) => accused::accused(cli, args),
        Q::Note(command) => note::run(cli, command),
        Q::HandOver { id, to, reason } => rule(id, Decision::HandOn(to.office()), reason),
        Q::Reopen { id, reason } => rule(id, Decision::Reopen, reason),
        Q::Export { id, out, why } => show::export(cli, id, out.as_deref(), why.why()),
        Q::Seal { id, reason } => rule(id, Decision::Seal, reason),
        Q::Police { id, out, reason } => {
            custody::police(cli, id, Instruction::HandToPolice, Some(out), reason)
        }
        Q::PolicePurge { id, reason } => custody::police(cli, id, Instruction::Purge, None, reason),
        Q::LegalHold(command) => legal_hold::run(cli, On::Item, command),
    }
}

fn parse(id: &str) -> Result<ItemId, Mistake> {
    id.parse().map_err(|()| Mistake(format!("`{id}` is no item's number; `list` shows them")))
}

/// What a search shows of an item.
pub(super) const COLUMNS: [(&str, &str); 7] = [
    ("id", "Number"),
    ("state", "State"),
    ("school", "School"),
    ("received_at", "Received"),
    ("category", "Category"),
    ("severity", "Severity"),
    ("recipients", "Recipients"),
];

/// An item as a search shows it.
pub(super) fn found(item: &ItemSummary) -> Value {
    row(item, None)
}

/// `late`: by whom somebody should have looked, since it has waited so long.
fn row(item: &ItemSummary, late: Option<Rung>) -> Value {
    if item.state.is_sealed() {
        return json!({
            "id": item.id.as_str(),
            "kind": item.kind.name(),
            "state": item.state.name(),
            "school": item.school.to_string(),
            "received_at": render::time(item.received_at),
            "category": "suspected match",
        });
    }
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
        "office": item.office.map(|o| o.name()),
        "leaves_at": item.leaves_at.map(render::time),
        "overdue": late.map(Rung::name),
    })
}

fn list(cli: &Cli, opened: Opened) -> Answer {
    let (rows, counted) = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let items = desk.store.items(&ItemFilter::default()).await?;
        let items: Vec<ItemSummary> = items.into_iter().filter(|i| Opened::of(i.kind) == opened).collect();
        let cases = desk.store.item_cases(&items).await?;
        let (mut rows, mut counted, now) = (Vec::new(), 0_usize, Utc::now());
        for (item, case) in items.iter().zip(&cases) {
            if desk.may(Act::List, case).is_allowed() {
                let school = desk.config.schools.iter().find(|s| s.id == item.school);
                rows.push(row(item, overdue(item, school.map(|s| &s.calendar), now)));
            } else if item.state.is_waiting() && desk.may(Act::Count, case).is_allowed() {
                counted += 1;
            }
        }
        Ok((rows, counted))
    })?;
    let last = match opened {
        Opened::Hold => ("leaves_at", "Leaves by itself"),
        Opened::Quarantine => ("overdue", "Overdue for"),
    };
    let columns = COLUMNS.into_iter().chain([("kind", "Kind"), ("office", "With"), last]);
    let columns = render::columns(&columns.collect::<Vec<_>>());
    let none = if counted > 0 { "Nothing waits for you." } else { "Nothing waits." };
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, none)?;
    if counted > 0 {
        let more =
            render::more(counted, rows.len(), ["waits for its own sender", "wait for their own senders"]);
        writeln!(io::stderr(), "{more}, who alone see them.")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The facts of an item of the kind that was asked for.
async fn find(desk: &Desk, opened: Opened, id: &ItemId) -> Result<(ItemSummary, Case), Mistake> {
    let (summary, case) = desk.store.item_case(id).await?;
    // A sealed one tells nothing of what it was before.
    if Opened::of(summary.kind) != opened && !summary.state.is_sealed() {
        // Who may not know of it does not learn its kind.
        desk.authorise(Act::List, &case, "item", id.as_str()).await?;
        return Err(Mistake(format!(
            "{id} is a {}; ask `gatehouse {}`",
            summary.kind.name(),
            opened.other()
        )));
    }
    Ok((summary, case))
}
