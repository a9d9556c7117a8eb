//! Single-use tokens of nudges: random, stored as a digest, bound to the hold's sender.

use super::{
    database::{Executor, micros},
    error::{StoreError, TokenError},
    names::{ItemId, Token},
    secrets::Secrets,
    store::Store,
    writer::Tx,
};
use crate::mail::Address;

pub(super) fn token_digest(secrets: &Secrets, token: &Token) -> [u8; 32] {
    secrets.hash("token", &[token.reveal().as_bytes()])
}

#[derive(sqlx::FromRow)]
struct TokenRow {
    item: String,
    expires_at: i64,
    used_at: Option<i64>,
    owner_hash: Option<Vec<u8>>,
}

/// Which item a token speaks of, when it is good and comes from the hold's own sender.
async fn look_up(
    executor: impl Executor<'_>,
    digest: [u8; 32],
    sender: [u8; 32],
    now: i64,
) -> Result<Result<ItemId, TokenError>, StoreError> {
    let row: Option<TokenRow> = sqlx::query_as(
        "SELECT t.item, t.expires_at, t.used_at, i.owner_hash FROM token t JOIN item i ON i.id = t.item
         WHERE t.digest = $1",
    )
    .bind(&digest[..])
    .fetch_optional(executor)
    .await?;
    let Some(row) = row else { return Ok(Err(TokenError::Unknown)) };
    Ok(if row.owner_hash.as_deref() != Some(&sender[..]) {
        Err(TokenError::WrongSender)
    } else if row.used_at.is_some() {
        Err(TokenError::Used)
    } else if row.expires_at <= now {
        Err(TokenError::Expired)
    } else {
        Ok(ItemId::stored(row.item))
    })
}

impl Store {
    /// Which item a token from this (authenticated) sender speaks of. It is used up by
    /// the ruling that carries it ([`super::Ruling::token`]), in the same commit.
    pub async fn token_item(
        &self,
        token: &Token,
        sender: &Address,
    ) -> Result<Result<ItemId, TokenError>, StoreError> {
        let secrets = self.secrets()?;
        let (digest, sender) = (token_digest(secrets, token), secrets.address(sender));
        look_up(&self.readers, digest, sender, micros(self.now())).await
    }
}

impl Tx {
    pub(super) async fn insert_token(&mut self, item: &ItemId, digest: &[u8; 32]) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO token (digest, item, expires_at) VALUES ($1, $2, $3)")
            .bind(&digest[..])
            .bind(item.as_str())
            .bind(micros(self.now + self.shared.timing.token_life))
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }

    /// Uses a token up for `item`.
    pub(super) async fn use_token(
        &mut self,
        token: &Token,
        sender: &Address,
        item: &ItemId,
    ) -> Result<Result<(), TokenError>, StoreError> {
        let secrets = self.shared.secrets()?;
        let (digest, sender) = (token_digest(secrets, token), secrets.address(sender));
        match look_up(&mut self.conn, digest, sender, micros(self.now)).await? {
            Err(e) => return Ok(Err(e)),
            Ok(found) if found != *item => return Ok(Err(TokenError::Unknown)),
            Ok(_) => {}
        }
        sqlx::query("UPDATE token SET used_at = $1 WHERE digest = $2")
            .bind(micros(self.now))
            .bind(&digest[..])
            .execute(&mut self.conn)
            .await?;
        Ok(Ok(()))
    }
}
