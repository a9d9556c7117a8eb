//! The report of a month or a term, for whoever asks at the command line or in the console: which days
//! are meant, what they are compared with, and where the facts come from.

use super::{Desk, DeskFault, ways};
use crate::{
    config::Config,
    mail::SchoolId,
    parties::{Calendar, Direction, School, Span},
    report::{
        self, Coverage, Standing, Table, coverage,
        school::{Facts, Period, Report},
        unproved,
    },
    ruleset::RuleSet,
    storage::{Between, Event, LedgerEvent, Store, StoreError, Switch},
};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};
use std::sync::Arc;

const DIRECTIONS: [(Direction, &str); 3] = [
    (Direction::Inbound, "mail from outside"),
    (Direction::Outbound, "mail to outside"),
    (Direction::Internal, "mail within the school"),
];

/// Which days, and which they are compared with. Whole months and terms alone: two reports whose
/// days differ by one would tell what happened on it.
pub struct Asked {
    pub span: Span,
    /// As people call it.
    pub called: String,
    before: Option<(Span, String)>,
}

impl Asked {
    /// The last whole month.
    pub fn last_month(calendar: &Calendar) -> Result<Self, DeskFault> {
        let today = calendar.local(Utc::now()).date();
        let this = today.with_day(1).unwrap_or(today);
        Self::month_from(this.checked_sub_months(Months::new(1)).unwrap_or(this))
    }

    /// `2026-10`.
    pub fn month(month: &str, calendar: &Calendar) -> Result<Self, DeskFault> {
        let first = format!("{month}-01").parse();
        let first =
            first.map_err(|_| DeskFault::Wrong(format!("`{month}` is no month; write it as 2026-10")))?;
        Self::month_from(first)?.begun(calendar)
    }

    fn begun(self, calendar: &Calendar) -> Result<Self, DeskFault> {
        match self.span.first > calendar.local(Utc::now()).date() {
            true => Err(DeskFault::Wrong(format!("{} has not begun yet.", self.called))),
            false => Ok(self),
        }
    }

    fn month_from(first: NaiveDate) -> Result<Self, DeskFault> {
        let span = |first: NaiveDate| {
            let last = first.checked_add_months(Months::new(1))?.checked_sub_days(Days::new(1))?;
            Some(Span { first, last })
        };
        let called = |span: Span| span.first.format("%B %Y").to_string();
        let now = span(first).ok_or_else(|| DeskFault::Wrong("No calendar has that month.".into()))?;
        let before = first.checked_sub_months(Months::new(1)).and_then(span);
        Ok(Self { span: now, called: called(now), before: before.map(|b| (b, called(b))) })
    }

    /// The term in which this day lies, `2026-09-14`.
    pub fn term(day: &str, calendar: &Calendar) -> Result<Self, DeskFault> {
        let day: NaiveDate = day
            .parse()
            .map_err(|_| DeskFault::Wrong(format!("`{day}` is no day; write it as 2026-09-01")))?;
        let Some(at) = calendar.terms.iter().position(|term| term.holds(day)) else {
            return Err(DeskFault::Wrong(
                "That day lies in no term of the school's calendar: [school.calendar] in gatehouse.toml names the terms."
                    .into(),
            ));
        };
        let called = |s: Span| {
            format!("the term from {} to {}", s.first.format("%-d %B %Y"), s.last.format("%-d %B %Y"))
        };
        let now = calendar.terms[at];
        let before = at.checked_sub(1).map(|at| calendar.terms[at]);
        Self { span: now, called: called(now), before: before.map(|b| (b, called(b))) }.begun(calendar)
    }
}

/// From midnight to midnight by the school's clock.
fn between(span: Span, calendar: &Calendar) -> Between {
    let midnight = |day: NaiveDate| calendar.instant(day.and_time(NaiveTime::MIN));
    let after = span.last.checked_add_days(Days::new(1)).unwrap_or(span.last);
    Between { from: midnight(span.first), until: midnight(after) }
}

/// The report, of the rules in force.
pub async fn make(
    desk: &Desk,
    school: &Arc<School>,
    asked: &Asked,
    rules: &RuleSet,
) -> Result<Report, DeskFault> {
    let (store, made_at) = (&desk.store, Utc::now());
    let time = between(asked.span, &school.calendar);
    let now = store.tally(&school.id, &school.time(), time).await?;
    let before = match &asked.before {
        Some((span, _)) => {
            Some(store.tally(&school.id, &school.time(), between(*span, &school.calendar)).await?)
        }
        None => None,
    };
    let (proved, not_proved) = routes(desk, school).await?;
    let facts = Facts {
        school: &school.name,
        mode: school.mode,
        period: Period {
            called: asked.called.clone(),
            before: asked.before.as_ref().map(|(_, called)| called.clone()),
            is_over: time.until <= made_at,
        },
        made_at,
        now: &now,
        before: before.as_ref(),
        coverage: &clauses(desk, school, rules).await?,
        switches: &switches(store, school, (time.from, time.until)).await?,
        proved: &proved,
        not_proved: &not_proved,
    };
    Ok(report::school::report(&facts))
}

/// What a canary proves now, and what none does.
async fn routes(desk: &Desk, school: &Arc<School>) -> Result<(Vec<String>, Vec<String>), DeskFault> {
    let ways = ways::all(&desk.config, &desk.store).await?;
    let open: Vec<Direction> =
        unproved(std::slice::from_ref(school), &ways).into_iter().flat_map(|u| u.directions).collect();
    let called = |is_open: bool| {
        let of = DIRECTIONS.iter().filter(|(direction, _)| open.contains(direction) == is_open);
        of.map(|(_, name)| (*name).to_owned()).collect()
    };
    Ok((called(false), called(true)))
}

async fn clauses(desk: &Desk, school: &Arc<School>, rules: &RuleSet) -> Result<Vec<Coverage>, DeskFault> {
    let schools = [Arc::clone(school)];
    let without_readers = &unread_in(&desk.store, &desk.config).await?;
    Ok(coverage(
        Table::of_this_edition().map_err(|e| DeskFault::Wrong(e.to_string()))?,
        &Standing { rules, schools: &schools, without_readers },
    ))
}

async fn switches(
    store: &Store,
    school: &School,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Switch>, DeskFault> {
    let mut all = store.switches().await?;
    all.retain(|s| s.school == school.id && s.period.from < until && s.period.until > from);
    Ok(all)
}

/// That a report was made, of which days and as what.
pub async fn note(desk: &Desk, school: &School, asked: &Asked, form: &'static str) -> Result<(), DeskFault> {
    let event = LedgerEvent::new(Event::ReportMade)
        .school(&school.id)
        .with("from", asked.span.first.to_string())
        .with("until", asked.span.last.to_string())
        .with("as", form);
    desk.store.ledger(&desk.actor, event).await?;
    Ok(())
}

/// Schools that keep records which nobody can open: neither the configuration names a custodian of
/// theirs nor the store.
pub async fn unread_in(store: &Store, config: &Config) -> Result<Vec<SchoolId>, StoreError> {
    let keeping = config.schools.iter().filter(|s| s.record_parent_mail).map(|s| s.id.clone());
    let keeping: Vec<SchoolId> = keeping.collect();
    if keeping.is_empty() || !config.keys.records.is_empty() {
        return Ok(Vec::new());
    }
    match store.custodian_faults(&keeping).await {
        // Whoever has no key to the store cannot tell; nothing is claimed.
        Err(StoreError::NoWorkingKey) => Ok(keeping),
        faults => Ok(faults?.nobody),
    }
}
