//! `gatehouse incident` as typed.

use crate::{
    cli::{Mistake, accused::AccusedArgs, case_review::CaseReviewArgs, held::args::To, purpose::WhyArgs},
    storage::{Dismissal, IncidentKind, Part, Referral},
};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum IncidentCommand {
    /// What is proposed and open; no names and no texts
    List {
        #[arg(long, value_name = "SCHOOL")]
        school: Option<String>,
        /// Those that have ended too
        #[arg(long)]
        all: bool,
        /// Only with this person in it: a school address, or the id in the directory
        #[arg(long, value_name = "PERSON")]
        with: Option<String>,
    },
    /// One with its people, messages and timeline; the look is written into the ledger
    Show {
        id: String,
        #[command(flatten)]
        why: WhyArgs,
    },
    /// Legal hold: while it lies on an incident, that is not purged
    #[command(subcommand)]
    LegalHold(crate::cli::legal_hold::LegalHoldCommand),
    /// Make a proposal an incident
    Accept(Why),
    /// Open one yourself
    Open(OpenArgs),
    /// Add a note, or with --action what was done
    Note {
        id: String,
        #[arg(long)]
        text: String,
        /// It says what was done
        #[arg(long)]
        action: bool,
    },
    /// Link a held or quarantined message, a record, a message of the log or another incident
    Link(LinkArgs),
    /// Say what somebody is to it
    Person {
        id: String,
        /// A school address, the id in the directory, or any other address
        #[arg(long, value_name = "PERSON")]
        person: String,
        #[arg(long, value_parser = part_names())]
        part: String,
    },
    /// Say whether somebody is accused in it: confirm the gate's guess, refuse it, or take your word back
    ///
    /// Until a person has refused it, a guess hides the incident like an accusation. Whoever works at the
    /// school and is accused makes a concern an allegation, which is the head's.
    Accused(AccusedArgs),
    /// Say to whom it was taken
    Refer {
        id: String,
        #[arg(long, value_parser = referral_names())]
        to: String,
        /// The day; today when missing
        #[arg(long, value_name = "DAY")]
        on: Option<String>,
        /// Their number for it
        #[arg(long, default_value = "")]
        reference: String,
    },
    /// Say whether the parents were told; an incident is not closed before
    Parents(ParentsArgs),
    /// End it with its outcome
    Close {
        id: String,
        #[arg(long)]
        outcome: String,
    },
    /// There is nothing in it: it leaves everybody's history
    Dismiss {
        id: String,
        #[arg(long, value_parser = dismissal_names())]
        because: String,
        #[arg(long)]
        text: String,
    },
    /// Take up again what has ended
    Reopen(Why),
    /// On to another office without reading it: for whoever is a party to it, or should not have it
    #[command(visible_alias = "hand-on")]
    HandOver {
        id: String,
        #[arg(long, value_enum)]
        to: To,
        #[arg(long)]
        reason: String,
    },
    /// Those whose time is over: list them, purge them, or keep them for longer
    Review(CaseReviewArgs),
    /// A person's incidents, without those that were dismissed
    History {
        #[arg(value_name = "PERSON")]
        person: String,
    },
    /// Print the message that a report came with, unaltered; the look is written into the ledger
    Original {
        id: String,
        /// age identity of a custodian of incidents (of allegations: of low-level concerns); without it
        /// your own, which --me names
        #[arg(long, value_name = "FILE")]
        custodian: Option<PathBuf>,
        #[command(flatten)]
        why: WhyArgs,
    },
    /// Write it for the school's child-protection system: JSON, or the timeline as CSV
    Export {
        id: String,
        /// Where to; it must not be there yet. Ending in .csv it gets the timeline alone
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        why: WhyArgs,
    },
}

#[derive(Debug, Args)]
pub struct Why {
    pub id: String,
    /// Why; encrypted in its timeline
    #[arg(long)]
    pub reason: String,
}

#[derive(Debug, Args)]
pub struct OpenArgs {
    #[arg(long, value_name = "SCHOOL")]
    pub school: String,
    /// Whose log: the lead's (concern), the head's alone (low-level, allegation), misuse
    #[arg(long, default_value = "concern", value_parser = kind_names())]
    pub kind: String,
    /// A few words; encrypted
    #[arg(long)]
    pub title: String,
    #[arg(long)]
    pub reason: String,
    /// Somebody affected; may be given several times
    #[arg(long, value_name = "PERSON")]
    pub affected: Vec<String>,
    /// Somebody who is said to have done it; may be given several times
    #[arg(long, value_name = "PERSON")]
    pub accused: Vec<String>,
    /// A held or quarantined message; may be given several times
    #[arg(long, value_name = "NUMBER")]
    pub item: Vec<String>,
}

#[derive(Debug, Args)]
pub struct LinkArgs {
    pub id: String,
    #[command(flatten)]
    pub to: LinkTo,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct LinkTo {
    #[arg(long, value_name = "NUMBER")]
    pub item: Option<String>,
    #[arg(long, value_name = "NUMBER")]
    pub record: Option<String>,
    /// A transaction of the message log
    #[arg(long, value_name = "ID")]
    pub message: Option<String>,
    #[arg(long, value_name = "NUMBER")]
    pub incident: Option<String>,
}

#[derive(Debug, Args)]
pub struct ParentsArgs {
    pub id: String,
    /// They were told on this day
    #[arg(long, value_name = "DAY", conflicts_with = "not_told", required_unless_present = "not_told")]
    pub told: Option<String>,
    /// By whom
    #[arg(long, requires = "told", default_value = "the school")]
    pub by: String,
    /// They were not told, and why not
    #[arg(long, value_name = "WHY")]
    pub not_told: Option<String>,
}

fn kind_names() -> Vec<&'static str> {
    IncidentKind::ALL.iter().map(|k| k.name()).collect()
}
fn part_names() -> Vec<&'static str> {
    Part::ALL.iter().map(|p| p.name()).collect()
}
fn referral_names() -> Vec<&'static str> {
    Referral::ALL.iter().map(|r| r.name()).collect()
}
fn dismissal_names() -> Vec<&'static str> {
    Dismissal::ALL.iter().map(|d| d.name()).collect()
}

/// A word that clap has checked.
fn word<T: Copy>(all: &[T], name: fn(T) -> &'static str, text: &str) -> Result<T, Mistake> {
    let found = all.iter().copied().find(|value| name(*value) == text);
    found.ok_or_else(|| Mistake(format!("`{text}` is none of the words that can stand here")))
}
pub(super) fn kind(text: &str) -> Result<IncidentKind, Mistake> {
    word(IncidentKind::ALL, IncidentKind::name, text)
}
pub(super) fn part(text: &str) -> Result<Part, Mistake> {
    word(Part::ALL, Part::name, text)
}
pub(super) fn referral(text: &str) -> Result<Referral, Mistake> {
    word(Referral::ALL, Referral::name, text)
}
pub(super) fn dismissal(text: &str) -> Result<Dismissal, Mistake> {
    word(Dismissal::ALL, Dismissal::name, text)
}
