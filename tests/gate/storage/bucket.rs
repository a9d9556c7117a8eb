//! The vault in a bucket of a real S3 server: nothing is overwritten, what somebody with
//! the credentials does to an object shows or is undone by versions, and a server that is
//! away defers mail and is found again.

use super::*;
use crate::s3::{self, Kind, TestBucket, Way};
use gatehouse::config::{LockConfig, LockMode, VaultConfig};

async fn open(folder: &Path, vault: VaultConfig) -> Store {
    let database = database_of(folder);
    let options = StoreOptions { vault, database, ..StoreOptions::new(folder.join("data"), keys()) };
    Store::open(options).await.unwrap()
}

fn only(bucket: &TestBucket) -> String {
    let keys = bucket.keys();
    assert_eq!(keys.len(), 1, "{keys:?}");
    keys[0].clone()
}

#[tokio::test]
async fn what_is_kept_lies_in_the_bucket_and_is_read_back() {
    let bucket = s3::server().bucket(Kind::Plain);
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), bucket.config()).await;
    let sample = Sample::new(1);
    let id = sample.held(&store, ItemKind::Quarantine).await;
    let key = only(&bucket);
    assert!(key.starts_with("gate/one/") && key.ends_with(".age"), "{key}");
    assert!(!std::fs::exists(folder.path().join("data/vault/2026")).unwrap());
    let raw = store.raw(&id, &lead(), "look").await.unwrap();
    assert_eq!(raw, sample.raw);
    let scrub = store.scrub().await.unwrap();
    assert_eq!((scrub.objects, scrub.orphans, scrub.faults.len()), (1, 0, 0));
    let provisional =
        store.keep_provisionally(Sample::new(2).keep(&store, ItemKind::Hold).await).await.unwrap();
    assert_eq!(bucket.keys().len(), 2);
    store.discard(provisional, 550).await.unwrap();
    store.purge_due().await.unwrap();
    assert_eq!(only(&bucket), key);
    store.ledger_verify().await.unwrap().unwrap();
}

/// Without versions it is gone, and said; with versions the object below is still ours.
#[tokio::test]
async fn an_object_that_somebody_changed_or_deleted_is_found_out_or_found_again() {
    for kind in [Kind::Plain, Kind::Lockable] {
        for harm in ["overwritten", "deleted"] {
            let bucket = s3::server().bucket(kind);
            let folder = tempfile::tempdir().unwrap();
            let store = open(folder.path(), bucket.config()).await;
            let sample = Sample::new(1);
            let id = sample.held(&store, ItemKind::Quarantine).await;
            let key = only(&bucket);
            match harm {
                "overwritten" => assert_eq!(bucket.overwrite(&key, b"other"), 200),
                _ => assert_eq!(bucket.delete(&key), 204),
            }
            let read = store.raw(&id, &lead(), "look").await;
            let faults = store.scrub().await.unwrap().faults;
            if kind == Kind::Lockable {
                assert_eq!(read.unwrap(), sample.raw, "{harm}");
                assert!(faults.is_empty());
            } else {
                let fault = if harm == "deleted" { "is missing" } else { "was changed" };
                assert!(read.is_err_and(|e| e.to_string().ends_with(fault)), "{harm}");
                assert_eq!(faults.iter().map(|f| f.fault).collect::<Vec<_>>(), [fault]);
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_a_passing_failure_and_is_found_again() {
    let bucket = s3::server().bucket(Kind::Plain);
    let folder = tempfile::tempdir().unwrap();
    let way = Way::new().await;
    let store = open(folder.path(), bucket.at(way.address, None)).await;
    Sample::new(1).held(&store, ItemKind::Hold).await;
    way.shut().await;
    let keep = Sample::new(2).keep(&store, ItemKind::Hold).await;
    let error = store.keep(keep).await.unwrap_err();
    assert!(error.is_passing() && matches!(error, StoreError::VaultAway(_)), "{error}");
    way.reopen();
    Sample::new(2).held(&store, ItemKind::Hold).await;
    assert_eq!(bucket.keys().len(), 2);
    assert_eq!(store.counts().await.unwrap().open_holds, 2);
}

#[tokio::test]
async fn wrong_credentials_and_a_missing_bucket_say_what_to_mend() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = s3::server().bucket(Kind::Plain);
    let VaultConfig::Bucket(mut config) = bucket.config() else { unreachable!() };
    let file = folder.path().join("credentials");
    std::fs::write(&file, "aws_access_key_id = gate\n").unwrap();
    config.credentials = gatehouse::config::BucketCredentials::File(file.clone());
    let options = |vault| StoreOptions { vault, ..StoreOptions::new(folder.path().join("data"), keys()) };
    let missing = Store::open(options(VaultConfig::Bucket(config.clone()))).await.err().unwrap();
    assert!(missing.to_string().contains("`aws_secret_access_key`"), "{missing}");
    std::fs::write(&file, "aws_access_key_id = gate\naws_secret_access_key = other\n").unwrap();
    let store = open(&folder.path().join("2"), VaultConfig::Bucket(config)).await;
    let keep = Sample::new(1).keep(&store, ItemKind::Hold).await;
    let wrong = store.keep(keep).await.unwrap_err();
    assert!(!wrong.is_passing() && wrong.to_string().contains("credentials of [vault]"), "{wrong}");
}

fn locked(mode: LockMode, seconds: u64) -> Option<LockConfig> {
    let time = std::time::Duration::from_secs(seconds);
    Some(LockConfig { mode, working: time, records: time })
}

fn events(ledger: &str, name: &str) -> Vec<serde_json::Value> {
    let rows = ledger.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
    rows.filter(|row| row["event"] == name).collect()
}

async fn ledger_of(store: &Store) -> String {
    let mut out = Vec::new();
    store.ledger_export(&mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

/// The lock is the server's: no word of ours, and none of whoever has the credentials, deletes
/// the object before its time.
#[tokio::test]
async fn a_locked_object_is_purged_when_its_lock_has_ended_and_not_before() {
    let bucket = s3::server().bucket(Kind::Lockable);
    let folder = tempfile::tempdir().unwrap();
    let vault = bucket.at(s3::server().address, locked(LockMode::Compliance, 4));
    let store = open(folder.path(), vault).await;
    let keep = Sample::new(1).keep(&store, ItemKind::Hold).await;
    let provisional = store.keep_provisionally(keep).await.unwrap();
    let key = only(&bucket);
    let version = bucket.version_of(&key);
    assert_eq!(bucket.delete(&format!("{key}?versionId={version}")), 403);
    store.discard(provisional, 550).await.unwrap();
    store.purge_due().await.unwrap();
    assert_eq!(only(&bucket), key);
    let refused = events(&ledger_of(&store).await, "object.purge-refused");
    assert_eq!(refused.len(), 1, "said once");
    let details = refused[0]["details"].to_string();
    assert!(
        details.contains("COMPLIANCE") && details.contains("gate") && details.contains("dropped"),
        "{details}"
    );
    assert!(events(&ledger_of(&store).await, "object.purged").is_empty());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while store.purge_due().await.unwrap().gone == 0 {
        assert!(std::time::Instant::now() < deadline, "the lock does not end");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert!(bucket.versions().is_empty(), "no version and no marker is left");
    assert_eq!(events(&ledger_of(&store).await, "object.purged").len(), 1);
    store.ledger_verify().await.unwrap().unwrap();
}

/// A fault is found by the hourly part, said once in the ledger however often it is looked at, and
/// its end too.
#[tokio::test]
async fn the_hourly_scrub_goes_round_and_says_each_fault_once() {
    let bench = Bench::new().await;
    for number in 1..=3 {
        Sample::new(number).held(&bench.store, ItemKind::Hold).await;
    }
    let some = async || bench.store.scrub_some().await.unwrap();
    assert_eq!((some().await.objects, some().await.objects), (3, 0), "a second look comes a week later");
    let (path, bytes) = bench
        .files()
        .into_iter()
        .find(|(path, _)| {
            path.extension() == Some("age".as_ref()) && path.to_string_lossy().contains("vault")
        })
        .unwrap();
    std::fs::remove_file(&path).unwrap();
    for _ in 0..2 {
        bench.pass(TimeDelta::days(8));
        assert_eq!(some().await.faults.iter().map(|f| f.fault).collect::<Vec<_>>(), ["is missing"]);
    }
    std::fs::write(&path, bytes).unwrap();
    bench.pass(TimeDelta::days(8));
    assert!(some().await.faults.is_empty());
    let ledger = ledger_of(&bench.store).await;
    assert_eq!((events(&ledger, "object.faulty").len(), events(&ledger, "object.sound").len()), (1, 1));
}
