//! `gatehouse incident`: what is proposed, opened and followed up. Reading one needs a
//! purpose, which the ledger keeps before anything is shown.

use super::{
    Answer, Mistake,
    args::{Cli, Format},
    context, desk, render,
};
use crate::{
    app,
    authority::{Act, Thing},
    mail::{Address, SchoolId},
    parties::{Directory, PersonId},
    storage::{
        Dismissal, Entry, Incident, IncidentFilter, IncidentId, IncidentKind, IncidentState, IncidentSummary,
        Link, NewIncident, Part, Referral, Store, Who,
    },
};
use chrono::{NaiveDate, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

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
        /// Why you look; kept with the ledger
        #[arg(long)]
        purpose: String,
    },
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
    /// Give it to somebody else, read or unread
    HandOver {
        id: String,
        /// The office: deputy, head, chair, designated officer
        #[arg(long, value_name = "OFFICE")]
        to: String,
        #[arg(long)]
        reason: String,
    },
    /// A person's incidents, without those that were dismissed
    History {
        #[arg(value_name = "PERSON")]
        person: String,
    },
    /// Print the message that a report came with, unaltered; the look is written into the ledger
    Original {
        id: String,
        #[arg(long)]
        purpose: String,
    },
    /// Write it for the school's child-protection system: JSON, or the timeline as CSV
    Export {
        id: String,
        /// Where to; it must not be there yet. Ending in .csv it gets the timeline alone
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[arg(long)]
        purpose: String,
    },
}

#[derive(Debug, Args)]
pub struct Why {
    id: String,
    /// Why; encrypted in its timeline
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub struct OpenArgs {
    #[arg(long, value_name = "SCHOOL")]
    school: String,
    /// Whose log: the lead's (concern), the head's alone (low-level, allegation), misuse
    #[arg(long, default_value = "concern", value_parser = kind_names())]
    kind: String,
    /// A few words; encrypted
    #[arg(long)]
    title: String,
    #[arg(long)]
    reason: String,
    /// Somebody affected; may be given several times
    #[arg(long, value_name = "PERSON")]
    affected: Vec<String>,
    /// Somebody who is said to have done it; may be given several times
    #[arg(long, value_name = "PERSON")]
    accused: Vec<String>,
    /// A held or quarantined message; may be given several times
    #[arg(long, value_name = "NUMBER")]
    item: Vec<String>,
}

#[derive(Debug, Args)]
pub struct LinkArgs {
    id: String,
    #[command(flatten)]
    to: LinkTo,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct LinkTo {
    #[arg(long, value_name = "NUMBER")]
    item: Option<String>,
    #[arg(long, value_name = "NUMBER")]
    record: Option<String>,
    /// A transaction of the message log
    #[arg(long, value_name = "ID")]
    message: Option<String>,
    #[arg(long, value_name = "NUMBER")]
    incident: Option<String>,
}

#[derive(Debug, Args)]
pub struct ParentsArgs {
    id: String,
    /// They were told on this day
    #[arg(long, value_name = "DAY", conflicts_with = "not_told", required_unless_present = "not_told")]
    told: Option<String>,
    /// By whom
    #[arg(long, requires = "told", default_value = "the school")]
    by: String,
    /// They were not told, and why not
    #[arg(long, value_name = "WHY")]
    not_told: Option<String>,
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

pub(super) fn run(cli: &Cli, command: &IncidentCommand) -> Answer {
    use IncidentCommand as C;
    let act = if matches!(command, C::Open(_)) { Act::Open } else { Act::List };
    desk::require(cli, act, Thing::Incident)?;
    match command {
        C::List { school, all, with } => list(cli, school.as_deref(), *all, with.as_deref()),
        C::Show { id, purpose } => show(cli, id, purpose),
        C::Accept(why) => write_entry(cli, &why.id, Entry::Opened { why: why.reason.clone() }),
        C::Open(open) => open_new(cli, open),
        C::Note { id, text, action: false } => write_entry(cli, id, Entry::Note { text: text.clone() }),
        C::Note { id, text, action: true } => write_entry(cli, id, Entry::Action { text: text.clone() }),
        C::Link(link) => link_to(cli, link),
        C::Person { id, person, part } => name_person(cli, id, person, part),
        C::Refer { id, to, on, reference } => {
            let to = word(Referral::ALL, Referral::name, to)?;
            let on = on.as_deref().map(day).transpose()?.unwrap_or_else(|| Utc::now().date_naive());
            write_entry(cli, id, Entry::Referred { to, on, reference: reference.clone() })
        }
        C::Parents(parents) => {
            let entry = match (&parents.told, &parents.not_told) {
                (Some(told), _) => Entry::ParentsTold { on: day(told)?, by: parents.by.clone() },
                (None, why) => Entry::ParentsNotTold { why: why.clone().unwrap_or_default() },
            };
            write_entry(cli, &parents.id, entry)
        }
        C::Close { id, outcome } => write_entry(cli, id, Entry::Closed { outcome: outcome.clone() }),
        C::Dismiss { id, because, text } => {
            let why = word(Dismissal::ALL, Dismissal::name, because)?;
            write_entry(cli, id, Entry::Dismissed { why, text: text.clone() })
        }
        C::Reopen(why) => write_entry(cli, &why.id, Entry::Reopened { why: why.reason.clone() }),
        C::HandOver { id, to, reason } => {
            write_entry(cli, id, Entry::HandedOver { to: to.clone(), why: reason.clone() })
        }
        C::History { person } => history(cli, person),
        C::Original { id, purpose } => original(cli, id, purpose),
        C::Export { id, out, purpose } => export(cli, id, out, purpose),
    }
}

fn parse(id: &str) -> Result<IncidentId, Mistake> {
    id.parse().map_err(|()| Mistake(format!("`{id}` is no incident's number; `list` shows them")))
}

fn day(text: &str) -> Result<NaiveDate, Mistake> {
    text.parse().map_err(|_| Mistake(format!("`{text}` is no day; write it as 2026-11-25")))
}

/// A person of the directory where there is one, else any address.
fn who(text: &str, directory: &Directory) -> Result<Who, Mistake> {
    if let Some(person) = directory.person(&PersonId(text.into())) {
        return Ok(Who::Person(person.id().clone()));
    }
    let nobody = || Mistake("that is neither an id of the directory nor a mail address".into());
    let address = Address::parse(text).ok_or_else(nobody)?;
    let holder = directory.lookup(&address).and_then(crate::parties::Known::only_holder);
    Ok(holder.map_or(Who::Address(address), |h| Who::Person(h.person.id().clone())))
}

fn row(summary: &IncidentSummary) -> Value {
    json!({
        "id": summary.id.as_str(),
        "school": summary.school.to_string(),
        "kind": summary.kind.name(),
        "state": summary.state.name(),
        "origin": summary.origin.name(),
        "category": summary.category.map(|c| c.name()),
        "made_at": render::time(summary.made_at),
        "ended_at": summary.ended_at.map(render::time),
        "messages": summary.messages,
    })
}

fn print(cli: &Cli, found: &[IncidentSummary]) -> Answer {
    let rows: Vec<Value> = found.iter().map(row).collect();
    let columns = render::columns(&[
        ("id", "Number"),
        ("state", "State"),
        ("kind", "Kind"),
        ("school", "School"),
        ("origin", "From"),
        ("category", "Category"),
        ("made_at", "Since"),
        ("messages", "Messages"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "There is none.")?;
    Ok(ExitCode::SUCCESS)
}

fn list(cli: &Cli, school: Option<&str>, all: bool, with: Option<&str>) -> Answer {
    let config = context::config(cli)?;
    let with = match with {
        Some(text) => Some(who(text, &app::directory(&config)?)?),
        None => None,
    };
    let states = if all { IncidentState::ALL.to_vec() } else { Vec::new() };
    let filter = IncidentFilter {
        school: school.map(|s| SchoolId(s.into())),
        states,
        with,
        ..IncidentFilter::default()
    };
    let found = context::block_on(async { Ok(context::store(&config).await?.incidents(&filter).await?) })?;
    print(cli, &found)
}

fn history(cli: &Cli, person: &str) -> Answer {
    let config = context::config(cli)?;
    let who = who(person, &app::directory(&config)?)?;
    let found =
        context::block_on(async { Ok(context::store(&config).await?.incident_history(&who).await?) })?;
    print(cli, &found)
}

fn write_entry(cli: &Cli, id: &str, entry: Entry) -> Answer {
    let id = parse(id)?;
    act(cli, async |store| Ok(store.incident_write(&id, entry, &context::actor()).await?))
}

fn act(cli: &Cli, work: impl AsyncFnOnce(&Store) -> Result<(), Mistake>) -> Answer {
    let config = context::config(cli)?;
    context::block_on(async { work(&context::store(&config).await?).await })?;
    writeln!(io::stderr(), "Written.")?;
    Ok(ExitCode::SUCCESS)
}

fn open_new(cli: &Cli, open: &OpenArgs) -> Answer {
    let config = context::config(cli)?;
    let school = config.schools.iter().find(|s| s.id.0.as_ref() == open.school);
    let school = school
        .ok_or_else(|| Mistake(format!("`{}` is none of the schools in the configuration", open.school)))?;
    let directory = app::directory(&config)?;
    let named = |texts: &[String], part: Part| -> Result<Vec<(Who, Part)>, Mistake> {
        texts.iter().map(|t| Ok((who(t, &directory)?, part))).collect()
    };
    let mut people = named(&open.affected, Part::Affected)?;
    people.extend(named(&open.accused, Part::Accused)?);
    let item = |text: &String| {
        let id = text.parse().map_err(|()| Mistake(format!("`{text}` is no item's number")))?;
        Ok::<_, Mistake>(Link::Item(id))
    };
    let new = NewIncident {
        school: school.id.clone(),
        kind: word(IncidentKind::ALL, IncidentKind::name, &open.kind)?,
        title: open.title.clone(),
        people,
        links: open.item.iter().map(item).collect::<Result<_, _>>()?,
        why: open.reason.clone(),
    };
    let id = context::block_on(async {
        Ok(context::store(&config).await?.incident_open(new, &context::actor()).await?)
    })?;
    writeln!(io::stdout(), "{id}")?;
    Ok(ExitCode::SUCCESS)
}

fn link_to(cli: &Cli, args: &LinkArgs) -> Answer {
    let id = parse(&args.id)?;
    let no = |text: &str| Mistake(format!("`{text}` is no number of one"));
    let to = &args.to;
    let link = if let Some(text) = &to.item {
        Link::Item(text.parse().map_err(|()| no(text))?)
    } else if let Some(text) = &to.record {
        Link::Record(text.parse().map_err(|()| no(text))?)
    } else if let Some(text) = &to.message {
        Link::Message(text.parse().map_err(|_| no(text))?)
    } else {
        Link::Incident(parse(to.incident.as_deref().unwrap_or_default())?)
    };
    act(cli, async |store| Ok(store.incident_link(&id, link, &context::actor()).await?))
}

fn name_person(cli: &Cli, id: &str, person: &str, part: &str) -> Answer {
    let id = parse(id)?;
    let part = word(Part::ALL, Part::name, part)?;
    let who = who(person, &app::directory(&context::config(cli)?)?)?;
    act(cli, async |store| Ok(store.incident_name(&id, who, part, &context::actor()).await?))
}

fn read(cli: &Cli, id: &str, purpose: &str) -> Result<Incident, Mistake> {
    let id = parse(id)?;
    let config = context::config(cli)?;
    context::block_on(async {
        Ok(context::store(&config).await?.incident(&id, &context::actor(), purpose).await?)
    })
}

fn as_json(incident: &Incident) -> Value {
    let mut out = row(&incident.summary);
    out["title"] = json!(incident.title);
    let person = |who: &Who| match who {
        Who::Person(id) => json!({"person": id.0}),
        Who::Address(address) => json!({"address": address.as_str()}),
    };
    let with_part = |p: &crate::storage::IncidentPerson| {
        let mut value = person(&p.who);
        value["part"] = json!(p.part.name());
        value
    };
    out["people"] = incident.people.iter().map(with_part).collect();
    let link = |l: &crate::storage::IncidentLink| {
        json!({"kind": l.kind, "target": l.target, "at": render::time(l.at), "sender": proof(l.sender_proved),
               "message_kept": l.has_bytes})
    };
    out["links"] = incident.links.iter().map(link).collect();
    let line = |e: &crate::storage::IncidentEntry| {
        let mut value = json!(e.entry);
        value["at"] = json!(render::time(e.at));
        value["by"] = json!(e.by);
        value
    };
    out["timeline"] = incident.entries.iter().map(line).collect();
    out
}

/// practice.md, A8: "from X's account" is not "X wrote".
fn proof(proved: Option<bool>) -> &'static str {
    match proved {
        Some(true) => "the account signed in",
        Some(false) => "not proved: anyone could have written that name",
        None => "not known any more",
    }
}

fn show(cli: &Cli, id: &str, purpose: &str) -> Answer {
    let incident = read(cli, id, purpose)?;
    let mut out = io::stdout().lock();
    let value = as_json(&incident);
    if cli.format == Format::Jsonl {
        writeln!(out, "{value}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let plain = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let summary = &incident.summary;
    writeln!(out, "{} {}, {}", summary.id, plain(&incident.title), summary.state.name())?;
    writeln!(
        out,
        "{} of {}, since {}\n",
        summary.kind.name(),
        summary.school,
        render::time(summary.made_at)
    )?;
    for person in &incident.people {
        let who = match &person.who {
            Who::Person(id) => id.0.to_string(),
            Who::Address(address) => address.as_str().to_owned(),
        };
        writeln!(out, "  {:10} {}", person.part.name(), plain(&who))?;
    }
    for link in &incident.links {
        writeln!(out, "  {:10} {} ({})", link.kind, link.target, proof(link.sender_proved))?;
    }
    writeln!(out)?;
    for line in value["timeline"].as_array().into_iter().flatten() {
        let word = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        writeln!(out, "  {} {:16} {} (by {})", word("at"), word("kind"), texts(line).join(", "), word("by"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn original(cli: &Cli, id: &str, purpose: &str) -> Answer {
    let id = parse(id)?;
    let config = context::config(cli)?;
    let bytes = context::block_on(async {
        Ok(context::store(&config).await?.incident_bytes(&id, &context::actor(), purpose).await?)
    })?;
    io::stdout().write_all(&bytes)?;
    Ok(ExitCode::SUCCESS)
}

fn export(cli: &Cli, id: &str, out: &Path, purpose: &str) -> Answer {
    let file = || fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(out);
    let mut file = file().map_err(|e| Mistake(format!("{}: {e}", out.display())))?;
    let incident = read(cli, id, purpose)?;
    let value = as_json(&incident);
    let text = match out.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
        true => timeline_csv(&value)?,
        false => serde_json::to_string_pretty(&value)? + "\n",
    };
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let exported = Entry::Exported { why: purpose.to_owned() };
    write_entry(cli, id, exported)
}

/// One line for each line of the timeline. A cell never begins like a formula.
fn timeline_csv(incident: &Value) -> Result<String, Mistake> {
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    out.write_record(["incident", "at", "by", "kind", "text"])?;
    for line in incident["timeline"].as_array().into_iter().flatten() {
        let word = |name: &str| line[name].as_str().unwrap_or_default();
        let texts = texts(line).join("; ");
        let guard = if texts.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
        let id = incident["id"].as_str().unwrap_or_default();
        out.write_record([id, word("at"), word("by"), word("kind"), &format!("{guard}{texts}")])?;
    }
    let bytes = out.into_inner().map_err(|e| Mistake(e.to_string()))?;
    Ok(String::from_utf8(bytes)?)
}

/// What a line of the timeline says beside when, who and what kind.
fn texts(line: &Value) -> Vec<String> {
    let fields = line.as_object().into_iter().flatten();
    let said = fields.filter(|(name, _)| !matches!(name.as_str(), "at" | "by" | "kind"));
    let plain = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    said.filter_map(|(_, value)| value.as_str()).map(plain).collect()
}
