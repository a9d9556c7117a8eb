//! Incidents as they change: every change is a line of the timeline and a row of the ledger
//! in one commit.

use super::{
    Dismissal, Entry, Evidence, IncidentError, IncidentKind, IncidentOrigin, IncidentState, Link,
    MOST_ENTRIES, MOST_LETTERS, NewIncident, NewProposal, Part, Who,
};
use crate::{
    mail::{SchoolId, TransactionId},
    ruleset::Category,
    storage::{
        database::{micros, named},
        error::StoreError,
        jobs::Standing,
        ledger::{Actor, Event, LedgerEvent},
        names::{IncidentId, ObjectId},
        secrets::Secrets,
        store::Store,
        writer::Tx,
    },
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Proposals that are alike within this time are one: the second message joins the first.
const ALIKE: TimeDelta = TimeDelta::days(7);

/// What lies encrypted in an incident's own row.
#[derive(Serialize, Deserialize)]
pub(super) struct Secret {
    pub(super) title: String,
}

pub(super) fn place(id: &IncidentId) -> String {
    format!("incident/{id}")
}

impl Secrets {
    /// The keyed hash under which a person's incidents are found, whatever address was used.
    pub(in crate::storage) fn who(&self, who: &Who) -> [u8; 32] {
        match who {
            Who::Person(person) => self.hash("incident person", &[person.0.as_bytes()]),
            Who::Address(address) => self.hash("incident address", &[address.key().as_bytes()]),
        }
    }
}

/// A proposal ready to be written with its message.
pub(in crate::storage) struct ProposalRow {
    id: IncidentId,
    school: SchoolId,
    kind: IncidentKind,
    origin: IncidentOrigin,
    category: Option<Category>,
    alike: [u8; 32],
    sealed: Vec<u8>,
    people: Vec<PersonRow>,
    evidence: Evidence,
}

struct PersonRow {
    hash: [u8; 32],
    part: Part,
    sealed: Vec<u8>,
}

fn people(id: &IncidentId, people: &[(Who, Part)], secrets: &Secrets) -> Result<Vec<PersonRow>, StoreError> {
    let row = |(who, part): &(Who, Part)| {
        let hash = secrets.who(who);
        let sealed = secrets.seal(&format!("{}/person", place(id)), who)?;
        Ok(PersonRow { hash, part: *part, sealed })
    };
    people.iter().map(row).collect()
}

impl ProposalRow {
    pub(in crate::storage) fn prepare(new: NewProposal, secrets: &Secrets) -> Result<Self, StoreError> {
        let id = new.id.clone();
        let authors = new.people.iter().filter(|(_, part)| matches!(part, Part::Author | Part::Reporter));
        let mut parts: Vec<Vec<u8>> = authors.map(|(who, _)| secrets.who(who).to_vec()).collect();
        parts.sort_unstable();
        parts.push(new.title.clone().into_bytes());
        parts.push(new.school.to_string().into_bytes());
        parts.push(new.kind.name().as_bytes().to_vec());
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        Ok(Self {
            alike: secrets.hash("incident alike", &parts),
            sealed: secrets.seal(&place(&id), &Secret { title: new.title })?,
            people: people(&id, &new.people, secrets)?,
            school: new.school,
            kind: new.kind,
            origin: new.origin,
            category: new.category,
            evidence: new.evidence,
            id,
        })
    }

    pub(in crate::storage) fn wants_bytes(&self) -> bool {
        self.evidence == Evidence::Kept
    }
}

impl Tx {
    /// Writes a proposal, or adds the message to one like it that still waits. Reports are
    /// never merged: each is somebody's word.
    pub(in crate::storage) async fn insert_proposal(
        &mut self,
        row: &ProposalRow,
        object: Option<&ObjectId>,
        standing: Standing,
    ) -> Result<(), StoreError> {
        let transaction = standing.transaction();
        if row.origin == IncidentOrigin::Rule
            && let Some(id) = self.waits_alike(row).await?
        {
            if let Some(transaction) = transaction {
                self.link(&id, &Link::Message(transaction), None).await?;
            }
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO incident (id, school, kind, state, origin, category, made_at, made_by, settles_with,
             alike, sealed) VALUES ($1,$2,$3,$4,$5,$6,$7,'gate',$8,$9,$10)",
        )
        .bind(row.id.as_str())
        .bind(row.school.to_string())
        .bind(row.kind.name())
        .bind(standing.or(IncidentState::Proposed.name()))
        .bind(row.origin.name())
        .bind(row.category.map(Category::name))
        .bind(micros(self.now))
        .bind(transaction.map(|t| t.to_string()))
        .bind(&row.alike[..])
        .bind(&row.sealed)
        .execute(&mut self.conn)
        .await?;
        self.insert_people(&row.id, &row.people).await?;
        if let Some(transaction) = transaction {
            self.link(&row.id, &Link::Message(transaction), object.filter(|_| row.wants_bytes())).await?;
        }
        let mut event = LedgerEvent::new(Event::IncidentProposed)
            .school(&row.school)
            .about(row.id.as_str())
            .with("kind", row.kind.name())
            .with("origin", row.origin.name());
        event.transaction = transaction;
        self.append("gate", event).await.map(|_| ())
    }

    async fn waits_alike(&mut self, row: &ProposalRow) -> Result<Option<IncidentId>, StoreError> {
        let id: Option<String> = sqlx::query_scalar(
            "SELECT id FROM incident WHERE alike = $1 AND state = 'proposed' AND made_at > $2 ORDER BY n LIMIT 1",
        )
        .bind(&row.alike[..])
        .bind(micros(self.now - ALIKE))
        .fetch_optional(&mut self.conn)
        .await?;
        Ok(id.map(IncidentId::stored))
    }

    async fn insert_people(&mut self, id: &IncidentId, people: &[PersonRow]) -> Result<(), StoreError> {
        for person in people {
            sqlx::query(
                "INSERT INTO incident_person (incident, person_hash, part, sealed) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (incident, person_hash, part) DO NOTHING",
            )
            .bind(id.as_str())
            .bind(&person.hash[..])
            .bind(person.part.name())
            .bind(&person.sealed)
            .execute(&mut self.conn)
            .await?;
        }
        Ok(())
    }

    async fn link(
        &mut self,
        id: &IncidentId,
        link: &Link,
        object: Option<&ObjectId>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO incident_link (incident, kind, target, object, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (incident, kind, target) DO NOTHING",
        )
        .bind(id.as_str())
        .bind(link.kind())
        .bind(link.target())
        .bind(object.map(ObjectId::as_str))
        .bind(micros(self.now))
        .execute(&mut self.conn)
        .await?;
        Ok(())
    }

    /// The transaction's reply is out: its proposals count.
    pub(in crate::storage) async fn confirm_proposals(
        &mut self,
        transaction: &str,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE incident SET state = 'proposed' WHERE settles_with = $1 AND state = 'provisional'",
        )
        .bind(transaction)
        .execute(&mut self.conn)
        .await?;
        Ok(())
    }

    /// A retry's reply decides from now on.
    pub(in crate::storage) async fn take_proposals(
        &mut self,
        old: &str,
        new: &str,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE incident SET settles_with = $1 WHERE settles_with = $2 AND state = 'provisional'",
        )
        .bind(new)
        .bind(old)
        .execute(&mut self.conn)
        .await?;
        Ok(())
    }

    /// The state machine's one place: from which states `entry` may be written, and to which it leads.
    async fn step(&mut self, id: &IncidentId, entry: &Entry) -> Result<SchoolId, IncidentError> {
        let row: Option<(String, String)> =
            sqlx::query_as("SELECT state, school FROM incident WHERE id = $1")
                .bind(id.as_str())
                .fetch_optional(&mut self.conn)
                .await
                .map_err(StoreError::from)?;
        let (state, school) = row.ok_or_else(|| IncidentError::NotFound(id.clone()))?;
        let state = named(IncidentState::ALL, IncidentState::name, &state)?;
        if matches!(state, IncidentState::Provisional | IncidentState::Dropped) {
            return Err(IncidentError::NotFound(id.clone()));
        }
        let next = next(state, entry)?;
        if matches!(entry, Entry::Closed { .. }) && !self.parents_said(id).await? {
            return Err(IncidentError::ParentsNotSaid);
        }
        if next != state {
            let ended = matches!(next, IncidentState::Closed | IncidentState::Dismissed);
            sqlx::query("UPDATE incident SET state = $1, ended_at = $2 WHERE id = $3")
                .bind(next.name())
                .bind(ended.then(|| micros(self.now)))
                .bind(id.as_str())
                .execute(&mut self.conn)
                .await
                .map_err(StoreError::from)?;
        }
        Ok(SchoolId(school.into()))
    }

    async fn parents_said(&mut self, id: &IncidentId) -> Result<bool, StoreError> {
        let said: Option<i64> = sqlx::query_scalar(
            "SELECT n FROM incident_entry WHERE incident = $1 AND kind IN ('parents-told', 'parents-not-told') LIMIT 1",
        )
        .bind(id.as_str())
        .fetch_optional(&mut self.conn)
        .await?;
        Ok(said.is_some())
    }

    /// One line of the timeline, with the change of state that it makes, and the ledger's row.
    async fn write_entry(
        &mut self,
        id: &IncidentId,
        entry: &Entry,
        actor: &Actor,
    ) -> Result<(), IncidentError> {
        let school = self.step(id, entry).await?;
        let lines: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM incident_entry WHERE incident = $1")
            .bind(id.as_str())
            .fetch_one(&mut self.conn)
            .await
            .map_err(StoreError::from)?;
        // The last lines are for ending it.
        if lines >= MOST_ENTRIES && !matches!(entry, Entry::Closed { .. } | Entry::Dismissed { .. }) {
            return Err(IncidentError::Full);
        }
        let by = self.random_id(actor).await?;
        let sealed = self.shared.secrets()?.seal(&format!("{}/entry", place(id)), entry)?;
        sqlx::query(
            "INSERT INTO incident_entry (incident, at, done_by, kind, sealed) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(id.as_str())
        .bind(micros(self.now))
        .bind(&by)
        .bind(entry.name())
        .bind(sealed)
        .execute(&mut self.conn)
        .await
        .map_err(StoreError::from)?;
        let mut event = LedgerEvent::new(Event::IncidentChanged)
            .school(&school)
            .about(id.as_str())
            .with("what", entry.name());
        match entry {
            Entry::Referred { to, .. } => event = event.with("to", to.name()),
            Entry::Dismissed { why, .. } => event = event.with("why", why.name()),
            Entry::Named { part } => event = event.with("part", part.name()),
            _ => {}
        }
        self.append(&by, event).await?;
        Ok(())
    }
}

/// Which state a line leads to. Nothing is done about what nobody has opened, and what has
/// ended is opened again before it changes.
pub(super) fn next(state: IncidentState, entry: &Entry) -> Result<IncidentState, IncidentError> {
    use IncidentState as S;
    let not = |why| Err(IncidentError::State { state, why });
    match (state, entry) {
        (S::Proposed, Entry::Opened { .. }) => Ok(S::Open),
        (S::Proposed | S::Open, Entry::Dismissed { .. }) => Ok(S::Dismissed),
        (_, Entry::Opened { .. }) => not("only a proposal is opened"),
        (_, Entry::Dismissed { .. }) => not("what has ended is not dismissed"),
        (S::Open, Entry::Closed { .. }) => Ok(S::Closed),
        (_, Entry::Closed { .. }) => not("only an open one is closed"),
        (S::Closed | S::Dismissed, Entry::Reopened { .. }) => Ok(S::Open),
        (_, Entry::Reopened { .. }) => not("only what has ended is reopened"),
        // To look and to hand on change nothing.
        (_, Entry::HandedOver { .. } | Entry::Exported { .. }) | (S::Open, _) => Ok(state),
        (S::Proposed, _) => not("open it first; a proposal is no incident"),
        _ => not("reopen it first"),
    }
}

/// Texts of a line have an end.
fn check(entry: &Entry) -> Result<(), IncidentError> {
    let fits = |text: &str| (1..=MOST_LETTERS).contains(&text.trim().chars().count());
    let good = match entry {
        Entry::Note { text } | Entry::Action { text } | Entry::Dismissed { text, .. } => fits(text),
        Entry::Opened { why } | Entry::Reopened { why } | Entry::Exported { why } => fits(why),
        Entry::ParentsNotTold { why } | Entry::HandedOver { why, .. } => fits(why),
        Entry::Closed { outcome } => fits(outcome),
        Entry::ParentsTold { by, .. } => fits(by),
        Entry::Referred { reference, .. } => reference.chars().count() <= MOST_LETTERS,
        Entry::Linked { .. } | Entry::Named { .. } => true,
    };
    if good { Ok(()) } else { Err(IncidentError::Text) }
}

impl Store {
    /// A fresh name, so that a receipt can name it before it is kept.
    pub fn new_incident_id(&self) -> IncidentId {
        IncidentId::random(&self.shared.random)
    }

    /// Opens an incident in a person's own name.
    pub async fn incident_open(&self, new: NewIncident, actor: &Actor) -> Result<IncidentId, IncidentError> {
        let id = self.new_incident_id();
        let opened = Entry::Opened { why: new.why };
        check(&opened)?;
        let secrets = self.secrets()?;
        let sealed = secrets.seal(&place(&id), &Secret { title: new.title })?;
        let people = people(&id, &new.people, secrets)?;
        for link in &new.links {
            self.check_target(link).await?;
        }
        let (actor, named) = (actor.clone(), id.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                sqlx::query(
                    "INSERT INTO incident (id, school, kind, state, origin, made_at, made_by, sealed)
                     VALUES ($1, $2, $3, 'proposed', 'person', $4, $5, $6)",
                )
                .bind(named.as_str())
                .bind(new.school.to_string())
                .bind(new.kind.name())
                .bind(micros(tx.now))
                .bind(&by)
                .bind(sealed)
                .execute(&mut tx.conn)
                .await
                .map_err(StoreError::from)?;
                tx.insert_people(&named, &people).await?;
                for link in &new.links {
                    tx.link(&named, link, None).await?;
                }
                tx.write_entry(&named, &opened, &actor).await
            })
        })
        .await?;
        Ok(id)
    }

    /// Writes one line, with what it changes.
    pub async fn incident_write(
        &self,
        id: &IncidentId,
        entry: Entry,
        actor: &Actor,
    ) -> Result<(), IncidentError> {
        check(&entry)?;
        let (id, actor) = (id.clone(), actor.clone());
        self.write(move |tx| Box::pin(async move { tx.write_entry(&id, &entry, &actor).await })).await
    }

    /// Ends a proposal or an incident in which there is nothing.
    pub async fn incident_dismiss(
        &self,
        id: &IncidentId,
        why: Dismissal,
        text: String,
        actor: &Actor,
    ) -> Result<(), IncidentError> {
        self.incident_write(id, Entry::Dismissed { why, text }, actor).await
    }

    pub async fn incident_link(
        &self,
        id: &IncidentId,
        link: Link,
        actor: &Actor,
    ) -> Result<(), IncidentError> {
        self.check_target(&link).await?;
        let (id, actor) = (id.clone(), actor.clone());
        let entry = Entry::Linked { what: format!("{} {}", link.kind(), link.target()) };
        self.write(move |tx| {
            Box::pin(async move {
                tx.link(&id, &link, None).await?;
                tx.write_entry(&id, &entry, &actor).await
            })
        })
        .await
    }

    /// Names somebody's part in it. A machine's guess stays beside it until a person strikes it.
    pub async fn incident_name(
        &self,
        id: &IncidentId,
        who: Who,
        part: Part,
        actor: &Actor,
    ) -> Result<(), IncidentError> {
        let rows = people(id, &[(who, part)], self.secrets()?)?;
        let (id, actor) = (id.clone(), actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                tx.insert_people(&id, &rows).await?;
                tx.write_entry(&id, &Entry::Named { part }, &actor).await
            })
        })
        .await
    }

    async fn check_target(&self, link: &Link) -> Result<(), IncidentError> {
        let statement = match link {
            Link::Item(_) => {
                "SELECT COUNT(*) FROM item WHERE id = $1 AND state NOT IN ('provisional', 'dropped')"
            }
            Link::Record(_) => "SELECT COUNT(*) FROM record WHERE id = $1 AND state = 'kept'",
            Link::Message(_) => "SELECT COUNT(*) FROM message WHERE transaction_id = $1",
            Link::Incident(_) => {
                "SELECT COUNT(*) FROM incident WHERE id = $1 AND state NOT IN ('provisional', 'dropped')"
            }
        };
        let found: i64 = sqlx::query_scalar(statement)
            .bind(link.target())
            .fetch_one(&self.readers)
            .await
            .map_err(StoreError::from)?;
        match found {
            0 => Err(IncidentError::NoTarget { what: link.kind(), id: link.target() }),
            _ => Ok(()),
        }
    }

    /// The message of a transaction that a proposal speaks of, for the gate's own log.
    pub async fn incidents_of(&self, transaction: TransactionId) -> Result<Vec<IncidentId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT incident FROM incident_link WHERE kind = 'message' AND target = $1 ORDER BY incident",
        )
        .bind(transaction.to_string())
        .fetch_all(&self.readers)
        .await?;
        Ok(ids.into_iter().map(IncidentId::stored).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_state_is_skipped() {
        use IncidentState as S;
        let text = || "x".to_owned();
        let entries = [
            (Entry::Opened { why: text() }, vec![(S::Proposed, S::Open)]),
            (
                Entry::Dismissed { why: Dismissal::FalseAlarm, text: text() },
                vec![(S::Proposed, S::Dismissed), (S::Open, S::Dismissed)],
            ),
            (Entry::Closed { outcome: text() }, vec![(S::Open, S::Closed)]),
            (Entry::Reopened { why: text() }, vec![(S::Closed, S::Open), (S::Dismissed, S::Open)]),
            (Entry::Note { text: text() }, vec![(S::Open, S::Open)]),
            (Entry::Action { text: text() }, vec![(S::Open, S::Open)]),
            (
                Entry::HandedOver { to: text(), why: text() },
                [S::Proposed, S::Open, S::Closed, S::Dismissed].map(|s| (s, s)).to_vec(),
            ),
        ];
        for (entry, allowed) in entries {
            for state in [S::Proposed, S::Open, S::Closed, S::Dismissed] {
                let to = allowed.iter().find(|(from, _)| *from == state).map(|(_, to)| *to);
                assert_eq!(next(state, &entry).ok(), to, "{} from {}", entry.name(), state.name());
            }
        }
    }
}
