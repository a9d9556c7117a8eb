//! The timeline: every change is a line of it and a row of the ledger in one commit, and no
//! state can be skipped.

use super::{Dismissal, Entry, IncidentError, IncidentState, MOST_ENTRIES, MOST_LETTERS, Part, place};
use crate::{
    mail::SchoolId,
    storage::{
        cannot::Cannot,
        database::{micros, named},
        error::StoreError,
        ledger::{Actor, Event, LedgerEvent},
        names::IncidentId,
        store::Store,
        writer::Tx,
    },
};

impl Store {
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
}

impl Tx {
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
        if matches!(state, IncidentState::Provisional | IncidentState::Dropped | IncidentState::Purged) {
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
    pub(super) async fn write_entry(
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
            Entry::Named { part, .. } | Entry::Struck { part, .. } => event = event.with("part", part.name()),
            Entry::Moved { to } => event = event.with("to", to.name()),
            Entry::HandedOver { to, .. } => {
                let unread = if self.has_looked_into(id, &by).await? { "no" } else { "yes" };
                event = event.with("to", to.clone()).with("unread", unread);
            }
            _ => {}
        }
        self.append(&by, event).await?;
        Ok(())
    }
}

/// Which state a line leads to. Nothing is done about what nobody has opened, and what has
/// ended is opened again before it changes.
fn next(state: IncidentState, entry: &Entry) -> Result<IncidentState, IncidentError> {
    use IncidentState as S;
    let not = |why| Err(IncidentError::State { state, why });
    match (state, entry) {
        (S::Proposed, Entry::Opened { .. }) => Ok(S::Open),
        (S::Proposed | S::Open, Entry::Dismissed { .. }) => Ok(S::Dismissed),
        (_, Entry::Opened { .. }) => not(Cannot::IncidentOpened),
        (_, Entry::Dismissed { .. }) => not(Cannot::IncidentEnded),
        (S::Open, Entry::Closed { .. }) => Ok(S::Closed),
        (_, Entry::Closed { .. }) => not(Cannot::IncidentNotOpen),
        (S::Closed | S::Dismissed, Entry::Reopened { .. }) => Ok(S::Open),
        (_, Entry::Reopened { .. }) => not(Cannot::IncidentNotEnded),
        // To look, to hand on and to say who is accused does not wait for its being opened.
        (_, Entry::HandedOver { .. } | Entry::Exported { .. } | Entry::Moved { .. }) => Ok(state),
        (_, Entry::Struck { .. })
        | (S::Proposed, Entry::Named { part: Part::Accused, .. })
        | (S::Open, _) => Ok(state),
        (S::Proposed, _) => not(Cannot::IncidentProposed),
        _ => not(Cannot::IncidentReopenFirst),
    }
}

/// Texts of a line have an end.
pub(super) fn check(entry: &Entry) -> Result<(), IncidentError> {
    let fits = |text: &str| (1..=MOST_LETTERS).contains(&text.trim().chars().count());
    let good = match entry {
        Entry::Note { text } | Entry::Action { text } | Entry::Dismissed { text, .. } => fits(text),
        Entry::Opened { why } | Entry::Reopened { why } | Entry::Exported { why } => fits(why),
        Entry::ParentsNotTold { why } | Entry::HandedOver { why, .. } => fits(why),
        Entry::Closed { outcome } => fits(outcome),
        Entry::ParentsTold { by, .. } => fits(by),
        Entry::Referred { reference, .. } => reference.chars().count() <= MOST_LETTERS,
        Entry::Struck { why, .. } => fits(why),
        Entry::Named { why, .. } => why.chars().count() <= MOST_LETTERS,
        Entry::Linked { .. } | Entry::Moved { .. } => true,
    };
    if good { Ok(()) } else { Err(IncidentError::Text) }
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
            (
                Entry::Named { part: Part::Accused, why: text() },
                vec![(S::Proposed, S::Proposed), (S::Open, S::Open)],
            ),
            (Entry::Named { part: Part::Witness, why: text() }, vec![(S::Open, S::Open)]),
            (
                Entry::Struck { part: Part::Accused, why: text() },
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
