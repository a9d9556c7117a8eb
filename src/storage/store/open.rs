//! Opening the store: its folder, its database with the tables up to date, and the key that
//! belongs to them; or the refusal to begin a second one where the first was lost.

use super::{Random, Shared, Store, StoreOptions};
use crate::storage::{
    begin::{self, Beginning},
    database::{self, Connection, DatabaseAddress, Kind, Place},
    epochs::{self, WorkingState},
    error::StoreError,
    keyfile,
    keys::Keys,
    node,
    search::{Directories, Tidying},
    secrets::Secrets,
    vault::{Vault, disk_error},
    writer::Writer,
};
use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, AtomicI64},
    },
};
use tokio::sync::{Notify, OnceCell};

impl Store {
    /// Opens or makes the store and brings its tables up to date.
    pub async fn open(options: StoreOptions) -> Result<Self, StoreError> {
        Self::open_as(options, Standing::Used).await
    }

    /// A store that was moved away, to finish what was cut off; for everything else it is closed.
    pub async fn open_moved(options: StoreOptions) -> Result<Self, StoreError> {
        Self::open_as(options, Standing::Moved).await
    }

    pub(in crate::storage) async fn open_as(
        options: StoreOptions,
        standing: Standing,
    ) -> Result<Self, StoreError> {
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
            directories: Directories::default(),
            totals: Mutex::default(),
            secrets,
        });
        let writer = shared.secrets.is_some().then(|| Writer::start(conn, Arc::clone(&shared)).into());
        let store = Self { shared, readers, writer };
        if new_keys {
            store.rotate_working().await?;
        }
        Ok(store)
    }
}

/// What a store may be opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::storage) enum Standing {
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

pub(super) fn place_of(database: &DatabaseAddress, file: &Path) -> Result<Place, StoreError> {
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
pub(super) fn is_ours(data: &Path) -> Result<(), StoreError> {
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
