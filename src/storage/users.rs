//! Users as they are kept: a person with a key of their own. Which offices they have is
//! `grants`.

use super::{
    database::{micros, time},
    error::StoreError,
    grants::{GrantRow, KeptGrant, MOST_LETTERS},
    keys::PublicKey,
    ledger::{Actor, Event, LedgerEvent},
    names::AccountId,
    store::Store,
};
use crate::{mail::Address, parties::PersonId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Somebody who gets a key registered. At least one of person and address says who.
#[derive(Clone, Serialize, Deserialize)]
pub struct NewUser {
    /// In the directory.
    pub person: Option<PersonId>,
    pub address: Option<Address>,
    /// `age1...`; its private half stays with the person. Empty for who has none and uses the console
    /// alone.
    pub public_key: String,
}

#[derive(Clone)]
pub struct KeptUser {
    pub id: AccountId,
    pub who: NewUser,
    pub added_at: DateTime<Utc>,
    pub grants: Vec<KeptGrant>,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum UserError {
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("`{0}` is no age recipient (age1...)")]
    NoKey(String),
    #[error("this key is registered already: each user has a key of their own")]
    KeyTaken,
    #[error("this person is registered already")]
    PersonTaken,
    #[error("{MOST} users are registered already")]
    TooMany,
    #[error("a reason of 3 to {MOST_LETTERS} letters is needed")]
    Reason,
    #[error("its end must lie in the future and after its beginning")]
    Backwards,
    #[error("it is approved already")]
    Approved,
    #[error("it was revoked")]
    Revoked,
    #[error("whoever asked for it cannot approve it: another must")]
    OwnRequest,
    #[error("the ledger has forgotten who asked for it, so nobody can be told from them: ask again")]
    Forgotten,
    #[error(
        "somebody else than the gate changed it, so it counts for nothing: `gatehouse ledger verify`, and tell the head"
    )]
    Changed,
    #[error("nobody approves an office for themselves")]
    OwnCase,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for UserError {
    fn from(e: sqlx::Error) -> Self {
        Self::Store(e.into())
    }
}

const MOST: usize = 2_000;

/// Who it is stays out of logs.
impl fmt::Debug for KeptUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptUser({}, {} grants)", self.id, self.grants.len())
    }
}

impl KeptUser {
    /// As the ledger knows this user.
    pub fn actor(&self) -> Actor {
        match &self.who.person {
            Some(person) => Actor::Person(person.clone()),
            None => Actor::Account(self.id.as_str().into()),
        }
    }
}

fn place(id: &str) -> String {
    format!("account/{id}")
}

impl Store {
    /// Everyone, in the order in which they came; needs the working key.
    pub async fn users(&self) -> Result<Vec<KeptUser>, StoreError> {
        let secrets = self.secrets()?;
        let rows: Vec<(String, i64, Vec<u8>)> =
            sqlx::query_as("SELECT id, added_at, sealed FROM account ORDER BY added_at, id")
                .fetch_all(&self.readers)
                .await?;
        let grants: Vec<GrantRow> = sqlx::query_as("SELECT * FROM office_grant ORDER BY asked_at, id")
            .fetch_all(&self.readers)
            .await?;
        let mut users = Vec::with_capacity(rows.len());
        for (id, added_at, sealed) in rows {
            let who = secrets.open(&place(&id), &sealed)?;
            users.push(KeptUser { id: AccountId::stored(id), who, added_at: time(added_at), grants: vec![] });
        }
        for grant in grants {
            let grant = grant.read(secrets)?;
            if let Some(user) = users.iter_mut().find(|u| u.id == grant.account) {
                user.grants.push(grant);
            }
        }
        Ok(users)
    }

    /// Whether anybody is registered or ever was; without a key. Whoever takes the rows away does not
    /// bring back the days before the first user.
    pub async fn ever_had_users(&self) -> Result<bool, StoreError> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT CAST(1 AS BIGINT) FROM account
             UNION ALL SELECT CAST(1 AS BIGINT) FROM ledger WHERE event = $1 LIMIT 1",
        )
        .bind(Event::UserAdded.name())
        .fetch_optional(&self.readers)
        .await?;
        Ok(found.is_some())
    }

    /// Registers a person with a key. It gives no office by itself.
    pub async fn user_add(&self, new: NewUser, actor: &Actor) -> Result<AccountId, UserError> {
        let public_key = match new.public_key.is_empty() {
            true => String::new(),
            false => new.public_key.parse::<PublicKey>().map_err(|_| no_key(&new.public_key))?.to_string(),
        };
        let new = NewUser { public_key, ..new };
        let known = self.users().await?;
        if known.len() >= MOST {
            return Err(UserError::TooMany);
        }
        let same = |u: &&KeptUser| {
            new.person.is_some() && u.who.person == new.person
                || new.person.is_none() && u.who.address == new.address
        };
        if known.iter().any(|u| same(&u)) {
            return Err(UserError::PersonTaken);
        }
        let secrets = self.secrets()?;
        let id = AccountId::random(&self.shared.random);
        let sealed = secrets.seal(&place(id.as_str()), &new)?;
        let hash = match new.public_key.as_str() {
            "" => secrets.hash("account without a key", &[id.as_str().as_bytes()]),
            key => secrets.hash("account key", &[key.as_bytes()]),
        };
        let (actor, named) = (actor.clone(), id.clone());
        self.write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                let added = sqlx::query(
                    "INSERT INTO account (id, key_hash, added_at, added_by, sealed) VALUES ($1,$2,$3,$4,$5)
                     ON CONFLICT (key_hash) DO NOTHING",
                )
                .bind(named.as_str())
                .bind(hash.to_vec())
                .bind(micros(tx.now))
                .bind(&by)
                .bind(sealed)
                .execute(&mut tx.conn)
                .await?;
                if added.rows_affected() == 0 {
                    return Err(UserError::KeyTaken);
                }
                tx.append(&by, LedgerEvent::new(Event::UserAdded).about(named.as_str())).await?;
                Ok(())
            })
        })
        .await?;
        Ok(id)
    }
}

fn no_key(text: &str) -> UserError {
    UserError::NoKey(text.trim().chars().take(80).collect())
}
