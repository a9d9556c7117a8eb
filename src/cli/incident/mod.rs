//! `gatehouse incident`: what is proposed, opened and followed up. Each verb asks about the one
//! incident: for whoever is a party to it, or accused in it, it is not there (practice.md, A4).
//! Reading one needs a purpose, which the ledger keeps before anything is shown.

pub(super) mod args;
mod decide;
mod list;
mod name;
mod open;
mod show;

use super::{Answer, Mistake, args::Cli, case_review, desk::Desk};
use crate::{
    authority::{Act, Case},
    storage::{Entry, IncidentId, IncidentSummary},
};
pub(super) use args::IncidentCommand;
use chrono::{NaiveDate, Utc};

pub(super) fn run(cli: &Cli, command: &IncidentCommand) -> Answer {
    use IncidentCommand as C;
    let note = |id: &str, entry| decide::write(cli, id, Act::Note, entry);
    match command {
        C::List { school, all, with } => list::list(cli, school.as_deref(), *all, with.as_deref()),
        C::LegalHold(command) => super::legal_hold::run(cli, super::legal_hold::On::Incident, command),
        C::Review(args) => case_review::review(cli, case_review::Of::Incidents, args),
        C::History { person } => list::history(cli, person),
        C::Show { id, why } => show::show(cli, id, why.why()),
        C::Original { id, custodian, why } => show::original(cli, id, custodian.as_deref(), why.why()),
        C::Export { id, out, why } => show::export(cli, id, out, why.why()),
        C::Open(args) => open::open(cli, args),
        C::Link(args) => open::link(cli, args),
        C::Person { id, person, part } => name::person(cli, id, person, part),
        C::Accused(args) => name::accused(cli, args),
        C::HandOver { id, to, reason } => decide::hand_over(cli, id, to.office(), reason),
        C::Accept(why) => note(&why.id, Entry::Opened { why: why.reason.clone() }),
        C::Note { id, text, action: false } => note(id, Entry::Note { text: text.clone() }),
        C::Note { id, text, action: true } => note(id, Entry::Action { text: text.clone() }),
        C::Refer { id, to, on, reference } => {
            let to = args::referral(to)?;
            let on = on.as_deref().map(day).transpose()?.unwrap_or_else(|| Utc::now().date_naive());
            note(id, Entry::Referred { to, on, reference: reference.clone() })
        }
        C::Parents(parents) => {
            let entry = match (&parents.told, &parents.not_told) {
                (Some(told), _) => Entry::ParentsTold { on: day(told)?, by: parents.by.clone() },
                (None, why) => Entry::ParentsNotTold { why: why.clone().unwrap_or_default() },
            };
            note(&parents.id, entry)
        }
        C::Close { id, outcome } => decide::end(cli, id, Entry::Closed { outcome: outcome.clone() }),
        C::Dismiss { id, because, text } => {
            let why = args::dismissal(because)?;
            decide::end(cli, id, Entry::Dismissed { why, text: text.clone() })
        }
        // Whoever may end it may take it up again.
        C::Reopen(why) => decide::write(cli, &why.id, Act::Note, Entry::Reopened { why: why.reason.clone() }),
    }
}

fn parse(id: &str) -> Result<IncidentId, Mistake> {
    id.parse().map_err(|()| Mistake(format!("`{id}` is no incident's number; `list` shows them")))
}

fn day(text: &str) -> Result<NaiveDate, Mistake> {
    text.parse().map_err(|_| Mistake(format!("`{text}` is no day; write it as 2026-11-25")))
}

/// The incident, when the asker may do this to it. For whom it is not there, the answer is the
/// same as for a number that does not exist.
async fn find(desk: &Desk, act: Act, id: &IncidentId) -> Result<(IncidentSummary, Case), Mistake> {
    let (summary, case) = desk.store.incident_case(id).await?;
    desk.authorise(act, &case, WHAT, id.as_str()).await?;
    Ok((summary, case))
}

/// As an answer calls one.
const WHAT: &str = "incident";
