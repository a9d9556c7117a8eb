//! The message log (RE-4): one row for each transaction, without content.

use super::{
    database::{micros, named, time},
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    objects::sha256,
    secrets::Secrets,
    store::Store,
    writer::Tx,
};
use crate::{
    mail::{Door, Envelope, Mode, SchoolId, TransactionId},
    parties::Direction,
    verdict::Disposition,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What is written of every transaction. Addresses become keyed hashes; the verdict
/// lies encrypted beside them; bytes become a digest.
#[derive(Clone)]
pub struct Logged {
    pub transaction: TransactionId,
    pub received_at: DateTime<Utc>,
    /// The school whose rules held; `None` for mail of no school.
    pub school: Option<SchoolId>,
    pub door: Door,
    pub mode: Mode,
    pub direction: Direction,
    pub envelope: Envelope,
    /// The message as presented.
    pub raw: Bytes,
    pub disposition: Disposition,
    /// The explanation with its facts, without content.
    pub verdict: serde_json::Value,
}

/// How far a passing message has got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PassFate {
    /// It is about to be passed on; `Store::log_fate` says what became of it.
    Intended,
    /// The MTA has it (milter). Never called "delivered".
    LeftWithMta {
        queue_id: Option<String>,
    },
    NextHopAccepted,
    /// The next hop (or a rule) refused it with this 5xx code.
    Refused {
        code: u16,
    },
    /// It stays with the client, which was told this 4xx code.
    Deferred {
        code: u16,
    },
}

/// A message that passes, wholly or in part.
#[derive(Clone)]
pub struct Passed {
    pub message: Logged,
    /// The message after the edits; the same bytes when there are none.
    pub bytes_out: Bytes,
    pub fate: PassFate,
    /// Further rows of the ledger: what was edited, what was not and why.
    pub ledger: Vec<LedgerEvent>,
}

impl PassFate {
    pub(super) fn event(&self) -> LedgerEvent {
        let event = |event| LedgerEvent::new(event);
        match self {
            Self::Intended => event(Event::MessageIntended),
            Self::LeftWithMta { queue_id: Some(id) } => {
                event(Event::MessageLeftWithMta).with("queue-id", id.clone())
            }
            Self::LeftWithMta { queue_id: None } => event(Event::MessageLeftWithMta),
            Self::NextHopAccepted => event(Event::MessagePassed),
            Self::Refused { code } => event(Event::MessageRefused).with("code", *code),
            Self::Deferred { code } => event(Event::MessageDeferred).with("code", *code),
        }
    }

    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::LeftWithMta { .. } => "left-with-mta",
            Self::NextHopAccepted => "next-hop-accepted",
            Self::Refused { .. } => "refused",
            Self::Deferred { .. } => "deferred",
        }
    }
}

/// What lies encrypted in a row of the message log.
#[derive(Serialize)]
struct Secret<'a> {
    envelope: &'a Envelope,
    verdict: &'a serde_json::Value,
}

/// What the log tells of one transaction: enough to explain and repeat its verdict.
#[derive(Clone, Deserialize)]
pub struct LoggedView {
    pub envelope: Envelope,
    pub verdict: serde_json::Value,
}

/// What a row of the message log says without a key.
#[derive(Clone, Debug)]
pub struct LoggedSummary {
    pub transaction: TransactionId,
    pub received_at: DateTime<Utc>,
    pub school: Option<SchoolId>,
    pub mode: Mode,
    pub disposition: Disposition,
    pub recipients: u32,
    pub bytes: u64,
}

#[derive(sqlx::FromRow)]
struct SummaryRow {
    transaction_id: String,
    received_at: i64,
    school: Option<String>,
    mode: String,
    disposition: String,
    recipients: i64,
    bytes: i64,
}

impl SummaryRow {
    fn summary(self) -> Result<LoggedSummary, StoreError> {
        let damaged = || StoreError::Damaged("a row of the message log cannot be read".into());
        Ok(LoggedSummary {
            transaction: self.transaction_id.parse().map_err(|_| damaged())?,
            received_at: time(self.received_at),
            school: self.school.map(|s| SchoolId(s.into())),
            mode: named(&[Mode::Observe, Mode::Enforce], mode_name, &self.mode)?,
            disposition: named(&DISPOSITIONS, Disposition::name, &self.disposition)?,
            recipients: u32::try_from(self.recipients).unwrap_or(u32::MAX),
            bytes: self.bytes.unsigned_abs(),
        })
    }
}

pub(super) const DISPOSITIONS: [Disposition; 5] = [
    Disposition::Deliver,
    Disposition::Hold,
    Disposition::Quarantine,
    Disposition::Refuse,
    Disposition::Defer,
];

/// A row of the message log, ready to be written.
pub(super) struct MessageRow {
    pub(super) transaction: TransactionId,
    pub(super) school: Option<SchoolId>,
    pub(super) sha256: [u8; 32],
    received_at: i64,
    door: Door,
    mode: Mode,
    direction: Direction,
    disposition: Disposition,
    sender_hash: Option<[u8; 32]>,
    recipients: usize,
    bytes: usize,
    sealed: Vec<u8>,
}

impl MessageRow {
    pub(super) async fn prepare(message: &Logged, secrets: &Secrets) -> Result<Self, StoreError> {
        let secret = Secret { envelope: &message.envelope, verdict: &message.verdict };
        Ok(Self {
            transaction: message.transaction,
            school: message.school.clone(),
            sha256: sha256(&message.raw).await,
            received_at: micros(message.received_at),
            door: message.door,
            mode: message.mode,
            direction: message.direction,
            disposition: message.disposition,
            sender_hash: message.envelope.sender.address().map(|a| secrets.address(a)),
            recipients: message.envelope.recipients.len(),
            bytes: message.raw.len(),
            sealed: secrets.seal(&format!("message/{}", message.transaction), &secret)?,
        })
    }

    /// The ledger row of this message for `event`.
    pub(super) fn event(&self, mut event: LedgerEvent) -> LedgerEvent {
        event.school = self.school.clone();
        event.transaction = Some(self.transaction);
        event.hash_in = Some(self.sha256);
        event.with("disposition", self.disposition.name()).with("mode", mode_name(self.mode))
    }

    /// A row that a keep of the same transaction wrote stays; its fate is brought up to date.
    pub(super) async fn insert(&self, tx: &mut Tx, fate: &str) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO message (transaction_id, received_at, school, door, mode, direction, disposition,
             fate, sender_hash, recipients, bytes, sha256, sealed)
             VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)
             ON CONFLICT (transaction_id) DO UPDATE SET fate = excluded.fate",
        )
        .bind(self.transaction.to_string())
        .bind(self.received_at)
        .bind(self.school.as_ref().map(ToString::to_string))
        .bind(door_name(self.door))
        .bind(mode_name(self.mode))
        .bind(self.direction.name())
        .bind(self.disposition.name())
        .bind(fate)
        .bind(self.sender_hash.map(Vec::from))
        .bind(self.recipients as i64)
        .bind(self.bytes as i64)
        .bind(&self.sha256[..])
        .bind(&self.sealed)
        .execute(&mut tx.conn)
        .await?;
        Ok(())
    }
}

pub(super) fn door_name(door: Door) -> &'static str {
    match door {
        Door::Milter => "milter",
        Door::Relay => "relay",
        Door::File => "file",
    }
}

fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Observe => "observe",
        Mode::Enforce => "enforce",
    }
}

impl Tx {
    /// Brings the fate of a logged message up to date; it may be unknown (retention).
    pub(super) async fn set_fate(&mut self, transaction: &str, fate: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE message SET fate = $1 WHERE transaction_id = $2")
            .bind(fate)
            .bind(transaction)
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Writes the row of a message that passes; waits for the commit, which messages
    /// that wait together share. Where [`Store::keep`] wrote the row already, its fate
    /// is brought up to date.
    pub async fn log_passed(&self, passed: Passed) -> Result<(), StoreError> {
        let Passed { message, bytes_out, fate, ledger } = passed;
        let row = MessageRow::prepare(&message, self.secrets()?).await?;
        let same = bytes_out.as_ptr() == message.raw.as_ptr() && bytes_out.len() == message.raw.len();
        let hash_out = if same { row.sha256 } else { sha256(&bytes_out).await };
        self.write(move |tx| {
            Box::pin(async move {
                row.insert(tx, fate.word()).await?;
                let mut event = row.event(fate.event());
                event.hash_out = Some(hash_out);
                let transaction = event.transaction;
                tx.append("gate", event).await?;
                for mut event in ledger {
                    event.transaction = transaction;
                    tx.append("gate", event).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// What became of a message logged as `Intended`.
    pub async fn log_fate(&self, transaction: TransactionId, fate: PassFate) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                tx.set_fate(&transaction.to_string(), fate.word()).await?;
                tx.append("gate", fate.event().transaction(transaction)).await.map(|_| ())
            })
        })
        .await
    }

    /// The message log without addresses, newest first, at most 1,000.
    pub async fn messages(&self, limit: u32) -> Result<Vec<LoggedSummary>, StoreError> {
        let rows: Vec<SummaryRow> = sqlx::query_as(
            "SELECT transaction_id, received_at, school, mode, disposition, recipients, bytes
             FROM message ORDER BY received_at DESC LIMIT $1",
        )
        .bind(i64::from(limit.min(1_000)))
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(SummaryRow::summary).collect()
    }

    /// Opens the log's row of one transaction; the ledger notes who looked and why.
    pub async fn message(
        &self,
        transaction: TransactionId,
        actor: &Actor,
        why: &str,
    ) -> Result<LoggedView, StoreError> {
        let id = transaction.to_string();
        let sealed: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT sealed FROM message WHERE transaction_id = $1")
                .bind(&id)
                .fetch_optional(&self.readers)
                .await?;
        let sealed = sealed.ok_or_else(|| StoreError::NotFound { what: "message", id: id.clone() })?;
        let view = self.secrets()?.open(&format!("message/{id}"), &sealed)?;
        let event = LedgerEvent::new(Event::MessageViewed)
            .transaction(transaction)
            .because((!why.is_empty()).then(|| why.to_owned()));
        self.ledger(actor, event).await?;
        Ok(view)
    }

    /// Whether the sender was proved; `None` where the log no longer has the message. Nothing
    /// else of the row is given, so that no look is noted.
    pub(super) async fn was_proved(&self, transaction: TransactionId) -> Result<Option<bool>, StoreError> {
        let id = transaction.to_string();
        let sealed: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT sealed FROM message WHERE transaction_id = $1")
                .bind(&id)
                .fetch_optional(&self.readers)
                .await?;
        let Some(sealed) = sealed else { return Ok(None) };
        let view: LoggedView = self.secrets()?.open(&format!("message/{id}"), &sealed)?;
        Ok(view.verdict.pointer("/facts/proved").and_then(serde_json::Value::as_bool))
    }
}
