//! Backups that are restored, and stores that move from one kind to the other: everything is
//! there once, readable, and the ledger goes on.

use super::*;
use crate::s3::{self, Kind as BucketKind};
use gatehouse::{config::VaultConfig, parties::Role};

/// The other database than this building's.
fn other_database() -> DatabaseAddress {
    match KIND {
        Kind::Sqlite => DatabaseAddress::Postgres(PostgresUrl::new(postgres::fresh_database())),
        Kind::Postgres => DatabaseAddress::Folder,
    }
}

fn place(folder: &Path, database: DatabaseAddress, vault: VaultConfig, keys: &Keys) -> StoreOptions {
    StoreOptions { database, vault, ..StoreOptions::new(folder.join("data"), keys.clone()) }
}

fn operator() -> Actor {
    Actor::Operator("root".into())
}

pub(crate) async fn with_everything(store: &Store, numbers: std::ops::Range<u128>) -> Vec<(ItemId, Bytes)> {
    let mut items = Vec::new();
    for number in numbers {
        let sample = Sample::new(number);
        let mut keep = sample.keep(store, ItemKind::Quarantine).await;
        keep.outbox.push(notice("Subject: Your message\r\n\r\nA notice\r\n"));
        if number % 3 == 0 {
            let clinic = address("clinic@harbour.example");
            keep.records.push(NewRecord {
                school: school(),
                parties: vec![RecordParty { address: clinic, role: Role::Parent }],
                people: vec![],
                message_id: Some(format!("{number}@oakfield.example")),
                answers: vec![],
                attachments: 0,
            });
        }
        let kept = store.keep(keep).await.unwrap();
        items.push((kept.items[0].clone(), sample.raw));
    }
    items
}

async fn all_readable(store: &Store, items: &[(ItemId, Bytes)]) {
    for (id, raw) in items {
        assert_eq!(store.raw(id, &lead(), Purpose::Facts).await.unwrap(), raw);
    }
    let scrub = store.scrub().await.unwrap();
    assert!(scrub.faults.is_empty() && scrub.orphans == 0, "{scrub:?}");
    store.ledger_verify().await.unwrap().unwrap();
}

fn with_custodian() -> Keys {
    let folder = tempfile::tempdir().unwrap();
    let records = keys::generate_identity(&folder.path().join("head.txt"), "records custodian").unwrap();
    Keys::new(Some(WorkingKey::ephemeral()), &[], &[records]).unwrap()
}

/// Made while mail comes in, made again, restored into the other database: every item is readable.
#[tokio::test]
async fn a_backup_made_while_the_gate_runs_is_restored_whole() {
    let bench = Bench::with(with_custodian()).await;
    let store = &bench.store;
    let items = with_everything(store, 1..20).await;
    let copy = bench.folder.path().join("copy");
    let (meanwhile, report) =
        futures_util::future::join(with_everything(store, 100..120), store.backup(&copy, &operator())).await;
    let report = report.unwrap();
    assert!(report.objects >= 19 + 6 && report.faults.is_empty(), "{report:?}");
    // What was purged since is taken out of the next one, what is there is not carried again.
    let dropped = store.keep_provisionally(Sample::new(500).keep(store, ItemKind::Hold).await).await.unwrap();
    let with_it = store.backup(&copy, &operator()).await.unwrap();
    store.discard(dropped, 550).await.unwrap();
    store.purge_due().await.unwrap();
    let again = store.backup(&copy, &operator()).await.unwrap();
    assert_eq!((again.there, again.objects, again.taken_out), (again.objects, with_it.objects - 1, 1));
    assert!(store.backup(bench.folder.path(), &operator()).await.is_err(), "that folder holds other things");

    let elsewhere = tempfile::tempdir().unwrap();
    let into = place(elsewhere.path(), other_database(), VaultConfig::Folder, &bench.keys);
    let backup = Backup::open(&copy).unwrap();
    let filled = restore(&backup, into.clone(), &operator()).await.unwrap();
    assert_eq!((filled.objects, filled.faults.len(), filled.rows), (again.objects, 0, again.rows));
    assert!(restore(&backup, into.clone(), &operator()).await.is_err(), "it is not empty any more");
    let restored = Store::open(into).await.unwrap();
    all_readable(&restored, &[items, meanwhile].concat()).await;
    // And it goes on: new rows get new numbers, the chain continues.
    let more = with_everything(&restored, 900..903).await;
    all_readable(&restored, &more).await;
}

/// The rows of the only backup in a folder.
fn rows_of(copy: &Path) -> std::path::PathBuf {
    let files = std::fs::read_dir(copy).unwrap().map(|entry| entry.unwrap().path());
    let mut rows: Vec<_> = files.filter(|path| path.to_str().unwrap().ends_with(".jsonl.zst")).collect();
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

/// Until the last moment the backup before is the one that counts; what was cut off is cleaned by the next.
#[tokio::test]
async fn a_backup_that_is_cut_off_leaves_the_one_before_whole() {
    let bench = Bench::with(with_custodian()).await;
    let before = with_everything(&bench.store, 1..4).await;
    let gone = bench.store.keep_provisionally(Sample::new(9).keep(&bench.store, ItemKind::Hold).await);
    let gone = gone.await.unwrap();
    let copy = bench.folder.path().join("copy");
    bench.store.backup(&copy, &operator()).await.unwrap();
    bench.store.discard(gone, 550).await.unwrap();
    bench.store.purge_due().await.unwrap();
    with_everything(&bench.store, 10..12).await;
    // The manifest cannot be written.
    std::fs::create_dir(copy.join("manifest.new")).unwrap();
    bench.store.backup(&copy, &operator()).await.unwrap_err();
    let elsewhere = tempfile::tempdir().unwrap();
    let into = place(elsewhere.path(), other_database(), VaultConfig::Folder, &bench.keys);
    let filled = restore(&Backup::open(&copy).unwrap(), into.clone(), &operator()).await.unwrap();
    assert_eq!(
        (filled.faults.len(), filled.objects),
        (0, 5),
        "three, one of them with a record, and the one that went"
    );
    let restored = Store::open(into).await.unwrap();
    all_readable(&restored, &before).await;
    std::fs::remove_dir(copy.join("manifest.new")).unwrap();
    for cut in ["manifest.new", "rows.new", "store-key.new", "store-key-0123456789abcdef.new"] {
        std::fs::write(copy.join(cut), b"{").unwrap();
    }
    assert_eq!(bench.store.backup(&copy, &operator()).await.unwrap().taken_out, 1);
    rows_of(&copy);
    assert_eq!(std::fs::read_dir(&copy).unwrap().count(), 4, "manifest, rows, key, vault");
    Backup::open(&copy).unwrap();
}

/// A new place that somebody has looked at, or begun and not used, is as good as empty.
#[tokio::test]
async fn a_store_that_has_nothing_in_it_gives_way_to_a_restore() {
    let bench = Bench::new().await;
    let items = with_everything(&bench.store, 1..3).await;
    let copy = bench.folder.path().join("copy");
    bench.store.backup(&copy, &operator()).await.unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let into = place(elsewhere.path(), other_database(), VaultConfig::Folder, &bench.keys);
    let look = StoreOptions { beginning: Beginning::Never, ..into.clone() };
    assert!(matches!(Store::open(look).await.err(), Some(StoreError::NotBegun(_))));
    Store::open(into.clone()).await.unwrap().close().await;
    let backup = Backup::open(&copy).unwrap();
    // What lies in its vault already is not of the backup.
    let stray = elsewhere.path().join("data/vault/2026-01/working");
    std::fs::create_dir_all(&stray).unwrap();
    std::fs::write(stray.join("0000000000000000000000ABCD.age"), b"younger").unwrap();
    let refused = restore(&backup, into.clone(), &operator()).await.unwrap_err();
    assert!(refused.to_string().contains("1 objects that are not of what comes"), "{refused}");
    std::fs::remove_dir_all(elsewhere.path().join("data/vault/2026-01")).unwrap();
    restore(&backup, into.clone(), &operator()).await.unwrap();
    all_readable(&Store::open(into).await.unwrap(), &items).await;
}

/// Two stores with one vault: whoever is not its own neither writes there nor takes anything away.
#[tokio::test]
async fn the_vault_of_another_store_is_left_alone() {
    let (ours, other) = (Bench::new().await, Bench::new().await);
    let kept = Sample::new(1).held(&ours.store, ItemKind::Quarantine).await;
    Sample::new(2).held(&other.store, ItemKind::Quarantine).await;
    let (vault, theirs) = (ours.folder.path().join("data/vault"), other.folder.path().join("data/vault"));
    std::fs::remove_dir_all(&theirs).unwrap();
    std::os::unix::fs::symlink(&vault, &theirs).unwrap();
    let other = other.reopen().await;
    other.pass(TimeDelta::days(2));
    let keep = other.store.keep(Sample::new(3).keep(&other.store, ItemKind::Hold).await).await;
    assert!(matches!(keep, Err(StoreError::ForeignVault(_))), "{:?}", keep.err());
    assert!(matches!(other.store.scrub().await, Err(StoreError::ForeignVault(_))));
    // From before there were marks: there are more files than it knows objects, so it is not theirs.
    std::fs::remove_file(vault.join("store-id")).unwrap();
    let scrub = other.store.scrub().await.unwrap();
    assert_eq!((scrub.orphans, scrub.swept), (1, Swept::Spared));
    assert!(ours.store.raw(&kept, &lead(), Purpose::Facts).await.is_ok());
}

#[tokio::test]
async fn a_damaged_backup_says_so() {
    let bench = Bench::new().await;
    for number in 1..4 {
        Sample::new(number).held(&bench.store, ItemKind::Hold).await;
    }
    let copy = bench.folder.path().join("copy");
    bench.store.backup(&copy, &operator()).await.unwrap();
    let path = rows_of(&copy);
    let rows = std::fs::read(&path).unwrap();
    std::fs::write(&path, &rows[..rows.len() - 1]).unwrap();
    let said = Backup::open(&copy).err().unwrap().to_string();
    assert!(said.contains("not those that its manifest.json names"), "{said}");
    std::fs::write(&path, rows).unwrap();
    // An object that was changed in the backup is named; all else is restored.
    let month = std::fs::read_dir(copy.join("vault")).unwrap().next().unwrap().unwrap().path();
    let object = std::fs::read_dir(month.join("working")).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(&object).unwrap();
    std::fs::write(&object, b"other").unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let into = place(elsewhere.path(), other_database(), VaultConfig::Folder, &bench.keys);
    let filled = restore(&Backup::open(&copy).unwrap(), into.clone(), &operator()).await.unwrap();
    assert_eq!(
        (filled.objects, filled.faults.len(), filled.faults[0].fault),
        (2, 1, "was changed in the backup")
    );
    let restored = Store::open(into).await.unwrap();
    assert_eq!(restored.scrub().await.unwrap().faults.len(), 1);
    restored.ledger_verify().await.unwrap().unwrap();
}

/// To the other database and to S3; cut off while objects are carried. Killed at every step: `store_cli`.
#[tokio::test]
async fn a_store_moves_to_the_other_kind_and_a_bucket() {
    let bench = Bench::with(with_custodian()).await;
    let items = with_everything(&bench.store, 1..31).await;
    let bucket = s3::server().bucket(BucketKind::Plain);
    let way = crate::s3::Way::new().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let database = other_database();
    let keys = bench.keys.clone();
    let into = |address| place(elsewhere.path(), database.clone(), bucket.at(address, None), &keys);
    let operator = operator();
    let moving = move_to(&bench.store, into(way.address), &operator);
    let cut = async {
        while bucket.keys().len() < 5 {
            tokio::task::yield_now().await;
        }
        way.shut().await;
    };
    let (moved, ()) = futures_util::future::join(moving, cut).await;
    assert!(moved.unwrap_err().is_passing());
    assert!(bucket.keys().len() < 40, "it was cut off in the middle");
    // The old store is used as ever meanwhile.
    bench.store.raw(&items[0].0, &lead(), Purpose::Facts).await.unwrap();
    let moved = move_to(&bench.store, into(s3::server().address), &operator).await.unwrap();
    let Moved::Now(moved) = moved else { panic!("it was not moved before") };
    assert!(moved.there >= 5 && moved.faults.is_empty(), "{moved:?}");
    assert_eq!(bucket.keys().len() as u64, moved.objects, "everything once");
    let Bench { store, folder, clock, .. } = bench;
    store.close().await;
    let refused = open_at(folder.path(), keys.clone(), &clock).await.err().unwrap();
    assert!(matches!(refused, StoreError::Moved(_)), "{refused}");
    let old = place(folder.path(), database_of(folder.path()), VaultConfig::Folder, &keys);
    let old = Store::open_moved(old).await.unwrap();
    assert!(old.scrub().await.unwrap().faults.is_empty(), "the old store is as it was");
    let new = Store::open(into(s3::server().address)).await.unwrap();
    all_readable(&new, &items).await;
    all_readable(&new, &with_everything(&new, 700..702).await).await;
}
