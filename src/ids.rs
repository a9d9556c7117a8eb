//! Fresh ids. Chance enters the house here and nowhere else in its core.

use crate::mail::TransactionId;
use chrono::Utc;
use rand::RngExt as _;

/// A fresh transaction id: the millisecond in its upper 48 bits, then 80 bits from the thread's
/// cryptographic generator (the order of a ULID). Ids that follow one another lie beside one
/// another in the indexes of a store, which would touch a page for each of them otherwise.
pub fn transaction_id() -> TransactionId {
    let millis = Utc::now().timestamp_millis().cast_unsigned();
    let chance: u128 = rand::rng().random();
    TransactionId((u128::from(millis) << 80) | (chance >> 48))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_one_another_and_do_not_repeat() {
        let ids: Vec<_> = (0..1_000).map(|_| transaction_id()).collect();
        assert!(ids.is_sorted_by_key(|id| id.0 >> 80));
        assert!((1..ids.len()).all(|n| ids[n] != ids[n - 1]));
        assert!(ids[0].0 >> 80 > 1_700_000_000_000);
    }
}
