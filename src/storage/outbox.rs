//! The outbox: mail for which we are the MTA (promise 1). Claims are leases, so that a
//! killed process's job is taken again; a job killed between the next hop's 250 and our
//! commit repeats, the one gap (RFC 1047), and its `attempts` says so.

use super::{
    names::{ItemId, OutboxId, ReleaseId},
    retry::RetryKey,
};
use crate::mail::{Edits, Recipient, Reply, ReversePath, SchoolId};
use bytes::Bytes;
use chrono::{DateTime, Utc};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutboxKind {
    /// A held message on its way at last.
    Release,
    /// What we write to people.
    Notice,
    /// A delivery report (RFC 3464).
    Report,
    /// Recipients taken out of a transaction because their copy differs.
    Part,
}

impl OutboxKind {
    pub const ALL: [Self; 4] = [Self::Release, Self::Notice, Self::Report, Self::Part];
    pub fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Notice => "notice",
            Self::Report => "report",
            Self::Part => "part",
        }
    }
}

/// What is to be sent.
#[derive(Clone)]
pub enum OutboxMessage {
    /// The message of the transaction that is being kept, with these edits.
    Transaction(Edits),
    /// Composed by us.
    Written(Bytes),
}

#[derive(Clone)]
pub struct NewOutbox {
    pub kind: OutboxKind,
    pub item: Option<ItemId>,
    pub school: Option<SchoolId>,
    pub sender: ReversePath,
    /// ESMTP words of MAIL (BODY, SMTPUTF8, ENVID, RET), kept as they came.
    pub parameters: Vec<String>,
    /// With their ESMTP words (NOTIFY, ORCPT), kept as they came.
    pub recipients: Vec<Recipient>,
    /// Name of a `[[next-hop]]`; `None`: by each recipient's domain.
    pub next_hop: Option<String>,
    pub message: OutboxMessage,
    /// For parts: so that the client's retry finds them.
    pub retry_keys: Vec<RetryKey>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Not before the next hop's reply for the rest of its transaction.
    Provisional,
    Waiting,
    /// Every recipient has its end, and every report due was written.
    Done,
    /// Taken back with its transaction.
    Dropped,
}

impl JobState {
    pub const ALL: [Self; 4] = [Self::Provisional, Self::Waiting, Self::Done, Self::Dropped];
    pub fn name(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecipientState {
    Waiting,
    Delivered,
    /// A 5xx, or five days of 4xx.
    Failed,
}

impl RecipientState {
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Failed];
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

#[derive(Clone, Debug)]
pub struct JobRecipient {
    /// Its position in the job; names it in [`Attempt`].
    pub position: usize,
    pub recipient: Recipient,
}

/// A claimed job: ours until the lease ends.
pub struct OutboxJob {
    pub id: OutboxId,
    pub kind: OutboxKind,
    pub item: Option<ItemId>,
    pub school: Option<SchoolId>,
    pub sender: ReversePath,
    pub parameters: Vec<String>,
    pub next_hop: Option<String>,
    /// With all edits done; for a release the caller adds [`OutboxJob::release`] itself.
    pub message: Bytes,
    pub release: Option<ReleaseId>,
    /// Claims so far, this one included. More than one claim without a result between
    /// them means that a process was killed, perhaps after the next hop's 250.
    pub attempts: u32,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub task: Task,
    pub(super) lease: i64,
}

/// What is to be done with a claimed job.
#[derive(Clone)]
pub enum Task {
    /// Deliver to these; answer with [`Store::outbox_done`].
    Deliver(Vec<JobRecipient>),
    /// Write the report (RFC 3464) or, for a null sender, tell the postmaster; answer
    /// with [`Store::outbox_reported`].
    Report(Vec<DueReport>),
}

/// A recipient whose end is to be reported to the sender, as its NOTIFY asks.
#[derive(Clone, Debug)]
pub struct DueReport {
    pub position: usize,
    pub recipient: Recipient,
    pub action: ReportAction,
    /// What the next hop (or we, when time ran out) said last.
    pub reply: Option<Reply>,
    pub at: DateTime<Utc>,
}

/// RFC 3464 section 2.3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportAction {
    Failed,
    /// Accepted by a next hop that does not do DSN, and success was to be reported.
    Relayed,
}

/// What became of one recipient in one attempt.
#[derive(Clone, Debug)]
pub enum Attempt {
    /// `relayed`: a success report falls to us (the next hop does no DSN and NOTIFY has SUCCESS).
    Delivered { position: usize, reply: Reply, relayed: bool },
    /// 5xx: final.
    Failed { position: usize, reply: Reply },
    /// 4xx, or nobody answered: again later, until five days are over.
    Deferred { position: usize, reply: Reply },
}

/// A job as it is listed; no addresses.
#[derive(Clone, Debug)]
pub struct OutboxSummary {
    pub id: OutboxId,
    pub kind: OutboxKind,
    pub item: Option<ItemId>,
    pub state: JobState,
    pub school: Option<SchoolId>,
    pub next_hop: Option<String>,
    pub created_at: DateTime<Utc>,
    pub next_at: DateTime<Utc>,
    pub attempts: u32,
    /// State and last reply code of each recipient.
    pub recipients: Vec<(RecipientState, Option<u16>)>,
}

impl ReportAction {
    pub(super) const ALL: [Self; 2] = [Self::Failed, Self::Relayed];
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Relayed => "relayed",
        }
    }
}
