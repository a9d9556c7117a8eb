//! Opening the store.

use super::{
    begin::{self, Beginning},
    database::{self, Connection, DatabaseAddress, Db, Kind, Place, Pool},
    epochs::{self, WorkingState},
    error::StoreError,
    keyfile,
    keys::Keys,
    locks::Keeping,
    names::{ItemId, Token},
    node,
    search::Tidying,
    secrets::Secrets,
    vault::{Vault, disk_error},
    writer::{Tx, Unwritten, Writer},
};
use crate::{
    clock::{self, Clock},
    config::{Config, VaultConfig},
    mail::Waiting,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};
use tokio::sync::{Notify, OnceCell};

/// Fills the slice with random bytes; must be fit for secrets.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

pub fn system_random() -> Random {
    use rand::Rng;
    Arc::new(|bytes| rand::rng().fill_bytes(bytes))
}

/// How long things are waited for, and how many wait together.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// After a confirmed keep whose 250 the client may not have got: a repeat within
    /// this time is the same message. Longer than any MTA's first retry (Postfix: 5 to
    /// 17 minutes); a deliberate resend has another Message-ID, so it does not match.
    pub retry_window: TimeDelta,
    /// Provisional items that no retry found again are dropped, with a ledger row.
    pub provisional_life: TimeDelta,
    /// How long the outbox tries (RFC 5321 section 4.5.4.1: 4-5 days).
    pub outbox_life: TimeDelta,
    pub token_life: TimeDelta,
    /// How long a release may be on its way back through the gate.
    pub release_life: TimeDelta,
    /// Changes that share one commit at most.
    pub group: usize,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            retry_window: TimeDelta::hours(1),
            provisional_life: TimeDelta::days(5),
            outbox_life: TimeDelta::days(5),
            token_life: TimeDelta::days(14),
            release_life: TimeDelta::days(6),
            group: 256,
        }
    }
}

#[derive(Clone)]
pub struct StoreOptions {
    /// The data folder; made with mode 0700 when missing.
    pub data: PathBuf,
    pub database: DatabaseAddress,
    pub keys: Keys,
    pub vault: VaultConfig,
    pub clock: Clock,
    pub random: Random,
    pub timing: Timing,
    /// Which locks follow.
    pub keeping: Keeping,
    pub beginning: Beginning,
}

impl StoreOptions {
    /// With the system's clock and randomness, SQLite and the objects in the data folder.
    pub fn new(data: PathBuf, keys: Keys) -> Self {
        Self {
            data,
            database: DatabaseAddress::Folder,
            keys,
            vault: VaultConfig::Folder,
            clock: clock::system(),
            random: system_random(),
            timing: Timing::default(),
            keeping: Keeping::default(),
            beginning: Beginning::default(),
        }
    }

    /// The folders, and how the database is reached; the vault's folder and that.
    pub(super) fn make_place(&self) -> Result<(PathBuf, Place), StoreError> {
        let vault = self.data.join("vault");
        let folder = |path: &Path| fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        folder(&self.data).and_then(|()| folder(&vault)).map_err(|e| disk_error(&e))?;
        is_ours(&self.data)?;
        Ok((vault, place_of(&self.database, &self.data.join("gatehouse.db"))?))
    }

    /// Everything where the configuration says.
    pub fn from_config(config: &Config, keys: Keys) -> Self {
        Self {
            database: DatabaseAddress::from_config(&config.store),
            vault: config.vault.clone(),
            keeping: Keeping::new(config.schools.iter().map(|s| (s.id.clone(), s.retention))),
            ..Self::new(config.data.clone(), keys)
        }
    }
}

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
    /// Opens or makes the store and brings its tables up to date.
    pub async fn open(options: StoreOptions) -> Result<Self, StoreError> {
        Self::open_as(options, Standing::Used).await
    }

    /// A store that was moved away, to finish what was cut off; for everything else it is closed.
    pub async fn open_moved(options: StoreOptions) -> Result<Self, StoreError> {
        Self::open_as(options, Standing::Moved).await
    }

    pub(super) async fn open_as(options: StoreOptions, standing: Standing) -> Result<Self, StoreError> {
        let StoreOptions { data, database, keys, vault, clock, random, timing, keeping, beginning } = options;
        let of_folder = database.is_folder();
        if beginning == Beginning::Never && !data.exists() {
            return Err(StoreError::NotBegun(data.display().to_string()));
        }
        let folder = blocking(move || Folder::make(data)).await?;
        let (place, vault) = (place_of(&database, &folder.database)?, Vault::open(&vault, &folder.vault)?);
        let mut conn = match of_folder && !folder.database.exists() {
            true => None,
            false => Some(database::connect(&place).await?),
        };
        let begun = match &mut conn {
            Some(_) if of_folder && !begin::is_begun_file(&folder.database) => false,
            Some(conn) => begin::is_begun(conn).await?,
            None => false,
        };
        if !begun {
            let whence = place.name();
            let left = begin::nothing_is_left(&folder.data, of_folder, &vault, &whence).await;
            // Another node may have begun meanwhile.
            let begun_now = match &mut conn {
                Some(conn) if left.is_err() => begin::is_begun(conn).await?,
                _ => false,
            };
            if !begun_now {
                left?;
            }
            if beginning == Beginning::Never {
                return Err(StoreError::NotBegun(whence));
            }
        }
        let (keys_too, random_too) = (keys.clone(), random.clone());
        let prepared = blocking(move || {
            let node = node::id_in(&folder.data, &random_too)?;
            let secrets = match of_folder {
                true => prepare(&folder, begun, &keys_too, &random_too)?,
                false => None,
            };
            Ok((folder, node, secrets))
        });
        let (folder, node, secrets) = prepared.await?;
        let mut conn = match conn {
            Some(conn) => conn,
            None => database::connect(&place).await?,
        };
        database::migrate(&mut conn).await?;
        standing.check(&mut conn).await?;
        let secrets = match place.kind() {
            Kind::Sqlite => secrets,
            Kind::Postgres => keyfile::in_database(&mut conn, &keys, &random).await?,
        };
        let mut new_keys = false;
        if let Some(secrets) = &secrets {
            check_store_key(&mut conn, secrets).await?;
            new_keys = epochs::settle_working(&mut conn, &keys, secrets).await?;
        }
        let readers = database::readers(&place);
        let shared = Arc::new(Shared {
            place,
            folder: folder.data,
            working: WorkingState::default(),
            node,
            keys,
            vault,
            vault_is_ours: OnceCell::new(),
            clock,
            ahead: AtomicI64::new(0),
            random,
            timing,
            outbox_wake: Notify::new(),
            alert_wake: Notify::new(),
            alarm_wake: Notify::new(),
            unwanted: AtomicBool::new(false),
            relock: AtomicBool::new(false),
            keeping: RwLock::new(keeping),
            tidying: Tidying::default(),
            secrets,
        });
        let writer = shared.secrets.is_some().then(|| Writer::start(conn, Arc::clone(&shared)).into());
        let store = Self { shared, readers, writer };
        if new_keys {
            store.rotate_working().await?;
        }
        Ok(store)
    }

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

/// What a store may be opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Used,
    /// It may have been moved away.
    Moved,
    /// It may be being filled.
    Arriving,
}

impl Standing {
    async fn check(self, conn: &mut Connection) -> Result<(), StoreError> {
        let marks: Vec<(String, Vec<u8>)> =
            sqlx::query_as("SELECT name, value FROM meta WHERE name IN ('moved', 'arriving')")
                .fetch_all(conn)
                .await?;
        for (name, value) in marks {
            match name.as_str() {
                "moved" if self != Self::Moved => {
                    let text = String::from_utf8_lossy(&value).into_owned();
                    let whereto = text.split_once(' ').map_or("another place", |(_, place)| place);
                    return Err(StoreError::Moved(whereto.to_owned()));
                }
                "arriving" if self != Self::Arriving => return Err(StoreError::Arriving),
                _ => {}
            }
        }
        Ok(())
    }
}

struct Folder {
    data: PathBuf,
    database: PathBuf,
    vault: PathBuf,
    /// Held until the store is open: two processes may open it for the first time at once.
    _lock: fs::File,
}

impl Folder {
    fn make(data: PathBuf) -> Result<Self, StoreError> {
        let disk = |e: io::Error| disk_error(&e);
        let folder = |path: &Path| fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        let (database, vault) = (data.join("gatehouse.db"), data.join("vault"));
        folder(&data).map_err(disk)?;
        is_ours(&data)?;
        folder(&vault).map_err(disk)?;
        let mut options = fs::OpenOptions::new();
        let lock = options.create(true).append(true).mode(0o600).open(data.join("lock")).map_err(disk)?;
        lock.lock().map_err(disk)?;
        Ok(Self { data, database, vault, _lock: lock })
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| StoreError::Us(e.to_string()))?
}

fn place_of(database: &DatabaseAddress, file: &Path) -> Result<Place, StoreError> {
    match database {
        DatabaseAddress::Folder => Place::file(file),
        DatabaseAddress::Postgres(url) => Place::server(url),
    }
}

/// SQLite's file and the store key beside it.
fn prepare(
    folder: &Folder,
    begun: bool,
    keys: &Keys,
    random: &Random,
) -> Result<Option<Secrets>, StoreError> {
    if keys.working.is_none() && !begun {
        return Err(StoreError::NoWorkingKey);
    }
    // The file comes first: a store key without it says that a database was lost.
    database::create(&folder.database).map_err(|e| disk_error(&e))?;
    keyfile::in_folder(&folder.data, begun, keys, random)
}

/// Files that root leaves here, run by an admin in a hurry, are files that the service cannot open
/// the next time it starts.
fn is_ours(data: &Path) -> Result<(), StoreError> {
    let owner = fs::metadata(data).map_err(|e| disk_error(&e))?.uid();
    match fs::metadata("/proc/self") {
        Ok(process) if process.uid() != owner => Err(StoreError::OthersFolder { owner }),
        // Where the system does not tell, nobody is turned away.
        _ => Ok(()),
    }
}

/// The database and the store key must belong together, or nothing would open.
async fn check_store_key(conn: &mut Connection, secrets: &Secrets) -> Result<(), StoreError> {
    let check = secrets.check();
    sqlx::query("INSERT INTO meta (name, value) VALUES ('store-key', $1) ON CONFLICT (name) DO NOTHING")
        .bind(&check[..])
        .execute(&mut *conn)
        .await?;
    let found: Vec<u8> =
        sqlx::query_scalar("SELECT value FROM meta WHERE name = 'store-key'").fetch_one(&mut *conn).await?;
    if found != check {
        return Err(StoreError::StoreKey("store-key.age is of another database".into()));
    }
    Ok(())
}
