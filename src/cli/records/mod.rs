//! `gatehouse records`: find and write out copies of mail with parents.

pub(super) mod args;
mod find;

use super::{Answer, Mistake, args::Cli, context, desk::Desk, render};
use crate::{
    app,
    authority::Act,
    config::Config,
    parties::Directory,
    storage::{RecordExport, RecordId, RecordLook, Store, Why, keys},
};
use args::{AbsenceCommand, RecordsCommand, WhyArgs};
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::ExitCode,
};

pub(super) fn run(cli: &Cli, command: &RecordsCommand) -> Answer {
    match command {
        RecordsCommand::Search(search) => find::search(cli, search),
        RecordsCommand::Thread { id, parent, why } => find::thread(cli, id, parent.as_deref(), why),
        RecordsCommand::Export { ids, key, out, why } => export(cli, ids, &key.identity, out.as_deref(), why),
        RecordsCommand::Absence(AbsenceCommand::Allow { person, until, reason }) => {
            allow_absence(cli, person, until, reason)
        }
    }
}

impl WhyArgs {
    pub(in crate::cli) fn why(&self) -> Why {
        Why { purpose: self.purpose, words: self.because.clone() }
    }
}

fn parse(id: &str) -> Result<RecordId, Mistake> {
    id.parse().map_err(|()| Mistake(format!("`{id}` is no record's id")))
}

/// What opening records takes.
struct Opening<'a> {
    store: &'a Store,
    directory: &'a Directory,
    custodian: &'a keys::Identities,
    look: RecordLook,
    why: &'a Why,
}

impl Opening<'_> {
    async fn open(&self, id: &RecordId) -> Result<RecordExport, Mistake> {
        let people = self.directory.people().map(|p| p.id());
        let (actor, why) = (context::actor(), self.why);
        Ok(self.store.record_export(id, self.custodian, &actor, self.look, why, people).await?)
    }
}

/// Opens what was asked for, in the order in which it was asked.
fn open_all(
    config: &Config,
    ids: &[String],
    identity: &Path,
    look: RecordLook,
    why: &Why,
) -> Result<Vec<RecordExport>, Mistake> {
    let ids = ids.iter().map(|id| parse(id)).collect::<Result<Vec<_>, _>>()?;
    let directory = app::directory(config)?;
    let custodian = keys::unlock(identity)?;
    context::block_on(async {
        let store = context::store(config).await?;
        let opening = Opening { store: &store, directory: &directory, custodian: &custodian, look, why };
        let mut all = Vec::with_capacity(ids.len());
        for id in &ids {
            all.push(opening.open(id).await?);
        }
        Ok(all)
    })
}

fn export(cli: &Cli, ids: &[String], identity: &Path, out: Option<&Path>, why: &WhyArgs) -> Answer {
    if ids.len() > 1 {
        return Err(Mistake("One message makes one file: give one id".into()));
    }
    may_open(cli, ids)?;
    let config = context::config(cli)?;
    let records = open_all(&config, ids, identity, RecordLook::Exported, &why.why())?;
    for record in &records {
        write_out(out, &record.raw)?;
        writeln!(
            io::stderr(),
            "Received {}; object in the vault: sha256 {}",
            render::time(record.received_at),
            record.object_sha256
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether whoever acts may read these; from here on the process acts for that person.
fn may_open(cli: &Cli, ids: &[String]) -> Result<(), Mistake> {
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        for id in ids {
            let id = parse(id)?;
            let case = desk.store.record_case(&id).await?;
            desk.authorise(Act::Export, &case, "record", id.as_str()).await?;
        }
        desk.store.close().await;
        Ok(())
    })
}

/// Into a new file that its owner alone reads, or to standard output.
fn write_out(out: Option<&Path>, bytes: &[u8]) -> io::Result<()> {
    match out {
        Some(path) => {
            let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(bytes)?;
            file.sync_all()
        }
        None => io::stdout().lock().write_all(bytes),
    }
}

fn allow_absence(cli: &Cli, person: &str, until: &str, reason: &str) -> Answer {
    let config = context::config(cli)?;
    let directory = app::directory(&config)?;
    let owner = context::person(&directory, person)?.id().clone();
    let ends_at = context::end_of_day(until)?;
    let access = context::block_on(async {
        let store = context::store(&config).await?;
        Ok(store.allow_absence_access(&owner, &context::actor(), ends_at, reason).await?)
    })?;
    writeln!(
        io::stdout(),
        "Leave {} until {}. Somebody else than you may now open the records of that member of staff with \
         `--purpose absence`; each look is written into the ledger.",
        access.id,
        render::time(access.ends_at)
    )?;
    Ok(ExitCode::SUCCESS)
}
