//! How the demonstration tells its story: what is open, what people decided, where everything
//! lies, how it ended.

use super::{
    LetGo, Played,
    check::Kept,
    doors::Doors,
    folder::Folder,
    look::Row,
    mail,
    sink::Sink,
    style::{Style, WIDTH},
};
use crate::{
    cli::render::{printable, wrapped},
    config::{Config, Listen},
    mail::Mode,
    ruleset::RuleSet,
    verdict::Disposition,
};
use std::{
    collections::HashMap,
    fs,
    io::{self, Write},
    path::Path,
    sync::Arc,
};

/// Every policy rule's reason by its id.
pub(super) struct Reasons(HashMap<Arc<str>, Arc<str>>);

impl Reasons {
    pub(super) fn new(rules: &RuleSet) -> Self {
        Self(rules.policy.iter().map(|rule| (rule.id.clone(), rule.reason.clone())).collect())
    }

    /// Why a message met its fate, each reason once.
    pub(super) fn of<'a>(&'a self, row: &'a Row) -> Vec<&'a str> {
        let mut why: Vec<&str> = Vec::new();
        for policy in row.groups.iter().flat_map(|group| &group.policies) {
            let reason = self.0.get(policy.as_str()).map_or(policy.as_str(), |reason| reason);
            if !why.contains(&reason) {
                why.push(reason);
            }
        }
        why
    }
}

pub(super) fn title(style: Style) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", style.bold("Gatehouse, shown on two invented schools"))?;
    writeln!(out)?;
    writeln!(out, "  Making keys and compiling the rules' patterns; the first time this takes some seconds.")
}

pub(super) fn opening(config: &Config, doors: &Doors, people: usize, mails: usize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let milter = match &doors.milter {
        Listen::Tcp(address) => address.to_string(),
        Listen::Unix(path, _) => path.display().to_string(),
    };
    for school in &config.schools {
        let mode = match school.mode {
            Mode::Enforce => "enforces: what its rules say is done",
            Mode::Observe => "observes: verdicts are written down, nothing is changed, nobody is told",
        };
        writeln!(out, "  {} {mode}.", school.name)?;
    }
    writeln!(out, "  {people} people come from a OneRoster export, {mails} messages from corpus/.")?;
    writeln!(
        out,
        "  Relay on {}, milter on {milter}, everybody's mailboxes on {}.",
        doors.relay, doors.mailboxes
    )?;
    writeln!(out)
}

pub(super) fn decisions(style: Style, let_go: &[LetGo], folder: &Folder) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", style.bold("Decided by people"))?;
    for one in let_go {
        let what = format!("{} {} (message {})", one.item.kind.name(), one.item.id, one.number);
        for line in wrapped(&format!("{what}: {}.", one.how), WIDTH - 4, "  ") {
            writeln!(out, "  {line}")?;
        }
        for delivered in &one.arrived {
            let subject = fs::read(&delivered.file).ok().and_then(|raw| mail::field(&raw, "subject"));
            let file = shown(&delivered.file, folder);
            writeln!(out, "    arrived: {file}")?;
            writeln!(out, "    Subject: {}", printable(&subject.unwrap_or_default()))?;
        }
    }
    writeln!(out)
}

/// `me`: the key of whoever is to give the commands, once somebody is registered.
pub(super) fn whereabouts(
    style: Style,
    folder: &Folder,
    (kept, sink): (&Kept, &Sink),
    me: Option<&Path>,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let gatehouse = std::env::args().next().unwrap_or_else(|| "gatehouse".to_owned());
    let me = me.map_or_else(String::new, |key| format!(" --me {}", key.display()));
    let config = format!("--config {}{me}", folder.config().display());
    let mut place = |what: String, hows: &[String]| {
        writeln!(out, "  {what}")?;
        hows.iter().try_for_each(|how| writeln!(out, "      {how}"))
    };
    writeln!(io::stdout(), "{}", style.bold("Where everything lies"))?;
    let first = kept
        .quarantined
        .iter()
        .find(|i| i.state.name() == "open")
        .map_or("NUMBER".into(), |i| i.id.to_string());
    place(
        "all messages one by one, with the way they came and every reason".to_owned(),
        &[folder.messages_path().display().to_string()],
    )?;
    place(
        format!("{} quarantined, encrypted; the list shows no content", kept.quarantined.len()),
        &[
            format!("{gatehouse} quarantine list {config}"),
            format!("{gatehouse} quarantine show {first} --purpose facts {config}"),
        ],
    )?;
    place(
        format!("{} held for their senders, encrypted", kept.holds.len()),
        &[format!("{gatehouse} hold list {config}")],
    )?;
    let record = kept.records.first().map_or("ID".to_owned(), |r| r.id.to_string());
    place(
        format!("{} copies of mail with parents, which only the custodian's key opens", kept.records.len()),
        &[
            format!("{gatehouse} records search --purpose facts {config}"),
            format!(
                "{gatehouse} records export {record} --custodian {} \\",
                folder.custodian_key().display()
            ),
            format!("    --purpose facts {config}"),
        ],
    )?;
    let ledger = match &kept.ledger {
        Ok(report) => format!("{} rows in the ledger, each in its place", report.rows),
        Err(fault) => format!("THE LEDGER IS NOT WHAT IT WAS: {fault}"),
    };
    place(ledger, &[format!("{gatehouse} ledger verify {config}")])?;
    place(
        format!("{} copies as delivered, byte for byte", sink.delivered().len()),
        &[folder.delivered().display().to_string()],
    )?;
    place(
        format!("{} notices that the gate wrote", sink.notices().len()),
        &[folder.notices().display().to_string()],
    )?;
    place(
        "the thief's view: store and vault without the key, which lies beside it in keys/".to_owned(),
        &[folder.root().join("data").display().to_string()],
    )?;
    writeln!(io::stdout())
}

pub(super) fn ending(style: Style, played: &Played, faults: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let count = |wanted| played.rows.iter().filter(|row| row.done() == wanted).count();
    writeln!(
        out,
        "{} messages in {:.1} s: {} delivered, {} held, {} quarantined, {} refused.",
        played.rows.len(),
        played.took.as_secs_f64(),
        count(Disposition::Deliver),
        count(Disposition::Hold),
        count(Disposition::Quarantine),
        count(Disposition::Refuse),
    )?;
    if faults.is_empty() {
        return writeln!(
            out,
            "Every message met its fate as the corpus expects, and every copy is accounted for."
        );
    }
    writeln!(out, "{}", style.paint("1;31", &format!("NOT AS EXPECTED: {}", faults.len())))?;
    faults.iter().try_for_each(|fault| writeln!(out, "  {}", printable(fault)))
}

fn shown(path: &Path, folder: &Folder) -> String {
    let inside = path.strip_prefix(folder.root()).map(|inside| folder.root().join(inside));
    inside.unwrap_or_else(|_| path.to_owned()).display().to_string()
}
