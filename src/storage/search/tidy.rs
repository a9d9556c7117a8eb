//! Keeping the index searchable: fresh documents are gathered into segments, small segments
//! into large ones, and segments from which something was forgotten are written anew. All of
//! it beside the writer; only the last step, in one commit, puts the new in the place of the old.
//! A kill in between leaves chunks that nothing names, which the next tidying takes away.

use super::{
    build::{Made, Origin, Part, build},
    fresh::{Fresh, chunk_place, segment_place},
    segment::NUMBERS,
};
use crate::storage::{database::Sql, error::StoreError, store::Store};
use chrono::TimeDelta;
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
/// Rows of one change: the writer serves others in between.
const SLICE: usize = 100;
/// A segment that is still being written is left alone for so long.
const ABANDONED: TimeDelta = TimeDelta::hours(1);

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

    /// `false` when what it was made of has changed meanwhile.
    async fn write_segment(&self, made: Made) -> Result<bool, StoreError> {
        let Made { level, directory, chunks, newest, oldest, origin } = made;
        let (documents, count) = (i64::from(directory.documents), chunks.len() as i64);
        let id: i64 = self
            .write::<_, StoreError, _>(move |tx| {
                Box::pin(async move {
                    let id = sqlx::query_scalar(
                        "INSERT INTO search_segment
                         (id, state, level, documents, chunks, blanks, newest, oldest, made_at, sealed)
                         SELECT COALESCE(MAX(id), 0) + 1, 'new', CAST($1 AS BIGINT), CAST($2 AS BIGINT),
                         CAST($3 AS BIGINT), 0, CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BIGINT), $7
                         FROM search_segment RETURNING id",
                    )
                    .bind(level)
                    .bind(documents)
                    .bind(count)
                    .bind(newest)
                    .bind(oldest)
                    .bind(crate::storage::database::micros(tx.now))
                    .bind(Vec::<u8>::new())
                    .fetch_one(&mut tx.conn)
                    .await?;
                    Ok(id)
                })
            })
            .await?;
        let shared = self.shared.clone();
        let sealed = tokio::task::spawn_blocking(move || {
            let secrets = shared.secrets()?;
            let seal = |(n, chunk): (usize, &Vec<u8>)| {
                let number = id * NUMBERS + n as i64;
                Ok((number, secrets.seal_bytes(&chunk_place(number), chunk)?))
            };
            let chunks = chunks.iter().enumerate().map(seal).collect::<Result<Vec<_>, StoreError>>()?;
            Ok::<_, StoreError>((chunks, secrets.seal_bytes(&segment_place(id), &directory.write())?))
        });
        let (mut chunks, directory) = sealed.await.map_err(|e| StoreError::Us(e.to_string()))??;
        while !chunks.is_empty() {
            let slice: Vec<(i64, Vec<u8>)> = chunks.drain(..SLICE.min(chunks.len())).collect();
            self.write::<_, StoreError, _>(move |tx| Box::pin(insert_chunks(tx, slice))).await?;
        }
        let put = self.write(move |tx| {
            Box::pin(async move {
                tx.take_away(&origin).await?;
                sqlx::query("UPDATE search_segment SET state = 'live', sealed = $1 WHERE id = $2")
                    .bind(directory)
                    .bind(id)
                    .execute(&mut tx.conn)
                    .await?;
                Ok::<_, Overtaken>(())
            })
        });
        match put.await {
            Ok(()) => Ok(true),
            Err(Overtaken::Changed) => self.give_up(id).await.map(|()| false),
            Err(Overtaken::Store(e)) => Err(e),
        }
    }

    async fn give_up(&self, segment: i64) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("UPDATE search_segment SET state = 'gone' WHERE id = $1")
                    .bind(segment)
                    .execute(&mut tx.conn)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Takes away what no search reads any more: merged segments, and those that a kill left
    /// half-written.
    async fn search_clear(&self) -> Result<(), StoreError> {
        let gone: Vec<i64> = sqlx::query_scalar(
            "SELECT id FROM search_segment WHERE state = 'gone' OR (state = 'new' AND made_at < $1)",
        )
        .bind(crate::storage::database::micros(self.now() - ABANDONED))
        .fetch_all(&self.readers)
        .await?;
        for id in gone {
            self.give_up(id).await?;
            loop {
                let chunks: Vec<i64> = sqlx::query_scalar(
                    "SELECT id FROM search_chunk WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3",
                )
                .bind(id * NUMBERS)
                .bind((id + 1) * NUMBERS)
                .bind(SLICE as i64)
                .fetch_all(&self.readers)
                .await?;
                let (Some(first), Some(last)) = (chunks.first().copied(), chunks.last().copied()) else {
                    break;
                };
                self.write::<_, StoreError, _>(move |tx| {
                    Box::pin(async move {
                        sqlx::query("DELETE FROM search_chunk WHERE id >= $1 AND id <= $2")
                            .bind(first)
                            .bind(last)
                            .execute(&mut tx.conn)
                            .await?;
                        Ok(())
                    })
                })
                .await?;
            }
            self.write::<_, StoreError, _>(move |tx| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM search_segment WHERE id = $1 AND state = 'gone'")
                        .bind(id)
                        .execute(&mut tx.conn)
                        .await?;
                    Ok(())
                })
            })
            .await?;
        }
        Ok(())
    }
}

/// Why a new segment did not take the place of the old.
enum Overtaken {
    Changed,
    Store(StoreError),
}
impl From<StoreError> for Overtaken {
    fn from(e: StoreError) -> Self {
        Self::Store(e)
    }
}
impl From<sqlx::Error> for Overtaken {
    fn from(e: sqlx::Error) -> Self {
        Self::Store(e.into())
    }
}

async fn insert_chunks(
    tx: &mut crate::storage::writer::Tx,
    chunks: Vec<(i64, Vec<u8>)>,
) -> Result<(), StoreError> {
    let mut sql = Sql::new("INSERT INTO search_chunk (id, sealed) VALUES ");
    for (at, (id, sealed)) in chunks.into_iter().enumerate() {
        sql.push(if at == 0 { "" } else { ", " }).push_row(|row| {
            row.bind(id).bind(sealed);
        });
    }
    sql.build().execute(&mut tx.conn).await?;
    Ok(())
}

impl crate::storage::writer::Tx {
    /// All of it must still be as it was read, or nothing is taken away.
    async fn take_away(&mut self, origin: &Origin) -> Result<(), Overtaken> {
        match origin {
            Origin::Fresh(ids) => {
                for ids in ids.chunks(SLICE) {
                    let mut sql = Sql::new("DELETE FROM search_fresh WHERE id IN ");
                    sql.push_row(|list| {
                        for id in ids {
                            list.bind(id.as_str());
                        }
                    });
                    let gone = sql.build().execute(&mut self.conn).await?;
                    if gone.rows_affected() != ids.len() as u64 {
                        return Err(Overtaken::Changed);
                    }
                }
            }
            Origin::Segments(segments) => {
                for (id, blanks) in segments {
                    let gone = sqlx::query(
                        "UPDATE search_segment SET state = 'gone' WHERE id = $1 AND state = 'live' AND blanks = $2",
                    )
                    .bind(*id)
                    .bind(*blanks)
                    .execute(&mut self.conn)
                    .await?;
                    if gone.rows_affected() != 1 {
                        return Err(Overtaken::Changed);
                    }
                }
            }
        }
        Ok(())
    }
}
