//! Answering a question: documents of all segments and of what is fresh, newest first, each looked
//! up and shown only if it may be; the ledger notes the question before anything is shown.

use super::{
    Cursor, Search,
    fresh::{Fresh, chunk_place, segment_place},
    query::{Plan, mark},
    segment::{Directory, Entry, Kind},
    source::{Key, Source, Step},
};
use crate::{
    mail::Waiting,
    storage::{
        database::Sql,
        error::StoreError,
        items::{ItemState, ItemSummary},
        ledger::{Actor, Event, LedgerEvent},
        purpose::Why,
        records::RecordSummary,
        store::Store,
    },
};
use std::collections::{HashMap, VecDeque};

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
    type Summary: Send;
    const KIND: Kind;
    fn look_up<'a>(
        &'a self,
        store: &'a Store,
        ids: Vec<String>,
    ) -> Waiting<'a, Result<Vec<Self::Summary>, StoreError>>;
    fn id(summary: &Self::Summary) -> &str;
    fn counts(&self, summary: &Self::Summary) -> bool;
}

/// Whether whoever asks may see it: what they may not is neither shown nor counted.
pub type MaySee<'a, T> = &'a (dyn Fn(&T) -> bool + Send + Sync);

struct Quarantine<'a> {
    states: &'a [ItemState],
    may_see: MaySee<'a, ItemSummary>,
}

impl Shelf for Quarantine<'_> {
    type Summary = ItemSummary;
    const KIND: Kind = Kind::Quarantine;
    fn look_up<'a>(
        &'a self,
        store: &'a Store,
        ids: Vec<String>,
    ) -> Waiting<'a, Result<Vec<ItemSummary>, StoreError>> {
        Box::pin(async move { store.items_named(&ids).await })
    }
    fn id(summary: &ItemSummary) -> &str {
        summary.id.as_str()
    }
    fn counts(&self, item: &ItemSummary) -> bool {
        let asked = match self.states {
            [] => item.state.is_shown(),
            states => item.state != ItemState::Provisional && states.contains(&item.state),
        };
        asked && (self.may_see)(item)
    }
}

struct Records<'a> {
    may_see: MaySee<'a, RecordSummary>,
}

impl Shelf for Records<'_> {
    type Summary = RecordSummary;
    const KIND: Kind = Kind::Record;
    fn look_up<'a>(
        &'a self,
        store: &'a Store,
        ids: Vec<String>,
    ) -> Waiting<'a, Result<Vec<RecordSummary>, StoreError>> {
        Box::pin(async move { store.records_named(&ids).await })
    }
    fn id(summary: &RecordSummary) -> &str {
        summary.id.as_str()
    }
    fn counts(&self, record: &RecordSummary) -> bool {
        (self.may_see)(record)
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
        let shelf = Quarantine { states: &search.states, may_see };
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
        self.search(&Records { may_see }, search, Event::RecordsSearched, actor, why).await
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
        let limit = search.limit.unwrap_or(MOST).clamp(1, MOST) as usize;
        let mut found = self.walk_anew(shelf, &plan, limit).await?;
        if !(search.words.trim().is_empty() && search.subject.trim().is_empty()) {
            let plan = Plan::in_part(search, S::KIND, secrets);
            found.in_part = !self.walk_anew(shelf, &plan, 1).await?.hits.is_empty();
        }
        let mut event = LedgerEvent::new(event)
            .with("found", i64::try_from(found.hits.len()).unwrap_or(i64::MAX))
            .with("question", mark(&plan, secrets))
            .looked(why);
        event.school = search.school.clone();
        self.ledger(actor, event).await?;
        Ok(found)
    }

    /// Begins again when a merge took a segment away that the walk stood in.
    async fn walk_anew<S: Shelf>(
        &self,
        shelf: &S,
        plan: &Plan,
        limit: usize,
    ) -> Result<Found<S::Summary>, StoreError> {
        for _ in 0..TRIES {
            if let Some(found) = self.walk(shelf, plan, limit).await? {
                return Ok(found);
            }
        }
        Err(StoreError::Busy)
    }

    /// `None` when a segment is gone.
    async fn walk<S: Shelf>(
        &self,
        shelf: &S,
        plan: &Plan,
        limit: usize,
    ) -> Result<Option<Found<S::Summary>>, StoreError> {
        let mut all = Sources::open(self, plan).await?;
        let mut found = Found { hits: Vec::new(), after: None, in_part: false };
        let mut last: Option<Cursor> = None;
        let mut looked_up = 0;
        loop {
            let size = BATCH.max(limit).min(LOOKED_UP - looked_up);
            let Some(batch) = all.batch(self, plan, size).await? else { return Ok(None) };
            let is_last = batch.len() < size;
            looked_up += batch.len();
            let ids = batch.iter().map(|entry| entry.id().to_owned()).collect();
            let summaries = shelf.look_up(self, ids).await?;
            let mut summaries: HashMap<String, S::Summary> =
                summaries.into_iter().map(|s| (S::id(&s).to_owned(), s)).collect();
            for entry in batch {
                let Some(summary) = summaries.remove(entry.id()).filter(|s| shelf.counts(s)) else {
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

/// All that documents come from.
struct Sources {
    fresh: VecDeque<Entry>,
    segments: Vec<Source>,
    last: Option<Key>,
}

impl Sources {
    /// What is fresh first: a document that goes into a segment meanwhile is seen twice, never not.
    async fn open(store: &Store, plan: &Plan) -> Result<Self, StoreError> {
        let secrets = store.secrets()?;
        let rows: Vec<(String, Vec<u8>)> =
            sqlx::query_as("SELECT id, sealed FROM search_fresh WHERE at >= $1 AND at <= $2")
                .bind(plan.oldest)
                .bind(plan.newest)
                .fetch_all(&store.readers)
                .await?;
        let mut fresh = Vec::new();
        for (id, sealed) in rows {
            let document = Fresh::open(secrets, &id, &sealed)?;
            let has = |group: &Vec<u64>| group.iter().any(|t| document.tokens.binary_search(t).is_ok());
            if plan.groups.iter().all(has) && plan.holds(&document.entry) {
                fresh.push(document.entry);
            }
        }
        fresh.sort_unstable_by(|a, b| b.cmp(a));
        let rows: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as(
            "SELECT id, newest, sealed FROM search_segment
             WHERE state = 'live' AND newest >= $1 AND oldest <= $2",
        )
        .bind(plan.oldest)
        .bind(plan.newest)
        .fetch_all(&store.readers)
        .await?;
        let mut segments = Vec::with_capacity(rows.len());
        for (id, newest, sealed) in rows {
            let directory = Directory::read(&secrets.open_bytes(&segment_place(id), &sealed)?);
            let directory = directory.ok_or_else(|| super::damaged(id))?;
            segments.push(Source::new(id, newest, directory, plan));
        }
        Ok(Self { fresh: fresh.into(), segments, last: None })
    }

    /// The next documents in order, each once; fewer than `size` when there are no more. `None`
    /// when a segment is gone.
    async fn batch(
        &mut self,
        store: &Store,
        plan: &Plan,
        size: usize,
    ) -> Result<Option<Vec<Entry>>, StoreError> {
        let mut batch = Vec::with_capacity(size);
        while batch.len() < size {
            let fresh = self.fresh.front().map(|e| (e.at, e.id));
            let newest = self.segments.iter_mut().filter_map(|s| Some((s.bound()?, s)));
            let entry = match newest.max_by_key(|(bound, _)| *bound) {
                Some((bound, segment)) if fresh.is_none_or(|fresh| bound >= fresh) => match segment.pop() {
                    Some(entry) => entry,
                    None if store.refill(segment, plan).await? => continue,
                    None => return Ok(None),
                },
                _ => match self.fresh.pop_front() {
                    Some(entry) => entry,
                    None => break,
                },
            };
            let key = (entry.at, entry.id);
            if self.last != Some(key) {
                self.last = Some(key);
                batch.push(entry);
            }
        }
        Ok(Some(batch))
    }
}

impl Store {
    /// Walks a segment until documents are ready. `false` when it is gone.
    async fn refill(&self, segment: &mut Source, plan: &Plan) -> Result<bool, StoreError> {
        while let Step::Fetch(ids) = segment.step(plan) {
            let mut sql = Sql::new("SELECT id, sealed FROM search_chunk WHERE id IN ");
            sql.push_row(|list| {
                for id in &ids {
                    list.bind(*id);
                }
            });
            let rows: Vec<(i64, Vec<u8>)> = sql.build_query_as().fetch_all(&self.readers).await?;
            if rows.len() < ids.len() {
                return Ok(false);
            }
            let secrets = self.secrets()?;
            for (id, sealed) in rows {
                segment.give(id, secrets.open_bytes(&chunk_place(id), &sealed)?);
            }
        }
        Ok(true)
    }
}
