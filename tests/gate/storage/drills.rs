//! The drills of docs/keys.md, one test each: what a school does when people come and go,
//! when keys are lost, when the disk is. What opens, opens with Debian's `age` and `zstd`.

use super::{custody::opened_publicly, *};
use gatehouse::config::WorkingKeySource;
use std::{os::unix::fs::PermissionsExt, path::PathBuf};

/// Private keys in files outside of the store's folder, as people keep them.
struct People {
    folder: tempfile::TempDir,
}

impl People {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }
    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    /// Makes a key; its public half.
    fn key(&self, name: &str) -> String {
        keys::generate_identity(&self.file(name), name).unwrap()
    }
    fn unlocked(&self, name: &str) -> Identities {
        keys::unlock(&self.file(name)).unwrap()
    }
    /// A source of the working key that holds these, the first to encrypt.
    fn working(&self, names: &[&str]) -> WorkingKey {
        let text: String = names.iter().map(|n| std::fs::read_to_string(self.file(n)).unwrap()).collect();
        let file = self.file("working-source");
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        WorkingKey::from_source(&WorkingKeySource::File(file)).unwrap()
    }
}

fn parent_mail() -> Access {
    Access::of(Class::Records, &school())
}

/// One recorded message.
pub(crate) async fn recorded(store: &Store, number: u128) -> RecordId {
    let sample = Sample::new(number);
    let mut keep = sample.keep(store, ItemKind::Hold).await;
    keep.records.push(super::records::record(&[], "1@oakfield.example", &[]));
    store.keep(keep).await.unwrap().records.remove(0)
}

async fn opens(store: &Store, id: &RecordId, holder: &Identities) -> bool {
    let why = Purpose::SystemOperation.into();
    match store.record_export(id, holder, &lead(), RecordLook::Shown, &why, []).await {
        Ok(export) => export.raw.starts_with(b"From: "),
        Err(StoreError::Object { fault: "is not encrypted to this key", .. }) => false,
        Err(e) => panic!("{e}"),
    }
}

#[tokio::test]
async fn the_working_key_is_rotated_and_the_old_one_can_be_thrown_away() {
    let people = People::new();
    for name in ["old", "new"] {
        people.key(name);
    }
    let recovery = people.key("recovery");
    let keys_of = |names: &[&str]| {
        Keys::new(Some(people.working(names)), std::slice::from_ref(&recovery), &[]).unwrap()
    };
    let bench = Bench::with(keys_of(&["old"])).await;
    let first = Sample::new(1).held(&bench.store, ItemKind::Hold).await;
    let before = vault(&bench);

    // The service still runs with the old key while the new one is brought in.
    let rotated = open_at(bench.folder.path(), keys_of(&["new", "old"]), &bench.clock).await.unwrap();
    assert_eq!(rotated.working_check().await.unwrap(), Rotation { wrapped: 1, stuck: 0, direct: 0 });
    rotated.close().await;
    let second = Sample::new(2).held(&bench.store, ItemKind::Hold).await;
    bench.pass(TimeDelta::days(40));
    let third = Sample::new(3).held(&bench.store, ItemKind::Hold).await;
    bench.store.clone().close().await;

    // The old key is gone; everything opens, and no object was touched.
    let bench = Bench { keys: keys_of(&["new"]), ..bench }.reopen().await;
    for id in [&first, &second, &third] {
        bench.store.raw(id, &lead(), Purpose::Facts).await.unwrap();
    }
    let found = bench.store.working_check().await.unwrap();
    assert_eq!(found, Rotation { wrapped: 2, stuck: 0, direct: 0 });
    assert!(before.iter().all(|object| vault(&bench).contains(object)));
    let old = open_at(bench.folder.path(), keys_of(&["old"]), &bench.clock).await;
    assert!(matches!(old.err(), Some(StoreError::WrongWorkingKey)));
    assert!(bench.store.scrub().await.unwrap().faults.is_empty());
    bench.verify().await;
}

/// Every object with its bytes.
fn vault(bench: &Bench) -> Vec<(PathBuf, Vec<u8>)> {
    bench.files().into_iter().filter(|(path, _)| path.iter().any(|part| part == "vault")).collect()
}

#[tokio::test]
async fn a_custodian_joins_from_now_on_and_for_old_epochs_on_request() {
    let people = People::new();
    let (head, deputy) = (people.key("head"), people.key("deputy"));
    let keys = Keys::new(Some(WorkingKey::ephemeral()), &[], &[head]).unwrap();
    let bench = Bench::with(keys).await;
    let store = &bench.store;
    let old = recorded(store, 1).await;
    assert!(
        matches!(store.custodians(&parent_mail()).await.unwrap(), Custodians::Configured(k) if k.len() == 1)
    );

    let join = async |public: &str| {
        store.custodian_join(&parent_mail(), "the deputy", public, &lead(), "new in post").await
    };
    join(&deputy).await.unwrap();
    assert!(matches!(join(&deputy).await, Err(CustodianError::IsIn)));
    assert!(join("age1nonsense").await.is_err());
    let new = recorded(store, 2).await;
    let (head, deputy) = (people.unlocked("head"), people.unlocked("deputy"));
    assert!(opens(store, &new, &deputy).await && opens(store, &new, &head).await);
    assert!(opens(store, &old, &head).await && !opens(store, &old, &deputy).await);
    let Custodians::Named(named) = store.custodians(&parent_mail()).await.unwrap() else { panic!() };
    let names: std::collections::BTreeSet<_> = named.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["from [keys] records", "the deputy"].into());

    // The deputy cannot help herself; the head can.
    let rewrap = async |by: &Identities| {
        store.rewrap(&parent_mail(), &Since::Always, by, &lead(), "asked").await.unwrap()
    };
    assert_eq!(rewrap(&deputy).await, Rewrapped { done: 0, same: 1, stuck: 1 });
    assert_eq!(rewrap(&head).await, Rewrapped { done: 1, same: 1, stuck: 0 });
    assert!(opens(store, &old, &people.unlocked("deputy")).await);
    assert!(store.epochs().await.unwrap().iter().all(|epoch| epoch.up_to_date));
    assert!(store.scrub().await.unwrap().faults.is_empty());
    bench.verify().await;
}

#[tokio::test]
async fn a_custodian_leaves_and_opens_nothing_new_but_keeps_what_was_copied() {
    let people = People::new();
    let both = [people.key("head"), people.key("leaver")];
    let keys = Keys::new(Some(WorkingKey::ephemeral()), &[], &both).unwrap();
    let bench = Bench::with(keys).await;
    let store = &bench.store;
    let old = recorded(store, 1).await;
    let epoch = store.epochs().await.unwrap().into_iter().find(|e| e.access == parent_mail()).unwrap();
    let copy = people.file("copy.age");
    std::fs::write(&copy, store.wrapped_epoch(&epoch.id).await.unwrap()).unwrap();
    let object = vault(&bench).into_iter().find(|(p, _)| p.iter().any(|part| part == "records")).unwrap().0;

    let third = people.key("third");
    store.custodian_join(&parent_mail(), "third", &third, &lead(), "to have three").await.unwrap();
    let Custodians::Named(named) = store.custodians(&parent_mail()).await.unwrap() else { panic!() };
    let id = |name: &str| {
        named.iter().find(|c| c.public == people.unlocked(name).publics()[0]).unwrap().id.clone()
    };
    store.custodian_leave(&parent_mail(), &id("leaver"), &lead(), "has left the school").await.unwrap();
    let again = store.custodian_leave(&parent_mail(), &id("leaver"), &lead(), "").await;
    assert!(matches!(again, Err(CustodianError::NotIn(_))));
    store.custodian_leave(&parent_mail(), &id("third"), &lead(), "").await.unwrap();
    let last = store.custodian_leave(&parent_mail(), &id("head"), &lead(), "").await;
    assert!(matches!(last, Err(CustodianError::Last)));

    let new = recorded(store, 2).await;
    let (head, leaver) = (people.unlocked("head"), people.unlocked("leaver"));
    assert!(opens(store, &new, &head).await && !opens(store, &new, &leaver).await);
    store.rewrap(&parent_mail(), &Since::Always, &head, &lead(), "leaver").await.unwrap();
    assert!(opens(store, &old, &head).await && !opens(store, &old, &people.unlocked("leaver")).await);
    // An old copy of the small file stays what it was; docs/keys.md says so.
    opened_publicly(&people.file("leaver"), &copy, &object);
    // The keys in the configuration no longer count, and that is said.
    let faults = store.custodian_faults(&[school(), SchoolId("brynglas".into())]).await.unwrap();
    assert_eq!(faults.not_counting, [school()]);
    assert!(faults.nobody.is_empty());
    bench.verify().await;
}

#[tokio::test]
async fn a_custodian_s_key_is_lost_and_another_one_gives_access_again() {
    let people = People::new();
    let (head, lost, fresh) = (people.key("head"), people.key("lost"), people.key("fresh"));
    let keys = Keys::new(Some(WorkingKey::ephemeral()), &[], &[head, lost.clone()]).unwrap();
    let bench = Bench::with(keys).await;
    let store = &bench.store;
    let old = recorded(store, 1).await;
    store.custodian_join(&parent_mail(), "the same person", &fresh, &lead(), "key lost").await.unwrap();
    let Custodians::Named(named) = store.custodians(&parent_mail()).await.unwrap() else { panic!() };
    let gone = named.iter().find(|c| c.public == lost).unwrap();
    store.custodian_leave(&parent_mail(), &gone.id, &lead(), "key lost").await.unwrap();
    let head = people.unlocked("head");
    store.rewrap(&parent_mail(), &Since::Always, &head, &lead(), "key lost").await.unwrap();
    assert!(opens(store, &old, &people.unlocked("fresh")).await);
    assert!(!opens(store, &old, &people.unlocked("lost")).await);
    bench.verify().await;
}

/// The store's own tool, `age` and `zstd`: no Gatehouse, no working key. Who stole all of it
/// and has no holder's key gets no further than the small file.
#[tokio::test]
async fn an_object_opens_with_public_tools_alone_and_not_for_a_thief() {
    let people = People::new();
    let keys = Keys::new(Some(WorkingKey::ephemeral()), &[], &[people.key("head")]).unwrap();
    let bench = Bench::with(keys).await;
    recorded(&bench.store, 1).await;
    bench.store.clone().close().await;
    let object = vault(&bench).into_iter().find(|(p, _)| p.iter().any(|part| part == "records")).unwrap().0;
    let wrapped = match KIND {
        Kind::Sqlite => "hex(wrapped)",
        Kind::Postgres => "encode(wrapped, 'hex')",
    };
    let name = object.file_stem().unwrap().to_str().unwrap();
    let found = bench.try_sql(&format!(
        "SELECT {wrapped} FROM epoch WHERE id = (SELECT epoch FROM object_epoch WHERE object = '{name}')"
    ));
    let text = String::from_utf8(found.stdout).unwrap();
    let hex = text.split_whitespace().max_by_key(|word| word.len()).unwrap();
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    let small = people.file("epoch.age");
    std::fs::write(&small, (0..hex.len()).step_by(2).map(byte).collect::<Vec<_>>()).unwrap();
    let (label, raw) = opened_publicly(&people.file("head"), &small, &object);
    assert_eq!((label["bytes"].as_u64(), &raw[..]), (Some(raw.len() as u64), &Sample::new(1).raw[..]));
    people.key("thief");
    let tried = program("age").args(["-d", "-i"]).arg(people.file("thief")).arg(&small).output().unwrap();
    assert!(!tried.status.success());
}

/// Who can write to the disk but has no key cannot make the gate encrypt to another key.
#[tokio::test]
async fn a_recipient_put_into_the_store_by_somebody_else_is_refused() {
    let people = People::new();
    let keys = Keys::new(Some(WorkingKey::ephemeral()), &[], &[people.key("head")]).unwrap();
    let bench = Bench::with(keys).await;
    recorded(&bench.store, 1).await;
    let thief = people.key("thief");
    bench.store.clone().close().await;
    bench.sql(&format!("UPDATE epoch SET recipient = '{thief}'"));
    let bench = bench.reopen().await;
    let sample = Sample::new(2).keep(&bench.store, ItemKind::Hold).await;
    assert!(matches!(bench.store.keep(sample).await, Err(StoreError::Damaged(_))));
    assert_eq!(bench.store.scrub().await.unwrap().faults.len(), 2);
}
