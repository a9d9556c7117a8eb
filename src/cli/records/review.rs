//! `gatehouse records review`: mail with parents whose family has left long enough ago goes
//! only on a person's yes (practice.md, B, "Kept").

use super::{args::ReviewArgs, parse};
use crate::{
    authority::{Act, Thing},
    cli::{Answer, Mistake, args::Cli, context, desk::Desk, render},
    parties::School,
    storage::{DueRecord, RecordRuling, Store},
};
use chrono::Utc;
use serde_json::json;
use std::{
    io::{self, Write},
    process::ExitCode,
    sync::Arc,
};

pub(super) fn review(cli: &Cli, args: &ReviewArgs) -> Answer {
    match (args.purge.is_empty(), args.keep.is_empty()) {
        (true, true) => list(cli, args.school.as_deref()),
        (false, true) => purge(cli, args),
        (true, false) => keep(cli, args),
        (false, false) => Err(Mistake("Give --purge or --keep, not both".into())),
    }
}

/// Everything of a school that is due.
async fn due(store: &Store, school: &School) -> Result<Vec<DueRecord>, Mistake> {
    let (ordinary, complaint) = before(school);
    Ok(store.records_due(&school.id, ordinary, complaint).await?)
}

fn before(school: &School) -> (chrono::DateTime<Utc>, chrono::DateTime<Utc>) {
    let now = Utc::now();
    (school.retention.parent_mail.before(now), school.retention.complaint.before(now))
}

fn list(cli: &Cli, only: Option<&str>) -> Answer {
    let rows = context::block_on(async {
        let desk = Desk::open(cli).await?;
        let seen = desk.schools_or_refuse(Act::List, Thing::Record)?;
        let mut rows = Vec::new();
        let asked = |s: &&Arc<School>| seen.contains(&s.id) && only.is_none_or(|only| *s.id.0 == *only);
        for school in desk.config.schools.iter().filter(asked) {
            for r in due(&desk.store, school).await? {
                if !desk.may(Act::List, &desk.store.record_case(&r.id).await?).is_allowed() {
                    continue;
                }
                rows.push(json!({
                    "id": r.id.as_str(), "school": r.school.to_string(),
                    "received_at": render::time(r.received_at), "left_on": render::time(r.left_on),
                    "complaint": r.complaint,
                }));
            }
        }
        Ok(rows)
    })?;
    let columns = render::columns(&[
        ("id", "Id"),
        ("school", "School"),
        ("received_at", "Received"),
        ("left_on", "The family left"),
        ("complaint", "Complaint"),
    ]);
    render::rows(&mut io::stdout().lock(), cli.format, &columns, &rows, "No record is due for review.")?;
    Ok(ExitCode::SUCCESS)
}

fn reason(args: &ReviewArgs) -> Result<&str, Mistake> {
    args.reason.as_deref().ok_or_else(|| Mistake("Say why with --reason; the ledger keeps it".into()))
}

/// One person's yes, after the review: practice.md asks for no second, and nothing goes that is not due.
fn purge(cli: &Cli, args: &ReviewArgs) -> Answer {
    let reason = reason(args)?;
    let ids = args.purge.iter().map(|id| parse(id)).collect::<Result<Vec<_>, _>>()?;
    let asked = ids.len() as u64;
    let gone = context::block_on(async {
        let desk = Desk::open(cli).await?;
        for id in &ids {
            let case = desk.store.record_case(id).await?;
            desk.authorise(Act::Purge, &case, "record", id.as_str()).await?;
        }
        let mut gone = 0;
        for school in &desk.config.schools {
            let times = before(school);
            gone += desk.store.purge_records(&school.id, times, ids.clone(), &desk.actor, reason).await?;
        }
        desk.close().await;
        Ok(gone)
    })?;
    writeln!(io::stderr(), "{gone} of {asked} purged, on your word; the ledger has the proof.")?;
    if gone < asked {
        return Err(Mistake("The others are not due: `records review` lists what is.".into()));
    }
    Ok(ExitCode::SUCCESS)
}

fn keep(cli: &Cli, args: &ReviewArgs) -> Answer {
    let reason = reason(args)?;
    let ruling = match (&args.until, args.complaint) {
        (Some(day), false) => RecordRuling::KeepUntil(context::end_of_day(day)?),
        (None, true) => RecordRuling::Complaint,
        _ => return Err(Mistake("Say for how long: --until DAY, or --complaint for the longer time".into())),
    };
    let ids = args.keep.iter().map(|id| parse(id)).collect::<Result<Vec<_>, _>>()?;
    context::block_on(async {
        let desk = Desk::open(cli).await?;
        for id in &ids {
            let case = desk.store.record_case(id).await?;
            // To keep it for longer is what a legal hold does too.
            desk.authorise(Act::LegalHold, &case, "record", id.as_str()).await?;
            if !desk.store.rule_record(id, ruling, &desk.actor, reason).await? {
                return Err(Mistake(format!("There is no record {id}; the ones before it are done")));
            }
        }
        desk.close().await;
        Ok(())
    })?;
    writeln!(io::stderr(), "{} kept.", ids.len())?;
    Ok(ExitCode::SUCCESS)
}
