//! How far a release has got, recipient by recipient, until the next hop's 250.

use super::{
    database::{named, time},
    error::StoreError,
    names::{ItemId, OutboxId},
    outbox::{JobState, RecipientState},
    store::Store,
};
use chrono::{DateTime, Utc};

/// One recipient of a release; by position, since an address is nobody's business here.
#[derive(Clone, Debug)]
pub struct Delivered {
    pub job: OutboxId,
    /// From 0, in the order of the item's recipients.
    pub recipient: u32,
    pub state: Delivery,
    /// The next hop's last code.
    pub code: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Tried again then.
    Waiting { next_at: DateTime<Utc> },
    /// The next hop said 250.
    Delivered { at: DateTime<Utc> },
    /// Refused for good, or five days went by.
    Refused { at: DateTime<Utc> },
    /// Taken back before it left: withdrawn, sealed or stopped by the scanner.
    Stopped,
}

impl Delivery {
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Delivered { .. } => "delivered",
            Self::Refused { .. } => "refused",
            Self::Stopped => "stopped",
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    job: String,
    next_at: i64,
    position: i64,
    state: String,
    code: Option<i64>,
    at: Option<i64>,
}

impl Store {
    /// The releases of an item, oldest first.
    pub async fn delivery(&self, item: &ItemId) -> Result<Vec<Delivered>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT b.id, b.state AS job, b.next_at, r.position, r.state, r.code, r.at FROM outbox b
             JOIN outbox_recipient r ON r.outbox = b.id WHERE b.item = $1 AND b.kind = 'release'
             ORDER BY b.n, r.position",
        )
        .bind(item.as_str())
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(Row::delivered).collect()
    }
}

impl Row {
    fn delivered(self) -> Result<Delivered, StoreError> {
        let at = time(self.at.unwrap_or_default());
        let job = named(&JobState::ALL, JobState::name, &self.job)?;
        let state = match named(&RecipientState::ALL, RecipientState::name, &self.state)? {
            RecipientState::Waiting if job == JobState::Dropped => Delivery::Stopped,
            RecipientState::Waiting => Delivery::Waiting { next_at: time(self.next_at) },
            RecipientState::Delivered => Delivery::Delivered { at },
            RecipientState::Failed => Delivery::Refused { at },
        };
        Ok(Delivered {
            job: OutboxId::stored(self.id),
            recipient: u32::try_from(self.position).unwrap_or(u32::MAX),
            state,
            code: self.code.and_then(|c| u16::try_from(c).ok()),
        })
    }
}
