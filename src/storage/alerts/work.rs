//! Alerts at work: what is due, what was told, what was answered. A step and the mail that
//! it writes are one commit, so that a kill repeats nothing and loses nothing.

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
        jobs::{Standing, own_objects},
        ledger::{Actor, Event, LedgerEvent},
        names::AlertId,
        outbox::NewOutbox,
        store::Store,
        writer::{Tx, Unwritten},
    },
};
use chrono::{DateTime, Utc};
use std::time::Duration;

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
    pub received_at: DateTime<Utc>,
    /// Steps taken so far.
    pub rung: usize,
    pub ladder: Vec<Vec<Address>>,
}

/// What was done for an alert in one step.
pub struct Told {
    pub alert: AlertId,
    pub to: Vec<Address>,
    /// When the next office is asked; `None`: nobody else is.
    pub next_at: Option<DateTime<Utc>>,
    pub state: AlertState,
}

/// A school's digest, with what waits for it, oldest first.
pub struct DigestDue {
    pub waiting: Vec<DueAlert>,
    /// Since the last digest: how many were only counted, by category.
    pub grouped: Vec<(Category, u64)>,
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
    pub made_at: DateTime<Utc>,
    pub rung: u64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    school: String,
    urgency: String,
    state: String,
    category: String,
    policy: Option<String>,
    number: String,
    item: Option<String>,
    received_at: i64,
    made_at: i64,
    rung: i64,
    sealed: Vec<u8>,
}

/// Work of one turn; the rest comes with the next.
const MOST: i64 = 200;

impl Store {
    fn due_alert(&self, row: Row) -> Result<DueAlert, StoreError> {
        let damaged = || StoreError::Damaged("an alert cannot be read".into());
        let Secret { ladder } = self.secrets()?.open(&place(&row.id), &row.sealed)?;
        Ok(DueAlert {
            school: SchoolId(row.school.into()),
            urgency: named(&Urgency::ALL, Urgency::name, &row.urgency)?,
            category: row.category.parse().map_err(|()| damaged())?,
            policy: row.policy,
            number: row.number,
            delivered: row.item.is_none(),
            received_at: time(row.received_at),
            rung: usize::try_from(row.rung).unwrap_or(0),
            ladder,
            id: AlertId::stored(row.id),
        })
    }

    /// Urgent alerts whose next step is due and that nobody has answered, oldest first.
    pub async fn alerts_due(&self) -> Result<Vec<DueAlert>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, school, urgency, state, category, policy, number, item, received_at, made_at, rung, sealed
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
            "SELECT id, school, urgency, state, category, policy, number, item, received_at, made_at, rung, sealed
             FROM alert WHERE state = 'waiting' AND urgency = 'ordinary' AND school = $1 AND made_at <= $2
             ORDER BY n LIMIT $3",
        )
        .bind(school.to_string())
        .bind(micros(due_at))
        .bind(MOST)
        .fetch_all(&self.readers)
        .await?;
        let counts: Vec<(String, i64)> = sqlx::query_as(
            "SELECT category, COUNT(*) FROM alert WHERE state = 'grouped' AND school = $1 AND rung = 0
             GROUP BY category ORDER BY category",
        )
        .bind(school.to_string())
        .fetch_all(&self.readers)
        .await?;
        let damaged = || StoreError::Damaged("an alert cannot be read".into());
        let count = |(name, n): (String, i64)| Ok((name.parse().map_err(|()| damaged())?, n.unsigned_abs()));
        Ok(DigestDue {
            waiting: rows.into_iter().map(|row| self.due_alert(row)).collect::<Result<_, _>>()?,
            grouped: counts.into_iter().map(count).collect::<Result<_, StoreError>>()?,
        })
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

    /// One step of an urgent alert: the mail, who was told, and when the next step is due.
    /// `false` when somebody has answered or another node was quicker.
    pub async fn alert_step(
        &self,
        due: &DueAlert,
        told: Told,
        mail: Vec<NewOutbox>,
    ) -> Result<bool, StoreError> {
        let hashes = self.hashes(&told.to)?;
        let rung = due.rung as i64;
        self.write_mail(mail, move |tx| {
            Box::pin(async move {
                let changed = sqlx::query(
                    "UPDATE alert SET state = $1, rung = rung + 1, next_at = $2
                     WHERE id = $3 AND rung = $4 AND state IN ('waiting', 'told')",
                )
                .bind(told.state.name())
                .bind(told.next_at.map_or(i64::MAX, micros))
                .bind(told.alert.as_str())
                .bind(rung)
                .execute(&mut tx.conn)
                .await?;
                if changed.rows_affected() == 0 {
                    return Ok(false);
                }
                tx.note_told(&told.alert, &hashes).await?;
                let event = LedgerEvent::new(Event::AlertTold)
                    .about(told.alert.as_str())
                    .with("step", rung + 1)
                    .with("people", hashes.len() as i64);
                tx.append("gate", event).await?;
                Ok(true)
            })
        })
        .await
    }

    /// A digest, once among all nodes: what it tells, what it only counts, which rules step
    /// down until `until`. `false` when it was written already.
    pub async fn digest_written(
        &self,
        (school, due_at): (&SchoolId, DateTime<Utc>),
        told: Vec<Told>,
        step_down: (Vec<String>, DateTime<Utc>),
        mail: Vec<NewOutbox>,
    ) -> Result<bool, StoreError> {
        let mut rows = Vec::with_capacity(told.len());
        for told in told {
            rows.push((self.hashes(&told.to)?, told));
        }
        let school = school.clone();
        self.write_mail(mail, move |tx| {
            Box::pin(async move {
                if !tx.all_wait(&rows).await? {
                    return Ok(false);
                }
                let new = sqlx::query("INSERT INTO digest (school, due_at) VALUES ($1, $2) ON CONFLICT (school, due_at) DO NOTHING")
                    .bind(school.to_string())
                    .bind(micros(due_at))
                    .execute(&mut tx.conn)
                    .await?;
                if new.rows_affected() == 0 {
                    return Ok(false);
                }
                tx.digest(&school, rows, step_down).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Mail and a change in one commit; the objects of mail that is not written are forgotten.
    async fn write_mail(
        &self,
        mail: Vec<NewOutbox>,
        change: impl for<'t> FnOnce(&'t mut Tx) -> crate::mail::Waiting<'t, Result<bool, StoreError>>
        + Send
        + 'static,
    ) -> Result<bool, StoreError> {
        let jobs = self.prepare_jobs(mail, None, None).await?;
        let objects = own_objects(&jobs);
        let written = self.write_or_tell(move |tx| {
            Box::pin(async move {
                if !change(tx).await? {
                    return Ok(false);
                }
                for job in &jobs {
                    tx.insert_job(job, Standing::Final(None)).await?;
                }
                Ok::<_, StoreError>(true)
            })
        });
        match written.await {
            Ok(true) => Ok(true),
            Ok(false) => {
                self.forget_objects(&objects).await;
                Ok(false)
            }
            Err(Unwritten::Refused(e)) => {
                self.forget_objects(&objects).await;
                Err(e)
            }
            Err(unsure) => Err(unsure.into_error()),
        }
    }

    fn hashes(&self, addresses: &[Address]) -> Result<Vec<[u8; 32]>, StoreError> {
        let secrets = self.secrets()?;
        Ok(addresses.iter().map(|a| secrets.address(a)).collect())
    }

    /// Alerts that somebody has answered by looking or deciding need no further step.
    pub async fn alerts_settle(&self) -> Result<u64, StoreError> {
        let open: Option<i64> =
            sqlx::query_scalar("SELECT n FROM alert WHERE state IN ('waiting', 'told') LIMIT 1")
                .fetch_optional(&self.readers)
                .await?;
        if open.is_none() {
            return Ok(0);
        }
        self.write(move |tx| Box::pin(async move { tx.settle_alerts().await })).await
    }

    /// Somebody says: I have it.
    pub async fn alert_answer(&self, number: &str, actor: &Actor) -> Result<u64, StoreError> {
        let (number, actor) = (number.to_owned(), actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                let ids: Vec<String> = sqlx::query_scalar(
                    "UPDATE alert SET state = 'answered', answered_at = $1, answered_by = $2
                     WHERE number = $3 AND state IN ('waiting', 'told', 'grouped') RETURNING id",
                )
                .bind(micros(tx.now))
                .bind(&by)
                .bind(&number)
                .fetch_all(&mut tx.conn)
                .await?;
                for id in &ids {
                    tx.append(&by, LedgerEvent::new(Event::AlertAnswered).about(id.as_str())).await?;
                }
                Ok(ids.len() as u64)
            })
        })
        .await
    }

    /// Urgent alerts for which the alarm has not gone off yet, oldest first.
    pub async fn alarms_due(&self) -> Result<Vec<DueAlert>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, school, urgency, state, category, policy, number, item, received_at, made_at, rung, sealed
             FROM alert WHERE state IN ('waiting', 'told') AND urgency = 'urgent' AND alarmed_at IS NULL
             ORDER BY n LIMIT $1",
        )
        .bind(MOST)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(|row| self.due_alert(row)).collect()
    }

    /// The alarm was given, by this way.
    pub async fn alarmed(&self, alert: &AlertId, ways: i64) -> Result<(), StoreError> {
        let alert = alert.clone();
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("UPDATE alert SET alarmed_at = $1 WHERE id = $2")
                    .bind(micros(tx.now))
                    .bind(alert.as_str())
                    .execute(&mut tx.conn)
                    .await?;
                let event = LedgerEvent::new(Event::AlarmGiven).about(alert.as_str()).with("ways", ways);
                tx.append("gate", event).await.map(|_| ())
            })
        })
        .await
    }

    /// Newest first, at most 1,000; unanswered ones unless `all`.
    pub async fn alerts(&self, all: bool) -> Result<Vec<AlertSummary>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, school, urgency, state, category, policy, number, item, received_at, made_at, rung, sealed
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
                    made_at: time(row.made_at),
                    rung: row.rung.unsigned_abs(),
                    id: AlertId::stored(row.id),
                })
            })
            .collect()
    }

    /// Resolves when this process has made an alert, or `at_most` is over. For one waiter.
    pub async fn alerts_wait(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.shared.alert_wake.notified()).await;
    }
}

impl Tx {
    async fn note_told(&mut self, alert: &AlertId, hashes: &[[u8; 32]]) -> Result<(), StoreError> {
        for hash in hashes {
            sqlx::query(
                "INSERT INTO alert_told (alert, address_hash, at) VALUES ($1, $2, $3)
                 ON CONFLICT (alert, address_hash, at) DO NOTHING",
            )
            .bind(alert.as_str())
            .bind(&hash[..])
            .bind(micros(self.now))
            .execute(&mut self.conn)
            .await?;
        }
        Ok(())
    }

    /// Whether nobody was quicker with one of them.
    async fn all_wait(&mut self, rows: &[(Vec<[u8; 32]>, Told)]) -> Result<bool, StoreError> {
        for (_, told) in rows {
            let waits: Option<i64> =
                sqlx::query_scalar("SELECT n FROM alert WHERE id = $1 AND state = 'waiting'")
                    .bind(told.alert.as_str())
                    .fetch_optional(&mut self.conn)
                    .await?;
            if waits.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn digest(
        &mut self,
        school: &SchoolId,
        rows: Vec<(Vec<[u8; 32]>, Told)>,
        (policies, until): (Vec<String>, DateTime<Utc>),
    ) -> Result<(), StoreError> {
        let (mut told, mut grouped) = (0_i64, 0_i64);
        for (hashes, alert) in rows {
            let is_told = alert.state == AlertState::Told;
            told += i64::from(is_told);
            grouped += i64::from(!is_told);
            sqlx::query("UPDATE alert SET state = $1, rung = rung + 1 WHERE id = $2 AND state = 'waiting'")
                .bind(alert.state.name())
                .bind(alert.alert.as_str())
                .execute(&mut self.conn)
                .await?;
            self.note_told(&alert.alert, &hashes).await?;
        }
        // What was only counted has been said once.
        sqlx::query("UPDATE alert SET rung = 1 WHERE school = $1 AND state = 'grouped' AND rung = 0")
            .bind(school.to_string())
            .execute(&mut self.conn)
            .await?;
        for policy in policies {
            sqlx::query(
                "INSERT INTO stepped_down (school, policy, until_at) VALUES ($1, $2, $3)
                 ON CONFLICT (school, policy) DO UPDATE SET until_at = excluded.until_at",
            )
            .bind(school.to_string())
            .bind(&policy)
            .bind(micros(until))
            .execute(&mut self.conn)
            .await?;
            let event = LedgerEvent::new(Event::RuleSteppedDown).school(school).with("rule", policy);
            self.append("gate", event).await?;
        }
        let event = LedgerEvent::new(Event::DigestWritten)
            .school(school)
            .with("alerts", told)
            .with("grouped", grouped);
        self.append("gate", event).await.map(|_| ())
    }

    /// An item that was looked at or decided, an incident that was opened or dismissed.
    async fn settle_alerts(&mut self) -> Result<u64, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(
            "UPDATE alert SET state = 'answered', answered_at = $1 WHERE state IN ('waiting', 'told') AND (
                EXISTS (SELECT 1 FROM item i WHERE i.id = alert.item AND i.state <> 'open')
                OR EXISTS (SELECT 1 FROM ledger l WHERE l.subject = alert.item AND l.actor <> 'gate'
                    AND l.event IN ('item.viewed', 'item.bytes-viewed'))
                OR EXISTS (SELECT 1 FROM incident_link k JOIN incident c ON c.id = k.incident
                    WHERE k.target = alert.transaction_id AND c.state IN ('open', 'closed', 'dismissed')))
             RETURNING id",
        )
        .bind(micros(self.now))
        .fetch_all(&mut self.conn)
        .await?;
        for id in &ids {
            self.append("gate", LedgerEvent::new(Event::AlertAnswered).about(id.as_str())).await?;
        }
        Ok(ids.len() as u64)
    }
}
