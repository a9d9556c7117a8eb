//! What is left of an item whose time is over: that it was there. Its object goes when nothing
//! else wants it (`purge`); the ledger says by which rule, and on whose word.

use super::{
    error::StoreError,
    forget::Forgotten,
    ledger::{Event, LedgerEvent},
    names::ItemId,
    writer::Tx,
};
use crate::mail::SchoolId;

/// By which rule something goes, and the random id of whose word it was (`gate`: nobody's).
#[derive(Clone)]
pub(super) struct Because {
    pub(super) rule: &'static str,
    pub(super) by: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    school: String,
    object: String,
    transaction_id: String,
    received_at: i64,
    sha256: Vec<u8>,
}

impl Tx {
    /// The caller has asked the table and for legal holds.
    pub(super) async fn purge_item(&mut self, id: &ItemId, because: &Because) -> Result<(), StoreError> {
        let row: Row = sqlx::query_as(
            "SELECT i.school, i.object, i.transaction_id, i.received_at, o.sha256
             FROM item i JOIN object o ON o.id = i.object WHERE i.id = $1",
        )
        .bind(id.as_str())
        .fetch_one(&mut self.conn)
        .await?;
        sqlx::query("UPDATE item SET state = 'purged', sealed = $1, owner_hash = NULL WHERE id = $2")
            .bind(&b""[..])
            .bind(id.as_str())
            .execute(&mut self.conn)
            .await?;
        // What its releases and notices brought into the vault besides.
        let more: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT object FROM outbox WHERE item = $1 AND object IS NOT NULL AND object <> $2",
        )
        .bind(id.as_str())
        .bind(&row.object)
        .fetch_all(&mut self.conn)
        .await?;
        for statement in [
            "DELETE FROM item_recipient WHERE item = $1",
            "DELETE FROM item_rule WHERE item = $1",
            "DELETE FROM item_link WHERE item = $1",
            "DELETE FROM token WHERE item = $1",
            "DELETE FROM retry_key WHERE item = $1 OR outbox IN (SELECT id FROM outbox WHERE item = $1)",
            "DELETE FROM instruction WHERE item = $1",
            "DELETE FROM release_recipient WHERE release IN (SELECT id FROM release WHERE item = $1)",
            "DELETE FROM release WHERE item = $1",
            "DELETE FROM outbox_recipient WHERE outbox IN (SELECT id FROM outbox WHERE item = $1)",
            "DELETE FROM outbox WHERE item = $1",
        ] {
            sqlx::query(statement).bind(id.as_str()).execute(&mut self.conn).await?;
        }
        self.forget_searchable(id.as_str(), row.received_at).await?;
        self.forget(Forgotten::Item(id), &row.transaction_id).await?;
        let mut event = LedgerEvent::new(Event::ItemPurged)
            .school(&SchoolId(row.school.into()))
            .about(id.as_str())
            .with("rule", because.rule);
        event.hash_in = row.sha256.try_into().ok();
        self.append(&because.by, event).await?;
        for object in more.iter().chain([&row.object]) {
            self.let_go(object, because).await?;
        }
        Ok(())
    }

    /// The object is purged unless something still wants it.
    pub(super) async fn let_go(&mut self, object: &str, because: &Because) -> Result<(), StoreError> {
        let unwanted: Option<String> = sqlx::query_scalar(
            "SELECT o.id FROM object o WHERE o.id = $1 AND o.purged_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM item i WHERE i.object = o.id AND i.state NOT IN ('dropped', 'purged'))
             AND NOT EXISTS (SELECT 1 FROM record r WHERE r.object = o.id AND r.state NOT IN ('dropped', 'purged'))
             AND NOT EXISTS (SELECT 1 FROM incident_link l JOIN incident c ON c.id = l.incident
                 WHERE l.object = o.id AND c.state <> 'dropped')
             AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.object = o.id AND b.state IN ('provisional', 'waiting'))",
        )
        .bind(object)
        .fetch_optional(&mut self.conn)
        .await?;
        match unwanted {
            Some(id) => self.unwant_object(&id, because.rule).await,
            None => Ok(()),
        }
    }
}
