//! What is held about one person in order of time: the records filed under them, and, for whoever reviews,
//! what waits or waited in quarantine and the incidents in which they stand. Newest first, page by page; of
//! each thing only that it is there, for whom it is there (practice.md, A4).

use super::{Desk, DeskFault, Waiting, Wrong, find::all_of};
use crate::{
    authority::{Act, Thing},
    parties::{Person, PersonId},
    storage::{Cursor, FiledAs, Found, IncidentId, IncidentSummary, RecordSummary, Search, Who, Why},
};
use chrono::{DateTime, Utc};

/// Things of one page.
pub const TIMELINE_PAGE: usize = 50;

/// Whose timeline, and what for.
#[derive(Clone)]
pub struct TimelineOf {
    pub person: PersonId,
    /// As what they stand in a record; `None` is in whatever way.
    pub filed_as: Option<FiledAs>,
    pub why: Why,
}

/// One thing of it.
pub enum Happened {
    Record(RecordSummary),
    Item(Box<Waiting>),
    Incident(IncidentSummary),
}

/// How far one source was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read<T> {
    /// From the newest on.
    FromTop,
    UpTo(T),
    /// There is no more.
    Whole,
}

/// How far a page went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineSpot {
    pub records: Read<Cursor>,
    pub items: Read<Cursor>,
    pub incidents: Read<(DateTime<Utc>, IncidentId)>,
}

impl TimelineSpot {
    pub const TOP: Self = Self { records: Read::FromTop, items: Read::FromTop, incidents: Read::FromTop };

    fn is_end(&self) -> bool {
        (&self.records, &self.items, &self.incidents) == (&Read::Whole, &Read::Whole, &Read::Whole)
    }
}

pub struct TimelinePage {
    pub happened: Vec<Happened>,
    pub next: Option<TimelineSpot>,
    /// Of the asker's schools there is something that only those see who review.
    pub only_records: bool,
}

impl Happened {
    pub fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Record(record) => record.received_at,
            Self::Item(waiting) => waiting.item.received_at,
            Self::Incident(incident) => incident.made_at,
        }
    }
}

/// What one source gave.
struct Given {
    happened: Vec<Happened>,
    /// Where it stopped though there may be more.
    after: Option<DateTime<Utc>>,
}

impl Desk {
    /// A page of somebody's timeline. That it was looked up stands in the ledger, source by source.
    pub async fn timeline(
        &self,
        of: &TimelineOf,
        from: &TimelineSpot,
        now: DateTime<Utc>,
    ) -> Result<TimelinePage, DeskFault> {
        let gone = || DeskFault::from(Wrong::NotInDirectory);
        let person = self.directory.person(&of.person).ok_or_else(gone)?;
        let records = self.records_of(of, &from.records).await?;
        let reviews = |thing| !self.schools_where(Act::Search, thing).is_empty();
        let (sees_items, sees_incidents) = (reviews(Thing::Quarantined), reviews(Thing::Incident));
        let items = match sees_items {
            true => self.items_of_person(person, of, &from.items, now).await?,
            false => None,
        };
        let incidents = match sees_incidents {
            true => self.incidents_of(person, &from.incidents).await?,
            false => Vec::new(),
        };
        let records_after = records.as_ref().and_then(|found| found.after);
        let items_after = items.as_ref().and_then(|(_, after)| *after);
        let given = [
            Given {
                after: records_after.map(Cursor::time),
                happened: records.into_iter().flat_map(|f| f.hits).map(Happened::Record).collect(),
            },
            Given {
                after: items_after.map(Cursor::time),
                happened: items.into_iter().flat_map(|(all, _)| all).collect(),
            },
            Given { after: None, happened: incidents.into_iter().map(Happened::Incident).collect() },
        ];
        let [of_records, of_items, of_incidents] = given.each_ref().map(|g| g.happened.len());
        let happened = newest(given);
        let taken = |is: fn(&Happened) -> bool| happened.iter().filter(|h| is(h)).count();
        let last = |is: fn(&Happened) -> bool| happened.iter().rev().find(|h| is(h));
        let is_record = |h: &Happened| matches!(h, Happened::Record(_));
        let is_item = |h: &Happened| matches!(h, Happened::Item(_));
        let is_incident = |h: &Happened| matches!(h, Happened::Incident(_));
        let next = TimelineSpot {
            records: read_on(&from.records, taken(is_record) == of_records, records_after, || {
                last(is_record).and_then(cursor)
            }),
            items: match sees_items {
                true => read_on(&from.items, taken(is_item) == of_items, items_after, || {
                    last(is_item).and_then(cursor)
                }),
                false => Read::Whole,
            },
            incidents: read_on(&from.incidents, taken(is_incident) == of_incidents, None, || {
                match last(is_incident) {
                    Some(Happened::Incident(i)) => Some((i.made_at, i.id.clone())),
                    _ => None,
                }
            }),
        };
        Ok(TimelinePage {
            happened,
            next: Some(next).filter(|next| !next.is_end()),
            only_records: !sees_items && !sees_incidents,
        })
    }

    async fn records_of(
        &self,
        of: &TimelineOf,
        read: &Read<Cursor>,
    ) -> Result<Option<Found<RecordSummary>>, DeskFault> {
        let Some(after) = read.after() else { return Ok(None) };
        let filed = vec![(of.person.clone(), of.filed_as)];
        let search = Search { filed, after, limit: Some(TIMELINE_PAGE as u32), ..Search::default() };
        self.find_records(&search, &of.why).await.map(Some)
    }

    async fn items_of_person(
        &self,
        person: Person<'_>,
        of: &TimelineOf,
        read: &Read<Cursor>,
        now: DateTime<Utc>,
    ) -> Result<Option<(Vec<Happened>, Option<Cursor>)>, DeskFault> {
        let Some(after) = read.after() else { return Ok(None) };
        let with = vec![all_of(person)];
        let school = match &self.own_schools()[..] {
            [one] => Some(one.clone()),
            _ => None,
        };
        let search = Search { with, school, after, limit: Some(TIMELINE_PAGE as u32), ..Search::default() };
        let found = self.store.quarantine_seen(&search, self, &self.actor, &of.why).await?;
        let cases = self.store.item_cases(&found.hits).await?;
        let all = found.hits.into_iter().zip(cases);
        let all = all.map(|(item, case)| Happened::Item(Box::new(self.waits(item, case, now)))).collect();
        Ok(Some((all, found.after)))
    }

    /// Those that the asker may know of, older than where the page before ended.
    async fn incidents_of(
        &self,
        person: Person<'_>,
        read: &Read<(DateTime<Utc>, IncidentId)>,
    ) -> Result<Vec<IncidentSummary>, DeskFault> {
        let Some(after) = read.after() else { return Ok(Vec::new()) };
        let addresses = person.addresses().map(|(address, _)| Who::Address(address));
        let mut found: Vec<IncidentSummary> = Vec::new();
        for who in std::iter::once(Who::Person(person.id().clone())).chain(addresses) {
            for incident in self.store.incident_history(&who).await? {
                let is_older =
                    after.as_ref().is_none_or(|(at, id)| (incident.made_at, &incident.id) < (*at, id));
                if is_older && !found.iter().any(|known| known.id == incident.id) {
                    found.push(incident);
                }
            }
        }
        let cases = self.store.incident_cases(&found).await?;
        let mut seen = cases.iter().map(|case| self.may(Act::List, case).is_allowed());
        found.retain(|_| seen.next().unwrap_or(false));
        found.sort_by(|a, b| (b.made_at, &b.id).cmp(&(a.made_at, &a.id)));
        Ok(found)
    }
}

impl<T: Clone> Read<T> {
    /// From where it is read on; `None`: there is nothing more to read.
    fn after(&self) -> Option<Option<T>> {
        match self {
            Self::FromTop => Some(None),
            Self::UpTo(spot) => Some(Some(spot.clone())),
            Self::Whole => None,
        }
    }
}

/// The newest of all sources; nothing older than where one of them stopped, since what it would give next
/// belongs in between.
fn newest(given: [Given; 3]) -> Vec<Happened> {
    let horizon = given.iter().filter_map(|g| g.after).max();
    let mut all: Vec<Happened> = given.into_iter().flat_map(|g| g.happened).collect();
    all.sort_by_key(|h| std::cmp::Reverse(h.at()));
    all.retain(|h| horizon.is_none_or(|horizon| h.at() >= horizon));
    all.truncate(TIMELINE_PAGE);
    all
}

fn cursor(happened: &Happened) -> Option<Cursor> {
    match happened {
        Happened::Record(record) => Cursor::at(record.received_at, record.id.as_str()),
        Happened::Item(waiting) => Cursor::at(waiting.item.received_at, waiting.item.id.as_str()),
        Happened::Incident(_) => None,
    }
}

/// How far a source was read: to its own end, to where it stopped, or to the last that was taken of it.
fn read_on<T: Clone>(
    before: &Read<T>,
    all_taken: bool,
    after: Option<T>,
    last: impl FnOnce() -> Option<T>,
) -> Read<T> {
    match (before, all_taken, after) {
        (Read::Whole, _, _) | (_, true, None) => Read::Whole,
        (_, true, Some(after)) => Read::UpTo(after),
        (before, false, _) => last().map_or_else(|| before.clone(), Read::UpTo),
    }
}
