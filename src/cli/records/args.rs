//! `gatehouse records` as typed.

use crate::cli::{legal_hold::LegalHoldCommand, purpose::WhyArgs, search::Asked};
use clap::{Args, Subcommand, ValueEnum};
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
    #[command(flatten)]
    pub why: WhyArgs,
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
