//! What was told: a step or a digest and the mail that it writes are one commit, so that a kill
//! repeats nothing and loses nothing, and of several nodes one writes it.

use super::{AlertState, due::DueAlert};
use crate::{
    mail::{Address, SchoolId, Waiting},
    storage::{
        database::micros,
        error::StoreError,
        jobs::{Standing, own_objects},
        ledger::{Event, LedgerEvent},
        names::AlertId,
        objects::Stored,
        outbox::NewOutbox,
        store::Store,
        writer::{Tx, Unwritten},
    },
};
use chrono::{DateTime, Utc};

/// What was done for an alert in one step.
pub struct Told {
    pub alert: AlertId,
    pub to: Vec<Address>,
    /// When the next office is asked; `None`: nobody else is.
    pub next_at: Option<DateTime<Utc>>,
    pub state: AlertState,
}

impl Store {
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

    /// A digest, once among all nodes: what it tells, up to which alert it only counts, which rules step
    /// down until `until`. `false` when it was written already.
    pub async fn digest_written(
        &self,
        (school, due_at): (&SchoolId, DateTime<Utc>),
        told: Vec<Told>,
        counted_up_to: Option<i64>,
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
                tx.digest(&school, rows, counted_up_to, step_down).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Mail and a change in one commit. A change that says `false` has changed nothing; the objects
    /// of mail that is not written are forgotten.
    pub(in crate::storage) async fn write_mail(
        &self,
        mail: Vec<NewOutbox>,
        change: impl for<'t> FnOnce(&'t mut Tx) -> Waiting<'t, Result<bool, StoreError>> + Send + 'static,
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
        let written = written.await;
        self.forget_unless(matches!(written, Ok(true)), &written, &objects).await;
        written.map_err(Unwritten::into_error)
    }

    /// A change and the mail that tells of it in one commit; when it is refused, the objects of the
    /// mail are forgotten.
    pub(in crate::storage) async fn write_telling<T, E>(
        &self,
        mail: Vec<NewOutbox>,
        change: impl for<'t> FnOnce(&'t mut Tx) -> Waiting<'t, Result<T, E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let jobs = self.prepare_jobs(mail, None, None).await?;
        let objects = own_objects(&jobs);
        let written = self.write_or_tell(move |tx| {
            Box::pin(async move {
                let done = change(tx).await?;
                for job in &jobs {
                    tx.insert_job(job, Standing::Final(None)).await?;
                }
                Ok(done)
            })
        });
        let written = written.await;
        self.forget_unless(written.is_ok(), &written, &objects).await;
        written.map_err(Unwritten::into_error)
    }

    /// Forgets the objects of mail that certainly no row names.
    async fn forget_unless<T, E>(&self, kept: bool, written: &Result<T, Unwritten<E>>, objects: &[Stored]) {
        if !kept && !matches!(written, Err(Unwritten::Unsure(_))) {
            self.forget_objects(objects).await;
        }
    }

    fn hashes(&self, addresses: &[Address]) -> Result<Vec<[u8; 32]>, StoreError> {
        let secrets = self.secrets()?;
        Ok(addresses.iter().map(|a| secrets.address(a)).collect())
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
        counted_up_to: Option<i64>,
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
        sqlx::query(
            "UPDATE alert SET rung = 1 WHERE school = $1 AND state = 'grouped' AND rung = 0 AND n <= $2",
        )
        .bind(school.to_string())
        .bind(counted_up_to.unwrap_or(0))
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
}
