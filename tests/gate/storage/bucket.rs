//! The vault in a bucket of a real S3 server: nothing is overwritten, what somebody with
//! the credentials does to an object shows or is undone by versions, and a server that is
//! away defers mail and is found again.

use super::*;
use crate::s3::{self, Kind, TestBucket, Way};
use gatehouse::{
    config::{LockMode, VaultConfig},
    parties::{Period, Retention, Role},
};

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
    let raw = store.raw(&id, &lead(), Purpose::Facts).await.unwrap();
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
            let read = store.raw(&id, &lead(), Purpose::Facts).await;
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
    // A store that begins looks first whether there is something of another one.
    let wrong = Store::open(options(VaultConfig::Bucket(config))).await.err().unwrap();
    assert!(!wrong.is_passing() && wrong.to_string().contains("credentials of [vault]"), "{wrong}");
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

/// Keeps dismissed mail a week and knows a clock that the test sets: what it locks until its own
/// "in a week" ends by the server's clock when the test wants it to.
struct Locking {
    store: Store,
    bucket: TestBucket,
    clock: Arc<Mutex<DateTime<Utc>>>,
    folder: tempfile::TempDir,
}

const WEEK: TimeDelta = TimeDelta::days(7);

impl Locking {
    /// Whose clock is so far behind.
    async fn behind(time: TimeDelta) -> Self {
        let (bucket, folder) = (s3::server().bucket(Kind::Lockable), tempfile::tempdir().unwrap());
        let clock = Arc::new(Mutex::new(Utc::now() - time));
        let shared = Arc::clone(&clock);
        let times = Retention { dismissed: Period::days(7), ..Retention::default() };
        let keys = super::custody::with_custodians(folder.path());
        let options = StoreOptions {
            vault: bucket.at(s3::server().address, Some(LockMode::Compliance)),
            database: database_of(folder.path()),
            keeping: Keeping::new([(school(), times)]),
            clock: Arc::new(move || *shared.lock().unwrap()),
            ..StoreOptions::new(folder.path().join("data"), keys)
        };
        Self { store: Store::open(options).await.unwrap(), bucket, clock, folder }
    }

    fn now(&self) -> DateTime<Utc> {
        *self.clock.lock().unwrap()
    }

    async fn purged(&self) -> Retained {
        let due = DueBefore {
            school: Some(school()),
            dismissed: self.now() - WEEK,
            evidence: self.now() - TimeDelta::days(365),
            message_log: self.now() - TimeDelta::days(182),
        };
        self.store.retain(&due).await.unwrap()
    }

    /// Until when the server lets nobody delete the only object, to the second.
    fn locked_until(&self) -> DateTime<Utc> {
        self.bucket.locked_until(&only(&self.bucket)).unwrap()
    }
}

fn near(a: DateTime<Utc>, b: DateTime<Utc>) -> bool {
    (a - b).abs() < TimeDelta::seconds(5)
}

/// The lock is the server's: no word of ours, and none of whoever has the credentials, deletes
/// the object before its time; then retention does.
#[tokio::test]
async fn a_locked_object_is_purged_when_its_lock_has_ended_and_not_before() {
    let bench = Locking::behind(WEEK - TimeDelta::seconds(6)).await;
    let (store, bucket) = (&bench.store, &bench.bucket);
    let id = Sample::new(1).held(store, ItemKind::Quarantine).await;
    store.decide(&id, ruling(Decision::Return, lead())).await.unwrap();
    let key = only(bucket);
    assert!(near(bench.locked_until(), bench.now() + WEEK), "as long as its school keeps it");
    let version = bucket.version_of(&key);
    assert_eq!(bucket.delete(&format!("{key}?versionId={version}")), 403);
    // By the gate's clock the time is over, by the server's not yet.
    *bench.clock.lock().unwrap() += WEEK + TimeDelta::minutes(1);
    assert_eq!(bench.purged().await.items, 1);
    store.purge_due().await.unwrap();
    assert_eq!(only(bucket), key);
    let refused = events(&ledger_of(store).await, "object.purge-refused");
    assert_eq!(refused.len(), 1, "said once");
    let details = refused[0]["details"].to_string();
    assert!(
        details.contains("COMPLIANCE") && details.contains("gate") && details.contains("dismissed"),
        "{details}"
    );
    assert!(events(&ledger_of(store).await, "object.purged").is_empty());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while store.purge_due().await.unwrap().gone == 0 {
        assert!(std::time::Instant::now() < deadline, "the lock does not end");
        *bench.clock.lock().unwrap() += TimeDelta::minutes(1);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert!(bucket.versions().is_empty(), "no version and no marker is left");
    assert_eq!(events(&ledger_of(store).await, "object.purged").len(), 1);
    store.ledger_verify().await.unwrap().unwrap();
}

/// While no end is in sight the lock is made longer before it ends, with the attachment; a legal
/// hold at once; what the next hop may still refuse is not locked.
#[tokio::test]
async fn a_lock_grows_with_what_needs_the_object() {
    let bench = Locking::behind(TimeDelta::zero()).await;
    let store = &bench.store;
    let refused = store.keep_provisionally(Sample::new(1).keep(store, ItemKind::Hold).await).await.unwrap();
    assert_eq!(bench.bucket.locked_until(&only(&bench.bucket)), None);
    store.discard(refused, 550).await.unwrap();
    store.purge_due().await.unwrap();
    assert!(bench.bucket.versions().is_empty(), "refused mail goes at once");

    let id = Sample::new(2).held(store, ItemKind::Quarantine).await;
    let first = bench.locked_until();
    assert!(near(first, bench.now() + WEEK));
    assert_eq!(store.keep_locks().await.unwrap(), 0, "nothing to do yet");
    *bench.clock.lock().unwrap() += TimeDelta::days(4);
    assert_eq!(store.keep_locks().await.unwrap(), 1, "nobody has decided: it goes on");
    assert!(near(bench.locked_until(), first + TimeDelta::days(4)));
    store.decide(&id, ruling(Decision::Return, lead())).await.unwrap();
    *bench.clock.lock().unwrap() += TimeDelta::days(4);
    store.keep_locks().await.unwrap();
    assert!(near(bench.locked_until(), first + TimeDelta::days(4)), "a week after the decision and no more");
    let on = LegalSubject::Item(id.clone());
    store.set_legal_hold(on, &school(), &lead(), "tribunal").await.unwrap();
    store.keep_locks().await.unwrap();
    assert!(bench.locked_until() > bench.now() + TimeDelta::days(364));
    bench.purged().await;
    assert_eq!(store.item_summary(&id).await.unwrap().state, ItemState::Returned);
    store.ledger_verify().await.unwrap().unwrap();
}

/// Mail with parents: as long as the family is here, and from the day on which the last has left.
#[tokio::test]
async fn a_record_is_locked_until_its_family_has_left_long_enough_ago() {
    let bench = Locking::behind(TimeDelta::zero()).await;
    let store = &bench.store;
    let mut keep = Sample::new(1).keep(store, ItemKind::Hold).await;
    keep.items.clear();
    keep.records.push(NewRecord {
        parties: vec![RecordParty { address: address("claire@homemail.example"), role: Role::Parent }],
        ..super::records::record(&[], "1@x", &[])
    });
    let record = store.keep(keep).await.unwrap().records.remove(0);
    let year = |at: DateTime<Utc>| Period::years(1).after(at);
    let first = bench.now();
    assert!(near(bench.locked_until(), year(first)));
    *bench.clock.lock().unwrap() += TimeDelta::days(200);
    store.keep_locks().await.unwrap();
    assert!(near(bench.locked_until(), year(bench.now())), "they are still here");
    // They leave; half a year later the lock still ends a year after that day.
    let left = bench.now().date_naive();
    store.note_leaving(&[], left, &lead()).await.unwrap();
    let locked = bench.locked_until();
    *bench.clock.lock().unwrap() += TimeDelta::days(190);
    store.keep_locks().await.unwrap();
    assert_eq!(bench.locked_until(), locked);
    // A complaint has the longer time, as soon as it is looked at again.
    store.rule_record(&record, RecordRuling::Complaint, &lead(), "stage 2").await.unwrap();
    store.keep_locks().await.unwrap();
    assert!(bench.locked_until() > bench.now() + TimeDelta::days(5 * 365));
    assert!(bench.folder.path().exists());
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
