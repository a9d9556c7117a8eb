//! `gatehouse alert`: what officers are told of, who has it, and who is away.

use super::{
    Answer, Mistake,
    args::Cli,
    context,
    desk::{Desk, Installation},
    render,
};
use crate::{
    authority::{Office, Offices},
    mail::{Address, SchoolId},
    parties::Attendance,
    storage::{Away, Urgency},
};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use clap::Subcommand;
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    process::ExitCode,
};

#[derive(Debug, Subcommand)]
pub enum AlertCommand {
    /// What officers are told of and nobody has answered; numbers and categories
    List {
        /// The answered ones too
        #[arg(long)]
        all: bool,
    },
    /// Say: I have it. Nobody else is asked then
    ///
    /// Looking at the message or deciding about it says the same.
    Answer {
        /// The number that the notice names
        number: String,
    },
    /// Say that an officer is away; the next office is asked at once then
    Away {
        /// As [school.officers] names it, or of a registered user
        #[arg(long, value_name = "ADDRESS")]
        officer: String,
        /// The last day (2027-01-03), or the moment; now means: is back
        #[arg(long, value_name = "TIME")]
        until: String,
    },
}

pub(super) fn run(cli: &Cli, command: &AlertCommand) -> Answer {
    match command {
        AlertCommand::List { all } => list(cli, *all),
        AlertCommand::Answer { number } => answer(cli, number),
        AlertCommand::Away { officer, until } => away(cli, officer, until),
    }
}

fn list(cli: &Cli, all: bool) -> Answer {
    let config = context::config(cli)?;
    let found = context::block_on(async {
        let desk = Desk::open(cli).await?;
        Ok(desk.told(all).await?)
    })?;
    let rows: Vec<Value> = found
        .iter()
        .map(|a| {
            json!({
                "number": a.number, "urgency": a.urgency.name(), "state": a.state.name(),
                "school": a.school.to_string(), "category": a.category.name(),
                "since": render::time(a.made_at), "asked": a.rung,
            })
        })
        .collect();
    let columns = render::columns(&[
        ("number", "Number"),
        ("urgency", "Urgency"),
        ("state", "State"),
        ("school", "School"),
        ("category", "Category"),
        ("since", "Since"),
        ("asked", "Times asked"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "Nobody is asked for anything.")?;
    let now = Utc::now();
    let urgent =
        |id: &crate::mail::SchoolId| found.iter().any(|a| a.urgency == Urgency::Urgent && a.school == *id);
    for school in config.schools.iter().filter(|s| urgent(&s.id)) {
        if school.attendance(now) == Attendance::Unattended {
            writeln!(
                io::stderr(),
                "UNATTENDED: {} is closed now and its [[school.rota]] names nobody; the lead has mail only.",
                school.name
            )?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn answer(cli: &Cli, number: &str) -> Answer {
    let answered = context::block_on(async {
        let desk = Desk::open(cli).await?;
        Ok(desk.answer_told(number).await?)
    })?;
    match answered {
        0 => Err(Mistake(format!(
            "nobody is asked for `{number}` any more; `gatehouse alert list` shows what is"
        ))),
        _ => {
            writeln!(io::stderr(), "Answered. Nobody else is asked.")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn away(cli: &Cli, officer: &str, until: &str) -> Answer {
    let officer =
        Address::parse(officer).ok_or_else(|| Mistake(format!("`{officer}` is no mail address")))?;
    let until = moment(until)?;
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        may_send_away(&desk, &officer)?;
        desk.store.officer_away(&Away { officer, until }, &desk.actor).await?;
        desk.close().await;
        Ok(())
    })?;
    writeln!(io::stderr(), "Noted: until {}.", render::time(until))?;
    Ok(ExitCode::SUCCESS)
}

/// Who is away is not asked in an emergency: that is for officers themselves to say, for the head
/// of the others, and of the head for the chair. Once there are users, nobody else's word counts.
fn may_send_away(desk: &Desk, officer: &Address) -> Result<(), Mistake> {
    let held: Vec<(&SchoolId, Office)> = desk.roll.offices_at(officer).collect();
    if held.is_empty() {
        return Err(Mistake(
            "no school's officers have that address; see [school.officers] and `gatehouse users list`".into(),
        ));
    }
    if desk.installation() == Installation::Fresh || desk.answers_to(officer)? {
        return Ok(());
    }
    let allowed = held.iter().all(|(school, _)| {
        let stands_above = |(at, office): &(&SchoolId, Office)| {
            at == school && matches!(office, Office::Head | Office::Chair)
        };
        let by = match held.iter().any(stands_above) {
            true => Offices::of(&[Office::Chair]),
            false => Offices::of(&[Office::Head, Office::Chair]),
        };
        desk.holds(by, school)
    });
    match allowed {
        true => Ok(()),
        false => Err(Mistake::refused(
            "An officer says so for themselves, the head for the others, the chair for the head. Say who you are \
             with --me FILE."
                .to_owned(),
        )),
    }
}

fn moment(text: &str) -> Result<DateTime<Utc>, Mistake> {
    if text == "now" {
        return Ok(Utc::now());
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    let day: NaiveDate = text.parse().map_err(|_| {
        Mistake(format!("`{text}` is no time; write 2027-01-03, 2027-01-03T08:00:00Z or now"))
    })?;
    Ok(day.checked_add_days(Days::new(1)).unwrap_or(day).and_time(NaiveTime::MIN).and_utc())
}
