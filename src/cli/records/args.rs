//! `gatehouse records` as typed.

use crate::{
    cli::{legal_hold::LegalHoldCommand, search::Asked},
    storage::Purpose,
};
use clap::{
    Args, Subcommand, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum RecordsCommand {
    /// Find copies by words, people and time; shows times, roles and counts, no content
    Search(SearchArgs),
    /// The conversation that a record belongs to, for one parent at a time; no content
    Thread {
        id: String,
        /// Whose thread, when several parents stand in the record: an id, an address or a name
        #[arg(long, value_name = "PERSON")]
        parent: Option<String>,
        #[command(flatten)]
        why: WhyArgs,
    },
    /// Show copies on the screen: who to whom, when, the text, the files
    Show {
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
        #[command(flatten)]
        key: KeyArgs,
        #[command(flatten)]
        why: WhyArgs,
    },
    /// What passed with a parent, about a child, or with a member of staff, with subjects, in order of time
    Timeline {
        #[command(flatten)]
        search: SearchArgs,
        #[command(flatten)]
        key: KeyArgs,
    },
    /// Write copies out, unaltered; each look is written into the ledger before it is made
    ///
    /// eml: one message, byte for byte. mbox: several in one file (mboxrd). bundle: a zip with the messages, a
    /// page and a PDF to read, the ledger's rows about them and the digest of each file; `records verify`
    /// checks it on any machine.
    Export {
        /// One record or several
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
        #[command(flatten)]
        key: KeyArgs,
        /// Form of the file
        #[arg(long = "as", value_name = "FORM", value_enum, default_value_t = Form::Eml)]
        form: Form,
        /// Where to; it must not be there yet. Standard output when missing
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        why: WhyArgs,
    },
    /// Check a bundle, without a store and without a key; exits with 1 when anything was changed
    Verify {
        #[arg(value_name = "BUNDLE")]
        bundle: PathBuf,
    },
    /// What may be purged, since the family has left long enough ago; nothing goes without a yes
    Review(ReviewArgs),
    /// Legal hold: while it lies on a record, that is not purged
    #[command(subcommand)]
    LegalHold(LegalHoldCommand),
    /// Let colleagues read the records of a member of staff who is away
    #[command(subcommand)]
    Absence(AbsenceCommand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    Eml,
    Mbox,
    Bundle,
}

#[derive(Debug, Args)]
pub struct SearchArgs {
    #[command(flatten)]
    pub asked: Asked,
    /// Filed under this parent: an id of the directory, an address or a whole name
    #[arg(long, value_name = "PERSON")]
    pub parent: Option<String>,
    /// Filed under this child
    #[arg(long, value_name = "PERSON")]
    pub child: Option<String>,
    /// Filed under this member of staff
    #[arg(long, value_name = "PERSON")]
    pub staff: Option<String>,
    /// What the search is for
    #[arg(long, value_name = "PURPOSE", value_parser = purposes())]
    pub purpose: Purpose,
    /// More about it, in your own words; kept encrypted
    #[arg(long, value_name = "WORDS")]
    pub because: Option<String>,
}

#[derive(Debug, Args)]
pub struct ReviewArgs {
    /// Only this school's
    #[arg(long, value_name = "SCHOOL")]
    pub school: Option<String>,
    /// Purge this one, which is due; may be given several times
    #[arg(long, value_name = "ID")]
    pub purge: Vec<String>,
    /// Keep this one, with --until or --complaint; may be given several times
    #[arg(long, value_name = "ID")]
    pub keep: Vec<String>,
    /// Look again after this day
    #[arg(long, value_name = "DAY")]
    pub until: Option<String>,
    /// A complaint was made: it has the longer time
    #[arg(long)]
    pub complaint: bool,
    /// Why; kept in the ledger
    #[arg(long)]
    pub reason: Option<String>,
}

#[derive(Debug, Args)]
pub struct KeyArgs {
    /// age identity of a custodian of records; without it your own, which --me names
    #[arg(long, value_name = "FILE")]
    pub custodian: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct WhyArgs {
    /// What the look is for
    #[arg(long, value_name = "PURPOSE", value_parser = purposes())]
    pub purpose: Purpose,
    /// More about it, in your own words; kept encrypted
    #[arg(long, value_name = "WORDS")]
    pub because: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum AbsenceCommand {
    /// Give leave: whoever says this approves it, and somebody else uses it with `--purpose absence`
    Allow {
        /// Who is away: an id of the directory, an address or a whole name
        #[arg(value_name = "PERSON")]
        person: String,
        /// The last day, 31 days from now at most
        #[arg(long, value_name = "DAY")]
        until: String,
        /// Why; kept encrypted
        #[arg(long, value_name = "WORDS")]
        reason: String,
    },
}

/// The purposes by their names, with a word on each in `--help`.
fn purposes() -> impl TypedValueParser<Value = Purpose> {
    let value = |p: Purpose| PossibleValue::new(p.name()).help(about(p));
    PossibleValuesParser::new(Purpose::ALL.map(value)).map(|name| {
        let found = Purpose::ALL.into_iter().find(|p| p.name() == name);
        // The parser before has taken names of this list only.
        found.unwrap_or(Purpose::Facts)
    })
}

fn about(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Facts => "to establish facts",
        Purpose::Compliance => "to check that rules and law are kept",
        Purpose::Standards => "to see that standards are met",
        Purpose::Crime => "to prevent or detect crime",
        Purpose::UnauthorisedUse => "use of the system that is not authorised",
        Purpose::SystemOperation => "to keep the system running",
        Purpose::Safeguarding => "to protect a child",
        Purpose::Allegation => "an allegation against a member of staff",
        Purpose::SubjectAccess => "somebody asks what is held on them",
        Purpose::Complaint => "a complaint",
        Purpose::LegalRequest => "a legal request or one of the police",
        Purpose::Absence => "the account's owner is away; needs leave that somebody else gave",
    }
}
