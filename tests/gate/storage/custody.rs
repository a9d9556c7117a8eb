//! What lies on the disk: nothing that a thief can read, everything that the public
//! tools open, and a clear word when an object is not what it was.

use super::{
    records::{open, record},
    *,
};
use gatehouse::{config::WorkingKeySource, parties::Role};
use std::{os::unix::fs::PermissionsExt, process::Stdio};

const CANARIES: [&str; 8] = [
    "Canary words",
    "Trip list",
    "t.harrow",
    "oakfield.example",
    "harbour.example",
    "NHS number",
    "wrong family",
    "staff-7",
];

/// Keys with a custodian for the records; the folder holds the private files.
pub(super) fn with_custodians(folder: &Path) -> Keys {
    let working = WorkingKey::generate_to(&folder.join("working.txt")).unwrap();
    let recovery = keys::generate_identity(&folder.join("recovery.txt"), "recovery").unwrap();
    let records = keys::generate_identity(&folder.join("head.txt"), "records custodian").unwrap();
    Keys::new(Some(working), &[recovery], &[records]).unwrap()
}

async fn everything(store: &Store) -> (ItemId, RecordId) {
    let sample = Sample::new(1);
    let mut keep = sample.keep(store, ItemKind::Hold).await;
    keep.outbox.push(notice("Subject: Your message\r\n\r\nCanary words in a notice\r\n"));
    keep.records.push(NewRecord {
        school: school(),
        parties: vec![RecordParty { address: address("clinic@harbour.example"), role: Role::Parent }],
        people: vec![],
        message_id: Some("1@oakfield.example".into()),
        answers: vec![],
        attachments: 0,
    });
    keep.message.verdict = serde_json::json!({"note": "NHS number"});
    let kept = store.keep(keep).await.unwrap();
    let passed = Passed {
        message: Sample::new(2).logged(),
        bytes_out: Bytes::from_static(b"Canary words\r\n"),
        fate: PassFate::LeftWithMta { queue_id: Some("4XYZ".into()) },
        ledger: vec![],
    };
    store.log_passed(passed).await.unwrap();
    let id = kept.items[0].clone();
    store.item(&id, &owner(), Why::new(Purpose::Facts, "sent to the wrong family")).await.unwrap();
    let mut release = ruling(Decision::Release, owner());
    release.reason = Some("wrong family".into());
    store.decide(&id, release).await.unwrap();
    let job = store.outbox_claim(1, TimeDelta::minutes(1)).await.unwrap().remove(0);
    let text = "5.1.1 <clinic@harbour.example> Trip list";
    let reply = gatehouse::mail::Reply::new(451, (4, 1, 1), text);
    store.outbox_done(&job, vec![Attempt::Deferred { position: 0, reply }]).await.unwrap();
    (id, kept.records[0].clone())
}

#[tokio::test]
async fn a_thief_of_the_disk_reads_nothing() {
    let outside = tempfile::tempdir().unwrap();
    let bench = Bench::with(with_custodians(outside.path())).await;
    everything(&bench.store).await;
    let look = |when: &str| {
        let files = bench.files();
        assert!(files.iter().any(|(p, _)| p.ends_with("gatehouse.db")) && files.len() >= 5, "{when}");
        for (path, bytes) in files {
            for canary in CANARIES {
                let found =
                    memchr::memmem::find(&bytes.to_ascii_lowercase(), canary.to_lowercase().as_bytes());
                assert!(found.is_none(), "{when}: {} holds {canary:?}", path.display());
            }
        }
    };
    look("running, with a WAL");
    let mode = std::fs::metadata(bench.folder.path().join("data")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    bench.store.clone().close().await;
    look("closed");
}

/// The label and the bytes of an object, by Debian's programs alone: the small file of its
/// epoch opens with a holder's key, the object with what comes out.
pub(super) fn opened_publicly(key: &Path, epoch: &Path, object: &Path) -> (serde_json::Value, Vec<u8>) {
    let age = |identity: &Path, file: &Path| {
        let mut age = program("age");
        age.args(["-d", "-i"]).arg(identity).arg(file);
        age
    };
    let folder = tempfile::tempdir().unwrap();
    let identity = folder.path().join("epoch.txt");
    let small = age(key, epoch).output().unwrap();
    assert!(small.status.success(), "{}", String::from_utf8_lossy(&small.stderr));
    std::fs::write(&identity, small.stdout).unwrap();
    let mut age = age(&identity, object).stdout(Stdio::piped()).spawn().unwrap();
    let zstd = program("zstd").args(["-d", "-c"]).stdin(age.stdout.take().unwrap()).output().unwrap();
    assert!(age.wait().unwrap().success() && zstd.status.success());
    let end = memchr::memchr(b'\n', &zstd.stdout).unwrap();
    (serde_json::from_slice(&zstd.stdout[..end]).unwrap(), zstd.stdout[end + 1..].to_vec())
}

#[tokio::test]
async fn debian_s_age_and_zstd_open_an_object() {
    let outside = tempfile::tempdir().unwrap();
    let bench = Bench::with(with_custodians(outside.path())).await;
    everything(&bench.store).await;
    for (class, key) in [
        ("working", "working.txt"),
        ("working", "recovery.txt"),
        ("records", "head.txt"),
        ("records", "recovery.txt"),
    ] {
        let (path, _) = bench.files().into_iter().find(|(p, _)| p.iter().any(|part| part == class)).unwrap();
        let object = path.file_stem().unwrap().to_str().unwrap();
        let epoch = bench.store.epochs_of_object(object).await.unwrap().remove(0);
        let small = outside.path().join("epoch.age");
        std::fs::write(&small, bench.store.wrapped_epoch(&epoch).await.unwrap()).unwrap();
        let (label, raw) = opened_publicly(&outside.path().join(key), &small, &path);
        assert_eq!(label["recipients"][1]["address"], "second@harbour.example", "{class} {key}");
        assert_eq!(raw, &Sample::new(1).raw[..]);
    }
}

#[tokio::test]
async fn records_are_found_by_party_and_open_for_a_custodian_only() {
    let outside = tempfile::tempdir().unwrap();
    let bench = Bench::with(with_custodians(outside.path())).await;
    let (_, id) = everything(&bench.store).await;
    let store = &bench.store;
    let search = async |search: Search| {
        let why = Purpose::Complaint.into();
        store.search_records(&search, &|_| true, &lead(), &why).await.unwrap().hits.len()
    };
    let party = |a| Search { with: vec![vec![Correspondent::Address(address(a))]], ..Default::default() };
    assert_eq!(search(party("Clinic@harbour.example")).await, 1);
    assert_eq!(search(party("other@harbour.example")).await, 0);
    let past = Search { until: Some(Utc::now() - TimeDelta::days(1)), ..Default::default() };
    assert_eq!(search(past).await, 0);

    let opened =
        async |key: &str| open(store, &id, &outside.path().join(key), &lead(), Purpose::Complaint).await;
    let export = opened("head.txt").await.unwrap();
    assert_eq!((export.raw, export.envelope.recipients.len()), (Sample::new(1).raw, 2));
    assert!(opened("recovery.txt").await.is_ok());
    assert!(matches!(opened("working.txt").await, Err(StoreError::Object { .. })));
    let without = Bench::new().await;
    let mut keep = Sample::new(1).keep(&without.store, ItemKind::Hold).await;
    keep.records.push(record(&[], "1@oakfield.example", &[]));
    assert!(matches!(without.store.keep(keep).await, Err(StoreError::NoCustodian(_))));
    assert!(
        without
            .files()
            .iter()
            .all(|(p, _)| p.extension().is_none_or(|e| e != "age") || p.ends_with("store-key.age"))
    );
}

#[tokio::test]
async fn a_changed_or_missing_object_is_named_and_others_are_not_concerned() {
    let bench = Bench::new().await;
    let changed = Sample::new(1).held(&bench.store, ItemKind::Quarantine).await;
    let object = |bench: &Bench| {
        bench.files().into_iter().find(|(p, _)| p.iter().any(|part| part == "working")).unwrap()
    };
    let (path, mut bytes) = object(&bench);
    let good = Sample::new(2).held(&bench.store, ItemKind::Quarantine).await;
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let name = path.file_stem().unwrap().to_str().unwrap();
    let e = bench.store.raw(&changed, &lead(), Purpose::Facts).await.unwrap_err();
    assert_eq!(e.to_string(), format!("object {name}: was changed"));
    assert!(bench.store.decide(&changed, ruling(Decision::Release, lead())).await.is_err());
    assert!(bench.store.raw(&good, &lead(), Purpose::Facts).await.is_ok());
    std::fs::write(path.with_file_name("0000000000000000000000ABCD.age"), b"half").unwrap();
    std::fs::remove_file(&path).unwrap();
    let scrub = bench.store.scrub().await.unwrap();
    assert_eq!(scrub.faults, [ScrubFault { object: name.into(), fault: "is missing" }]);
    assert_eq!((scrub.objects, scrub.orphans), (2, 1));
    bench.pass(TimeDelta::days(2));
    bench.store.scrub().await.unwrap();
    assert_eq!(bench.store.scrub().await.unwrap().orphans, 0);
}

#[tokio::test]
async fn without_the_working_key_the_store_shows_what_is_clear_and_keeps_nothing() {
    let bench = Bench::new().await;
    let id = Sample::new(1).held(&bench.store, ItemKind::Hold).await;
    let clock = Arc::clone(&bench.clock);
    let none = open_at(bench.folder.path(), Keys::default(), &clock).await.unwrap();
    let counts = none.counts().await.unwrap();
    assert_eq!((counts.open_holds, counts.working_key), (1, false));
    assert_eq!(none.items(&ItemFilter::default()).await.unwrap()[0].id, id);
    let report = none.ledger_verify().await.unwrap().unwrap();
    assert!(report.rows > 0 && !report.sealed);
    assert!(matches!(none.raw(&id, &lead(), Purpose::Facts).await, Err(StoreError::NoWorkingKey)));
    assert!(matches!(
        none.log_fate(TransactionId(1), PassFate::NextHopAccepted).await,
        Err(StoreError::NoWorkingKey)
    ));
    let other = open_at(bench.folder.path(), keys(), &clock).await;
    assert!(matches!(other.err(), Some(StoreError::WrongWorkingKey)));
}

#[tokio::test]
async fn a_changed_working_key_opens_old_and_new_and_then_the_old_one_opens_nothing_new() {
    let bench = Bench::new().await;
    let outside = tempfile::tempdir().unwrap();
    let path = |name: &str| outside.path().join(name);
    for name in ["old", "new"] {
        WorkingKey::generate_to(&path(name)).unwrap();
    }
    let both = [path("new"), path("old")].map(|p| std::fs::read_to_string(p).unwrap()).concat();
    let keys_of = |text: &str| {
        let file = path("current");
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        Keys::new(Some(WorkingKey::from_source(&WorkingKeySource::File(file)).unwrap()), &[], &[]).unwrap()
    };
    let folder = outside.path().join("store");
    let old = keys_of(&std::fs::read_to_string(path("old")).unwrap());
    let store = open_at(&folder, old.clone(), &bench.clock).await.unwrap();
    let first = Sample::new(1).held(&store, ItemKind::Hold).await;
    store.close().await;
    let store = open_at(&folder, keys_of(&both), &bench.clock).await.unwrap();
    let second = Sample::new(2).held(&store, ItemKind::Hold).await;
    for id in [&first, &second] {
        store.raw(id, &lead(), Purpose::Facts).await.unwrap();
    }
    store.close().await;
    assert!(matches!(open_at(&folder, old, &bench.clock).await.err(), Some(StoreError::WrongWorkingKey)));
}

#[tokio::test]
async fn two_processes_share_one_store_and_one_chain() {
    let bench = Bench::new().await;
    let second = open_at(bench.folder.path(), bench.keys.clone(), &bench.clock).await.unwrap();
    let write = async |store: Store, from: u128| {
        for n in from..from + 20 {
            Sample::new(n).held(&store, ItemKind::Hold).await;
        }
    };
    let (one, two) = (tokio::spawn(write(bench.store.clone(), 100)), tokio::spawn(write(second, 200)));
    one.await.unwrap();
    two.await.unwrap();
    assert_eq!(bench.store.counts().await.unwrap().open_holds, 40);
    bench.verify().await;
}

#[test]
fn keys_are_written_for_their_owner_alone_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("working.txt");
    let made = WorkingKey::generate_to(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(matches!(WorkingKey::generate_to(&path), Err(KeyError::Exists(_))));
    let source = WorkingKeySource::File(path.clone());
    assert_eq!(WorkingKey::from_source(&source).unwrap().public(), made.public());
    let keygen = program("age-keygen").arg("-y").arg(&path).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&keygen.stdout).trim(), made.public());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(WorkingKey::from_source(&source), Err(KeyError::TooOpen(_))));
    assert!(!format!("{made:?}").contains("SECRET"));
}
