//! What the rows say of a person beyond the records: messages that wait or waited, the message log,
//! and what the ledger says that the person did.

use crate::{
    authority::Face,
    mail::Address,
    parties::PersonId,
    storage::{
        database::{Sql, time},
        error::StoreError,
        ledger::{Actor, Event},
        messages::LoggedView,
        names::ItemId,
        store::Store,
    },
};
use chrono::{DateTime, Utc};

/// Rows of one kind about one person; six months of a log have fewer.
pub(super) const MOST_ROWS: i64 = 20_000;

/// One row of the message log of somebody who sent it.
pub struct SentMessage {
    pub at: DateTime<Utc>,
    pub direction: String,
    pub to: Vec<Address>,
}

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

    /// What the message log has of one who sends from these addresses, the newest first. What waits or
    /// waited, and what an incident has, is left out: that is ruled upon by itself, and that there is
    /// something is nobody's to learn from a list (practice.md, A2).
    pub async fn log_of(&self, addresses: &[Address]) -> Result<Vec<SentMessage>, StoreError> {
        let faces = self.faces([], addresses)?;
        if faces.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = Sql::new(
            "SELECT m.transaction_id, m.received_at, m.direction, m.sealed FROM message m
             WHERE NOT EXISTS (SELECT 1 FROM item i WHERE i.transaction_id = m.transaction_id
                AND i.kind IN ('hold', 'quarantine') AND i.state NOT IN ('provisional', 'dropped'))
             AND NOT EXISTS (SELECT 1 FROM incident_link l WHERE l.target = m.transaction_id)
             AND NOT EXISTS (SELECT 1 FROM incident_link l JOIN record r ON r.id = l.target
                WHERE r.transaction_id = m.transaction_id)
             AND m.sender_hash IN ",
        );
        in_list(&mut sql, &faces);
        sql.push(" ORDER BY m.received_at DESC LIMIT ").push_bind(MOST_ROWS);
        let rows: Vec<(String, i64, String, Vec<u8>)> = sql.build_query_as().fetch_all(&self.readers).await?;
        let secrets = self.secrets()?;
        let sent = |(id, at, direction, sealed): (String, i64, String, Vec<u8>)| {
            let view: LoggedView = secrets.open(&format!("message/{id}"), &sealed)?;
            let to = view.envelope.recipients.into_iter().map(|r| r.address).collect();
            Ok(SentMessage { at: time(at), direction, to })
        };
        rows.into_iter().map(sent).collect()
    }

    /// What the ledger says that somebody of the directory did, also as the sender of a hold. The
    /// newest first. What they asked for in vain is left out: it would tell that there is something.
    pub async fn acts_of(&self, person: &PersonId) -> Result<Vec<(DateTime<Utc>, String)>, StoreError> {
        let Some(id) = self.known_id(&Actor::Person(person.clone())).await? else { return Ok(Vec::new()) };
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT at, event FROM ledger WHERE actor = $1 AND event <> $2 ORDER BY n DESC LIMIT $3",
        )
        .bind(id)
        .bind(Event::AccessRefused.name())
        .bind(MOST_ROWS)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().map(|(at, event)| (time(at), event)).collect())
    }
}
