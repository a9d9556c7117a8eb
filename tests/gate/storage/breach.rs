//! Breaches and requests of people: what opens, what is decided by whom, what closes.

use super::*;
use std::collections::BTreeSet;

fn words(what: &str) -> BreachWords {
    BreachWords { what: what.into(), ..BreachWords::default() }
}

async fn passed(bench: &Bench, n: u128) -> TransactionId {
    let message = Sample::new(n).logged();
    let transaction = message.transaction;
    let bytes_out = message.raw.clone();
    bench
        .store
        .log_passed(Passed { message, bytes_out, fate: PassFate::NextHopAccepted, ledger: vec![] })
        .await
        .unwrap();
    transaction
}

/// One that is over.
pub(super) async fn closed_breach(bench: &Bench, n: u128) -> BreachId {
    let transaction = passed(bench, n).await;
    bench.pass(TimeDelta::hours(5));
    let (store, aware_at) = (&bench.store, bench.store_now() - TimeDelta::hours(1));
    let new = NewBreach { transaction, aware_at, people: 1, words: words("list to the wrong parent") };
    let id = store.breach_open(new, &lead()).await.unwrap();
    for audience in [Audience::Regulator, Audience::People] {
        store.breach_decide(&id, audience, Telling::NotRequired, "unread", &lead()).await.unwrap();
    }
    store.breach_close(&id, "done", &lead()).await.unwrap();
    id
}

#[tokio::test]
async fn a_breach_is_of_mail_that_left_and_closes_when_it_is_decided_who_is_told() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let transaction = passed(&bench, 1).await;
    bench.pass(TimeDelta::hours(5));
    let aware_at = bench.store_now() - TimeDelta::hours(1);
    let new = |transaction, what: &str| NewBreach { transaction, aware_at, people: 2, words: words(what) };
    // What is held is a near miss, whatever somebody calls it.
    let held = Sample::new(2).held(store, ItemKind::Hold).await;
    let of_held = store.item_summary(&held).await.unwrap().transaction;
    assert!(matches!(store.breach_open(new(of_held, "x"), &lead()).await, Err(StoreError::NotAllowed(_))));
    store.decide(&held, ruling(Decision::Withdraw, owner())).await.unwrap();
    let misses = store.near_misses(bench.store_now() - TimeDelta::days(1)).await.unwrap();
    assert_eq!(misses, [("personal-data.health".to_owned(), 1)]);

    let early = NewBreach { aware_at: aware_at - TimeDelta::days(9), ..new(transaction, "x") };
    assert!(store.breach_open(early, &lead()).await.is_err(), "before it went out");
    let id = store.breach_open(new(transaction, "list to the wrong parent"), &lead()).await.unwrap();
    assert!(store.breach_open(new(transaction, "again"), &lead()).await.is_err(), "one for each message");
    let summary = store.breaches(None).await.unwrap().remove(0);
    assert_eq!((summary.due_at - summary.aware_at).num_hours(), 72);
    let close = async || store.breach_close(&id, "done", &lead()).await;
    assert!(close().await.is_err(), "nobody decided who is told");
    let told = store.breach_decide(&id, Audience::Regulator, Telling::Told, "online", &lead()).await;
    told.unwrap();
    assert!(close().await.is_err(), "nor whether the people are");
    store
        .breach_decide(&id, Audience::People, Telling::NotRequired, "withdrawn unread", &lead())
        .await
        .unwrap();
    close().await.unwrap();
    assert!(store.breach_note(&id, "more", &lead()).await.is_err(), "closed");
    let view = store.breach(&id, &lead()).await.unwrap();
    assert_eq!((view.notes.len(), view.words.what.as_str()), (3, "list to the wrong parent"));
    bench.verify().await;
}

#[tokio::test]
async fn two_people_rule_on_what_is_doubtful_before_anything_is_given() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let piece = |key: &str, concerns: &[Concern]| PieceNote {
        key: key.into(),
        at: bench.store_now(),
        concerns: concerns.iter().copied().collect(),
        eyes: if key.ends_with('D') { Eyes::Head } else { Eyes::Reviewers },
    };
    let asked = Asked {
        person: PersonId("oak-p02".into()),
        by: None,
        pieces: vec![
            piece("record/A", &[]),
            piece("record/B", &[Concern::Abuse]),
            piece("item/C", &[Concern::Sealed]),
            piece("incident/D", &[Concern::Abuse]),
        ],
        concerns: BTreeSet::new(),
    };
    let id = store.subject_access_make(&school(), asked, &lead()).await.unwrap();
    let officer = Actor::Person(PersonId("dpo".into()));
    let rule = async |piece: &str, office, ruling, actor: &Actor| {
        store.subject_access_rule(&id, piece, office, ruling, "looked", actor).await
    };
    use {RulingOffice::*, SubjectRuling::*};
    rule(WHOLE, DataProtection, Include, &officer).await.unwrap();
    assert!(rule(WHOLE, Lead, Include, &officer).await.is_err(), "one person is not two");
    assert!(rule("record/X", Lead, Include, &lead()).await.is_err(), "no such piece");
    assert!(store.subject_access_finish(&id, [0; 32], &officer).await.is_err());
    for piece in [WHOLE, "record/B", "item/C"] {
        rule(piece, Lead, Include, &lead()).await.unwrap();
    }
    rule("record/B", DataProtection, Withhold, &officer).await.unwrap();
    rule("item/C", DataProtection, Include, &officer).await.unwrap();
    let request = store.subject_access(&id).await.unwrap();
    let going: Vec<&str> = request.ready().unwrap().into_iter().collect();
    assert_eq!(going, ["record/A"], "they differ on one; what is sealed stays so whatever they say");
    // What is the head's alone holds nothing up, and is the head's alone to rule upon.
    assert!(rule("incident/D", Lead, Include, &lead()).await.is_err());
    assert!(rule("record/A", Head, Include, &officer).await.is_err());
    rule("incident/D", Head, Include, &officer).await.unwrap();
    let request = store.subject_access(&id).await.unwrap();
    assert_eq!(request.ready().unwrap().into_iter().collect::<Vec<_>>(), ["incident/D", "record/A"]);
    store.subject_access_finish(&id, [0; 32], &officer).await.unwrap();
    assert!(rule("record/B", DataProtection, Include, &officer).await.is_err(), "finished");
    bench.verify().await;
}
