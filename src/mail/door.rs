//! How a door of the house (milter, relay) asks for a message's fate and how the
//! house passes mail onward through that door's own way.

use super::{Custody, Edits, Proof, Receipt, Reply, Transaction, TransactionId};
use bytes::Bytes;
use std::{future::Future, pin::Pin};

/// A boxed future: the two traits here are used as objects.
pub type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The fate of a transaction, as far as the client is told.
#[derive(Debug)]
pub enum Outcome {
    /// Safe: 250 for the relay's client; for the MTA continue, or discard when no
    /// recipient passes.
    Accepted(Receipt),
    /// 5xx: the sender must change something.
    Refused(Reply),
    /// 4xx: the client keeps it and tries again.
    Deferred(Reply),
}

/// What passes onward now: these recipients (indexes into the envelope), the message
/// with these edits.
#[derive(Clone, Copy, Debug)]
pub struct Passing<'a> {
    pub transaction: &'a Transaction,
    pub recipients: &'a [usize],
    pub edits: &'a Edits,
    /// The message after the edits; equals `transaction.raw` when there are none.
    pub bytes: &'a Bytes,
}

/// The way onward of one transaction. The relay's sends to the next hop and returns
/// its 250; the milter's notes the edits for the MTA. `Err` is the next hop's own
/// refusal (4xx or 5xx) or a 4xx of ours when it is away.
pub trait Onward: Send {
    fn pass<'a>(&'a mut self, passing: Passing<'a>) -> Waiting<'a, Result<Box<dyn AnyProof>, Reply>>;
}

/// An object-safe [`Proof`].
pub trait AnyProof: Send + Sync {
    fn transaction(&self) -> TransactionId;
    fn custody(&self) -> Custody;
}

impl<T: Proof + Send + Sync> AnyProof for T {
    fn transaction(&self) -> TransactionId {
        Proof::transaction(self)
    }
    fn custody(&self) -> Custody {
        Proof::custody(self)
    }
}

impl Proof for dyn AnyProof + '_ {
    fn transaction(&self) -> TransactionId {
        AnyProof::transaction(self)
    }
    fn custody(&self) -> Custody {
        AnyProof::custody(self)
    }
}

/// The house behind a door.
pub trait House: Send + Sync + 'static {
    /// Decides, keeps what is to be kept, passes on what passes. Never panics and
    /// always answers within the configured deadline.
    fn handle<'a>(&'a self, transaction: Transaction, onward: &'a mut dyn Onward) -> Waiting<'a, Outcome>;

    /// The client went on after our positive reply, so it has got it: a repeat of
    /// that message from now on is a new message (design: Fates, retries).
    fn reply_seen(&self, transaction: TransactionId);

    /// A next hop without DSN has taken these recipients (indexes into the envelope), whose
    /// NOTIFY asked to hear of success: a "relayed" report is due to the sender
    /// (RFC 3461 section 5.2.2 b).
    fn relayed_without_dsn(&self, transaction: &Transaction, recipients: &[usize]);
}
