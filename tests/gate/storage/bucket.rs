//! The vault in a bucket of a real S3 server: nothing is overwritten, what somebody with
//! the credentials does to an object shows or is undone by versions, and a server that is
//! away defers mail and is found again.

use super::*;
use crate::s3::{self, Kind, TestBucket};
use gatehouse::config::VaultConfig;
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
};
use tokio::net::{TcpListener, TcpStream};

async fn open(folder: &Path, vault: VaultConfig) -> Store {
    let options = StoreOptions { vault, ..StoreOptions::new(folder.join("data"), keys()) };
    Store::open(options).await.unwrap()
}

/// A place between the store and the server that can be shut.
struct Way {
    address: SocketAddr,
    open: Arc<AtomicBool>,
}

impl Way {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let open = Arc::new(AtomicBool::new(true));
        let is_open = Arc::clone(&open);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                if !is_open.load(Ordering::SeqCst) {
                    continue;
                }
                let is_open = Arc::clone(&is_open);
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(s3::server().address).await.unwrap();
                    let shut = async {
                        while is_open.load(Ordering::SeqCst) {
                            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                        }
                    };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        () = shut => {}
                    }
                });
            }
        });
        Self { address, open }
    }

    fn set(&self, open: bool) {
        self.open.store(open, Ordering::SeqCst);
    }
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
    way.set(false);
    let keep = Sample::new(2).keep(&store, ItemKind::Hold).await;
    let error = store.keep(keep).await.unwrap_err();
    assert!(error.is_passing() && matches!(error, StoreError::VaultAway(_)), "{error}");
    way.set(true);
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
