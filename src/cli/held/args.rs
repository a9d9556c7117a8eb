//! `gatehouse hold` and `gatehouse quarantine` as typed.

use crate::{
    cli::{accused::AccusedArgs, legal_hold::LegalHoldCommand, purpose::WhyArgs, search::QuarantineSearch},
    storage::ItemOffice,
};
use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum HoldCommand {
    /// What waits for its sender, or is only delayed; ids and times, no content
    List,
    /// One held message: what was found and where, how far a release has got; no content
    Show { id: String },
    /// Send it on, as its sender decided
    Release {
        id: String,
        /// Mark the subject confidential
        #[arg(long)]
        confidential: bool,
        #[command(flatten)]
        changes: ChangeArgs,
        /// Why; kept in the ledger
        #[arg(long)]
        reason: String,
    },
    /// Give it back to its sender, unsent
    Return {
        id: String,
        /// The advice that the sender reads
        #[arg(long)]
        advice: Option<String>,
        #[arg(long)]
        reason: String,
    },
    /// Take it back for its sender before it leaves
    Withdraw {
        id: String,
        #[arg(long)]
        reason: String,
    },
    /// "Send now: child at risk". At once, whatever holds it; the lead reviews it afterwards
    SendNow {
        id: String,
        #[arg(long)]
        reason: String,
    },
    /// What was sent now because of a child at risk and waits for the lead's review
    Reviews,
    /// Note that such a message was reviewed
    Reviewed {
        id: String,
        /// What the review found; kept in the ledger
        #[arg(long)]
        reason: String,
    },
    /// Legal hold: while it lies on something, that does not run out and is not purged
    #[command(subcommand)]
    LegalHold(LegalHoldCommand),
}

/// What its sender changes before it leaves; the changed message is inspected again
#[derive(Debug, Args)]
#[group(conflicts_with = "confidential", multiple = true)]
pub struct ChangeArgs {
    /// Hide the recipients from one another: the sender alone is named
    #[arg(long, conflicts_with = "single")]
    pub bcc: bool,
    /// A copy for each recipient, who alone is named in it
    #[arg(long)]
    pub single: bool,
    /// Leave this attachment out, by its part as `show` names it, for example 2; again for more
    #[arg(long, value_name = "PART")]
    pub without: Vec<String>,
    /// To this recipient alone; again for more
    #[arg(long, value_name = "ADDRESS")]
    pub to: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// What waits for a decision; ids, times, categories, and what has waited too long
    List,
    /// Find messages by words, people and time; each search is written into the ledger
    Search(Box<QuarantineSearch>),
    /// One message: what was found, how far a release has got, or all of it
    Show {
        id: String,
        /// Print the message itself; the look is written into the ledger
        #[arg(long)]
        raw: bool,
        #[command(flatten)]
        why: WhyArgs,
    },
    /// Send it on to its recipients
    Release {
        id: String,
        #[arg(long)]
        reason: String,
    },
    /// Give it back to its sender with advice
    Return {
        id: String,
        /// The advice that the sender reads
        #[arg(long)]
        advice: String,
        #[arg(long)]
        reason: String,
    },
    /// Keep it as evidence
    Keep {
        id: String,
        /// Also put it under legal hold
        #[arg(long)]
        legal_hold: bool,
        #[arg(long)]
        reason: String,
    },
    /// To a higher office, for which it stays open; its clock goes on
    Escalate {
        id: String,
        #[arg(long, value_enum)]
        to: To,
        #[arg(long)]
        reason: String,
    },
    /// Say whether somebody is accused in it: confirm the gate's guess, refuse it, or take your word back
    ///
    /// From whoever is accused it is hidden, and so is each incident that it belongs to. Whoever works at
    /// the school and is accused makes it an allegation, which is the head's.
    Accused(AccusedArgs),
    /// Notes for leads on a person, which stand beside what waits of the same person
    ///
    /// Only the safeguarding lead and the deputies of the school read, write and end them: what repeats
    /// itself may have a reason that whoever decides should know.
    #[command(subcommand)]
    Note(NoteCommand),
    /// On to another office without reading it: for whoever is a party to it, or should not see it
    #[command(visible_alias = "hand-on")]
    HandOver {
        id: String,
        #[arg(long, value_enum)]
        to: To,
        #[arg(long)]
        reason: String,
    },
    /// Out of the evidence again, for another decision
    Reopen {
        id: String,
        #[arg(long)]
        reason: String,
    },
    /// Write it out for the school's own child-protection file; here it is then kept a year
    Export {
        id: String,
        /// Where to; standard output when missing
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        why: WhyArgs,
    },
    /// Seal it: from now on hash, time and roles are all that anybody sees. For good
    Seal {
        id: String,
        #[arg(long)]
        reason: String,
    },
    /// Hand a sealed message, still encrypted, to the police: two people must say so
    Police {
        id: String,
        /// Where the encrypted object goes, once the second person has spoken
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The police's reference; kept in the ledger
        #[arg(long)]
        reason: String,
    },
    /// Purge what the police have, when they have said so: two people must say it
    PolicePurge {
        id: String,
        #[arg(long)]
        reason: String,
    },
    /// Legal hold: while it lies on something, that does not run out and is not purged
    #[command(subcommand)]
    LegalHold(LegalHoldCommand),
}

#[derive(Debug, Subcommand)]
pub enum NoteCommand {
    /// Those kept on a person, with their words; each look is written into the ledger
    List {
        /// An id of the directory, an address or a whole name
        person: String,
        #[command(flatten)]
        why: WhyArgs,
    },
    /// Write one; prints its number
    Add {
        /// An id of the directory, an address or a whole name
        person: String,
        /// What whoever decides should know; at most 500 letters
        #[arg(long)]
        text: String,
        /// Its last day, within a year, for example 2027-07-21; the end of the school year when missing
        #[arg(long, value_name = "DAY")]
        until: Option<NaiveDate>,
        /// At which school, where the person belongs to several
        #[arg(long, value_name = "SCHOOL")]
        school: Option<String>,
    },
    /// End one before its day; thirty days later its words are purged
    End { note: String },
}

/// An office that an item can go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum To {
    Lead,
    Deputy,
    Head,
    Chair,
    DataProtection,
}

impl To {
    pub fn office(self) -> ItemOffice {
        match self {
            Self::Lead => ItemOffice::Lead,
            Self::Deputy => ItemOffice::Deputy,
            Self::Head => ItemOffice::Head,
            Self::Chair => ItemOffice::Chair,
            Self::DataProtection => ItemOffice::DataProtection,
        }
    }
}
