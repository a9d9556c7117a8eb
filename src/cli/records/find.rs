//! `records search` and `records thread`: what can be told without a custodian's key.

use super::{
    args::{SearchArgs, WhyArgs},
    parse,
};
use crate::{
    app,
    cli::{Answer, Mistake, args::Cli, context, render},
    mail::{Address, SchoolId},
    storage::{FiledAs, RecordFilter, RecordSummary, Why},
};
use serde_json::{Value, json};
use std::{io, process::ExitCode};

pub(super) fn search(cli: &Cli, args: &SearchArgs) -> Answer {
    let config = context::config(cli)?;
    let mut filter = RecordFilter {
        school: args.school.as_deref().map(|s| SchoolId(s.into())),
        from: args.since.as_deref().map(context::day).transpose()?,
        until: args.until.as_deref().map(context::end_of_day).transpose()?,
        party: args.address.as_deref().map(parse_address).transpose()?,
        ..RecordFilter::default()
    };
    let asked =
        [(&args.parent, FiledAs::Parent), (&args.child, FiledAs::Child), (&args.staff, FiledAs::Staff)];
    if asked.iter().any(|(person, _)| person.is_some()) {
        let directory = app::directory(&config)?;
        for (person, filed_as) in asked {
            if let Some(person) = person {
                filter.people.push((context::person(&directory, person)?.id().clone(), filed_as));
            }
        }
    }
    let why = Why { purpose: args.purpose, words: args.because.clone() };
    let found = context::block_on(async {
        let store = context::store(&config).await?;
        Ok(store.records_search(&filter, &context::actor(), &why).await?)
    })?;
    print(cli, &found)
}

pub(super) fn thread(cli: &Cli, id: &str, parent: Option<&str>, why: &WhyArgs) -> Answer {
    let id = parse(id)?;
    let config = context::config(cli)?;
    let directory = app::directory(&config)?;
    let parent = parent.map(|p| context::person(&directory, p)).transpose()?;
    let found = context::block_on(async {
        let store = context::store(&config).await?;
        let parent = parent.map(|p| p.id());
        Ok(store.records_thread(&id, parent, &context::actor(), &why.why()).await?)
    })?;
    print(cli, &found)
}

fn print(cli: &Cli, found: &[RecordSummary]) -> Answer {
    let rows: Vec<Value> = found.iter().map(row).collect();
    let columns = render::columns(&[
        ("id", "Id"),
        ("received_at", "Received"),
        ("school", "School"),
        ("direction", "Direction"),
        ("roles", "With"),
        ("parents", "Parents"),
        ("children", "Children"),
        ("not_certain", "Not certain"),
        ("attachments", "Files"),
        ("bytes", "Bytes"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "No record was found.")?;
    Ok(ExitCode::SUCCESS)
}

fn row(r: &RecordSummary) -> Value {
    json!({
        "id": r.id.as_str(),
        "received_at": render::time(r.received_at),
        "school": r.school.to_string(),
        "direction": r.direction.name(),
        "roles": r.roles.iter().map(|r| r.name()).collect::<Vec<_>>(),
        "parents": r.parents,
        "children": r.children,
        "staff": r.staff,
        "not_certain": r.not_certain,
        "attachments": r.attachments,
        "bytes": r.bytes,
        "sha256": r.sha256,
    })
}

fn parse_address(text: &str) -> Result<Address, Mistake> {
    Address::parse(text).ok_or_else(|| Mistake(format!("`{text}` is no mail address")))
}
