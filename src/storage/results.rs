//! What became of a job's recipients, and what comes next for it: a report, a later
//! attempt, its end.

use super::{
    backoff::next_attempt,
    database::{micros, time},
    error::StoreError,
    items::ItemState,
    ledger::{Event, LedgerEvent},
    names::OutboxId,
    outbox::{Attempt, JobState, OutboxKind, RecipientState, ReportAction},
    writer::Tx,
};
use crate::mail::Reply;

impl Tx {
    pub(super) async fn holds_lease(&mut self, job: &OutboxId, lease: i64) -> Result<bool, StoreError> {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT n FROM outbox WHERE id = $1 AND lease = $2 AND state = 'waiting'")
                .bind(job.as_str())
                .bind(lease)
                .fetch_optional(&mut self.conn)
                .await?;
        Ok(found.is_some())
    }

    /// Nobody waits and nothing is to be reported, whoever has the lease.
    pub(super) async fn is_finished(&mut self, job: &OutboxId) -> Result<bool, StoreError> {
        let open: Option<i64> = sqlx::query_scalar(
            "SELECT position FROM outbox_recipient WHERE outbox = $1
             AND (state = 'waiting' OR (report IS NOT NULL AND reported_at IS NULL)) LIMIT 1",
        )
        .bind(job.as_str())
        .fetch_optional(&mut self.conn)
        .await?;
        Ok(open.is_none())
    }

    /// One recipient's result; only one that still waits is changed.
    pub(super) async fn note_attempt(
        &mut self,
        job: &OutboxId,
        attempt: &Attempt,
        expired: bool,
        hash_out: [u8; 32],
    ) -> Result<(), StoreError> {
        let failed = ReportAction::Failed.name();
        let (position, reply, state, report, event): (_, &Reply, _, _, _) = match attempt {
            Attempt::Delivered { position, reply, relayed } => {
                let report = relayed.then(|| ReportAction::Relayed.name());
                (*position, reply, RecipientState::Delivered, report, Event::OutboxDelivered)
            }
            Attempt::Failed { position, reply } => {
                (*position, reply, RecipientState::Failed, Some(failed), Event::OutboxFailed)
            }
            Attempt::Deferred { position, reply } if expired => {
                (*position, reply, RecipientState::Failed, Some(failed), Event::OutboxFailed)
            }
            Attempt::Deferred { position, reply } => {
                (*position, reply, RecipientState::Waiting, None, Event::OutboxDeferred)
            }
        };
        let sealed = self.seal_reply(job, position, reply)?;
        let changed = sqlx::query(
            "UPDATE outbox_recipient SET state = $1, code = $2, reply = $3, at = $4, report = $5
             WHERE outbox = $6 AND position = $7 AND state = 'waiting'",
        )
        .bind(state.name())
        .bind(i64::from(reply.code))
        .bind(sealed)
        .bind(micros(self.now))
        .bind(report)
        .bind(job.as_str())
        .bind(position as i64)
        .execute(&mut self.conn)
        .await?;
        if changed.rows_affected() == 1 {
            let mut event = LedgerEvent::new(event)
                .about(job.as_str())
                .with("recipient", position as i64)
                .with("code", reply.code);
            event.hash_out = (state == RecipientState::Delivered).then_some(hash_out);
            self.append("gate", event).await?;
        }
        Ok(())
    }

    pub(super) async fn note_report(&mut self, job: &OutboxId, position: usize) -> Result<(), StoreError> {
        sqlx::query("UPDATE outbox_recipient SET reported_at = $1 WHERE outbox = $2 AND position = $3")
            .bind(micros(self.now))
            .bind(job.as_str())
            .bind(position as i64)
            .execute(&mut self.conn)
            .await?;
        let event =
            LedgerEvent::new(Event::OutboxReported).about(job.as_str()).with("recipient", position as i64);
        self.append("gate", event).await.map(|_| ())
    }

    /// What comes next for a job whose results are written: a report, a later attempt,
    /// or its end.
    pub(super) async fn advance(&mut self, job: &OutboxId) -> Result<(), StoreError> {
        let (waiting, due): (i64, i64) = sqlx::query_as(
            "SELECT COALESCE(SUM(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END), 0),
                    COALESCE(SUM(CASE WHEN report IS NOT NULL AND reported_at IS NULL THEN 1 ELSE 0 END), 0)
             FROM outbox_recipient WHERE outbox = $1",
        )
        .bind(job.as_str())
        .fetch_one(&mut self.conn)
        .await?;
        let (deferrals, expires_at, kind, item): (i64, i64, String, Option<String>) =
            sqlx::query_as("SELECT deferrals, expires_at, kind, item FROM outbox WHERE id = $1")
                .bind(job.as_str())
                .fetch_one(&mut self.conn)
                .await?;
        let (mut state, mut next, mut more) = (JobState::Waiting, self.now, 0);
        if due > 0 {
            self.wakes_outbox = true;
        } else if waiting > 0 {
            let mut chance = [0];
            (self.shared.random)(&mut chance);
            next = next_attempt(self.now, time(expires_at), deferrals, chance[0]);
            more = 1;
        } else {
            state = JobState::Done;
        }
        sqlx::query(
            "UPDATE outbox SET state = $1, next_at = $2, deferrals = deferrals + $3, lease = lease + 1,
             lease_until = NULL, unreadable_since = NULL WHERE id = $4",
        )
        .bind(state.name())
        .bind(micros(next))
        .bind(more)
        .bind(job.as_str())
        .execute(&mut self.conn)
        .await?;
        match item {
            Some(item) if waiting == 0 && kind == OutboxKind::Release.name() => {
                self.finish_release(&item).await
            }
            _ => Ok(()),
        }
    }

    /// A release has its end: the item's last state, when each of its copies has.
    async fn finish_release(&mut self, item: &str) -> Result<(), StoreError> {
        let (waiting, delivered): (i64, i64) = sqlx::query_as(
            "SELECT COALESCE(CAST(SUM(CASE WHEN r.state = 'waiting' THEN 1 ELSE 0 END) AS BIGINT), 0),
                    COALESCE(CAST(SUM(CASE WHEN r.state = 'delivered' THEN 1 ELSE 0 END) AS BIGINT), 0)
             FROM outbox b JOIN outbox_recipient r ON r.outbox = b.id
             WHERE b.item = $1 AND b.kind = 'release' AND b.state <> 'dropped'",
        )
        .bind(item)
        .fetch_one(&mut self.conn)
        .await?;
        if waiting > 0 {
            return Ok(());
        }
        let delivered = delivered > 0;
        let (state, event) = if delivered {
            (ItemState::Released, Event::ItemReleased)
        } else {
            (ItemState::Undeliverable, Event::ItemUndeliverable)
        };
        let changed = sqlx::query("UPDATE item SET state = $1 WHERE id = $2 AND state = 'releasing'")
            .bind(state.name())
            .bind(item)
            .execute(&mut self.conn)
            .await?;
        if changed.rows_affected() == 1 {
            self.append("gate", LedgerEvent::new(event).about(item)).await?;
        }
        Ok(())
    }
}
