//! `gatehouse ledger` as typed.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// The last rows: when, what, who, about what; the look is written into the ledger
    List(LedgerListArgs),
    /// One row with all it has, the reason too
    Show {
        /// Its number
        row: u64,
    },
    /// What was changed in settings, rules, people and keys: when, by whom, how and why; for governors
    Changes {
        /// From this day, for example 2026-09-01
        #[arg(long, value_name = "DAY")]
        since: Option<String>,
        #[arg(long, value_name = "DAY")]
        until: Option<String>,
        /// At most so many rows, the last ones
        #[arg(long, value_name = "N", default_value_t = 200)]
        limit: u32,
    },
    /// Check every row, signature and anchor; exits with 1 when something is not what it was
    Verify(LedgerVerifyArgs),
    /// Write all rows with what was signed, to be verified on any machine
    Export {
        /// Where to; standard output when missing
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Why; kept in the ledger
        #[arg(long, value_name = "REASON")]
        why: Option<String>,
    },
    /// The public key that signs the ledger's heads
    Key {
        /// Put a new key in force, signed by the old one
        #[arg(long, requires = "why")]
        change: bool,
        /// Why; kept in the ledger
        #[arg(long, value_name = "REASON")]
        why: Option<String>,
    },
    /// The places outside this machine that hold the ledger's heads, and how each stands
    Anchors,
    /// Forget who stands behind somebody's rows; the rows and the chain stay
    Erase {
        /// The person's id in the directory
        #[arg(value_name = "PERSON", conflicts_with = "operator")]
        person: Option<String>,
        /// An account of the command line instead
        #[arg(long, value_name = "NAME")]
        operator: Option<String>,
        /// Also the reasons that the person gave in own words
        #[arg(long)]
        words_too: bool,
        /// Why; kept in the ledger
        #[arg(long, value_name = "REASON")]
        why: String,
    },
}

#[derive(Debug, Args)]
pub struct LedgerListArgs {
    /// From this day, for example 2026-09-01
    #[arg(long, value_name = "DAY")]
    pub since: Option<String>,
    #[arg(long, value_name = "DAY")]
    pub until: Option<String>,
    /// Only this kind, for example item.released; may be given several times
    #[arg(long, value_name = "EVENT")]
    pub event: Vec<String>,
    #[arg(long, value_name = "SCHOOL")]
    pub school: Option<String>,
    /// Only what belongs to one message
    #[arg(long, value_name = "ID")]
    pub transaction: Option<String>,
    /// Only of the message that a notice to an officer named by this number
    #[arg(long, value_name = "NUMBER")]
    pub number: Option<String>,
    /// Only what is about one item, record, object or job
    #[arg(long, value_name = "ID")]
    pub about: Option<String>,
    /// At most so many rows, the last ones
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: u32,
}

#[derive(Debug, Args)]
pub struct LedgerVerifyArgs {
    /// A file written by `ledger export`, instead of the ledger of this machine
    #[arg(value_name = "EXPORT")]
    pub export: Option<PathBuf>,
    /// Anchors gathered outside this machine, a file or a folder of lines or mails: each must be on
    /// the chain. Only they show a ledger that was written anew, or cut off at the end, by who rules
    /// the machine; may be given several times
    #[arg(long, value_name = "PATH")]
    pub anchors: Vec<PathBuf>,
    /// The public key that you noted elsewhere: the ledger must name it
    #[arg(long, value_name = "KEY")]
    pub public_key: Option<String>,
}
