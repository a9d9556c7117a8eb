//! Releases on their way: how one is known when it comes back through the gate
//! (design, Fates), so that it is not caught again by the rule that was decided upon.

use super::{error::StoreError, messages::unbuilt, names::ReleaseId, store::Store};
use crate::mail::Address;

/// The field by which a release is known when it comes back; to be taken out before
/// the message goes on.
pub const RELEASE_HEADER: &str = "X-Gatehouse-Release";

/// Digest of the body and the fields that say who wrote what to whom; the same
/// before and after trace fields, signatures and refolding.
pub fn release_digest(_raw: &[u8]) -> [u8; 32] {
    [0; 32]
}

impl Store {
    /// The policy rules that are settled for this message and recipient, when `id` is a
    /// release in flight with this content. Consumes nothing.
    pub async fn find_release(
        &self,
        _id: &ReleaseId,
        _digest: &[u8; 32],
        _recipient: &Address,
    ) -> Result<Option<Vec<String>>, StoreError> {
        Err(unbuilt())
    }

    /// Our 250 for it was sent: it cannot come a second time for this recipient.
    pub async fn consume_release(&self, _id: &ReleaseId, _recipient: &Address) -> Result<(), StoreError> {
        Err(unbuilt())
    }
}
