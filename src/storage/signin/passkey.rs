//! Passkeys: the public half of a key that somebody's device keeps, under a name that they give it.
//! What it means is the console's business; here it is a text under seal, found by a keyed hash of
//! the credential's number.

use super::SessionWord;
use crate::storage::{
    database::{micros, time},
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    names::{AccountId, CredentialId},
    outbox::NewOutbox,
    store::Store,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Of one account.
const MOST: i64 = 20;
const LONGEST_NAME: usize = 60;

/// A passkey as it is kept.
pub struct KeptPasskey {
    pub id: CredentialId,
    pub account: AccountId,
    pub made_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
    /// As its person calls it.
    pub name: String,
    /// What the console needs to check it.
    pub key: String,
}

/// Why a passkey is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeyFault {
    /// It is somebody's already.
    Taken,
    TooMany,
}

#[derive(Serialize, Deserialize)]
struct Secret {
    name: String,
    key: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    account: String,
    made_at: i64,
    used_at: Option<i64>,
    sealed: Vec<u8>,
}

fn place(id: &str) -> String {
    format!("credential/{id}")
}

/// What stands in a list: one line, not longer than a list is wide.
fn one_line(name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(LONGEST_NAME).collect::<String>().trim().to_owned()
}

impl Store {
    /// The number by which a device knows the account: it says nothing of who it is.
    pub fn passkey_handle(&self, account: &AccountId) -> Result<[u8; 16], StoreError> {
        let hash = self.secrets()?.hash("handle of passkeys", &[account.as_str().as_bytes()]);
        Ok(std::array::from_fn(|i| hash[i]))
    }

    /// All of an account, in the order in which they came.
    pub async fn passkeys(&self, account: &AccountId) -> Result<Vec<KeptPasskey>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, account, made_at, used_at, sealed FROM credential
             WHERE account = $1 AND kind = 'passkey' ORDER BY made_at, id",
        )
        .bind(account.as_str())
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(|row| self.read(row)).collect()
    }

    /// The one with this number of its device.
    pub async fn passkey_of(&self, number: &[u8]) -> Result<Option<KeptPasskey>, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT id, account, made_at, used_at, sealed FROM credential WHERE known = $1 AND kind = 'passkey'",
        )
        .bind(self.passkey_digest(number)?)
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| self.read(row)).transpose()
    }

    /// Keeps a new one; `mail` tells the person.
    pub async fn passkey_add(
        &self,
        account: &AccountId,
        number: &[u8],
        (name, key): (&str, String),
        (actor, mail): (&Actor, Vec<NewOutbox>),
    ) -> Result<Result<(), PasskeyFault>, StoreError> {
        let id = CredentialId::random(&self.shared.random);
        let sealed = self.secrets()?.seal(&place(id.as_str()), &Secret { name: one_line(name), key })?;
        let known = self.passkey_digest(number)?;
        let (account, actor) = (account.clone(), actor.clone());
        let whose = account.clone();
        let added = self.write_mail(mail, move |tx| {
            Box::pin(async move {
                let many =
                    "SELECT CAST(COUNT(*) AS BIGINT) FROM credential WHERE account = $1 AND kind = 'passkey'";
                let many: i64 =
                    sqlx::query_scalar(many).bind(account.as_str()).fetch_one(&mut tx.conn).await?;
                if many >= MOST {
                    return Ok(false);
                }
                let added = sqlx::query(
                    "INSERT INTO credential (id, account, kind, known, made_at, sealed)
                     VALUES ($1, $2, 'passkey', $3, $4, $5) ON CONFLICT (known) DO NOTHING",
                )
                .bind(id.as_str())
                .bind(account.as_str())
                .bind(known)
                .bind(micros(tx.now))
                .bind(sealed)
                .execute(&mut tx.conn)
                .await?;
                if added.rows_affected() == 0 {
                    return Ok(false);
                }
                let by = tx.random_id(&actor).await?;
                let event = LedgerEvent::new(Event::WayAdded).about(account.as_str()).with("way", "passkey");
                tx.append(&by, event).await.map(|_| true)
            })
        });
        Ok(match added.await? {
            true => Ok(()),
            false if self.passkeys(&whose).await?.len() as i64 >= MOST => Err(PasskeyFault::TooMany),
            false => Err(PasskeyFault::Taken),
        })
    }

    /// It was used just now; `key` is what has changed of it, a counter for example.
    pub async fn passkey_used(&self, kept: &KeptPasskey, key: Option<String>) -> Result<(), StoreError> {
        let sealed = match key {
            Some(key) => {
                let secret = Secret { name: kept.name.clone(), key };
                Some(self.secrets()?.seal(&place(kept.id.as_str()), &secret)?)
            }
            None => None,
        };
        let id = kept.id.clone();
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE credential SET used_at = $1, sealed = COALESCE($2, sealed) WHERE id = $3",
                )
                .bind(micros(tx.now))
                .bind(sealed)
                .bind(id.as_str())
                .execute(&mut tx.conn)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Another name for it.
    pub async fn passkey_rename(&self, kept: &KeptPasskey, name: &str) -> Result<(), StoreError> {
        let secret = Secret { name: one_line(name), key: kept.key.clone() };
        let sealed = self.secrets()?.seal(&place(kept.id.as_str()), &secret)?;
        let id = kept.id.clone();
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("UPDATE credential SET sealed = $1 WHERE id = $2")
                    .bind(sealed)
                    .bind(id.as_str())
                    .execute(&mut tx.conn)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Takes one away; all other sessions of its account end, since its device may be lost.
    pub async fn passkey_remove(
        &self,
        kept: &KeptPasskey,
        here: &SessionWord,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let here = self.session_digest(here)?;
        let (id, account, actor) = (kept.id.clone(), kept.account.clone(), actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let gone = sqlx::query("DELETE FROM credential WHERE id = $1 AND kind = 'passkey'")
                    .bind(id.as_str())
                    .execute(&mut tx.conn)
                    .await?;
                if gone.rows_affected() == 0 {
                    return Ok(());
                }
                super::session::end_others(tx, &account, &here).await?;
                let by = tx.random_id(&actor).await?;
                let event =
                    LedgerEvent::new(Event::WayRemoved).about(account.as_str()).with("way", "passkey");
                tx.append(&by, event).await.map(|_| ())
            })
        })
        .await
    }

    fn read(&self, row: Row) -> Result<KeptPasskey, StoreError> {
        let secret: Secret = self.secrets()?.open(&place(&row.id), &row.sealed)?;
        Ok(KeptPasskey {
            id: CredentialId::stored(row.id),
            account: AccountId::stored(row.account),
            made_at: time(row.made_at),
            used_at: row.used_at.map(time),
            name: secret.name,
            key: secret.key,
        })
    }

    fn passkey_digest(&self, number: &[u8]) -> Result<Vec<u8>, StoreError> {
        Ok(self.secrets()?.hash("passkey", &[number]).to_vec())
    }
}
