//! The command line as typed.

use super::{
    breach::BreachCommand,
    held::args::{HoldCommand, QuarantineCommand},
    keys::args::KeysCommand,
    ledger::args::LedgerCommand,
    records::args::RecordsCommand,
    subject_access::SubjectAccessCommand,
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The mail gateway of a school: inspects mail, explains what it found, holds what its
/// sender or the safeguarding lead must decide, and keeps the evidence.
#[derive(Debug, Parser)]
#[command(name = "gatehouse", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    /// The configuration; without it /etc/gatehouse/gatehouse.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How to print.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Who you are: your personal age identity, as `gatehouse users add` registered it; its passphrase
    /// is asked. Without it GATEHOUSE_IDENTITY names the file; without either you are the operator of
    /// the machine, who reads no content
    #[arg(long, global = true, value_name = "FILE")]
    pub me: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Begin here:
  gatehouse demo                                an invented school, its mail, and what happened to it
  gatehouse doctor --config gatehouse.toml      is everything in place? what to do if not
  gatehouse scan --config gatehouse.toml mail/  what would be found in a folder of mail
  gatehouse serve --config gatehouse.toml       run the gate

Exit status:
  0  it is done, or all is well
  1  it was looked at, and something is not as it should be (doctor, verify, scrub, scan --fail-on)
  2  a mistake: in what was typed, in the configuration, or there is no such thing
  3  you may not do this; the text says who may, where that tips nobody off";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// One JSON object per line, for programs.
    Jsonl,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the gate: milter, relay and outbox, until a signal ends it
    Serve,
    /// Let the running gate read configuration, rules, templates and people anew, and say why
    Reload {
        /// Why; kept in the ledger beside each change that it takes up
        #[arg(long, value_name = "REASON")]
        why: String,
    },
    /// Read mail from files and say what would be done with it; changes nothing
    Scan(ScanArgs),
    /// Show the whole gate at work on an invented school
    Demo(DemoArgs),
    /// Check the whole path and say what to do
    Doctor(DoctorArgs),
    /// Check, explain and list the rules
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Say which clause of the schools' policies is enforced by what, in part, or not yet
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Compare what the rules find with what labelled messages expect
    #[command(subcommand)]
    Corpus(CorpusCommand),
    /// Bring in and show the people of the schools
    #[command(subcommand)]
    Directory(DirectoryCommand),
    /// Messages that wait for their sender
    #[command(subcommand)]
    Hold(HoldCommand),
    /// Messages that wait for the safeguarding lead
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Whether each way of the mail passes the gate: a message a day proves it
    #[command(subcommand)]
    Canary(super::canary::CanaryCommand),
    /// What officers are told of, who has it, and who is away
    #[command(subcommand)]
    Alert(super::alert::AlertCommand),
    /// What was found or reported and is followed up: proposed by the gate, opened by a person
    #[command(subcommand)]
    Incident(super::incident::IncidentCommand),
    /// Times in which rules find nothing in what a person or class writes, for research and the like
    #[command(subcommand)]
    Exception(super::measures::ExceptionCommand),
    /// Times in which a person may send no mail
    #[command(subcommand)]
    Suspend(super::measures::SuspendCommand),
    /// Back to observe for a while, for a school or one rule; signatures of the way to enforce
    Observe(super::observe::ObserveArgs),
    /// Copies of mail with parents
    #[command(subcommand)]
    Records(RecordsCommand),
    /// What is held on a person who asks, reviewed before it is given
    #[command(subcommand)]
    SubjectAccess(SubjectAccessCommand),
    /// Personal data that reached somebody it was not for, and the 72 hours
    #[command(subcommand)]
    Breach(BreachCommand),
    /// A month or a term of a school in numbers: for governors, head, data protection officer and leads
    Report(super::report::ReportArgs),
    /// What other rules would have done to the last days' mail: a table of changes
    Replay(super::replay::ReplayArgs),
    /// What the gate sends by itself: released mail and notices
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Care of the store as a whole
    #[command(subcommand)]
    Store(super::store::StoreCommand),
    /// The chained record of all that happened
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Who may look and decide: register people, give, approve and end offices
    #[command(subcommand)]
    Users(super::users::UsersCommand),
    /// Make and show keys
    #[command(subcommand)]
    Keys(KeysCommand),
    /// What the program asks of a process of its own: a key under a passphrase
    #[command(name = "open-identity", hide = true)]
    OpenIdentity { task: String, name: String, from: String },
}

#[derive(Debug, Args)]
pub struct ScanArgs {
    /// .eml files, folders (with all below), mbox files, Maildirs, or - for standard input
    ///
    /// In a folder, hidden files and folders that are no Maildirs, and .json, .jsonl, .csv, .md and
    /// .toml files are passed over, and that is said; any other file is taken for mail. A file that
    /// is named itself is always read.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Envelope sender instead of the one in the file
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<String>,
    /// Envelope recipient instead of those in the file; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    pub to: Vec<String>,
    /// Take the sender as signed in, as if the mail came by submission
    #[arg(long)]
    pub signed_in: bool,
    /// Exit with 1 when any message reaches this disposition
    #[arg(long, value_name = "DISPOSITION", value_parser = ["hold", "quarantine", "refuse"])]
    pub fail_on: Option<String>,
    /// Rule folders instead of the configured ones; may be given several times
    #[arg(long, value_name = "FOLDER")]
    pub rules: Vec<PathBuf>,
    /// Leave out the malware scanner, also where one is configured
    #[arg(long)]
    pub without_scanner: bool,
    /// Threads that assess; the default is one for each core
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where to put the demonstration's files
    #[arg(long, value_name = "FOLDER", default_value = "demo-data")]
    pub folder: PathBuf,
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Also speak to the running listeners up to the end of a message
    #[arg(long)]
    pub probe: bool,
    /// Postfix's configuration folder, when it is not the usual one
    #[arg(long, value_name = "FOLDER")]
    pub postfix: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Read every rule file and run every example
    Check {
        /// Rule folders or files instead of the configured ones
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Say for each rule why it speaks for a message, or why not
    Explain {
        /// A message file, or - for standard input
        #[arg(value_name = "MESSAGE")]
        message: PathBuf,
        #[arg(long, value_name = "ADDRESS")]
        from: Option<String>,
        #[arg(long, value_name = "ADDRESS")]
        to: Vec<String>,
        /// Take the sender as signed in
        #[arg(long)]
        signed_in: bool,
        /// Also the rules that had nothing to do with it
        #[arg(long)]
        all: bool,
    },
    /// List the rules in force
    List,
}

#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Every clause with its status, the rules that do it, and what is missing; for governors
    Coverage {
        /// Only these clauses or sections, for example PD or CT-1; may be given several times
        #[arg(long, value_name = "ID")]
        only: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum CorpusCommand {
    /// Assess every message of a corpus, and say what is not as its manifest expects; exits with 1 then
    Eval {
        /// A folder with a manifest.jsonl, as corpus/README.md explains it
        #[arg(value_name = "FOLDER", default_value = "corpus")]
        folder: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum DirectoryCommand {
    /// Check people from OneRoster 1.1 CSV files or one plain CSV, show what changes, and take them over
    Import {
        /// A folder of OneRoster files, or a plain .csv
        #[arg(value_name = "PATH")]
        path: PathBuf,
        /// Only show what would change
        #[arg(long)]
        dry_run: bool,
        /// Go on although more than a fifth of the people would disappear
        #[arg(long)]
        confirm_removals: bool,
        /// Why; kept in the ledger
        #[arg(long, value_name = "REASON")]
        why: Option<String>,
    },
    /// Counts by school and role; no names
    Show,
}

#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// What is still to be sent, and how often it was tried
    List,
}
