//! The review that follows an emergency (practice.md, A9): what was sent at once stands on the
//! lead's list until somebody has looked at how that came about.

use crate::mail::SchoolId;
use crate::storage::{
    database::{micros, time},
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    names::ItemId,
    store::Store,
};
use chrono::{DateTime, Utc};

/// A message that was sent now because of a child at risk, not reviewed yet.
#[derive(Clone, Debug)]
pub struct Review {
    pub item: ItemId,
    pub school: SchoolId,
    pub sent_at: DateTime<Utc>,
    /// Random person id.
    pub sent_by: String,
}

impl Store {
    /// Oldest first, at most 1,000.
    pub async fn reviews(&self, school: Option<&SchoolId>) -> Result<Vec<Review>, StoreError> {
        let rows: Vec<(String, String, i64, Option<String>)> = sqlx::query_as(
            "SELECT id, school, review_at, decided_by FROM item
             WHERE review_at IS NOT NULL AND reviewed_at IS NULL AND ($1 = '' OR school = $1)
             ORDER BY review_at LIMIT 1000",
        )
        .bind(school.map_or_else(String::new, ToString::to_string))
        .fetch_all(&self.readers)
        .await?;
        let review = |(id, school, at, by): (String, String, i64, Option<String>)| Review {
            item: ItemId::stored(id),
            school: SchoolId(school.into()),
            sent_at: time(at),
            sent_by: by.unwrap_or_default(),
        };
        Ok(rows.into_iter().map(review).collect())
    }

    /// `false` when there was nothing to review, or somebody was quicker.
    pub async fn reviewed(&self, item: &ItemId, actor: &Actor, reason: &str) -> Result<bool, StoreError> {
        let (item, actor, reason) = (item.clone(), actor.clone(), reason.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                let school: Option<String> = sqlx::query_scalar(
                    "UPDATE item SET reviewed_at = $1 WHERE id = $2 AND review_at IS NOT NULL
                     AND reviewed_at IS NULL RETURNING school",
                )
                .bind(micros(tx.now))
                .bind(item.as_str())
                .fetch_optional(&mut tx.conn)
                .await?;
                let Some(school) = school else { return Ok(false) };
                let event = LedgerEvent::new(Event::ItemReviewed)
                    .school(&SchoolId(school.into()))
                    .about(item.as_str())
                    .because(Some(reason));
                tx.append(&by, event).await?;
                Ok(true)
            })
        })
        .await
    }
}
