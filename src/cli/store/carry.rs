//! `store backup`, `store restore` and `store move`: everything from one place to another, and each
//! item compared.

use super::{exit, faults, say_faults};
use crate::{
    app,
    authority::{Act, Thing},
    cli::{
        Answer, Mistake,
        args::{Cli, Format},
        context,
        desk::{self, Desk},
        render,
    },
    config::{self, Config},
    storage::{self, Backup, BackupReport, Filled, Keys, Moved, Store, StoreOptions},
};
use serde_json::json;
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

pub(super) fn backup(cli: &Cli, folder: &Path) -> Answer {
    let config = context::config(cli)?;
    let report = context::block_on(async {
        let store = context::store(&config).await?;
        let report = store.backup(folder, &context::actor()).await?;
        store.close().await;
        Ok(report)
    })?;
    let BackupReport { rows, objects, bytes, there, taken_out, ledger_rows, ledger_head, .. } = &report;
    let mut out = io::stdout().lock();
    match cli.format {
        Format::Jsonl => writeln!(
            out,
            "{}",
            json!({"rows": rows, "objects": objects, "bytes": bytes, "there": there, "taken_out": taken_out,
                   "ledger_rows": ledger_rows, "ledger_head": ledger_head, "faults": faults(&report.faults)})
        )?,
        Format::Table => {
            writeln!(out, "{rows} rows and {objects} objects ({bytes} bytes; {there} were there already).")?;
            if *taken_out > 0 {
                writeln!(out, "{taken_out} objects of the earlier backup were purged since, and taken out.")?;
            }
            writeln!(out, "The ledger in it ends with row {ledger_rows}, {ledger_head}: note it elsewhere.")?;
            writeln!(
                out,
                "It cannot be read without the working key or the recovery key: keep those elsewhere, too."
            )?;
            say_faults(&mut out, &report.faults)?;
        }
    }
    Ok(exit(&report.faults))
}

/// Nobody is registered in an empty place: whoever has the machine fills it.
pub(super) fn restore(cli: &Cli, folder: &Path) -> Answer {
    if desk::identity(cli).is_some() {
        return Err(Mistake(
            "The place to be filled knows nobody yet, so nobody can say who they are: whoever runs the machine \
             restores, without --me and GATEHOUSE_IDENTITY."
                .into(),
        ));
    }
    let config = context::config(cli)?;
    let backup = Backup::open(folder)?;
    let filled = context::block_on(async {
        let _alone = app::alone(&config.data)?;
        let options = options(&config)?;
        Ok(storage::restore(&backup, options, &context::actor()).await?)
    })?;
    if app::lying(&config.data).is_none() {
        writeln!(
            io::stderr(),
            "The people are in no backup: put `directory.age` of the old data folder into {}, or import them \
             again.",
            config.data.display()
        )?;
    }
    let made = format!("The backup of {} is restored", render::time(backup.made_at()));
    tell(cli, &filled, &made)
}

pub(super) fn move_to(cli: &Cli, to: &Path) -> Answer {
    let from = context::config(cli)?;
    let to = config::load(to).map_err(|faults| Mistake(faults.to_string()))?;
    let moved = context::block_on(async {
        let store = Store::open_moved(options(&from)?).await?;
        let desk = Desk::at(from, store, desk::identity(cli).as_deref()).await?;
        // A refusal is not noted: a row more, and a move that was cut off would not fit any more.
        let answer = desk.may(Act::Change, &desk.nearest(Act::Change, Thing::Machine));
        if !answer.is_allowed() {
            return Err(desk::refusal(&answer, "machine", "store"));
        }
        // The rows alone may move, to another database of the same folder.
        let same = same_folder(&desk.config.data, &to.data);
        if same && desk.config.store == to.store {
            return Err(Mistake(format!("{} names the very place that is to be moved.", to.file.display())));
        }
        let _alone = (app::alone(&desk.config.data)?, if same { None } else { Some(app::alone(&to.data)?) });
        let moved = storage::move_to(&desk.store, options(&to)?, &desk.actor).await?;
        desk.close().await;
        if !same {
            app::carry_people(&desk.config.data, &to.data)?;
        }
        Ok(moved)
    })?;
    match moved {
        Moved::Now(filled) => {
            tell(cli, &filled, "The store is moved; the old one stays as it was and does not open any more")
        }
        Moved::Before => {
            writeln!(io::stderr(), "The store was moved before, whole: there is nothing left to do.")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn same_folder(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// The ledger of the new place is written into, so the working key must be there.
fn options(config: &Config) -> Result<StoreOptions, Mistake> {
    Ok(StoreOptions::from_config(config, Keys::from_config(&config.keys)?))
}

fn tell(cli: &Cli, filled: &Filled, what: &str) -> Answer {
    let Filled { rows, objects, bytes, there, ledger_rows, ledger_head, .. } = filled;
    let mut out = io::stdout().lock();
    match cli.format {
        Format::Jsonl => writeln!(
            out,
            "{}",
            json!({"rows": rows, "objects": objects, "bytes": bytes, "there": there,
                   "ledger_rows": ledger_rows, "ledger_head": ledger_head, "faults": faults(&filled.faults)})
        )?,
        Format::Table => {
            writeln!(
                out,
                "{what}: {objects} objects ({bytes} bytes; {there} were there already), each compared."
            )?;
            writeln!(out, "The ledger verifies: {ledger_rows} rows, head {ledger_head}.")?;
            say_faults(&mut out, &filled.faults)?;
        }
    }
    Ok(exit(&filled.faults))
}
