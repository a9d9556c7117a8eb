//! Releasing a hold with changes by its sender: the changed message is inspected again for all that was not
//! decided, and what leaves, who gets it and what was changed are one commit.

use super::{Desk, DeskFault, Wrong};
use crate::{
    authority::Act,
    detection::Scratch,
    effects::{Changes, Signers, changed},
    ids,
    mail::{Arrival, Channel, Door, Envelope, Facts, Measures, Release, SenderProof, Transaction},
    pipeline::{Rulebook, assess},
    storage::{Changeable, Decision, ItemId, ItemState, Purpose, ReleasedCopy, Ruling, Why},
    verdict::Disposition,
};
use chrono::Utc;
use std::sync::Arc;

impl Desk {
    /// Releases it so. Nobody but its sender changes a message, since nobody else reads it.
    pub async fn release_changed(
        &self,
        id: &ItemId,
        changes: &Changes,
        reason: &str,
        rulebook: &Rulebook,
    ) -> Result<ItemState, DeskFault> {
        let (_, case) = self.store.item_case(id).await?;
        for act in [Act::Release, Act::Bytes] {
            self.authorise(act, &case, "item", id.as_str()).await?;
        }
        let held = self.store.changeable(id, &self.actor, Why::new(Purpose::Facts, reason)).await?;
        let signers =
            Signers::load(&self.config.dkim).map_err(|faults| Wrong::NoSigner(faults.join("; ")))?;
        let copies = changed(&held, changes, &signers)?;
        let measures = Arc::new(self.store.measures_in_force().await?);
        let stopped = tokio::task::block_in_place(|| {
            let mut scratch = Scratch::default();
            copies.iter().find_map(|copy| stopped(rulebook, &held, copy, &measures, &mut scratch))
        });
        if let Some(rule) = stopped {
            return Err(Wrong::StoppedChanged(rule).into());
        }
        let ruling = Ruling {
            decision: Decision::Release,
            actor: self.actor.clone(),
            reason: Some(reason.to_owned()),
            token: None,
            next_hop: self.config.notices.next_hop.clone(),
            outbox: Vec::new(),
            takers: Vec::new(),
        };
        Ok(self.store.decide_changed(id, ruling, copies).await?.state)
    }
}

/// The rule that would stop this copy, of those that its sender has not decided upon.
fn stopped(
    rulebook: &Rulebook,
    held: &Changeable,
    copy: &ReleasedCopy,
    measures: &Arc<Measures>,
    scratch: &mut Scratch,
) -> Option<String> {
    let recipients: Vec<_> =
        copy.to.iter().filter_map(|n| held.envelope.recipients.get(*n).cloned()).collect();
    let now = Utc::now();
    let proof = held
        .owner
        .as_ref()
        .map_or(SenderProof::Unproved, |owner| SenderProof::Login(owner.address.to_string()));
    let mut facts = Facts::at(now, proof.clone());
    facts.measures = measures.clone();
    facts.releases = recipients
        .iter()
        .map(|r| Release { settled_policies: held.settled_policies.clone(), recipient: r.address.clone() })
        .collect();
    let transaction = Transaction {
        id: ids::transaction_id(),
        received_at: now,
        channel: Channel::Email,
        arrival: Arrival { proof, ..Arrival::unknown(Door::Relay) },
        envelope: Envelope { recipients, ..held.envelope.clone() },
        raw: copy.edits.apply(&held.raw),
    };
    let (assessment, ()) = assess(&transaction, &facts, rulebook, scratch, |_, _, _| ());
    let stops = assessment.verdict.groups.iter().filter(|g| g.disposition > Disposition::Deliver);
    let reasons = stops.flat_map(|g| &g.reasons).filter(|r| r.given > Disposition::Deliver);
    reasons.map(|r| r.policy.to_string()).next()
}
