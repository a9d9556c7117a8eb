//! Opening the store.

use super::{
    database::{self, Connection, Pool},
    error::StoreError,
    keys::Keys,
    names::{ItemId, Token},
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
    sync::{Arc, atomic::AtomicBool},
};
use tokio::sync::Notify;

/// Fills the slice with random bytes; must be fit for secrets.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

pub fn system_random() -> Random {
    use rand::Rng;
    Arc::new(|bytes| rand::rng().fill_bytes(bytes))
}

/// How long things are waited for.
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
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            retry_window: TimeDelta::hours(1),
            provisional_life: TimeDelta::days(5),
            outbox_life: TimeDelta::days(5),
            token_life: TimeDelta::days(14),
            release_life: TimeDelta::days(6),
        }
    }
}

pub struct StoreOptions {
    /// The data folder; made with mode 0700 when missing.
    pub data: PathBuf,
    pub keys: Keys,
    pub vault: VaultConfig,
    pub clock: Clock,
    pub random: Random,
    pub timing: Timing,
}

impl StoreOptions {
    /// With the system's clock and randomness, objects in the data folder.
    pub fn new(data: PathBuf, keys: Keys) -> Self {
        Self {
            data,
            keys,
            vault: VaultConfig::Folder,
            clock: clock::system(),
            random: system_random(),
            timing: Timing::default(),
        }
    }

    /// Everything where the configuration says.
    pub fn from_config(config: &Config, keys: Keys) -> Self {
        Self { vault: config.vault.clone(), ..Self::new(config.data.clone(), keys) }
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
    pub(super) database: PathBuf,
    pub(super) keys: Keys,
    pub(super) secrets: Option<Secrets>,
    pub(super) vault: Vault,
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) timing: Timing,
    pub(super) outbox_wake: Notify,
    /// Set by a commit that left objects which nothing needs.
    pub(super) unwanted: AtomicBool,
}

impl Shared {
    pub(super) fn secrets(&self) -> Result<&Secrets, StoreError> {
        self.secrets.as_ref().ok_or(StoreError::NoWorkingKey)
    }
}

impl Store {
    /// Opens or makes the store under `options.data` and brings its tables up to date.
    pub async fn open(options: StoreOptions) -> Result<Self, StoreError> {
        let StoreOptions { data, keys, vault, clock, random, timing } = options;
        let made = tokio::task::spawn_blocking(move || prepare(data, keys, &random).map(|p| (p, random)));
        let ((folder, keys, secrets), random) = made.await.map_err(|e| StoreError::Us(e.to_string()))??;
        let mut conn = database::connect(&folder.database).await?;
        database::migrate(&mut conn).await?;
        if let Some(secrets) = &secrets {
            check_store_key(&mut conn, secrets).await?;
        }
        let readers = database::readers(&folder.database);
        let shared = Arc::new(Shared {
            database: folder.database,
            keys,
            vault: Vault::open(&vault, &folder.vault)?,
            clock,
            random,
            timing,
            outbox_wake: Notify::new(),
            unwanted: AtomicBool::new(false),
            secrets,
        });
        let writer = shared.secrets.is_some().then(|| Writer::start(conn, Arc::clone(&shared)).into());
        Ok(Self { shared, readers, writer })
    }

    /// Where objects lie: a folder, or `s3://bucket/prefix`.
    pub fn vault_name(&self) -> String {
        self.shared.vault.name()
    }

    /// A fresh name for an item, so that its nudge can be written before it is kept.
    pub fn new_item_id(&self) -> ItemId {
        ItemId::random(&self.shared.random)
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

    pub(super) fn secrets(&self) -> Result<&Secrets, StoreError> {
        self.shared.secrets()
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        (self.shared.clock)()
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
                written
            }
            None => Err(Unwritten::Refused(StoreError::NoWorkingKey.into())),
        }
    }
}

struct Folder {
    database: PathBuf,
    vault: PathBuf,
    /// Held until the folder is made: two processes may open it for the first time at once.
    _lock: fs::File,
}

fn prepare(
    data: PathBuf,
    keys: Keys,
    random: &Random,
) -> Result<(Folder, Keys, Option<Secrets>), StoreError> {
    let disk = |e: io::Error| disk_error(&e);
    let folder = |path: &Path| fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    let (database, vault) = (data.join("gatehouse.db"), data.join("vault"));
    folder(&data).map_err(disk)?;
    is_ours(&data)?;
    folder(&vault).map_err(disk)?;
    let lock =
        fs::OpenOptions::new().create(true).append(true).mode(0o600).open(data.join("lock")).map_err(disk)?;
    lock.lock().map_err(disk)?;
    if keys.working.is_none() && !database.exists() {
        return Err(StoreError::NoWorkingKey);
    }
    let secrets = Secrets::open_or_make(&data, &database, &keys, random)?;
    database::create(&database).map_err(disk)?;
    Ok((Folder { database, vault, _lock: lock }, keys, secrets))
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
