//! `gatehouse subject-access`: what is held on a person, reviewed by two people before any of it
//! is given out.

use super::{Answer, Mistake, args::Cli, context, desk::Desk, render};
use crate::{
    authority::{self, Act, Case, Offices, Scope, State, Thing},
    mail::{Address, SchoolId},
    parties::School,
    report::{
        redact::Redactor,
        subject_access::{Audience, Gathering, Piece, childs_rights, gather, write},
    },
    storage::{Asked, Concern, RulingOffice, SubjectAccess, SubjectAccessId, SubjectRuling},
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
        /// age identity of a custodian of records; without it your own, which --me names
        #[arg(long, value_name = "FILE")]
        custodian: Option<PathBuf>,
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
        custodian: Option<PathBuf>,
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
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        match command {
            SubjectAccessCommand::Make { person, requested_by, custodian, out } => {
                make(&desk, person, requested_by.as_deref(), custodian.as_deref(), out).await?;
            }
            SubjectAccessCommand::List => list(cli, &desk).await?,
            SubjectAccessCommand::Show { id } => {
                show(cli, &allowed(&desk, Act::Particulars, &parse(id)?).await?)?;
            }
            SubjectAccessCommand::Rule { id, piece, ruling, office, because } => {
                rule(&desk, &parse(id)?, piece, *ruling, *office, because).await?;
            }
            SubjectAccessCommand::Release { id, custodian, out, keep } => {
                release(&desk, &parse(id)?, custodian.as_deref(), out, keep).await?;
            }
        }
        desk.store.close().await;
        Ok(ExitCode::SUCCESS)
    })
}

fn parse(id: &str) -> Result<SubjectAccessId, Mistake> {
    id.parse().map_err(|()| Mistake(format!("`{id}` is no request's number")))
}

/// The facts of a request: whoever asks, and whom it is about, have no part in it.
fn case(desk: &Desk, school: &SchoolId, asked: &Asked) -> Result<Case, Mistake> {
    let mut case = Case::any(Thing::SubjectAccess, Scope::School(school.clone()));
    for id in [Some(&asked.person), asked.by.as_ref()].into_iter().flatten() {
        let person = desk.directory.person(id);
        let addresses: Vec<Address> =
            person.iter().flat_map(|p| p.addresses()).map(|(address, _)| address).collect();
        case.subject.extend(desk.faces(Some(id), &addresses)?);
    }
    Ok(case)
}

/// The request, when the asker may do this to it.
async fn allowed(desk: &Desk, act: Act, id: &SubjectAccessId) -> Result<SubjectAccess, Mistake> {
    let request = desk.store.subject_access(id).await?;
    let mut case = case(desk, &request.school, &request.asked)?;
    if request.ready().is_ok() {
        case.state = State::Decided;
    }
    desk.authorise(act, &case, "request", id.as_str()).await?;
    Ok(request)
}

async fn rule(
    desk: &Desk,
    id: &SubjectAccessId,
    piece: &str,
    ruling: Ruling,
    office: Office,
    because: &str,
) -> Result<(), Mistake> {
    let request = allowed(desk, Act::Review, id).await?;
    let (office, held) = match office {
        Office::DataProtection => {
            (RulingOffice::DataProtection, Offices::of(&[authority::Office::DataProtection]))
        }
        Office::Lead => {
            (RulingOffice::Lead, Offices::of(&[authority::Office::Lead, authority::Office::Deputy]))
        }
    };
    if !desk.holds(held, &request.school) {
        return Err(Mistake(
            "You rule for an office that you hold; `gatehouse users show` lists yours.".into(),
        ));
    }
    let ruling = match ruling {
        Ruling::Include => SubjectRuling::Include,
        Ruling::Withhold => SubjectRuling::Withhold,
    };
    Ok(desk.store.subject_access_rule(id, piece, office, ruling, because, &desk.actor).await?)
}

async fn make(
    desk: &Desk,
    person: &str,
    requested_by: Option<&str>,
    custodian: Option<&Path>,
    out: &Path,
) -> Result<(), Mistake> {
    let (directory, store) = (&desk.directory, &desk.store);
    let subject = context::person(directory, person)?;
    let asker = requested_by.map(|p| context::person(directory, p)).transpose()?;
    let school = subject
        .memberships()
        .find_map(|(id, _)| desk.config.schools.iter().find(|s| s.id == *id))
        .ok_or_else(|| Mistake("This person belongs to no school of the configuration".into()))?;
    let now = Utc::now();
    let by_other = asker.is_some_and(|a| a != subject);
    let rights = childs_rights(subject, by_other, school.child_decides_from, now.date_naive());
    let concerns: BTreeSet<Concern> = rights.then_some(Concern::ChildsRights).into_iter().collect();
    let mut asked = Asked {
        person: subject.id().clone(),
        by: asker.map(|a| a.id().clone()),
        pieces: Vec::new(),
        concerns,
    };
    desk.authorise(Act::Open, &case(desk, &school.id, &asked)?, "request", "new").await?;
    let custodian = desk.custodian(custodian)?;
    let with = Gathering { store, directory, school, custodian: &custodian, actor: &desk.actor };
    let pieces = gather(&with, subject).await?;
    asked.pieces = pieces.iter().map(|p| p.note.clone()).collect();
    let id = store.subject_access_make(&school.id, asked, &desk.actor).await?;
    let request = store.subject_access(&id).await?;
    context::write_new(out, &set(desk, &request, &pieces, &[], Audience::Reviewers, school)?)?;
    let pieces = pieces.len();
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
    Ok(())
}

/// The bundle's bytes, for the one or the other audience.
fn set(
    desk: &Desk,
    request: &SubjectAccess,
    pieces: &[Piece],
    keep: &[String],
    audience: Audience,
    school: &School,
) -> Result<Vec<u8>, Mistake> {
    let gone = || Mistake("This person is no longer in the directory; import the people of that time".into());
    let directory = &desk.directory;
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
    let by = desk.called();
    let mut bytes = Vec::new();
    write(&mut bytes, request, pieces, &mut redactor, audience, (school, &by, Utc::now()))?;
    Ok(bytes)
}

async fn list(cli: &Cli, desk: &Desk) -> Result<(), Mistake> {
    desk.schools_or_refuse(Act::List, Thing::SubjectAccess)?;
    let mut rows = Vec::new();
    for request in desk.store.subject_accesses().await? {
        if desk.may(Act::List, &case(desk, &request.school, &request.asked)?).is_allowed() {
            rows.push(row(&request));
        }
    }
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
    Ok(())
}

fn row(r: &SubjectAccess) -> Value {
    json!({
        "id": r.id.as_str(), "school": r.school.to_string(), "made_at": render::time(r.made_at),
        "due_at": render::time(r.due_at), "pieces": r.asked.pieces.len(),
        "open": r.ready().err().map_or(0, |open| open.len()),
        "finished_at": r.finished_at.map(render::time),
    })
}

fn show(cli: &Cli, request: &SubjectAccess) -> Result<(), Mistake> {
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
    Ok(())
}

async fn release(
    desk: &Desk,
    id: &SubjectAccessId,
    custodian: Option<&Path>,
    out: &Path,
    keep: &[String],
) -> Result<(), Mistake> {
    let request = allowed(desk, Act::Particulars, id).await?;
    if let Err(open) = request.ready() {
        return Err(Mistake(format!("Still to be ruled upon: {}", open.join(", "))));
    }
    allowed(desk, Act::Export, id).await?;
    let gone = |what: &str| Mistake(format!("{what} is not there any more"));
    let (directory, store) = (&desk.directory, &desk.store);
    let subject = directory.person(&request.asked.person).ok_or_else(|| gone("The person"))?;
    let schools = &desk.config.schools;
    let school = schools.iter().find(|s| s.id == request.school).ok_or_else(|| gone("The school"))?;
    let custodian = desk.custodian(custodian)?;
    let with = Gathering { store, directory, school, custodian: &custodian, actor: &desk.actor };
    let mut pieces = gather(&with, subject).await?;
    // What came in since was not reviewed.
    pieces.retain(|p| request.asked.pieces.iter().any(|known| known.key == p.note.key));
    let bytes = set(desk, &request, &pieces, keep, Audience::Person, school)?;
    store.subject_access_finish(id, Sha256::digest(&bytes).into(), &desk.actor).await?;
    context::write_new(out, &bytes)?;
    writeln!(
        io::stderr(),
        "Written to {}; its digest is in the ledger. Read it once more before it goes.",
        out.display()
    )?;
    Ok(())
}
