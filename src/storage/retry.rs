//! Knowing a client's retry, so that what is kept already is not kept twice.

use super::{
    error::StoreError,
    keep::{Kept, Provisional},
    messages::unbuilt,
    names::{ItemId, OutboxId},
    store::Store,
};
use crate::mail::{Envelope, TransactionId};

/// Keyed hash of sender, one recipient, and the message without its trace fields.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RetryKey(pub(super) [u8; 32]);

impl std::fmt::Debug for RetryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RetryKey(..)")
    }
}

/// A recipient for whom this very message is kept already, while our 250 may not have
/// reached the client. Records of the earlier keep come along: do not record again.
#[derive(Clone, Debug)]
pub struct RetryMatch {
    /// Index into the keys that were asked for.
    pub key: usize,
    pub transaction: TransactionId,
    pub what: Retried,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retried {
    Item(ItemId),
    /// A part that leaves through the outbox.
    Part(OutboxId),
}

impl Store {
    /// One key for each recipient of the envelope, in order.
    pub fn retry_keys(&self, _envelope: &Envelope, _raw: &[u8]) -> Result<Vec<RetryKey>, StoreError> {
        Err(unbuilt())
    }

    pub async fn find_retry(&self, _keys: &[RetryKey]) -> Result<Vec<RetryMatch>, StoreError> {
        Err(unbuilt())
    }

    /// The retry leaves nothing to pass on: what was kept counts now, for it too.
    /// Fails with `NotFound` when it was decided meanwhile: answer 451, then it is new.
    pub async fn adopt(&self, _retry: TransactionId, _found: &[RetryMatch]) -> Result<Kept, StoreError> {
        Err(unbuilt())
    }

    /// Other recipients of the retry are still to be passed: its reply settles what was
    /// kept by the earlier transaction (what was confirmed before stays confirmed).
    pub async fn adopt_provisionally(
        &self,
        _retry: TransactionId,
        _found: &[RetryMatch],
    ) -> Result<Provisional, StoreError> {
        Err(unbuilt())
    }

    /// The client has our 250: from now on a repeat is a new message.
    pub async fn reply_seen(&self, _transaction: TransactionId) -> Result<(), StoreError> {
        Err(unbuilt())
    }
}
