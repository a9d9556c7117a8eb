//! Jobs of the outbox as rows: how one is written, and how a claimed one is read back.

use super::{
    access::Access,
    database::{micros, named, time},
    error::StoreError,
    ledger::{Event, LedgerEvent},
    names::{ItemId, ObjectId, OutboxId, ReleaseId},
    objects::Stored,
    outbox::{
        DueReport, JobRecipient, NewOutbox, OutboxJob, OutboxKind, OutboxMessage, RecipientState,
        ReportAction, Task,
    },
    releases::{NewRelease, RELEASE_HEADER},
    retry::RetryKey,
    store::Store,
    writer::Tx,
};
use crate::mail::{Edits, Envelope, HeaderEdit, Recipient, Reply, ReversePath, SchoolId, TransactionId};
use bytes::Bytes;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// What we wrote ourselves lies in the row up to this length, else in the vault.
const LONGEST_BODY: usize = 64 << 10;

/// What lies encrypted in a job's row.
#[derive(Serialize, Deserialize)]
struct Secret {
    sender: ReversePath,
    parameters: Vec<String>,
    recipients: Vec<Recipient>,
    edits: Edits,
}

/// What a reply said, encrypted, since next hops repeat addresses in it.
#[derive(Serialize, Deserialize)]
pub(super) struct SecretReply {
    enhanced: (u8, u16, u16),
    text: String,
}

/// Which transaction a row belongs to, and whether that one's reply is still to come.
#[derive(Clone, Copy, Debug)]
pub(super) enum Standing {
    Final(Option<TransactionId>),
    Provisional(TransactionId),
}

impl Standing {
    pub(super) fn transaction(self) -> Option<TransactionId> {
        match self {
            Self::Final(transaction) => transaction,
            Self::Provisional(transaction) => Some(transaction),
        }
    }
    /// The state of a row that begins its life: `provisional`, or this one.
    pub(super) fn or(self, state: &str) -> &str {
        match self {
            Self::Final(_) => state,
            Self::Provisional(_) => "provisional",
        }
    }
}

/// A job ready to be written.
pub(super) struct JobRow {
    pub(super) id: OutboxId,
    pub(super) kind: OutboxKind,
    pub(super) item: Option<ItemId>,
    school: Option<SchoolId>,
    next_hop: Option<String>,
    pub(super) release: Option<NewRelease>,
    object: Option<ObjectId>,
    /// An object of its own, not yet named.
    new_object: Option<Stored>,
    sealed: Vec<u8>,
    body: Option<Vec<u8>>,
    /// The places of those who get it, in the list of its recipients: all of them, or those of one copy.
    pub(super) positions: Vec<usize>,
    retry_keys: Vec<RetryKey>,
    /// How long it waits before it is due.
    pub(super) delay: TimeDelta,
}

impl Store {
    /// Encrypts a job's parts. `own` is the object of the transaction being kept, for
    /// which `OutboxMessage::Transaction` stands.
    pub(super) async fn prepare_job(
        &self,
        job: NewOutbox,
        own: Option<&ObjectId>,
        transaction: Option<TransactionId>,
    ) -> Result<JobRow, StoreError> {
        let secrets = self.secrets()?;
        let id = OutboxId::on(self.now(), &self.shared.random);
        let place = format!("outbox/{id}");
        let envelope =
            Envelope { sender: job.sender, parameters: job.parameters, recipients: job.recipients };
        let (mut object, mut new_object, mut body, mut edits) = (None, None, None, Edits::default());
        match job.message {
            OutboxMessage::Transaction(own_edits) => {
                let missing = || StoreError::Us("a job speaks of a transaction that is not kept".into());
                object = Some(own.ok_or_else(missing)?.clone());
                edits = own_edits;
            }
            OutboxMessage::Written(written) if written.len() <= LONGEST_BODY => {
                body = Some(secrets.seal_bytes(&format!("{place}/body"), &written)?);
            }
            OutboxMessage::Written(written) => {
                let transaction = transaction.unwrap_or(TransactionId(0));
                let sealing = self.sealing(&[Access::working()]).await?;
                let stored = self.put_object(&sealing, transaction, &envelope, self.now(), written).await?;
                object = Some(stored.id.clone());
                new_object = Some(stored);
            }
        }
        let positions = (0..envelope.recipients.len()).collect();
        let Envelope { sender, parameters, recipients: addresses } = envelope;
        let sealed = secrets.seal(&place, &Secret { sender, parameters, recipients: addresses, edits })?;
        Ok(JobRow {
            id,
            kind: job.kind,
            item: job.item,
            school: job.school,
            next_hop: job.next_hop,
            release: None,
            object,
            new_object,
            sealed,
            body,
            positions,
            retry_keys: job.retry_keys,
            delay: TimeDelta::zero(),
        })
    }

    pub(super) async fn prepare_jobs(
        &self,
        jobs: Vec<NewOutbox>,
        own: Option<&ObjectId>,
        transaction: Option<TransactionId>,
    ) -> Result<Vec<JobRow>, StoreError> {
        let mut rows = Vec::with_capacity(jobs.len());
        for job in jobs {
            match self.prepare_job(job, own, transaction).await {
                Ok(row) => rows.push(row),
                Err(e) => {
                    self.forget_objects(&own_objects(&rows)).await;
                    return Err(e);
                }
            }
        }
        Ok(rows)
    }
}

/// The objects that these jobs alone brought into the vault.
pub(super) fn own_objects(jobs: &[JobRow]) -> Vec<Stored> {
    jobs.iter().filter_map(|job| job.new_object.clone()).collect()
}

impl Tx {
    pub(super) async fn insert_job(&mut self, job: &JobRow, standing: Standing) -> Result<(), StoreError> {
        let transaction = standing.transaction();
        if let Some(object) = &job.new_object {
            self.name_object(object, transaction).await?;
        }
        let transaction_id = transaction.map(|t| t.to_string());
        let now = micros(self.now);
        sqlx::query(
            "INSERT INTO outbox (id, kind, state, item, transaction_id, settles_with, school, next_hop,
             release, created_at, expires_at, next_at, object, sealed, body)
             VALUES ($1,$2,$3,$4,$5,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)",
        )
        .bind(job.id.as_str())
        .bind(job.kind.name())
        .bind(standing.or("waiting"))
        .bind(job.item.as_ref().map(ItemId::as_str))
        .bind(transaction_id)
        .bind(job.school.as_ref().map(ToString::to_string))
        .bind(&job.next_hop)
        .bind(job.release.as_ref().map(|r| r.id.as_str()))
        .bind(now)
        .bind(micros(self.now + self.shared.timing.outbox_life))
        .bind(micros(self.now + job.delay))
        .bind(job.object.as_ref().map(ObjectId::as_str))
        .bind(&job.sealed)
        .bind(&job.body)
        .execute(&mut self.conn)
        .await?;
        for position in &job.positions {
            sqlx::query("INSERT INTO outbox_recipient (outbox, position, state) VALUES ($1, $2, 'waiting')")
                .bind(job.id.as_str())
                .bind(*position as i64)
                .execute(&mut self.conn)
                .await?;
        }
        if let Some(release) = &job.release {
            self.insert_release(release).await?;
        }
        self.insert_retry_keys(&job.retry_keys, standing, None, Some(&job.id)).await?;
        let mut event = LedgerEvent::new(Event::OutboxQueued)
            .about(job.id.as_str())
            .with("kind", job.kind.name())
            .with("recipients", job.positions.len());
        if let Some(item) = &job.item {
            event = event.with("item", item.to_string());
        }
        (event.school, event.transaction) = (job.school.clone(), transaction);
        self.append("gate", event).await?;
        self.wakes_outbox = true;
        Ok(())
    }
}

/// A row of `outbox`, as far as delivery needs it.
#[derive(sqlx::FromRow)]
pub(super) struct ClaimedRow {
    pub(super) n: i64,
    pub(super) next_at: i64,
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) item: Option<String>,
    school: Option<String>,
    next_hop: Option<String>,
    release: Option<String>,
    created_at: i64,
    expires_at: i64,
    lease: i64,
    attempts: i64,
    object: Option<String>,
    sealed: Vec<u8>,
    body: Option<Vec<u8>>,
}

#[derive(sqlx::FromRow)]
pub(super) struct RecipientRow {
    position: i64,
    state: String,
    code: Option<i64>,
    reply: Option<Vec<u8>>,
    at: Option<i64>,
    report: Option<String>,
    reported_at: Option<i64>,
}

impl Store {
    /// Opens a claimed row: message with all edits, recipients, and what is to be done.
    pub(super) async fn read_job(&self, row: ClaimedRow) -> Result<OutboxJob, StoreError> {
        let place = format!("outbox/{}", row.id);
        let mut secret: Secret = self.secrets()?.open(&place, &row.sealed)?;
        let release = row.release.map(ReleaseId::stored);
        if let Some(id) = &release {
            let field = HeaderEdit::Prepend { name: RELEASE_HEADER.to_owned(), value: id.to_string() };
            secret.edits.headers.insert(0, field);
        }
        let raw = match (&row.body, &row.object) {
            (Some(body), _) => self.secrets()?.open_bytes(&format!("{place}/body"), body).map(Bytes::from),
            (None, Some(object)) => self.open_object(object).await.map(|(_, raw)| raw),
            (None, None) => Err(StoreError::Damaged(format!("{place} has no message"))),
        };
        let task = self.task_of(&row.id, secret.recipients).await?;
        let message = match (raw, &task) {
            (Ok(raw), _) => secret.edits.apply(&raw),
            // That it did not arrive can be said without the bytes.
            (Err(StoreError::Object { .. } | StoreError::Damaged(_)), Task::Report(_)) => Bytes::new(),
            (Err(e), _) => return Err(e),
        };
        Ok(OutboxJob {
            kind: named(&OutboxKind::ALL, OutboxKind::name, &row.kind)?,
            item: row.item.map(ItemId::stored),
            school: row.school.map(|s| SchoolId(s.into())),
            sender: secret.sender,
            parameters: secret.parameters,
            next_hop: row.next_hop,
            message,
            release,
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            created_at: time(row.created_at),
            expires_at: time(row.expires_at),
            task,
            lease: row.lease,
            id: OutboxId::stored(row.id),
        })
    }

    /// Reports that are due come before further delivery.
    async fn task_of(&self, job: &str, recipients: Vec<Recipient>) -> Result<Task, StoreError> {
        let rows: Vec<RecipientRow> = sqlx::query_as(
            "SELECT position, state, code, reply, at, report, reported_at FROM outbox_recipient
             WHERE outbox = $1 ORDER BY position",
        )
        .bind(job)
        .fetch_all(&self.readers)
        .await?;
        let (mut waiting, mut due) = (Vec::new(), Vec::new());
        for row in rows {
            let position = row.position as usize;
            let Some(recipient) = recipients.get(position).cloned() else { continue };
            if let (Some(report), None) = (&row.report, row.reported_at) {
                let action = named(&ReportAction::ALL, ReportAction::name, report)?;
                let reply = self.reply_of(job, &row)?;
                let at = time(row.at.unwrap_or_default());
                due.push(DueReport { position, recipient, action, reply, at });
            } else if row.state == RecipientState::Waiting.name() {
                waiting.push(JobRecipient { position, recipient });
            }
        }
        Ok(if due.is_empty() { Task::Deliver(waiting) } else { Task::Report(due) })
    }

    fn reply_of(&self, job: &str, row: &RecipientRow) -> Result<Option<Reply>, StoreError> {
        let (Some(code), Some(sealed)) = (row.code, &row.reply) else { return Ok(None) };
        let place = format!("outbox/{job}/{}", row.position);
        let secret: SecretReply = self.secrets()?.open(&place, sealed)?;
        let code = u16::try_from(code).unwrap_or_default();
        Ok(Some(Reply { code, enhanced: secret.enhanced, text: secret.text }))
    }
}

impl Tx {
    pub(super) fn seal_reply(
        &self,
        job: &OutboxId,
        position: usize,
        reply: &Reply,
    ) -> Result<Vec<u8>, StoreError> {
        let secret = SecretReply { enhanced: reply.enhanced, text: reply.text.clone() };
        self.shared.secrets()?.seal(&format!("outbox/{job}/{position}"), &secret)
    }
}
