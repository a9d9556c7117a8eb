//! The key that signs heads: made at the first start, its private half encrypted with the
//! store key, its public half in the chain. A new key is certified by the one before it,
//! and that one's private half is forgotten in the same commit.

use super::{
    Actor, Event, LedgerEvent,
    signed::{SignedHead, certificate},
};
use crate::storage::{
    database::{Connection, hex, micros, time},
    error::StoreError,
    names::random_word,
    secrets::Secrets,
    store::Store,
    writer::Tx,
};
use age::secrecy::{ExposeSecret, ExposeSecretMut, SecretBox};
use chrono::{DateTime, Utc};
use ring::signature::{Ed25519KeyPair, KeyPair};

/// Letters of an installation's id (100 bits).
const LETTERS: usize = 20;

/// The public side of who signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerKey {
    pub installation: String,
    /// Ed25519, 32 bytes in hex.
    pub public: String,
    pub made_at: DateTime<Utc>,
}

impl Store {
    /// The key in force, if one was made already.
    pub async fn ledger_key(&self) -> Result<Option<LedgerKey>, StoreError> {
        let mut conn = self.readers.acquire().await?;
        Ok(in_force(&mut conn).await?.map(|(key, _)| key))
    }

    /// The key in force; makes the first one. For the start of the gate.
    pub async fn ledger_key_or_make(&self) -> Result<LedgerKey, StoreError> {
        if let Some(key) = self.ledger_key().await? {
            return Ok(key);
        }
        self.write(|tx| Box::pin(async move { tx.first_key().await })).await
    }

    /// Puts a new key in force, certified by the old one.
    pub async fn ledger_key_change(&self, by: &Actor, why: &str) -> Result<LedgerKey, StoreError> {
        let (by, why) = (by.clone(), why.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&by).await?;
                tx.next_key(&by, why).await
            })
        })
        .await
    }

    /// Signs the ledger as it stands and keeps what was signed. `None` before the first row.
    pub async fn ledger_sign(&self) -> Result<Option<SignedHead>, StoreError> {
        self.ledger_key_or_make().await?;
        let mut moment = self.moment().await?;
        let signed = sign(&mut moment, self.secrets()?, self.now()).await?;
        drop(moment);
        let Some(signed) = signed else { return Ok(None) };
        let kept = signed.clone();
        self.write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.keep_signed(&kept).await }))
            .await?;
        Ok(Some(signed))
    }
}

/// Signs the committed head that this moment sees, when there is a key and a row.
pub(super) async fn sign(
    moment: &mut Connection,
    secrets: &Secrets,
    at: DateTime<Utc>,
) -> Result<Option<SignedHead>, StoreError> {
    let head: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT n, hash FROM ledger_head").fetch_optional(&mut *moment).await?;
    let (Some((n, hash)), Some((key, sealed))) = (head, in_force(moment).await?) else { return Ok(None) };
    let pair = pair(secrets, &key.public, &sealed)?;
    // Micros are what the text and the table hold.
    let at = time(micros(at));
    Ok(Some(SignedHead::of(&pair, &key.installation, (n.unsigned_abs(), hex(&hash)), at)))
}

async fn in_force(conn: &mut Connection) -> Result<Option<(LedgerKey, Vec<u8>)>, StoreError> {
    let found: Option<(String, i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT k.public, k.made_at, k.sealed, m.value FROM ledger_key k, meta m
         WHERE k.sealed IS NOT NULL AND m.name = 'installation'",
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.map(|(public, made_at, sealed, installation)| {
        let installation = String::from_utf8_lossy(&installation).into_owned();
        (LedgerKey { installation, public, made_at: time(made_at) }, sealed)
    }))
}

fn pair(secrets: &Secrets, public: &str, sealed: &[u8]) -> Result<Ed25519KeyPair, StoreError> {
    let seed = SecretBox::new(Box::new(secrets.open_bytes(&format!("ledger-key/{public}"), sealed)?));
    Ed25519KeyPair::from_seed_unchecked(seed.expose_secret())
        .map_err(|_| StoreError::Damaged("the ledger's signing key is no key".into()))
}

impl Tx {
    async fn first_key(&mut self) -> Result<LedgerKey, StoreError> {
        // Another process may have been quicker.
        if let Some((key, _)) = in_force(&mut self.conn).await? {
            return Ok(key);
        }
        let fresh = random_word(&self.shared.random, LETTERS).to_string();
        let installation: Vec<u8> = sqlx::query_scalar(
            "INSERT INTO meta (name, value) VALUES ('installation', $1)
             ON CONFLICT (name) DO UPDATE SET value = meta.value RETURNING value",
        )
        .bind(fresh.into_bytes())
        .fetch_one(&mut self.conn)
        .await?;
        let installation = String::from_utf8_lossy(&installation).into_owned();
        let public = self.make_key().await?;
        let made = LedgerEvent::new(Event::LedgerKeyMade)
            .about(public.clone())
            .with("installation", installation.clone());
        self.append("gate", made).await?;
        Ok(LedgerKey { installation, public, made_at: self.now })
    }

    async fn next_key(&mut self, by: &str, why: String) -> Result<LedgerKey, StoreError> {
        self.first_key().await?;
        let missing = || StoreError::Us("a signing key that was just there is gone".into());
        let (old, sealed) = in_force(&mut self.conn).await?.ok_or_else(missing)?;
        let pair = pair(self.shared.secrets()?, &old.public, &sealed)?;
        sqlx::query("UPDATE ledger_key SET sealed = NULL WHERE public = $1")
            .bind(&old.public)
            .execute(&mut self.conn)
            .await?;
        let public = self.make_key().await?;
        let signature = pair.sign(certificate(&old.installation, &old.public, &public).as_bytes());
        let changed = LedgerEvent::new(Event::LedgerKeyChanged)
            .about(public.clone())
            .with("old", old.public)
            .with("signature", hex(signature.as_ref()))
            .because((!why.is_empty()).then_some(why));
        self.append(by, changed).await?;
        Ok(LedgerKey { installation: old.installation, public, made_at: self.now })
    }

    /// A new pair in the table; its public half.
    async fn make_key(&mut self) -> Result<String, StoreError> {
        let mut seed = SecretBox::new(Box::new([0_u8; 32]));
        (self.shared.random)(seed.expose_secret_mut());
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose_secret())
            .map_err(|_| StoreError::Us("no signing key could be made".into()))?;
        let public = hex(pair.public_key().as_ref());
        let sealed =
            self.shared.secrets()?.seal_bytes(&format!("ledger-key/{public}"), seed.expose_secret())?;
        sqlx::query("INSERT INTO ledger_key (public, made_at, sealed) VALUES ($1, $2, $3)")
            .bind(&public)
            .bind(micros(self.now))
            .bind(sealed)
            .execute(&mut self.conn)
            .await?;
        Ok(public)
    }

    pub(super) async fn keep_signed(&mut self, signed: &SignedHead) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO ledger_signed_head (n, public, hash, at, signature) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (n, public, at) DO NOTHING",
        )
        .bind(signed.rows.cast_signed())
        .bind(&signed.key)
        .bind(&signed.head)
        .bind(micros(signed.at))
        .bind(&signed.signature)
        .execute(&mut self.conn)
        .await?;
        Ok(())
    }
}

/// Every head that was signed and kept, in the order of the rows.
pub(super) async fn signed_heads(moment: &mut Connection) -> Result<Vec<SignedHead>, StoreError> {
    let installation: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT value FROM meta WHERE name = 'installation'")
            .fetch_optional(&mut *moment)
            .await?;
    let installation = String::from_utf8_lossy(&installation.unwrap_or_default()).into_owned();
    let rows: Vec<(i64, String, String, i64, String)> =
        sqlx::query_as("SELECT n, public, hash, at, signature FROM ledger_signed_head ORDER BY n, at")
            .fetch_all(moment)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(n, key, head, at, signature)| {
            SignedHead::kept(&installation, (n.unsigned_abs(), head), time(at), (key, signature))
        })
        .collect())
}
