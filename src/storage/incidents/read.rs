//! Looking at incidents: lists without a key to their texts, particulars with one and a
//! ledger row before they are shown.

use super::{Entry, IncidentError, IncidentKind, IncidentOrigin, IncidentState, Part, Secret, Who, place};
use crate::{
    mail::SchoolId,
    ruleset::Category,
    storage::{
        database::{Sql, named, time},
        error::StoreError,
        ledger::{Actor, Event, LedgerEvent},
        names::IncidentId,
        purpose::Why,
        store::Store,
    },
};
use chrono::{DateTime, Utc};

#[derive(Clone, Debug, Default)]
pub struct IncidentFilter {
    pub school: Option<SchoolId>,
    pub kind: Option<IncidentKind>,
    /// Empty: proposed and open.
    pub states: Vec<IncidentState>,
    /// With this person in any part.
    pub with: Option<Who>,
    /// Only those made before this one, for paging: newest come first.
    pub before: Option<IncidentId>,
    /// At most so many, and never more than 1,000.
    pub limit: Option<u32>,
}

/// What can be seen without a key.
#[derive(Clone, Debug)]
pub struct IncidentSummary {
    pub id: IncidentId,
    pub school: SchoolId,
    pub kind: IncidentKind,
    pub state: IncidentState,
    pub origin: IncidentOrigin,
    pub category: Option<Category>,
    pub made_at: DateTime<Utc>,
    /// Random id of who opened it; `gate` for a proposal.
    pub made_by: String,
    pub ended_at: Option<DateTime<Utc>>,
    pub messages: u64,
}

#[derive(Clone, Debug)]
pub struct IncidentEntry {
    pub at: DateTime<Utc>,
    pub by: String,
    pub entry: Entry,
}

#[derive(Clone, Debug)]
pub struct IncidentPerson {
    pub who: Who,
    pub part: Part,
}

/// Something that belongs to it, and how its sender was proved.
#[derive(Clone, Debug)]
pub struct IncidentLink {
    /// `item`, `record`, `message`, `incident`.
    pub kind: String,
    pub target: String,
    pub at: DateTime<Utc>,
    /// "from X's account" is not "X wrote" (practice.md, A8); `None` where the log no longer has it.
    pub sender_proved: Option<bool>,
    /// The message's bytes are kept with it.
    pub has_bytes: bool,
}

pub struct Incident {
    pub summary: IncidentSummary,
    pub title: String,
    pub people: Vec<IncidentPerson>,
    pub links: Vec<IncidentLink>,
    pub entries: Vec<IncidentEntry>,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: String,
    school: String,
    kind: String,
    state: String,
    origin: String,
    category: Option<String>,
    made_at: i64,
    made_by: String,
    ended_at: Option<i64>,
    messages: i64,
}

pub(super) const COLUMNS: &str = "SELECT i.id, i.school, i.kind, i.state, i.origin, i.category, i.made_at, i.made_by,
    i.ended_at, (SELECT COUNT(*) FROM incident_link l WHERE l.incident = i.id AND l.kind = 'message') AS messages
    FROM incident i WHERE ";
const MOST: u32 = 1_000;

impl Row {
    pub(super) fn summary(self) -> Result<IncidentSummary, StoreError> {
        let damaged = || StoreError::Damaged(format!("incident {} cannot be read", self.id));
        let category = self.category.as_deref().map(str::parse).transpose().map_err(|()| damaged())?;
        Ok(IncidentSummary {
            school: SchoolId(self.school.into()),
            kind: named(IncidentKind::ALL, IncidentKind::name, &self.kind)?,
            state: named(IncidentState::ALL, IncidentState::name, &self.state)?,
            origin: named(IncidentOrigin::ALL, IncidentOrigin::name, &self.origin)?,
            category,
            made_at: time(self.made_at),
            made_by: self.made_by,
            ended_at: self.ended_at.map(time),
            messages: self.messages.unsigned_abs(),
            id: IncidentId::stored(self.id),
        })
    }
}

impl Store {
    /// Newest first.
    pub async fn incidents(&self, filter: &IncidentFilter) -> Result<Vec<IncidentSummary>, StoreError> {
        let mut sql = Sql::new(COLUMNS);
        let waiting = [IncidentState::Proposed, IncidentState::Open];
        let states: &[IncidentState] = if filter.states.is_empty() { &waiting } else { &filter.states };
        let shown = |s: &&IncidentState| {
            !matches!(s, IncidentState::Provisional | IncidentState::Dropped | IncidentState::Purged)
        };
        sql.push("i.state IN ").push_row(|list| {
            for state in states.iter().filter(shown) {
                list.bind(state.name());
            }
        });
        if let Some(school) = &filter.school {
            sql.push(" AND i.school = ").push_bind(school.to_string());
        }
        if let Some(kind) = filter.kind {
            sql.push(" AND i.kind = ").push_bind(kind.name());
        }
        if let Some(who) = &filter.with {
            sql.push(" AND i.id IN (SELECT incident FROM incident_person WHERE person_hash = ");
            sql.push_bind(self.secrets()?.who(who).to_vec()).push(")");
        }
        if let Some(before) = &filter.before {
            sql.push(" AND i.n < (SELECT n FROM incident WHERE id = ").push_bind(before.to_string());
            sql.push(")");
        }
        sql.push(" ORDER BY i.n DESC LIMIT ").push_bind(i64::from(filter.limit.unwrap_or(MOST).min(MOST)));
        let rows: Vec<Row> = sql.build_query_as().fetch_all(&self.readers).await?;
        rows.into_iter().map(Row::summary).collect()
    }

    pub async fn incident_summary(&self, id: &IncidentId) -> Result<IncidentSummary, IncidentError> {
        let mut sql = Sql::new(COLUMNS);
        sql.push("i.state NOT IN ('provisional', 'dropped', 'purged') AND i.id = ").push_bind(id.to_string());
        let row: Option<Row> =
            sql.build_query_as().fetch_optional(&self.readers).await.map_err(StoreError::from)?;
        Ok(row.ok_or_else(|| IncidentError::NotFound(id.clone()))?.summary()?)
    }

    /// A person's earlier incidents. Dismissed and malicious ones are no history
    /// (practice.md, A8), nor is having told of one.
    pub async fn incident_history(&self, who: &Who) -> Result<Vec<IncidentSummary>, StoreError> {
        let mut sql = Sql::new(COLUMNS);
        sql.push(
            "i.state IN ('open', 'closed') AND i.id IN (SELECT incident FROM incident_person WHERE part IN ",
        );
        sql.push("('affected', 'accused', 'author', 'recipient', 'forwarder') AND person_hash = ");
        sql.push_bind(self.secrets()?.who(who).to_vec()).push(") ORDER BY i.n DESC LIMIT ");
        sql.push_bind(i64::from(MOST));
        let rows: Vec<Row> = sql.build_query_as().fetch_all(&self.readers).await?;
        rows.into_iter().map(Row::summary).collect()
    }

    /// All of it; the ledger notes who looked and why before it is shown.
    pub async fn incident(
        &self,
        id: &IncidentId,
        actor: &Actor,
        why: impl Into<Why>,
    ) -> Result<Incident, IncidentError> {
        let summary = self.incident_summary(id).await?;
        let sealed: Vec<u8> = sqlx::query_scalar("SELECT sealed FROM incident WHERE id = $1")
            .bind(id.as_str())
            .fetch_one(&self.readers)
            .await
            .map_err(StoreError::from)?;
        let Secret { title } = self.secrets()?.open(&place(id), &sealed)?;
        let people = self.incident_people(id).await?;
        let links = self.links(id).await?;
        let entries = self.entries(id).await?;
        let event = LedgerEvent::new(Event::IncidentViewed)
            .school(&summary.school)
            .about(id.as_str())
            .looked(&why.into());
        self.ledger(actor, event).await?;
        Ok(Incident { summary, title, people, links, entries })
    }

    async fn entries(&self, id: &IncidentId) -> Result<Vec<IncidentEntry>, StoreError> {
        let rows: Vec<(i64, String, Vec<u8>)> = sqlx::query_as(
            "SELECT at, done_by, sealed FROM incident_entry WHERE incident = $1 ORDER BY n LIMIT 2100",
        )
        .bind(id.as_str())
        .fetch_all(&self.readers)
        .await?;
        let secrets = self.secrets()?;
        rows.into_iter()
            .map(|(at, by, sealed)| {
                let entry = secrets.open(&format!("{}/entry", place(id)), &sealed)?;
                Ok(IncidentEntry { at: time(at), by, entry })
            })
            .collect()
    }
}
