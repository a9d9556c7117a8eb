//! `gatehouse records`: find and write out copies of mail with parents.

pub(super) mod args;
mod find;
mod review;
mod show;

use super::{
    Answer, Mistake,
    args::Cli,
    context,
    desk::Desk,
    legal_hold::{self, On},
    purpose::WhyArgs,
    render,
};
use crate::{
    authority::{Act, Thing},
    report,
    storage::{Event, LedgerEvent, Purpose, RecordExport, RecordId, RecordLook, Why},
};
use args::{AbsenceCommand, Form, RecordsCommand};
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
        RecordsCommand::Show { ids, key, why } => show::show(cli, ids, key.custodian.as_deref(), why),
        RecordsCommand::Timeline { search, key } => show::timeline(cli, search, key.custodian.as_deref()),
        RecordsCommand::Export { ids, key, form, out, why } => {
            export(cli, ids, key.custodian.as_deref(), *form, out.as_deref(), why)
        }
        RecordsCommand::Verify { bundle } => show::verify(cli, bundle),
        RecordsCommand::LegalHold(command) => legal_hold::run(cli, On::Record, command),
        RecordsCommand::Review(args) => review::review(cli, args),
        RecordsCommand::Absence(AbsenceCommand::Allow { person, until, reason }) => {
            allow_absence(cli, person, until, reason)
        }
    }
}

fn parse(id: &str) -> Result<RecordId, Mistake> {
    id.parse().map_err(|()| Mistake(format!("`{id}` is no record's id")))
}

/// What opening records takes.
struct Opening<'a> {
    desk: &'a Desk,
    custodian: Option<&'a Path>,
    look: RecordLook,
    why: Why,
}

/// Records that are opened at once; who needs more asks again.
const MOST: usize = 500;
/// Bytes of messages that are held in memory at once.
const MOST_BYTES: usize = 1 << 30;

impl Opening<'_> {
    /// Opens what was asked for, in the order in which it was asked; nothing when one of it
    /// may not be opened.
    async fn open(&self, ids: &[RecordId]) -> Result<Vec<RecordExport>, Mistake> {
        if ids.len() > MOST {
            return Err(Mistake(format!("At most {MOST} records are opened at once; ask for fewer")));
        }
        let desk = self.desk;
        let act = match self.look {
            RecordLook::Exported => Act::Export,
            RecordLook::Shown | RecordLook::Gathered => Act::Bytes,
        };
        for id in ids {
            let case = desk.store.record_case(id).await?;
            desk.authorise(act, &case, "record", id.as_str()).await?;
        }
        let custodian = desk.custodian(self.custodian)?;
        let (mut all, mut bytes) = (Vec::with_capacity(ids.len()), 0);
        for id in ids {
            let people = desk.directory.people().map(|p| p.id());
            let (look, why) = (self.look, &self.why);
            let record = desk.store.record_export(id, &custodian, &desk.actor, look, why, people).await?;
            bytes += record.raw.len();
            if bytes > MOST_BYTES {
                return Err(Mistake(
                    "Together they are larger than one export can be; ask for fewer records".into(),
                ));
            }
            all.push(record);
        }
        Ok(all)
    }
}

fn parse_all(ids: &[String]) -> Result<Vec<RecordId>, Mistake> {
    ids.iter().map(|id| parse(id)).collect()
}

fn export(
    cli: &Cli,
    ids: &[String],
    custodian: Option<&Path>,
    form: Form,
    out: Option<&Path>,
    why: &WhyArgs,
) -> Answer {
    if form == Form::Eml && ids.len() > 1 {
        return Err(Mistake(
            "One message makes one .eml file: give one id, or `--as mbox` or `--as bundle`".into(),
        ));
    }
    let ids = parse_all(ids)?;
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        let opening = Opening { desk: &desk, custodian, look: RecordLook::Exported, why: why.why() };
        let records = opening.open(&ids).await?;
        match form {
            Form::Eml | Form::Mbox => write_letters(&records, form, out)?,
            Form::Bundle => bundle(&desk, records, out, why.purpose).await?,
        }
        desk.close().await;
        Ok(ExitCode::SUCCESS)
    })
}

fn write_letters(records: &[RecordExport], form: Form, out: Option<&Path>) -> Result<(), Mistake> {
    let mut bytes = Vec::new();
    for record in records {
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
    Ok(())
}

/// Writes the bundle, then its manifest's digest into the ledger: who has the ledger can tell
/// this bundle from one that was made up later.
async fn bundle(
    desk: &Desk,
    records: Vec<RecordExport>,
    out: Option<&Path>,
    purpose: Purpose,
) -> Result<(), Mistake> {
    let about: Vec<String> = records
        .iter()
        .flat_map(|r| [r.id.to_string(), r.object.clone(), r.transaction.to_string()])
        .collect();
    let count = records.len() as i64;
    let ledger = desk.store.ledger_extract(&about).await?;
    let maker = report::records::Maker { by: desk.called(), at: Utc::now(), purpose };
    let schools = &desk.config.schools;
    let contents = report::records::contents(&maker, records, ledger, &desk.directory, schools);
    let mut bytes = Vec::new();
    let digest = report::bundle::write(&mut bytes, contents)?;
    let mut event = LedgerEvent::new(Event::RecordsBundled)
        .with("records", count)
        .with("purpose", purpose.name())
        .with("manifest-sha256", digest.clone());
    event.hash_out = Some(Sha256::digest(&bytes).into());
    desk.store.ledger(&desk.actor, event).await?;
    write_out(out, &bytes)?;
    writeln!(io::stderr(), "{count} records. Manifest: sha256 {digest} (also in the ledger; note it).")?;
    Ok(())
}

/// Into a new file that its owner alone reads, or to standard output.
fn write_out(out: Option<&Path>, bytes: &[u8]) -> io::Result<()> {
    match out {
        Some(path) => context::write_new(path, bytes),
        None => io::stdout().lock().write_all(bytes),
    }
}

fn allow_absence(cli: &Cli, person: &str, until: &str, reason: &str) -> Answer {
    let ends_at = context::end_of_day(until)?;
    let access = context::block_on(async {
        let desk = Desk::open(cli).await?;
        // Who may not hand records out gives nobody leave to read them.
        desk.schools_or_refuse(Act::Export, Thing::Record)?;
        let owner = crate::desk::person(&desk.directory, person)?.id();
        let access = desk.store.allow_absence_access(owner, &desk.actor, ends_at, reason).await?;
        desk.close().await;
        Ok(access)
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
