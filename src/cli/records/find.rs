//! `records search` and `records thread`: what can be told without a custodian's key.

use super::{args::SearchArgs, parse};
use crate::{
    app,
    cli::{Answer, Mistake, args::Cli, context, desk::Desk, purpose::WhyArgs, render, search::say_more},
    storage::{FiledAs, Found, RecordSummary, Search},
};
use serde_json::{Value, json};
use std::{io, process::ExitCode};

pub(super) fn search(cli: &Cli, args: &SearchArgs) -> Answer {
    let (found, after) = context::block_on(async {
        let desk = Desk::open(cli).await?;
        find(&desk, args).await
    })?;
    print(cli, &found.hits)?;
    say_more(&found, after.as_deref())
}
/// Newest first, and where the next page begins.
pub(super) async fn find(
    desk: &Desk,
    args: &SearchArgs,
) -> Result<(Found<RecordSummary>, Option<String>), Mistake> {
    let directory = &desk.directory;
    let mut search = Search { after: args.asked.after(&desk.store)?, ..args.asked.search(directory)? };
    let asked =
        [(&args.parent, FiledAs::Parent), (&args.child, FiledAs::Child), (&args.staff, FiledAs::Staff)];
    for (person, filed_as) in asked {
        if let Some(person) = person {
            search.filed.push((crate::desk::person(directory, person)?.id().clone(), Some(filed_as)));
        }
    }
    let found = desk.find_records(&search, &args.why.why()).await?;
    let after = found.after.map(|after| desk.store.cursor_word(after)).transpose()?;
    Ok((found, after))
}

pub(super) fn thread(cli: &Cli, id: &str, parent: Option<&str>, why: &WhyArgs) -> Answer {
    let id = parse(id)?;
    let config = context::config(cli)?;
    let directory = app::directory(&config)?;
    let parent = parent.map(|p| crate::desk::person(&directory, p)).transpose()?;
    let found = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let parent = parent.map(|p| p.id());
        Ok(desk.record_thread(&id, parent, &why.why()).await?)
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
