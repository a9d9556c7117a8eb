//! A message's fate in order: what is kept is kept first, then what passes is passed,
//! then what was kept counts, then the client is answered (design, Fates).

use super::{
    Gate, Standing,
    assess::Assessed,
    failure::{Place, reply},
    gather::Gathered,
};
use crate::{
    effects::Prepared,
    mail::{
        Address, AnyProof, Custody, Door, Failure, Onward, Outcome, Passing, Receipt, Recipient, Reply,
        Transaction,
    },
    storage::{
        Keep, Kept, LedgerEvent, Logged, NewOutbox, PassFate, Passed, Provisional, RetryKey, RetryMatch,
        StoreError,
    },
};
use std::{collections::HashMap, sync::Arc};

impl Gate {
    pub(super) async fn fate_of_mail(
        self: &Arc<Self>,
        transaction: Arc<Transaction>,
        onward: &mut dyn Onward,
    ) -> Outcome {
        let standing = self.standing();
        match self.answered(&standing, &transaction).await {
            // No answer, but perhaps a child's cry to the only one who had written (A1).
            Some(Outcome::Refused(_)) if self.is_a_disclosure(&standing, &transaction).await => {}
            Some(outcome) => return outcome,
            None => {}
        }
        match self.decide(&standing, &transaction, onward).await {
            Ok(outcome) => outcome,
            Err(failed) => self.failed(&standing, &transaction, onward, failed).await,
        }
    }

    async fn decide(
        self: &Arc<Self>,
        standing: &Arc<Standing>,
        transaction: &Arc<Transaction>,
        onward: &mut dyn Onward,
    ) -> Result<Outcome, (Place, Failure)> {
        let stored = |failure| (Place::Storage, failure);
        let Gathered { facts, release } = self.gather(standing, transaction).await?;
        let assessed = self
            .assess(standing, transaction, facts)
            .await
            .map_err(|failure| (Place::Assessment, failure))?;
        self.counters.message(assessed.assessment.verdict.disposition());
        if let Some(refusal) = assessed.prepared.refusal.clone() {
            self.note(transaction, &assessed, PassFate::Refused { code: refusal.code }).await;
            return Ok(Outcome::Refused(refusal));
        }
        let hostile = assessed.prepared.hostile.clone();
        let thread = assessed.prepared.thread.clone();
        let outcome = match self.carry_out(transaction, assessed, onward).await {
            // Two connections brought it at once, perhaps to two nodes: one of them keeps it.
            Err(error @ StoreError::KeptMeanwhile) => return Ok(Outcome::Deferred(reply(&error.into()))),
            outcome => outcome.map_err(|e| stored(e.into()))?,
        };
        // A memory, no evidence: without it somebody is not asked to pause.
        if let (Some(hostile), Outcome::Accepted(_)) = (&hostile, &outcome)
            && let Err(error) = self.store.remember_hostile(hostile).await
        {
            tracing::warn!(transaction = %transaction.id, %error, "message.not-remembered");
        }
        if let (Some(thread), Outcome::Accepted(_)) = (&thread, &outcome)
            && let Err(error) = self.store.remember_thread(thread).await
        {
            tracing::warn!(transaction = %transaction.id, %error, "message.not-remembered");
        }
        if let (Some(release), Outcome::Accepted(_)) = (&release, &outcome) {
            self.use_up(release, transaction.envelope.recipients.iter().map(|r| &r.address)).await;
        }
        Ok(outcome)
    }

    /// An error here means that nothing has passed onward yet.
    async fn carry_out(
        &self,
        transaction: &Arc<Transaction>,
        assessed: Assessed,
        onward: &mut dyn Onward,
    ) -> Result<Outcome, StoreError> {
        let logged = self.logged(transaction, &assessed);
        let Prepared {
            passing,
            edits,
            items,
            outbox,
            records,
            searchable,
            proposals,
            alerts,
            ledger,
            concerned,
            ..
        } = assessed.prepared;
        let nothing = items.is_empty() && outbox.is_empty() && records.is_empty();
        if nothing && proposals.is_empty() && alerts.is_empty() {
            let bytes = edits.apply(&transaction.raw);
            let onto = Passing { transaction, recipients: &passing, edits: &edits, bytes: &bytes };
            return self.pass((logged, ledger), onto, onward).await;
        }
        let mut keep = Keep {
            message: logged,
            items,
            outbox,
            records,
            searchable,
            proposals,
            alerts,
            ledger,
            concerned,
        };
        let found = self.retried(transaction, &mut keep).await?;
        if passing.is_empty() {
            return self.keep_all(keep, &found).await;
        }
        let bytes = edits.apply(&transaction.raw);
        let onto = Passing { transaction, recipients: &passing, edits: &edits, bytes: &bytes };
        self.keep_and_pass(keep, &found, onto, onward).await
    }

    /// All of it passes. The relay's intent is written before, since its next hop's 250
    /// cannot be taken back; the milter's MTA has done nothing before our reply.
    async fn pass(
        &self,
        (message, ledger): (Logged, Vec<LedgerEvent>),
        onto: Passing<'_>,
        onward: &mut dyn Onward,
    ) -> Result<Outcome, StoreError> {
        let transaction = message.transaction;
        if message.door == Door::Relay {
            let passed = Passed { message, bytes_out: onto.bytes.clone(), fate: PassFate::Intended, ledger };
            self.store.log_passed(passed).await?;
            let result = onward.pass(onto).await;
            let fate = result.as_ref().map_or_else(refused, |proof| fate(&**proof));
            if let Err(error) = self.store.log_fate(transaction, fate).await {
                tracing::error!(%transaction, %error, "message.fate-not-written");
            }
            return Ok(match result {
                Ok(proof) => Outcome::Accepted(Receipt::from_proof(&*proof)),
                Err(reply) => refusal(reply),
            });
        }
        match onward.pass(onto).await {
            Ok(proof) => {
                let passed = Passed { message, bytes_out: onto.bytes.clone(), fate: fate(&*proof), ledger };
                self.store.log_passed(passed).await?;
                Ok(Outcome::Accepted(Receipt::from_proof(&*proof)))
            }
            Err(reply) => Ok(refusal(reply)),
        }
    }

    /// Nothing passes now: everything is held, quarantined or leaves by the outbox.
    async fn keep_all(&self, keep: Keep, found: &[RetryMatch]) -> Result<Outcome, StoreError> {
        let transaction = keep.message.transaction;
        let mut proofs: Vec<Kept> = Vec::new();
        if !found.is_empty() {
            proofs.push(self.store.adopt(transaction, found).await?);
        }
        if found.is_empty() || !keep.items.is_empty() || !keep.outbox.is_empty() {
            proofs.push(self.store.keep(keep).await?);
        }
        Ok(receipt(&proofs, None))
    }

    /// Some recipients are held, the others pass: what is held is provisional until the
    /// next hop has answered. 250 confirms it, 5xx drops it, 4xx leaves it for the retry.
    async fn keep_and_pass(
        &self,
        keep: Keep,
        found: &[RetryMatch],
        onto: Passing<'_>,
        onward: &mut dyn Onward,
    ) -> Result<Outcome, StoreError> {
        let mut provisional: Vec<Provisional> = vec![self.store.keep_provisionally(keep).await?];
        if !found.is_empty() {
            provisional.push(self.store.adopt_provisionally(onto.transaction.id, found).await?);
        }
        let proof = match onward.pass(onto).await {
            Ok(proof) => proof,
            Err(reply) if reply.is_temporary() => return Ok(Outcome::Deferred(reply)),
            Err(reply) => {
                for kept in provisional {
                    if let Err(error) = self.store.discard(kept, reply.code).await {
                        // It stays provisional, which nobody sees, and is dropped when it is old.
                        tracing::error!(transaction = %onto.transaction.id, %error, "message.not-discarded");
                    }
                }
                return Ok(Outcome::Refused(reply));
            }
        };
        let mut proofs = Vec::new();
        for kept in provisional {
            match self.store.confirm(kept, fate(&*proof)).await {
                Ok(kept) => proofs.push(kept),
                // It has passed already: the client's retry will find the provisional rows
                // and repeat only the part that passed (promise 1's gap).
                Err(error) => return Ok(Outcome::Deferred(reply(&error.into()))),
            }
        }
        Ok(receipt(&proofs, Some(&*proof)))
    }

    /// Gives each item the keys by which a retry finds it, and takes out of `keep` what an
    /// earlier try of this very message has kept already.
    async fn retried(
        &self,
        transaction: &Transaction,
        keep: &mut Keep,
    ) -> Result<Vec<RetryMatch>, StoreError> {
        if keep.items.is_empty() {
            return Ok(Vec::new());
        }
        let keys = self.store.retry_keys(&transaction.envelope, &transaction.raw).await?;
        let addressed: HashMap<&Address, RetryKey> =
            transaction.envelope.recipients.iter().map(|r| &r.address).zip(keys.iter().copied()).collect();
        for item in &mut keep.items {
            let key = |r: &Recipient| addressed.get(&r.address).copied();
            item.retry_keys = item.recipients.iter().filter_map(key).collect();
        }
        let found = self.store.find_retry(&keys).await?;
        if found.is_empty() {
            return Ok(found);
        }
        let again = |key: &RetryKey| found.iter().any(|f| keys.get(f.key) == Some(key));
        keep.items.retain(|item| !item.retry_keys.iter().all(again));
        for item in &mut keep.items {
            item.retry_keys.retain(|key| !again(key));
        }
        keep.outbox.retain(|job| job.retry_keys.is_empty() || !job.retry_keys.iter().all(again));
        // The earlier try wrote its notices and records; of what is new somebody must hear.
        let items = &keep.items;
        let is_new = |job: &NewOutbox| job.item.as_ref().is_some_and(|id| items.iter().any(|i| i.id == *id));
        keep.outbox.retain(|job| !job.retry_keys.is_empty() || is_new(job));
        keep.records.clear();
        keep.proposals.clear();
        keep.alerts.retain(|alert| alert.item.as_ref().is_some_and(|id| items.iter().any(|i| i.id == *id)));
        Ok(found)
    }

    fn logged(&self, transaction: &Transaction, assessed: &Assessed) -> Logged {
        let assessment = &assessed.assessment;
        Logged {
            transaction: transaction.id,
            received_at: transaction.received_at,
            school: assessment.parties.school.clone(),
            door: transaction.arrival.door,
            mode: assessed.mode,
            direction: assessment.parties.direction,
            envelope: transaction.envelope.clone(),
            raw: transaction.raw.clone(),
            disposition: assessment.verdict.disposition(),
            verdict: assessed.explanation.clone(),
        }
    }

    /// Notes a fate that needs no proof; the answer does not wait for the outcome.
    async fn note(&self, transaction: &Transaction, assessed: &Assessed, fate: PassFate) {
        let message = self.logged(transaction, assessed);
        let passed = Passed { message, bytes_out: transaction.raw.clone(), fate, ledger: Vec::new() };
        if let Err(error) = self.store.log_passed(passed).await {
            tracing::error!(transaction = %transaction.id, %error, "message.fate-not-written");
        }
    }
}

fn receipt(kept: &[Kept], passed: Option<&dyn AnyProof>) -> Outcome {
    let mut all = kept.iter();
    let Some(first) = all.next() else {
        return Outcome::Deferred(Reply::new(451, (4, 3, 0), "Nothing was kept; please try again later"));
    };
    let receipt = all.fold(Receipt::from_proof(first), |receipt, proof| receipt.and(proof));
    Outcome::Accepted(match passed {
        Some(proof) => receipt.and(proof),
        None => receipt,
    })
}

/// A next hop's refusal is passed on as it is.
pub(super) fn refusal(reply: Reply) -> Outcome {
    if reply.is_temporary() { Outcome::Deferred(reply) } else { Outcome::Refused(reply) }
}

fn refused(reply: &Reply) -> PassFate {
    match reply.is_temporary() {
        true => PassFate::Deferred { code: reply.code },
        false => PassFate::Refused { code: reply.code },
    }
}

fn fate(proof: &dyn AnyProof) -> PassFate {
    match proof.custody() {
        Custody::LeftWithMta { queue_id } => PassFate::LeftWithMta { queue_id },
        Custody::NextHopAccepted { .. } | Custody::Held => PassFate::NextHopAccepted,
    }
}
