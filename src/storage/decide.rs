//! Deciding an item: one commit for state, jobs and ledger; no state can be skipped,
//! and a second decision is told of the first.

use super::{
    database::{micros, named, time},
    error::{StateError, StoreError},
    items::{ItemKind, ItemState},
    jobs::{JobRow, Standing, own_objects},
    ledger::{Actor, Event, LedgerEvent},
    names::{ItemId, OutboxId, ReleaseId, Token},
    objects::sha256,
    outbox::{NewOutbox, OutboxKind, OutboxMessage},
    releases::{NewRelease, release_digest},
    retry::RetryKey,
    store::Store,
    writer::{Tx, Unwritten},
};
use crate::mail::SchoolId;
use chrono::{DateTime, Utc};

/// What is decided about an open item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Release,
    /// Release with the mark of `NewItem::marked_edits`.
    ReleaseMarked,
    /// Back to the sender; the notice with the advice is in `Ruling::outbox`.
    Return,
    /// The sender takes it back (holds only).
    Withdraw,
    /// It stays, as evidence (quarantine only).
    KeepAsEvidence,
    /// Nobody decided in time (holds only; quarantine never expires unseen).
    Expire,
}

/// A decision with who, why, and what is to be sent because of it, in one commit.
pub struct Ruling {
    pub decision: Decision,
    pub actor: Actor,
    /// In the decider's own words; encrypted and erasable, the ledger has its keyed hash.
    pub reason: Option<String>,
    /// Used up by this ruling; given when a sender answers a nudge.
    pub token: Option<Token>,
    /// Next hop for a release; `None`: by the recipients' domains.
    pub next_hop: Option<String>,
    /// Notices that follow from the decision.
    pub outbox: Vec<NewOutbox>,
}

#[derive(Clone, Debug)]
pub struct Decided {
    pub item: ItemId,
    pub state: ItemState,
    pub at: DateTime<Utc>,
    /// The release (first) and the notices.
    pub outbox: Vec<OutboxId>,
}

impl Decision {
    fn outcome(self) -> (ItemState, Event) {
        match self {
            Self::Release | Self::ReleaseMarked => (ItemState::Releasing, Event::ItemReleasing),
            Self::Return => (ItemState::Returned, Event::ItemReturned),
            Self::Withdraw => (ItemState::Withdrawn, Event::ItemWithdrawn),
            Self::KeepAsEvidence => (ItemState::KeptAsEvidence, Event::ItemKeptAsEvidence),
            Self::Expire => (ItemState::Expired, Event::ItemExpired),
        }
    }

    fn releases(self) -> bool {
        matches!(self, Self::Release | Self::ReleaseMarked)
    }
}

/// What the decision needs to know of an item.
#[derive(sqlx::FromRow)]
struct Row {
    kind: String,
    state: String,
    school: String,
    sender_may_release: i64,
    markable: i64,
    owner_hash: Option<Vec<u8>>,
    decided_at: Option<i64>,
    decided_by: Option<String>,
}

/// A ruling with everything that could fail slowly already done.
struct Prepared {
    id: ItemId,
    decision: Decision,
    actor: Actor,
    reason: Option<String>,
    token: Option<Token>,
    /// The release first.
    jobs: Vec<JobRow>,
    hash_out: Option<[u8; 32]>,
}

impl Store {
    /// Decides an open item: state, jobs and ledger rows in one commit. A release opens
    /// the object first, so that nothing unreadable is called released.
    pub async fn decide(&self, id: &ItemId, ruling: Ruling) -> Result<Decided, StateError> {
        let Ruling { decision, actor, reason, token, next_hop, outbox } = ruling;
        let (mut jobs, mut hash_out) = (Vec::new(), None);
        if decision.releases() {
            let (job, hash) = self.prepare_release(id, decision, next_hop).await?;
            jobs.push(job);
            hash_out = Some(hash);
        }
        jobs.extend(self.prepare_jobs(outbox, None, None).await?);
        let objects = own_objects(&jobs);
        let prepared = Prepared { id: id.clone(), decision, actor, reason, token, jobs, hash_out };
        match self.write_or_tell(move |tx| Box::pin(prepared.rule(tx))).await {
            Err(Unwritten::Refused(e)) => {
                self.forget_objects(&objects).await;
                Err(e)
            }
            other => other.map_err(Unwritten::into_error),
        }
    }

    async fn prepare_release(
        &self,
        id: &ItemId,
        decision: Decision,
        next_hop: Option<String>,
    ) -> Result<(JobRow, [u8; 32]), StateError> {
        let summary = match self.item_summary(id).await {
            Err(StoreError::NotFound { .. }) => return Err(StateError::NotFound(id.clone())),
            other => other?,
        };
        let (object, secret) = self.item_secret(id).await?;
        if secret.may_hold_image {
            return Err(MAY_HOLD_IMAGE);
        }
        let edits = match decision {
            Decision::ReleaseMarked => secret.marked_edits.ok_or(CANNOT_BE_MARKED)?,
            _ => secret.edits,
        };
        let (_, raw) = self.open_object(object.as_str()).await?;
        let bytes = edits.apply(&raw);
        let secrets = self.secrets()?;
        let release = NewRelease {
            id: ReleaseId::random(&self.shared.random),
            item: id.clone(),
            digest: release_digest(&bytes),
            recipients: secret.recipients.iter().map(|r| secrets.address(&r.address)).collect(),
            policies: secret.settled_policies,
        };
        let job = NewOutbox {
            kind: OutboxKind::Release,
            item: Some(id.clone()),
            school: Some(summary.school),
            sender: secret.sender,
            parameters: secret.parameters,
            recipients: secret.recipients,
            next_hop,
            message: OutboxMessage::Transaction(edits),
            retry_keys: Vec::<RetryKey>::new(),
        };
        let mut row = self.prepare_job(job, Some(&object), Some(summary.transaction)).await?;
        row.release = Some(release);
        Ok((row, sha256(&bytes).await))
    }
}

const MAY_HOLD_IMAGE: StateError = StateError::NotAllowed(
    "it may hold an image of a child: nobody releases it; do not look at or forward pictures, tell the lead in person",
);
const CANNOT_BE_MARKED: StateError = StateError::NotAllowed("this message cannot be marked");

impl Prepared {
    async fn rule(self, tx: &mut Tx) -> Result<Decided, StateError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT kind, state, school, sender_may_release, markable, owner_hash, decided_at, decided_by
             FROM item WHERE id = $1",
        )
        .bind(self.id.as_str())
        .fetch_optional(&mut tx.conn)
        .await
        .map_err(StoreError::from)?;
        let row = row.ok_or_else(|| StateError::NotFound(self.id.clone()))?;
        self.may_rule(&row, tx)?;
        if let (Some(token), Actor::Sender { address, .. }) = (&self.token, &self.actor) {
            tx.use_token(token, address, &self.id).await??;
        }
        let (state, event) = self.decision.outcome();
        let by = tx.random_id(&self.actor).await?;
        tx.set_decided(&self.id, state, &by).await?;
        for job in &self.jobs {
            tx.insert_job(job, Standing::Final(None)).await?;
        }
        let mut event = LedgerEvent::new(event)
            .school(&SchoolId(row.school.into()))
            .about(self.id.as_str())
            .because(self.reason);
        if self.decision == Decision::ReleaseMarked {
            event = event.with("marked", "yes");
        }
        event.hash_out = self.hash_out;
        tx.append(&by, event).await?;
        let outbox = self.jobs.into_iter().map(|j| j.id).collect();
        Ok(Decided { item: self.id, state, at: tx.now, outbox })
    }

    /// The state machine, and the bounds of a sender who decides the own hold. Who else
    /// may decide what is for the caller.
    fn may_rule(&self, row: &Row, tx: &Tx) -> Result<(), StateError> {
        match named(&ItemState::ALL, ItemState::name, &row.state)? {
            ItemState::Open => {}
            ItemState::Provisional => return Err(StateError::StillProvisional),
            ItemState::Dropped => return Err(StateError::NotFound(self.id.clone())),
            state => {
                let by = row.decided_by.clone().unwrap_or_default();
                return Err(StateError::AlreadyDecided { state, by, at: time(row.decided_at.unwrap_or(0)) });
            }
        }
        let hold = row.kind == ItemKind::Hold.name();
        let not = |why| Err(StateError::NotAllowed(why));
        match self.decision {
            Decision::Withdraw if !hold => return not("only a hold can be withdrawn"),
            Decision::Expire if !hold => return not("quarantine never expires unseen"),
            Decision::KeepAsEvidence if hold => return not("a hold is the sender's business, not evidence"),
            Decision::ReleaseMarked if row.markable == 0 => return Err(CANNOT_BE_MARKED),
            _ => {}
        }
        let Actor::Sender { address, .. } = &self.actor else { return Ok(()) };
        let own = tx.shared.secrets()?.address(address);
        if !hold || row.owner_hash.as_deref() != Some(&own[..]) {
            return not("only the hold's own sender can decide it");
        }
        match self.decision {
            Decision::Withdraw => Ok(()),
            Decision::Release | Decision::ReleaseMarked if row.sender_may_release != 0 => Ok(()),
            Decision::Release | Decision::ReleaseMarked => not("policy does not let the sender release this"),
            _ => not("a sender can release or withdraw"),
        }
    }
}

impl Tx {
    /// A decided item is finished for retries: a deliberate resend is a new message.
    async fn set_decided(&mut self, id: &ItemId, state: ItemState, by: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE item SET state = $1, decided_at = $2, decided_by = $3 WHERE id = $4")
            .bind(state.name())
            .bind(micros(self.now))
            .bind(by)
            .bind(id.as_str())
            .execute(&mut self.conn)
            .await?;
        sqlx::query("DELETE FROM retry_key WHERE item = $1")
            .bind(id.as_str())
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }
}
