//! Deciding an item: one commit for state, jobs and ledger; no state can be skipped,
//! and a second decision is told of the first.

use super::{
    database::{micros, named, time},
    error::{StateError, StoreError},
    items::{ItemKind, ItemOffice, ItemState, ItemSummary},
    jobs::{JobRow, Standing, own_objects},
    ledger::{Actor, Event, LedgerEvent},
    lives::{Act, Hand, Refusal, Step, step},
    names::{ItemId, OutboxId, ReleaseId, Token},
    objects::sha256,
    outbox::{NewOutbox, OutboxKind, OutboxMessage},
    releases::{NewRelease, release_digest},
    retry::RetryKey,
    store::Store,
    writer::{Tx, Unwritten},
};
use crate::{
    authority::Face,
    mail::{Recipient, SchoolId},
};
use chrono::{DateTime, Utc};

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
    takers: Vec<Face>,
    /// The release first.
    jobs: Vec<JobRow>,
    hash_out: Option<[u8; 32]>,
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
    pub(super) fn release_of(
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
        let kind = named(&ItemKind::ALL, ItemKind::name, &row.kind)?;
        let from = named(&ItemState::ALL, ItemState::name, &row.state)?;
        let step = step(kind, from, self.decision.act()).map_err(|r| row.refused(r, &self.id, from))?;
        self.may_rule(&row, kind, step, tx)?;
        if self.decision == Decision::Expire && tx.is_under_legal_hold("item", self.id.as_str()).await? {
            return Err(StateError::NotAllowed("it is under legal hold: it does not run out"));
        }
        if let (Some(token), Actor::Sender { address, .. }) = (&self.token, &self.actor) {
            tx.use_token(token, address, &self.id).await??;
        }
        let by = tx.random_id(&self.actor).await?;
        let state = step.to.unwrap_or(from);
        tx.move_item(&self.id, kind, from, state, self.decision, &by).await?;
        for job in &self.jobs {
            tx.insert_job(job, Standing::Final(None)).await?;
        }
        if matches!(self.decision, Decision::HandOn(_) | Decision::Escalate(_)) {
            tx.assign(self.id.as_str(), &self.takers).await?;
        }
        let mut event = LedgerEvent::new(self.decision.event())
            .school(&SchoolId(row.school.into()))
            .about(self.id.as_str())
            .because(self.reason);
        match self.decision {
            Decision::ReleaseMarked => event = event.with("marked", "yes"),
            Decision::Escalate(office) => event = event.with("to", office.name()),
            Decision::HandOn(office) => {
                let unread = if tx.has_looked(&self.id, &by).await? { "no" } else { "yes" };
                event = event.with("to", office.name()).with("unread", unread);
            }
            _ => {}
        }
        event.hash_out = self.hash_out;
        tx.append(&by, event).await?;
        let outbox = self.jobs.into_iter().map(|j| j.id).collect();
        Ok(Decided { item: self.id, state, at: tx.now, outbox })
    }

    /// Whose hand it must be, and the bounds of a sender who decides the own message. Which
    /// person of an office may decide is for the caller.
    fn may_rule(&self, row: &Row, kind: ItemKind, step: &Step, tx: &Tx) -> Result<(), StateError> {
        let not = |why| Err(StateError::NotAllowed(why));
        if self.decision == Decision::ReleaseMarked && row.markable == 0 {
            return Err(CANNOT_BE_MARKED);
        }
        match &self.actor {
            Actor::Gate if step.by.contains(&Hand::Gate) => Ok(()),
            Actor::Gate => not("a person decides this, never the gate by itself"),
            Actor::Person(_) | Actor::Account(_) | Actor::Operator(_) if step.by.contains(&Hand::Office) => {
                Ok(())
            }
            Actor::Person(_) | Actor::Account(_) | Actor::Operator(_) => {
                not("only the gate does this, when its time has come")
            }
            Actor::Sender { address, .. } => {
                let own = tx.shared.secrets()?.address(address);
                if kind == ItemKind::Quarantine || row.owner_hash.as_deref() != Some(&own[..]) {
                    return not("only the hold's own sender can decide it");
                }
                match self.decision {
                    Decision::Withdraw => Ok(()),
                    Decision::Release | Decision::ReleaseMarked if row.sender_may_release != 0 => Ok(()),
                    Decision::Release | Decision::ReleaseMarked => {
                        not("policy does not let the sender release this")
                    }
                    _ => not("a sender can release or withdraw"),
                }
            }
        }
    }
}

impl Row {
    fn refused(&self, refusal: Refusal, id: &ItemId, state: ItemState) -> StateError {
        match refusal {
            Refusal::StillProvisional => StateError::StillProvisional,
            Refusal::Gone => StateError::NotFound(id.clone()),
            Refusal::Never(why) => StateError::NotAllowed(why),
            Refusal::Decided => {
                let by = self.decided_by.clone().unwrap_or_default();
                StateError::AlreadyDecided { state, by, at: time(self.decided_at.unwrap_or(0)) }
            }
        }
    }
}

impl Tx {
    /// The row follows the table's line; jobs and tokens that speak of the old state go with it.
    async fn move_item(
        &mut self,
        id: &ItemId,
        kind: ItemKind,
        from: ItemState,
        to: ItemState,
        decision: Decision,
        by: &str,
    ) -> Result<(), StateError> {
        match decision {
            Decision::Escalate(office) | Decision::HandOn(office) => {
                return Ok(self.set_office(id, to, Some(office)).await?);
            }
            Decision::Reopen => return Ok(self.reopen(id).await?),
            Decision::Seal => self.seal(id).await?,
            Decision::Withdraw if kind == ItemKind::Grace => self.stop_release(id).await?,
            Decision::Release | Decision::SendNow if kind == ItemKind::Grace => self.hasten(id).await?,
            _ => {}
        }
        if decision == Decision::SendNow {
            let review = sqlx::query("UPDATE item SET review_at = $1 WHERE id = $2")
                .bind(micros(self.now))
                .bind(id.as_str());
            review.execute(&mut self.conn).await.map_err(StoreError::from)?;
        }
        // Who decided first stays on record when it is sealed afterwards.
        match decision == Decision::Seal && !from.is_waiting() {
            true => self.set_state(id, to).await?,
            false => self.set_decided(id, to, by).await?,
        }
        Ok(())
    }

    async fn set_office(
        &mut self,
        id: &ItemId,
        state: ItemState,
        office: Option<ItemOffice>,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE item SET state = $1, office = $2 WHERE id = $3")
            .bind(state.name())
            .bind(office.map(ItemOffice::name))
            .bind(id.as_str())
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }

    async fn reopen(&mut self, id: &ItemId) -> Result<(), StoreError> {
        sqlx::query("UPDATE item SET state = 'open', decided_at = NULL, decided_by = NULL WHERE id = $1")
            .bind(id.as_str())
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }

    /// Nothing of it is on its way any more, and no answer by mail speaks of it.
    async fn seal(&mut self, id: &ItemId) -> Result<(), StateError> {
        self.stop_release(id).await?;
        let statements =
            ["UPDATE item SET sealed_at = $1 WHERE id = $2", "UPDATE token SET used_at = $1 WHERE item = $2"];
        for statement in statements {
            let done = sqlx::query(statement).bind(micros(self.now)).bind(id.as_str());
            done.execute(&mut self.conn).await.map_err(StoreError::from)?;
        }
        let received_at: i64 = sqlx::query_scalar("SELECT received_at FROM item WHERE id = $1")
            .bind(id.as_str())
            .fetch_one(&mut self.conn)
            .await
            .map_err(StoreError::from)?;
        // No search finds it by its words.
        self.forget_searchable(id.as_str(), received_at).await?;
        Ok(())
    }

    /// Whether this person has opened the item before.
    async fn has_looked(&mut self, id: &ItemId, by: &str) -> Result<bool, StoreError> {
        let looked: Option<i64> = sqlx::query_scalar(
            "SELECT n FROM ledger WHERE subject = $1 AND actor = $2
             AND event IN ('item.viewed', 'item.bytes-viewed', 'item.exported') LIMIT 1",
        )
        .bind(id.as_str())
        .bind(by)
        .fetch_optional(&mut self.conn)
        .await?;
        Ok(looked.is_some())
    }

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
