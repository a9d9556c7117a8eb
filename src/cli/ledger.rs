//! `gatehouse ledger`: check the chain, print it.

use super::{
    Answer,
    args::{Cli, Format, LedgerCommand},
    context,
};
use crate::storage::{LedgerFault, LedgerReport, verify_export};
use serde_json::json;
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

pub(super) fn run(cli: &Cli, command: &LedgerCommand) -> Answer {
    match command {
        LedgerCommand::Verify { export: Some(path) } => verify_file(cli, path),
        LedgerCommand::Verify { export: None } => verify(cli),
        LedgerCommand::Export => export(cli),
    }
}

fn verify(cli: &Cli) -> Answer {
    let config = context::config(cli)?;
    let result = context::block_on(async {
        let store = context::store(&config).await?;
        Ok(store.ledger_verify().await?)
    })?;
    report(cli.format, result)
}

fn verify_file(cli: &Cli, path: &Path) -> Answer {
    report(cli.format, verify_export(path)?)
}

/// Exit status 1 when the ledger is not what it was.
fn report(format: Format, result: Result<LedgerReport, LedgerFault>) -> Answer {
    let mut out = io::stdout().lock();
    match (format, result) {
        (Format::Jsonl, Ok(r)) => {
            writeln!(out, "{}", json!({"ok": true, "rows": r.rows, "head": r.head, "sealed": r.sealed}))?;
            Ok(ExitCode::SUCCESS)
        }
        (Format::Jsonl, Err(f)) => {
            writeln!(out, "{}", json!({"ok": false, "row": f.row, "fault": f.what.to_string()}))?;
            Ok(ExitCode::FAILURE)
        }
        (Format::Table, Ok(r)) => {
            writeln!(out, "{} rows, each in its place. Head: {}", r.rows, r.head)?;
            if !r.sealed {
                writeln!(out, "The seal over the last row was not checked: that needs the working key.")?;
            }
            Ok(ExitCode::SUCCESS)
        }
        (Format::Table, Err(fault)) => {
            writeln!(
                out,
                "The ledger is not what it was: {fault}. Keep a copy of the data folder as it is and tell the head and the data protection officer."
            )?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn export(cli: &Cli) -> Answer {
    let config = context::config(cli)?;
    context::block_on(async {
        let store = context::store(&config).await?;
        let mut out = io::stdout();
        store.ledger_export(&mut out).await?;
        Ok(ExitCode::SUCCESS)
    })
}
