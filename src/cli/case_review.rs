//! `incident review` and `breach review`: what was followed up and whose time is over goes only on a
//! person's word, for most of it on that of two (practice.md, B, "Kept").

use super::{
    Answer, Mistake,
    args::Cli,
    context,
    desk::{Desk, Leave},
    render,
};
use crate::{
    authority::{Act, Case},
    parties::School,
    storage::{CasesBefore, DueCase, DueId},
};
use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;
use std::{
    io::{self, Write},
    process::ExitCode,
};

#[derive(Debug, Args)]
pub struct CaseReviewArgs {
    /// Only this school's
    #[arg(long, value_name = "SCHOOL")]
    pub school: Option<String>,
    /// Purge this one, which is due; may be given several times
    #[arg(long, value_name = "ID", conflicts_with = "keep")]
    pub purge: Vec<String>,
    /// Keep this one, with --until; may be given several times
    #[arg(long, value_name = "ID", requires = "until")]
    pub keep: Vec<String>,
    /// Look again after this day
    #[arg(long, value_name = "DAY")]
    pub until: Option<String>,
    /// Why; kept in the ledger
    #[arg(long)]
    pub reason: Option<String>,
}

/// What is reviewed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Incidents,
    Breaches,
}

impl Of {
    /// As an answer calls one.
    fn what(self) -> &'static str {
        match self {
            Self::Incidents => "incident",
            Self::Breaches => "breach",
        }
    }

    fn parse(self, text: &str) -> Result<DueId, Mistake> {
        let wrong = |()| Mistake(format!("`{text}` is no number of an {}", self.what()));
        Ok(match self {
            Self::Incidents => DueId::Incident(text.parse().map_err(wrong)?),
            Self::Breaches => DueId::Breach(text.parse().map_err(wrong)?),
        })
    }
}

pub(super) fn review(cli: &Cli, of: Of, args: &CaseReviewArgs) -> Answer {
    match (args.purge.is_empty(), args.keep.is_empty()) {
        (true, true) => list(cli, of, args.school.as_deref()),
        (false, _) => purge(cli, of, args),
        (true, false) => keep(cli, of, args),
    }
}

fn list(cli: &Cli, of: Of, only: Option<&str>) -> Answer {
    let rows = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let mut rows = Vec::new();
        for school in desk.config.schools.iter().filter(|s| only.is_none_or(|only| *s.id.0 == *only)) {
            let before = before(school, Utc::now());
            let due = match of {
                Of::Incidents => desk.store.incidents_due(&school.id, &before).await?,
                Of::Breaches => desk.store.breaches_due(&school.id, &before).await?,
            };
            for one in due {
                let (_, case) = facts(&desk, &one.id).await?;
                if desk.may(Act::List, &case).is_allowed() {
                    rows.push(row(&one));
                }
            }
        }
        desk.close().await;
        Ok(rows)
    })?;
    let columns = render::columns(&[
        ("id", "Number"),
        ("school", "School"),
        ("ended_at", "Ended"),
        ("exported_at", "Exported"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "Nothing is due.")?;
    Ok(ExitCode::SUCCESS)
}

fn row(due: &DueCase) -> serde_json::Value {
    json!({"id": due.id.to_string(), "school": due.school.to_string(), "ended_at": render::time(due.ended_at),
           "exported_at": due.exported_at.map(render::time)})
}

fn purge(cli: &Cli, of: Of, args: &CaseReviewArgs) -> Answer {
    let reason = reason(args)?;
    let ids = args.purge.iter().map(|id| of.parse(id)).collect::<Result<Vec<_>, _>>()?;
    let (mut gone, mut waits) = (0, 0);
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        for id in &ids {
            let (school, case) = facts(&desk, id).await?;
            let number = id.to_string();
            let what = (of.what(), number.as_str());
            if let Leave::WaitForSecond(sentence) =
                desk.authorise_of_two(Act::Purge, &case, what, reason).await?
            {
                writeln!(io::stderr(), "{number}: noted. {sentence}")?;
                waits += 1;
                continue;
            }
            let before = before(&school, Utc::now());
            gone += usize::from(desk.store.purge_case(id, &school.id, before, &desk.actor, reason).await?);
        }
        desk.close().await;
        Ok(())
    })?;
    writeln!(io::stderr(), "{gone} of {} purged; the ledger has the proof.", ids.len())?;
    match gone + waits == ids.len() {
        true => Ok(ExitCode::SUCCESS),
        false => Err(Mistake("The others are not due: `review` alone lists what is.".into())),
    }
}

fn keep(cli: &Cli, of: Of, args: &CaseReviewArgs) -> Answer {
    let reason = reason(args)?;
    let day = args.until.as_deref().ok_or_else(|| Mistake("Say until when: --until DAY".into()))?;
    let until = context::end_of_day(day)?;
    let ids = args.keep.iter().map(|id| of.parse(id)).collect::<Result<Vec<_>, _>>()?;
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        for id in &ids {
            let (_, case) = facts(&desk, id).await?;
            // To keep it for longer is what a legal hold does too.
            desk.authorise(Act::LegalHold, &case, of.what(), &id.to_string()).await?;
            if !desk.store.keep_case(id, until, &desk.actor, reason).await? {
                return Err(Mistake(format!("{id} has not ended; the ones before it are done")));
            }
        }
        desk.close().await;
        Ok(())
    })?;
    writeln!(io::stderr(), "Noted.")?;
    Ok(ExitCode::SUCCESS)
}

/// The school it is of, and who may do what to it.
async fn facts(desk: &Desk, id: &DueId) -> Result<(School, Case), Mistake> {
    let (school, case) = match id {
        DueId::Incident(id) => {
            let (summary, case) = desk.store.incident_case(id).await?;
            (summary.school, case)
        }
        DueId::Breach(id) => {
            let summary = desk.store.breach_summary(id).await?;
            let case = desk.store.breach_case(summary.transaction, Some(&summary.school)).await?;
            (summary.school, case)
        }
    };
    let found = desk.config.schools.iter().find(|s| s.id == school);
    let gone = || {
        Mistake(format!("It is of `{school}`, which gatehouse.toml names no more: name it for the review"))
    };
    Ok((School::clone(found.ok_or_else(gone)?), case))
}

fn before(school: &School, now: DateTime<Utc>) -> CasesBefore {
    let times = &school.retention;
    CasesBefore {
        dismissed: times.dismissed.before(now),
        incidents: times.incidents.before(now),
        low_level: times.low_level.before(now),
        allegations: times.allegations.before(now),
        breaches: times.breaches.before(now),
    }
}

fn reason(args: &CaseReviewArgs) -> Result<&str, Mistake> {
    args.reason.as_deref().ok_or_else(|| Mistake("Say why with --reason".into()))
}
