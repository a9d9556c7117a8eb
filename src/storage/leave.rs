//! What waits in the outbox for its time or is on its way: the grace period begins and ends,
//! a release is stopped or called back before it has left.

use super::{
    alerts::{AlertRow, NewAlert, Urgency},
    cannot::Cannot,
    database::micros,
    error::{StateError, StoreError},
    items::ItemState,
    jobs::Standing,
    ledger::{Event, LedgerEvent},
    names::{AlertId, ItemId},
    outbox::OutboxJob,
    store::Store,
    writer::Tx,
};
use crate::{
    mail::{Address, TransactionId},
    ruleset::Category,
};

impl Tx {
    /// A job of the outbox is taken for the first time: if it was delayed, it can no longer be
    /// withdrawn. In the commit of the claim, so that one of the two is told of the other.
    pub(super) async fn leave(&mut self, item: &str) -> Result<(), StoreError> {
        let left = sqlx::query(
            "UPDATE item SET state = 'releasing', decided_at = $1, decided_by = 'gate'
             WHERE id = $2 AND kind = 'grace' AND state = 'open'",
        )
        .bind(micros(self.now))
        .bind(item)
        .execute(&mut self.conn)
        .await?;
        if left.rows_affected() == 1 {
            self.append("gate", LedgerEvent::new(Event::ItemLeft).about(item)).await?;
        }
        Ok(())
    }

    /// What is delayed is due now.
    pub(super) async fn hasten(&mut self, item: &ItemId) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE outbox SET next_at = $1 WHERE item = $2 AND kind = 'release' AND state = 'waiting'",
        )
        .bind(micros(self.now))
        .bind(item.as_str())
        .execute(&mut self.conn)
        .await?;
        self.wakes_outbox = true;
        Ok(())
    }

    /// Takes the releases of an item out of the outbox. One that is being sent at this very
    /// moment cannot be.
    pub(super) async fn stop_release(&mut self, item: &ItemId) -> Result<(), StateError> {
        const STOP: &str = "UPDATE outbox SET state = 'dropped', lease = lease + 1, lease_until = NULL
             WHERE item = $1 AND kind = 'release' AND state = 'waiting'
             AND (lease_until IS NULL OR lease_until <= $2)";
        let now = micros(self.now);
        let stop = sqlx::query(STOP).bind(item.as_str()).bind(now).execute(&mut self.conn).await;
        stop.map_err(StoreError::from)?;
        let going: Option<String> = sqlx::query_scalar(
            "SELECT id FROM outbox WHERE item = $1 AND kind = 'release' AND state = 'waiting' LIMIT 1",
        )
        .bind(item.as_str())
        .fetch_optional(&mut self.conn)
        .await
        .map_err(StoreError::from)?;
        if going.is_some() {
            return Err(StateError::NotAllowed(Cannot::BeSent));
        }
        Ok(self.forget_releases(item.as_str()).await?)
    }

    /// What comes back with the field of such a release is mail like any other again.
    pub(super) async fn forget_releases(&mut self, item: &str) -> Result<(), StoreError> {
        for statement in [
            "DELETE FROM release_recipient WHERE release IN (SELECT id FROM release WHERE item = $1)",
            "DELETE FROM release WHERE item = $1",
        ] {
            sqlx::query(statement).bind(item).execute(&mut self.conn).await?;
        }
        Ok(())
    }
}

impl Store {
    /// The scanner has found something in a claimed release: it does not leave. When nobody has
    /// got it yet the item waits again, in quarantine, for a reviewer; else the recipients that
    /// are left are given up. `told` are asked to look, office by office, in the same commit.
    /// `false` when the job was another's meanwhile.
    pub async fn recall(
        &self,
        job: &OutboxJob,
        scanner: &str,
        told: Vec<Vec<Address>>,
    ) -> Result<bool, StoreError> {
        let Some(item) = job.item.clone() else {
            return Err(StoreError::Us("only a release can be called back".into()));
        };
        let (id, lease, scanner) = (job.id.clone(), job.lease, scanner.to_owned());
        let alert = self.recall_alert(&item, told).await?;
        self.write(move |tx| {
            Box::pin(async move {
                if !tx.holds_lease(&id, lease).await? {
                    return Ok(false);
                }
                // Each copy of it has the same in it.
                sqlx::query(
                    "UPDATE outbox SET state = 'dropped', lease = lease + 1, lease_until = NULL
                     WHERE id = $1 OR item = $2 AND kind = 'release' AND state = 'waiting'",
                )
                .bind(id.as_str())
                .bind(item.as_str())
                .execute(&mut tx.conn)
                .await?;
                let gone: Option<i64> = sqlx::query_scalar(
                    "SELECT r.position FROM outbox b JOIN outbox_recipient r ON r.outbox = b.id
                     WHERE b.item = $1 AND b.kind = 'release' AND r.state = 'delivered' LIMIT 1",
                )
                .bind(item.as_str())
                .fetch_optional(&mut tx.conn)
                .await?;
                let state = if gone.is_some() { ItemState::Released } else { ItemState::Open };
                sqlx::query(
                    "UPDATE item SET state = $1, kind = CASE WHEN $1 = 'open' THEN 'quarantine' ELSE kind END,
                     owner_hash = CASE WHEN $1 = 'open' THEN NULL ELSE owner_hash END,
                     decided_at = CASE WHEN $1 = 'open' THEN NULL ELSE decided_at END,
                     decided_by = CASE WHEN $1 = 'open' THEN NULL ELSE decided_by END,
                     category = 'file.malware', severity = 'critical', sender_may_release = 0
                     WHERE id = $2 AND state = 'releasing'",
                )
                .bind(state.name())
                .bind(item.as_str())
                .execute(&mut tx.conn)
                .await?;
                tx.forget_releases(item.as_str()).await?;
                let event = LedgerEvent::new(Event::ItemRecalled)
                    .about(item.as_str())
                    .with("state", state.name())
                    .with("scanner", scanner);
                tx.append("gate", event).await?;
                if let Some((alert, transaction)) = alert {
                    tx.insert_alert(&alert, Standing::Final(Some(transaction))).await?;
                }
                Ok(true)
            })
        })
        .await
    }

    /// Whoever looked at the item before it was released has not seen this: the alert hangs on the
    /// message, and no earlier look answers it.
    async fn recall_alert(
        &self,
        item: &ItemId,
        ladder: Vec<Vec<Address>>,
    ) -> Result<Option<(AlertRow, TransactionId)>, StoreError> {
        if ladder.is_empty() {
            return Ok(None);
        }
        let item = self.item_summary(item).await?;
        let new = NewAlert {
            school: item.school,
            urgency: Urgency::Ordinary,
            category: Category::FileMalware,
            // No rule asked, so none steps down.
            policy: None,
            number: item.id.to_string(),
            item: None,
            transaction: item.transaction,
            received_at: item.received_at,
            ladder,
        };
        let id = AlertId::random(&self.shared.random);
        Ok(Some((AlertRow::prepare(new, id, self.secrets()?)?, item.transaction)))
    }
}
