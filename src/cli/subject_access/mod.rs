//! `gatehouse subject-access`: what is held on a person, reviewed by two people before any of it
//! is given out.

mod bundle;
mod rulings;

use super::{Answer, Mistake, args::Cli, context, desk::Desk};
use crate::{authority::Act, storage::SubjectAccessId};
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
                let request = desk.access(Act::Particulars, &parse(id)?).await?;
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
