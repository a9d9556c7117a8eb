//! The index as one question finds it: the documents that are fresh, and the segments that live, with
//! their directories.

use super::{
    directories::Name,
    fresh::{Fresh, segment_place},
    query::Plan,
    segment::Directory,
};
use crate::storage::{
    database::{Connection, Sql},
    error::StoreError,
    store::Store,
};
use std::{collections::HashMap, sync::Arc};

/// Directories that are fetched with one statement.
const TOGETHER: usize = 64;

pub(super) struct Index {
    pub(super) fresh: Vec<Fresh>,
    pub(super) segments: Vec<Segment>,
}

pub(super) struct Segment {
    pub(super) id: i64,
    pub(super) newest: i64,
    pub(super) directory: Arc<Directory>,
}

#[derive(sqlx::FromRow)]
struct Living {
    id: i64,
    made_at: i64,
    newest: i64,
    oldest: i64,
}

impl Living {
    fn name(&self) -> Name {
        (self.id, self.made_at)
    }
}

impl Index {
    /// All within the plan's bounds of time; `None` when a segment went meanwhile. What is fresh first: a
    /// document that goes into a segment meanwhile is seen twice, never not.
    pub(super) async fn open(
        store: &Store,
        conn: &mut Connection,
        plan: &Plan,
    ) -> Result<Option<Self>, StoreError> {
        let secrets = store.secrets()?;
        let rows: Vec<(String, Vec<u8>)> =
            sqlx::query_as("SELECT id, sealed FROM search_fresh WHERE at >= $1 AND at <= $2")
                .bind(plan.oldest)
                .bind(plan.newest)
                .fetch_all(&mut *conn)
                .await?;
        let open = |(id, sealed): &(String, Vec<u8>)| Fresh::open(secrets, id, sealed);
        let fresh = rows.iter().map(open).collect::<Result<_, _>>()?;
        let mut living: Vec<Living> =
            sqlx::query_as("SELECT id, made_at, newest, oldest FROM search_segment WHERE state = 'live'")
                .fetch_all(&mut *conn)
                .await?;
        store.shared.directories.only(&living.iter().map(Living::name).collect());
        living.retain(|s| s.newest >= plan.oldest && s.oldest <= plan.newest);
        let mut directories = store.directories(conn, &living).await?;
        let segment = |s: Living| {
            let directory = directories.remove(&s.name())?;
            Some(Segment { id: s.id, newest: s.newest, directory })
        };
        let segments: Option<Vec<Segment>> = living.into_iter().map(segment).collect();
        Ok(segments.map(|segments| Self { fresh, segments }))
    }
}

impl Store {
    /// From memory, or from the database; a segment that is gone has none.
    async fn directories(
        &self,
        conn: &mut Connection,
        segments: &[Living],
    ) -> Result<HashMap<Name, Arc<Directory>>, StoreError> {
        let memory = &self.shared.directories;
        let mut all = HashMap::with_capacity(segments.len());
        let mut missing: Vec<i64> = Vec::new();
        for segment in segments {
            match memory.get(segment.name()) {
                Some(directory) => drop(all.insert(segment.name(), directory)),
                None => missing.push(segment.id),
            }
        }
        let secrets = self.secrets()?;
        for some in missing.chunks(TOGETHER) {
            let mut sql = Sql::new("SELECT id, made_at, sealed FROM search_segment WHERE id IN ");
            sql.push_list(some);
            let rows: Vec<(i64, i64, Vec<u8>)> = sql.build_query_as().fetch_all(&mut *conn).await?;
            for (id, made_at, sealed) in rows {
                let directory = Directory::read(&secrets.open_bytes(&segment_place(id), &sealed)?);
                let directory = Arc::new(directory.ok_or_else(|| super::damaged(id))?);
                memory.keep((id, made_at), &directory);
                all.insert((id, made_at), directory);
            }
        }
        Ok(all)
    }
}
