//! A whole message handed over in one go: what release, notices and the outbox use.

use super::{
    HopReply, NextHopClient, RecipientFate, SendReport,
    client::{Delivery, HopFault, HopTransaction, Sender},
};
use crate::{
    config::NextHop,
    mail::{Envelope, Recipient},
};

/// A connection that broke before the message left is replaced this often.
const TRIES: usize = 2;

impl NextHopClient {
    /// Sends `bytes` to all recipients of the envelope, who must all be `hop`'s. Dots are
    /// stuffed and a lone CR or LF leaves as CRLF; otherwise the bytes go as they are.
    pub async fn send(&self, hop: &NextHop, envelope: &Envelope, bytes: &[u8]) -> SendReport {
        let sender = Sender { path: &envelope.sender, words: &envelope.parameters };
        let recipients: Vec<&Recipient> = envelope.recipients.iter().collect();
        for _ in 0..TRIES {
            let transaction = match self.begin(hop, sender, &recipients).await {
                Ok(transaction) => transaction,
                Err(fault) => return all(&recipients, &fault.reply()),
            };
            if let Some(report) = self.finish(hop, transaction, &recipients, bytes).await {
                return report;
            }
        }
        all(&recipients, &HopFault::Away.reply())
    }

    /// `None`: nothing of the message has left, it may be tried again.
    async fn finish(
        &self,
        hop: &NextHop,
        transaction: HopTransaction,
        recipients: &[&Recipient],
        bytes: &[u8],
    ) -> Option<SendReport> {
        let mut fates: Vec<RecipientFate> = transaction.replies.iter().map(fate).collect();
        if !fates.contains(&RecipientFate::Accepted) {
            self.abandon(hop, transaction);
            return Some(SendReport { recipients: fates, handover: None });
        }
        if let Err(short) = transaction.takes(bytes) {
            self.abandon(hop, transaction);
            return Some(all(recipients, &HopFault::FallsShort(short).reply()));
        }
        let (failure, handover) = match self.deliver(hop, transaction, &[bytes]).await {
            Delivery::NotBegun => return None,
            Delivery::Accepted(handover) => (None, Some(handover)),
            Delivery::Refused(reply) => (Some(reply), None),
            Delivery::Unknown => {
                (Some(HopReply::new(451, "4.4.2 The connection broke before the next hop's answer")), None)
            }
        };
        if let Some(reply) = failure {
            fates.iter_mut().filter(|f| **f == RecipientFate::Accepted).for_each(|f| *f = fate(&reply));
        }
        Some(SendReport { recipients: fates, handover })
    }
}

fn fate(reply: &HopReply) -> RecipientFate {
    if reply.is_positive() {
        RecipientFate::Accepted
    } else if reply.is_permanent() {
        RecipientFate::Permanent(reply.clone())
    } else {
        RecipientFate::Temporary(reply.clone())
    }
}

fn all(recipients: &[&Recipient], reply: &HopReply) -> SendReport {
    SendReport { recipients: recipients.iter().map(|_| fate(reply)).collect(), handover: None }
}
