//! `gatehouse exception` and `gatehouse suspend`: what an officer orders for a time. One
//! person asks, another approves; both end by themselves.

mod show;

use super::{Answer, Mistake, args::Cli, context, desk::Desk};
use crate::{
    app,
    desk::measures::{Edge, class_of, excepted, moment, person_of},
    mail::{Covers, Mode, Period},
    storage::{Approval, Measure, MeasureId, MeasureKind, NewMeasure},
};
use chrono::Utc;
use clap::{Args, Subcommand};
use std::{
    io::{self, Write},
    process::ExitCode,
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
            put(cli, &ask.school, Measure::Exception { covers, rules }, &ask.time)
        }
        ExceptionCommand::Life(command) => life(cli, MeasureKind::Exception, command),
    }
}

pub(super) fn suspend(cli: &Cli, command: &SuspendCommand) -> Answer {
    match command {
        SuspendCommand::Ask(ask) => {
            let config = context::config(cli)?;
            let person = person_of(&ask.person, &app::directory(&config)?)?.0;
            put(cli, &ask.school, Measure::Suspension { person }, &ask.time)
        }
        SuspendCommand::Life(command) => life(cli, MeasureKind::Suspension, command),
    }
}

/// Asking is the first of two words; the store sees to it that another says the second.
fn put(cli: &Cli, school: &str, measure: Measure, at: &Time) -> Answer {
    let now = Utc::now();
    let from = at.from.as_deref().map(|text| moment(text, Edge::First)).transpose()?.unwrap_or(now);
    let period = Period { from, until: moment(&at.until, Edge::Last)? };
    let (id, observes) = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let known = desk.config.schools.iter().find(|s| s.id.0.as_ref() == school);
        let unknown = || Mistake(format!("`{school}` is none of the schools in the configuration"));
        let school = known.ok_or_else(unknown)?.clone();
        let new = NewMeasure { school: school.id.clone(), measure, period, reason: at.reason.clone() };
        let id = desk.ask_measure(new).await?;
        desk.close().await;
        Ok((id, (school.mode == Mode::Observe).then(|| school.name.clone())))
    })?;
    writeln!(io::stdout(), "{id}")?;
    writeln!(io::stderr(), "Asked for. It has effect when another officer has approved {id}.")?;
    if let Some(name) = observes {
        writeln!(io::stderr(), "{name} only observes: nothing is stopped there now.")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn life(cli: &Cli, kind: MeasureKind, command: &LifeCommand) -> Answer {
    match command {
        LifeCommand::List => show::list(cli, kind),
        LifeCommand::Show { id } => show::show(cli, kind, id),
        LifeCommand::Approve(decide) => decided(cli, kind, decide, Some(Approval::Yes)),
        LifeCommand::Refuse(decide) => decided(cli, kind, decide, Some(Approval::No)),
        LifeCommand::End(decide) => decided(cli, kind, decide, None),
    }
}

/// `None` ends it.
fn decided(cli: &Cli, kind: MeasureKind, decide: &Decide, approval: Option<Approval>) -> Answer {
    let id = parse(&decide.id)?;
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        let reason = &decide.reason;
        match approval {
            Some(approval) => desk.decide_measure(kind, &id, approval, reason).await?,
            None => desk.end_measure(kind, &id, reason).await?,
        }
        desk.close().await;
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

fn parse(id: &str) -> Result<MeasureId, Mistake> {
    id.parse().map_err(|()| Mistake(format!("`{id}` is no number of one; `list` shows them")))
}
