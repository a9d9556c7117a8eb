//! A backup in a folder: `manifest.json`, the rows, the store key's age file, the objects.
//! Made while the gate runs; made again into the same folder it carries only what is new,
//! and takes out what was purged, so that erasure reaches it. Rows and key have names of their own
//! each time, which the manifest gives: until its rename the backup before is the one that counts,
//! and only after it is anything taken out.

use super::{AT_ONCE, Carried, MOST_NAMED, make_folder, place::LedgerEnd, rows, write_whole};
use crate::{
    config::VaultConfig,
    storage::{
        database::hex,
        error::StoreError,
        ledger::{Actor, Event, LedgerEvent},
        scrub::ScrubFault,
        store::Store,
        vault::{Vault, disk_error},
    },
};
use chrono::{DateTime, Utc};
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

const FORMAT: &str = "gatehouse-backup/1";
const MANIFEST: &str = "manifest.json";
const ROWS_NEW: &str = "rows.new";
pub(super) const OBJECTS: &str = "vault";

/// A backup whose manifest is there and whose files are those that it names.
pub struct Backup {
    pub(super) folder: PathBuf,
    pub(super) manifest: Manifest,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: String,
    gatehouse: String,
    pub(super) made_at: DateTime<Utc>,
    /// The names of these files.
    #[serde(default = "rows_once")]
    rows: String,
    #[serde(default = "store_key_once")]
    store_key: String,
    /// SHA-256, hex.
    rows_sha256: String,
    store_key_sha256: String,
    pub(super) tables: BTreeMap<String, u64>,
    pub(super) objects: u64,
    pub(super) bytes: u64,
    /// The last row of the ledger in it: compare its hash with one noted elsewhere.
    pub(super) ledger_rows: u64,
    pub(super) ledger_head: String,
}

/// As they were called before the manifest said so.
fn rows_once() -> String {
    "rows.jsonl.zst".into()
}
fn store_key_once() -> String {
    rows::STORE_KEY.into()
}

/// A name for this content alone.
fn named(before: &str, sha256: &str, after: &str) -> String {
    format!("{before}-{}.{after}", &sha256[..16])
}

#[derive(Clone, Debug, Default)]
pub struct BackupReport {
    pub rows: u64,
    pub objects: u64,
    pub bytes: u64,
    /// Objects that an earlier backup in this folder had already.
    pub there: u64,
    /// Files of an earlier backup that the store has purged since; they were taken out.
    pub taken_out: u64,
    pub ledger_rows: u64,
    pub ledger_head: String,
    /// Objects that are missing or changed in the store. The backup is whole but for them.
    pub faults: Vec<ScrubFault>,
}

impl Store {
    /// Backs up into a folder that is empty or holds an earlier backup of ours.
    pub async fn backup(&self, folder: &Path, actor: &Actor) -> Result<BackupReport, StoreError> {
        // The last thing it does is a row of the ledger.
        self.secrets()?;
        fit_for_backup(folder)?;
        make_folder(folder)?;
        make_folder(&folder.join(OBJECTS))?;
        let rows_new = folder.join(ROWS_NEW);
        let LedgerEnd { rows: ledger_rows, head: ledger_head } = self.ledger_end().await?;
        let (tables, rows_sha256) = rows::write(&self.readers, self.kind(), &rows_new).await?;
        let mut report = BackupReport {
            rows: tables.values().sum(),
            ledger_rows,
            ledger_head: ledger_head.clone(),
            ..BackupReport::default()
        };
        let wanted = self.carry_into(folder, &rows_new, &mut report).await?;
        let key = self.key_file().await?;
        let (rows_sha256, store_key_sha256) = (hex(&rows_sha256), hex(&Sha256::digest(&key)));
        let manifest = Manifest {
            format: FORMAT.into(),
            gatehouse: env!("CARGO_PKG_VERSION").into(),
            made_at: self.now(),
            rows: named("rows", &rows_sha256, "jsonl.zst"),
            store_key: named("store-key", &store_key_sha256, "age"),
            rows_sha256,
            store_key_sha256,
            tables,
            objects: report.objects,
            bytes: report.bytes,
            ledger_rows,
            ledger_head,
        };
        write_whole(&folder.join(&manifest.store_key), &key)?;
        fs::rename(&rows_new, folder.join(&manifest.rows)).map_err(|e| disk_error(&e))?;
        let text = serde_json::to_vec_pretty(&manifest).map_err(|e| StoreError::Us(e.to_string()))?;
        write_whole(&folder.join(MANIFEST), &text)?;
        report.taken_out = take_out(folder, &wanted).await?;
        take_out_files(folder, &manifest)?;
        let event = LedgerEvent::new(Event::StoreBackedUp)
            .with("rows", report.rows as i64)
            .with("objects", report.objects as i64)
            .with("faults", report.faults.len() as i64)
            .with("manifest", hex(&Sha256::digest(&text)));
        self.ledger(actor, event).await?;
        Ok(report)
    }

    /// Every object of the rows into the folder; returns their paths.
    async fn carry_into(
        &self,
        folder: &Path,
        rows: &Path,
        report: &mut BackupReport,
    ) -> Result<BTreeSet<String>, StoreError> {
        let copy = Vault::open(&VaultConfig::Folder, &folder.join(OBJECTS))?;
        let mut wanted = BTreeSet::new();
        let mut going = FuturesUnordered::new();
        let carry = async |named: rows::Named| -> Result<(rows::Named, Copied), StoreError> {
            if let Some(there) = copy.get(&named.path).await? {
                if Sha256::digest(&there)[..] == named.sha256 {
                    return Ok((named, Copied::There(there.len())));
                }
                copy.delete(&named.path).await?;
            }
            let copied = match self.carried(&named.path, &named.sha256).await? {
                Carried::Object(object) => {
                    copy.put(&named.path, object.clone(), None).await?;
                    Copied::New(object.len())
                }
                Carried::Purged => Copied::Purged,
                Carried::Faulty(fault) => Copied::Faulty(fault),
            };
            Ok((named, copied))
        };
        rows::objects(rows, async |named| {
            if going.len() >= AT_ONCE
                && let Some(done) = going.next().await
            {
                note(done?, report, &mut wanted);
            }
            going.push(carry(named));
            Ok(())
        })
        .await?;
        while let Some(done) = going.next().await {
            note(done?, report, &mut wanted);
        }
        Ok(wanted)
    }
}

enum Copied {
    There(usize),
    New(usize),
    Purged,
    Faulty(&'static str),
}

fn note((named, copied): (rows::Named, Copied), report: &mut BackupReport, wanted: &mut BTreeSet<String>) {
    let bytes = match copied {
        Copied::Purged => return,
        Copied::Faulty(fault) => {
            if report.faults.len() < MOST_NAMED {
                report.faults.push(ScrubFault { object: named.path, fault });
            }
            return;
        }
        Copied::There(bytes) => {
            report.there += 1;
            bytes
        }
        Copied::New(bytes) => bytes,
    };
    report.objects += 1;
    report.bytes += bytes as u64;
    wanted.insert(named.path);
}

async fn take_out(folder: &Path, wanted: &BTreeSet<String>) -> Result<u64, StoreError> {
    let copy = Vault::open(&VaultConfig::Folder, &folder.join(OBJECTS))?;
    let mut others = Vec::new();
    copy.each(|path, _| {
        if !wanted.contains(path) {
            others.push(path.to_owned());
        }
    })
    .await?;
    for path in &others {
        copy.delete(path).await?;
    }
    copy.sweep_halves(Utc::now()).await?;
    Ok(others.len() as u64)
}

/// Rows and keys of earlier backups, and what was cut off in the middle.
fn take_out_files(folder: &Path, manifest: &Manifest) -> Result<(), StoreError> {
    let work = || {
        for file in fs::read_dir(folder)? {
            let name = file?.file_name();
            let stays = [MANIFEST, OBJECTS, &manifest.rows, &manifest.store_key];
            if is_ours(&name) && !stays.iter().any(|stays| name == **stays) {
                fs::remove_file(folder.join(name))?;
            }
        }
        Ok(())
    };
    work().map_err(|e: std::io::Error| disk_error(&e))
}

/// Whether a backup makes a file of this name.
fn is_ours(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let made = |before: &str, after: &[&str]| {
        name.starts_with(before) && after.iter().any(|after| name.ends_with(after))
    };
    [MANIFEST, OBJECTS, ROWS_NEW, "manifest.new"].contains(&&*name)
        || made("rows", &[".jsonl.zst"])
        || made("store-key", &[".age", ".new"])
}

/// Nothing of anybody else's is overwritten or taken out.
fn fit_for_backup(folder: &Path) -> Result<(), StoreError> {
    let files = match fs::read_dir(folder) {
        Ok(files) => files,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(disk_error(&e)),
    };
    for file in files {
        let name = file.map_err(|e| disk_error(&e))?.file_name();
        if !is_ours(&name) {
            return Err(StoreError::Backup(
                "the folder holds something else; give an empty one, or one that holds an earlier backup"
                    .into(),
            ));
        }
    }
    Ok(())
}

impl Backup {
    /// Reads the manifest and compares the files that it names; objects are compared when
    /// they are carried.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let bad = |what: &str| StoreError::Backup(what.into());
        let text = fs::read(folder.join(MANIFEST))
            .map_err(|_| bad("there is no manifest.json: this is no backup, or one that was not finished"))?;
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|_| bad("its manifest.json cannot be read"))?;
        if manifest.format != FORMAT {
            return Err(bad("it is of another edition of Gatehouse"));
        }
        // A name is no way out of the folder.
        let strange = |name: &String| name.contains('/') || !is_ours(OsStr::new(name));
        if strange(&manifest.rows) || strange(&manifest.store_key) {
            return Err(bad("its manifest.json names files that are none of a backup's"));
        }
        let key = fs::read(folder.join(&manifest.store_key)).map_err(|e| disk_error(&e))?;
        if hex(&Sha256::digest(&key)) != manifest.store_key_sha256
            || hex(&rows::sha256_of(&folder.join(&manifest.rows))?) != manifest.rows_sha256
        {
            return Err(bad("its files are not those that its manifest.json names"));
        }
        Ok(Self { folder: folder.to_owned(), manifest })
    }

    pub(super) fn rows(&self) -> PathBuf {
        self.folder.join(&self.manifest.rows)
    }

    pub(super) fn store_key(&self) -> PathBuf {
        self.folder.join(&self.manifest.store_key)
    }

    pub fn made_at(&self) -> DateTime<Utc> {
        self.manifest.made_at
    }
}
