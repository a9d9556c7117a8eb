//! Random ids. Chance enters the house here and nowhere else in its core.

use crate::mail::TransactionId;
use rand::RngExt as _;

/// A fresh transaction id from the thread's cryptographic generator.
pub fn transaction_id() -> TransactionId {
    TransactionId(rand::rng().random())
}
