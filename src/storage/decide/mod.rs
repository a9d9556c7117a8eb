//! Deciding an item: one commit for state, jobs and ledger; no state can be skipped,
//! and a second decision is told of the first.

mod rule;

use super::{
    database::named,
    error::{StateError, StoreError},
    items::{ItemKind, ItemOffice, ItemState, ItemSummary},
    jobs::{JobRow, own_objects},
    ledger::{Actor, Event},
    lives::{Act, Refusal, step},
    names::{ItemId, OutboxId, ReleaseId, Token},
    objects::sha256,
    outbox::{NewOutbox, OutboxKind, OutboxMessage},
    releases::{NewRelease, release_digest},
    retry::RetryKey,
    store::Store,
    writer::Unwritten,
};
use crate::{authority::Face, mail::Recipient};
use chrono::{DateTime, Utc};
use rule::Prepared;

/// What is decided about an item. What leads where is `lives::STEPS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Release,
    /// Release with the mark of `NewItem::marked_edits`.
    ReleaseMarked,
    /// "Child at risk" (practice.md, A9); stands on the lead's list until it is reviewed.
    SendNow,
    /// Back to the sender; the notice with the advice is in `Ruling::outbox`.
    Return,
    /// The sender takes it back (holds and delayed mail).
    Withdraw,
    /// It stays, as evidence (quarantine only).
    KeepAsEvidence,
    /// Nobody decided in time (holds only; quarantine never expires unseen).
    Expire,
    /// To a higher office, for which it stays open; its clock goes on (quarantine only).
    Escalate(ItemOffice),
    /// To another office, unread (practice.md, A4; quarantine only).
    HandOn(ItemOffice),
    /// Out of the evidence, for another decision (quarantine only).
    Reopen,
    /// Hash, time and roles only, for everyone and for good (practice.md, A3).
    Seal,
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
    /// Who takes it over, when it is handed on or escalated: those of the office who are no party.
    pub takers: Vec<Face>,
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
    pub fn act(self) -> Act {
        match self {
            Self::Release => Act::Release,
            Self::ReleaseMarked => Act::ReleaseMarked,
            Self::SendNow => Act::SendNow,
            Self::Return => Act::Return,
            Self::Withdraw => Act::Withdraw,
            Self::KeepAsEvidence => Act::KeepAsEvidence,
            Self::Expire => Act::Expire,
            Self::Escalate(_) => Act::Escalate,
            Self::HandOn(_) => Act::HandOn,
            Self::Reopen => Act::Reopen,
            Self::Seal => Act::Seal,
        }
    }

    fn event(self) -> Event {
        match self {
            Self::Release | Self::ReleaseMarked => Event::ItemReleasing,
            Self::SendNow => Event::ItemSentNow,
            Self::Return => Event::ItemReturned,
            Self::Withdraw => Event::ItemWithdrawn,
            Self::KeepAsEvidence => Event::ItemKeptAsEvidence,
            Self::Expire => Event::ItemExpired,
            Self::Escalate(_) => Event::ItemEscalated,
            Self::HandOn(_) => Event::ItemHandedOn,
            Self::Reopen => Event::ItemReopened,
            Self::Seal => Event::ItemSealed,
        }
    }

    fn releases(self) -> bool {
        matches!(self, Self::Release | Self::ReleaseMarked | Self::SendNow)
    }
}

impl Store {
    /// Decides an open item: state, jobs and ledger rows in one commit. A release opens
    /// the object first, so that nothing unreadable is called released.
    pub async fn decide(&self, id: &ItemId, ruling: Ruling) -> Result<Decided, StateError> {
        let Ruling { decision, actor, reason, token, next_hop, outbox, takers } = ruling;
        let (mut jobs, mut hash_out) = (Vec::new(), None);
        // What is only delayed has its job already.
        if decision.releases() && self.kind_of(id).await? != ItemKind::Grace {
            let (job, hash) = self.prepare_release(id, decision, next_hop).await?;
            jobs.push(job);
            hash_out = Some(hash);
        }
        jobs.extend(self.prepare_jobs(outbox, None, None).await?);
        let objects = own_objects(&jobs);
        let prepared = Prepared { id: id.clone(), decision, actor, reason, token, takers, jobs, hash_out };
        match self.write_or_tell(move |tx| Box::pin(prepared.rule(tx))).await {
            Err(Unwritten::Refused(e)) => {
                self.forget_objects(&objects).await;
                Err(e)
            }
            other => other.map_err(Unwritten::into_error),
        }
    }

    async fn kind_of(&self, id: &ItemId) -> Result<ItemKind, StateError> {
        let kind: Option<String> = sqlx::query_scalar("SELECT kind FROM item WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::from)?;
        let kind = kind.ok_or_else(|| StateError::NotFound(id.clone()))?;
        Ok(named(&ItemKind::ALL, ItemKind::name, &kind)?)
    }

    /// How a release is known when it comes back through the gate.
    pub(in crate::storage) fn release_of(
        &self,
        item: &ItemId,
        recipients: &[Recipient],
        policies: Vec<String>,
        bytes: &[u8],
    ) -> Result<NewRelease, StoreError> {
        let secrets = self.secrets()?;
        Ok(NewRelease {
            id: ReleaseId::random(&self.shared.random),
            item: item.clone(),
            digest: release_digest(bytes),
            recipients: recipients.iter().map(|r| secrets.address(&r.address)).collect(),
            policies,
        })
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
        // What the table refuses has its reason from there.
        step(summary.kind, summary.state, decision.act()).map_err(|r| refused(r, &summary))?;
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
        let release = self.release_of(id, &secret.recipients, secret.settled_policies, &bytes)?;
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

/// Why not, in the words of whoever decided before.
fn refused(refusal: Refusal, item: &ItemSummary) -> StateError {
    match refusal {
        Refusal::StillProvisional => StateError::StillProvisional,
        Refusal::Gone => StateError::NotFound(item.id.clone()),
        Refusal::Never(why) => StateError::NotAllowed(why),
        Refusal::Decided => {
            let (by, at) = item.decided.clone().unwrap_or_default();
            StateError::AlreadyDecided { state: item.state, by, at }
        }
    }
}
