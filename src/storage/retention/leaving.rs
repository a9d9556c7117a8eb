//! Who of those in the records has left, as the directory says: an end date, a mark, or that
//! the person is in it no longer. Whoever comes back has not left.

use crate::mail::Address;
use crate::storage::{
    database::micros,
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    store::Store,
    writer::Tx,
};
use chrono::{NaiveDate, NaiveTime};
use std::collections::HashMap;

/// What changes: who has left on which day, and who is back.
#[derive(Default)]
struct Changes {
    left: Vec<(Vec<u8>, i64)>,
    back: Vec<Vec<u8>>,
}

fn day(date: NaiveDate) -> i64 {
    micros(date.and_time(NaiveTime::MIN).and_utc())
}

impl Store {
    /// `people`: every address of a parent or pupil in the directory, and since when its owner
    /// is gone (`None`: here). Addresses of records that are not among them left `today`, unless
    /// that is known already. Returns how many were new, and how many are back.
    pub async fn note_leaving(
        &self,
        people: &[(Address, Option<NaiveDate>)],
        today: NaiveDate,
        actor: &Actor,
    ) -> Result<(u64, u64), StoreError> {
        let secrets = self.secrets()?;
        let mut standing: HashMap<[u8; 32], Option<NaiveDate>> = HashMap::with_capacity(people.len());
        for (address, left) in people {
            // An address of several people has left when the last of them has.
            standing
                .entry(secrets.address(address))
                .and_modify(|known| *known = known.zip(*left).map(|(a, b)| a.max(b)))
                .or_insert(*left);
        }
        let changes = self.changes(&standing, today).await?;
        let (left, back) = (changes.left.len() as u64, changes.back.len() as u64);
        if left + back > 0 {
            let actor = actor.clone();
            self.write(move |tx| Box::pin(async move { tx.note_leaving(changes, &actor).await })).await?;
        }
        Ok((left, back))
    }

    async fn changes(
        &self,
        standing: &HashMap<[u8; 32], Option<NaiveDate>>,
        today: NaiveDate,
    ) -> Result<Changes, StoreError> {
        let known: Vec<(Vec<u8>, Option<i64>)> = sqlx::query_as(
            "SELECT DISTINCT p.address_hash, l.left_on FROM record_party p
             LEFT JOIN leaving l ON l.address_hash = p.address_hash WHERE p.role IN ('parent', 'pupil')",
        )
        .fetch_all(&self.readers)
        .await?;
        let mut changes = Changes::default();
        for (hash, left_on) in known {
            let found = <[u8; 32]>::try_from(&hash[..]).ok().and_then(|key| standing.get(&key));
            match (found, left_on) {
                (Some(None), Some(_)) => changes.back.push(hash),
                (Some(None), None) | (None, Some(_)) => {}
                (None, None) => changes.left.push((hash, day(today))),
                (Some(Some(date)), known) if known != Some(day(*date)) => {
                    changes.left.push((hash, day(*date)))
                }
                (Some(Some(_)), _) => {}
            }
        }
        Ok(changes)
    }
}

impl Tx {
    async fn note_leaving(&mut self, changes: Changes, actor: &Actor) -> Result<(), StoreError> {
        for (hash, on) in &changes.left {
            sqlx::query(
                "INSERT INTO leaving (address_hash, left_on) VALUES ($1, $2)
                 ON CONFLICT (address_hash) DO UPDATE SET left_on = excluded.left_on",
            )
            .bind(hash)
            .bind(on)
            .execute(&mut self.conn)
            .await?;
        }
        for hash in &changes.back {
            sqlx::query("DELETE FROM leaving WHERE address_hash = $1")
                .bind(hash)
                .execute(&mut self.conn)
                .await?;
        }
        let by = self.random_id(actor).await?;
        let event = LedgerEvent::new(Event::PeopleLeft)
            .with("left", changes.left.len() as i64)
            .with("back", changes.back.len() as i64);
        self.append(&by, event).await.map(|_| ())
    }
}
