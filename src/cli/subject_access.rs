//! `gatehouse subject-access`: what is held on a person, reviewed by two people before any of it
//! is given out.

use super::{Answer, Mistake, args::Cli, context, render};
use crate::{
    app,
    config::Config,
    parties::Directory,
    report::{
        redact::Redactor,
        subject_access::{Audience, Gathering, Piece, childs_rights, gather, write},
    },
    storage::{
        Actor, Asked, Concern, RulingOffice, Store, SubjectAccess, SubjectAccessId, SubjectRuling, keys,
    },
};
use chrono::Utc;
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Debug, Subcommand)]
pub enum SubjectAccessCommand {
    /// Gather what is held on a person, and write it out for review; it is not to be sent
    Make {
        /// An id of the directory, an address or a whole name
        #[arg(value_name = "PERSON")]
        person: String,
        /// Who asks, when it is not the person: a parent, for example
        #[arg(long, value_name = "PERSON")]
        requested_by: Option<String>,
        /// age identity of a custodian of records
        #[arg(long, value_name = "FILE")]
        identity: PathBuf,
        /// Where the bundle for the reviewers goes
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// All requests, and when the answer is due
    List,
    /// One request: its pieces, what is doubtful about them, what was ruled
    Show { id: String },
    /// Rule on a piece, or on `request` as a whole; two people, one for each office
    Rule {
        id: String,
        /// As `show` lists it
        piece: String,
        #[arg(value_enum)]
        ruling: Ruling,
        #[arg(long, value_enum)]
        office: Office,
        /// Why; kept encrypted
        #[arg(long, value_name = "WORDS")]
        because: String,
    },
    /// Write out what the person is given; only when everything is ruled upon
    Release {
        id: String,
        #[arg(long, value_name = "FILE")]
        identity: PathBuf,
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// A word that is no name here, though it is one too, as in `--keep Rose`; may be given several times
        #[arg(long, value_name = "WORD")]
        keep: Vec<String>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Ruling {
    Include,
    Withhold,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Office {
    DataProtection,
    Lead,
}

pub(super) fn run(cli: &Cli, command: &SubjectAccessCommand) -> Answer {
    let config = context::config(cli)?;
    match command {
        SubjectAccessCommand::Make { person, requested_by, identity, out } => {
            make(&config, person, requested_by.as_deref(), identity, out)
        }
        SubjectAccessCommand::List => list(cli, &config),
        SubjectAccessCommand::Show { id } => show(cli, &config, id),
        SubjectAccessCommand::Rule { id, piece, ruling, office, because } => {
            let office = match office {
                Office::DataProtection => RulingOffice::DataProtection,
                Office::Lead => RulingOffice::Lead,
            };
            let ruling = match ruling {
                Ruling::Include => SubjectRuling::Include,
                Ruling::Withhold => SubjectRuling::Withhold,
            };
            let id = parse(id)?;
            context::block_on(async {
                let store = context::store(&config).await?;
                store.subject_access_rule(&id, piece, office, ruling, because, &context::actor()).await?;
                Ok(ExitCode::SUCCESS)
            })
        }
        SubjectAccessCommand::Release { id, identity, out, keep } => {
            release(&config, id, identity, out, keep)
        }
    }
}

fn parse(id: &str) -> Result<SubjectAccessId, Mistake> {
    id.parse().map_err(|()| Mistake(format!("`{id}` is no request's number")))
}

fn by() -> String {
    match context::actor() {
        Actor::Operator(name) => name,
        _ => String::new(),
    }
}

fn make(config: &Config, person: &str, requested_by: Option<&str>, identity: &Path, out: &Path) -> Answer {
    let directory = app::directory(config)?;
    let subject = context::person(&directory, person)?;
    let asker = requested_by.map(|p| context::person(&directory, p)).transpose()?;
    let school = subject
        .memberships()
        .find_map(|(id, _)| config.schools.iter().find(|s| s.id == *id))
        .ok_or_else(|| Mistake("This person belongs to no school of the configuration".into()))?;
    let custodian = keys::unlock(identity)?;
    let actor = context::actor();
    let now = Utc::now();
    let by_other = asker.is_some_and(|a| a != subject);
    let rights = childs_rights(subject, by_other, school.child_decides_from, now.date_naive());
    let concerns: BTreeSet<Concern> = rights.then_some(Concern::ChildsRights).into_iter().collect();
    let (id, pieces) = context::block_on(async {
        let store = context::store(config).await?;
        let with =
            Gathering { store: &store, directory: &directory, school, custodian: &custodian, actor: &actor };
        let pieces = gather(&with, subject).await?;
        let asked = Asked {
            person: subject.id().clone(),
            by: asker.map(|a| a.id().clone()),
            pieces: pieces.iter().map(|p| p.note.clone()).collect(),
            concerns,
        };
        let id = store.subject_access_make(&school.id, asked, &actor).await?;
        let request = store.subject_access(&id).await?;
        let bytes = set(&directory, &request, &pieces, &[], Audience::Reviewers, school, None)?;
        context::write_new(out, &bytes)?;
        store.close().await;
        Ok((id, pieces.len()))
    })?;
    writeln!(io::stdout(), "{id}")?;
    if rights {
        writeln!(
            io::stderr(),
            "A parent asks about a child who may decide alone: the data protection officer answers first."
        )?;
    }
    writeln!(
        io::stderr(),
        "{pieces} pieces, in {} for the two reviewers. Nothing is given out before both have ruled: \
         `gatehouse subject-access show {id}`.",
        out.display()
    )?;
    Ok(ExitCode::SUCCESS)
}

/// The bundle's bytes, for the one or the other audience.
fn set(
    directory: &Directory,
    request: &SubjectAccess,
    pieces: &[Piece],
    keep: &[String],
    audience: Audience,
    school: &crate::parties::School,
    at: Option<chrono::DateTime<Utc>>,
) -> Result<Vec<u8>, Mistake> {
    let gone = || Mistake("This person is no longer in the directory; import the people of that time".into());
    let subject = directory.person(&request.asked.person).ok_or_else(gone)?;
    // Correspondents whom the directory does not know have names too.
    let known = |name: &str| format!("{} {}", subject.given(), subject.family()).eq_ignore_ascii_case(name);
    let mut others: Vec<String> = pieces
        .iter()
        .filter_map(|p| p.letter.as_ref())
        .flat_map(|l| l.correspondents.iter().cloned())
        .filter(|name| !known(name))
        .collect();
    others.sort_unstable();
    others.dedup();
    let mut redactor = Redactor::new(directory, subject, &others, keep);
    let (by, at) = (by(), at.unwrap_or_else(Utc::now));
    let mut bytes = Vec::new();
    write(&mut bytes, request, pieces, &mut redactor, audience, (school, &by, at))?;
    Ok(bytes)
}

fn list(cli: &Cli, config: &Config) -> Answer {
    let all = context::block_on(async { Ok(context::store(config).await?.subject_accesses().await?) })?;
    let rows: Vec<Value> = all.iter().map(row).collect();
    let columns = render::columns(&[
        ("id", "Number"),
        ("school", "School"),
        ("made_at", "Made"),
        ("due_at", "Answer due"),
        ("pieces", "Pieces"),
        ("open", "To be ruled"),
        ("finished_at", "Finished"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "Nobody has asked.")?;
    Ok(ExitCode::SUCCESS)
}

fn row(r: &SubjectAccess) -> Value {
    json!({
        "id": r.id.as_str(), "school": r.school.to_string(), "made_at": render::time(r.made_at),
        "due_at": render::time(r.due_at), "pieces": r.asked.pieces.len(),
        "open": r.ready().err().map_or(0, |open| open.len()),
        "finished_at": r.finished_at.map(render::time),
    })
}

fn show(cli: &Cli, config: &Config, id: &str) -> Answer {
    let id = parse(id)?;
    let request = context::block_on(async { Ok(context::store(config).await?.subject_access(&id).await?) })?;
    let ruled = |piece: &str, office| {
        let found = request.rulings.iter().find(|r| r.piece == piece && r.office == office);
        found.map_or("", |r| r.ruling.name())
    };
    let line = |piece: &str, at: String, concerns: &BTreeSet<Concern>| {
        json!({
            "piece": piece, "at": at,
            "concerns": concerns.iter().map(|c| c.words()).collect::<Vec<_>>(),
            "data_protection": ruled(piece, RulingOffice::DataProtection),
            "lead": ruled(piece, RulingOffice::Lead),
        })
    };
    let mut rows = vec![line(crate::storage::WHOLE, String::new(), &request.asked.concerns)];
    rows.extend(request.asked.pieces.iter().map(|p| line(&p.key, render::time(p.at), &p.concerns)));
    let columns = render::columns(&[
        ("piece", "Piece"),
        ("at", "When"),
        ("concerns", "Doubtful because of"),
        ("data_protection", "Data protection"),
        ("lead", "Lead"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "")?;
    Ok(ExitCode::SUCCESS)
}

fn release(config: &Config, id: &str, identity: &Path, out: &Path, keep: &[String]) -> Answer {
    let id = parse(id)?;
    let directory = app::directory(config)?;
    let custodian = keys::unlock(identity)?;
    let actor = context::actor();
    context::block_on(async {
        let store: Store = context::store(config).await?;
        let request = store.subject_access(&id).await?;
        if let Err(open) = request.ready() {
            return Err(Mistake(format!("Still to be ruled upon: {}", open.join(", "))));
        }
        let gone = |what: &str| Mistake(format!("{what} is not there any more"));
        let subject = directory.person(&request.asked.person).ok_or_else(|| gone("The person"))?;
        let school =
            config.schools.iter().find(|s| s.id == request.school).ok_or_else(|| gone("The school"))?;
        let with =
            Gathering { store: &store, directory: &directory, school, custodian: &custodian, actor: &actor };
        let mut pieces = gather(&with, subject).await?;
        // What came in since was not reviewed.
        pieces.retain(|p| request.asked.pieces.iter().any(|known| known.key == p.note.key));
        let bytes = set(&directory, &request, &pieces, keep, Audience::Person, school, None)?;
        store.subject_access_finish(&id, Sha256::digest(&bytes).into(), &actor).await?;
        context::write_new(out, &bytes)?;
        store.close().await;
        writeln!(
            io::stderr(),
            "Written to {}; its digest is in the ledger. Read it once more before it goes.",
            out.display()
        )?;
        Ok(ExitCode::SUCCESS)
    })
}
