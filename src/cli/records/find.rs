//! `records search` and `records thread`: what can be told without a custodian's key.

use super::{
    args::{SearchArgs, WhyArgs},
    parse,
};
use crate::{
    app,
    cli::{
        Answer,
        args::Cli,
        context, render,
        search::{may_see, say_more},
    },
    storage::{FiledAs, RecordSummary, Why},
};
use serde_json::{Value, json};
use std::{io, process::ExitCode};

pub(super) fn search(cli: &Cli, args: &SearchArgs) -> Answer {
    let config = context::config(cli)?;
    let directory = app::directory(&config)?;
    let mut search = args.asked.search(&directory)?;
    let asked =
        [(&args.parent, FiledAs::Parent), (&args.child, FiledAs::Child), (&args.staff, FiledAs::Staff)];
    for (person, filed_as) in asked {
        if let Some(person) = person {
            search.filed.push((context::person(&directory, person)?.id().clone(), Some(filed_as)));
        }
    }
    let why = Why { purpose: args.purpose, words: args.because.clone() };
    let found = context::block_on(async {
        let store = context::store(&config).await?;
        Ok(store.search_records(&search, &may_see, &context::actor(), &why).await?)
    })?;
    print(cli, &found.hits)?;
    say_more(&found)
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
