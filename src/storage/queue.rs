//! The outbox at work: claims, results, reports.

use super::{
    database::{self, Sql, micros, named, time},
    error::StoreError,
    jobs::{ClaimedRow, Standing, own_objects},
    ledger::Actor,
    names::{ItemId, OutboxId},
    objects::sha256,
    outbox::{Attempt, JobState, NewOutbox, OutboxJob, OutboxKind, OutboxSummary, RecipientState, Task},
    store::Store,
    writer::{Tx, Unwritten},
};
use crate::mail::SchoolId;
use chrono::TimeDelta;
use std::time::Duration;

impl Store {
    /// Puts mail of ours into the outbox outside of a keep; `Transaction` messages
    /// cannot be put here.
    pub async fn enqueue(&self, jobs: Vec<NewOutbox>, actor: &Actor) -> Result<Vec<OutboxId>, StoreError> {
        let rows = self.prepare_jobs(jobs, None, None).await?;
        let (objects, actor) = (own_objects(&rows), actor.clone());
        let written = self.write_or_tell(move |tx| {
            Box::pin(async move {
                tx.random_id(&actor).await?;
                for row in &rows {
                    tx.insert_job(row, Standing::Final(None)).await?;
                }
                Ok::<_, StoreError>(rows.into_iter().map(|r| r.id).collect())
            })
        });
        match written.await {
            Err(Unwritten::Refused(e)) => {
                self.forget_objects(&objects).await;
                Err(e)
            }
            other => other.map_err(Unwritten::into_error),
        }
    }

    /// Takes due jobs for `lease`, oldest first. A job whose message cannot be opened is
    /// put off and logged, until its time is over; the others do not wait for it.
    pub async fn outbox_claim(&self, limit: usize, lease: TimeDelta) -> Result<Vec<OutboxJob>, StoreError> {
        self.secrets()?;
        let due: Option<i64> = sqlx::query_scalar(
            "SELECT n FROM outbox WHERE state = 'waiting' AND next_at <= $1
             AND (lease_until IS NULL OR lease_until <= $1) LIMIT 1",
        )
        .bind(micros(self.now()))
        .fetch_optional(&self.readers)
        .await?;
        if due.is_none() {
            return Ok(Vec::new());
        }
        let claimed = self.write(move |tx| Box::pin(async move { claim(tx, limit, lease).await })).await?;
        let mut jobs = Vec::with_capacity(claimed.len());
        for row in claimed {
            let id = row.id.clone();
            match self.read_job(row).await {
                Ok(job) => jobs.push(job),
                Err(e) => {
                    tracing::error!(job = %id, error = %e, "a job of the outbox cannot be opened");
                    self.put_off(OutboxId::stored(id)).await?;
                }
            }
        }
        Ok(jobs)
    }

    /// Keeps a job for `lease` from now: for work that lasts. `false` when another process has
    /// taken it over.
    pub async fn outbox_renew(&self, job: &OutboxJob, lease: TimeDelta) -> Result<bool, StoreError> {
        let (id, held) = (job.id.clone(), job.lease);
        self.write(move |tx| {
            Box::pin(async move {
                let renewed = sqlx::query(
                    "UPDATE outbox SET lease_until = $1 WHERE id = $2 AND lease = $3 AND state = 'waiting'",
                )
                .bind(micros(tx.now + lease))
                .bind(id.as_str())
                .bind(held)
                .execute(&mut tx.conn)
                .await?;
                Ok(renewed.rows_affected() == 1)
            })
        })
        .await
    }

    async fn put_off(&self, job: OutboxId) -> Result<(), StoreError> {
        self.write(move |tx| Box::pin(async move { tx.put_off(&job).await })).await
    }

    /// Writes what became of the recipients. Deferred ones come again after the
    /// backoff; ends that are to be reported come as the job's next task. A result that
    /// comes after the lease has ended still counts, since it is true.
    pub async fn outbox_done(&self, job: &OutboxJob, attempts: Vec<Attempt>) -> Result<(), StoreError> {
        let hash_out = sha256(&job.message).await;
        let (id, lease, over) = (job.id.clone(), job.lease, self.now() >= job.expires_at);
        self.write(move |tx| {
            Box::pin(async move {
                let expired = over && tx.time_is_sure().await?;
                for attempt in &attempts {
                    tx.note_attempt(&id, attempt, expired, hash_out).await?;
                }
                if tx.holds_lease(&id, lease).await? || tx.is_finished(&id).await? {
                    tx.advance(&id).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// The reports that a `Task::Report` asked for (none where NOTIFY forbids them).
    /// Fails with `NotFound` when another process has taken the job over.
    pub async fn outbox_reported(&self, job: &OutboxJob, reports: Vec<NewOutbox>) -> Result<(), StoreError> {
        let Task::Report(due) = &job.task else {
            return Err(StoreError::Us("a job without due reports cannot be reported".into()));
        };
        let due: Vec<usize> = due.iter().map(|d| d.position).collect();
        let rows = self.prepare_jobs(reports, None, None).await?;
        let (objects, id, lease) = (own_objects(&rows), job.id.clone(), job.lease);
        let written = self.write_or_tell(move |tx| {
            Box::pin(async move {
                if !tx.holds_lease(&id, lease).await? {
                    return Err(StoreError::NotFound { what: "lease of job", id: id.to_string() });
                }
                for row in &rows {
                    tx.insert_job(row, Standing::Final(None)).await?;
                }
                for position in due {
                    tx.note_report(&id, position).await?;
                }
                tx.advance(&id).await
            })
        });
        match written.await {
            Err(Unwritten::Refused(e)) => {
                self.forget_objects(&objects).await;
                Err(e)
            }
            other => other.map_err(Unwritten::into_error),
        }
    }

    /// Gives a claimed job back untried, for example at shutdown.
    pub async fn outbox_give_back(&self, job: &OutboxJob) -> Result<(), StoreError> {
        let (id, lease) = (job.id.clone(), job.lease);
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE outbox SET lease = lease + 1, lease_until = NULL WHERE id = $1 AND lease = $2",
                )
                .bind(id.as_str())
                .bind(lease)
                .execute(&mut tx.conn)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Newest first, at most 1,000.
    pub async fn outbox_list(&self, limit: u32) -> Result<Vec<OutboxSummary>, StoreError> {
        let jobs: Vec<SummaryRow> = sqlx::query_as(
            "SELECT id, kind, item, state, school, next_hop, created_at, next_at, attempts FROM outbox
             ORDER BY n DESC LIMIT $1",
        )
        .bind(i64::from(limit.min(1_000)))
        .fetch_all(&self.readers)
        .await?;
        let mut out = Vec::with_capacity(jobs.len());
        for job in jobs {
            let recipients: Vec<(String, Option<i64>)> = sqlx::query_as(
                "SELECT state, code FROM outbox_recipient WHERE outbox = $1 ORDER BY position",
            )
            .bind(&job.id)
            .fetch_all(&self.readers)
            .await?;
            out.push(job.summary(recipients)?);
        }
        Ok(out)
    }

    /// Resolves when this process has put new work into the outbox, or `at_most` is over
    /// (work may come from another process, or fall due). For one waiter.
    pub async fn outbox_wait(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.shared.outbox_wake.notified()).await;
    }
}

#[derive(sqlx::FromRow)]
struct SummaryRow {
    id: String,
    kind: String,
    item: Option<String>,
    state: String,
    school: Option<String>,
    next_hop: Option<String>,
    created_at: i64,
    next_at: i64,
    attempts: i64,
}

impl SummaryRow {
    fn summary(self, recipients: Vec<(String, Option<i64>)>) -> Result<OutboxSummary, StoreError> {
        let state = |text: &str| named(&RecipientState::ALL, RecipientState::name, text);
        let recipients = recipients
            .into_iter()
            .map(|(s, code)| Ok((state(&s)?, code.and_then(|c| u16::try_from(c).ok()))))
            .collect::<Result<_, StoreError>>()?;
        Ok(OutboxSummary {
            id: OutboxId::stored(self.id),
            kind: named(&OutboxKind::ALL, OutboxKind::name, &self.kind)?,
            item: self.item.map(ItemId::stored),
            state: named(&JobState::ALL, JobState::name, &self.state)?,
            school: self.school.map(|s| SchoolId(s.into())),
            next_hop: self.next_hop,
            created_at: time(self.created_at),
            next_at: time(self.next_at),
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
            recipients,
        })
    }
}

async fn claim(tx: &mut Tx, limit: usize, lease: TimeDelta) -> Result<Vec<ClaimedRow>, StoreError> {
    let (now, until, node) = (micros(tx.now), micros(tx.now + lease), tx.shared.node.clone());
    let mut sql = Sql::new("UPDATE outbox SET lease = lease + 1, attempts = attempts + 1, lease_until = ");
    sql.push_bind(until).push(", node = ").push_bind(node);
    sql.push(" WHERE id IN (SELECT id FROM outbox WHERE state = 'waiting' AND next_at <= ").push_bind(now);
    sql.push(" AND (lease_until IS NULL OR lease_until <= ").push_bind(now);
    sql.push(") ORDER BY next_at, n LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
    sql.push(database::skip_locked(&tx.conn));
    sql.push(
        ") RETURNING n, next_at, id, kind, item, school, next_hop, release, created_at, expires_at, lease, attempts,
         object, sealed, body",
    );
    let mut claimed: Vec<ClaimedRow> = sql.build_query_as().fetch_all(&mut tx.conn).await?;
    // Neither database returns them in the order of the SELECT.
    claimed.sort_by_key(|row| (row.next_at, row.n));
    for row in claimed.iter().filter(|r| r.kind == OutboxKind::Release.name()) {
        if let Some(item) = &row.item {
            tx.leave(item).await?;
        }
    }
    Ok(claimed)
}
