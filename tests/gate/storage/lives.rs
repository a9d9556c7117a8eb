//! Holds and quarantine from keep to end: provisional keeps, retries, decisions,
//! tokens, releases that come back.

use super::*;

#[tokio::test]
async fn a_hold_is_kept_listed_opened_and_released_once() {
    let bench = Bench::new().await;
    let sample = Sample::new(1);
    let id = sample.held(&bench.store, ItemKind::Hold).await;
    let bench = bench.reopen().await;
    let store = &bench.store;

    let own = ItemFilter { owner: Some(address("T.Harrow@OAKFIELD.example")), ..Default::default() };
    assert_eq!(store.items(&own).await.unwrap()[0].id, id);
    let detail = store.item(&id, &lead(), Purpose::Facts).await.unwrap();
    assert_eq!((detail.envelope.recipients.len(), detail.subject.as_str()), (2, "Trip list"));
    assert_eq!(store.raw(&id, &lead(), Purpose::Facts).await.unwrap(), sample.raw);

    let decided = store.decide(&id, ruling(Decision::ReleaseMarked, owner())).await.unwrap();
    assert_eq!(decided.state, ItemState::Releasing);
    let second = store.decide(&id, ruling(Decision::Withdraw, owner())).await.unwrap_err();
    let StateError::AlreadyDecided { state: ItemState::Releasing, by, .. } = second else {
        panic!("{second}")
    };
    assert!(matches!(store.person(&by).await.unwrap(), Some(Actor::Person(p)) if &*p.0 == "staff-7"));

    let job = store.outbox_claim(9, TimeDelta::minutes(5)).await.unwrap().remove(0);
    let text = String::from_utf8(job.message.to_vec()).unwrap();
    assert!(text.contains("Subject: [Confidential] Trip list\r\n"));
    assert_eq!((job.kind, &job.parameters), (OutboxKind::Release, &sample.envelope.parameters));

    // On its way back through the gate it is known, once for each recipient.
    let release = job.release.clone().unwrap();
    assert!(text.starts_with(&format!("{RELEASE_HEADER}: {release}\r\n")));
    let back = format!("Received: from x by y\r\n{text}");
    let digest = release_digest(back.as_bytes());
    let clinic = address("clinic@harbour.example");
    let settled = store.find_release(&release, &digest, &clinic).await.unwrap();
    assert_eq!(settled.unwrap(), ["hold.bulk-unprotected"]);
    let forged = release_digest(back.replace("Canary", "Forged").as_bytes());
    assert!(store.find_release(&release, &forged, &clinic).await.unwrap().is_none());
    assert!(store.find_release(&release, &digest, &address("x@harbour.example")).await.unwrap().is_none());
    store.consume_release(&release, &clinic).await.unwrap();
    assert!(store.find_release(&release, &digest, &clinic).await.unwrap().is_none());
    assert!(bench.verify().await.sealed);
}

/// practice.md, A3.
#[tokio::test]
async fn what_may_hold_an_image_of_a_child_is_neither_released_nor_exported() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let mut keep = Sample::new(1).keep(store, ItemKind::Quarantine).await;
    keep.items[0].may_hold_image = true;
    let id = store.keep(keep).await.unwrap().items.remove(0);
    for decision in [Decision::Release, Decision::ReleaseMarked] {
        let refused = store.decide(&id, ruling(decision, lead())).await.unwrap_err();
        assert!(matches!(refused, StateError::NotAllowed(_)), "{refused}");
    }
    assert!(matches!(store.raw(&id, &lead(), Purpose::Facts).await, Err(StoreError::MayHoldImage)));
    // It stays where it is, and it can be kept as evidence.
    assert_eq!(store.item_summary(&id).await.unwrap().state, ItemState::Open);
    store.decide(&id, ruling(Decision::KeepAsEvidence, lead())).await.unwrap();
}

#[tokio::test]
async fn no_state_can_be_skipped_and_nobody_oversteps() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let hold = Sample::new(1).held(store, ItemKind::Hold).await;
    let quarantine = Sample::new(2).held(store, ItemKind::Quarantine).await;
    let stranger = Actor::Sender { person: PersonId("x".into()), address: address("x@oakfield.example") };
    for (id, decision, actor) in [
        (&hold, Decision::KeepAsEvidence, lead()),
        (&hold, Decision::Release, stranger),
        (&hold, Decision::Return, owner()),
        (&quarantine, Decision::Release, owner()),
        (&quarantine, Decision::Withdraw, lead()),
        (&quarantine, Decision::Expire, Actor::Gate),
    ] {
        let refused = store.decide(id, ruling(decision, actor)).await.unwrap_err();
        assert!(matches!(refused, StateError::NotAllowed(_)), "{decision:?}: {refused}");
    }
    let sample = Sample::new(3);
    let mut keep = sample.keep(store, ItemKind::Hold).await;
    (keep.items[0].sender_may_release, keep.items[0].marked_edits) = (false, None);
    let safeguarding = store.keep(keep).await.unwrap().items.remove(0);
    for (decision, actor) in [(Decision::Release, owner()), (Decision::ReleaseMarked, lead())] {
        let refused = store.decide(&safeguarding, ruling(decision, actor)).await.unwrap_err();
        assert!(matches!(refused, StateError::NotAllowed(_)), "{decision:?}");
    }
    store.decide(&safeguarding, ruling(Decision::Withdraw, owner())).await.unwrap();
    store.decide(&quarantine, ruling(Decision::KeepAsEvidence, lead())).await.unwrap();
    let unknown = "0000000000".parse().unwrap();
    assert!(matches!(
        store.decide(&unknown, ruling(Decision::Release, lead())).await,
        Err(StateError::NotFound(_))
    ));
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.open_holds, counts.open_quarantine), (1, 0));
}

#[tokio::test]
async fn the_notices_of_a_decision_come_with_it_or_not_at_all() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let id = Sample::new(1).held(store, ItemKind::Quarantine).await;
    let mut returned = ruling(Decision::Return, lead());
    returned.outbox.push(notice("Subject: Your message is waiting for you\r\n\r\n"));
    returned.reason = Some("goes to the wrong family".into());
    assert_eq!(store.decide(&id, returned).await.unwrap().outbox.len(), 1);
    let mut again = ruling(Decision::Return, lead());
    again.outbox.push(notice("Subject: again\r\n\r\n"));
    assert!(store.decide(&id, again).await.is_err());
    assert_eq!(store.outbox_list(9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_provisional_keep_is_invisible_until_confirmed() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let sample = Sample::new(1);
    let mut keep = sample.keep(store, ItemKind::Hold).await;
    keep.outbox.push(notice("Subject: nudge\r\n\r\n"));
    let provisional = store.keep_provisionally(keep).await.unwrap();
    let id = provisional.items[0].clone();
    assert!(store.items(&ItemFilter::default()).await.unwrap().is_empty());
    assert!(store.outbox_claim(9, TimeDelta::minutes(1)).await.unwrap().is_empty());
    let early = store.decide(&id, ruling(Decision::Release, owner())).await.unwrap_err();
    assert!(matches!(early, StateError::StillProvisional));

    store.confirm(provisional, PassFate::NextHopAccepted).await.unwrap();
    assert_eq!(store.items(&ItemFilter::default()).await.unwrap().len(), 1);
    assert_eq!(store.outbox_claim(9, TimeDelta::minutes(1)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_discarded_keep_leaves_a_ledger_row_and_no_object() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let keep = Sample::new(1).keep(store, ItemKind::Hold).await;
    let provisional = store.keep_provisionally(keep).await.unwrap();
    store.discard(provisional, 550).await.unwrap();
    assert!(
        !bench.files().iter().any(|(path, _)| path
            .extension()
            .is_some_and(|e| e == "age" && path.iter().any(|p| p == "vault")))
    );
    let dropped = ItemFilter { states: vec![ItemState::Dropped], ..Default::default() };
    assert_eq!(store.items(&dropped).await.unwrap().len(), 1);
    let scrub = store.scrub().await.unwrap();
    assert_eq!((scrub.objects, scrub.orphans, scrub.faults.len()), (0, 0, 0));
    bench.verify().await;
}

#[tokio::test]
async fn a_retry_finds_what_is_kept_and_a_resend_after_a_decision_does_not() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let sample = Sample::new(1);
    let keys = store.retry_keys(&sample.envelope, &sample.raw).await.unwrap();
    assert!(store.find_retry(&keys).await.unwrap().is_empty());

    // The next hop said 4xx: left for the retry, which comes with another trace.
    let mut keep = sample.keep(store, ItemKind::Hold).await;
    keep.outbox.push(notice("Subject: nudge\r\n\r\n"));
    drop(store.keep_provisionally(keep).await.unwrap());
    let again = Bytes::from([b"Received: from x\r\n\tby y\r\n", &sample.raw[..]].concat());
    let keys = store.retry_keys(&sample.envelope, &again).await.unwrap();
    let found = store.find_retry(&keys).await.unwrap();
    assert_eq!(found.len(), 2);
    let retry = TransactionId(2);
    let taken = store.adopt_provisionally(retry, &found).await.unwrap();
    let kept = store.confirm(taken, PassFate::NextHopAccepted).await.unwrap();
    assert_eq!((kept.items.len(), kept.outbox.len()), (1, 1));

    // Our 250 was lost: a third attempt is told that it is kept, and makes nothing new.
    let found = store.find_retry(&keys).await.unwrap();
    let proof = store.adopt(TransactionId(3), &found).await.unwrap();
    assert_eq!(gatehouse::mail::Proof::transaction(&proof), TransactionId(3));
    assert_eq!(store.items(&ItemFilter::default()).await.unwrap().len(), 1);
    assert_eq!(store.outbox_list(9).await.unwrap().len(), 1);

    // The client went on: from now on it is a new message.
    store.reply_seen(TransactionId(3)).await.unwrap();
    assert!(store.find_retry(&keys).await.unwrap().is_empty());

    let other = Sample::new(9);
    let id = other.held(store, ItemKind::Hold).await;
    let keys = store.retry_keys(&other.envelope, &other.raw).await.unwrap();
    let found = store.find_retry(&keys).await.unwrap();
    assert_eq!(found.len(), 2);
    store.decide(&id, ruling(Decision::Withdraw, owner())).await.unwrap();
    assert!(store.find_retry(&keys).await.unwrap().is_empty());
    assert!(matches!(store.adopt(TransactionId(10), &found).await, Err(StoreError::NotFound { .. })));
}

#[tokio::test]
async fn a_retry_is_known_for_a_bounded_time() {
    let bench = Bench::new().await;
    let sample = Sample::new(1);
    sample.held(&bench.store, ItemKind::Hold).await;
    let keys = bench.store.retry_keys(&sample.envelope, &sample.raw).await.unwrap();
    bench.pass(TimeDelta::minutes(59));
    assert_eq!(bench.store.find_retry(&keys).await.unwrap().len(), 2);
    bench.pass(TimeDelta::minutes(2));
    assert!(bench.store.find_retry(&keys).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_never_confirmed_is_dropped_after_five_days() {
    let bench = Bench::new().await;
    let keep = Sample::new(1).keep(&bench.store, ItemKind::Hold).await;
    drop(bench.store.keep_provisionally(keep).await.unwrap());
    bench.pass(TimeDelta::days(4));
    assert_eq!(bench.store.housekeep().await.unwrap().dropped, 0);
    bench.pass(TimeDelta::days(2));
    assert_eq!(bench.store.housekeep().await.unwrap().dropped, 1);
    bench.verify().await;
}

#[tokio::test]
async fn a_token_counts_once_for_its_own_sender() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let mut keep = Sample::new(1).keep(store, ItemKind::Hold).await;
    let token = store.new_token();
    keep.items[0].token = Some(token.clone());
    let id = store.keep(keep).await.unwrap().items.remove(0);
    let (own, other) = (address(TEACHER), address("other@oakfield.example"));
    assert_eq!(store.token_item(&token, &own).await.unwrap(), Ok(id.clone()));
    assert_eq!(store.token_item(&token, &other).await.unwrap(), Err(TokenError::WrongSender));
    assert_eq!(store.token_item(&store.new_token(), &own).await.unwrap(), Err(TokenError::Unknown));
    let due = store.holds_to_remind(Utc::now()).await.unwrap();
    assert!(due.len() == 1 && due[0].item == id && !due[0].others_have_it && !due[0].looked_at, "{due:?}");
    let reminder = store.new_token();
    assert!(store.remind(&id, Some(&reminder), notice("still here")).await.unwrap());
    assert!(
        !store.remind(&id, Some(&store.new_token()), notice("still here")).await.unwrap(),
        "once is enough"
    );

    let mut answer = ruling(Decision::Withdraw, owner());
    answer.token = Some(token.clone());
    store.decide(&id, answer).await.unwrap();
    assert_eq!(store.token_item(&token, &own).await.unwrap(), Err(TokenError::Used));
    bench.pass(TimeDelta::days(15));
    assert_eq!(store.token_item(&reminder, &own).await.unwrap(), Err(TokenError::Expired));
    assert!(store.holds_to_remind(Utc::now()).await.unwrap().is_empty());
}
