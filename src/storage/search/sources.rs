//! All that documents come from, as one stream, newest first. What several segments need next is
//! fetched with one statement: each is a question to a server, which costs more than what it answers.

use super::{
    fresh::chunk_place,
    index::Index,
    query::Plan,
    segment::Entry,
    source::{Key, Source},
};
use crate::storage::{
    database::{Connection, Sql},
    error::StoreError,
    store::Store,
};
use std::{cmp::Reverse, collections::VecDeque};

/// Chunks that the first walk may read at most, all its segments together: of a rare word those of all
/// segments, of a common one those of the newest. As long as that was not enough, it doubles.
const FIRST: usize = 64;
const MOST: usize = 512;
/// Documents that are read together.
const READ: usize = 1_024;

pub(super) struct Sources {
    fresh: VecDeque<Entry>,
    segments: Vec<Source>,
    last: Option<Key>,
    /// Chunks that the next walk may read.
    reach: usize,
}

impl Sources {
    pub(super) fn new(index: &Index, plan: &Plan) -> Self {
        let has =
            |tokens: &[u64]| plan.groups.iter().all(|g| g.iter().any(|t| tokens.binary_search(t).is_ok()));
        let wanted = index.fresh.iter().filter(|d| plan.holds(&d.entry) && has(&d.tokens));
        let mut fresh: Vec<Entry> = wanted.map(|document| document.entry).collect();
        fresh.sort_unstable_by(|a, b| b.cmp(a));
        let source = |s: &super::index::Segment| Source::new(s.id, s.newest, s.directory.clone(), plan);
        let segments = index.segments.iter().map(source).collect();
        Self { fresh: fresh.into(), segments, last: None, reach: FIRST }
    }

    /// The next documents in order, each once; fewer than `size` when there are no more. `None`
    /// when a segment is gone.
    pub(super) async fn batch(
        &mut self,
        store: &Store,
        conn: &mut Connection,
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
                    None if self.refill(store, conn, plan, size - batch.len()).await? => continue,
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

    /// Walks on in the segments that come next, and reads documents of those that have the newest.
    /// `false` when one is gone.
    async fn refill(
        &mut self,
        store: &Store,
        conn: &mut Connection,
        plan: &Plan,
        wanted: usize,
    ) -> Result<bool, StoreError> {
        let mut next: Vec<&mut Source> = self.segments.iter_mut().filter(|s| s.is_waiting()).collect();
        next.sort_by_key(|source| Reverse(source.bound()));
        let mut length = 0;
        let mut within = |source: &&mut Source| {
            let is_first = length == 0;
            length += source.length();
            is_first || length <= self.reach
        };
        let count = next.iter().take_while(|s| within(s)).count();
        next.truncate(count.max(1));
        self.reach = (self.reach * 2).min(MOST);
        loop {
            let needed: Vec<i64> = next.iter_mut().flat_map(|source| source.walk()).collect();
            if needed.is_empty() {
                break;
            }
            if !fetch(store, conn, &mut next, &needed).await? {
                return Ok(false);
            }
        }
        // Half as many more: not all that were met are of the kind or within the time.
        let mut left = (wanted + wanted / 2).min(READ);
        let mut shares: Vec<usize> = Vec::with_capacity(next.len());
        for source in &next {
            shares.push(source.met().min(left));
            left -= source.met().min(left);
        }
        let needed: Vec<i64> = next.iter().zip(&shares).flat_map(|(s, share)| s.to_read(*share)).collect();
        if !fetch(store, conn, &mut next, &needed).await? {
            return Ok(false);
        }
        next.iter_mut().zip(shares).for_each(|(source, share)| source.read(share, plan));
        Ok(true)
    }
}

/// Gives the sources the chunks that they need. `false` when one is gone.
async fn fetch(
    store: &Store,
    conn: &mut Connection,
    sources: &mut [&mut Source],
    needed: &[i64],
) -> Result<bool, StoreError> {
    let secrets = store.secrets()?;
    for some in needed.chunks(READ) {
        let mut sql = Sql::new("SELECT id, sealed FROM search_chunk WHERE id IN ");
        sql.push_list(some);
        let rows: Vec<(i64, Vec<u8>)> = sql.build_query_as().fetch_all(&mut *conn).await?;
        if rows.len() < some.len() {
            return Ok(false);
        }
        for (id, sealed) in rows {
            let plain = secrets.open_bytes(&chunk_place(id), &sealed)?;
            if let Some(source) = sources.iter_mut().find(|source| source.has(id)) {
                source.give(id, plain);
            }
        }
    }
    Ok(true)
}
