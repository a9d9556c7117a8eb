//! `gatehouse ledger verify`: the chain, its signatures, and what lies outside the machine.

use super::{
    super::{
        Answer, Mistake,
        args::{Cli, Format},
        context,
    },
    args::LedgerVerifyArgs,
};
use crate::storage::{
    Against, Event, LedgerEvent, LedgerFault, LedgerReport, StoreError, gather_anchors, verify_export,
};
use serde_json::json;
use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn run(cli: &Cli, args: &LedgerVerifyArgs) -> Answer {
    let against = against(args)?;
    let result = match &args.export {
        Some(path) => verify_export(path, &against)?,
        None => {
            let config = context::config(cli)?;
            context::block_on(async {
                let store = context::store(&config).await?;
                let result = store.ledger_verify_against(&against).await?;
                // A ledger that was tampered with is left as it is.
                if let Ok(report) = &result {
                    let event = LedgerEvent::new(Event::LedgerVerified)
                        .with("rows", report.rows.cast_signed())
                        .with("anchors", report.anchors.cast_signed());
                    match store.ledger(&context::actor(), event).await {
                        Err(StoreError::NoWorkingKey) => {}
                        noted => drop(noted?),
                    }
                }
                store.close().await;
                Ok(result)
            })?
        }
    };
    report(cli.format, result)
}

fn against(args: &LedgerVerifyArgs) -> Result<Against, Mistake> {
    let mut against = Against { anchors: Vec::new(), public_key: None };
    for path in &args.anchors {
        let found = gather_anchors(path).map_err(|e| Mistake(format!("{}: {e}", path.display())))?;
        if found.is_empty() {
            return Err(Mistake(format!("There is no anchor in {}.", path.display())));
        }
        against.anchors.extend(found);
    }
    if let Some(key) = &args.public_key {
        let key = key.trim().to_lowercase();
        if key.len() != 64 || !key.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Mistake(
                "A public key has 64 digits and letters a to f; `gatehouse ledger key` shows it.".into(),
            ));
        }
        against.public_key = Some(key);
    }
    Ok(against)
}

/// Exit status 1 when the ledger is not what it was.
fn report(format: Format, result: Result<LedgerReport, LedgerFault>) -> Answer {
    let mut out = io::stdout().lock();
    match (format, result) {
        (Format::Jsonl, Ok(r)) => {
            let line = json!({
                "ok": true, "rows": r.rows, "head": r.head, "sealed": r.sealed, "installation": r.installation,
                "key": r.key, "signed_rows": r.signed_rows, "anchors": r.anchors, "anchored_rows": r.anchored_rows,
                "withheld": r.withheld,
            });
            writeln!(out, "{line}")?;
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
            if r.withheld > 0 {
                writeln!(
                    out,
                    "{} of them are withheld from whoever exported this: each is in its place, and what it says is not here.",
                    r.withheld
                )?;
            }
            match &r.key {
                Some(key) => writeln!(out, "Signed up to row {} by the key {key}.", r.signed_rows)?,
                None => writeln!(out, "No signing key stands in it.")?,
            }
            match r.anchors {
                0 => writeln!(
                    out,
                    "No anchor from outside was compared: who rules the gate could have written all of it anew. Give --anchors."
                )?,
                n => writeln!(
                    out,
                    "{n} anchors from outside are on the chain; they reach to row {}.",
                    r.anchored_rows
                )?,
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
