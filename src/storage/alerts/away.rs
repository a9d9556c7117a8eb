//! Officers who are away: then the next office is asked at once.

use crate::{
    mail::Address,
    storage::{
        database::{micros, time},
        error::StoreError,
        ledger::{Actor, Event, LedgerEvent},
        store::Store,
    },
};
use chrono::{DateTime, Utc};

/// Somebody who is not asked before this moment.
#[derive(Clone)]
pub struct Away {
    pub officer: Address,
    pub until: DateTime<Utc>,
}

const MOST: i64 = 1_000;

impl Store {
    /// Notes that an officer is away; a new end replaces the old one.
    pub async fn officer_away(&self, away: &Away, actor: &Actor) -> Result<(), StoreError> {
        let secrets = self.secrets()?;
        let hash = secrets.address(&away.officer);
        let sealed = secrets.seal("officer away", &away.officer)?;
        let (until, actor) = (micros(away.until), actor.clone());
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO officer_away (address_hash, until_at, sealed) VALUES ($1, $2, $3)
                     ON CONFLICT (address_hash) DO UPDATE SET until_at = excluded.until_at, sealed = excluded.sealed",
                )
                .bind(&hash[..])
                .bind(until)
                .bind(sealed)
                .execute(&mut tx.conn)
                .await?;
                let by = tx.random_id(&actor).await?;
                tx.append(&by, LedgerEvent::new(Event::OfficerAway).with("until", until)).await.map(|_| ())
            })
        })
        .await
    }

    /// Those who are away now.
    pub async fn officers_away(&self) -> Result<Vec<Away>, StoreError> {
        let rows: Vec<(i64, Vec<u8>)> =
            sqlx::query_as("SELECT until_at, sealed FROM officer_away WHERE until_at > $1 LIMIT $2")
                .bind(micros(self.now()))
                .bind(MOST)
                .fetch_all(&self.readers)
                .await?;
        let secrets = self.secrets()?;
        let away = |(until, sealed): (i64, Vec<u8>)| {
            Ok(Away { officer: secrets.open("officer away", &sealed)?, until: time(until) })
        };
        rows.into_iter().map(away).collect()
    }
}
