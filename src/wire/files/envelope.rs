//! The envelope of a message that came from a file and so has none.

use super::Source;
use crate::mail::{
    Address, Arrival, Channel, Door, Envelope, Recipient, ReversePath, Transaction, TransactionId,
};
use chrono::{DateTime, Utc};

/// What the command line says about the envelope (`--from`, `--to`).
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub from: Option<ReversePath>,
    pub to: Vec<Address>,
}

/// The transaction of a file's message. Its envelope is the first that is there of:
/// `overrides`; X-Envelope-From and X-Envelope-To; Return-Path for the sender; the
/// header's From, and To, Cc and Bcc. Nothing proves the sender.
pub fn transaction(
    source: &Source,
    overrides: &Overrides,
    id: TransactionId,
    now: DateTime<Utc>,
) -> Transaction {
    Transaction {
        id,
        received_at: now,
        channel: Channel::Email,
        arrival: Arrival::unknown(Door::File),
        envelope: Envelope {
            sender: overrides.from.clone().unwrap_or(ReversePath::Null),
            parameters: Vec::new(),
            recipients: overrides.to.iter().cloned().map(Recipient::new).collect(),
        },
        raw: source.raw.clone(),
    }
}
