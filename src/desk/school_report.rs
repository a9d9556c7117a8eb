//! The report of a month or a term, for whoever asks at the command line or in the console: which months
//! are meant, what they are compared with, and where the facts come from.

use super::{Desk, DeskFault, Wrong, ways};
use crate::{
    config::Config,
    mail::SchoolId,
    parties::{Calendar, Direction, Month, School, Span, Term, span},
    report::{
        self, Coverage, Standing, Table, coverage,
        school::{Facts, Period, Report, Stands},
        unproved,
    },
    ruleset::RuleSet,
    storage::{Between, Event, LedgerEvent, MonthFigures, Store, StoreError, Switch},
};
use chrono::{DateTime, NaiveDate, Utc};
use std::sync::Arc;

const DIRECTIONS: [(Direction, &str); 3] = [
    (Direction::Inbound, "mail from outside"),
    (Direction::Outbound, "mail to outside"),
    (Direction::Internal, "mail within the school"),
];

/// Which months, and which they are compared with. Whole months and terms of whole months alone: two
/// reports whose days differ by one would tell what happened on it.
pub struct Asked {
    months: Vec<Month>,
    pub span: Span,
    /// As people call it.
    pub called: String,
    before: Vec<Month>,
    before_called: String,
}

impl Asked {
    /// The last whole month.
    pub fn last_month(calendar: &Calendar) -> Result<Self, DeskFault> {
        Self::of_month(this_month(calendar).before())
    }

    /// `2026-10`.
    pub fn month(month: &str, calendar: &Calendar) -> Result<Self, DeskFault> {
        let named = Month::named(month);
        Self::of_month(named.ok_or_else(|| Wrong::NoMonth(month.to_owned()))?)?.begun(calendar)
    }

    /// The term in which this day lies, `2026-09-14`.
    pub fn term(day: &str, calendar: &Calendar) -> Result<Self, DeskFault> {
        let day: NaiveDate = day.parse().map_err(|_| Wrong::NoDay(day.to_owned()))?;
        let term = Term::of(Month::of(day));
        let before = term.before();
        Self::new((term.months(), term.called()), (before.months(), before.called()))?.begun(calendar)
    }

    fn of_month(month: Month) -> Result<Self, DeskFault> {
        let before = month.before();
        Self::new((vec![month], month.called()), (vec![before], before.called()))
    }

    fn new(now: (Vec<Month>, String), before: (Vec<Month>, String)) -> Result<Self, DeskFault> {
        let span = span(&now.0).filter(|span| span.first < span.last);
        let span = span.ok_or(Wrong::NoSuchMonth)?;
        Ok(Self { months: now.0, span, called: now.1, before: before.0, before_called: before.1 })
    }

    fn begun(self, calendar: &Calendar) -> Result<Self, DeskFault> {
        match self.span.first > calendar.local(Utc::now()).date() {
            true => Err(Wrong::NotBegun(self.called).into()),
            false => Ok(self),
        }
    }
}

fn this_month(calendar: &Calendar) -> Month {
    Month::of(calendar.local(Utc::now()).date())
}

/// From midnight to midnight by the school's clock.
fn between(months: &[Month], calendar: &Calendar) -> Option<Between> {
    let (from, _) = months.first()?.moments(calendar);
    let (_, until) = months.last()?.moments(calendar);
    Some(Between { from, until })
}

/// The months of these that are over, one after the other.
async fn figures(store: &Store, school: &School, months: &[Month]) -> Result<Vec<MonthFigures>, StoreError> {
    let (hours, mut all) = (school.time(), Vec::with_capacity(months.len()));
    for month in months {
        match store.month_figures(&school.id, &hours, *month).await? {
            Some(figures) => all.push(figures),
            None => break,
        }
    }
    Ok(all)
}

/// The report, of the rules in force; and how its period stands.
pub async fn make(
    desk: &Desk,
    school: &Arc<School>,
    asked: &Asked,
    rules: &RuleSet,
) -> Result<(Report, Stands), DeskFault> {
    let (store, calendar) = (&desk.store, &school.calendar);
    let day = |at: DateTime<Utc>| calendar.local(at).date();
    let now = figures(store, school, &asked.months).await?;
    let under_way = asked.months.get(now.len());
    let stands = match (under_way, now.iter().map(|month| month.counted_at).max()) {
        (None, Some(counted_at)) => Stands::Counted(day(counted_at)),
        (None, None) => Stands::Counted(day(Utc::now())),
        (Some(month), _) => {
            Stands::UnderWay { counted: asked.months[..now.len()].to_vec(), more: month.next().first() }
        }
    };
    // A part of a term beside a whole one would look like less mail.
    let before = match under_way {
        None => figures(store, school, &asked.before).await?,
        Some(_) => Vec::new(),
    };
    let tallies = |all: Vec<MonthFigures>| all.into_iter().map(|month| month.tally).collect::<Vec<_>>();
    let is_compared = before.len() == asked.before.len();
    let (now, before) = (tallies(now), tallies(before));
    let time = between(&asked.months, calendar).ok_or(Wrong::NoSuchMonth)?;
    let (proved, not_proved) = routes(desk, school).await?;
    let facts = Facts {
        school: &school.name,
        mode: school.mode,
        period: Period {
            called: asked.called.clone(),
            before: is_compared.then(|| asked.before_called.clone()),
            stands: stands.clone(),
        },
        made_on: day(Utc::now()),
        now: &now,
        before: is_compared.then_some(&before[..]),
        changes: &store.changes_by_name(time).await?,
        coverage: &clauses(desk, school, rules).await?,
        switches: &switches(store, school, (time.from, time.until)).await?,
        proved: &proved,
        not_proved: &not_proved,
    };
    Ok((report::school::report(&facts), stands))
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
        Table::of_this_edition().map_err(|e| Wrong::NoClauses(e.to_string()))?,
        &Standing {
            rules,
            schools: &schools,
            without_readers,
            scanner: desk.config.scanner.as_ref(),
            picture_lists: &desk.config.picture_lists,
        },
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
