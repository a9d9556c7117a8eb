//! `gatehouse users` as typed.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// Register a person with a key of their own; it gives no office by itself
    ///
    /// Who says --new gets the key in a file under a passphrase, which belongs to that person alone:
    /// the gate keeps the public half. Who has an age key already says --key. Who uses the web pages alone needs
    /// neither. Where there is a console, a link is printed that lets the person in once: hand it over in person.
    Add(AddUser),
    /// A new one-time link to the web pages, for whoever lost the way in; former links end
    Link(UserLink),
    /// Everyone who is registered, with the offices in force
    List,
    /// Who you are, or one user
    Show {
        #[arg(value_name = "USER")]
        id: Option<String>,
    },
    /// Give an office, or ask for it where another has to approve
    ///
    /// The first head or data protection officer of a school needs no approval when [school.officers]
    /// names the person's address for that office: nobody is there yet who could give it. The ledger
    /// says so.
    Grant(GrantOffice),
    /// Say yes to an office that another has asked for
    Approve(Decide),
    /// End an office, or take a request back
    Revoke(Decide),
}

#[derive(Debug, Args)]
pub struct AddUser {
    /// The person's id in the directory, or a school address of theirs
    #[arg(long, value_name = "PERSON", conflicts_with = "address", required_unless_present = "address")]
    pub(super) person: Option<String>,
    /// The address of somebody whom no directory knows, for example a chair of governors
    #[arg(long, value_name = "ADDRESS")]
    pub(super) address: Option<String>,
    /// Make a key in this new file, under a passphrase that is asked
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub(super) new: Option<PathBuf>,
    /// The public half of a key that the person has already (age1...)
    #[arg(long, value_name = "PUBLIC")]
    pub(super) key: Option<String>,
}

#[derive(Debug, Args)]
pub struct UserLink {
    #[arg(value_name = "USER")]
    pub(super) id: String,
}

#[derive(Debug, Args)]
pub struct GrantOffice {
    #[arg(value_name = "USER")]
    pub(super) user: String,
    #[arg(long, value_parser = ["staff", "lead", "deputy", "head", "chair", "data-protection", "admin", "governor", "guest"])]
    pub(super) office: String,
    #[arg(long, value_name = "SCHOOL", conflicts_with = "trust", required_unless_present = "trust")]
    pub(super) school: Option<String>,
    /// At the trust; that is no office at any school
    #[arg(long)]
    pub(super) trust: bool,
    /// Its first day or moment; now when missing
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<String>,
    /// Its last day (2026-12-18), or the moment at which it ends (2026-12-18T16:00:00Z)
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,
    /// Why; encrypted, for those who review it
    #[arg(long)]
    pub(super) reason: String,
}

#[derive(Debug, Args)]
pub struct Decide {
    #[arg(value_name = "GRANT")]
    pub(super) id: String,
    /// Why; kept with the ledger
    #[arg(long)]
    pub(super) reason: String,
}
