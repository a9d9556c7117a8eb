//! `gatehouse exception` and `gatehouse suspend`: what an officer orders for a time. One
//! person asks, another approves; both end by themselves.

use super::{Answer, Mistake, args::Cli, context, desk, render};
use crate::{
    app,
    authority::{Act, Thing},
    config::Config,
    mail::{Address, Covers, Mode, Period},
    parties::{Directory, PersonId},
    policy::may_be_excepted,
    ruleset::{Category, RuleSet},
    storage::{Approval, KeptMeasure, Measure, MeasureId, MeasureKind, MeasureState, NewMeasure, Store},
};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    process::ExitCode,
    sync::Arc,
};

#[derive(Debug, Subcommand)]
pub enum ExceptionCommand {
    /// Ask that rules find nothing in what a person or a class writes, for a time
    ///
    /// It has effect when another officer has approved it, and only for senders who are proved.
    /// What protects a child in danger (self-harm, threats, grooming, meetings) and what stops
    /// malware and illegal images cannot be excepted.
    Ask(AskException),
    #[command(flatten)]
    Life(LifeCommand),
}

#[derive(Debug, Subcommand)]
pub enum SuspendCommand {
    /// Ask that a person may send nothing for a time, but to leads, helplines and agencies
    ///
    /// It has effect when another officer has approved it.
    Ask(AskSuspension),
    #[command(flatten)]
    Life(LifeCommand),
}

#[derive(Debug, Args)]
pub struct AskException {
    #[arg(long, value_name = "SCHOOL")]
    school: String,
    /// The person whose mail it is about: a school address, or the id in the directory
    #[arg(long, value_name = "PERSON", conflicts_with = "class", required_unless_present = "class")]
    person: Option<String>,
    /// Everyone in this class of the directory
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    /// A rule, a category or a family, as `rules list` names them; may be given several times
    #[arg(long = "rule", value_name = "NAME", required = true)]
    rules: Vec<String>,
    #[command(flatten)]
    time: Time,
}

#[derive(Debug, Args)]
pub struct AskSuspension {
    #[arg(long, value_name = "SCHOOL")]
    school: String,
    /// A school address, or the id in the directory
    #[arg(long, value_name = "PERSON")]
    person: String,
    #[command(flatten)]
    time: Time,
}

#[derive(Debug, Args)]
struct Time {
    /// Its last day (2026-12-18), or the moment at which it ends (2026-12-18T16:00:00Z)
    #[arg(long, value_name = "TIME")]
    until: String,
    /// Its first day or moment; now when missing
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Why; encrypted, for those who review it
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Subcommand)]
pub enum LifeCommand {
    /// Say yes to what another officer has asked for
    Approve(Decide),
    /// Say no
    Refuse(Decide),
    /// End it before its time, or take a request back
    End(Decide),
    /// All of them, newest first
    List,
    /// One, with its reason and who did what
    Show { id: String },
}

#[derive(Debug, Args)]
pub struct Decide {
    id: String,
    /// Why; kept with the ledger
    #[arg(long)]
    reason: String,
}

pub(super) fn exception(cli: &Cli, command: &ExceptionCommand) -> Answer {
    match command {
        ExceptionCommand::Ask(ask) => {
            let config = context::config(cli)?;
            let directory = app::directory(&config)?;
            let covers = match (&ask.person, &ask.class) {
                (Some(person), _) => Covers::Person(person_of(person, &directory)?.0),
                (None, class) => Covers::Class(class_of(class.as_deref().unwrap_or_default(), &directory)?),
            };
            let known = app::rules(&config.rulesets)?;
            let rules = ask.rules.iter().map(|name| excepted(name, &known)).collect::<Result<_, _>>()?;
            may_ask(cli, Thing::Exception, &ask.school)?;
            put(&config, &ask.school, Measure::Exception { covers, rules }, &ask.time)
        }
        ExceptionCommand::Life(command) => life(cli, MeasureKind::Exception, command),
    }
}

pub(super) fn suspend(cli: &Cli, command: &SuspendCommand) -> Answer {
    match command {
        SuspendCommand::Ask(ask) => {
            let config = context::config(cli)?;
            let person = person_of(&ask.person, &app::directory(&config)?)?.0;
            may_ask(cli, Thing::Suspension, &ask.school)?;
            put(&config, &ask.school, Measure::Suspension { person }, &ask.time)
        }
        SuspendCommand::Life(command) => life(cli, MeasureKind::Suspension, command),
    }
}

fn put(config: &Config, school: &str, measure: Measure, at: &Time) -> Answer {
    let school = config
        .schools
        .iter()
        .find(|s| s.id.0.as_ref() == school)
        .ok_or_else(|| Mistake(format!("`{school}` is none of the schools in the configuration")))?;
    let now = Utc::now();
    let from = at.from.as_deref().map(|text| moment(text, Edge::First)).transpose()?.unwrap_or(now);
    let period = Period { from, until: moment(&at.until, Edge::Last)? };
    let new = NewMeasure { school: school.id.clone(), measure, period, reason: at.reason.clone() };
    let id = context::block_on(async {
        let store = context::store(config).await?;
        Ok(store.measure_ask(new, &context::actor()).await?)
    })?;
    writeln!(io::stdout(), "{id}")?;
    writeln!(io::stderr(), "Asked for. It has effect when another officer has approved {id}.")?;
    if school.mode == Mode::Observe {
        writeln!(io::stderr(), "{} only observes: nothing is stopped there now.", school.name)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn life(cli: &Cli, kind: MeasureKind, command: &LifeCommand) -> Answer {
    let config = context::config(cli)?;
    match command {
        LifeCommand::List => list(cli, &config, kind),
        LifeCommand::Show { id } => show(cli, &config, kind, id),
        LifeCommand::Approve(decide) => decided(cli, &config, kind, decide, Some(Approval::Yes)),
        LifeCommand::Refuse(decide) => decided(cli, &config, kind, decide, Some(Approval::No)),
        LifeCommand::End(decide) => decided(cli, &config, kind, decide, None),
    }
}

fn thing(kind: MeasureKind) -> Thing {
    match kind {
        MeasureKind::Exception => Thing::Exception,
        MeasureKind::Suspension => Thing::Suspension,
    }
}

/// Asking is the first of two words; the store sees to it that another says the second.
fn may_ask(cli: &Cli, thing: Thing, school: &str) -> Result<(), Mistake> {
    let schools = desk::require(cli, Act::Grant, thing)?;
    let is_known = context::config(cli)?.schools.iter().any(|s| &*s.id.0 == school);
    match is_known && !schools.iter().any(|s| &*s.0 == school) {
        false => Ok(()),
        true => Err(Mistake::refused(format!("You hold no office at `{school}` that may ask for this."))),
    }
}

/// `None` ends it.
fn decided(
    cli: &Cli,
    config: &Config,
    kind: MeasureKind,
    decide: &Decide,
    approval: Option<Approval>,
) -> Answer {
    let id = parse(&decide.id)?;
    let act = if approval.is_some() { Act::Approve } else { Act::Revoke };
    let schools = desk::require(cli, act, thing(kind))?;
    context::block_on(async {
        let store = context::store(config).await?;
        let kept = of_kind(&store, kind, &id).await?;
        if !schools.contains(&kept.school) {
            return Err(Mistake(format!("Your office is at another school than {id}'s.")));
        }
        let (actor, reason) = (context::actor(), &decide.reason);
        match approval {
            Some(approval) => store.measure_decide(&id, approval, &actor, reason).await?,
            None => store.measure_end(&id, &actor, reason).await?,
        }
        Ok(())
    })?;
    let said = match approval {
        Some(Approval::Yes) => "Approved. A running gate holds to it within half a minute.",
        Some(Approval::No) => "Refused. It never has effect.",
        None => "Ended. A running gate forgets it within half a minute.",
    };
    writeln!(io::stderr(), "{said}")?;
    Ok(ExitCode::SUCCESS)
}

async fn of_kind(store: &Store, kind: MeasureKind, id: &MeasureId) -> Result<KeptMeasure, Mistake> {
    let kept = store.measure(id).await?;
    match kept.measure.kind() {
        found if found == kind => Ok(kept),
        found => Err(Mistake(format!("{id} is no {}, it is a {}", kind.name(), found.name()))),
    }
}

fn list(cli: &Cli, config: &Config, kind: MeasureKind) -> Answer {
    let kept = context::block_on(async { Ok(context::store(config).await?.measures(kind).await?) })?;
    let now = Utc::now();
    let rows: Vec<Value> = kept.iter().map(|m| row(m, now)).collect();
    let columns = render::columns(&[
        ("id", "Number"),
        ("state", "State"),
        ("school", "School"),
        ("covers", "For"),
        ("rules", "Rules"),
        ("from", "From"),
        ("until", "Until"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "There is none.")?;
    Ok(ExitCode::SUCCESS)
}

fn show(cli: &Cli, config: &Config, kind: MeasureKind, id: &str) -> Answer {
    let id = parse(id)?;
    let kept = context::block_on(async { of_kind(&context::store(config).await?, kind, &id).await })?;
    let mut row = row(&kept, Utc::now());
    row["reason"] = json!(kept.reason);
    for (name, act) in
        [("asked", Some(&kept.asked)), ("decided", kept.decided.as_ref()), ("ended", kept.ended.as_ref())]
    {
        row[name] = act.map_or(Value::Null, |a| json!({"by": a.by, "at": render::time(a.at)}));
    }
    let mut out = io::stdout().lock();
    match cli.format {
        super::args::Format::Jsonl => writeln!(out, "{row}")?,
        super::args::Format::Table => {
            for (name, value) in row.as_object().into_iter().flatten() {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                writeln!(out, "{name:9} {text}")?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn row(kept: &KeptMeasure, now: DateTime<Utc>) -> Value {
    let (covers, rules) = match &kept.measure {
        Measure::Exception { covers: Covers::Person(id), rules } => (id.to_string(), rules.clone()),
        Measure::Exception { covers: Covers::Class(name), rules } => (format!("class {name}"), rules.clone()),
        Measure::Suspension { person } => (person.to_string(), Vec::new()),
    };
    json!({
        "id": kept.id.as_str(),
        "kind": kept.measure.kind().name(),
        "state": standing(kept, now),
        "school": kept.school.to_string(),
        "covers": covers,
        "rules": rules,
        "from": render::time(kept.period.from),
        "until": render::time(kept.period.until),
    })
}

/// What a reader wants to know: does it hold now?
fn standing(kept: &KeptMeasure, now: DateTime<Utc>) -> &'static str {
    match kept.state {
        MeasureState::Approved if kept.period.holds_at(now) => "in force",
        MeasureState::Approved if now < kept.period.from => "approved, not begun",
        MeasureState::Approved => "over",
        MeasureState::Asked if kept.period.until <= now => "over, never approved",
        MeasureState::Asked => "waits for approval",
        state => state.name(),
    }
}

fn parse(id: &str) -> Result<MeasureId, Mistake> {
    id.parse().map_err(|()| Mistake(format!("`{id}` is no number of one; `list` shows them")))
}

fn person_of(text: &str, directory: &Directory) -> Result<PersonId, Mistake> {
    let by_id = || directory.person(&PersonId(text.into())).map(|p| p.id().clone());
    let by_address = || {
        let holder = directory.lookup(&Address::parse(text)?)?.only_holder()?;
        Some(holder.person.id().clone())
    };
    by_id().or_else(by_address).ok_or_else(|| {
        Mistake("the directory knows no one person by that; give a school address or the id".into())
    })
}

fn class_of(text: &str, directory: &Directory) -> Result<Arc<str>, Mistake> {
    let known = directory.people().any(|p| p.classes().any(|class| class == text));
    if known { Ok(text.into()) } else { Err(Mistake(format!("the directory has no class `{text}`"))) }
}

/// A name that rules go by, unless nobody may be excepted from it.
fn excepted(name: &str, rules: &RuleSet) -> Result<Arc<str>, Mistake> {
    let categories: Vec<Category> = match name.parse::<Category>() {
        Ok(category) => vec![category],
        Err(()) => Category::ALL.iter().copied().filter(|c| c.family() == name).collect(),
    };
    let detection = rules.detection.iter().find(|r| *r.id == *name).map(|r| r.category);
    let all: Vec<Category> = categories.into_iter().chain(detection).collect();
    let policy = rules.policy.iter().any(|r| *r.id == *name);
    if all.is_empty() && !policy {
        return Err(Mistake(format!("`{name}` is no rule, category or family; see `gatehouse rules list`")));
    }
    if !all.is_empty() && !all.iter().any(|c| may_be_excepted(*c)) {
        return Err(Mistake(format!("nobody can be excepted from `{name}`: it guards against harm")));
    }
    Ok(name.into())
}

/// Which end of a day is meant.
#[derive(Clone, Copy)]
enum Edge {
    First,
    Last,
}

fn moment(text: &str, edge: Edge) -> Result<DateTime<Utc>, Mistake> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    let day: NaiveDate = text
        .parse()
        .map_err(|_| Mistake(format!("`{text}` is no time; write 2026-12-18 or 2026-12-18T16:00:00Z")))?;
    let day = match edge {
        Edge::First => day,
        Edge::Last => day.checked_add_days(Days::new(1)).unwrap_or(day),
    };
    Ok(day.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_day_is_whole_and_a_moment_is_exact() {
        let end = |text| moment(text, Edge::Last).unwrap().to_rfc3339();
        assert_eq!(end("2026-12-18"), "2026-12-19T00:00:00+00:00");
        assert_eq!(end("2026-12-18T16:00:00+01:00"), "2026-12-18T15:00:00+00:00");
        assert_eq!(moment("2026-12-18", Edge::First).unwrap().to_rfc3339(), "2026-12-18T00:00:00+00:00");
        for odd in ["", "18.12.2026", "2026-13-01", "soon"] {
            assert!(moment(odd, Edge::Last).is_err(), "{odd}");
        }
    }

    #[test]
    fn nobody_is_excepted_from_what_guards_a_child() {
        let rules = RuleSet::default();
        assert!(excepted("harm.extremism", &rules).is_ok());
        assert!(excepted("harm", &rules).is_ok());
        for never in
            ["harm.self-harm", "contact.grooming", "file.malware", "file.illegal-image", "no-such-rule"]
        {
            assert!(excepted(never, &rules).is_err(), "{never}");
        }
    }
}
