//! `gatehouse ledger list`, `show` and `changes`: rows as people read them.

use super::{
    super::{
        Answer, Mistake,
        args::{Cli, Format},
        context,
        desk::Desk,
        render,
    },
    args::LedgerListArgs,
};
use crate::{
    mail::SchoolId,
    storage::{Actor, Event, LedgerEntry, LedgerFilter, Store},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn list(cli: &Cli, args: &LedgerListArgs) -> Answer {
    if let Some(unknown) =
        args.event.iter().find(|e| !Event::ALL.iter().any(|known| known.name() == e.as_str()))
    {
        let all = Event::ALL.iter().map(|e| e.name()).collect::<Vec<_>>().join(" ");
        return Err(Mistake(format!("There is no event `{unknown}`. There are:\n{all}")));
    }
    let no_transaction =
        |_| Mistake("That is no transaction's id; `gatehouse ledger list` shows them.".into());
    let filter = LedgerFilter {
        from: args.since.as_deref().map(context::day).transpose()?,
        until: args.until.as_deref().map(context::end_of_day).transpose()?,
        events: args.event.clone(),
        school: args.school.as_deref().map(|s| SchoolId(s.into())),
        transaction: args.transaction.as_deref().map(|t| t.parse().map_err(no_transaction)).transpose()?,
        subject: args.about.clone(),
        number: args.number.as_ref().map(|number| number.to_ascii_lowercase()),
        limit: Some(args.limit),
        ..LedgerFilter::default()
    };
    let rows = looked_up(cli, &filter, "list")?;
    let columns = render::columns(&[
        ("row", "Row"),
        ("at", "When"),
        ("event", "What"),
        ("who", "Who"),
        ("subject", "About"),
        ("details", "Details"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "No row fits.")?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn changes(cli: &Cli, since: Option<&str>, until: Option<&str>, limit: u32) -> Answer {
    let filter = LedgerFilter {
        from: since.map(context::day).transpose()?,
        until: until.map(context::end_of_day).transpose()?,
        limit: Some(limit),
        ..LedgerFilter::changes()
    };
    let rows = looked_up(cli, &filter, "changes")?;
    let columns = render::columns(&[
        ("at", "When"),
        ("who", "Who"),
        ("event", "What"),
        ("subject", "Of what"),
        ("details", "How"),
        ("reason", "Why"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "Nothing was changed in that time.")?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn show(cli: &Cli, row: u64) -> Answer {
    let rows = looked_up(cli, &LedgerFilter { row: Some(row), ..LedgerFilter::default() }, "show")?;
    let found = rows.first().ok_or_else(|| Mistake(format!("The ledger has no row {row}.")))?;
    let mut out = io::stdout().lock();
    if cli.format == Format::Jsonl {
        writeln!(out, "{found}")?;
        return Ok(ExitCode::SUCCESS);
    }
    for (key, value) in found.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        writeln!(out, "{key:12} {}", render::printable(&shown))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Rows that fit, as JSON; the look itself is a row too.
fn looked_up(cli: &Cli, filter: &LedgerFilter, view: &'static str) -> Result<Vec<Value>, Mistake> {
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        let entries = desk.ledger_rows(filter, view).await?;
        let mut names = HashMap::new();
        let mut rows = Vec::with_capacity(entries.len());
        for entry in &entries {
            let who = who(&desk.store, &entry.actor, &mut names).await?;
            rows.push(as_json(entry, &who));
        }
        desk.close().await;
        Ok(rows)
    })
}

/// Who stands behind a random id, as far as that is still known and can be opened.
async fn who(store: &Store, id: &str, names: &mut HashMap<String, String>) -> Result<String, Mistake> {
    if id == "gate" {
        return Ok("the gate".into());
    }
    if let Some(name) = names.get(id) {
        return Ok(name.clone());
    }
    let name = match store.person(id).await {
        Ok(Some(Actor::Person(person))) => format!("person {}", person.0),
        Ok(Some(Actor::Operator(account))) if account == Actor::BY_SIGNAL => account,
        Ok(Some(Actor::Operator(account))) => format!("account {account}"),
        Ok(_) => format!("{id} (forgotten)"),
        Err(_) => id.to_owned(),
    };
    names.insert(id.to_owned(), name.clone());
    Ok(name)
}

fn as_json(entry: &LedgerEntry, who: &str) -> Value {
    json!({
        "row": entry.row,
        "at": render::time(entry.at),
        "event": entry.event,
        "actor": entry.actor,
        "who": who,
        "school": entry.school,
        "transaction": entry.transaction,
        "subject": entry.subject,
        "hash_in": entry.hash_in,
        "hash_out": entry.hash_out,
        "details": (entry.details != "{}").then(|| details(&entry.details)),
        "reason": entry.reason,
    })
}

/// `{"rows":3,"why":"away"}` as `rows=3 why=away`.
fn details(json: &str) -> String {
    let Ok(Value::Object(all)) = serde_json::from_str::<Value>(json) else { return json.to_owned() };
    let one = |(name, value): (&String, &Value)| {
        format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    all.iter().map(one).collect::<Vec<_>>().join(" ")
}
