//! `gatehouse keys` as typed.

use crate::cli::purpose::WhyArgs;
use crate::storage::{Class, Since};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key: the private half goes into FILE, the public half is printed
    Generate {
        #[arg(value_enum)]
        kind: KeyKind,
        /// Where the private half goes; it must not be there yet
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Put the private half under a passphrase, which is asked twice
        ///
        /// At a terminal it is not shown; when standard input is a pipe, two lines are read from it.
        #[arg(long)]
        passphrase: bool,
    },
    /// Which keys there are, who holds what, and what would be lost with each
    Show,
    /// Bring a new working key into use: what lies under the old one is wrapped for the new
    Rotate {
        /// Why; kept in the ledger
        #[arg(long)]
        reason: String,
    },
    /// Who opens what is kept for a school
    #[command(subcommand)]
    Custodian(CustodianCommand),
    /// Wrap old epochs for those who hold the access now, by somebody who holds them already
    Rewrap {
        #[command(flatten)]
        of: AccessArgs,
        #[command(flatten)]
        holder: HolderArgs,
        /// From this month on, for example 2026-09, or `always`
        #[arg(long, value_name = "MONTH", default_value = "always")]
        since: Since,
        #[arg(long)]
        reason: String,
    },
    /// Write the small file of an epoch out, to be opened with `age`; needs no key
    Epoch {
        /// An epoch's id, or an object's (the name of its file in the vault)
        id: String,
        /// Where to; it must not be there yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// The recovery key in two shares
    #[command(subcommand)]
    Recovery(RecoveryCommand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyKind {
    /// The gate's own, for mail that it must send on
    Working,
    /// For the records of parent mail: its holder reads them
    Records,
    /// Offline, for the day everything else is lost; better in two shares: `keys recovery make`
    Recovery,
    /// A person's own, by which the command line knows who acts; always under a passphrase
    Personal,
}

#[derive(Debug, Args)]
pub struct AccessArgs {
    #[arg(long, value_name = "SCHOOL")]
    pub school: String,
    /// What they open
    #[arg(long, value_enum, default_value_t = Kept::Records)]
    pub class: Kept,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kept {
    /// Copies of mail with parents
    Records,
    /// Incidents and their evidence
    Incidents,
    /// Low-level concerns about adults
    LowLevel,
}

impl Kept {
    pub fn class(self) -> Class {
        match self {
            Self::Records => Class::Records,
            Self::Incidents => Class::Incidents,
            Self::LowLevel => Class::LowLevel,
        }
    }
}

/// Whose key opens what is there: a custodian's, or the recovery key's two shares.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct HolderArgs {
    /// The key of one who opens it now; a passphrase is asked
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
    /// The two shares of the recovery key; `-` to type one
    #[arg(long, value_name = "FILE", num_args = 2)]
    pub shares: Option<Vec<PathBuf>>,
}

/// The same where it may be left out.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct MaybeHolderArgs {
    /// The key of one who opens the old epochs: they are wrapped for the new set too
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
    /// The two shares of the recovery key, for the same; `-` to type one
    #[arg(long, value_name = "FILE", num_args = 2)]
    pub shares: Option<Vec<PathBuf>>,
}

#[derive(Debug, Subcommand)]
pub enum CustodianCommand {
    /// Who holds what; all schools
    List {
        #[arg(long, value_name = "SCHOOL")]
        school: Option<String>,
    },
    /// A custodian joins: opens what is kept from now on, and with --identity old epochs too
    Join {
        #[command(flatten)]
        of: AccessArgs,
        /// The public key, age1... (also of hardware, for example age1yubikey1...)
        #[arg(long, value_name = "AGE1...")]
        key: String,
        /// Whose key it is; kept encrypted
        #[arg(long)]
        name: String,
        #[command(flatten)]
        holder: MaybeHolderArgs,
        /// With a holder: old epochs from this month on, or `always`
        #[arg(long, value_name = "MONTH", default_value = "always")]
        since: Since,
        #[arg(long)]
        reason: String,
    },
    /// A custodian leaves: opens nothing that is kept from now on
    Leave {
        #[command(flatten)]
        of: AccessArgs,
        /// The custodian's id, from `keys custodian list`
        id: String,
        #[command(flatten)]
        holder: MaybeHolderArgs,
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum RecoveryCommand {
    /// Make a recovery key that exists only as two shares, for two people
    Make {
        #[arg(value_name = "FILE")]
        one: PathBuf,
        #[arg(value_name = "FILE")]
        two: PathBuf,
    },
    /// Bring the two shares together, in memory only
    Join {
        /// The first share; `-` to type it
        #[arg(value_name = "SHARE")]
        one: PathBuf,
        /// The second share; `-` to type it
        #[arg(value_name = "SHARE")]
        two: PathBuf,
        #[command(subcommand)]
        then: RecoveryUse,
    },
}

#[derive(Debug, Subcommand)]
pub enum RecoveryUse {
    /// The working key is lost: wrap everything for the new one that [keys] working names
    Working {
        #[arg(long)]
        reason: String,
    },
    /// Write one record out, as a custodian could
    Record {
        id: String,
        /// Where to; it must not be there yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        why: WhyArgs,
    },
    /// Write out the message that a report came with, as a custodian could
    Report {
        /// The incident's number
        id: String,
        /// Where to; it must not be there yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        why: WhyArgs,
    },
    /// Only look whether the two are the recovery key of [keys]
    Check,
}
