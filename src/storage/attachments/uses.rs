//! How often a part is used: named with its first message, counted with each, let go with the last.

use super::{NewPart, UsedPart, parts_place};
use crate::storage::{
    database::micros,
    error::StoreError,
    ledger::{Event, LedgerEvent},
    locks::NEVER,
    names::ObjectId,
    writer::Tx,
};

impl Tx {
    /// Names the parts of a message: new ones by row and ledger, known ones by one use more.
    pub(in crate::storage) async fn use_parts(
        &mut self,
        object: &ObjectId,
        used: &[UsedPart],
    ) -> Result<(), StoreError> {
        if used.is_empty() {
            return Ok(());
        }
        for part in used {
            match &part.new {
                Some(new) => self.name_part(part, new).await?,
                None => {
                    let counted = sqlx::query(
                        "UPDATE object SET uses = uses + 1
                         WHERE id = $1 AND purged_at IS NULL AND unwanted_at IS NULL",
                    )
                    .bind(&part.id)
                    .execute(&mut self.conn)
                    .await?;
                    // Its last other use ended between the look and this commit: tried again, it is new.
                    if counted.rows_affected() == 0 {
                        return Err(StoreError::Busy);
                    }
                }
            }
        }
        let ids: Vec<&str> = used.iter().map(|part| part.id.as_str()).collect();
        let shared = self.shared.clone();
        let sealed = shared.secrets()?.seal(&parts_place(object.as_str()), &ids)?;
        sqlx::query("UPDATE object SET parts = $1 WHERE id = $2")
            .bind(sealed)
            .bind(object.as_str())
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }

    async fn name_part(&mut self, part: &UsedPart, new: &NewPart) -> Result<(), StoreError> {
        // In place of the digest of its bytes, which would tell who has the file that it is here.
        sqlx::query(
            "INSERT INTO object (id, path, kept_at, bytes, sha256, object_sha256, locked_until, part_hash, uses,
             lock_due) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,1,$9)",
        )
        .bind(&part.id)
        .bind(&part.path)
        .bind(micros(self.now))
        .bind(new.bytes)
        .bind(&new.hash[..])
        .bind(&new.object_sha256[..])
        .bind(new.locked_until.map(micros))
        .bind(&new.hash[..])
        .bind(NEVER)
        .execute(&mut self.conn)
        .await?;
        self.name_epochs(&part.id, &new.epochs).await?;
        let mut event = LedgerEvent::new(Event::ObjectKept).about(part.id.as_str()).with("what", "part");
        event.hash_in = Some(new.hash);
        event.hash_out = Some(new.object_sha256);
        self.append("gate", event).await.map(|_| ())
    }

    /// A message goes: its parts are used once less, and one that nothing uses goes too.
    pub(in crate::storage) async fn release_parts(&mut self, object: &str) -> Result<(), StoreError> {
        let sealed: Option<Vec<u8>> = sqlx::query_scalar("SELECT parts FROM object WHERE id = $1")
            .bind(object)
            .fetch_optional(&mut self.conn)
            .await?
            .flatten();
        let Some(sealed) = sealed else { return Ok(()) };
        let shared = self.shared.clone();
        let ids: Vec<String> = shared.secrets()?.open(&parts_place(object), &sealed)?;
        for id in ids {
            let left: Option<i64> =
                sqlx::query_scalar("UPDATE object SET uses = uses - 1 WHERE id = $1 RETURNING uses")
                    .bind(&id)
                    .fetch_optional(&mut self.conn)
                    .await?;
            if left.is_some_and(|left| left <= 0) {
                self.mark_unwanted(&id, "unused").await?;
            }
        }
        Ok(())
    }
}
