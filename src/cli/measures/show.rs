//! `list` and `show`: which there are, and whether they hold now.

use super::parse;
use crate::{
    authority::Act,
    cli::{
        Answer,
        args::{Cli, Format},
        context,
        desk::Desk,
        render,
    },
    desk::measures::MeasureStands,
    mail::Covers,
    storage::{KeptMeasure, Measure, MeasureKind},
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
        let mut rows: Vec<Value> = Vec::new();
        for seen in desk.measures(kind, |_| true, usize::MAX).await? {
            let mut row = row(&seen.kept, now);
            if !seen.knows {
                row["covers"] = Value::Null;
            }
            rows.push(row);
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
        let seen = desk.measure(Act::Particulars, kind, &id).await?;
        desk.look_at_measure(&seen).await?;
        let kept = seen.kept;
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
        "state": MeasureStands::of(kept, now).name(),
        "school": kept.school.to_string(),
        "covers": covers,
        "rules": rules,
        "from": render::time(kept.period.from),
        "until": render::time(kept.period.until),
    })
}
