//! How far each place outside the machine is: what is due there, what it has, since when it
//! fails. Several nodes may ask at once; each place is given to one of them at a time.

use super::{Event, LedgerEvent, signed::SignedHead};
use crate::storage::{
    database::{micros, time, unhex},
    error::StoreError,
    store::Store,
};
use chrono::{DateTime, TimeDelta, Utc};

/// From one anchor to the next. Those who ask more often find nothing due.
const EVERY: TimeDelta = TimeDelta::minutes(59);
/// A place that failed is tried again after this.
const AGAIN: TimeDelta = TimeDelta::minutes(4);
/// How long who was given a place may take.
const BUSY: TimeDelta = TimeDelta::minutes(3);

/// A place that waits for the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueAnchor {
    pub place: String,
    /// Hash of the row that was anchored there last, hex: what the place must still show.
    pub last: Option<String>,
}

/// Why a place did not take a head. Words for the ledger and `doctor`: no address, no URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorFault {
    #[error("the folder, or the file in it, is not there: is the share mounted?")]
    Away,
    #[error(
        "the file there does not have what was written to it last: it was changed, or it is another share"
    )]
    OtherFile,
    #[error("it cannot be written")]
    NotWritten,
    #[error("nobody answers there")]
    NoAnswer,
    #[error("the service there answers {0}")]
    Status(u16),
    #[error("the token for it cannot be read")]
    NoToken,
    #[error("the mail could not be put into the outbox")]
    NoOutbox,
    #[error("it is not known why")]
    Unknown,
}

impl AnchorFault {
    fn word(self) -> String {
        match self {
            Self::Away => "away".into(),
            Self::OtherFile => "other-file".into(),
            Self::NotWritten => "not-written".into(),
            Self::NoAnswer => "no-answer".into(),
            Self::Status(code) => format!("status-{code}"),
            Self::NoToken => "no-token".into(),
            Self::NoOutbox => "no-outbox".into(),
            Self::Unknown => "unknown".into(),
        }
    }

    fn named(word: &str) -> Self {
        let all =
            [Self::Away, Self::OtherFile, Self::NotWritten, Self::NoAnswer, Self::NoToken, Self::NoOutbox];
        match word.strip_prefix("status-").and_then(|code| code.parse().ok()) {
            Some(code) => Self::Status(code),
            None => all.into_iter().find(|fault| fault.word() == word).unwrap_or(Self::Unknown),
        }
    }
}

/// How a place stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorState {
    pub place: String,
    /// The last row it has, and since when.
    pub rows: u64,
    pub anchored_at: Option<DateTime<Utc>>,
    pub failing: Option<(DateTime<Utc>, AnchorFault)>,
}

/// Place, rows brought, when last, since when it fails, how.
type AnchorRow = (String, i64, Option<i64>, Option<i64>, Option<String>);

impl Store {
    /// Which of these places are due now; they are the caller's for some minutes.
    pub async fn anchors_due(&self, places: &[String]) -> Result<Vec<DueAnchor>, StoreError> {
        let places = places.to_vec();
        self.write(move |tx| {
            Box::pin(async move {
                let mut due = Vec::new();
                for place in places {
                    let taken: Option<Option<String>> = sqlx::query_scalar(
                        "INSERT INTO ledger_anchor (place, busy_until) VALUES ($1, $2)
                         ON CONFLICT (place) DO UPDATE SET busy_until = excluded.busy_until
                         WHERE ledger_anchor.busy_until <= $3
                         AND COALESCE(ledger_anchor.anchored_at, 0) <= $4 RETURNING head",
                    )
                    .bind(&place)
                    .bind(micros(tx.now + BUSY))
                    .bind(micros(tx.now))
                    .bind(micros(tx.now - EVERY))
                    .fetch_optional(&mut tx.conn)
                    .await?;
                    due.extend(taken.map(|last| DueAnchor { place, last }));
                }
                Ok(due)
            })
        })
        .await
    }

    /// The head lies there: the ledger says where, how far and which. Returns whether the place
    /// had been failing. `job` is the outbox's, when it went by mail.
    pub async fn anchored(
        &self,
        place: &str,
        signed: &SignedHead,
        job: Option<String>,
    ) -> Result<bool, StoreError> {
        let (place, signed) = (place.to_owned(), signed.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let failing: Option<Option<i64>> =
                    sqlx::query_scalar("SELECT failing_since FROM ledger_anchor WHERE place = $1")
                        .bind(&place)
                        .fetch_optional(&mut tx.conn)
                        .await?;
                sqlx::query(
                    "UPDATE ledger_anchor SET head = $1, rows_there = $2, anchored_at = $3, failing_since = NULL,
                     fault = NULL, busy_until = 0 WHERE place = $4",
                )
                .bind(&signed.head)
                .bind(signed.rows.cast_signed())
                .bind(micros(tx.now))
                .bind(&place)
                .execute(&mut tx.conn)
                .await?;
                let mut event = LedgerEvent::new(Event::LedgerAnchored)
                    .about(format!("anchor/{place}"))
                    .with("row", signed.rows.cast_signed());
                event.hash_out = unhex(&signed.head).and_then(|hash| hash.try_into().ok());
                if let Some(job) = job {
                    event = event.with("job", job);
                }
                tx.append("gate", event).await?;
                Ok(failing.flatten().is_some())
            })
        })
        .await
    }

    /// The place did not take it, and is tried again in some minutes. Returns whether that is new:
    /// then the ledger says it.
    pub async fn anchor_failed(&self, place: &str, fault: AnchorFault) -> Result<bool, StoreError> {
        let place = place.to_owned();
        self.write(move |tx| {
            Box::pin(async move {
                let before: Option<Option<String>> =
                    sqlx::query_scalar("SELECT fault FROM ledger_anchor WHERE place = $1")
                        .bind(&place)
                        .fetch_optional(&mut tx.conn)
                        .await?;
                sqlx::query(
                    "UPDATE ledger_anchor SET failing_since = COALESCE(failing_since, $1), fault = $2,
                     busy_until = $3 WHERE place = $4",
                )
                .bind(micros(tx.now))
                .bind(fault.word())
                .bind(micros(tx.now + AGAIN))
                .bind(&place)
                .execute(&mut tx.conn)
                .await?;
                let is_new = before.flatten().is_none_or(|word| word != fault.word());
                if is_new {
                    let event = LedgerEvent::new(Event::LedgerAnchorFailing)
                        .about(format!("anchor/{place}"))
                        .with("why", fault.word());
                    tx.append("gate", event).await?;
                }
                Ok(is_new)
            })
        })
        .await
    }

    /// How every place stands that was ever tried.
    pub async fn anchors(&self) -> Result<Vec<AnchorState>, StoreError> {
        let rows: Vec<AnchorRow> = sqlx::query_as(
            "SELECT place, rows_there, anchored_at, failing_since, fault FROM ledger_anchor ORDER BY place",
        )
        .fetch_all(&self.readers)
        .await?;
        let state = |(place, rows, anchored_at, since, fault): AnchorRow| {
            let fault = fault.map_or(AnchorFault::Unknown, |word| AnchorFault::named(&word));
            AnchorState {
                place,
                rows: rows.unsigned_abs(),
                anchored_at: anchored_at.map(time),
                failing: since.map(|since| (time(since), fault)),
            }
        };
        Ok(rows.into_iter().map(state).collect())
    }
}
