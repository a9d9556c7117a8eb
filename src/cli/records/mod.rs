//! `gatehouse records`: find and write out copies of mail with parents.

pub(super) mod args;
mod find;
mod review;
mod show;

use super::{Answer, Mistake, args::Cli, context, desk::Desk, render};
use crate::{
    app,
    authority::Act,
    config::Config,
    parties::Directory,
    report,
    storage::{Actor, Event, LedgerEvent, Purpose, RecordExport, RecordId, RecordLook, Store, Why, keys},
};
use args::{AbsenceCommand, Form, RecordsCommand, WhyArgs};
use chrono::Utc;
use sha2::{Digest, Sha256};
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

pub(super) fn run(cli: &Cli, command: &RecordsCommand) -> Answer {
    match command {
        RecordsCommand::Search(search) => find::search(cli, search),
        RecordsCommand::Thread { id, parent, why } => find::thread(cli, id, parent.as_deref(), why),
        RecordsCommand::Show { ids, key, why } => show::show(cli, ids, &key.identity, why),
        RecordsCommand::Timeline { search, key } => show::timeline(cli, search, &key.identity),
        RecordsCommand::Export { ids, key, form, out, why } => {
            export(cli, ids, &key.identity, *form, out.as_deref(), why)
        }
        RecordsCommand::Verify { bundle } => show::verify(cli, bundle),
        RecordsCommand::Review(args) => review::review(cli, args),
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

/// Records that are opened at once; who needs more asks again.
const MOST: usize = 500;
/// Bytes of messages that are held in memory at once.
const MOST_BYTES: usize = 1 << 30;

/// Opens what was asked for, in the order in which it was asked.
fn open_all(
    config: &Config,
    ids: &[String],
    identity: &Path,
    look: RecordLook,
    why: &Why,
) -> Result<Vec<RecordExport>, Mistake> {
    if ids.len() > MOST {
        return Err(Mistake(format!("At most {MOST} records are opened at once; ask for fewer")));
    }
    let ids = ids.iter().map(|id| parse(id)).collect::<Result<Vec<_>, _>>()?;
    let directory = app::directory(config)?;
    let custodian = keys::unlock(identity)?;
    context::block_on(async {
        let store = context::store(config).await?;
        let opening = Opening { store: &store, directory: &directory, custodian: &custodian, look, why };
        let (mut all, mut bytes) = (Vec::with_capacity(ids.len()), 0);
        for id in &ids {
            let record = opening.open(id).await?;
            bytes += record.raw.len();
            if bytes > MOST_BYTES {
                return Err(Mistake(
                    "Together they are larger than one export can be; ask for fewer records".into(),
                ));
            }
            all.push(record);
        }
        Ok(all)
    })
}

fn export(
    cli: &Cli,
    ids: &[String],
    identity: &Path,
    form: Form,
    out: Option<&Path>,
    why: &WhyArgs,
) -> Answer {
    if form == Form::Eml && ids.len() > 1 {
        return Err(Mistake(
            "One message makes one .eml file: give one id, or `--as mbox` or `--as bundle`".into(),
        ));
    }
    may_open(cli, Act::Export, ids)?;
    let config = context::config(cli)?;
    let records = open_all(&config, ids, identity, RecordLook::Exported, &why.why())?;
    match form {
        Form::Eml | Form::Mbox => {
            let mut bytes = Vec::new();
            for record in &records {
                match form {
                    Form::Mbox => {
                        let sender = record.envelope.sender.to_string();
                        report::mbox::append(&mut bytes, &sender, record.received_at, &record.raw);
                    }
                    _ => bytes.extend_from_slice(&record.raw),
                }
                writeln!(
                    io::stderr(),
                    "Received {}; object in the vault: sha256 {}",
                    render::time(record.received_at),
                    record.object_sha256
                )?;
            }
            write_out(out, &bytes)?;
        }
        Form::Bundle => bundle(&config, records, out, why.purpose)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether whoever acts may read these; from here on the process acts for that person.
fn may_open(cli: &Cli, act: Act, ids: &[String]) -> Result<(), Mistake> {
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        for id in ids {
            let id = parse(id)?;
            let case = desk.store.record_case(&id).await?;
            desk.authorise(act, &case, "record", id.as_str()).await?;
        }
        desk.store.close().await;
        Ok(())
    })
}

/// Writes the bundle, then its manifest's digest into the ledger: who has the ledger can tell
/// this bundle from one that was made up later.
fn bundle(
    config: &Config,
    records: Vec<RecordExport>,
    out: Option<&Path>,
    purpose: Purpose,
) -> Result<(), Mistake> {
    let directory = app::directory(config)?;
    let about: Vec<String> = records
        .iter()
        .flat_map(|r| [r.id.to_string(), r.object.clone(), r.transaction.to_string()])
        .collect();
    let count = records.len() as i64;
    let actor = context::actor();
    let by = match &actor {
        Actor::Operator(name) => name.clone(),
        _ => String::new(),
    };
    context::block_on(async {
        let store = context::store(config).await?;
        let ledger = store.ledger_extract(&about).await?;
        let maker = report::records::Maker { by, at: Utc::now(), purpose };
        let contents = report::records::contents(&maker, records, ledger, &directory, &config.schools);
        let mut bytes = Vec::new();
        let digest = report::bundle::write(&mut bytes, contents)?;
        let mut event = LedgerEvent::new(Event::RecordsBundled)
            .with("records", count)
            .with("purpose", purpose.name())
            .with("manifest-sha256", digest.clone());
        event.hash_out = Some(Sha256::digest(&bytes).into());
        store.ledger(&actor, event).await?;
        write_out(out, &bytes)?;
        writeln!(io::stderr(), "{count} records. Manifest: sha256 {digest} (also in the ledger; note it).")?;
        Ok(())
    })
}

/// Into a new file that its owner alone reads, or to standard output.
fn write_out(out: Option<&Path>, bytes: &[u8]) -> io::Result<()> {
    match out {
        Some(path) => context::write_new(path, bytes),
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
