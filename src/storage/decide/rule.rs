//! A ruling's one commit: the table of lives and the hand are asked, the row moves, the jobs
//! are queued, the ledger has its row.

use super::{CANNOT_BE_MARKED, Decided, Decision};
use crate::storage::{
    cannot::Cannot,
    database::{micros, named, time},
    error::{StateError, StoreError},
    items::{ItemKind, ItemOffice, ItemState},
    jobs::{JobRow, Standing},
    ledger::{Actor, LedgerEvent},
    lives::{Hand, Refusal, Step, step},
    names::{ItemId, Token},
    writer::Tx,
};
use crate::{authority::Face, mail::SchoolId};

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
pub(super) struct Prepared {
    pub(super) id: ItemId,
    pub(super) decision: Decision,
    pub(super) actor: Actor,
    pub(super) reason: Option<String>,
    pub(super) token: Option<Token>,
    pub(super) takers: Vec<Face>,
    /// The release first.
    pub(super) jobs: Vec<JobRow>,
    pub(super) hash_out: Option<[u8; 32]>,
    /// What of it was changed before it leaves.
    pub(super) changes: Vec<LedgerEvent>,
}

impl Prepared {
    pub(super) async fn rule(self, tx: &mut Tx) -> Result<Decided, StateError> {
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
            return Err(StateError::NotAllowed(Cannot::RunOutUnderHold));
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
        if self.decision == Decision::Seal {
            tx.forget_item_rules(&self.id).await?;
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
        if !self.changes.is_empty() {
            event = event.with("copies", self.changes.len());
        }
        tx.append(&by, event).await?;
        for change in self.changes {
            tx.append(&by, change.about(self.id.as_str())).await?;
        }
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
            Actor::Gate => not(Cannot::GateDecide),
            Actor::Person(_) | Actor::Account(_) | Actor::Operator(_) if step.by.contains(&Hand::Office) => {
                Ok(())
            }
            Actor::Person(_) | Actor::Account(_) | Actor::Operator(_) => not(Cannot::PersonDecide),
            Actor::Sender { address, .. } => {
                let own = tx.shared.secrets()?.address(address);
                if kind == ItemKind::Quarantine || row.owner_hash.as_deref() != Some(&own[..]) {
                    return not(Cannot::OtherSender);
                }
                match self.decision {
                    Decision::Withdraw => Ok(()),
                    Decision::Release | Decision::ReleaseMarked if row.sender_may_release != 0 => Ok(()),
                    Decision::Release | Decision::ReleaseMarked => not(Cannot::SenderByPolicy),
                    _ => not(Cannot::SenderOtherwise),
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
