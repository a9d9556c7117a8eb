//! Answering a question: documents of all segments and of what is fresh, newest first, each looked
//! up and shown only if it may be; the ledger notes the question before anything is shown.

use super::{
    Cursor, Search,
    index::Index,
    query::{Plan, mark},
    segment::Kind,
    sources::Sources,
};
use crate::{
    mail::Waiting,
    storage::{
        database::Connection,
        error::StoreError,
        items::{ItemState, ItemSummary},
        ledger::{Actor, Event, LedgerEvent},
        purpose::Why,
        records::{RecordSummary, records_named},
        store::Store,
        views::items_named,
    },
};
use std::collections::HashMap;

/// Most of one answer.
const MOST: u32 = 1_000;
/// Documents that one question looks up: enough for every page, few enough to answer soon. What
/// lies beyond is reached with the cursor.
const LOOKED_UP: usize = 20_000;
/// Documents that are looked up together.
const BATCH: usize = 100;
/// How often a question begins anew because segments were merged under it.
const TRIES: usize = 4;

/// A page of an answer.
#[derive(Debug)]
pub struct Found<T> {
    /// Newest first.
    pub hits: Vec<T>,
    /// Where the next page begins; `None`: there is no more. The page may not be full: a question
    /// stops when it has looked up so much.
    pub after: Option<Cursor>,
    /// Within the question's bounds lie messages that cannot be searched whole: too long, or not
    /// readable in part.
    pub in_part: bool,
}

/// What a question is about: how its documents are looked up, and which of them count.
trait Shelf: Sync {
    type Summary: Send + Sync;
    const KIND: Kind;
    fn look_up<'a>(
        &'a self,
        conn: &'a mut Connection,
        ids: Vec<String>,
    ) -> Waiting<'a, Result<Vec<Self::Summary>, StoreError>>;
    fn id(summary: &Self::Summary) -> &str;
    fn count<'a>(&'a self, all: &'a [Self::Summary]) -> Waiting<'a, Vec<bool>>;
}

/// Whether whoever asks may see it: what they may not is neither shown nor counted.
pub type MaySee<'a, T> = &'a (dyn Fn(&T) -> bool + Send + Sync);

/// The same for those who are asked about many at once, which takes a few questions of the store
/// instead of a few for each.
pub trait Sight<T>: Send + Sync {
    /// One answer for each, in order.
    fn of<'a>(&'a self, all: &'a [T]) -> Waiting<'a, Vec<bool>>;
}

/// Asks one by one.
struct Each<'a, T>(MaySee<'a, T>);

impl<T: Sync> Sight<T> for Each<'_, T> {
    fn of<'a>(&'a self, all: &'a [T]) -> Waiting<'a, Vec<bool>> {
        Box::pin(async move { all.iter().map(self.0).collect() })
    }
}

struct Quarantine<'a> {
    states: &'a [ItemState],
    sight: &'a dyn Sight<ItemSummary>,
}

impl Shelf for Quarantine<'_> {
    type Summary = ItemSummary;
    const KIND: Kind = Kind::Quarantine;
    fn look_up<'a>(
        &'a self,
        conn: &'a mut Connection,
        ids: Vec<String>,
    ) -> Waiting<'a, Result<Vec<ItemSummary>, StoreError>> {
        Box::pin(async move { items_named(conn, &ids).await })
    }
    fn id(summary: &ItemSummary) -> &str {
        summary.id.as_str()
    }
    fn count<'a>(&'a self, all: &'a [ItemSummary]) -> Waiting<'a, Vec<bool>> {
        Box::pin(async move {
            let asked = |item: &ItemSummary| match self.states {
                [] => item.state.is_shown(),
                states => item.state != ItemState::Provisional && states.contains(&item.state),
            };
            let seen = self.sight.of(all).await;
            all.iter().zip(seen).map(|(item, seen)| seen && asked(item)).collect()
        })
    }
}

struct Records<'a> {
    sight: &'a dyn Sight<RecordSummary>,
}

impl Shelf for Records<'_> {
    type Summary = RecordSummary;
    const KIND: Kind = Kind::Record;
    fn look_up<'a>(
        &'a self,
        conn: &'a mut Connection,
        ids: Vec<String>,
    ) -> Waiting<'a, Result<Vec<RecordSummary>, StoreError>> {
        Box::pin(async move { records_named(conn, &ids).await })
    }
    fn id(summary: &RecordSummary) -> &str {
        summary.id.as_str()
    }
    fn count<'a>(&'a self, all: &'a [RecordSummary]) -> Waiting<'a, Vec<bool>> {
        self.sight.of(all)
    }
}

impl Store {
    /// Items of quarantine, newest first. Holds are their sender's business (practice.md, A5): they
    /// are in no index.
    pub async fn search_quarantine(
        &self,
        search: &Search,
        may_see: MaySee<'_, ItemSummary>,
        actor: &Actor,
        why: &Why,
    ) -> Result<Found<ItemSummary>, StoreError> {
        self.quarantine_seen(search, &Each(may_see), actor, why).await
    }

    /// The same for whoever is asked about many items at once.
    pub async fn quarantine_seen(
        &self,
        search: &Search,
        sight: &dyn Sight<ItemSummary>,
        actor: &Actor,
        why: &Why,
    ) -> Result<Found<ItemSummary>, StoreError> {
        let shelf = Quarantine { states: &search.states, sight };
        self.search(&shelf, search, Event::QuarantineSearched, actor, why).await
    }

    /// Records, newest first.
    pub async fn search_records(
        &self,
        search: &Search,
        may_see: MaySee<'_, RecordSummary>,
        actor: &Actor,
        why: &Why,
    ) -> Result<Found<RecordSummary>, StoreError> {
        self.records_seen(search, &Each(may_see), actor, why).await
    }

    /// The same for whoever is asked about many records at once.
    pub async fn records_seen(
        &self,
        search: &Search,
        sight: &dyn Sight<RecordSummary>,
        actor: &Actor,
        why: &Why,
    ) -> Result<Found<RecordSummary>, StoreError> {
        self.search(&Records { sight }, search, Event::RecordsSearched, actor, why).await
    }

    /// Bytes of the index, as far as rows count.
    pub async fn search_weight(&self) -> Result<u64, StoreError> {
        let chunks: i64 =
            sqlx::query_scalar("SELECT COALESCE(CAST(SUM(chunks) AS BIGINT), 0) FROM search_segment")
                .fetch_one(&self.readers)
                .await?;
        let fresh: i64 =
            sqlx::query_scalar("SELECT COALESCE(CAST(SUM(LENGTH(sealed)) AS BIGINT), 0) FROM search_fresh")
                .fetch_one(&self.readers)
                .await?;
        Ok(chunks.unsigned_abs() * super::segment::CHUNK as u64 + fresh.unsigned_abs())
    }

    async fn search<S: Shelf>(
        &self,
        shelf: &S,
        search: &Search,
        event: Event,
        actor: &Actor,
        why: &Why,
    ) -> Result<Found<S::Summary>, StoreError> {
        let secrets = self.secrets()?;
        let plan = Plan::new(search, S::KIND, secrets)?;
        let has_words = !(search.words.trim().is_empty() && search.subject.trim().is_empty());
        let in_part = has_words.then(|| Plan::in_part(search, S::KIND, secrets));
        let limit = search.limit.unwrap_or(MOST).clamp(1, MOST) as usize;
        let found = self.answer(shelf, &plan, in_part.as_ref(), limit).await?;
        let mut event = LedgerEvent::new(event)
            .with("found", i64::try_from(found.hits.len()).unwrap_or(i64::MAX))
            .with("question", mark(&plan, secrets))
            .looked(why);
        event.school = search.school.clone();
        self.ledger(actor, event).await?;
        Ok(found)
    }

    /// Begins again when a merge took a segment away that the walk stood in. All is read through one
    /// connection: the pool would ask before and after each statement whether its own still lives.
    async fn answer<S: Shelf>(
        &self,
        shelf: &S,
        plan: &Plan,
        in_part: Option<&Plan>,
        limit: usize,
    ) -> Result<Found<S::Summary>, StoreError> {
        let mut conn = self.readers.acquire().await?;
        for _ in 0..TRIES {
            let Some(index) = Index::open(self, &mut conn, plan).await? else { continue };
            let Some(mut found) = self.walk(&mut conn, shelf, &index, plan, limit).await? else { continue };
            if let Some(plan) = in_part {
                let Some(in_part) = self.walk(&mut conn, shelf, &index, plan, 1).await? else { continue };
                found.in_part = !in_part.hits.is_empty();
            }
            return Ok(found);
        }
        Err(StoreError::Busy)
    }

    /// `None` when a segment is gone.
    async fn walk<S: Shelf>(
        &self,
        conn: &mut Connection,
        shelf: &S,
        index: &Index,
        plan: &Plan,
        limit: usize,
    ) -> Result<Option<Found<S::Summary>>, StoreError> {
        let mut all = Sources::new(index, plan);
        let mut found = Found { hits: Vec::new(), after: None, in_part: false };
        let mut last: Option<Cursor> = None;
        let mut looked_up = 0;
        // At first the page, and one that says that there are more; then what is passed over counts.
        let mut size = limit + 1;
        loop {
            size = size.min(LOOKED_UP - looked_up);
            let Some(batch) = all.batch(self, conn, plan, size).await? else { return Ok(None) };
            let is_last = batch.len() < size;
            looked_up += batch.len();
            size = BATCH.max(limit);
            let ids = batch.iter().map(|entry| entry.id().to_owned()).collect();
            let summaries = shelf.look_up(conn, ids).await?;
            let counts = shelf.count(&summaries).await;
            let counting = summaries.into_iter().zip(counts).filter(|(_, counts)| *counts);
            let mut summaries: HashMap<String, S::Summary> =
                counting.map(|(s, _)| (S::id(&s).to_owned(), s)).collect();
            for entry in batch {
                let Some(summary) = summaries.remove(entry.id()) else {
                    last = Some(Cursor::of(&entry));
                    continue;
                };
                if found.hits.len() == limit {
                    found.after = last;
                    return Ok(Some(found));
                }
                last = Some(Cursor::of(&entry));
                found.hits.push(summary);
            }
            if is_last {
                return Ok(Some(found));
            }
            if looked_up == LOOKED_UP {
                found.after = last;
                return Ok(Some(found));
            }
        }
    }
}
