//! `store show` and `store scrub`: what lies where, and whether it is what it was.

use super::{exit, faults, say_faults};
use crate::{
    cli::{
        Answer,
        args::{Cli, Format},
        context, render,
    },
    storage::Swept,
};
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn show(cli: &Cli) -> Answer {
    let config = context::config(cli)?;
    let shown = context::block_on(async { Ok(context::store(&config).await?.shown().await?) })?;
    let mut out = io::stdout().lock();
    let classes: Vec<Value> = shown
        .classes
        .iter()
        .map(|c| json!({"class": c.class, "objects": c.objects, "bytes": c.bytes, "parts": c.parts, "uses": c.uses}))
        .collect();
    let checked = shown.oldest_check.map(render::time);
    if cli.format == Format::Jsonl {
        let all = json!({
            "database": shown.database, "database_bytes": shown.database_bytes, "vault": shown.vault,
            "ledger_rows": shown.ledger_rows, "classes": classes, "locked": shown.locked,
            "unwanted": shown.unwanted, "faulty": shown.faulty, "oldest_check": checked,
        });
        writeln!(out, "{all}")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(
        out,
        "Rows: {}, {} bytes, {} rows of the ledger.",
        shown.database, shown.database_bytes, shown.ledger_rows
    )?;
    writeln!(out, "Encrypted objects: {}\n", shown.vault)?;
    let columns = render::columns(&[
        ("class", "Class"),
        ("objects", "Messages"),
        ("bytes", "Their bytes"),
        ("parts", "Attachments kept once"),
        ("uses", "Uses of them"),
    ]);
    render::rows(&mut out, cli.format, &columns, &classes, "Nothing is kept yet.")?;
    writeln!(
        out,
        "\nLocked by the object store: {}. Not needed any more, to be purged: {}. Missing or changed: {}.",
        shown.locked, shown.unwanted, shown.faulty
    )?;
    match checked {
        Some(at) => writeln!(out, "Everything was last checked after {at}.")?,
        None => writeln!(out, "Not everything has been checked yet; `gatehouse store scrub` does it now.")?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn scrub(cli: &Cli) -> Answer {
    let config = context::config(cli)?;
    let report = context::block_on(async { Ok(context::store(&config).await?.scrub().await?) })?;
    let mut out = io::stdout().lock();
    match cli.format {
        Format::Jsonl => writeln!(
            out,
            "{}",
            json!({"objects": report.objects, "bytes": report.bytes, "orphans": report.orphans,
                   "spared": report.swept == Swept::Spared, "faults": faults(&report.faults)})
        )?,
        Format::Table => {
            writeln!(out, "{} objects, {} bytes: read and compared.", report.objects, report.bytes)?;
            match report.swept {
                Swept::Gone if report.orphans == 0 => {}
                Swept::Gone => writeln!(
                    out,
                    "{} files that no row names; they are taken away when they are a day old.",
                    report.orphans
                )?,
                Swept::Spared => writeln!(
                    out,
                    "{} files that no row names, more than there are objects: nothing was taken away. Is this the \
                     database that belongs to them? docs/storage.md, \"The scrub\".",
                    report.orphans
                )?,
            }
            say_faults(&mut out, &report.faults)?;
        }
    }
    Ok(match report.swept {
        Swept::Gone => exit(&report.faults),
        Swept::Spared => ExitCode::FAILURE,
    })
}
