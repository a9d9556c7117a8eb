//! `gatehouse records`: find and write out copies of mail with parents.

use super::{
    Answer, Mistake,
    args::{Cli, RecordsCommand},
    context, render,
};
use crate::{
    mail::{Address, SchoolId},
    storage::{RecordFilter, RecordId, keys},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::json;
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::ExitCode,
};

pub(super) fn run(cli: &Cli, command: &RecordsCommand) -> Answer {
    match command {
        RecordsCommand::Search { address, since, until, school } => {
            let filter = RecordFilter {
                school: school.as_deref().map(|s| SchoolId(s.into())),
                from: since.as_deref().map(day).transpose()?,
                until: until.as_deref().map(end_of_day).transpose()?,
                party: address.as_deref().map(parse_address).transpose()?,
                ..RecordFilter::default()
            };
            search(cli, &filter)
        }
        RecordsCommand::Export { id, identity, out, purpose } => {
            export(cli, id, identity, out.as_deref(), purpose)
        }
    }
}

fn day(text: &str) -> Result<DateTime<Utc>, Mistake> {
    let day: NaiveDate =
        text.parse().map_err(|_| Mistake(format!("`{text}` is no day; write it as 2026-09-01")))?;
    Ok(day.and_time(chrono::NaiveTime::MIN).and_utc())
}

fn end_of_day(text: &str) -> Result<DateTime<Utc>, Mistake> {
    let start = day(text)?;
    Ok(start.checked_add_days(Days::new(1)).unwrap_or(start))
}

fn parse_address(text: &str) -> Result<Address, Mistake> {
    Address::parse(text).ok_or_else(|| Mistake(format!("`{text}` is no mail address")))
}

fn search(cli: &Cli, filter: &RecordFilter) -> Answer {
    let config = context::config(cli)?;
    let found = context::block_on(async {
        let store = context::store(&config).await?;
        Ok(store.records_search(filter, &context::actor()).await?)
    })?;
    let rows: Vec<_> = found
        .iter()
        .map(|r| {
            json!({
                "id": r.id.as_str(),
                "received_at": render::time(r.received_at),
                "school": r.school.to_string(),
                "direction": r.direction.name(),
                "roles": r.roles.iter().map(|r| r.name()).collect::<Vec<_>>(),
                "bytes": r.bytes,
                "sha256": r.sha256,
            })
        })
        .collect();
    let columns = render::columns(&[
        ("id", "Id"),
        ("received_at", "Received"),
        ("school", "School"),
        ("direction", "Direction"),
        ("roles", "With"),
        ("bytes", "Bytes"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "No record was found.")?;
    Ok(ExitCode::SUCCESS)
}

fn export(cli: &Cli, id: &str, identity: &Path, out: Option<&Path>, purpose: &str) -> Answer {
    let id: RecordId = id.parse().map_err(|()| Mistake(format!("`{id}` is no record's id")))?;
    let config = context::config(cli)?;
    let custodian = keys::unlock(identity)?;
    let record = context::block_on(async {
        let store = context::store(&config).await?;
        Ok(store.record_export(&id, &custodian, &context::actor(), purpose).await?)
    })?;
    match out {
        Some(path) => {
            let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(&record.raw)?;
            file.sync_all()?;
        }
        None => io::stdout().lock().write_all(&record.raw)?,
    }
    writeln!(
        io::stderr(),
        "Received {}; object in the vault: sha256 {}",
        render::time(record.received_at),
        record.object_sha256
    )?;
    Ok(ExitCode::SUCCESS)
}
