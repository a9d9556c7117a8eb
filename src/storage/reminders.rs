//! Holds that wait: which of them their sender has yet to be reminded of.

use super::{
    database::micros,
    error::StoreError,
    ledger::{Event, LedgerEvent},
    names::{ItemId, Token},
    outbox::NewOutbox,
    store::Store,
    tokens::token_digest,
};
use chrono::{DateTime, Utc};

/// A hold that its sender has neither answered nor been reminded of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    pub item: ItemId,
    /// The message went to further recipients, who have got their copy.
    pub others_have_it: bool,
    /// A person has looked at it at the command line.
    pub looked_at: bool,
}

/// Most holds of one answer; the others come with the next.
const MOST: i64 = 1_000;

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    others: i64,
    looks: i64,
}

impl Store {
    /// Holds kept at `kept_by` or before, oldest first.
    pub async fn holds_to_remind(&self, kept_by: DateTime<Utc>) -> Result<Vec<Unanswered>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT i.id,
                (SELECT COUNT(*) FROM message m WHERE m.transaction_id = i.transaction_id AND m.recipients >
                    (SELECT SUM(s.recipients) FROM item s WHERE s.transaction_id = i.transaction_id)) AS others,
                (SELECT COUNT(*) FROM ledger l WHERE l.subject = i.id AND l.actor <> 'gate'
                    AND l.event IN ('item.viewed', 'item.bytes-viewed')) AS looks
             FROM item i
             WHERE i.state = 'open' AND i.kind = 'hold' AND i.owner_hash IS NOT NULL AND i.received_at <= $1
                AND NOT EXISTS (SELECT 1 FROM ledger r WHERE r.subject = i.id AND r.event = 'item.reminded')
             ORDER BY i.n LIMIT $2",
        )
        .bind(micros(kept_by))
        .bind(MOST)
        .fetch_all(&self.readers)
        .await?;
        let unanswered = |row: Row| Unanswered {
            item: ItemId::stored(row.id),
            others_have_it: row.others > 0,
            looked_at: row.looks > 0,
        };
        Ok(rows.into_iter().map(unanswered).collect())
    }

    /// Queues the one reminder of a hold, with the token that it carries; earlier tokens stay
    /// good. `false` when it has been decided meanwhile, or somebody was quicker.
    pub async fn remind(
        &self,
        item: &ItemId,
        token: Option<&Token>,
        notice: NewOutbox,
    ) -> Result<bool, StoreError> {
        let secrets = self.secrets()?;
        let (digest, item) = (token.map(|token| token_digest(secrets, token)), item.clone());
        self.write_mail(vec![notice], move |tx| {
            Box::pin(async move {
                let waits: Option<i64> = sqlx::query_scalar(
                    "SELECT n FROM item WHERE id = $1 AND state = 'open' AND kind = 'hold' AND owner_hash IS NOT NULL
                     AND NOT EXISTS (SELECT 1 FROM ledger WHERE subject = $1 AND event = 'item.reminded')",
                )
                .bind(item.as_str())
                .fetch_optional(&mut tx.conn)
                .await?;
                if waits.is_none() {
                    return Ok(false);
                }
                if let Some(digest) = &digest {
                    tx.insert_token(&item, digest).await?;
                }
                tx.append("gate", LedgerEvent::new(Event::ItemReminded).about(item.as_str())).await?;
                Ok(true)
            })
        })
        .await
    }
}
