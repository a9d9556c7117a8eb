//! Keeping the index searchable: fresh documents are gathered into segments, small segments
//! into large ones, and segments from which something was forgotten are written anew. All of
//! it beside the writer; only the last step (`swap`), in one commit, puts the new in the place of the old.
//! A kill in between leaves chunks that nothing names, which the next tidying takes away.

use super::{
    build::{Made, Origin, Part, build},
    fresh::Fresh,
    segment::NUMBERS,
};
use crate::storage::{error::StoreError, store::Store};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

/// Fresh documents that make a segment; a search reads at most about twice as many row by row.
const GATHERED: usize = 512;
/// Segments of one level that make one of the next.
const MERGED: usize = 8;
/// Bytes of a segment beyond which it is merged no more: what a merge holds in memory.
const LARGEST: i64 = 16 << 20;

/// What the store remembers between tidyings.
#[derive(Default)]
pub(crate) struct Tidying {
    /// Documents kept since the last one began.
    fresh: AtomicU64,
    busy: tokio::sync::Mutex<()>,
}

#[derive(sqlx::FromRow)]
struct SegmentRow {
    id: i64,
    chunks: i64,
    blanks: i64,
    sealed: Vec<u8>,
}

impl Store {
    /// Tells that so many documents were kept; now and then tidies in the background.
    pub(crate) fn searchable_kept(&self, documents: usize) {
        let documents = documents as u64;
        let before = self.shared.tidying.fresh.fetch_add(documents, Ordering::Relaxed);
        if documents == 0 || before + documents < GATHERED as u64 {
            return;
        }
        self.shared.tidying.fresh.store(0, Ordering::Relaxed);
        let store = self.clone();
        tokio::spawn(async move {
            if let Err(error) = store.search_tidy().await
                && !store.readers.is_closed()
            {
                tracing::warn!(%error, "search.not-tidied");
            }
        });
    }

    /// Does what there is to do; another tidying of this process that runs already does it too.
    /// Idempotent; call it hourly. When it returns, of what was forgotten before no word is left.
    pub async fn search_tidy(&self) -> Result<(), StoreError> {
        let _busy = self.shared.tidying.busy.lock().await;
        self.search_clear().await?;
        while let Some(made) = self.next_segment().await? {
            if !self.write_segment(made).await? {
                break;
            }
            self.search_clear().await?;
        }
        Ok(())
    }

    async fn next_segment(&self) -> Result<Option<Made>, StoreError> {
        if let Some(made) = self.gather().await? {
            return Ok(Some(made));
        }
        let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
            "SELECT id, level, chunks, blanks FROM search_segment WHERE state = 'live' ORDER BY newest",
        )
        .fetch_all(&self.readers)
        .await?;
        let mut levels: BTreeMap<i64, Vec<(i64, i64)>> = BTreeMap::new();
        for (id, level, chunks, blanks) in rows {
            if blanks > 0 {
                return self.merge(level, vec![id]).await.map(Some);
            }
            let bytes = chunks * super::segment::CHUNK as i64;
            if bytes * 2 <= LARGEST {
                levels.entry(level).or_default().push((id, bytes));
            }
        }
        if let Some((level, segments)) = levels.into_iter().find(|(_, s)| s.len() >= MERGED) {
            let mut total = 0;
            let fits = |&(_, bytes): &(i64, i64)| {
                total += bytes;
                total <= LARGEST
            };
            let ids: Vec<i64> =
                segments.into_iter().take(MERGED).take_while(fits).map(|(id, _)| id).collect();
            return self.merge(level + 1, ids).await.map(Some);
        }
        Ok(None)
    }

    /// A segment of fresh documents, if there are enough. What is provisional stays where it can be
    /// taken back.
    async fn gather(&self) -> Result<Option<Made>, StoreError> {
        let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(
            "SELECT f.id, f.sealed FROM search_fresh f
             LEFT JOIN item i ON i.id = f.id LEFT JOIN record r ON r.id = f.id
             WHERE COALESCE(i.state, r.state) <> 'provisional' ORDER BY f.at LIMIT $1",
        )
        .bind(GATHERED as i64)
        .fetch_all(&self.readers)
        .await?;
        if rows.len() < GATHERED {
            return Ok(None);
        }
        let shared = self.shared.clone();
        let made = tokio::task::spawn_blocking(move || {
            let secrets = shared.secrets()?;
            let ids = rows.iter().map(|(id, _)| id.clone()).collect();
            let open = |(id, sealed): &(String, Vec<u8>)| Fresh::open(secrets, id, sealed);
            let documents = rows.iter().map(open).collect::<Result<Vec<_>, _>>()?;
            Ok(build(0, documents.iter().map(Part::of_document).collect(), Origin::Fresh(ids)))
        });
        made.await.map_err(|e| StoreError::Us(e.to_string()))?.map(Some)
    }

    async fn merge(&self, level: i64, ids: Vec<i64>) -> Result<Made, StoreError> {
        let mut parts = Vec::with_capacity(ids.len());
        let mut origin = Vec::with_capacity(ids.len());
        for id in ids {
            let row: SegmentRow = sqlx::query_as(
                "SELECT id, chunks, blanks, sealed FROM search_segment WHERE id = $1 AND state = 'live'",
            )
            .bind(id)
            .fetch_optional(&self.readers)
            .await?
            .ok_or(StoreError::Busy)?;
            let chunks: Vec<(i64, Vec<u8>)> =
                sqlx::query_as("SELECT id, sealed FROM search_chunk WHERE id >= $1 AND id < $2 ORDER BY id")
                    .bind(id * NUMBERS)
                    .bind((id + 1) * NUMBERS)
                    .fetch_all(&self.readers)
                    .await?;
            if chunks.len() as i64 != row.chunks {
                return Err(super::damaged(id));
            }
            origin.push((id, row.blanks));
            parts.push((row, chunks));
        }
        let shared = self.shared.clone();
        let made = tokio::task::spawn_blocking(move || {
            let secrets = shared.secrets()?;
            let open =
                |(row, chunks): (SegmentRow, _)| Part::of_segment((row.id, row.sealed), chunks, secrets);
            let parts = parts.into_iter().map(open).collect::<Result<Vec<_>, _>>()?;
            Ok(build(level, parts, Origin::Segments(origin)))
        });
        made.await.map_err(|e| StoreError::Us(e.to_string()))?
    }
}
