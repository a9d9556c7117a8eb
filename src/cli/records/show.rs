//! `records show`, `records timeline` and `records verify`.

use super::{Opening, args::SearchArgs, find, parse_all};
use crate::{
    cli::{
        Answer,
        args::{Cli, Format},
        context,
        desk::Desk,
        purpose::WhyArgs,
        render,
        search::say_more,
    },
    parties::Directory,
    report::{self, letter::Letter},
    storage::{Proved, RecordExport, RecordId, RecordLook},
};
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

pub(super) fn show(cli: &Cli, ids: &[String], custodian: Option<&Path>, why: &WhyArgs) -> Answer {
    let ids = parse_all(ids)?;
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        let opening = Opening { desk: &desk, custodian, look: RecordLook::Shown, why: why.why() };
        let records = opening.open(&ids).await?;
        desk.close().await;
        let mut out = io::stdout().lock();
        for record in &records {
            let letter = Letter::read(&record.raw);
            match cli.format {
                Format::Jsonl => writeln!(out, "{}", as_json(record, &letter, &desk.directory))?,
                Format::Table => print(&mut out, record, &letter, &desk.directory)?,
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn as_json(record: &RecordExport, letter: &Letter, directory: &Directory) -> Value {
    let files: Vec<Value> = letter
        .files
        .iter()
        .map(|f| json!({"name": f.name, "kind": f.kind, "bytes": f.bytes, "sha256": f.sha256}))
        .collect();
    let filed: Vec<Value> = record
        .filed
        .iter()
        .map(|f| {
            json!({"person": &*f.person.0, "name": report::records::name_of(directory, &f.person),
                   "as": f.filed_as.name(), "certainty": f.certainty.name()})
        })
        .collect();
    json!({
        "id": record.id.as_str(),
        "received_at": render::time(record.received_at),
        "school": record.school.to_string(),
        "direction": record.direction.name(),
        "from": letter.from, "to": letter.to, "cc": letter.cc,
        "recipients": record.envelope.recipients.iter().map(|r| r.address.as_str()).collect::<Vec<_>>(),
        "sender_proved": match record.proved {
            Proved::Yes => json!(true),
            Proved::No => json!(false),
            Proved::Unknown => Value::Null,
        },
        "subject": letter.subject,
        "text": letter.text,
        "files": files,
        "filed": filed,
        "sha256": record.sha256,
        "object_sha256": record.object_sha256,
    })
}

/// A letter on a terminal, which nothing in it can steer.
fn print(
    out: &mut impl Write,
    record: &RecordExport,
    letter: &Letter,
    directory: &Directory,
) -> io::Result<()> {
    writeln!(out, "{}  {}", record.id, render::printable(&letter.subject))?;
    for (name, value) in report::records::sheet_facts(record, letter, directory) {
        writeln!(out, "  {name:<12} {}", render::printable(&value))?;
    }
    for file in &letter.files {
        let name = render::printable(&file.name);
        writeln!(out, "  {:<12} {name}, {}, {} bytes", "File", render::printable(&file.kind), file.bytes)?;
    }
    writeln!(out)?;
    for line in letter.text.lines() {
        writeln!(out, "    {}", render::printable(line))?;
    }
    writeln!(out)
}

pub(super) fn timeline(cli: &Cli, search: &SearchArgs, custodian: Option<&Path>) -> Answer {
    let (found, after, records) = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let (found, after) = find::find(&desk, search).await?;
        let ids: Vec<RecordId> = found.hits.iter().rev().map(|r| r.id.clone()).collect();
        let opening = Opening { desk: &desk, custodian, look: RecordLook::Shown, why: search.why.why() };
        let records = opening.open(&ids).await?;
        desk.close().await;
        Ok((found, after, records))
    })?;
    let rows: Vec<Value> = records
        .iter()
        .map(|record| {
            let letter = Letter::read(&record.raw);
            json!({
                "id": record.id.as_str(),
                "received_at": render::time(record.received_at),
                "direction": record.direction.name(),
                "from": letter.from,
                "to": letter.to,
                "subject": letter.subject,
                "files": letter.files.len(),
            })
        })
        .collect();
    let columns = render::columns(&[
        ("received_at", "Received"),
        ("direction", "Direction"),
        ("from", "From"),
        ("to", "To"),
        ("subject", "Subject"),
        ("files", "Files"),
        ("id", "Id"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "No record was found.")?;
    say_more(&found, after.as_deref())
}

pub(super) fn verify(cli: &Cli, bundle: &Path) -> Answer {
    let report = report::bundle::verify(bundle)?;
    let mut out = io::stdout().lock();
    let sound = report.faults.is_empty();
    if cli.format == Format::Jsonl {
        let line = json!({
            "ok": sound, "kind": report.kind, "made_at": report.made_at.map(render::time),
            "records": report.records, "files": report.files, "ledger_rows": report.ledger_rows,
            "ledger_key": report.signed.as_ref().map(|head| head.key.as_str()),
            "manifest_sha256": report.manifest_sha256, "faults": report.faults,
        });
        writeln!(out, "{line}")?;
    } else if sound {
        writeln!(
            out,
            "Nothing was changed: {} files, {} records, {} rows of the ledger.\nMade {} by {}. Manifest: sha256 {}\n\
             Compare it with the one that was noted when the bundle was made, or with the row `records.bundled` \
             of the gate's ledger: that shows that the bundle is the gate's own.",
            report.files,
            report.records,
            report.ledger_rows,
            report.made_at.map(render::time).unwrap_or_default(),
            render::printable(&report.made_by),
            report.manifest_sha256
        )?;
        if let Some(head) = &report.signed {
            writeln!(
                out,
                "The ledger's head there, row {}, is signed with the key {}.",
                head.rows, head.key
            )?;
        }
    } else {
        writeln!(out, "This is not the bundle that was made:")?;
        for fault in &report.faults {
            writeln!(out, "- {}", render::printable(fault))?;
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
