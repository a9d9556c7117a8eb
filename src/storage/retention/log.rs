//! The message log, and what the outbox remembers of mail that belongs to no item.

use super::{BATCH, DueBefore, Proof, Retained};
use crate::storage::{database::micros, error::StoreError, store::Store, tombstone::Because, writer::Tx};
use std::{collections::BTreeSet, sync::Arc};

/// Rows of the log in one commit.
const ROWS: i64 = 1_000;

impl Store {
    /// A row stays as long as something kept speaks of its message, or somebody is still to hear of it.
    pub(super) async fn purge_log(
        &self,
        due: &DueBefore,
        asked_for: &Arc<BTreeSet<String>>,
        purged: &mut Retained,
    ) -> Result<(), StoreError> {
        loop {
            let (due, asked_for) = (due.clone(), Arc::clone(asked_for));
            let gone =
                self.write(move |tx| Box::pin(async move { tx.purge_log(&due, &asked_for).await })).await?;
            purged.log_rows += gone;
            if gone < ROWS.unsigned_abs() {
                return Ok(());
            }
        }
    }

    pub(super) async fn purge_jobs(&self, due: &DueBefore, purged: &mut Retained) -> Result<(), StoreError> {
        loop {
            let due = due.clone();
            let gone = self.write(move |tx| Box::pin(async move { tx.purge_jobs(&due).await })).await?;
            purged.jobs += gone;
            if gone < BATCH.unsigned_abs() {
                return Ok(());
            }
        }
    }
}

impl Tx {
    async fn purge_log(&mut self, due: &DueBefore, asked_for: &BTreeSet<String>) -> Result<u64, StoreError> {
        let mut found: Vec<(String, Vec<u8>)> = sqlx::query_as(
            "SELECT m.transaction_id, m.sha256 FROM message m
             WHERE COALESCE(m.school, '') = $1 AND m.received_at <= $2
             AND NOT EXISTS (SELECT 1 FROM item i WHERE i.transaction_id = m.transaction_id
                 AND i.state NOT IN ('dropped', 'purged'))
             AND NOT EXISTS (SELECT 1 FROM incident_link l JOIN incident c ON c.id = l.incident
                 WHERE l.kind = 'message' AND l.target = m.transaction_id AND c.state <> 'dropped'
                 AND (c.ended_at IS NULL OR EXISTS (SELECT 1 FROM legal_hold g
                     WHERE g.kind = 'incident' AND g.subject = c.id AND g.lifted_at IS NULL)))
             AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.transaction_id = m.transaction_id
                 AND b.state IN ('provisional', 'waiting'))
             AND NOT EXISTS (SELECT 1 FROM alert a WHERE a.transaction_id = m.transaction_id
                 AND (a.state IN ('provisional', 'waiting') OR (a.state = 'told' AND a.urgency = 'urgent')))
             ORDER BY m.received_at, m.transaction_id LIMIT $3",
        )
        .bind(due.school.as_ref().map_or_else(String::new, ToString::to_string))
        .bind(micros(due.message_log))
        // Those that stay for a request are not in the way of the others.
        .bind(ROWS + asked_for.len() as i64)
        .fetch_all(&mut self.conn)
        .await?;
        found.retain(|(id, _)| !asked_for.contains(id));
        found.truncate(ROWS as usize);
        let mut proof = Proof::new();
        for (id, sha256) in &found {
            proof.add(id, sha256);
            self.forget_message(id).await?;
        }
        let count = proof.count.unsigned_abs();
        self.prove(proof, "message-log", due.school.as_ref(), due.message_log, "gate", None).await?;
        Ok(count)
    }

    async fn purge_jobs(&mut self, due: &DueBefore) -> Result<u64, StoreError> {
        let found: Vec<(String, Option<String>)> = sqlx::query_as(
            "SELECT id, object FROM outbox WHERE item IS NULL AND state IN ('done', 'dropped')
             AND COALESCE(school, '') = $1 AND created_at <= $2 ORDER BY n LIMIT $3",
        )
        .bind(due.school.as_ref().map_or_else(String::new, ToString::to_string))
        .bind(micros(due.message_log))
        .bind(BATCH)
        .fetch_all(&mut self.conn)
        .await?;
        let mut proof = Proof::new();
        let because = Because { rule: "outbox", by: "gate".into() };
        for (id, object) in found {
            proof.add(&id, &[]);
            for statement in [
                "DELETE FROM retry_key WHERE outbox = $1",
                "DELETE FROM outbox_recipient WHERE outbox = $1",
                "DELETE FROM outbox WHERE id = $1",
            ] {
                sqlx::query(statement).bind(&id).execute(&mut self.conn).await?;
            }
            if let Some(object) = object {
                self.let_go(&object, &because).await?;
            }
        }
        let count = proof.count.unsigned_abs();
        self.prove(proof, "outbox", due.school.as_ref(), due.message_log, "gate", None).await?;
        Ok(count)
    }
}
