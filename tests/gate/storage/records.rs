//! Records: filed by person and never by household, threads that keep parents apart,
//! leave to read an absent colleague's mail.

use super::{custody::with_custodians, *};
use std::path::PathBuf;

/// Opens a record, naming nobody.
pub(super) async fn open(
    store: &Store,
    id: &RecordId,
    identity: &Path,
    actor: &Actor,
    purpose: Purpose,
) -> Result<RecordExport, StoreError> {
    let custodian = keys::unlock(identity).unwrap();
    store.record_export(id, &custodian, actor, RecordLook::Shown, &purpose.into(), []).await
}

pub(super) fn record(people: &[(&str, FiledAs)], message_id: &str, answers: &[&str]) -> NewRecord {
    let filed = |(person, filed_as): &(&str, FiledAs)| Filed {
        person: PersonId((*person).into()),
        filed_as: *filed_as,
        certainty: Certainty::Certain,
    };
    NewRecord {
        school: school(),
        parties: vec![],
        people: people.iter().map(filed).collect(),
        message_id: Some(message_id.into()),
        answers: answers.iter().map(|a| (*a).to_owned()).collect(),
        attachments: 1,
    }
}

struct Archive {
    bench: Bench,
    custodian: PathBuf,
    _outside: tempfile::TempDir,
}

impl Archive {
    async fn new() -> Self {
        let outside = tempfile::tempdir().unwrap();
        let bench = Bench::with(with_custodians(outside.path())).await;
        Self { bench, custodian: outside.path().join("head.txt"), _outside: outside }
    }

    async fn keep(&self, n: u128, record: NewRecord) -> RecordId {
        let mut keep = Sample::new(n).keep(&self.bench.store, ItemKind::Hold).await;
        keep.items.clear();
        keep.records.push(record);
        self.bench.store.keep(keep).await.unwrap().records.remove(0)
    }

    async fn found(&self, people: &[(&str, FiledAs)]) -> Vec<RecordId> {
        let filed = people.iter().map(|(p, f)| (PersonId((*p).into()), Some(*f))).collect();
        let (search, why) = (Search { filed, ..Default::default() }, Purpose::Complaint.into());
        let found = self.bench.store.search_records(&search, &|_| true, &lead(), &why).await;
        found.unwrap().hits.into_iter().map(|r| r.id).collect()
    }
}

/// practice.md, A10: both wrote to the same teacher about the same child.
#[tokio::test]
async fn what_one_parent_wrote_never_shows_under_the_other() {
    use FiledAs::*;
    let archive = Archive::new().await;
    let store = &archive.bench.store;
    let mother = archive.keep(1, record(&[("m", Parent), ("c", Child), ("t", Staff)], "1@a", &[])).await;
    let both = archive
        .keep(2, record(&[("m", Parent), ("f", Parent), ("c", Child), ("t", Staff)], "2@a", &["1@a"]))
        .await;
    let father =
        archive.keep(3, record(&[("f", Parent), ("c", Child), ("t", Staff)], "3@a", &["1@a", "2@a"])).await;
    archive.keep(4, record(&[("m", Parent), ("other", Child)], "4@a", &[])).await;
    assert_eq!(archive.found(&[("f", Parent)]).await, [father.clone(), both.clone()]);
    assert_eq!(archive.found(&[("m", Parent), ("c", Child)]).await, [both.clone(), mother.clone()]);
    assert_eq!(archive.found(&[("c", Child), ("t", Staff)]).await.len(), 3);
    // A parent is not found as staff, and a hash of one kind is no other.
    assert!(archive.found(&[("m", Staff)]).await.is_empty());

    let thread = async |id: &RecordId, parent: Option<&str>| {
        let parent = parent.map(|p| PersonId(p.into()));
        let found = store.records_thread(id, parent.as_ref(), &lead(), &Purpose::Complaint.into()).await?;
        Ok::<_, StoreError>(found.into_iter().map(|r| r.id).collect::<Vec<_>>())
    };
    assert_eq!(thread(&father, None).await.unwrap(), [both.clone(), father.clone()]);
    assert_eq!(thread(&mother, None).await.unwrap(), [mother.clone(), both.clone()]);
    assert_eq!(thread(&both, Some("m")).await.unwrap(), [mother.clone(), both.clone()]);
    assert!(matches!(thread(&both, None).await, Err(StoreError::NotAllowed(_))), "whose?");
    assert!(matches!(thread(&mother, Some("f")).await, Err(StoreError::NotAllowed(_))));
    archive.bench.verify().await;
}

/// practice.md, A4: a message is one, whether it waits, is recorded, or both.
#[tokio::test]
async fn who_is_accused_in_an_item_is_accused_in_the_record_of_the_same_message() {
    let archive = Archive::new().await;
    let store = &archive.bench.store;
    let mut keep = Sample::new(1).keep(store, ItemKind::Quarantine).await;
    let item = keep.items[0].id.clone();
    keep.records.push(record(&[("m", FiledAs::Parent)], "1@a", &[]));
    let of_it = store.keep(keep).await.unwrap().records.remove(0);
    let other = archive.keep(2, record(&[("m", FiledAs::Parent)], "2@a", &[])).await;
    let person = store.faces([&PersonId("t".into())], []).unwrap();
    let is_accused = async |id: &RecordId| store.record_case(id).await.unwrap().accused.contains(&person[0]);
    assert!(!is_accused(&of_it).await);
    let say = async |word| {
        let (person, why) = (person.clone(), "a parent says so".to_owned());
        let said = AccusedInItem { person, word, matter: None, why, outbox: vec![] };
        assert!(store.item_accused(&item, &school(), said, &lead()).await.unwrap());
    };
    say(Accusation::Confirmed).await;
    assert!(is_accused(&of_it).await && !is_accused(&other).await);
    say(Accusation::Refused).await;
    assert!(!is_accused(&of_it).await);
}

#[tokio::test]
async fn an_absent_colleagues_record_opens_with_leave_of_somebody_else_until_it_ends() {
    let archive = Archive::new().await;
    let store = &archive.bench.store;
    let id = archive.keep(1, record(&[("m", FiledAs::Parent), ("t", FiledAs::Staff)], "1@a", &[])).await;
    let head = Actor::Person(PersonId("head".into()));
    let look = async |actor: &Actor| open(store, &id, &archive.custodian, actor, Purpose::Absence).await;
    let refused = |r: Result<RecordExport, StoreError>| matches!(r, Err(StoreError::NoLeave(_)));
    assert!(refused(look(&lead()).await), "nobody gave leave");
    let owner = PersonId("t".into());
    let end = archive.bench.store_now() + TimeDelta::days(2);
    let too_long = end + TimeDelta::days(60);
    assert!(store.allow_absence_access(&owner, &head, too_long, "ill").await.is_err());
    let other = PersonId("other".into());
    store.allow_absence_access(&other, &head, end, "ill").await.unwrap();
    assert!(refused(look(&lead()).await), "leave for somebody else's mail");
    store.allow_absence_access(&owner, &head, end, "ill").await.unwrap();
    assert!(refused(look(&head).await), "who approves does not use it");
    assert_eq!(look(&lead()).await.unwrap().raw, Sample::new(1).raw);
    let last = store.history(id.as_str()).await.unwrap().pop().unwrap();
    assert!(last.details.contains(r#""purpose":"absence""#) && last.details.contains(r#""access":"#));
    archive.bench.pass(TimeDelta::days(3));
    assert!(refused(look(&lead()).await), "it is over");
}
