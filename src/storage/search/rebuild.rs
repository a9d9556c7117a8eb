//! The index made anew: items of quarantine from their own bytes, which the gate can open; records,
//! which it cannot, stay as they were indexed, and those that are in no index come back by
//! people, school and time alone.

use super::{
    Kind, Searchable,
    fresh::{Facets, FreshRow, chunk_place, token},
    searchable::Family,
    segment::{ENTRIES, NUMBERS, entries},
};
use crate::{
    mail::{Arrival, Channel, Door, SchoolId, Transaction},
    storage::{database::named, error::StoreError, records::FiledAs, store::Store},
};
use std::collections::HashSet;

const PAGE: i64 = 200;

/// What was made anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reindexed {
    /// Items, from their bytes.
    pub items: u64,
    /// Items whose object does not open: found by kind, school and time alone.
    pub unreadable: u64,
    /// Records that were in no index: found by people, school and time.
    pub records: u64,
}

#[derive(sqlx::FromRow)]
struct ItemRow {
    n: i64,
    id: String,
    school: String,
    category: String,
    received_at: i64,
    object: String,
}

impl Store {
    /// `read` tells by what a message can be found. May run while the gate does, and again after
    /// it was broken off.
    pub async fn search_reindex(
        &self,
        read: &(dyn Fn(&Transaction) -> Searchable + Send + Sync),
    ) -> Result<Reindexed, StoreError> {
        let mut done = Reindexed::default();
        let mut after = 0_i64;
        loop {
            let rows: Vec<ItemRow> = sqlx::query_as(
                "SELECT n, id, school, category, received_at, object FROM item
                 WHERE kind = 'quarantine' AND state NOT IN ('provisional', 'dropped') AND n > $1
                 ORDER BY n LIMIT $2",
            )
            .bind(after)
            .bind(PAGE)
            .fetch_all(&self.readers)
            .await?;
            let Some(last) = rows.last() else { break };
            after = last.n;
            for row in rows {
                let searchable = match self.open_object(&row.object).await {
                    Ok((label, raw)) => {
                        let transaction = Transaction {
                            id: label.transaction,
                            received_at: label.received_at,
                            channel: Channel::Email,
                            arrival: Arrival::unknown(Door::File),
                            envelope: label.envelope(),
                            raw,
                        };
                        let mut searchable = read(&transaction);
                        searchable.envelope(&transaction.envelope);
                        searchable
                    }
                    Err(StoreError::Object { .. }) => {
                        done.unreadable += 1;
                        Searchable::nameless()
                    }
                    Err(e) => return Err(e),
                };
                self.reindex_item(row, &searchable).await?;
                done.items += 1;
            }
        }
        done.records = self.reindex_records().await?;
        self.search_tidy().await?;
        Ok(done)
    }

    async fn reindex_item(&self, row: ItemRow, searchable: &Searchable) -> Result<(), StoreError> {
        let damaged = |()| StoreError::Damaged(format!("item {} cannot be read", row.id));
        let facets = Facets {
            kind: Kind::Quarantine,
            id: &row.id,
            at: row.received_at,
            school: &SchoolId(row.school.as_str().into()),
            category: Some(row.category.parse().map_err(damaged)?),
            filed: Vec::new(),
        };
        let fresh = FreshRow::prepare(searchable, &facets, self.secrets()?)?;
        let (id, at) = (row.id, row.received_at);
        self.write(move |tx| {
            Box::pin(async move {
                tx.forget_searchable(&id, at).await?;
                tx.make_searchable(&fresh).await
            })
        })
        .await?;
        self.searchable_kept(1);
        Ok(())
    }

    async fn reindex_records(&self) -> Result<u64, StoreError> {
        let known = self.indexed().await?;
        let (mut count, mut after) = (0, 0_i64);
        loop {
            let rows: Vec<(i64, String, String, i64)> = sqlx::query_as(
                "SELECT n, id, school, received_at FROM record WHERE state = 'kept' AND n > $1
                 ORDER BY n LIMIT $2",
            )
            .bind(after)
            .bind(PAGE)
            .fetch_all(&self.readers)
            .await?;
            let Some(last) = rows.last() else { return Ok(count) };
            after = last.0;
            for (_, id, school, at) in rows.into_iter().filter(|row| !known.contains(&row.1)) {
                let fresh = self.record_again(&id, &SchoolId(school.into()), at).await?;
                self.write::<_, StoreError, _>(move |tx| {
                    Box::pin(async move { tx.make_searchable(&fresh).await })
                })
                .await?;
                self.searchable_kept(1);
                count += 1;
            }
        }
    }

    async fn record_again(&self, id: &str, school: &SchoolId, at: i64) -> Result<FreshRow, StoreError> {
        let parties: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT address_hash FROM record_party WHERE record = $1")
                .bind(id)
                .fetch_all(&self.readers)
                .await?;
        let people: Vec<(Vec<u8>, String)> =
            sqlx::query_as("SELECT person_hash, filed_as FROM record_person WHERE record = $1")
                .bind(id)
                .fetch_all(&self.readers)
                .await?;
        let mut filed = Vec::with_capacity(people.len());
        for (person, filed_as) in &people {
            filed.push((named(&FiledAs::ALL, FiledAs::name, filed_as)?, &person[..]));
        }
        let secrets = self.secrets()?;
        let with = parties.iter().map(|hash| token(secrets, Family::With, &[b"address", hash]));
        let facets = Facets { kind: Kind::Record, id, at, school, category: None, filed };
        FreshRow::with(&Searchable::nameless(), &facets, with, secrets)
    }

    /// The ids of all documents.
    async fn indexed(&self) -> Result<HashSet<String>, StoreError> {
        let fresh: Vec<String> =
            sqlx::query_scalar("SELECT id FROM search_fresh").fetch_all(&self.readers).await?;
        let mut known: HashSet<String> = fresh.into_iter().collect();
        let segments: Vec<(i64, i64)> =
            sqlx::query_as("SELECT id, documents FROM search_segment WHERE state = 'live'")
                .fetch_all(&self.readers)
                .await?;
        let secrets = self.secrets()?;
        for (segment, documents) in segments {
            let (mut left, first) = (documents.unsigned_abs() as usize, segment * NUMBERS);
            let chunks: Vec<(i64, Vec<u8>)> =
                sqlx::query_as("SELECT id, sealed FROM search_chunk WHERE id >= $1 AND id < $2 ORDER BY id")
                    .bind(first)
                    .bind(first + left.div_ceil(ENTRIES) as i64)
                    .fetch_all(&self.readers)
                    .await?;
            for (id, sealed) in chunks {
                let plain = secrets.open_bytes(&chunk_place(id), &sealed)?;
                let of_chunk = entries(&plain).take(left).filter(|e| e.kind != Kind::Blank);
                known.extend(of_chunk.map(|e| e.id().to_owned()));
                left = left.saturating_sub(ENTRIES);
            }
        }
        Ok(known)
    }
}
