//! Which process of a store this is: a random id in its own data folder. Whatever a killed
//! process of the same node held is free again when it comes back; what other nodes hold is
//! theirs until their lease ends.

use super::{
    database::{micros, time},
    error::StoreError,
    names::random_word,
    store::{Random, Store},
    vault::disk_error,
};
use chrono::{DateTime, Utc};
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// A gate that has served this store.
#[derive(Clone, Debug)]
pub struct NodeSeen {
    pub id: String,
    pub started_at: DateTime<Utc>,
    /// It says so every few minutes.
    pub seen_at: DateTime<Utc>,
    /// The one that asks.
    pub here: bool,
}

/// Letters of a node's id.
const LETTERS: usize = 12;

/// Reads the id from the data folder, or makes it.
pub(super) fn id_in(data: &Path, random: &Random) -> Result<String, StoreError> {
    let path = data.join("node");
    let disk = |e: io::Error| disk_error(&e);
    match fs::read_to_string(&path) {
        Ok(text) if !text.trim().is_empty() && text.len() < 100 => Ok(text.trim().to_owned()),
        Ok(_) => Err(StoreError::Io("the file `node` in the data folder is damaged: remove it".into())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let id = random_word(random, LETTERS).to_string();
            let mut file =
                fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(disk)?;
            file.write_all(format!("{id}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(disk)?;
            Ok(id)
        }
        Err(e) => Err(disk(e)),
    }
}

impl Store {
    /// For the one process of this node that serves, before it begins: jobs and duties that an
    /// earlier process of this node held when it was killed are due again at once. Returns how
    /// many jobs.
    pub async fn begin_serving(&self) -> Result<u64, StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let (node, now) = (tx.shared.node.clone(), micros(tx.now));
                tx.look_at_clock().await?;
                sqlx::query(
                    "INSERT INTO node (id, started_at, seen_at) VALUES ($1, $2, $2)
                     ON CONFLICT (id) DO UPDATE SET started_at = excluded.started_at, seen_at = excluded.seen_at",
                )
                .bind(&node)
                .bind(now)
                .execute(&mut tx.conn)
                .await?;
                sqlx::query("UPDATE duty SET lease_until = NULL WHERE node = $1")
                    .bind(&node)
                    .execute(&mut tx.conn)
                    .await?;
                // Jobs that were claimed before nodes had names name none.
                let freed = sqlx::query(
                    "UPDATE outbox SET lease = lease + 1, lease_until = NULL
                     WHERE state = 'waiting' AND lease_until IS NOT NULL AND (node = $1 OR node IS NULL)",
                )
                .bind(&node)
                .execute(&mut tx.conn)
                .await?;
                Ok(freed.rows_affected())
            })
        })
        .await
    }

    /// Says that this node is there, and looks at the clock; call it every few minutes.
    pub async fn note_node(&self) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("UPDATE node SET seen_at = $1 WHERE id = $2")
                    .bind(micros(tx.now))
                    .bind(&tx.shared.node)
                    .execute(&mut tx.conn)
                    .await?;
                tx.look_at_clock().await
            })
        })
        .await
    }

    /// The nodes of this store, the one seen last first, at most 100.
    pub async fn nodes(&self) -> Result<Vec<NodeSeen>, StoreError> {
        let rows: Vec<(String, i64, i64)> =
            sqlx::query_as("SELECT id, started_at, seen_at FROM node ORDER BY seen_at DESC LIMIT 100")
                .fetch_all(&self.readers)
                .await?;
        let seen = |(id, started_at, seen_at): (String, i64, i64)| NodeSeen {
            here: id == self.shared.node,
            started_at: time(started_at),
            seen_at: time(seen_at),
            id,
        };
        Ok(rows.into_iter().map(seen).collect())
    }
}
