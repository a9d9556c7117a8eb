//! Single-use tokens of nudges: random, stored as a digest, bound to the hold's sender.

use super::{
    database::{Executor, micros},
    error::{StoreError, TokenError},
    items::{FindingSummary, ItemDetail, ItemKind, ItemState},
    keep::Owner,
    names::{ItemId, Token},
    secrets::Secrets,
    store::Store,
    writer::Tx,
};
use crate::mail::{Address, Envelope};

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

async fn row(executor: impl Executor<'_>, digest: [u8; 32]) -> Result<Option<TokenRow>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT t.item, t.expires_at, t.used_at, i.owner_hash FROM token t JOIN item i ON i.id = t.item
         WHERE t.digest = $1",
    )
    .bind(&digest[..])
    .fetch_optional(executor)
    .await?)
}

/// Which item a token speaks of, when it is good and comes from the hold's own sender.
async fn look_up(
    executor: impl Executor<'_>,
    digest: [u8; 32],
    sender: [u8; 32],
    now: i64,
) -> Result<Result<ItemId, TokenError>, StoreError> {
    let Some(row) = row(executor, digest).await? else { return Ok(Err(TokenError::Unknown)) };
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

/// What the mail with a code says of its hold, and whether the code is good yet.
pub struct Coded {
    pub detail: ItemDetail,
    pub good: Result<(), TokenError>,
}

impl Store {
    /// The hold of which a notice with this code speaks; `None` for a code that nobody was sent. What is
    /// shown of it is what that mail says already, so that it is no look at the message; a mail scanner
    /// that follows the link leaves nothing behind.
    pub async fn coded(&self, token: &Token) -> Result<Option<Coded>, StoreError> {
        let digest = token_digest(self.secrets()?, token);
        let Some(row) = row(&self.readers, digest).await? else { return Ok(None) };
        let good = match row.used_at {
            Some(_) => Err(TokenError::Used),
            None if row.expires_at <= micros(self.now()) => Err(TokenError::Expired),
            None => Ok(()),
        };
        let summary = self.item_summary(&ItemId::stored(row.item)).await?;
        if summary.kind == ItemKind::Quarantine || summary.state == ItemState::Purged {
            return Ok(None);
        }
        let (_, secret) = self.item_secret(&summary.id).await?;
        let detail = ItemDetail {
            summary,
            envelope: Envelope {
                sender: secret.sender,
                parameters: secret.parameters,
                recipients: secret.recipients,
            },
            owner: secret.owner.map(|(person, address)| Owner { person, address }),
            subject: secret.subject,
            // Kind and place; surroundings are for whoever has signed in.
            findings: secret.findings.into_iter().map(without_words).collect(),
            settled_policies: Vec::new(),
            outbox: Vec::new(),
        };
        Ok(Some(Coded { detail, good }))
    }

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

fn without_words(finding: FindingSummary) -> FindingSummary {
    FindingSummary { reason: String::new(), excerpt: String::new(), span: None, ..finding }
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
