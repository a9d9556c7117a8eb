//! What takes two people (QU-2): the first's word is kept until a second says the same, or
//! a week has gone by.

use super::{
    database::micros,
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    names::AccountId,
    outbox::NewOutbox,
    store::Store,
};
use crate::authority::Act;
use chrono::{DateTime, TimeDelta, Utc};

/// The first of two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstOfTwo {
    pub account: AccountId,
    pub at: DateTime<Utc>,
}

/// After this a first word counts no more.
pub(super) const FIRST_WORD_LIFE: TimeDelta = TimeDelta::days(7);

impl Store {
    /// Who has asked for `act` on `subject`, if that still counts.
    pub async fn first_of_two(&self, act: Act, subject: &str) -> Result<Option<FirstOfTwo>, StoreError> {
        let row: Option<(String, i64)> = sqlx::query_as(
            "SELECT account, at FROM first_of_two WHERE act = $1 AND subject = $2 AND at > $3",
        )
        .bind(act.name())
        .bind(subject)
        .bind(micros(self.now() - FIRST_WORD_LIFE))
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(|(account, at)| FirstOfTwo {
            account: AccountId::stored(account),
            at: super::database::time(at),
        }))
    }

    /// Keeps the first word, with the notices to whoever may say the second; a later one takes its place.
    pub async fn be_first_of_two(
        &self,
        act: Act,
        subject: &str,
        (account, actor): (&AccountId, &Actor),
        reason: &str,
        outbox: Vec<NewOutbox>,
    ) -> Result<(), StoreError> {
        let (subject, account) = (subject.to_owned(), account.clone());
        let (actor, reason) = (actor.clone(), reason.to_owned());
        self.write_telling(outbox, move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO first_of_two (act, subject, account, at) VALUES ($1,$2,$3,$4)
                     ON CONFLICT (act, subject) DO UPDATE SET account = excluded.account, at = excluded.at",
                )
                .bind(act.name())
                .bind(&subject)
                .bind(account.as_str())
                .bind(micros(tx.now))
                .execute(&mut tx.conn)
                .await?;
                let by = tx.random_id(&actor).await?;
                let event = LedgerEvent::new(Event::FirstOfTwo)
                    .about(subject)
                    .with("act", act.name())
                    .because(Some(reason));
                tx.append(&by, event).await.map(|_| ())
            })
        })
        .await
    }

    /// The second has said the same: the first word is used up.
    pub async fn be_second_of_two(&self, act: Act, subject: &str, actor: &Actor) -> Result<(), StoreError> {
        let (subject, actor) = (subject.to_owned(), actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("DELETE FROM first_of_two WHERE act = $1 AND subject = $2")
                    .bind(act.name())
                    .bind(&subject)
                    .execute(&mut tx.conn)
                    .await?;
                let by = tx.random_id(&actor).await?;
                let event = LedgerEvent::new(Event::SecondOfTwo).about(subject).with("act", act.name());
                tx.append(&by, event).await.map(|_| ())
            })
        })
        .await
    }
}
