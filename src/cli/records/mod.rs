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
    desk::{self, mbox_of},
    storage::{Purpose, RecordExport, RecordId, RecordLook, Why},
};
use args::{AbsenceCommand, Form, RecordsCommand};
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

/// Bytes of messages that are held in memory at once.
const MOST_BYTES: usize = 1 << 30;

impl Opening<'_> {
    /// Opens what was asked for, in the order in which it was asked; nothing when one of it
    /// may not be opened.
    async fn open(&self, ids: &[RecordId]) -> Result<Vec<RecordExport>, Mistake> {
        let opening = desk::Opening { look: self.look, why: &self.why, most_bytes: MOST_BYTES };
        self.desk.open_records(ids, &opening, || self.desk.custodian(self.custodian)).await
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
    for record in records {
        writeln!(
            io::stderr(),
            "Received {}; object in the vault: sha256 {}",
            render::time(record.received_at),
            record.object_sha256
        )?;
    }
    match (form, records) {
        (Form::Eml, [one]) => write_out(out, &one.raw)?,
        _ => write_out(out, &mbox_of(records))?,
    }
    Ok(())
}

async fn bundle(
    desk: &Desk,
    records: Vec<RecordExport>,
    out: Option<&Path>,
    purpose: Purpose,
) -> Result<(), Mistake> {
    let bundle = desk.bundle_records(records, purpose).await?;
    write_out(out, &bundle.bytes)?;
    let (records, digest) = (bundle.records, bundle.digest);
    writeln!(io::stderr(), "{records} records. Manifest: sha256 {digest} (also in the ledger; note it).")?;
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
