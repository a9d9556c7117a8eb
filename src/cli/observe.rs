//! `gatehouse observe`: the switch back to observe, for a school or one rule of it, and the
//! signatures of the way there (practice.md, B and C).

use super::{
    Answer, Mistake,
    args::Cli,
    context,
    desk::{self, Desk},
    held::args::To,
    render,
};
use crate::{
    app,
    authority::{Act, Office, Offices, Thing},
    config::Config,
    mail::SchoolId,
    parties::closest,
    storage::{LONGEST_SWITCH, SwitchId},
};
use chrono::{TimeDelta, Utc};
use clap::{Args, Subcommand};
use serde_json::json;
use std::{
    io::{self, Write},
    process::ExitCode,
};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = HELP)]
pub struct ObserveArgs {
    #[command(subcommand)]
    command: Option<ObserveCommand>,
    /// The school that observes from now on
    #[arg(long, value_name = "SCHOOL", required = true)]
    school: Option<String>,
    /// Only this policy rule of it
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// For so many hours, 24 at most
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u8).range(1..=24))]
    hours: u8,
    /// Why; kept in the ledger, which governors see
    #[arg(long, required = true)]
    reason: Option<String>,
}

const HELP: &str = "\
A running gate takes it up within a minute, on every node, without a reload. It ends by itself.
What stays whatever is switched: malware, and matches with lists of illegal images.";

#[derive(Debug, Subcommand)]
pub enum ObserveCommand {
    /// What observes now, what did, and what was signed
    List,
    /// End a switch before its time
    End {
        /// Its number; `list` shows it
        number: String,
        #[arg(long)]
        reason: String,
    },
    /// Sign a step of a school's way from observe to enforce: head and lead sign each
    Sign {
        #[arg(long, value_name = "SCHOOL")]
        school: String,
        /// As practice.md, B, "Start" orders them
        #[arg(long, value_parser = STEPS)]
        step: String,
        /// The office in which you sign
        #[arg(long = "as", value_enum)]
        office: To,
        #[arg(long)]
        reason: String,
    },
}

/// The steps of the start.
const STEPS: [&str; 2] = ["personal-data", "harm"];

pub(super) fn run(cli: &Cli, args: &ObserveArgs) -> Answer {
    let config = context::config(cli)?;
    let act = match &args.command {
        Some(ObserveCommand::List) => Act::List,
        // practice.md, B: the lead asks, the head says yes.
        Some(ObserveCommand::Sign { office: To::Head, .. }) => Act::Approve,
        Some(ObserveCommand::Sign { .. }) => Act::SwitchToEnforce,
        // Whoever may switch may end the switch.
        Some(ObserveCommand::End { .. }) | None => Act::SwitchToObserve,
    };
    let schools = desk::require(cli, act, Thing::ObserveSwitch)?;
    let named = match &args.command {
        Some(ObserveCommand::Sign { school, .. }) => Some(school),
        _ => args.school.as_ref(),
    };
    if let Some(school) = named {
        let school = known(&config, school)?;
        if !schools.contains(&school) {
            return Err(Mistake::refused(format!("You hold no office at `{school}` that may do this.")));
        }
    }
    match (&args.command, &args.school, &args.reason) {
        (Some(ObserveCommand::List), ..) => list(cli, &config),
        (Some(ObserveCommand::End { number, reason }), ..) => end(&config, &schools, number, reason),
        (Some(ObserveCommand::Sign { school, step, office, reason }), ..) => {
            sign(cli, &config, school, step, *office, reason)
        }
        (None, Some(school), Some(reason)) => {
            begin(&config, school, args.rule.as_deref(), args.hours, reason)
        }
        (None, ..) => Err(Mistake("Give --school and --reason, or `list`, `end`, `sign`.".into())),
    }
}

fn known(config: &Config, school: &str) -> Result<SchoolId, Mistake> {
    let ids: Vec<&str> = config.schools.iter().map(|s| &*s.id.0).collect();
    if ids.contains(&school) {
        return Ok(SchoolId(school.into()));
    }
    Err(Mistake(match closest(school, ids.iter().copied()) {
        Some(near) => format!("There is no school `{school}`. Did you mean `{near}`?"),
        None => format!("There is no school `{school}`. There are: {}.", ids.join(", ")),
    }))
}

/// A rule that does not exist would be a switch that switches nothing.
fn is_rule(config: &Config, rule: &str) -> Result<(), Mistake> {
    let rules = app::rules(&config.rulesets)?;
    if rules.policy.iter().any(|r| *r.id == *rule) {
        return Ok(());
    }
    let near = closest(rule, rules.policy.iter().map(|r| &*r.id));
    let near = near.map_or_else(String::new, |near| format!(" Did you mean `{near}`?"));
    Err(Mistake(format!("There is no policy rule `{rule}`; `gatehouse rules list` shows them.{near}")))
}

fn begin(config: &Config, school: &str, rule: Option<&str>, hours: u8, reason: &str) -> Answer {
    let school = known(config, school)?;
    if let Some(rule) = rule {
        is_rule(config, rule)?;
    }
    let lasts = TimeDelta::hours(hours.into()).min(LONGEST_SWITCH);
    let number = context::block_on(async {
        let store = context::store(config).await?;
        let number = store.switch_to_observe(&school, rule, lasts, &context::actor(), reason).await?;
        store.close().await;
        Ok(number)
    })?;
    let what =
        rule.map_or_else(|| format!("{school} observes"), |rule| format!("{rule} of {school} observes"));
    writeln!(
        io::stderr(),
        "{number}: {what} until {}. Malware and matched images are still stopped. \
         What waits already goes on waiting.",
        render::time(Utc::now() + lasts)
    )?;
    Ok(ExitCode::SUCCESS)
}

fn end(config: &Config, schools: &[SchoolId], number: &str, reason: &str) -> Answer {
    let id: SwitchId = number
        .parse()
        .map_err(|()| Mistake(format!("`{number}` is no switch's number; `observe list` shows them")))?;
    let ended = context::block_on(async {
        let store = context::store(config).await?;
        let all = store.switches().await?;
        if all.iter().any(|s| s.id == id && !schools.contains(&s.school)) {
            return Err(Mistake(format!("Your office is at another school than {id}'s.")));
        }
        let ended = store.end_observing(&id, &context::actor(), reason).await?;
        store.close().await;
        Ok(ended)
    })?;
    if !ended {
        return Err(Mistake(format!("{id} is no switch that is in force; `observe list` shows them")));
    }
    writeln!(io::stderr(), "{id}: ended. Running gates take it up within a minute.")?;
    Ok(ExitCode::SUCCESS)
}

fn sign(cli: &Cli, config: &Config, school: &str, step: &str, office: To, reason: &str) -> Answer {
    let school = known(config, school)?;
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        let named = Office::named(office.office().name()).map_or(Offices::NONE, |o| Offices::of(&[o]));
        if !desk.holds(named, &school) {
            return Err(Mistake::refused(
                "You sign in an office that you hold; `gatehouse users show` lists yours.",
            ));
        }
        desk.store.sign_step(&school, step, office.office(), &desk.actor, reason).await?;
        desk.close().await;
        Ok(())
    })?;
    writeln!(io::stderr(), "{school}: {step} signed by the {}.", office.office().name())?;
    Ok(ExitCode::SUCCESS)
}

fn list(cli: &Cli, config: &Config) -> Answer {
    let (switches, signatures) = context::block_on(async {
        let store = context::store(config).await?;
        Ok((store.switches().await?, store.signatures().await?))
    })?;
    let now = Utc::now();
    let switches = switches.iter().map(|s| {
        let state = match (&s.ended, s.period.holds_at(now)) {
            (Some((by, _)), _) if by != "gate" => "ended",
            (None, true) => "observes",
            _ => "over",
        };
        json!({
            "id": s.id.as_str(), "what": "switch", "state": state, "school": s.school.to_string(),
            "rule": s.rule, "from": render::time(s.period.from), "until": render::time(s.period.until),
            "by": s.set_by,
        })
    });
    let signatures = signatures.iter().map(|s| {
        json!({
            "what": "signature", "state": s.step, "school": s.school.to_string(),
            "from": render::time(s.signed_at), "by": s.signed_by, "office": s.office.name(),
        })
    });
    let rows: Vec<_> = switches.chain(signatures).collect();
    let columns = render::columns(&[
        ("id", "Number"),
        ("what", "What"),
        ("state", "State"),
        ("school", "School"),
        ("rule", "Rule"),
        ("office", "Office"),
        ("from", "From"),
        ("until", "Until"),
        ("by", "By (random id)"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "Nothing was switched or signed.")?;
    Ok(ExitCode::SUCCESS)
}
