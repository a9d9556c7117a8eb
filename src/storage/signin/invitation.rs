//! One-time links: by them a registered person comes to the console for the first time, or again
//! after all else is lost. A link is good for one use and for a few days.

use super::{LONGEST_WORD, secret_word};
use crate::storage::{
    database::{micros, time},
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    names::AccountId,
    outbox::NewOutbox,
    store::Store,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt;

/// Long enough for a weekend, short enough for a mailbox that somebody else may read later.
const LIFE: TimeDelta = TimeDelta::days(3);

/// A link that was just made: the only time its word is seen.
pub struct Invitation {
    word: String,
    pub until: DateTime<Utc>,
}

impl Invitation {
    /// For the address that is handed to its person.
    pub fn reveal(&self) -> &str {
        &self.word
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invitation(until {})", self.until)
    }
}

/// Why a link does not let anybody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    #[error("there is no such link")]
    Unknown,
    #[error("this link was used already")]
    Used,
    #[error("this link is too old")]
    Expired,
}

type Row = (String, i64, Option<i64>);

impl Store {
    /// A new link, good for nobody until it is kept for somebody.
    pub fn new_invitation(&self) -> Invitation {
        Invitation { word: secret_word(&self.shared.random), until: self.now() + LIFE }
    }

    /// Makes the link good for a registered person; their former links are good no more. `mail` takes it to them.
    pub async fn keep_invitation(
        &self,
        account: &AccountId,
        invitation: &Invitation,
        actor: &Actor,
        mail: Vec<NewOutbox>,
    ) -> Result<(), StoreError> {
        let digest = self.secrets()?.hash("invitation", &[invitation.word.as_bytes()]);
        let until = invitation.until;
        let (account, actor) = (account.clone(), actor.clone());
        self.write_mail(mail, move |tx| {
            Box::pin(async move {
                sqlx::query("DELETE FROM invitation WHERE account = $1")
                    .bind(account.as_str())
                    .execute(&mut tx.conn)
                    .await?;
                sqlx::query(
                    "INSERT INTO invitation (digest, account, made_at, expires_at) VALUES ($1, $2, $3, $4)",
                )
                .bind(digest.to_vec())
                .bind(account.as_str())
                .bind(micros(tx.now))
                .bind(micros(until))
                .execute(&mut tx.conn)
                .await?;
                let by = tx.random_id(&actor).await?;
                let event = LedgerEvent::new(Event::UserInvited).about(account.as_str());
                tx.append(&by, event).await.map(|_| true)
            })
        })
        .await
        .map(|_| ())
    }

    /// Whom a link is for. Looking uses nothing up: mail scanners follow links.
    pub async fn invited(&self, word: &str) -> Result<Result<AccountId, LinkFault>, StoreError> {
        if word.len() > LONGEST_WORD {
            return Ok(Err(LinkFault::Unknown));
        }
        let digest = self.secrets()?.hash("invitation", &[word.as_bytes()]);
        let row: Option<Row> =
            sqlx::query_as("SELECT account, expires_at, used_at FROM invitation WHERE digest = $1")
                .bind(digest.to_vec())
                .fetch_optional(&self.readers)
                .await?;
        Ok(good(row, self.now()))
    }

    /// Uses a link up; `mail` tells its person.
    pub async fn accept_invitation(
        &self,
        word: &str,
        mail: Vec<NewOutbox>,
    ) -> Result<Result<AccountId, LinkFault>, StoreError> {
        let found = self.invited(word).await?;
        if found.is_err() {
            return Ok(found);
        }
        let digest = self.secrets()?.hash("invitation", &[word.as_bytes()]).to_vec();
        let used = self.write_mail(mail, move |tx| {
            Box::pin(async move {
                let used = sqlx::query(
                    "UPDATE invitation SET used_at = $1 WHERE digest = $2 AND used_at IS NULL AND expires_at > $1",
                )
                .bind(micros(tx.now))
                .bind(&digest)
                .execute(&mut tx.conn)
                .await?;
                Ok(used.rows_affected() == 1)
            })
        });
        // Somebody else was faster.
        Ok(if used.await? { found } else { Err(LinkFault::Used) })
    }
}

fn good(row: Option<Row>, now: DateTime<Utc>) -> Result<AccountId, LinkFault> {
    match row {
        None => Err(LinkFault::Unknown),
        Some((_, _, Some(_))) => Err(LinkFault::Used),
        Some((_, until, None)) if time(until) <= now => Err(LinkFault::Expired),
        Some((account, _, None)) => Ok(AccountId::stored(account)),
    }
}
