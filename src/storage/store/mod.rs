//! The store itself: what its callers and the writer's task share, and the ways into it, to read
//! as of one moment and to write in the next commit.

mod open;
mod options;

pub use options::{Random, StoreOptions, Timing, system_random};

pub(super) use open::Standing;

use super::{
    database::{self, Db, Kind, Place, Pool},
    epochs::WorkingState,
    error::StoreError,
    keys::Keys,
    locks::Keeping,
    names::{ItemId, Token},
    search::{Directories, Tidying},
    secrets::Secrets,
    upkeep::Totals,
    vault::Vault,
    writer::{Tx, Unwritten, Writer},
};
use crate::{clock::Clock, mail::Waiting};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};
use tokio::sync::{Notify, OnceCell};

/// The store. Cheap to clone. Several processes may open one store (the service and
/// a command line); without the working key it can be read as far as rows are clear
/// (counts, ledger, states), and nothing can be written.
#[derive(Clone)]
pub struct Store {
    pub(super) shared: Arc<Shared>,
    pub(super) readers: Pool,
    writer: Option<Arc<Writer>>,
}

/// What the writer's task and the store's callers both need.
pub(super) struct Shared {
    /// The data folder.
    pub(super) folder: PathBuf,
    /// This node's id.
    pub(super) node: String,
    pub(super) place: Place,
    pub(super) keys: Keys,
    pub(super) working: WorkingState,
    pub(super) secrets: Option<Secrets>,
    pub(super) vault: Vault,
    pub(super) vault_is_ours: OnceCell<()>,
    clock: Clock,
    /// By how many microseconds the clock that all nodes of a store share is ahead of `clock`.
    ahead: AtomicI64,
    pub(super) random: Random,
    pub(super) timing: Timing,
    pub(super) outbox_wake: Notify,
    pub(super) alert_wake: Notify,
    pub(super) alarm_wake: Notify,
    /// Set by a commit that left objects which nothing needs.
    pub(super) unwanted: AtomicBool,
    /// Set by a commit after which some object is needed longer than it is locked.
    pub(super) relock: AtomicBool,
    pub(super) keeping: RwLock<Keeping>,
    pub(super) tidying: Tidying,
    /// Of the search index's segments.
    pub(super) directories: Directories,
    /// What is not counted anew for everybody who asks.
    pub(super) totals: Mutex<Option<Totals>>,
}

impl Shared {
    /// The time by which leases, expiries and the ledger go: nodes whose clocks differ agree on it.
    pub(super) fn now(&self) -> DateTime<Utc> {
        (self.clock)() + TimeDelta::microseconds(self.ahead.load(Ordering::Relaxed))
    }

    /// Takes over by how much the database's clock is ahead. Less than a second is the way
    /// there and back, and would only make the time jump.
    pub(super) fn set_ahead(&self, micros: i64) {
        const SECOND: u64 = 1_000_000;
        if micros.abs_diff(self.ahead.load(Ordering::Relaxed)) > SECOND {
            self.ahead.store(micros, Ordering::Relaxed);
        }
    }

    pub(super) fn secrets(&self) -> Result<&Secrets, StoreError> {
        self.secrets.as_ref().ok_or(StoreError::NoWorkingKey)
    }
}

impl Store {
    /// Which database keeps the rows.
    pub fn kind(&self) -> Kind {
        self.shared.place.kind()
    }

    /// Where objects lie: a folder, or `s3://bucket/prefix`.
    pub fn vault_name(&self) -> String {
        self.shared.vault.name()
    }

    /// A fresh name for an item, so that its nudge can be written before it is kept.
    pub fn new_item_id(&self) -> ItemId {
        ItemId::on(self.now(), &self.shared.random)
    }

    /// A fresh token, to be written into a nudge and given with the item.
    pub fn new_token(&self) -> Token {
        Token::random(&self.shared.random)
    }

    /// Waits for what is being written, folds the WAL in and closes.
    pub async fn close(self) {
        self.readers.close().await;
        if let Some(writer) = &self.writer {
            writer.close().await;
        }
    }

    /// A transaction that reads everything as of one moment.
    pub(super) async fn moment(&self) -> Result<sqlx::Transaction<'static, Db>, StoreError> {
        database::moment(&self.readers, self.kind()).await
    }

    pub(super) fn secrets(&self) -> Result<&Secrets, StoreError> {
        self.shared.secrets()
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.shared.now()
    }

    /// A change in the next commit, with all that wait for it.
    pub(super) async fn write<T, E, F>(&self, change: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Waiting<'t, Result<T, E>> + Send + 'static,
    {
        self.write_or_tell(change).await.map_err(Unwritten::into_error)
    }

    /// The same; a failure tells whether the change is certainly not there.
    pub(super) async fn write_or_tell<T, E, F>(&self, change: F) -> Result<T, Unwritten<E>>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Waiting<'t, Result<T, E>> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => {
                let written = writer.write(change).await;
                self.purge_after_commit().await;
                self.lock_after_commit();
                written
            }
            None => Err(Unwritten::Refused(StoreError::NoWorkingKey.into())),
        }
    }
}
