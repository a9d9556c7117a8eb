//! What becomes of a provisional keep: it counts, or it is taken back.

use super::{
    database::micros,
    error::StoreError,
    keep::{Provisional, Written},
    ledger::{Event, LedgerEvent},
    messages::PassFate,
    names::{ItemId, OutboxId, RecordId},
    store::Store,
    writer::Tx,
};

impl Store {
    /// The next hop said 5xx to all: what was kept is dropped, ledgered with the code.
    /// What a client's retry has taken over meanwhile stays.
    pub async fn discard(&self, provisional: Provisional, code: u16) -> Result<(), StoreError> {
        let transaction = provisional.transaction();
        self.write(move |tx| {
            Box::pin(async move {
                let fate = PassFate::Refused { code };
                tx.set_fate(&transaction.to_string(), fate.word()).await?;
                tx.append("gate", fate.event().transaction(transaction)).await?;
                tx.drop_provisional(&transaction.to_string(), "refused").await.map(|_| ())
            })
        })
        .await
    }

    /// Makes provisional rows count; those that count already stay as they are.
    pub(super) async fn settle_for_good(
        &self,
        written: Written,
        fate: Option<PassFate>,
    ) -> Result<Written, StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                for id in &written.items {
                    tx.confirm_item(id).await?;
                }
                for id in &written.outbox {
                    tx.confirm_job(id).await?;
                }
                for id in &written.records {
                    tx.confirm_record(id).await?;
                }
                let transaction = written.transaction.to_string();
                tx.confirm_proposals(&transaction).await?;
                tx.confirm_alerts(&transaction).await?;
                match fate {
                    Some(fate) => {
                        tx.set_fate(&transaction, fate.word()).await?;
                        tx.append("gate", fate.event().transaction(written.transaction)).await?;
                    }
                    None => tx.set_fate(&transaction, "kept").await?,
                }
                Ok(written)
            })
        })
        .await
    }
}

impl Tx {
    async fn confirm_item(&mut self, id: &ItemId) -> Result<(), StoreError> {
        let changed: Option<String> = sqlx::query_scalar(
            "UPDATE item SET state = CASE WHEN sealed_at IS NULL THEN 'open' ELSE 'sealed' END
             WHERE id = $1 AND state = 'provisional' RETURNING state",
        )
        .bind(id.as_str())
        .fetch_optional(&mut self.conn)
        .await?;
        self.confirm_retry_keys("item", id.as_str()).await?;
        if let Some(state) = changed {
            self.relock("item", id.as_str()).await?;
            self.append("gate", LedgerEvent::new(Event::ItemConfirmed).about(id.as_str())).await?;
            if state == "sealed" {
                self.append("gate", LedgerEvent::new(Event::ItemSealed).about(id.as_str())).await?;
            }
            return Ok(());
        }
        let state: Option<String> = sqlx::query_scalar("SELECT state FROM item WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&mut self.conn)
            .await?;
        match state.as_deref() {
            None | Some("dropped") => Err(StoreError::NotFound { what: "item", id: id.to_string() }),
            Some(_) => Ok(()),
        }
    }

    async fn confirm_job(&mut self, id: &OutboxId) -> Result<(), StoreError> {
        let changed = sqlx::query(
            // What is to wait for a time begins to wait now.
            "UPDATE outbox SET state = 'waiting', next_at = $1 + (next_at - created_at)
             WHERE id = $2 AND state = 'provisional'",
        )
        .bind(micros(self.now))
        .bind(id.as_str())
        .execute(&mut self.conn)
        .await?;
        self.confirm_retry_keys("outbox", id.as_str()).await?;
        self.wakes_outbox |= changed.rows_affected() == 1;
        let state: Option<String> = sqlx::query_scalar("SELECT state FROM outbox WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&mut self.conn)
            .await?;
        match state.as_deref() {
            None | Some("dropped") => Err(StoreError::NotFound { what: "job", id: id.to_string() }),
            Some(_) => Ok(()),
        }
    }

    async fn confirm_record(&mut self, id: &RecordId) -> Result<(), StoreError> {
        let changed = sqlx::query(
            "UPDATE record SET state = 'kept' WHERE id = $1 AND state IN ('provisional', 'kept')",
        )
        .bind(id.as_str())
        .execute(&mut self.conn)
        .await?;
        match changed.rows_affected() {
            0 => Err(StoreError::NotFound { what: "record", id: id.to_string() }),
            _ => self.relock("record", id.as_str()).await,
        }
    }

    async fn confirm_retry_keys(&mut self, of: &'static str, id: &str) -> Result<(), StoreError> {
        let statement = match of {
            "item" => "UPDATE retry_key SET confirmed_at = $1 WHERE item = $2",
            _ => "UPDATE retry_key SET confirmed_at = $1 WHERE outbox = $2",
        };
        sqlx::query(statement).bind(micros(self.now)).bind(id).execute(&mut self.conn).await?;
        Ok(())
    }

    /// Takes back everything provisional that this transaction's reply settles. Returns
    /// how many items, jobs and records there were.
    pub(super) async fn drop_provisional(
        &mut self,
        transaction: &str,
        why: &'static str,
    ) -> Result<u64, StoreError> {
        let mut dropped = 0;
        for statement in [
            "UPDATE item SET state = 'dropped' WHERE settles_with = $1 AND state = 'provisional'
             RETURNING id, received_at",
            "UPDATE outbox SET state = 'dropped' WHERE settles_with = $1 AND state = 'provisional'
             RETURNING id, created_at",
            "UPDATE record SET state = 'dropped' WHERE settles_with = $1 AND state = 'provisional'
             RETURNING id, received_at",
            "UPDATE incident SET state = 'dropped' WHERE settles_with = $1 AND state = 'provisional'
             RETURNING id, made_at",
            "UPDATE alert SET state = 'dropped' WHERE settles_with = $1 AND state = 'provisional'
             RETURNING id, made_at",
        ] {
            let rows: Vec<(String, i64)> =
                sqlx::query_as(statement).bind(transaction).fetch_all(&mut self.conn).await?;
            dropped += rows.len() as u64;
            for (id, at) in rows {
                self.forget_searchable(&id, at).await?;
                let event = LedgerEvent::new(Event::ItemDropped).about(id).with("why", why);
                self.append("gate", event).await?;
            }
        }
        for statement in [
            "DELETE FROM record_party WHERE record IN
                 (SELECT id FROM record WHERE settles_with = $1 AND state = 'dropped')",
            "DELETE FROM record_person WHERE record IN
                 (SELECT id FROM record WHERE settles_with = $1 AND state = 'dropped')",
            "DELETE FROM record_link WHERE record IN
                 (SELECT id FROM record WHERE settles_with = $1 AND state = 'dropped')",
            "UPDATE record SET message_id_hash = NULL WHERE settles_with = $1 AND state = 'dropped'",
            "DELETE FROM retry_key WHERE settles_with = $1 AND confirmed_at IS NULL",
        ] {
            sqlx::query(statement).bind(transaction).execute(&mut self.conn).await?;
        }
        self.purge_unwanted(transaction).await?;
        Ok(dropped)
    }
}
