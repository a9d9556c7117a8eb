//! Alerts as they are read: what is due, what waits for a digest, what is listed.

use super::{
    AlertState, Urgency,
    keep::{Secret, place},
};
use crate::{
    mail::{Address, SchoolId},
    ruleset::Category,
    storage::{
        database::{micros, named, time},
        error::StoreError,
        names::AlertId,
        store::Store,
    },
};
use chrono::{DateTime, Utc};

/// An alert whose next step is due.
#[derive(Clone)]
pub struct DueAlert {
    pub id: AlertId,
    pub school: SchoolId,
    pub urgency: Urgency,
    pub category: Category,
    pub policy: Option<String>,
    pub number: String,
    /// The message itself went its way.
    pub delivered: bool,
    /// What it is about, for deciding who may still hear of it.
    pub item: Option<String>,
    pub transaction: String,
    /// In the order in which they were made.
    pub order: i64,
    pub received_at: DateTime<Utc>,
    /// Steps taken so far.
    pub rung: usize,
    pub ladder: Vec<Vec<Address>>,
}

/// A school's digest, with what waits for it, oldest first.
pub struct DigestDue {
    pub waiting: Vec<DueAlert>,
    /// Those since the last digest that are only counted.
    pub grouped: Vec<DueAlert>,
}

/// An alert as it is listed; no addresses.
#[derive(Clone, Debug)]
pub struct AlertSummary {
    pub id: AlertId,
    pub school: SchoolId,
    pub urgency: Urgency,
    pub state: AlertState,
    pub category: Category,
    pub number: String,
    /// What it is about, for deciding for whom it is there.
    pub item: Option<String>,
    pub transaction: String,
    pub made_at: DateTime<Utc>,
    pub rung: u64,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    n: i64,
    id: String,
    school: String,
    urgency: String,
    state: String,
    category: String,
    policy: Option<String>,
    number: String,
    item: Option<String>,
    transaction_id: String,
    received_at: i64,
    made_at: i64,
    rung: i64,
    sealed: Vec<u8>,
}

/// Work of one turn; the rest comes with the next.
pub(super) const MOST: i64 = 200;
/// Only counted, of one school in one digest.
const MOST_COUNTED: i64 = 5_000;

impl Store {
    pub(super) fn due_alert(&self, row: Row) -> Result<DueAlert, StoreError> {
        let damaged = || StoreError::Damaged("an alert cannot be read".into());
        let Secret { ladder } = self.secrets()?.open(&place(&row.id), &row.sealed)?;
        Ok(DueAlert {
            school: SchoolId(row.school.into()),
            urgency: named(&Urgency::ALL, Urgency::name, &row.urgency)?,
            category: row.category.parse().map_err(|()| damaged())?,
            policy: row.policy,
            number: row.number,
            delivered: row.item.is_none(),
            item: row.item,
            transaction: row.transaction_id,
            order: row.n,
            received_at: time(row.received_at),
            rung: usize::try_from(row.rung).unwrap_or(0),
            ladder,
            id: AlertId::stored(row.id),
        })
    }

    /// Urgent alerts whose next step is due and that nobody has answered, oldest first.
    pub async fn alerts_due(&self) -> Result<Vec<DueAlert>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT n, id, school, urgency, state, category, policy, number, item, transaction_id, received_at, made_at, rung, sealed
             FROM alert WHERE state IN ('waiting', 'told') AND urgency = 'urgent' AND next_at <= $1
             ORDER BY next_at LIMIT $2",
        )
        .bind(micros(self.now()))
        .bind(MOST)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(|row| self.due_alert(row)).collect()
    }

    /// What waits for a school's digest of `due_at` (or, at once, for now).
    pub async fn alerts_waiting(
        &self,
        school: &SchoolId,
        due_at: DateTime<Utc>,
    ) -> Result<DigestDue, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT n, id, school, urgency, state, category, policy, number, item, transaction_id, received_at, made_at, rung, sealed
             FROM alert WHERE state = 'waiting' AND urgency = 'ordinary' AND school = $1 AND made_at <= $2
             ORDER BY n LIMIT $3",
        )
        .bind(school.to_string())
        .bind(micros(due_at))
        .bind(MOST)
        .fetch_all(&self.readers)
        .await?;
        let counted: Vec<Row> = sqlx::query_as(
            "SELECT n, id, school, urgency, state, category, policy, number, item, transaction_id, received_at, made_at, rung, sealed
             FROM alert WHERE state = 'grouped' AND school = $1 AND rung = 0 ORDER BY n LIMIT $2",
        )
        .bind(school.to_string())
        .bind(MOST_COUNTED)
        .fetch_all(&self.readers)
        .await?;
        let read = |rows: Vec<Row>| rows.into_iter().map(|row| self.due_alert(row)).collect::<Result<_, _>>();
        Ok(DigestDue { waiting: read(rows)?, grouped: read(counted)? })
    }

    /// Schools for which ordinary alerts wait or were counted.
    pub async fn schools_with_alerts(&self) -> Result<Vec<SchoolId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT school FROM alert WHERE urgency = 'ordinary'
             AND (state = 'waiting' OR (state = 'grouped' AND rung = 0)) LIMIT 10000",
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(ids.into_iter().map(|s| SchoolId(s.into())).collect())
    }

    /// How many ordinary alerts an officer was told of since `since`.
    pub async fn alerts_told(&self, officer: &Address, since: DateTime<Utc>) -> Result<usize, StoreError> {
        let hash = self.secrets()?.address(officer);
        let count: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM alert_told t JOIN alert a ON a.id = t.alert
             WHERE t.address_hash = $1 AND t.at >= $2 AND a.urgency = 'ordinary'",
        )
        .bind(&hash[..])
        .bind(micros(since))
        .fetch_one(&self.readers)
        .await?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// How many wait for an answer, by urgency.
    pub async fn alerts_open(&self) -> Result<Vec<(Urgency, u64)>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT urgency, COUNT(*) FROM alert WHERE state IN ('waiting', 'told') GROUP BY urgency",
        )
        .fetch_all(&self.readers)
        .await?;
        let of = |urgency: Urgency| {
            let row = rows.iter().find(|(name, _)| *name == urgency.name());
            (urgency, row.map_or(0, |(_, count)| count.unsigned_abs()))
        };
        Ok(Urgency::ALL.map(of).to_vec())
    }

    /// Newest first, at most 1,000; unanswered ones unless `all`.
    pub async fn alerts(&self, all: bool) -> Result<Vec<AlertSummary>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT n, id, school, urgency, state, category, policy, number, item, transaction_id, received_at, made_at, rung, sealed
             FROM alert WHERE state IN ('waiting', 'told', 'grouped') OR ($1 = 1 AND state = 'answered')
             ORDER BY n DESC LIMIT 1000",
        )
        .bind(i64::from(all))
        .fetch_all(&self.readers)
        .await?;
        let damaged = || StoreError::Damaged("an alert cannot be read".into());
        rows.into_iter()
            .map(|row| {
                Ok(AlertSummary {
                    school: SchoolId(row.school.into()),
                    urgency: named(&Urgency::ALL, Urgency::name, &row.urgency)?,
                    state: named(&AlertState::ALL, AlertState::name, &row.state)?,
                    category: row.category.parse().map_err(|()| damaged())?,
                    number: row.number,
                    item: row.item,
                    transaction: row.transaction_id,
                    made_at: time(row.made_at),
                    rung: row.rung.unsigned_abs(),
                    id: AlertId::stored(row.id),
                })
            })
            .collect()
    }
}
