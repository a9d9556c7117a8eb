//! What belongs to an incident, and how the sender of each was proved.

use super::{Entry, IncidentError, IncidentLink, Link};
use crate::{
    mail::TransactionId,
    storage::{
        database::{micros, time},
        error::StoreError,
        ledger::Actor,
        names::{IncidentId, ObjectId},
        store::Store,
        writer::Tx,
    },
};

impl Store {
    pub async fn incident_link(
        &self,
        id: &IncidentId,
        link: Link,
        actor: &Actor,
    ) -> Result<(), IncidentError> {
        self.check_target(&link).await?;
        let (id, actor) = (id.clone(), actor.clone());
        let entry = Entry::Linked { what: format!("{} {}", link.kind(), link.target()) };
        self.write(move |tx| {
            Box::pin(async move {
                tx.link(&id, &link, None).await?;
                tx.write_entry(&id, &entry, &actor).await
            })
        })
        .await
    }

    /// The message of a transaction that a proposal speaks of, for the gate's own log.
    pub async fn incidents_of(&self, transaction: TransactionId) -> Result<Vec<IncidentId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT incident FROM incident_link WHERE kind = 'message' AND target = $1 ORDER BY incident",
        )
        .bind(transaction.to_string())
        .fetch_all(&self.readers)
        .await?;
        Ok(ids.into_iter().map(IncidentId::stored).collect())
    }

    pub(super) async fn links(&self, id: &IncidentId) -> Result<Vec<IncidentLink>, StoreError> {
        let rows: Vec<(String, String, Option<String>, i64)> = sqlx::query_as(
            "SELECT kind, target, object, at FROM incident_link WHERE incident = $1 ORDER BY at, target LIMIT 1000",
        )
        .bind(id.as_str())
        .fetch_all(&self.readers)
        .await?;
        let mut links = Vec::with_capacity(rows.len());
        for (kind, target, object, at) in rows {
            let sender_proved = self.sender_proved(&kind, &target).await?;
            links.push(IncidentLink {
                kind,
                target,
                at: time(at),
                sender_proved,
                has_bytes: object.is_some(),
            });
        }
        Ok(links)
    }

    async fn sender_proved(&self, kind: &str, target: &str) -> Result<Option<bool>, StoreError> {
        let transaction: Option<String> = match kind {
            "message" => Some(target.to_owned()),
            "item" | "record" => {
                let statement = match kind {
                    "item" => "SELECT transaction_id FROM item WHERE id = $1",
                    _ => "SELECT transaction_id FROM record WHERE id = $1",
                };
                sqlx::query_scalar(statement).bind(target).fetch_optional(&self.readers).await?
            }
            _ => None,
        };
        let Some(Ok(transaction)) = transaction.map(|t| t.parse::<TransactionId>()) else { return Ok(None) };
        self.was_proved(transaction).await
    }

    pub(super) async fn check_target(&self, link: &Link) -> Result<(), IncidentError> {
        let statement = match link {
            Link::Item(_) => {
                "SELECT COUNT(*) FROM item WHERE id = $1 AND state NOT IN ('provisional', 'dropped')"
            }
            Link::Record(_) => "SELECT COUNT(*) FROM record WHERE id = $1 AND state = 'kept'",
            Link::Message(_) => "SELECT COUNT(*) FROM message WHERE transaction_id = $1",
            Link::Incident(_) => {
                "SELECT COUNT(*) FROM incident WHERE id = $1 AND state NOT IN ('provisional', 'dropped', 'purged')"
            }
        };
        let found: i64 = sqlx::query_scalar(statement)
            .bind(link.target())
            .fetch_one(&self.readers)
            .await
            .map_err(StoreError::from)?;
        match found {
            0 => Err(IncidentError::NoTarget { what: link.kind(), id: link.target() }),
            _ => Ok(()),
        }
    }
}

impl Tx {
    pub(super) async fn link(
        &mut self,
        id: &IncidentId,
        link: &Link,
        object: Option<&ObjectId>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO incident_link (incident, kind, target, object, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (incident, kind, target) DO NOTHING",
        )
        .bind(id.as_str())
        .bind(link.kind())
        .bind(link.target())
        .bind(object.map(ObjectId::as_str))
        .bind(micros(self.now))
        .execute(&mut self.conn)
        .await?;
        Ok(())
    }
}
