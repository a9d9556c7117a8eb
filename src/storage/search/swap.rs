//! A new segment comes in the place of what it was made of, in one commit, and what no search reads
//! any more goes.

use super::{
    build::{Made, Origin},
    fresh::{chunk_place, segment_place},
    segment::NUMBERS,
};
use crate::storage::{
    database::{Sql, micros},
    error::StoreError,
    store::Store,
    writer::Tx,
};
use chrono::TimeDelta;

/// Rows of one change: the writer serves others in between.
const SLICE: usize = 100;
/// A segment that is still being written is left alone for so long.
const ABANDONED: TimeDelta = TimeDelta::hours(1);

impl Store {
    /// `false` when what it was made of has changed meanwhile.
    pub(super) async fn write_segment(&self, made: Made) -> Result<bool, StoreError> {
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
                    .bind(micros(tx.now))
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
    pub(super) async fn search_clear(&self) -> Result<(), StoreError> {
        let gone: Vec<i64> = sqlx::query_scalar(
            "SELECT id FROM search_segment WHERE state = 'gone' OR (state = 'new' AND made_at < $1)",
        )
        .bind(micros(self.now() - ABANDONED))
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

async fn insert_chunks(tx: &mut Tx, chunks: Vec<(i64, Vec<u8>)>) -> Result<(), StoreError> {
    let mut sql = Sql::new("INSERT INTO search_chunk (id, sealed) VALUES ");
    for (at, (id, sealed)) in chunks.into_iter().enumerate() {
        sql.push(if at == 0 { "" } else { ", " }).push_row(|row| {
            row.bind(id).bind(sealed);
        });
    }
    sql.build().execute(&mut tx.conn).await?;
    Ok(())
}

impl Tx {
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
