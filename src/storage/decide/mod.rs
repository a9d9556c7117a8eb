//! Deciding an item: one commit for state, jobs and ledger; no state can be skipped,
//! and a second decision is told of the first.

mod rule;

use super::{
    cannot::Cannot,
    database::named,
    error::{StateError, StoreError},
    items::{ItemKind, ItemOffice, ItemState, ItemSummary},
    jobs::{JobRow, own_objects},
    keep::Owner,
    ledger::{Actor, Event, LedgerEvent},
    lives::{Act, Refusal, step},
    names::{ItemId, OutboxId, ReleaseId, Token},
    objects::sha256,
    outbox::{NewOutbox, OutboxKind, OutboxMessage},
    purpose::Why,
    releases::{NewRelease, release_digest},
    retry::RetryKey,
    store::Store,
    writer::Unwritten,
};
use crate::{
    authority::Face,
    mail::{Edits, Envelope, Recipient},
};
use bytes::Bytes;
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

/// A copy of a released message that differs from it.
#[derive(Clone, Debug)]
pub struct ReleasedCopy {
    /// Who gets it, by their places among the item's recipients.
    pub to: Vec<usize>,
    /// Over the bytes as they came; instead of those that it would leave with.
    pub edits: Edits,
    /// The row of the ledger that says what was changed, with both hashes.
    pub event: Option<LedgerEvent>,
}

/// What whoever changes a held message needs of it.
pub struct Changeable {
    pub raw: Bytes,
    /// With which it would leave.
    pub edits: Edits,
    pub envelope: Envelope,
    pub settled_policies: Vec<String>,
    pub owner: Option<Owner>,
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
        self.decide_changed(id, ruling, Vec::new()).await
    }

    /// The same, and what leaves is not the message as it came but these copies of it. None: as it came.
    pub async fn decide_changed(
        &self,
        id: &ItemId,
        ruling: Ruling,
        copies: Vec<ReleasedCopy>,
    ) -> Result<Decided, StateError> {
        let Ruling { decision, actor, reason, token, next_hop, outbox, takers } = ruling;
        let (mut jobs, mut hash_out) = (Vec::new(), None);
        // What is only delayed has its job already.
        if decision.releases() && self.kind_of(id).await? != ItemKind::Grace {
            let (release, hash) = self.prepare_release(id, decision, next_hop, &copies).await?;
            jobs = release;
            hash_out = hash;
        } else if !copies.is_empty() {
            return Err(CANNOT_BE_CHANGED);
        }
        let changes = copies.into_iter().filter_map(|copy| copy.event).collect();
        jobs.extend(self.prepare_jobs(outbox, None, None).await?);
        let objects = own_objects(&jobs);
        let prepared =
            Prepared { id: id.clone(), decision, actor, reason, token, takers, jobs, hash_out, changes };
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
        copies: &[ReleasedCopy],
    ) -> Result<(Vec<JobRow>, Option<[u8; 32]>), StateError> {
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
        let whole = match decision {
            Decision::ReleaseMarked => secret.marked_edits.clone().ok_or(CANNOT_BE_MARKED)?,
            _ => secret.edits.clone(),
        };
        let everybody =
            ReleasedCopy { to: (0..secret.recipients.len()).collect(), edits: whole, event: None };
        let copies = if copies.is_empty() { std::slice::from_ref(&everybody) } else { copies };
        let (_, raw) = self.open_object(object.as_str()).await?;
        let (mut rows, mut hash_out) = (Vec::with_capacity(copies.len()), None);
        for copy in copies {
            let to: Vec<Recipient> =
                copy.to.iter().filter_map(|n| secret.recipients.get(*n).cloned()).collect();
            if to.is_empty() {
                return Err(CANNOT_BE_CHANGED);
            }
            let bytes = copy.edits.apply(&raw);
            let release = self.release_of(id, &to, secret.settled_policies.clone(), &bytes)?;
            let job = NewOutbox {
                kind: OutboxKind::Release,
                item: Some(id.clone()),
                school: Some(summary.school.clone()),
                sender: secret.sender.clone(),
                parameters: secret.parameters.clone(),
                recipients: secret.recipients.clone(),
                next_hop: next_hop.clone(),
                message: OutboxMessage::Transaction(copy.edits.clone()),
                retry_keys: Vec::<RetryKey>::new(),
            };
            let mut row = self.prepare_job(job, Some(&object), Some(summary.transaction)).await?;
            row.positions = copy.to.iter().copied().filter(|n| *n < secret.recipients.len()).collect();
            row.release = Some(release);
            rows.push(row);
            hash_out = Some(sha256(&bytes).await);
        }
        // Of several copies each has its own row of the ledger.
        let hash_out = hash_out.filter(|_| rows.len() == 1);
        Ok((rows, hash_out))
    }

    /// The message of a hold with the edits that it would leave with, for whoever changes it before it
    /// leaves; the ledger notes that its bytes were opened.
    pub async fn changeable(&self, id: &ItemId, actor: &Actor, why: Why) -> Result<Changeable, StoreError> {
        let raw = self.raw(id, actor, why).await?;
        let (_, secret) = self.item_secret(id).await?;
        Ok(Changeable {
            raw,
            edits: secret.edits,
            envelope: Envelope {
                sender: secret.sender,
                parameters: secret.parameters,
                recipients: secret.recipients,
            },
            settled_policies: secret.settled_policies,
            owner: secret.owner.map(|(person, address)| Owner { person, address }),
        })
    }
}

const MAY_HOLD_IMAGE: StateError = StateError::NotAllowed(Cannot::ReleaseImage);
const CANNOT_BE_CHANGED: StateError = StateError::NotAllowed(Cannot::BeChanged);
const CANNOT_BE_MARKED: StateError = StateError::NotAllowed(Cannot::BeMarked);

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
