//! What is kept no longer: what goes, what stays, and the ledger's proof of both.

use super::{
    custody::with_custodians,
    records::record,
    steps::{kept, other},
    *,
};
use chrono::NaiveDate;
use gatehouse::parties::Role;

/// What a school with these times has due now.
pub(super) fn due(bench: &Bench) -> DueBefore {
    let now = bench.store_now();
    DueBefore {
        school: Some(school()),
        dismissed: now - TimeDelta::days(30),
        evidence: now - TimeDelta::days(365),
        message_log: now - TimeDelta::days(182),
    }
}

async fn item(bench: &Bench, kind: ItemKind, decision: Decision) -> ItemId {
    let store = &bench.store;
    let mut keep = kept(store, kind).await;
    keep.message.received_at = bench.store_now();
    let id = store.keep(keep).await.unwrap().items.remove(0);
    store.decide(&id, ruling(decision, lead())).await.unwrap();
    id
}

async fn state(bench: &Bench, id: &ItemId) -> ItemState {
    bench.store.item_summary(id).await.unwrap().state
}

#[tokio::test]
async fn what_is_due_goes_with_its_proof_and_what_is_held_stays() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let returned = item(&bench, ItemKind::Quarantine, Decision::Return).await;
    let withdrawn = item(&bench, ItemKind::Hold, Decision::Withdraw).await;
    let delayed = item(&bench, ItemKind::Grace, Decision::Withdraw).await;
    let sealed = item(&bench, ItemKind::Quarantine, Decision::Seal).await;
    let evidence = item(&bench, ItemKind::Quarantine, Decision::KeepAsEvidence).await;
    let exported = item(&bench, ItemKind::Quarantine, Decision::KeepAsEvidence).await;
    store.export_item(&exported, &lead(), Purpose::Facts).await.unwrap();
    let held = item(&bench, ItemKind::Quarantine, Decision::Return).await;
    let legal =
        store.set_legal_hold(LegalSubject::Item(held.clone()), &school(), &lead(), "tribunal").await.unwrap();
    let open = store.keep(kept(store, ItemKind::Quarantine).await).await.unwrap().items.remove(0);

    bench.pass(TimeDelta::days(29));
    let first = store.retain(&due(&bench)).await.unwrap();
    assert_eq!(first.items, 1, "what was only delayed stays a day");
    assert_eq!(state(&bench, &delayed).await, ItemState::Purged);
    bench.pass(TimeDelta::days(2));
    assert_eq!(store.retain(&due(&bench)).await.unwrap().items, 2);
    for id in [&returned, &withdrawn] {
        assert_eq!(state(&bench, id).await, ItemState::Purged);
        assert!(matches!(store.item(id, &lead(), Purpose::Facts).await, Err(StoreError::NotFound { .. })));
        let history = store.history(id.as_str()).await.unwrap();
        assert!(history.last().unwrap().event == "item.purged", "{history:?}");
    }
    assert!(!store.items(&ItemFilter::default()).await.unwrap().iter().any(|i| i.id == returned));
    bench.pass(TimeDelta::days(340));
    let year = store.retain(&due(&bench)).await.unwrap();
    assert_eq!(year.items, 1, "evidence a year after its export");
    assert_eq!(state(&bench, &exported).await, ItemState::Purged);
    // The log's rows go but where something kept speaks of them.
    assert_eq!(year.log_rows, 4, "{year:?}");
    bench.pass(TimeDelta::days(4_000));
    assert_eq!(store.retain(&due(&bench)).await.unwrap().items, 0);
    for (id, stays) in [
        (&sealed, ItemState::Sealed),
        (&evidence, ItemState::KeptAsEvidence),
        (&held, ItemState::Returned),
        (&open, ItemState::Open),
    ] {
        assert_eq!(state(&bench, id).await, stays);
    }
    assert!(store.raw(&evidence, &lead(), Purpose::Facts).await.is_ok());
    store.lift_legal_hold(&legal, &other(), "settled").await.unwrap();
    assert_eq!(store.retain(&due(&bench)).await.unwrap().items, 1);
    let scrub = store.scrub().await.unwrap();
    assert_eq!((scrub.faults.len(), scrub.orphans), (0, 0), "{scrub:?}");

    // The proof: a digest over the ids and the messages' hashes, in order.
    let mut export = Vec::new();
    store.ledger_export(&mut export).await.unwrap();
    let text = String::from_utf8(export).unwrap();
    let rows: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let gone: Vec<_> = rows.iter().filter(|r| r["event"] == "item.purged").collect();
    let of = |id: &ItemId| gone.iter().find(|r| r["subject"] == id.as_str()).unwrap()["hash_in"].clone();
    let mut digest = <sha2::Sha256 as sha2::Digest>::new();
    for id in [&returned, &withdrawn] {
        sha2::Digest::update(&mut digest, id.as_str().as_bytes());
        sha2::Digest::update(&mut digest, [0]);
        let hex = of(id).as_str().unwrap().to_owned();
        let bytes: Vec<u8> =
            (0..32).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect();
        sha2::Digest::update(&mut digest, &bytes);
    }
    let digest: String = sha2::Digest::finalize(digest).iter().map(|b| format!("{b:02x}")).collect();
    let proofs: Vec<_> = rows.iter().filter(|r| r["event"] == "retention.purged").collect();
    assert!(proofs.iter().any(|p| p["hash_in"] == *digest), "{digest} in {proofs:#?}");
    assert!(bench.verify().await.sealed);
}

/// Records go only when the family has left, long enough ago, and a person says yes.
#[tokio::test]
async fn parent_mail_goes_only_on_a_persons_yes() {
    let outside = tempfile::tempdir().unwrap();
    let bench = Bench::with(with_custodians(outside.path())).await;
    let store = &bench.store;
    let (parent, child) = (address("claire@homemail.example"), address("26am@pupils.oakfield.example"));
    let mut ids = Vec::new();
    for number in 1..=3 {
        let sample = Sample::new(number);
        let mut keep = sample.keep(store, ItemKind::Hold).await;
        keep.items.clear();
        let party = |a: &Address, role| RecordParty { address: a.clone(), role };
        keep.records.push(NewRecord {
            parties: vec![party(&parent, Role::Parent), party(&child, Role::Pupil)],
            ..record(&[("child-1", FiledAs::Child)], &format!("{number}@x"), &["0@x"])
        });
        ids.push(store.keep(keep).await.unwrap().records.remove(0));
    }
    let today: NaiveDate = bench.store_now().date_naive();
    let year = || (bench.store_now() - TimeDelta::days(365), bench.store_now() - TimeDelta::days(6 * 365));
    let listed = async || {
        let (ordinary, complaint) = year();
        store.records_due(&school(), ordinary, complaint).await.unwrap().len()
    };
    // The child has left, a parent has another one here: nobody has left.
    let here = [(parent.clone(), None), (child.clone(), Some(today))];
    assert_eq!(store.note_leaving(&here, today, &lead()).await.unwrap(), (1, 0));
    bench.pass(TimeDelta::days(800));
    assert_eq!(listed().await, 0);
    // Both are gone from the directory; then the parent comes back, and goes again.
    assert_eq!(store.note_leaving(&[], today, &lead()).await.unwrap(), (1, 0));
    assert_eq!(store.note_leaving(&here, today, &lead()).await.unwrap(), (0, 1));
    assert_eq!(store.note_leaving(&[], today, &lead()).await.unwrap(), (1, 0));
    assert_eq!(listed().await, 3);
    // A complaint has the longer time; a reviewer may keep one; legal hold keeps another.
    assert!(store.rule_record(&ids[0], RecordRuling::Complaint, &lead(), "stage 2").await.unwrap());
    let until = bench.store_now() + TimeDelta::days(90);
    assert!(store.rule_record(&ids[1], RecordRuling::KeepUntil(until), &lead(), "sibling").await.unwrap());
    assert_eq!(listed().await, 1);
    let on = LegalSubject::Record(ids[2].clone());
    let legal = store.set_legal_hold(on, &school(), &lead(), "claim").await.unwrap();
    let gone = store.purge_records(&school(), year(), ids.clone(), &other(), "all of them").await.unwrap();
    assert_eq!(gone, 0, "nothing is due");
    store.lift_legal_hold(&legal, &lead(), "settled").await.unwrap();
    let gone = store.purge_records(&school(), year(), ids.clone(), &other(), "reviewed").await.unwrap();
    assert_eq!((gone, listed().await), (1, 0));
    let history = store.history(ids[2].as_str()).await.unwrap();
    let purged = history.last().unwrap();
    assert_eq!(purged.event, "record.purged");
    assert!(
        matches!(store.person(&purged.actor).await.unwrap(), Some(Actor::Person(p)) if &*p.0 == "staff-2")
    );
    bench.pass(TimeDelta::days(91));
    assert_eq!(listed().await, 1, "looked at again after its time");
    bench.pass(TimeDelta::days(6 * 365));
    assert_eq!(listed().await, 2);
    let scrub = store.scrub().await.unwrap();
    assert_eq!((scrub.faults.len(), scrub.orphans), (0, 0), "{scrub:?}");
}

#[tokio::test]
async fn a_switch_back_to_observe_ends_by_itself() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let long = TimeDelta::days(9);
    let id = store.switch_to_observe(&school(), None, long, &lead(), "too many").await.unwrap();
    let one = store
        .switch_to_observe(&school(), Some("harm.tell"), TimeDelta::hours(1), &lead(), "noise")
        .await
        .unwrap();
    let now = async || store.measures_in_force().await.unwrap().observing;
    assert_eq!(now().await.len(), 2);
    let all = now().await;
    let whole = all.iter().find(|o| o.rule.is_none()).unwrap();
    assert_eq!(whole.period.until - whole.period.from, LONGEST_SWITCH, "24 hours at most");
    assert!(store.end_observing(&one, &other(), "mended").await.unwrap());
    assert!(!store.end_observing(&one, &other(), "mended").await.unwrap());
    assert_eq!(now().await.len(), 1);
    bench.pass(LONGEST_SWITCH);
    assert!(now().await.is_empty());
    assert!(!store.end_observing(&id, &other(), "late").await.unwrap());
    assert_eq!(store.note_ended_switches().await.unwrap(), 1);
    assert_eq!(store.note_ended_switches().await.unwrap(), 0);
    let events: Vec<_> = store.history(id.as_str()).await.unwrap().into_iter().map(|e| e.event).collect();
    assert_eq!(events, ["observe.switched", "observe.ended"]);
    store.sign_step(&school(), "harm", ItemOffice::Head, &lead(), "ready").await.unwrap();
    assert_eq!(store.signatures().await.unwrap()[0].step, "harm");
}

/// Whoever asks for what is held gets it: nothing of an open request goes, and of a finished one all.
#[tokio::test]
async fn what_an_open_request_for_subject_access_speaks_of_stays() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let asked_for = item(&bench, ItemKind::Quarantine, Decision::Return).await;
    let other = item(&bench, ItemKind::Quarantine, Decision::Return).await;
    let piece = PieceNote {
        key: format!("item/{asked_for}"),
        at: bench.store_now(),
        concerns: std::collections::BTreeSet::new(),
        eyes: Eyes::Reviewers,
    };
    let asked = Asked {
        person: PersonId("oak-p02".into()),
        by: None,
        pieces: vec![piece.clone()],
        concerns: std::collections::BTreeSet::new(),
    };
    let request = store.subject_access_make(&school(), asked, &lead()).await.unwrap();
    bench.pass(TimeDelta::days(31));
    assert_eq!(store.retain(&due(&bench)).await.unwrap().items, 1);
    assert_eq!(state(&bench, &other).await, ItemState::Purged);
    assert_eq!(state(&bench, &asked_for).await, ItemState::Returned);
    assert_eq!(store.schools_kept().await.unwrap(), [school()]);
    let officer = Actor::Person(PersonId("dpo".into()));
    for (office, actor) in [(RulingOffice::DataProtection, &officer), (RulingOffice::Lead, &lead())] {
        for piece in [piece.key.as_str(), WHOLE] {
            let _ = store
                .subject_access_rule(&request, piece, office, SubjectRuling::Include, "looked", actor)
                .await;
        }
    }
    store.subject_access_finish(&request, [0; 32], &officer).await.unwrap();
    assert_eq!(store.retain(&due(&bench)).await.unwrap().items, 1);
}

/// However many stay, the others go, some in each commit, so that whoever writes meanwhile waits for few.
#[tokio::test]
async fn the_log_goes_in_small_batches_past_what_stays() {
    let bench = Bench::new().await;
    let store = &bench.store;
    for number in 0..120 {
        let sample = Sample::new(number);
        match number % 40 {
            20 => drop(sample.held(store, ItemKind::Quarantine).await),
            _ => {
                let passed = Passed {
                    message: sample.logged(),
                    bytes_out: sample.raw.clone(),
                    fate: PassFate::NextHopAccepted,
                    ledger: vec![],
                };
                store.log_passed(passed).await.unwrap();
            }
        }
    }
    bench.pass(TimeDelta::days(200));
    assert_eq!(store.retain(&due(&bench)).await.unwrap().log_rows, 117);
    assert_eq!(store.counts().await.unwrap().messages, 3, "those that wait for a reviewer");
    let events = vec!["retention.purged".to_owned()];
    let proofs = store.ledger_rows(&LedgerFilter { events, ..LedgerFilter::default() }).await.unwrap();
    let count = |row: &LedgerEntry| -> u64 {
        let details: serde_json::Value = serde_json::from_str(&row.details).unwrap();
        details["count"].as_u64().unwrap()
    };
    assert_eq!(proofs.iter().map(count).collect::<Vec<_>>(), [50, 50, 17]);
    assert_eq!(store.retain(&due(&bench)).await.unwrap(), Retained::default());
}
