//! Sessions of the console: from signing in to signing out, to an hour of silence, or to the end of
//! the working day. Grave acts ask for a proof that is fresh.

use super::{LONGEST_WORD, secret_word};
use crate::storage::{
    database::{micros, time},
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    names::AccountId,
    store::Store,
    writer::Tx,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt;

/// The longest a session lasts, whatever is done in it.
const LIFE: TimeDelta = TimeDelta::hours(12);
/// Without a request for so long it is over: a classroom's machine is left open.
const IDLE: TimeDelta = TimeDelta::hours(1);
/// How exactly it is written down when a session was last seen; each request would be a write.
const SEEN: TimeDelta = TimeDelta::minutes(1);
/// A proof is fresh for so long.
const FRESH: TimeDelta = TimeDelta::minutes(10);
/// Sessions of one account at once; the oldest ends when there are more.
const MOST: i64 = 10;

/// Whether a request says that somebody sits there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    ByPerson,
    /// A page that stands open asks by itself.
    ByPage,
}

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A one-time link that a colleague or the operator handed over.
    Link,
    Passkey,
    /// Password and a code of the moment.
    Password,
    /// The school's own sign-in (OpenID Connect).
    School,
}

impl Way {
    const ALL: [Self; 4] = [Self::Link, Self::Passkey, Self::Password, Self::School];

    pub fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Passkey => "passkey",
            Self::Password => "password",
            Self::School => "school",
        }
    }

    fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == text)
    }
}

/// The word in the cookie: 256 random bits.
#[derive(Clone)]
pub struct SessionWord(String);

impl SessionWord {
    /// As a browser sent it; what cannot be one of ours is none.
    pub fn sent(text: &str) -> Option<Self> {
        (!text.is_empty() && text.len() <= LONGEST_WORD).then(|| Self(text.to_owned()))
    }
    /// For the cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionWord(..)")
    }
}

/// A session that was just begun.
#[derive(Debug)]
pub struct SignedIn {
    pub word: SessionWord,
    pub until: DateTime<Utc>,
}

/// A session that goes on.
#[derive(Clone, Debug)]
pub struct Session {
    pub account: AccountId,
    pub way: Way,
    pub begun_at: DateTime<Utc>,
    /// When the person last proved who they are.
    pub proved_at: DateTime<Utc>,
    pub until: DateTime<Utc>,
    now: DateTime<Utc>,
}

impl Session {
    /// Whether a grave act needs no new proof.
    pub fn is_fresh(&self) -> bool {
        self.now - self.proved_at < FRESH
    }
}

/// A session as its person sees it in the list.
#[derive(Clone, Debug)]
pub struct OpenSession {
    pub place: Whereabouts,
    pub way: Way,
    pub begun_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
}

/// Whether a session is the one that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    Here,
    Elsewhere,
}

#[derive(sqlx::FromRow)]
struct Row {
    account: String,
    way: String,
    begun_at: i64,
    seen_at: i64,
    proved_at: i64,
    ends_at: i64,
}

impl Store {
    /// Begins a session for whoever has proved to be the person of this account.
    pub async fn sign_in(
        &self,
        account: &AccountId,
        way: Way,
        actor: &Actor,
    ) -> Result<SignedIn, StoreError> {
        self.sign_in_proved(account, way, Some(self.now()), actor).await
    }

    /// The same for a proof that was given elsewhere, at a time that may not be known: then a grave act asks
    /// for one.
    pub async fn sign_in_proved(
        &self,
        account: &AccountId,
        way: Way,
        proved_at: Option<DateTime<Utc>>,
        actor: &Actor,
    ) -> Result<SignedIn, StoreError> {
        let proved_at = proved_at.unwrap_or(DateTime::UNIX_EPOCH).min(self.now());
        let word = SessionWord(secret_word(&self.shared.random));
        let digest = self.session_digest(&word)?;
        let until = self.now() + LIFE;
        let (account, actor) = (account.clone(), actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("DELETE FROM console_session WHERE ends_at <= $1")
                    .bind(micros(tx.now))
                    .execute(&mut tx.conn)
                    .await?;
                sqlx::query(
                    "DELETE FROM console_session WHERE account = $1 AND digest NOT IN (
                       SELECT digest FROM console_session WHERE account = $1 ORDER BY begun_at DESC LIMIT $2)",
                )
                .bind(account.as_str())
                .bind(MOST - 1)
                .execute(&mut tx.conn)
                .await?;
                sqlx::query(
                    "INSERT INTO console_session (digest, account, way, begun_at, seen_at, proved_at, ends_at)
                     VALUES ($1, $2, $3, $4, $4, $5, $6)",
                )
                .bind(digest.to_vec())
                .bind(account.as_str())
                .bind(way.name())
                .bind(micros(tx.now))
                .bind(micros(proved_at))
                .bind(micros(until))
                .execute(&mut tx.conn)
                .await?;
                let by = tx.random_id(&actor).await?;
                let event = LedgerEvent::new(Event::SignedIn).about(account.as_str()).with("way", way.name());
                tx.append(&by, event).await.map(|_| ())
            })
        })
        .await?;
        Ok(SignedIn { word, until })
    }

    /// The session of this word, if it goes on; that it was seen is written down.
    pub async fn session(&self, word: &SessionWord, touch: Touch) -> Result<Option<Session>, StoreError> {
        let (digest, now) = (self.session_digest(word)?, self.now());
        let row: Option<Row> = sqlx::query_as(
            "SELECT account, way, begun_at, seen_at, proved_at, ends_at FROM console_session WHERE digest = $1",
        )
        .bind(digest.to_vec())
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let seen = time(row.seen_at);
        if time(row.ends_at) <= now || seen + IDLE <= now {
            return Ok(None);
        }
        if touch == Touch::ByPerson && seen + SEEN <= now {
            self.write(move |tx| {
                Box::pin(async move {
                    sqlx::query("UPDATE console_session SET seen_at = $1 WHERE digest = $2")
                        .bind(micros(tx.now))
                        .bind(digest.to_vec())
                        .execute(&mut tx.conn)
                        .await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        }
        let way =
            Way::named(&row.way).ok_or_else(|| StoreError::Damaged("a session of an unknown way".into()))?;
        Ok(Some(Session {
            account: AccountId::stored(row.account),
            way,
            begun_at: time(row.begun_at),
            proved_at: time(row.proved_at),
            until: time(row.ends_at),
            now,
        }))
    }

    /// Whoever is signed in has proved anew who they are.
    pub async fn prove_anew(&self, word: &SessionWord, way: Way, actor: &Actor) -> Result<(), StoreError> {
        let (digest, actor) = (self.session_digest(word)?, actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("UPDATE console_session SET proved_at = $1, seen_at = $1 WHERE digest = $2")
                    .bind(micros(tx.now))
                    .bind(digest.to_vec())
                    .execute(&mut tx.conn)
                    .await?;
                let by = tx.random_id(&actor).await?;
                let event = LedgerEvent::new(Event::ProvedAnew).with("way", way.name());
                tx.append(&by, event).await.map(|_| ())
            })
        })
        .await
    }

    /// The sessions of an account, the one that was begun last first. `here` marks the one that asks.
    pub async fn sessions(
        &self,
        account: &AccountId,
        here: &SessionWord,
    ) -> Result<Vec<OpenSession>, StoreError> {
        let (here, now) = (self.session_digest(here)?, self.now());
        let rows: Vec<(Vec<u8>, String, i64, i64)> = sqlx::query_as(
            "SELECT digest, way, begun_at, seen_at FROM console_session
             WHERE account = $1 AND ends_at > $2 AND seen_at > $3 ORDER BY begun_at DESC",
        )
        .bind(account.as_str())
        .bind(micros(now))
        .bind(micros(now - IDLE))
        .fetch_all(&self.readers)
        .await?;
        let read = |(digest, way, begun_at, seen_at): (Vec<u8>, String, i64, i64)| {
            let place = if digest == here { Whereabouts::Here } else { Whereabouts::Elsewhere };
            let way = Way::named(&way)?;
            Some(OpenSession { place, way, begun_at: time(begun_at), seen_at: time(seen_at) })
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// Ends all sessions of an account but the one that asks.
    pub async fn end_other_sessions(
        &self,
        account: &AccountId,
        here: &SessionWord,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let here = self.session_digest(here)?;
        let (account, actor) = (account.clone(), actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                end_others(tx, &account, &here).await?;
                let by = tx.random_id(&actor).await?;
                tx.append(&by, LedgerEvent::new(Event::SessionsEnded).about(account.as_str()))
                    .await
                    .map(|_| ())
            })
        })
        .await
    }

    /// Ends one session.
    pub async fn sign_out(&self, word: &SessionWord, actor: &Actor) -> Result<(), StoreError> {
        let (digest, actor) = (self.session_digest(word)?, actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("DELETE FROM console_session WHERE digest = $1")
                    .bind(digest.to_vec())
                    .execute(&mut tx.conn)
                    .await?;
                let by = tx.random_id(&actor).await?;
                tx.append(&by, LedgerEvent::new(Event::SignedOut)).await.map(|_| ())
            })
        })
        .await
    }

    /// The word that each form of a session carries (CSRF): whoever does not have the cookie cannot
    /// know it.
    pub fn form_word(&self, word: &SessionWord) -> Result<String, StoreError> {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let hash = self.secrets()?.hash("form of a session", &[word.0.as_bytes()]);
        Ok(URL_SAFE_NO_PAD.encode(&hash[..18]))
    }

    pub(super) fn session_digest(&self, word: &SessionWord) -> Result<[u8; 32], StoreError> {
        Ok(self.secrets()?.hash("session", &[word.0.as_bytes()]))
    }
}

/// Whoever has one of the others is out.
pub(super) async fn end_others(tx: &mut Tx, account: &AccountId, here: &[u8; 32]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM console_session WHERE account = $1 AND digest <> $2")
        .bind(account.as_str())
        .bind(here.to_vec())
        .execute(&mut tx.conn)
        .await?;
    Ok(())
}
