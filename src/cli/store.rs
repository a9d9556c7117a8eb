//! `gatehouse store`: what lies where; check it, back it up, restore it, move it.

use super::{
    Answer, Mistake,
    args::{Cli, Format},
    context,
    desk::{self, Desk},
    render,
};
use crate::{
    app,
    authority::{Act, Thing},
    config::{self, Config},
    storage::{self, Backup, BackupReport, Filled, Keys, Moved, ScrubFault, Store, StoreOptions, Swept},
};
use clap::Subcommand;
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Where rows and encrypted objects lie, how many and how much
    Show,
    /// Read every object now and compare it with row and ledger; exits with 1 when one is not what it was
    Scrub,
    /// Back up into a folder, while the gate runs; into the same folder again carries only what is new
    Backup {
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Restore a backup into the place that the configuration names, which must be empty
    ///
    /// Every object and the ledger are compared with what the backup says. Cut off, run it again.
    Restore {
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Move everything to the place that another configuration names, which must be empty
    ///
    /// Stop the service first. Every object is read back and compared. Cut off, run it again; the old
    /// store stays as it was, and does not open any more when all is there.
    Move {
        /// The configuration of the new place; its working key is the same
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Say that the clock is right after it leapt ahead: what waited because of it goes on
    ///
    /// A gate that was off for days, or a store from a backup, looks like a clock that went wrong. Until
    /// somebody says so, nothing is purged, no hold goes back to its sender, and no mail is given up.
    ClockIsRight,
    /// Make the search index of quarantine anew, from the messages themselves
    ///
    /// For messages that were kept before there was an index, or after new people came into the
    /// directory. Records, which the gate cannot open, stay as they were indexed. It may run beside
    /// the gate, and be broken off and begun again.
    Reindex,
}

pub(super) fn run(cli: &Cli, command: &StoreCommand) -> Answer {
    match command {
        StoreCommand::Show => {
            desk::require(cli, Act::List, Thing::Machine)?;
            show(cli)
        }
        StoreCommand::Scrub => {
            desk::require(cli, Act::Verify, Thing::Machine)?;
            scrub(cli)
        }
        StoreCommand::Backup { folder } => {
            desk::require(cli, Act::Export, Thing::Machine)?;
            backup(cli, folder)
        }
        StoreCommand::Restore { folder } => restore(cli, folder),
        StoreCommand::Move { to } => move_to(cli, to),
        StoreCommand::ClockIsRight => {
            desk::require(cli, Act::Change, Thing::Machine)?;
            clock_is_right(cli)
        }
        StoreCommand::Reindex => {
            desk::require(cli, Act::Change, Thing::Machine)?;
            reindex(cli)
        }
    }
}

fn show(cli: &Cli) -> Answer {
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

fn scrub(cli: &Cli) -> Answer {
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

fn backup(cli: &Cli, folder: &Path) -> Answer {
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
fn restore(cli: &Cli, folder: &Path) -> Answer {
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

fn move_to(cli: &Cli, to: &Path) -> Answer {
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
        desk.store.close().await;
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

fn faults(faults: &[ScrubFault]) -> Vec<Value> {
    faults.iter().map(|f| json!({"object": f.object, "fault": f.fault})).collect()
}

fn say_faults(out: &mut impl Write, faults: &[ScrubFault]) -> io::Result<()> {
    for fault in faults {
        writeln!(out, "Object {} {}.", fault.object, fault.fault)?;
    }
    Ok(())
}

/// 1 when something is not what it was.
fn exit(faults: &[ScrubFault]) -> ExitCode {
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn clock_is_right(cli: &Cli) -> Answer {
    let waited = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let waited = desk.store.clock_is_right(&desk.actor).await?;
        desk.store.close().await;
        Ok(waited)
    })?;
    let said = match waited {
        true => "The clock is believed: what waited goes on within the hour.",
        false => "Nobody doubted the clock: there is nothing to do.",
    };
    writeln!(io::stdout(), "{said}")?;
    Ok(ExitCode::SUCCESS)
}

fn reindex(cli: &Cli) -> Answer {
    let config = context::config(cli)?;
    let read = app::searchable(&config)?;
    let done = context::block_on(async {
        let store = context::store(&config).await?;
        let done = store.search_reindex(&read).await?;
        store.close().await;
        Ok(done)
    })?;
    writeln!(io::stdout(), "{} messages of quarantine were indexed anew.", done.items)?;
    if done.unreadable > 0 {
        writeln!(
            io::stdout(),
            "{} of them do not open: they are found by school and time alone. `gatehouse doctor` says more.",
            done.unreadable
        )?;
    }
    if done.records > 0 {
        writeln!(
            io::stdout(),
            "{} records were in no index: they are found by people, school and time, not by words.",
            done.records
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
