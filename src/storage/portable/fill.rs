//! Filling an empty place: from a backup, or from another store that is then marked as moved.
//!
//! Objects come first, each read back and compared; then all rows in one commit together with
//! a mark that the place is not to be used yet; then the ledger and the counts are looked at;
//! for a move the old store is marked; and last the mark is taken away. Cut off anywhere, the
//! same command goes on.

use super::{AT_ONCE, Backup, Carried, MOST_NAMED, backup, make_folder, rows, write_whole};
use crate::config::VaultConfig;
use crate::storage::{
    database::{self, Connection, Kind, micros, time},
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    scrub::ScrubFault,
    store::{Standing, Store, StoreOptions},
    vault::{Vault, disk_error},
};
use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};
use sha2::{Digest, Sha256};
use sqlx::Connection as _;
use std::{fs, path::Path};

/// The place was filled, all that was carried is there.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    pub rows: u64,
    pub objects: u64,
    pub bytes: u64,
    /// Objects that an earlier try had brought already.
    pub there: u64,
    pub ledger_rows: u64,
    pub ledger_head: String,
    /// Objects that were missing or changed where they came from.
    pub faults: Vec<ScrubFault>,
}

/// Where objects come from.
enum Source<'s> {
    Backup(Vault),
    Store(&'s Store),
}

impl Source<'_> {
    async fn carried(&self, named: &rows::Named) -> Result<Carried, StoreError> {
        match self {
            Self::Store(store) => store.carried(&named.path, &named.sha256).await,
            Self::Backup(vault) => Ok(match vault.get(&named.path).await? {
                Some(object) if Sha256::digest(&object)[..] == named.sha256 => Carried::Object(object),
                Some(_) => Carried::Faulty("was changed in the backup"),
                None => Carried::Faulty("is missing in the backup"),
            }),
        }
    }
}

/// Restores a backup into an empty place.
pub async fn restore(from: &Backup, into: StoreOptions, actor: &Actor) -> Result<Filled, StoreError> {
    let objects = Vault::open(&VaultConfig::Folder, &from.folder.join(backup::OBJECTS))?;
    let key = fs::read(from.folder.join(rows::STORE_KEY)).map_err(|e| disk_error(&e))?;
    let file = from.folder.join(backup::ROWS);
    let head = &from.manifest.ledger_head;
    let mut filled = fill(&Source::Backup(objects), &file, &key, head, &into).await?;
    let store = Store::open_as(into.clone(), Standing::Arriving).await?;
    let event = LedgerEvent::new(Event::StoreRestored)
        .with("made-at", from.manifest.made_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
    settle(store, &mut filled, event, actor).await?;
    Ok(filled)
}

/// Moves a store that nobody serves into an empty place, and marks it as moved.
pub async fn move_to(from: &Store, into: StoreOptions, actor: &Actor) -> Result<Filled, StoreError> {
    make_folder(&into.data)?;
    let spool = into.data.join("moving.rows");
    let (_, head) = from.ledger_end().await?;
    rows::write(&from.readers, from.kind(), &spool).await?;
    let key = from.key_file().await?;
    let mut filled = fill(&Source::Store(from), &spool, &key, &head, &into).await?;
    if !filled.faults.is_empty() {
        // What cannot be carried is not left behind by a move; a restore of a backup says so too.
        return Err(StoreError::Backup(format!(
            "{} objects of the old store are missing or changed; run `gatehouse store scrub` there. Nothing was moved",
            filled.faults.len()
        )));
    }
    let store = Store::open_as(into.clone(), Standing::Arriving).await?;
    verify(&store, &mut filled).await?;
    from.mark_moved(&store).await?;
    let event = LedgerEvent::new(Event::StoreMoved).with("objects", filled.objects as i64);
    settle(store, &mut filled, event, actor).await?;
    fs::remove_file(&spool).map_err(|e| disk_error(&e))?;
    Ok(filled)
}

async fn fill(
    source: &Source<'_>,
    file: &Path,
    key: &[u8],
    head: &str,
    into: &StoreOptions,
) -> Result<Filled, StoreError> {
    let mut place = Place::prepare(into, key).await?;
    let mut filled = Filled::default();
    let arrived = place.arrived().await?;
    if arrived.as_deref().is_some_and(|there| there != head.as_bytes()) {
        return Err(StoreError::Backup(
            "the new place holds an earlier try, and the old store has gone on since: empty the new place and begin again".into(),
        ));
    }
    if arrived.is_none() && !place.is_empty().await? {
        return Err(StoreError::Backup("the new place is not empty: it already holds a store".into()));
    }
    carry_all(source, file, &place.vault, into, &mut filled).await?;
    if arrived.is_none() && filled.faults.is_empty() | matches!(source, Source::Backup(_)) {
        filled.rows = place.take_rows(file, key, head).await?;
    }
    Ok(filled)
}

async fn carry_all(
    source: &Source<'_>,
    file: &Path,
    vault: &Vault,
    into: &StoreOptions,
    filled: &mut Filled,
) -> Result<(), StoreError> {
    let now = (into.clock)();
    let carry = async |named: rows::Named| -> Result<(String, Copied), StoreError> {
        let is_it = |object: &Bytes| Sha256::digest(object)[..] == named.sha256;
        if let Some(there) = vault.get(&named.path).await?
            && is_it(&there)
        {
            return Ok((named.path, Copied::There(there.len())));
        }
        let object = match source.carried(&named).await? {
            Carried::Object(object) => object,
            Carried::Purged => return Ok((named.path, Copied::Purged)),
            Carried::Faulty(fault) => return Ok((named.path, Copied::Faulty(fault))),
        };
        let lock = vault.lock_again(&named.path, time(named.kept_at), now);
        let bytes = object.len();
        vault.put(&named.path, object, lock).await?;
        match vault.get(&named.path).await? {
            Some(back) if is_it(&back) => Ok((named.path, Copied::New(bytes))),
            _ => Err(StoreError::Vault("an object came back from the new place as another".into())),
        }
    };
    let mut going = FuturesUnordered::new();
    rows::objects(file, async |named| {
        if going.len() >= AT_ONCE
            && let Some(done) = going.next().await
        {
            filled.note(done?);
        }
        going.push(carry(named));
        Ok(())
    })
    .await?;
    while let Some(done) = going.next().await {
        filled.note(done?);
    }
    Ok(())
}

enum Copied {
    There(usize),
    New(usize),
    Purged,
    Faulty(&'static str),
}

impl Filled {
    fn note(&mut self, (object, copied): (String, Copied)) {
        match copied {
            Copied::There(bytes) => {
                self.there += 1;
                self.objects += 1;
                self.bytes += bytes as u64;
            }
            Copied::New(bytes) => {
                self.objects += 1;
                self.bytes += bytes as u64;
            }
            Copied::Purged => {}
            Copied::Faulty(fault) if self.faults.len() < MOST_NAMED => {
                self.faults.push(ScrubFault { object, fault });
            }
            Copied::Faulty(_) => {}
        }
    }
}

/// The place that is filled: tables, and the vault.
struct Place {
    conn: Connection,
    vault: Vault,
    kind: Kind,
}

impl Place {
    async fn prepare(options: &StoreOptions, key: &[u8]) -> Result<Self, StoreError> {
        let (folder, place) = options.make_place()?;
        if place.kind() == Kind::Sqlite {
            let path = options.data.join(rows::STORE_KEY);
            match fs::read(&path) {
                Ok(there) if there == key => {}
                Ok(_) => {
                    return Err(StoreError::Backup(
                        "the new place is not empty: it has a store key of its own".into(),
                    ));
                }
                Err(_) => write_whole(&path, key)?,
            }
            database::create(&options.data.join("gatehouse.db")).map_err(|e| disk_error(&e))?;
        }
        let mut conn = database::connect(&place).await?;
        database::migrate(&mut conn).await?;
        Ok(Self { conn, vault: Vault::open(&options.vault, &folder)?, kind: place.kind() })
    }

    /// The mark of an earlier try that brought the rows: the head of the ledger it came with.
    async fn arrived(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let mark = sqlx::query_scalar("SELECT value FROM meta WHERE name = 'arriving'");
        Ok(mark.fetch_optional(&mut self.conn).await?)
    }

    async fn is_empty(&mut self) -> Result<bool, StoreError> {
        for table in database::tables(&mut self.conn).await? {
            let sql = format!("SELECT COUNT(*) FROM {}", table.name);
            let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut self.conn).await?;
            if rows > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn take_rows(&mut self, file: &Path, key: &[u8], head: &str) -> Result<u64, StoreError> {
        let kind = self.kind;
        let mut tx = self.conn.begin().await?;
        let counts = rows::read(&mut tx, file).await?;
        let mut marks = vec![("arriving", head.as_bytes())];
        if kind == Kind::Postgres {
            marks.push((rows::STORE_KEY, key));
        }
        for (name, value) in marks {
            sqlx::query("INSERT INTO meta (name, value) VALUES ($1, $2)")
                .bind(name)
                .bind(value)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(counts.values().sum())
    }
}

/// Ledger and objects of the new place are what they were.
async fn verify(store: &Store, filled: &mut Filled) -> Result<(), StoreError> {
    let report = store.ledger_verify().await?.map_err(|fault| {
        StoreError::Backup(format!("the ledger of the new place does not verify ({fault}); it is not used"))
    })?;
    filled.ledger_rows = report.rows;
    filled.ledger_head = report.head;
    Ok(())
}

/// Says in the new ledger where it came from, and opens the place for use.
async fn settle(
    store: Store,
    filled: &mut Filled,
    event: LedgerEvent,
    actor: &Actor,
) -> Result<(), StoreError> {
    verify(&store, filled).await?;
    store.ledger(actor, event.with("rows", filled.rows as i64)).await?;
    store
        .write(|tx| {
            Box::pin(async move {
                sqlx::query("DELETE FROM meta WHERE name = 'arriving'").execute(&mut tx.conn).await?;
                Ok::<_, StoreError>(())
            })
        })
        .await?;
    store.close().await;
    Ok(())
}

impl Store {
    /// From now on this store does not open any more. Idempotent.
    async fn mark_moved(&self, to: &Store) -> Result<(), StoreError> {
        let whereto = format!("{} and {}", to.kind().name(), to.vault_name());
        let at = micros(self.now());
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO meta (name, value) VALUES ('moved', $1) ON CONFLICT (name) DO NOTHING",
                )
                .bind(format!("{at} {whereto}").into_bytes())
                .execute(&mut tx.conn)
                .await?;
                Ok::<_, StoreError>(())
            })
        })
        .await
    }
}
