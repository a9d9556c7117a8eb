//! Single-use tokens of nudges: random, stored as a digest, bound to the hold's sender.

use super::{
    error::{StoreError, TokenError},
    messages::unbuilt,
    names::{ItemId, Token},
    store::Store,
};
use crate::mail::Address;

impl Store {
    /// A further token for an open hold (a reminder); earlier ones stay good.
    pub async fn token_for(&self, _item: &ItemId) -> Result<Token, StoreError> {
        Err(unbuilt())
    }

    /// Which item a token from this (authenticated) sender speaks of. It is used up by
    /// the ruling that carries it ([`super::Ruling::token`]), in the same commit.
    pub async fn token_item(
        &self,
        _token: &Token,
        _sender: &Address,
    ) -> Result<Result<ItemId, TokenError>, StoreError> {
        Err(unbuilt())
    }
}
