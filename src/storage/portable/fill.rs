//! Filling an empty place: from a backup, or from another store that is then marked as moved.
//!
//! Objects come first, each read back and compared; then all rows in one commit together with
//! a mark that the place is not to be used yet; then the ledger and the counts are looked at;
//! for a move the old store is marked; and last the mark is taken away. Cut off anywhere, the
//! same command goes on.

use super::{
    AT_ONCE, Backup, Carried, MOST_NAMED, backup, make_folder,
    place::{Found, LedgerEnd, Place},
    rows,
};
use crate::config::VaultConfig;
use crate::storage::{
    access::Class,
    database::{micros, time},
    error::StoreError,
    ledger::{Actor, Event, LedgerEvent},
    scrub::ScrubFault,
    store::{Standing, Store, StoreOptions},
    vault::{Vault, disk_error},
};
use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};
use sha2::{Digest, Sha256};
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
    /// A move may leave the objects where they are.
    fn lies_in(&self, vault: &Vault) -> bool {
        matches!(self, Self::Store(store) if store.vault_name() == vault.name())
    }

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
    let key = fs::read(from.store_key()).map_err(|e| disk_error(&e))?;
    let file = from.rows();
    let end = LedgerEnd { rows: from.manifest.ledger_rows, head: from.manifest.ledger_head.clone() };
    let (mut filled, found) = fill(&Source::Backup(objects), &file, &key, &end, &into).await?;
    if found == Found::Whole {
        return Err(StoreError::Backup(
            "the place is not empty: it holds this very backup, restored to its end and open for use".into(),
        ));
    }
    let store = Store::open_as(into.clone(), Standing::Arriving).await?;
    verify(&store, &mut filled).await?;
    let event = LedgerEvent::new(Event::StoreRestored)
        .with("made-at", from.manifest.made_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
    settle(store, &filled, event, actor).await?;
    Ok(filled)
}

/// How a move ended.
#[derive(Clone, Debug)]
pub enum Moved {
    Now(Filled),
    /// An earlier call was cut off after the last thing there was to do.
    Before,
}

/// Moves a store that nobody serves into an empty place, and marks it as moved.
pub async fn move_to(from: &Store, into: StoreOptions, actor: &Actor) -> Result<Moved, StoreError> {
    make_folder(&into.data)?;
    let spool = into.data.join("moving.rows");
    let end = from.ledger_end().await?;
    rows::write(&from.readers, from.kind(), &spool).await?;
    let key = from.key_file().await?;
    let (mut filled, found) = fill(&Source::Store(from), &spool, &key, &end, &into).await?;
    if found == Found::Whole {
        fs::remove_file(&spool).map_err(|e| disk_error(&e))?;
        // The mark comes before the new place opens, so a place that opens was not filled by a move
        // when there is none.
        return match from.is_marked_moved().await? {
            true => Ok(Moved::Before),
            false => Err(StoreError::Backup(
                "the new place is not empty: it holds a backup of this store, restored".into(),
            )),
        };
    }
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
    settle(store, &filled, event, actor).await?;
    fs::remove_file(&spool).map_err(|e| disk_error(&e))?;
    Ok(Moved::Now(filled))
}

/// Carries what is not there yet; what was found before that.
async fn fill(
    source: &Source<'_>,
    file: &Path,
    key: &[u8],
    end: &LedgerEnd,
    into: &StoreOptions,
) -> Result<(Filled, Found), StoreError> {
    let mut place = Place::prepare(into, key).await?;
    let mut filled = Filled::default();
    let found = place.found(end).await?;
    if found == Found::Whole {
        return Ok((filled, found));
    }
    if found == Found::Nothing && !source.lies_in(&place.vault) {
        place.has_nothing_else(file).await?;
    }
    place.take_key(key, into)?;
    carry_all(source, file, &place.vault, into, &mut filled).await?;
    if found == Found::Nothing && filled.faults.is_empty() | matches!(source, Source::Backup(_)) {
        filled.rows = place.take_rows(file, key, end).await?;
    }
    Ok((filled, found))
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
        let class = if named.path.contains("/working/") { Class::Working } else { Class::Records };
        let until = into.keeping.at_put(class, time(named.kept_at));
        let lock = vault.lock_until(until).filter(|lock| lock.until > now);
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

/// Ledger and objects of the new place are what they were.
async fn verify(store: &Store, filled: &mut Filled) -> Result<(), StoreError> {
    let report = store.ledger_verify().await?.map_err(|fault| {
        StoreError::Backup(format!("the ledger of the new place does not verify ({fault}); it is not used"))
    })?;
    filled.ledger_rows = report.rows;
    filled.ledger_head = report.head;
    Ok(())
}

/// Says in the new ledger where it came from and opens the place for use, in one commit.
async fn settle(store: Store, filled: &Filled, event: LedgerEvent, actor: &Actor) -> Result<(), StoreError> {
    let (event, actor) = (event.with("rows", filled.rows as i64), actor.clone());
    store
        .write(move |tx| {
            Box::pin(async move {
                let by = tx.random_id(&actor).await?;
                tx.append(&by, event).await?;
                sqlx::query("DELETE FROM meta WHERE name = 'arriving'").execute(&mut tx.conn).await?;
                // The locks of the old place are not this one's: each is looked at anew.
                for statement in [
                    "UPDATE object SET locked_until = NULL, refused_until = NULL",
                    "UPDATE object SET lock_due = 0 WHERE part_hash IS NULL",
                ] {
                    sqlx::query(statement).execute(&mut tx.conn).await?;
                }
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

    async fn is_marked_moved(&self) -> Result<bool, StoreError> {
        let mark: Option<i64> = sqlx::query_scalar("SELECT 1 FROM meta WHERE name = 'moved'")
            .fetch_optional(&self.readers)
            .await?;
        Ok(mark.is_some())
    }
}
