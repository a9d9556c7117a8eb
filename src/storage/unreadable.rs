//! Jobs of the outbox whose message cannot be opened: its object is missing or was changed, or the
//! row does not open. They are tried again, since objects come back from backups, and have their end
//! like all others.

use super::{
    backoff::next_attempt,
    database::{micros, time},
    error::StoreError,
    items::ItemState,
    ledger::{Event, LedgerEvent},
    names::OutboxId,
    outbox::{Attempt, OutboxKind},
    writer::Tx,
};
use crate::mail::Reply;

#[derive(sqlx::FromRow)]
struct Row {
    kind: String,
    item: Option<String>,
    expires_at: i64,
    deferrals: i64,
}

impl Tx {
    /// A claimed job that could not be opened: later again, or its end.
    pub(super) async fn put_off(&mut self, job: &OutboxId) -> Result<(), StoreError> {
        let row: Row = sqlx::query_as("SELECT kind, item, expires_at, deferrals FROM outbox WHERE id = $1")
            .bind(job.as_str())
            .fetch_one(&mut self.conn)
            .await?;
        if micros(self.now) >= row.expires_at && self.time_is_sure().await? {
            return self.give_up(job, row).await;
        }
        let mut chance = [0];
        (self.shared.random)(&mut chance);
        let next = next_attempt(self.now, time(row.expires_at), row.deferrals, chance[0]);
        sqlx::query(
            "UPDATE outbox SET lease = lease + 1, lease_until = NULL, deferrals = deferrals + 1, next_at = $1,
             unreadable_since = COALESCE(unreadable_since, $2) WHERE id = $3",
        )
        .bind(micros(next))
        .bind(micros(self.now))
        .bind(job.as_str())
        .execute(&mut self.conn)
        .await?;
        let event = LedgerEvent::new(Event::OutboxDeferred).about(job.as_str()).with("why", "unreadable");
        self.append("gate", event).await.map(|_| ())
    }

    /// A release of which nobody got anything waits for a person again. All else has failed, which is
    /// reported; and where not even the report can be written, that is the end.
    async fn give_up(&mut self, job: &OutboxId, row: Row) -> Result<(), StoreError> {
        tracing::error!(job = %job, "outbox.given-up-unreadable");
        let places: Vec<(i64, String, Option<String>)> = sqlx::query_as(
            "SELECT position, state, CASE WHEN reported_at IS NULL THEN report END FROM outbox_recipient
             WHERE outbox = $1 ORDER BY position",
        )
        .bind(job.as_str())
        .fetch_all(&mut self.conn)
        .await?;
        let untouched = places.iter().all(|(_, state, _)| state == "waiting");
        if let (Some(item), true, true) = (&row.item, untouched, row.kind == OutboxKind::Release.name())
            && self.waits_again(item).await?
        {
            sqlx::query(
                "UPDATE outbox SET state = 'dropped', lease = lease + 1, lease_until = NULL,
                     unreadable_since = NULL
                 WHERE id = $1 OR item = $2 AND kind = 'release' AND state = 'waiting'",
            )
            .bind(job.as_str())
            .bind(item.as_str())
            .execute(&mut self.conn)
            .await?;
            return Ok(());
        }
        let waiting = places.iter().any(|(_, state, _)| state == "waiting");
        for (position, state, report) in places {
            let position = usize::try_from(position).unwrap_or_default();
            if state == "waiting" {
                let reply = Reply::new(554, (5, 3, 0), "The message cannot be opened where it was kept");
                self.note_attempt(job, &Attempt::Failed { position, reply }, true, [0; 32]).await?;
            } else if report.is_some() && !waiting {
                self.note_report(job, position).await?;
            }
        }
        self.advance(job).await
    }

    /// Whether the item was on its way, and is open again.
    async fn waits_again(&mut self, item: &str) -> Result<bool, StoreError> {
        // What was only delayed has no list on which somebody would find it again.
        let changed = sqlx::query(
            "UPDATE item SET state = $1, decided_at = NULL, decided_by = NULL
             WHERE id = $2 AND state = 'releasing' AND kind <> 'grace'
             AND NOT EXISTS (SELECT 1 FROM outbox b JOIN outbox_recipient r ON r.outbox = b.id
                 WHERE b.item = $2 AND b.kind = 'release' AND r.state = 'delivered')",
        )
        .bind(ItemState::Open.name())
        .bind(item)
        .execute(&mut self.conn)
        .await?;
        if changed.rows_affected() == 0 {
            return Ok(false);
        }
        self.forget_releases(item).await?;
        let event = LedgerEvent::new(Event::ItemReopened).about(item).with("why", "unreadable");
        self.append("gate", event).await?;
        Ok(true)
    }
}
