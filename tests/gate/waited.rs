//! Quarantine that waits too long (practice.md, B): the lead hears after one school day, the
//! deputy after two, the head after three; each once, by number alone, and no party to it.

use crate::{
    alerts::{DEPUTY, Desk},
    gate::{HEAD, LEAD},
    storage::{Sample, address, school},
};
use gatehouse::{authority::Matter, parties::PersonId, storage::*};

/// A Wednesday.
const RECEIVED: &str = "2026-11-25T10:00:00Z";
const DAY: i64 = 24 * 60;

async fn kept(desk: &Desk, number: u128, matter: Option<Matter>) -> ItemId {
    let mut keep = Sample::new(number).keep(&desk.store, ItemKind::Quarantine).await;
    keep.message.received_at = *desk.clock.lock().unwrap();
    let id = keep.items[0].id.clone();
    keep.concerned.matters.extend(matter.map(|matter| (id.clone(), matter)));
    desk.store.keep(keep).await.unwrap();
    id
}

async fn told(desk: &Desk) -> Vec<(String, String)> {
    desk.gate.tell_overdue().await.unwrap();
    desk.written().await
}

fn whom(letters: &[(String, String)]) -> Vec<&str> {
    letters.iter().map(|(to, _)| to.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lead_deputy_and_head_hear_of_it_once_each_in_their_digests() {
    let desk = Desk::at(RECEIVED, "", "").await;
    let items = [kept(&desk, 1, None).await, kept(&desk, 2, None).await];
    desk.pass(DAY - 1);
    assert!(told(&desk).await.is_empty(), "not yet a school day");
    desk.pass(2);
    assert!(told(&desk).await.is_empty(), "the next digest is at three");
    desk.pass(5 * 60);
    // Two nodes look at once.
    let other = desk.second();
    let (one, two) = tokio::join!(desk.gate.tell_overdue(), other.tell_overdue());
    assert_eq!(one.unwrap() + two.unwrap(), 2);
    let letters = desk.written().await;
    assert_eq!(whom(&letters), [LEAD], "one mail for both");
    for item in &items {
        assert!(letters[0].1.contains(item.as_str()), "{}", letters[0].1);
    }
    for word in ["Trip", "Canary", "harrow", "harbour", "personal-data"] {
        assert!(!letters[0].1.contains(word), "{word}: {}", letters[0].1);
    }
    assert!(told(&desk).await.is_empty(), "once");
    desk.pass(DAY);
    assert_eq!(whom(&told(&desk).await), [DEPUTY], "Friday");
    desk.pass(2 * DAY);
    assert!(told(&desk).await.is_empty(), "a Sunday is no school day");
    desk.pass(DAY);
    assert_eq!(whom(&told(&desk).await), [HEAD], "Monday");
    desk.pass(7 * DAY);
    assert!(told(&desk).await.is_empty());
    assert_eq!(desk.store.items(&ItemFilter::default()).await.unwrap().len(), 2, "nothing went by itself");
    desk.store.ledger_verify().await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_a_party_hears_nothing_and_the_next_office_does() {
    let desk = Desk::at(RECEIVED, "ordinary = \"at-once\"", "").await;
    let about_lead = kept(&desk, 1, None).await;
    let of_staff = kept(&desk, 2, Some(Matter::Allegation)).await;
    let plain = kept(&desk, 3, None).await;
    // By a person's word, after it was kept; and by the address at home.
    let faces = desk.store.faces([], [&address("priya.nair@freemail.example"), &address(LEAD)]).unwrap();
    let head = Actor::Person(PersonId("oak-s01".into()));
    let (word, why) = (Accusation::Confirmed, "she says so".to_owned());
    let said = AccusedInItem { person: faces, word, matter: None, why, outbox: vec![] };
    assert!(desk.store.item_accused(&about_lead, &school(), said, &head).await.unwrap());
    desk.pass(DAY);
    let mut letters = told(&desk).await;
    letters.sort();
    assert_eq!(whom(&letters), [HEAD, LEAD, DEPUTY], "an allegation is the head's");
    let of = |to: &str| &letters.iter().find(|(whom, _)| whom == to).unwrap().1;
    assert!(of(HEAD).contains(of_staff.as_str()) && !of(HEAD).contains(plain.as_str()));
    assert!(of(DEPUTY).contains(about_lead.as_str()) && !of(DEPUTY).contains(plain.as_str()));
    assert!(of(LEAD).contains(plain.as_str()));
    assert!(!of(LEAD).contains(about_lead.as_str()) && !of(LEAD).contains(of_staff.as_str()));

    // The gate was away for days: who has not heard hears now, and of a decided one nobody.
    let decision = Ruling {
        decision: Decision::KeepAsEvidence,
        actor: head,
        reason: None,
        token: None,
        next_hop: None,
        outbox: vec![],
        takers: vec![],
    };
    desk.store.decide(&plain, decision).await.unwrap();
    desk.pass(5 * DAY);
    let later = told(&desk).await;
    assert!(later.iter().all(|(to, text)| to != LEAD && !text.contains(plain.as_str())), "{later:?}");
    let heads = later.iter().filter(|(to, _)| to == HEAD).count();
    assert_eq!(heads, 1, "one mail for all steps: {later:?}");
    let doubly = desk.gate.tell_overdue().await.unwrap();
    assert_eq!(doubly, 0);
}

/// What is urgent is told whatever the clock says; what is said once waits until the time is known.
#[tokio::test(flavor = "multi_thread")]
async fn by_a_clock_that_leapt_nobody_is_reminded_and_what_is_urgent_is_told() {
    let desk = Desk::at(RECEIVED, "", "").await;
    desk.store.begin_serving().await.unwrap();
    kept(&desk, 1, None).await;
    let hold = Sample::new(2).keep(&desk.store, ItemKind::Hold).await;
    desk.store.keep(hold).await.unwrap();
    desk.pass(400 * DAY);
    assert_eq!(desk.gate.remind_of_holds().await.unwrap(), 0);
    assert!(told(&desk).await.is_empty(), "each office hears once, and not by a clock that is doubted");
    desk.quarantined(Urgency::Urgent, "harm.tell").await;
    desk.gate.tell_officers().await.unwrap();
    assert_eq!(whom(&desk.written().await), [LEAD], "at once");

    let lead = Actor::Person(PersonId("oak-s02".into()));
    assert!(desk.store.clock_is_right(&lead).await.unwrap());
    assert_eq!(desk.gate.remind_of_holds().await.unwrap(), 1);
    desk.written().await;
    assert!(!told(&desk).await.is_empty(), "now it is known to have waited");
}
