//! The relay's way onward: hands what passes to the next hop, and proves that it was taken.

use super::{
    services::Services,
    trace::{Passage, Protocol, trace_fields},
};
use crate::{
    config::NextHop,
    mail::{AnyProof, Custody, Onward, Passing, Proof, Recipient, Reply, TransactionId, Waiting},
    wire::smtp::{
        hop::{Delivery, DsnFate, Handover, HopTransaction, Sender},
        words::owed_relayed,
    },
};
use std::sync::Arc;

/// The next hop said 250 to this transaction's data. Made in this file only, from a
/// [`Handover`], which only the next-hop client makes.
pub struct Accepted {
    transaction: TransactionId,
    handover: Handover,
}

impl Proof for Accepted {
    fn transaction(&self) -> TransactionId {
        self.transaction
    }
    fn custody(&self) -> Custody {
        Custody::NextHopAccepted { reply: self.handover.reply().to_string() }
    }
}

/// A connection that breaks before the message has left is replaced this often.
const TRIES: usize = 2;

pub(super) struct RelayOnward {
    services: Arc<Services>,
    hop: Arc<NextHop>,
    /// Stands open with all recipients of the envelope, until it is used.
    open: Option<HopTransaction>,
    protocol: Protocol,
    pass: u32,
}

impl RelayOnward {
    pub(super) fn new(
        services: Arc<Services>,
        (hop, open): (Arc<NextHop>, HopTransaction),
        protocol: Protocol,
        pass: u32,
    ) -> Self {
        Self { services, hop, open: Some(open), protocol, pass }
    }

    /// Whether the next hop can take this content.
    pub(super) fn takes(&self, bytes: &[u8]) -> Result<(), Reply> {
        self.open.as_ref().map_or(Ok(()), |open| open.takes(bytes))
    }

    async fn hand_over(&mut self, passing: Passing<'_>) -> Result<Accepted, Reply> {
        let envelope = &passing.transaction.envelope;
        let chosen = chosen(passing).ok_or_else(ours)?;
        let fields = trace_fields(&Passage {
            hostname: &self.services.hostname,
            id: passing.transaction.id,
            at: (self.services.now)(),
            arrival: &passing.transaction.arrival,
            envelope,
            protocol: self.protocol,
            pass: self.pass,
        });
        for _ in 0..TRIES {
            let ready = self.transaction_for(passing, &chosen).await?;
            if let Err(short) = ready.takes(passing.bytes) {
                self.services.client.abandon(&self.hop, ready);
                return Err(short);
            }
            let pieces = [fields.as_bytes(), passing.bytes];
            match self.services.client.deliver(&self.hop, ready, &pieces).await {
                Delivery::NotBegun => continue,
                Delivery::Refused(reply) => return Err(reply.to_reply()),
                Delivery::Unknown => {
                    return Err(Reply::new(451, (4, 4, 2), "The next hop broke off, try again later"));
                }
                Delivery::Accepted(handover) => {
                    self.report_relayed(passing, &handover);
                    return Ok(Accepted { transaction: passing.transaction.id, handover });
                }
            }
        }
        Err(Reply::new(451, (4, 4, 1), "The next hop cannot be reached, try again later"))
    }

    /// The transaction that stands open, when all its recipients pass; else MAIL and RCPT
    /// again for those who do (the connection left behind gets RSET first).
    async fn transaction_for(
        &mut self,
        passing: Passing<'_>,
        chosen: &[usize],
    ) -> Result<HopTransaction, Reply> {
        let envelope = &passing.transaction.envelope;
        if let Some(open) = self.open.take() {
            if chosen.len() == envelope.recipients.len() {
                return Ok(open);
            }
            self.services.client.abandon(&self.hop, open);
        }
        let recipients: Vec<&Recipient> = chosen.iter().filter_map(|i| envelope.recipients.get(*i)).collect();
        let sender = Sender { path: &envelope.sender, words: &envelope.parameters };
        let begun = self.services.client.begin(&self.hop, sender, &recipients).await;
        let begun = begun.map_err(|fault| fault.reply().to_reply())?;
        if begun.replies.iter().all(|reply| reply.is_positive()) {
            return Ok(begun);
        }
        // It took each of them a moment ago. Of one transaction there is one fate to tell, so
        // the client comes again and hears at RCPT who is refused.
        self.services.client.abandon(&self.hop, begun);
        Err(Reply::new(451, (4, 5, 0), "The next hop changed its mind about a recipient, try again later"))
    }

    fn report_relayed(&self, passing: Passing<'_>, handover: &Handover) {
        if handover.dsn() == DsnFate::Relayed {
            let envelope = &passing.transaction.envelope;
            let owed = owed_relayed(envelope, passing.recipients);
            if !owed.is_empty() {
                self.services.house.relayed_without_dsn(passing.transaction, &owed);
            }
        }
    }
}

/// A connection that was not used is kept for the next message.
impl Drop for RelayOnward {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            self.services.client.abandon(&self.hop, open);
        }
    }
}

fn ours() -> Reply {
    Reply::new(451, (4, 3, 0), "Internal fault, try again later")
}

/// Who passes, each once; `None` when that is nobody or someone who is not there.
fn chosen(passing: Passing<'_>) -> Option<Vec<usize>> {
    let mut chosen = passing.recipients.to_vec();
    chosen.sort_unstable();
    chosen.dedup();
    let last = chosen.last()?;
    (*last < passing.transaction.envelope.recipients.len()).then_some(chosen)
}

impl Onward for RelayOnward {
    fn pass<'a>(&'a mut self, passing: Passing<'a>) -> Waiting<'a, Result<Box<dyn AnyProof>, Reply>> {
        Box::pin(async move {
            let accepted = self.hand_over(passing).await?;
            Ok(Box::new(accepted) as Box<dyn AnyProof>)
        })
    }
}
