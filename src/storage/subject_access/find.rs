//! What the rows say of a person beyond the records: messages that wait or waited, the message log,
//! and what the ledger says that the person did.

use crate::{
    authority::Face,
    mail::Address,
    parties::PersonId,
    storage::{
        database::{Sql, time},
        error::StoreError,
        ledger::Actor,
        names::ItemId,
        store::Store,
    },
};
use chrono::{DateTime, Utc};

/// Rows of one kind about one person; six months of a log have fewer.
pub(super) const MOST_ROWS: i64 = 20_000;

fn in_list(sql: &mut Sql, faces: &[Face]) {
    sql.push_row(|row| {
        for face in faces {
            row.bind(face.0.to_vec());
        }
    });
}

impl Store {
    /// Held and quarantined messages that this person sent, was sent or shown, holds, or is accused in.
    pub async fn items_with(
        &self,
        person: &PersonId,
        addresses: &[Address],
    ) -> Result<Vec<ItemId>, StoreError> {
        let faces = self.faces([person], addresses)?;
        let mut sql = Sql::new(
            "SELECT i.id FROM item i WHERE i.state NOT IN ('provisional', 'dropped', 'purged')
             AND (i.owner_hash IN ",
        );
        in_list(&mut sql, &faces);
        sql.push(" OR i.id IN (SELECT item FROM item_recipient WHERE address_hash IN ");
        in_list(&mut sql, &faces);
        sql.push(") OR i.id IN (SELECT subject FROM concerned WHERE face IN ");
        in_list(&mut sql, &faces);
        sql.push(") OR i.transaction_id IN (SELECT subject FROM concerned WHERE face IN ");
        in_list(&mut sql, &faces);
        sql.push(")) ORDER BY i.n LIMIT ").push_bind(MOST_ROWS);
        let ids: Vec<String> = sql.build_query_scalar().fetch_all(&self.readers).await?;
        Ok(ids.into_iter().map(ItemId::stored).collect())
    }

    /// What the message log has of one who sends from these addresses: time, direction, number of
    /// recipients; the newest first. What became of a message is not told here: that it waits for a
    /// reviewer is nobody's to learn from a list (practice.md, A2).
    pub async fn log_of(
        &self,
        addresses: &[Address],
    ) -> Result<Vec<(DateTime<Utc>, String, u64)>, StoreError> {
        let faces = self.faces([], addresses)?;
        if faces.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql =
            Sql::new("SELECT received_at, direction, recipients FROM message WHERE sender_hash IN ");
        in_list(&mut sql, &faces);
        sql.push(" ORDER BY received_at DESC LIMIT ").push_bind(MOST_ROWS);
        let rows: Vec<(i64, String, i64)> = sql.build_query_as().fetch_all(&self.readers).await?;
        Ok(rows.into_iter().map(|(at, direction, n)| (time(at), direction, n.unsigned_abs())).collect())
    }

    /// What the ledger says that somebody of the directory did, also as the sender of a hold. The
    /// newest first.
    pub async fn acts_of(&self, person: &PersonId) -> Result<Vec<(DateTime<Utc>, String)>, StoreError> {
        let Some(id) = self.known_id(&Actor::Person(person.clone())).await? else { return Ok(Vec::new()) };
        let rows: Vec<(i64, String)> =
            sqlx::query_as("SELECT at, event FROM ledger WHERE actor = $1 ORDER BY n DESC LIMIT $2")
                .bind(id)
                .bind(MOST_ROWS)
                .fetch_all(&self.readers)
                .await?;
        Ok(rows.into_iter().map(|(at, event)| (time(at), event)).collect())
    }
}
