//! Canaries: one message a day on each way of the mail proves that it passes the gate
//! (practice.md, C). They are known again by a token, are not inspected as somebody's mail,
//! not counted and not kept; whatever else carries the field is mail like any other.

use super::{Gate, act::refusal, failure::reply};
use crate::{
    config::{CanaryConfig, CanaryWay},
    effects::Notices,
    mail::{Custody, Edits, Onward, Outcome, Passing, Receipt, Transaction, fields, header_end},
    storage::{
        Actor, CANARY_HEADER, NewCanary, Onto, Sighted, Sighting, Store, StoreError, Token, release_digest,
    },
    wire::smtp::{NextHopClient, RecipientFate},
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

impl Gate {
    /// A message's fate; a canary's is to go on as it is.
    pub(super) async fn fate(
        self: &Arc<Self>,
        transaction: Arc<Transaction>,
        onward: &mut dyn Onward,
    ) -> Outcome {
        match self.sighted(&transaction).await {
            None => self.fate_of_mail(transaction, onward).await,
            Some(sighted) if sighted.intact => self.pass_canary(&sighted, &transaction, onward).await,
            // Something on the way has changed it, so that others' words may be in it: it is
            // looked at like all mail. That it came here is proved all the same.
            Some(sighted) => {
                let outcome = self.fate_of_mail(transaction.clone(), onward).await;
                if let Outcome::Accepted(receipt) = &outcome {
                    let onto = receipt.custody().iter().map(onto).next().unwrap_or(Onto::Mta);
                    self.note_passing(&sighted, onto, &transaction).await;
                }
                outcome
            }
        }
    }

    /// The canary that this is, if it is one. What only looks like one is said.
    async fn sighted(&self, transaction: &Transaction) -> Option<Sighted> {
        let token = token(&transaction.raw)?;
        let content = release_digest(&transaction.raw);
        match self.store.canary_sighted(&token, &transaction.envelope, &content).await {
            Ok(Sighting::Ours(sighted)) => Some(sighted),
            Ok(Sighting::NotOurs(why)) => {
                tracing::warn!(transaction = %transaction.id, why = why.name(), "canary.not-ours");
                self.counters.canary_not_ours();
                if let Err(error) = self.store.canary_not_ours(transaction.id, why).await {
                    tracing::warn!(transaction = %transaction.id, %error, "canary.not-noted");
                }
                None
            }
            // Then it is mail like any other; without the store nothing is proved.
            Err(error) => {
                tracing::warn!(transaction = %transaction.id, %error, "canary.not-looked-up");
                None
            }
        }
    }

    async fn pass_canary(
        &self,
        sighted: &Sighted,
        transaction: &Transaction,
        onward: &mut dyn Onward,
    ) -> Outcome {
        let edits = Edits::default();
        let passing = Passing { transaction, recipients: &[0], edits: &edits, bytes: &transaction.raw };
        let (onto, outcome) = match onward.pass(passing).await {
            Ok(proof) => (onto(&proof.custody()), Outcome::Accepted(Receipt::from_proof(&*proof))),
            Err(reply) if reply.is_temporary() => return Outcome::Deferred(reply),
            Err(reply) => (Onto::Refused(reply.code), refusal(reply)),
        };
        match self.store.canary_passed(sighted, onto).await {
            Ok(_) => outcome,
            // The client brings it again, and then it counts.
            Err(error) => Outcome::Deferred(reply(&error.into())),
        }
    }

    async fn note_passing(&self, sighted: &Sighted, onto: Onto, transaction: &Transaction) {
        if let Err(error) = self.store.canary_passed(sighted, onto).await {
            tracing::warn!(transaction = %transaction.id, %error, "canary.not-noted");
        }
    }

    /// Sends a probe on each way that is due, all at once; how many left.
    pub async fn send_canaries(&self, client: &NextHopClient) -> Result<usize, StoreError> {
        self.store.canaries_delivered().await?;
        let (standing, now) = (self.standing(), (self.clock)());
        let mut due = Vec::new();
        for canary in &standing.canaries {
            if super::routes::is_due(canary, &self.store.canary_state(canary).await?, now) {
                due.push(canary);
            }
        }
        let sends = due
            .iter()
            .map(|canary| send_canary((&self.store, &standing.notices, client), canary, &Actor::Gate, now));
        let sent = futures_util::future::join_all(sends).await;
        sent.into_iter().try_fold(0, |all, one| Ok(all + usize::from(one? == Handed::Taken)))
    }
}

/// Whether the first host took a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handed {
    Taken,
    /// With this code; 0: nobody answered.
    Refused(u16),
}

/// Sends one probe: it is written down first, then handed to the host before the gate, or put
/// into the outbox.
pub async fn send_canary(
    (store, notices, client): (&Store, &Notices, &NextHopClient),
    canary: &CanaryConfig,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Handed, StoreError> {
    let token = store.new_token();
    let written = notices.canary(canary, &token, now).map_err(|e| StoreError::Us(e.to_string()))?;
    let content = release_digest(&written.bytes);
    let sender = written.envelope.sender.clone();
    let new = NewCanary { canary, token: &token, sender, content, job: written.job };
    store.canary_begin(new, actor).await?;
    let CanaryWay::Route(route) = &canary.way else { return Ok(Handed::Taken) };
    let report = client.send(&route.submit, &written.envelope, &written.bytes).await;
    let said = match report.recipients.first() {
        Some(RecipientFate::Accepted) => Ok(()),
        Some(RecipientFate::Permanent(reply)) => Err(reply.code),
        // Our own word for a host that nobody reaches.
        Some(RecipientFate::Temporary(reply)) if reply.enhanced() == (4, 4, 1) => Err(0),
        Some(RecipientFate::Temporary(reply)) => Err(reply.code),
        None => Err(0),
    };
    store.canary_handed(&token, said, actor).await?;
    Ok(said.map_or_else(Handed::Refused, |()| Handed::Taken))
}

fn onto(custody: &Custody) -> Onto {
    match custody {
        Custody::LeftWithMta { .. } => Onto::Mta,
        Custody::NextHopAccepted { .. } | Custody::Held => Onto::NextHop,
    }
}

/// The token of the only such field; several are somebody's game.
fn token(raw: &[u8]) -> Option<Token> {
    let mut found =
        fields(&raw[..header_end(raw)]).filter(|(name, _)| name.eq_ignore_ascii_case(CANARY_HEADER));
    let (name, bytes) = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let value = std::str::from_utf8(bytes.get(name.len()..)?).ok()?;
    value.trim_start_matches([' ', '\t']).strip_prefix(':')?.trim().parse().ok()
}
