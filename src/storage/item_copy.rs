//! An item copied out as evidence: the bytes with the digests by which the ledger names them.

use super::{
    database::{hex, micros, named},
    error::StoreError,
    items::ItemSummary,
    ledger::{Actor, Event, LedgerEvent},
    names::ItemId,
    objects::sha256,
    purpose::Why,
    store::Store,
};
use crate::parties::Direction;
use bytes::Bytes;

/// What is given out.
pub struct ItemCopy {
    pub summary: ItemSummary,
    pub direction: Direction,
    pub raw: Bytes,
    /// SHA-256 of the message, hex.
    pub sha256: String,
    /// The object in the vault.
    pub object: String,
    /// SHA-256 of the object as it lies in the vault and as the ledger names it, hex.
    pub object_sha256: String,
}

const DIRECTIONS: [Direction; 3] = [Direction::Inbound, Direction::Outbound, Direction::Internal];

impl Store {
    /// For the school's own file: from this day the time runs after which evidence is purged here. The
    /// ledger has who, why and the digest before anything is given out.
    pub async fn copy_item(&self, id: &ItemId, actor: &Actor, why: &Why) -> Result<ItemCopy, StoreError> {
        let summary = self.item_summary(id).await?;
        if summary.state.is_sealed() {
            return Err(StoreError::Sealed);
        }
        let raw = self.item_bytes(id).await?;
        let digest = sha256(&raw).await;
        let row: (String, Vec<u8>, String) = sqlx::query_as(
            "SELECT o.id, o.object_sha256, m.direction FROM item i JOIN object o ON o.id = i.object
             JOIN message m ON m.transaction_id = i.transaction_id WHERE i.id = $1",
        )
        .bind(id.as_str())
        .fetch_optional(&self.readers)
        .await?
        .ok_or_else(|| StoreError::NotFound { what: "item", id: id.to_string() })?;
        let mut event = LedgerEvent::new(Event::ItemExported)
            .school(&summary.school)
            .transaction(summary.transaction)
            .about(id.as_str())
            .with("purpose", why.purpose.name())
            .because(why.words.clone());
        event.hash_in = Some(digest);
        let (by, item) = (actor.clone(), id.clone());
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("UPDATE item SET exported_at = $1 WHERE id = $2")
                    .bind(micros(tx.now))
                    .bind(item.as_str())
                    .execute(&mut tx.conn)
                    .await?;
                let by = tx.random_id(&by).await?;
                tx.append(&by, event).await.map(|_| ())
            })
        })
        .await?;
        Ok(ItemCopy {
            direction: named(&DIRECTIONS, Direction::name, &row.2)?,
            sha256: hex(&digest),
            object: row.0,
            object_sha256: hex(&row.1),
            summary,
            raw,
        })
    }
}
