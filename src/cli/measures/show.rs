//! `list` and `show`: which there are, and whether they hold now.

use super::{case, find, read::parse};
use crate::{
    authority::{Act, Thing},
    cli::{
        Answer,
        args::{Cli, Format},
        context,
        desk::Desk,
        render,
    },
    mail::Covers,
    storage::{Event, KeptMeasure, LedgerEvent, Measure, MeasureKind, MeasureState},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn list(cli: &Cli, kind: MeasureKind) -> Answer {
    let now = Utc::now();
    let rows = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let thing = match kind {
            MeasureKind::Exception => Thing::Exception,
            MeasureKind::Suspension => Thing::Suspension,
        };
        desk.schools_or_refuse(Act::List, thing)?;
        let mut rows: Vec<Value> = Vec::new();
        for kept in desk.store.measures(kind).await? {
            let case = case(&desk, &kept.school, &kept.measure)?;
            if desk.may(Act::List, &case).is_allowed() {
                let mut row = row(&kept, now);
                if !desk.may(Act::Particulars, &case).is_allowed() {
                    row["covers"] = Value::Null;
                }
                rows.push(row);
            }
        }
        Ok(rows)
    })?;
    let columns = render::columns(&[
        ("id", "Number"),
        ("state", "State"),
        ("school", "School"),
        ("covers", "For"),
        ("rules", "Rules"),
        ("from", "From"),
        ("until", "Until"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "There is none.")?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn show(cli: &Cli, kind: MeasureKind, id: &str) -> Answer {
    let id = parse(id)?;
    let kept = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (kept, _) = find(&desk, Act::Particulars, kind, &id).await?;
        // The look is in the ledger before anything is shown.
        let viewed = LedgerEvent::new(Event::MeasureViewed).school(&kept.school).about(id.as_str());
        desk.store.ledger(&desk.actor, viewed).await?;
        desk.close().await;
        Ok(kept)
    })?;
    let mut row = row(&kept, Utc::now());
    row["reason"] = json!(kept.reason);
    for (name, act) in
        [("asked", Some(&kept.asked)), ("decided", kept.decided.as_ref()), ("ended", kept.ended.as_ref())]
    {
        row[name] = act.map_or(Value::Null, |a| json!({"by": a.by, "at": render::time(a.at)}));
    }
    let mut out = io::stdout().lock();
    match cli.format {
        Format::Jsonl => writeln!(out, "{row}")?,
        Format::Table => {
            for (name, value) in row.as_object().into_iter().flatten() {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                writeln!(out, "{name:9} {text}")?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn row(kept: &KeptMeasure, now: DateTime<Utc>) -> Value {
    let (covers, rules) = match &kept.measure {
        Measure::Exception { covers: Covers::Person(id), rules } => (id.to_string(), rules.clone()),
        Measure::Exception { covers: Covers::Class(name), rules } => (format!("class {name}"), rules.clone()),
        Measure::Suspension { person } => (person.to_string(), Vec::new()),
    };
    json!({
        "id": kept.id.as_str(),
        "kind": kept.measure.kind().name(),
        "state": standing(kept, now),
        "school": kept.school.to_string(),
        "covers": covers,
        "rules": rules,
        "from": render::time(kept.period.from),
        "until": render::time(kept.period.until),
    })
}

/// What a reader wants to know: does it hold now?
fn standing(kept: &KeptMeasure, now: DateTime<Utc>) -> &'static str {
    match kept.state {
        MeasureState::Approved if kept.period.holds_at(now) => "in force",
        MeasureState::Approved if now < kept.period.from => "approved, not begun",
        MeasureState::Approved => "over",
        MeasureState::Asked if kept.period.until <= now => "over, never approved",
        MeasureState::Asked => "waits for approval",
        state => state.name(),
    }
}
