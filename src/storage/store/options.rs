//! What a store is opened with.

use super::open::{is_ours, place_of};
use crate::{
    clock::{self, Clock},
    config::{Config, VaultConfig},
    storage::{
        begin::Beginning,
        database::{DatabaseAddress, Place},
        error::StoreError,
        keys::Keys,
        locks::Keeping,
        vault::disk_error,
    },
};
use chrono::TimeDelta;
use std::{
    fs,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

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
    pub(in crate::storage) fn make_place(&self) -> Result<(PathBuf, Place), StoreError> {
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
