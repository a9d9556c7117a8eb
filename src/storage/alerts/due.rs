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
use chrono::{DateTime, TimeDelta, Utc};

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

/// Alerts of which nobody hears, though they wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertsStuck {
    /// Their rows cannot be opened.
    pub unreadable: u64,
    /// Their school is not in the configuration any more.
    pub of_no_school: u64,
}

/// One of which nobody can be told is looked at again after this, and the others go before.
const PUT_OFF: TimeDelta = TimeDelta::minutes(10);
/// Looked through for those that are stuck.
const MOST_LOOKED_AT: i64 = 10_000;
/// Work of one turn; the rest comes with the next.
pub(super) const MOST: i64 = 200;
/// Only counted, of one school in one digest.
const MOST_COUNTED: i64 = 5_000;

impl Row {
    /// What is clear in it, for these people.
    pub(super) fn with(self, ladder: Vec<Vec<Address>>) -> Result<DueAlert, StoreError> {
        let (row, damaged) = (self, || StoreError::Damaged("an alert cannot be read".into()));
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
}

impl Store {
    pub(super) fn due_alert(&self, row: Row) -> Result<DueAlert, StoreError> {
        let Secret { ladder } = self.secrets()?.open(&place(&row.id), &row.sealed)?;
        row.with(ladder)
    }

    /// Those that can be read. One that cannot takes no other with it: it is said, and put off.
    pub(super) async fn readable(&self, rows: Vec<Row>) -> Result<Vec<DueAlert>, StoreError> {
        self.secrets()?;
        let mut readable = Vec::with_capacity(rows.len());
        for row in rows {
            let id = AlertId::stored(row.id.clone());
            match self.due_alert(row) {
                Ok(alert) => readable.push(alert),
                Err(error) => {
                    tracing::error!(alert = %id, %error, "alert.unreadable: nobody hears of it");
                    self.alert_put_off(&id).await?;
                }
            }
        }
        Ok(readable)
    }

    /// Nobody can be told of it now: it comes again in some minutes.
    pub async fn alert_put_off(&self, alert: &AlertId) -> Result<(), StoreError> {
        let alert = alert.clone();
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE alert SET next_at = $1 WHERE id = $2 AND state IN ('waiting', 'told', 'grouped')",
                )
                .bind(micros(tx.now + PUT_OFF))
                .bind(alert.as_str())
                .execute(&mut tx.conn)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// How many wait of which nobody hears, where these are the schools. Needs the working key.
    pub async fn alerts_stuck(&self, schools: &[SchoolId]) -> Result<AlertsStuck, StoreError> {
        self.secrets()?;
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT n, id, school, urgency, state, category, policy, number, item, transaction_id, received_at, made_at, rung, sealed
             FROM alert WHERE state IN ('waiting', 'told') ORDER BY n LIMIT $1",
        )
        .bind(MOST_LOOKED_AT)
        .fetch_all(&self.readers)
        .await?;
        let mut stuck = AlertsStuck::default();
        for row in rows {
            match self.due_alert(row) {
                Ok(alert) => stuck.of_no_school += u64::from(!schools.contains(&alert.school)),
                Err(_) => stuck.unreadable += 1,
            }
        }
        Ok(stuck)
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
        self.readable(rows).await
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
             AND next_at <= $3 ORDER BY n LIMIT $4",
        )
        .bind(school.to_string())
        .bind(micros(due_at))
        .bind(micros(self.now()))
        .bind(MOST)
        .fetch_all(&self.readers)
        .await?;
        let counted: Vec<Row> = sqlx::query_as(
            "SELECT n, id, school, urgency, state, category, policy, number, item, transaction_id, received_at, made_at, rung, sealed
             FROM alert WHERE state = 'grouped' AND school = $1 AND rung = 0 AND next_at <= $2 ORDER BY n LIMIT $3",
        )
        .bind(school.to_string())
        .bind(micros(self.now()))
        .bind(MOST_COUNTED)
        .fetch_all(&self.readers)
        .await?;
        Ok(DigestDue { waiting: self.readable(rows).await?, grouped: self.readable(counted).await? })
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

    /// Whom the alerts of this number may be told to, whether they were yet or not; empty without the
    /// working key.
    pub async fn alert_ladder(&self, number: &str) -> Result<Vec<Address>, StoreError> {
        let rows: Vec<(String, Vec<u8>)> =
            sqlx::query_as("SELECT id, sealed FROM alert WHERE number = $1 LIMIT 100")
                .bind(number)
                .fetch_all(&self.readers)
                .await?;
        let Ok(secrets) = self.secrets() else { return Ok(Vec::new()) };
        let opened = rows.iter().filter_map(|(id, sealed)| secrets.open::<Secret>(&place(id), sealed).ok());
        Ok(opened.flat_map(|secret| secret.ladder.into_iter().flatten()).collect())
    }

    /// Newest first, at most 1,000; unanswered ones unless `all`.
    pub async fn alerts(&self, all: bool) -> Result<Vec<AlertSummary>, StoreError> {
        self.alerts_where(all, "").await
    }

    /// The same of what a notice named by this number.
    pub async fn alerts_of(&self, number: &str, all: bool) -> Result<Vec<AlertSummary>, StoreError> {
        match number {
            "" => Ok(Vec::new()),
            number => self.alerts_where(all, number).await,
        }
    }

    /// Of every number when it is empty.
    async fn alerts_where(&self, all: bool, number: &str) -> Result<Vec<AlertSummary>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT n, id, school, urgency, state, category, policy, number, item, transaction_id, received_at, made_at, rung, sealed
             FROM alert WHERE (state IN ('waiting', 'told', 'grouped') OR ($1 = 1 AND state = 'answered'))
             AND ($2 = '' OR number = $2) ORDER BY n DESC LIMIT 1000",
        )
        .bind(i64::from(all))
        .bind(number)
        .fetch_all(&self.readers)
        .await?;
        let damaged = || StoreError::Damaged("an alert cannot be read".into());
        let summaries = rows.into_iter().map(|row| -> Result<AlertSummary, StoreError> {
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
        });
        let readable = summaries.filter_map(|summary| {
            summary.inspect_err(|error| tracing::error!(%error, "alert.unreadable: it is not listed")).ok()
        });
        Ok(readable.collect())
    }
}
