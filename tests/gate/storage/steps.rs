//! The table of all lives, tried on the store itself: every kind in every state, every decision.
//! What the table allows moves and has its ledger row; what it does not changes nothing.

use super::*;
use gatehouse::storage::lives::{Hand, step};
use std::sync::atomic::{AtomicU64, Ordering};

const DECISIONS: [Decision; 11] = [
    Decision::Release,
    Decision::ReleaseMarked,
    Decision::SendNow,
    Decision::Return,
    Decision::Withdraw,
    Decision::KeepAsEvidence,
    Decision::Expire,
    Decision::Escalate(ItemOffice::Head),
    Decision::HandOn(ItemOffice::Chair),
    Decision::Reopen,
    Decision::Seal,
];

/// A message of its own for each item.
fn sample() -> Sample {
    static NEXT: AtomicU64 = AtomicU64::new(100);
    Sample::new(NEXT.fetch_add(1, Ordering::SeqCst).into())
}

pub(crate) async fn kept(store: &Store, kind: ItemKind) -> Keep {
    let mut keep = sample().keep(store, kind).await;
    let item = &mut keep.items[0];
    if kind == ItemKind::Grace {
        item.owner = Some(Owner { person: PersonId("staff-7".into()), address: address(TEACHER) });
        item.grace = Some(GracePeriod { lasts: TimeDelta::minutes(2), next_hop: None });
        item.marked_edits = None;
    }
    keep
}

async fn open(store: &Store, kind: ItemKind) -> ItemId {
    store.keep(kept(store, kind).await).await.unwrap().items.remove(0)
}

pub(crate) fn other() -> Actor {
    Actor::Person(PersonId("staff-2".into()))
}

async fn twice(store: &Store, id: &ItemId, what: Instruction) -> Instructed {
    let first = store.instruct(id, what, Turn::Either, &lead(), "CR/1").await.unwrap();
    assert!(matches!(first, Instructed::First { .. }));
    assert!(store.instruct(id, what, Turn::Either, &lead(), "CR/1").await.is_err(), "one person is not two");
    store.instruct(id, what, Turn::Either, &other(), "CR/1").await.unwrap()
}

/// The one job of this store that is to be delivered, ended for all recipients.
async fn end(store: &Store, delivered: bool) {
    // Reports of earlier ends are due besides.
    let jobs = store.outbox_claim(99, TimeDelta::minutes(5)).await.unwrap();
    let job = jobs.into_iter().find(|j| matches!(j.task, Task::Deliver(_))).expect("one to deliver");
    let Task::Deliver(recipients) = &job.task else { unreachable!() };
    let reply = |code| gatehouse::mail::Reply::new(code, (2, 0, 0), "said");
    let fate = |r: &JobRecipient| match delivered {
        true => Attempt::Delivered { position: r.position, reply: reply(250), relayed: false },
        false => Attempt::Failed { position: r.position, reply: reply(550) },
    };
    let fates = recipients.iter().map(fate).collect();
    store.outbox_done(&job, fates).await.unwrap();
}

/// An item of this kind in this state, when it can be in it.
async fn in_state(store: &Store, kind: ItemKind, state: ItemState) -> Option<ItemId> {
    let rule = async |decision, actor| {
        let id = open(store, kind).await;
        let decided = store.decide(&id, ruling(decision, actor)).await;
        decided.is_ok().then_some(id)
    };
    match state {
        ItemState::Provisional => {
            let keep = kept(store, kind).await;
            Some(store.keep_provisionally(keep).await.unwrap().items[0].clone())
        }
        ItemState::Dropped => {
            let provisional = store.keep_provisionally(kept(store, kind).await).await.unwrap();
            let id = provisional.items[0].clone();
            store.discard(provisional, 550).await.unwrap();
            Some(id)
        }
        ItemState::Open => Some(open(store, kind).await),
        ItemState::Escalated => rule(Decision::Escalate(ItemOffice::Head), lead()).await,
        ItemState::Releasing => rule(Decision::Release, lead()).await,
        ItemState::Released | ItemState::Undeliverable => {
            let id = rule(Decision::Release, lead()).await?;
            end(store, state == ItemState::Released).await;
            Some(id)
        }
        ItemState::Withdrawn => rule(Decision::Withdraw, lead()).await,
        ItemState::Returned => rule(Decision::Return, lead()).await,
        ItemState::Expired => rule(Decision::Expire, Actor::Gate).await,
        ItemState::KeptAsEvidence => rule(Decision::KeepAsEvidence, lead()).await,
        ItemState::Sealed => rule(Decision::Seal, lead()).await,
        ItemState::HandedToPolice | ItemState::Purged => {
            let id = rule(Decision::Seal, lead()).await?;
            let handed = twice(store, &id, Instruction::HandToPolice).await;
            assert!(matches!(handed, Instructed::Both { handed: Some(_) }));
            if state == ItemState::Purged {
                twice(store, &id, Instruction::Purge).await;
            }
            Some(id)
        }
    }
}

#[tokio::test]
async fn every_decision_in_every_state_is_as_the_table_says() {
    let mut seen = std::collections::HashSet::new();
    for kind in ItemKind::ALL {
        for state in ItemState::ALL {
            let bench = Bench::new().await;
            let store = &bench.store;
            for decision in DECISIONS {
                let Some(id) = in_state(store, kind, state).await else { continue };
                seen.insert(state);
                let place = format!("{kind:?} {state:?} {decision:?}");
                let expected = step(kind, state, decision.act());
                let actor = match expected {
                    Ok(step) if step.by == [Hand::Gate] => Actor::Gate,
                    _ => lead(),
                };
                let rows = store.history(id.as_str()).await.unwrap().len();
                let decided = store.decide(&id, ruling(decision, actor)).await;
                let history = store.history(id.as_str()).await.unwrap();
                let now = store.item_summary(&id).await.unwrap().state;
                match (expected, decided) {
                    (Ok(step), Ok(decided)) => {
                        assert_eq!(
                            (decided.state, now),
                            (step.to.unwrap_or(state), decided.state),
                            "{place}"
                        );
                        assert_eq!(history.len(), rows + 1, "{place}");
                    }
                    // What has its reason in the item itself, not in the table.
                    (Ok(_), Err(e)) => panic!("{place}: {e}"),
                    (Err(_), Err(e)) => {
                        assert_eq!((now, history.len()), (state, rows), "{place}: {e}");
                        let told = matches!(e, StateError::AlreadyDecided { state: s, .. } if s == state);
                        let finished = !matches!(
                            state,
                            ItemState::Provisional
                                | ItemState::Open
                                | ItemState::Escalated
                                | ItemState::Dropped
                                | ItemState::Sealed
                                | ItemState::HandedToPolice
                                | ItemState::Purged
                        );
                        let never = matches!(e, StateError::NotAllowed(_));
                        assert!(!finished || told || never, "{place}: {e}");
                    }
                    (Err(_), Ok(decided)) => panic!("{place} led to {:?}", decided.state),
                }
            }
            assert!(bench.verify().await.sealed);
        }
    }
    assert_eq!(seen.len(), ItemState::ALL.len(), "every state was reached: {seen:?}");
}

/// practice.md, A3: hash, time and roles, for everyone.
#[tokio::test]
async fn of_a_sealed_item_nobody_sees_more_than_hash_time_and_roles() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let mut keep = kept(store, ItemKind::Quarantine).await;
    let raw = keep.message.raw.clone();
    keep.message.verdict = serde_json::json!({"groups": [{"relation": "outside->pupil"}]});
    keep.items[0].findings[0].category = Category::FileIllegalImage;
    let matched = store.keep(keep).await.unwrap().items.remove(0);
    assert_eq!(store.item_summary(&matched).await.unwrap().state, ItemState::Sealed, "a match seals at once");
    // The same when the rest of the message was still on its way.
    let mut keep = kept(store, ItemKind::Quarantine).await;
    keep.items[0].findings[0].category = Category::FileIllegalImage;
    let provisional = store.keep_provisionally(keep).await.unwrap();
    let late = store.confirm(provisional, PassFate::NextHopAccepted).await.unwrap().items.remove(0);
    assert_eq!(store.item_summary(&late).await.unwrap().state, ItemState::Sealed);

    let by_hand = in_state(store, ItemKind::Quarantine, ItemState::Sealed).await.unwrap();
    for id in [&matched, &by_hand] {
        assert!(matches!(store.item(id, &lead(), Purpose::Facts).await, Err(StoreError::Sealed)));
        assert!(matches!(store.raw(id, &lead(), Purpose::Facts).await, Err(StoreError::Sealed)));
        assert!(matches!(store.export_item(id, &lead(), Purpose::Facts).await, Err(StoreError::Sealed)));
        assert!(
            store.instruct(id, Instruction::Purge, Turn::Either, &lead(), "x").await.is_err(),
            "not before the police"
        );
    }
    let (one, two) =
        (store.item_summary(&matched).await.unwrap(), store.item_summary(&by_hand).await.unwrap());
    let told = |s: &ItemSummary| (s.kind, s.category, s.severity, s.recipients, s.bytes);
    assert_eq!(told(&one), told(&two), "one sealed item is like another");
    let view = store.sealed_item(&matched, &lead(), Purpose::Facts).await.unwrap();
    let digest: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(&raw).into();
    let hex: String = digest.iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!((view.sha256, view.relations), (hex, vec!["outside->pupil".to_owned()]));
    assert!(
        store.sealed_item(&open(store, ItemKind::Quarantine).await, &lead(), Purpose::Facts).await.is_err()
    );

    // A first word lapses; the object that leaves is the one that the ledger names.
    store.instruct(&matched, Instruction::HandToPolice, Turn::Either, &lead(), "CR/7").await.unwrap();
    bench.pass(TimeDelta::days(8));
    let again =
        store.instruct(&matched, Instruction::HandToPolice, Turn::Either, &other(), "CR/7").await.unwrap();
    assert!(matches!(again, Instructed::First { .. }), "{again:?}");
    let both =
        store.instruct(&matched, Instruction::HandToPolice, Turn::Either, &lead(), "CR/7").await.unwrap();
    let Instructed::Both { handed: Some(Handed { object, .. }) } = both else { panic!("{both:?}") };
    assert!(object.starts_with(b"age-encryption.org/v1"), "still encrypted");
    let digest: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(&object).into();
    assert_eq!(digest.iter().map(|b| format!("{b:02x}")).collect::<String>(), view.object_sha256);
    assert_eq!(store.item_summary(&matched).await.unwrap().state, ItemState::HandedToPolice);
    twice(store, &matched, Instruction::Purge).await;
    let scrub = store.scrub().await.unwrap();
    assert_eq!((scrub.faults.len(), scrub.orphans), (0, 0), "{scrub:?}");
    assert!(bench.verify().await.sealed);
}

#[tokio::test]
async fn what_is_sealed_on_its_way_does_not_leave_any_more() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let id = in_state(store, ItemKind::Quarantine, ItemState::Releasing).await.unwrap();
    store.decide(&id, ruling(Decision::Seal, lead())).await.unwrap();
    assert!(store.outbox_claim(9, TimeDelta::minutes(5)).await.unwrap().is_empty());
    assert_eq!(store.delivery(&id).await.unwrap()[0].state, Delivery::Stopped);
    // One that is in the next hop's hands at this moment is not called back.
    let id = in_state(store, ItemKind::Quarantine, ItemState::Releasing).await.unwrap();
    let job = store.outbox_claim(9, TimeDelta::minutes(5)).await.unwrap().remove(0);
    let refused = store.decide(&id, ruling(Decision::Seal, lead())).await.unwrap_err();
    assert!(matches!(refused, StateError::NotAllowed(_)), "{refused}");
    store.outbox_give_back(&job).await.unwrap();
    store.decide(&id, ruling(Decision::Seal, lead())).await.unwrap();
}

#[tokio::test]
async fn a_delayed_message_leaves_by_itself_unless_its_sender_takes_it_back() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let (stays, leaves) = (open(store, ItemKind::Grace).await, open(store, ItemKind::Grace).await);
    let due = async || store.outbox_claim(9, TimeDelta::hours(1)).await.unwrap();
    assert!(due().await.is_empty());
    let summary = store.item_summary(&leaves).await.unwrap();
    assert!(summary.leaves_at.is_some() && summary.state == ItemState::Open, "{summary:?}");
    store.decide(&stays, ruling(Decision::Withdraw, owner())).await.unwrap();
    bench.pass(TimeDelta::minutes(2));
    let jobs = due().await;
    assert_eq!((jobs.len(), jobs[0].item.as_ref()), (1, Some(&leaves)));
    assert!(jobs[0].release.is_some(), "it is known when it comes back through the gate");
    let late = store.decide(&leaves, ruling(Decision::Withdraw, owner())).await.unwrap_err();
    assert!(matches!(late, StateError::AlreadyDecided { state: ItemState::Releasing, .. }), "{late}");
    // Sent at once when its sender says so.
    let now = open(store, ItemKind::Grace).await;
    store.decide(&now, ruling(Decision::Release, owner())).await.unwrap();
    assert_eq!(due().await[0].item.as_ref(), Some(&now));
    // Its time begins when the rest of the message has been taken.
    let provisional = store.keep_provisionally(kept(store, ItemKind::Grace).await).await.unwrap();
    bench.pass(TimeDelta::minutes(5));
    let id = store.confirm(provisional, PassFate::NextHopAccepted).await.unwrap().items.remove(0);
    assert!(due().await.is_empty() && store.item_summary(&id).await.unwrap().leaves_at.is_some());
    bench.pass(TimeDelta::minutes(2));
    assert_eq!(due().await[0].item.as_ref(), Some(&id));
    assert!(bench.verify().await.sealed);
}

/// The client did not hear our 250 and comes again when the delayed message has left already.
#[tokio::test]
async fn a_retry_of_what_was_delayed_does_not_send_it_twice() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let keep = kept(store, ItemKind::Grace).await;
    let (envelope, raw) = (keep.message.envelope.clone(), keep.message.raw.clone());
    store.keep(keep).await.unwrap();
    bench.pass(TimeDelta::minutes(2));
    end(store, true).await;
    let keys = store.retry_keys(&envelope, &raw).await.unwrap();
    let found = store.find_retry(&keys).await.unwrap();
    assert_eq!(found.len(), 2);
    store.adopt(TransactionId(9), &found).await.unwrap();
    assert!(store.outbox_claim(9, TimeDelta::minutes(5)).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_legal_hold_stops_the_clock_until_it_is_lifted() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let id = open(store, ItemKind::Hold).await;
    let on = LegalSubject::Item(id.clone());
    let hold = store.set_legal_hold(on.clone(), &school(), &lead(), "tribunal").await.unwrap();
    let refused = store.decide(&id, ruling(Decision::Expire, Actor::Gate)).await.unwrap_err();
    assert!(matches!(refused, StateError::NotAllowed(_)), "{refused}");
    assert!(store.legal_holds(Some(&on)).await.unwrap()[0].lifted.is_none());
    assert!(store.lift_legal_hold(&hold, &other(), "settled").await.unwrap());
    assert!(!store.lift_legal_hold(&hold, &other(), "settled").await.unwrap());
    store.decide(&id, ruling(Decision::Expire, Actor::Gate)).await.unwrap();
    let events: Vec<_> = store.history(id.as_str()).await.unwrap().into_iter().map(|e| e.event).collect();
    assert!(events.contains(&"legal-hold.set".into()) && events.contains(&"legal-hold.lifted".into()));
}

#[tokio::test]
async fn handing_on_tells_whether_it_was_read_and_an_emergency_is_reviewed() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let id = open(store, ItemKind::Quarantine).await;
    let on = |office| ruling(Decision::HandOn(office), lead());
    store.decide(&id, on(ItemOffice::Head)).await.unwrap();
    store.item(&id, &lead(), Purpose::Facts).await.unwrap();
    store.decide(&id, on(ItemOffice::Chair)).await.unwrap();
    assert_eq!(store.item_summary(&id).await.unwrap().office, Some(ItemOffice::Chair));
    let history = store.history(id.as_str()).await.unwrap();
    let on: Vec<_> = history.iter().filter(|e| e.event == "item.handed-on").map(|e| &e.details).collect();
    assert!(on[0].contains("\"unread\":\"yes\"") && on[1].contains("\"unread\":\"no\""), "{on:?}");

    let id = open(store, ItemKind::Hold).await;
    store.decide(&id, ruling(Decision::SendNow, lead())).await.unwrap();
    let reviews = store.reviews(Some(&school())).await.unwrap();
    assert!(reviews.len() == 1 && reviews[0].item == id, "{reviews:?}");
    assert!(store.reviewed(&id, &other(), "rightly").await.unwrap());
    assert!(!store.reviewed(&id, &other(), "rightly").await.unwrap());
    assert!(store.reviews(None).await.unwrap().is_empty());
}
