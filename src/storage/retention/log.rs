//! The message log, and what the outbox remembers of mail that belongs to no item.

use super::{BATCH, DueBefore, Proof, Retained};
use crate::storage::{
    database::{Sql, micros},
    error::StoreError,
    store::Store,
    tombstone::Because,
    writer::Tx,
};
use std::collections::BTreeSet;

/// Rows of the log that are looked at together; reading holds up nobody.
const LOOKED_AT: i64 = 1_000;

/// Something kept speaks of its message, or somebody is still to hear of it.
const STAYS: &str = "(EXISTS (SELECT 1 FROM item i WHERE i.transaction_id = m.transaction_id
        AND i.state NOT IN ('dropped', 'purged'))
    OR EXISTS (SELECT 1 FROM incident_link l JOIN incident c ON c.id = l.incident
        WHERE l.kind = 'message' AND l.target = m.transaction_id AND c.state <> 'dropped'
        AND (c.ended_at IS NULL OR EXISTS (SELECT 1 FROM legal_hold g
            WHERE g.kind = 'incident' AND g.subject = c.id AND g.lifted_at IS NULL)))
    OR EXISTS (SELECT 1 FROM outbox b WHERE b.transaction_id = m.transaction_id
        AND b.state IN ('provisional', 'waiting'))
    OR EXISTS (SELECT 1 FROM alert a WHERE a.transaction_id = m.transaction_id
        AND (a.state IN ('provisional', 'waiting') OR (a.state = 'told' AND a.urgency = 'urgent'))))";

impl Store {
    /// A row stays as long as something kept speaks of its message, or somebody is still to hear of it.
    /// What is due is found by reading, each row once however many stay; the one writer only deletes.
    pub(super) async fn purge_log(
        &self,
        due: &DueBefore,
        asked_for: &BTreeSet<String>,
        purged: &mut Retained,
    ) -> Result<(), StoreError> {
        let mut after = (i64::MIN, String::new());
        loop {
            let seen = self.log_due(due, &after).await?;
            let Some((last, at, _)) = seen.last() else { return Ok(()) };
            after = (*at, last.clone());
            let goes = |(id, _, stays): &(String, i64, i64)| *stays == 0 && !asked_for.contains(id);
            let ids: Vec<String> = seen.into_iter().filter(goes).map(|(id, ..)| id).collect();
            for batch in ids.chunks(BATCH as usize) {
                let (due, batch) = (due.clone(), batch.to_vec());
                purged.log_rows +=
                    self.write(move |tx| Box::pin(async move { tx.purge_log(&due, &batch).await })).await?;
            }
        }
    }

    /// Rows whose time is over, after this one: which, when, and whether it stays.
    async fn log_due(
        &self,
        due: &DueBefore,
        (at, id): &(i64, String),
    ) -> Result<Vec<(String, i64, i64)>, StoreError> {
        let mut sql = Sql::new("SELECT m.transaction_id, m.received_at, CAST(CASE WHEN ");
        sql.push(STAYS).push(" THEN 1 ELSE 0 END AS BIGINT) FROM message m WHERE m.received_at <= ");
        sql.push_bind(micros(due.message_log)).push(" AND m.received_at >= ").push_bind(*at);
        sql.push(" AND (m.received_at > ").push_bind(*at).push(" OR m.transaction_id > ");
        sql.push_bind(id.clone()).push(") AND COALESCE(m.school, '') = ").push_bind(school_of(due));
        sql.push(" ORDER BY m.received_at, m.transaction_id LIMIT ").push_bind(LOOKED_AT);
        Ok(sql.build_query_as().fetch_all(&self.readers).await?)
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
    /// Each is asked for once more: something may have come to speak of it in between.
    async fn purge_log(&mut self, due: &DueBefore, ids: &[String]) -> Result<u64, StoreError> {
        let mut sql = Sql::new("SELECT m.transaction_id, m.sha256 FROM message m WHERE m.transaction_id IN ");
        sql.push_list(ids).push(" AND NOT ").push(STAYS);
        sql.push(" ORDER BY m.received_at, m.transaction_id");
        let found: Vec<(String, Vec<u8>)> = sql.build_query_as().fetch_all(&mut self.conn).await?;
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
        .bind(school_of(due))
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

/// Mail of no school has none.
fn school_of(due: &DueBefore) -> String {
    due.school.as_ref().map_or_else(String::new, ToString::to_string)
}
