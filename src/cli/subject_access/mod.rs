//! `gatehouse subject-access`: what is held on a person, reviewed by two people before any of it
//! is given out.

mod bundle;
mod rulings;

use super::{Answer, Mistake, args::Cli, context, desk::Desk};
use crate::{
    authority::{self, Act, Case, Scope, State, Thing},
    mail::{Address, SchoolId},
    report::subject_access::case_of,
    storage::{Asked, PieceNote, StoreError, SubjectAccess, SubjectAccessId},
};
use clap::{Subcommand, ValueEnum};
use std::{path::PathBuf, process::ExitCode};

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
    /// Write out for review what you may see of a request, as `make` did for who made it
    Review {
        id: String,
        #[arg(long, value_name = "FILE")]
        custodian: Option<PathBuf>,
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Rule on a piece, or on `request` as a whole; two people, one for each office
    ///
    /// What only the head may see the head rules upon; until then it is withheld.
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
    Head,
}

pub(super) fn run(cli: &Cli, command: &SubjectAccessCommand) -> Answer {
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        match command {
            SubjectAccessCommand::Make { person, requested_by, custodian, out } => {
                bundle::make(&desk, person, requested_by.as_deref(), custodian.as_deref(), out).await?;
            }
            SubjectAccessCommand::List => rulings::list(cli, &desk).await?,
            SubjectAccessCommand::Show { id } => {
                let request = allowed(&desk, Act::Particulars, &parse(id)?).await?;
                rulings::show(cli, &desk, &request).await?;
            }
            SubjectAccessCommand::Review { id, custodian, out } => {
                bundle::review(&desk, &parse(id)?, custodian.as_deref(), out).await?;
            }
            SubjectAccessCommand::Rule { id, piece, ruling, office, because } => {
                rulings::rule(&desk, &parse(id)?, piece, *ruling, *office, because).await?;
            }
            SubjectAccessCommand::Release { id, custodian, out, keep } => {
                bundle::release(&desk, &parse(id)?, custodian.as_deref(), out, keep).await?;
            }
        }
        desk.close().await;
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

/// Whether a thing is there for whoever acts; not whether they may read it otherwise.
fn is_there(desk: &Desk, case: &Case) -> bool {
    desk.may(Act::List, case) != authority::Answer::NotThere
}

/// Whether a piece is there for whoever acts (practice.md, A4).
async fn sees(desk: &Desk, piece: &PieceNote) -> Result<bool, Mistake> {
    match case_of(&desk.store, &piece.key).await {
        Ok(case) => Ok(case.is_none_or(|case| is_there(desk, &case))),
        // What is held no longer is named to those who were to rule upon it.
        Err(StoreError::NotFound { .. }) => Ok(piece.eyes == crate::storage::Eyes::Reviewers),
        Err(e) => Err(e.into()),
    }
}
