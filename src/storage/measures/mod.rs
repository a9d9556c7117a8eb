//! Exceptions and suspensions as they are kept: asked for by one person, approved or
//! refused by another, ended by time or by hand. What the gate holds to is
//! [`Store::measures_in_force`]; who may ask and approve is for the caller.

mod model;

pub use model::{Act, Approval, KeptMeasure, Measure, MeasureError, MeasureKind, MeasureState, NewMeasure};

use super::{
    clock::ClockState,
    database::{Sql, micros, named, time},
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    names::MeasureId,
    store::Store,
    writer::Tx,
};
use crate::mail::{Exception, Measures, Period, SchoolId, Suspension};
use chrono::{DateTime, TimeDelta, Utc};
use model::{MOST_DAYS, MOST_LETTERS};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Every message's sender is held against all of them.
const MOST: i64 = 1_000;
/// Numbers that are asked for in one statement.
const AT_ONCE: usize = 500;

/// How far a suspension reaches while nobody knows the time; the gate reads them anew every minute.
const WHILE_DOUBTED: TimeDelta = TimeDelta::days(1);

/// What lies encrypted in a row.
#[derive(Serialize, Deserialize)]
struct Secret {
    measure: Measure,
    reason: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    state: String,
    school: String,
    from_at: i64,
    until_at: i64,
    asked_at: i64,
    asked_by: String,
    decided_at: Option<i64>,
    decided_by: Option<String>,
    ended_at: Option<i64>,
    ended_by: Option<String>,
    sealed: Vec<u8>,
}

const COLUMNS: &str =
    "SELECT id, state, school, from_at, until_at, asked_at, asked_by, decided_at, decided_by,
    ended_at, ended_by, sealed FROM measure";

fn place(id: &str) -> String {
    format!("measure/{id}")
}

impl Store {
    /// Asks for it; it has no effect before somebody else approves.
    pub async fn measure_ask(&self, new: NewMeasure, actor: &Actor) -> Result<MeasureId, MeasureError> {
        check(&new, self.now())?;
        let id = MeasureId::random(&self.shared.random);
        let kind = new.measure.kind();
        let secret = Secret { measure: new.measure, reason: new.reason.clone() };
        let sealed = self.secrets()?.seal(&place(id.as_str()), &secret)?;
        let (actor, named) = (actor.clone(), id.clone());
        self.write(move |tx| {
            Box::pin(async move {
                if tx.open_measures().await? >= MOST {
                    return Err(MeasureError::TooMany);
                }
                let by = tx.random_id(&actor).await?;
                sqlx::query(
                    "INSERT INTO measure (id, kind, state, school, from_at, until_at, asked_at, asked_by, sealed)
                     VALUES ($1, $2, 'asked', $3, $4, $5, $6, $7, $8)",
                )
                .bind(named.as_str())
                .bind(kind.name())
                .bind(new.school.to_string())
                .bind(micros(new.period.from))
                .bind(micros(new.period.until))
                .bind(micros(tx.now))
                .bind(&by)
                .bind(sealed)
                .execute(&mut tx.conn)
                .await
                .map_err(StoreError::from)?;
                let event = LedgerEvent::new(Event::MeasureAsked)
                    .school(&new.school)
                    .about(named.as_str())
                    .with("kind", kind.name())
                    .because(Some(new.reason));
                tx.append(&by, event).await?;
                Ok(())
            })
        })
        .await?;
        Ok(id)
    }

    /// Another person's yes or no.
    pub async fn measure_decide(
        &self,
        id: &MeasureId,
        approve: Approval,
        actor: &Actor,
        reason: &str,
    ) -> Result<(), MeasureError> {
        let (id, actor, reason) = (id.clone(), actor.clone(), reason.to_owned());
        let (state, event) = match approve {
            Approval::Yes => (MeasureState::Approved, Event::MeasureApproved),
            Approval::No => (MeasureState::Refused, Event::MeasureRefused),
        };
        self.write(move |tx| {
            Box::pin(async move {
                let (was, school, asked_by) = tx.measure(&id).await?;
                let by = tx.random_id(&actor).await?;
                match was {
                    MeasureState::Asked if approve == Approval::Yes => {
                        if by == asked_by {
                            return Err(MeasureError::OwnRequest);
                        }
                        if !tx.is_known(&asked_by).await? {
                            return Err(MeasureError::Forgotten);
                        }
                    }
                    MeasureState::Asked => {}
                    decided => return Err(MeasureError::Decided(decided)),
                }
                sqlx::query("UPDATE measure SET state = $1, decided_at = $2, decided_by = $3 WHERE id = $4")
                    .bind(state.name())
                    .bind(micros(tx.now))
                    .bind(&by)
                    .bind(id.as_str())
                    .execute(&mut tx.conn)
                    .await
                    .map_err(StoreError::from)?;
                let event = LedgerEvent::new(event).school(&school).about(id.as_str()).because(Some(reason));
                tx.append(&by, event).await?;
                Ok(())
            })
        })
        .await
    }

    /// Ends it before its time, or takes a request back.
    pub async fn measure_end(&self, id: &MeasureId, actor: &Actor, reason: &str) -> Result<(), MeasureError> {
        let (id, actor, reason) = (id.clone(), actor.clone(), reason.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let (was, school, _) = tx.measure(&id).await?;
                if !matches!(was, MeasureState::Asked | MeasureState::Approved) {
                    return Err(MeasureError::Decided(was));
                }
                let by = tx.random_id(&actor).await?;
                sqlx::query("UPDATE measure SET state = 'ended', ended_at = $1, ended_by = $2 WHERE id = $3")
                    .bind(micros(tx.now))
                    .bind(&by)
                    .bind(id.as_str())
                    .execute(&mut tx.conn)
                    .await
                    .map_err(StoreError::from)?;
                let event = LedgerEvent::new(Event::MeasureEnded)
                    .school(&school)
                    .about(id.as_str())
                    .because(Some(reason));
                tx.append(&by, event).await?;
                Ok(())
            })
        })
        .await
    }

    /// Newest first, at most 1,000.
    pub async fn measures(&self, kind: MeasureKind) -> Result<Vec<KeptMeasure>, StoreError> {
        let mut sql = Sql::new(COLUMNS);
        sql.push(" WHERE kind = ").push_bind(kind.name());
        sql.push(" ORDER BY asked_at DESC, id LIMIT ").push_bind(MOST);
        let rows: Vec<Row> = sql.build_query_as().fetch_all(&self.readers).await?;
        rows.into_iter().map(|row| self.read_measure(row)).collect()
    }

    pub async fn measure(&self, id: &MeasureId) -> Result<KeptMeasure, StoreError> {
        let mut sql = Sql::new(COLUMNS);
        sql.push(" WHERE id = ").push_bind(id.to_string());
        let row: Option<Row> = sql.build_query_as().fetch_optional(&self.readers).await?;
        let missing = || StoreError::NotFound { what: "exception or suspension", id: id.to_string() };
        self.read_measure(row.ok_or_else(missing)?)
    }

    /// Those that these subjects of the ledger are.
    pub async fn measures_among(&self, subjects: &[String]) -> Result<Vec<KeptMeasure>, StoreError> {
        let ids: Vec<MeasureId> = subjects.iter().filter_map(|subject| subject.parse().ok()).collect();
        let mut found = Vec::new();
        for some in ids.chunks(AT_ONCE) {
            let mut sql = Sql::new(COLUMNS);
            sql.push(" WHERE id IN ").push_row(|list| {
                for id in some {
                    list.bind(id.to_string());
                }
            });
            let rows: Vec<Row> = sql.build_query_as().fetch_all(&self.readers).await?;
            for row in rows {
                found.push(self.read_measure(row)?);
            }
        }
        Ok(found)
    }

    /// What the gate holds to from now on: approved and not yet over. Those that begin later
    /// are among them; each message's own time decides. While the clock is doubted, a suspension
    /// whose end was not reached when it was last sure goes on: a leap gives nobody their mail back.
    pub async fn measures_in_force(&self) -> Result<Measures, StoreError> {
        let now = self.now();
        let (sure, at_least) = match self.clock_state().await? {
            ClockState::Believed => (now, None),
            ClockState::Doubted { sure, .. } => (sure, Some(now + WHILE_DOUBTED)),
        };
        let mut sql = Sql::new(COLUMNS);
        sql.push(" WHERE state = 'approved' AND until_at > ").push_bind(micros(sure));
        sql.push(" ORDER BY until_at LIMIT ").push_bind(MOST);
        let rows: Vec<Row> = sql.build_query_as().fetch_all(&self.readers).await?;
        let mut all = Measures { observing: self.observing_in_force().await?, ..Measures::default() };
        for row in rows {
            let KeptMeasure { id, school, measure, period, .. } = self.read_measure(row)?;
            let id: Arc<str> = id.as_str().into();
            match measure {
                Measure::Exception { covers, rules } => {
                    all.exceptions.push(Exception { id, school, covers, rules, period });
                }
                Measure::Suspension { person } => {
                    let until = at_least.map_or(period.until, |least| period.until.max(least));
                    let period = Period { until, ..period };
                    all.suspensions.push(Suspension { id, school, person, period });
                }
            }
        }
        Ok(all)
    }

    fn read_measure(&self, row: Row) -> Result<KeptMeasure, StoreError> {
        let Secret { measure, reason } = self.secrets()?.open(&place(&row.id), &row.sealed)?;
        let act = |by: Option<String>, at: Option<i64>| by.zip(at).map(|(by, at)| Act { by, at: time(at) });
        Ok(KeptMeasure {
            id: MeasureId::stored(row.id),
            school: SchoolId(row.school.into()),
            state: named(&MeasureState::ALL, MeasureState::name, &row.state)?,
            measure,
            period: Period { from: time(row.from_at), until: time(row.until_at) },
            reason,
            asked: Act { by: row.asked_by, at: time(row.asked_at) },
            decided: act(row.decided_by, row.decided_at),
            ended: act(row.ended_by, row.ended_at),
        })
    }
}

fn check(new: &NewMeasure, now: DateTime<Utc>) -> Result<(), MeasureError> {
    let Period { from, until } = new.period;
    if until <= from || until <= now {
        return Err(MeasureError::Backwards);
    }
    if until - from > TimeDelta::days(MOST_DAYS) {
        return Err(MeasureError::TooLong);
    }
    if !(3..=MOST_LETTERS).contains(&new.reason.trim().chars().count()) {
        return Err(MeasureError::Reason);
    }
    Ok(())
}

impl Tx {
    async fn open_measures(&mut self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT COUNT(*) FROM measure WHERE state IN ('asked', 'approved') AND until_at > $1",
        )
        .bind(micros(self.now))
        .fetch_one(&mut self.conn)
        .await?)
    }

    async fn measure(&mut self, id: &MeasureId) -> Result<(MeasureState, SchoolId, String), MeasureError> {
        let row: Option<(String, String, String)> =
            sqlx::query_as("SELECT state, school, asked_by FROM measure WHERE id = $1")
                .bind(id.as_str())
                .fetch_optional(&mut self.conn)
                .await
                .map_err(StoreError::from)?;
        let (state, school, asked_by) = row.ok_or_else(|| MeasureError::NotFound(id.clone()))?;
        Ok((named(&MeasureState::ALL, MeasureState::name, &state)?, SchoolId(school.into()), asked_by))
    }
}
