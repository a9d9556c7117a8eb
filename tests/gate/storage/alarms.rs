//! What is told once among all nodes: overdue items, alarms, what does not work.

use super::{Bench, Sample, address, school};
use chrono::TimeDelta;
use gatehouse::{
    config::{CanaryConfig, CanaryEnd, CanaryRoute, CanaryWay, HopTls, NextHop},
    mail::{Envelope, Recipient, ReversePath, TransactionId},
    parties::Direction,
    ruleset::Category,
    storage::*,
};
use std::{sync::Arc, time::Duration};

#[tokio::test]
async fn an_office_hears_once_of_an_overdue_item() {
    let bench = Bench::new().await;
    let item = Sample::new(1).held(&bench.store, ItemKind::Quarantine).await;
    let tell = async |rung| {
        let told = vec![OverdueTold { item: item.clone(), rung, people: 1 }];
        bench.store.tell_overdue(&school(), told, vec![super::notice("it waits")]).await
    };
    assert!(tell("lead").await.unwrap());
    assert!(!tell("lead").await.unwrap(), "another node was quicker");
    assert!(tell("deputy").await.unwrap());
    let heard = bench.store.overdue_told(std::slice::from_ref(&item)).await.unwrap();
    assert_eq!(heard.len(), 2);
    assert_eq!(bench.store.counts().await.unwrap().outbox_waiting, 2, "a mail for each that was told");
    bench.verify().await;
}

#[tokio::test]
async fn an_alarm_is_one_nodes_until_it_is_given() {
    let bench = Bench::new().await;
    let sample = Sample::new(1);
    let mut keep = sample.keep(&bench.store, ItemKind::Quarantine).await;
    let item = keep.items[0].id.clone();
    keep.alerts.push(NewAlert {
        school: school(),
        urgency: Urgency::Urgent,
        category: Category::HarmThreat,
        policy: None,
        number: item.to_string(),
        item: Some(item),
        transaction: TransactionId(1),
        received_at: bench.store_now(),
        ladder: vec![vec![address("p.nair@oakfield.example")]],
    });
    bench.store.keep(keep).await.unwrap();
    let due = async || bench.store.alarms_due().await.unwrap();
    let alarm = due().await.remove(0).id;
    let take = async || bench.store.alarm_take(&alarm, TimeDelta::seconds(45)).await.unwrap();
    assert!(take().await);
    assert!(!take().await && due().await.is_empty(), "another has it at hand");
    bench.pass(TimeDelta::seconds(46));
    assert!(take().await, "who had it was killed");
    bench.store.alarmed(&alarm, 0).await.unwrap();
    assert!(due().await.len() == 1 && take().await, "no way took it");
    bench.store.alarmed(&alarm, 2).await.unwrap();
    assert!(due().await.is_empty() && !take().await);
    bench.verify().await;
}

#[tokio::test]
async fn only_a_change_of_health_is_said() {
    let bench = Bench::new().await;
    let since = bench.store_now();
    let failing = Health::Failing { since, why: "no-head-brought" };
    let note = async |health| {
        bench.store.note_health("anchor/county", health, vec![super::notice("it fails")]).await.unwrap()
    };
    assert!(!note(Health::Well).await, "what never failed is no news");
    assert!(note(failing).await && !note(failing).await);
    let kept = bench.store.troubles().await.unwrap();
    assert!(kept[0].alarm_due && kept[0].why == "no-head-brought", "{kept:?}");
    bench.pass(TimeDelta::hours(1));
    assert!(note(Health::Well).await && !note(Health::Well).await);
    bench.store.trouble_alarmed(&kept[0], 1).await.unwrap();
    assert!(bench.store.troubles().await.unwrap()[0].alarm_due, "the recovery is still to be told");
    assert_eq!(bench.store.counts().await.unwrap().outbox_waiting, 2);
    bench.verify().await;
}

const FROM: &str = "canary@elsewhere.example";
const TO: &str = "canary@oakfield.example";

fn way(end: CanaryEnd) -> CanaryConfig {
    let submit = NextHop {
        name: "canary".into(),
        domains: vec![],
        hosts: vec!["mx.oakfield.example:25".into()],
        tls: HopTls::Never,
        ca: None,
        connect_timeout: Duration::from_secs(1),
        timeout: Duration::from_secs(1),
    };
    let route =
        CanaryRoute { direction: Direction::Inbound, submit: Arc::new(submit), from: address(FROM), end };
    let within = TimeDelta::minutes(15);
    CanaryConfig { name: "from-outside".into(), way: CanaryWay::Route(route), to: address(TO), within }
}

fn envelope(from: &str, to: &str) -> Envelope {
    let sender = ReversePath::Mailbox(address(from));
    Envelope { sender, parameters: vec![], recipients: vec![Recipient::new(address(to))] }
}

#[tokio::test]
async fn a_canary_is_good_for_its_own_way_and_for_each_leg_once() {
    let bench = Bench::new().await;
    let (store, canary, content) = (&bench.store, way(CanaryEnd::Back), [7; 32]);
    let token = store.new_token();
    let sender = ReversePath::Mailbox(address(FROM));
    let new = NewCanary { canary: &canary, token: &token, sender, content, job: None };
    store.canary_begin(new, &Actor::Gate).await.unwrap();
    store.canary_handed(&token, Ok(()), &Actor::Gate).await.unwrap();
    let look = async |from: &str, to: &str, content: [u8; 32]| {
        store.canary_sighted(&token, &envelope(from, to), &content).await.unwrap()
    };
    let ours = |sighting| match sighting {
        Sighting::Ours(sighted) => sighted,
        Sighting::NotOurs(why) => panic!("{why:?}"),
    };
    // Back before it was out is no way that it takes.
    assert!(matches!(look(TO, FROM, content).await, Sighting::NotOurs(NotOurs::OtherWay)));
    assert!(
        !ours(look(FROM, TO, [8; 32]).await).intact && !ours(look("x@y.example", TO, content).await).intact
    );
    let out = ours(look(FROM, TO, content).await);
    assert!(out.intact && store.canary_passed(&out, Onto::NextHop).await.unwrap());
    assert!(store.canary_state(&canary).await.unwrap().proved.is_none(), "it has not come back");
    assert!(matches!(look(FROM, TO, content).await, Sighting::NotOurs(NotOurs::Used)));
    let back = ours(look(TO, FROM, content).await);
    assert!(store.canary_passed(&back, Onto::NextHop).await.unwrap());
    assert!(matches!(look(TO, FROM, content).await, Sighting::NotOurs(NotOurs::Used)));
    let state = store.canary_state(&canary).await.unwrap();
    assert!(state.proved.is_some() && state.unproved_since.is_none(), "{state:?}");
    // Another end is another way, of which nothing is known.
    assert_eq!(store.canary_state(&way(CanaryEnd::Gate)).await.unwrap(), CanaryState::default());
    bench.verify().await;
}

#[tokio::test]
async fn a_canary_that_is_refused_old_or_put_into_the_outbox_proves_what_it_should() {
    let bench = Bench::new().await;
    let (store, content) = (&bench.store, [7; 32]);
    let canary = way(CanaryEnd::Gate);
    let begin = async |canary: &CanaryConfig, job| {
        let token = store.new_token();
        let sender = ReversePath::Mailbox(address(FROM));
        let new = NewCanary { canary, token: &token, sender, content, job };
        store.canary_begin(new, &Actor::Gate).await.unwrap();
        token
    };
    let refused = begin(&canary, None).await;
    store.canary_handed(&refused, Err(550), &Actor::Gate).await.unwrap();
    assert_eq!(store.canary_state(&canary).await.unwrap().last.unwrap().code, Some(550));
    let stopped = begin(&canary, None).await;
    let Sighting::Ours(sighted) =
        store.canary_sighted(&stopped, &envelope(FROM, TO), &content).await.unwrap()
    else {
        panic!("ours")
    };
    assert!(store.canary_passed(&sighted, Onto::Refused(550)).await.unwrap());
    let old = begin(&canary, None).await;
    bench.pass(TimeDelta::days(4));
    let sighting = store.canary_sighted(&old, &envelope(FROM, TO), &content).await.unwrap();
    assert!(matches!(sighting, Sighting::NotOurs(NotOurs::Expired)));
    let state = store.canary_state(&canary).await.unwrap();
    assert!(state.proved.is_none() && state.unproved_since.is_some(), "none of them proves it: {state:?}");

    let notices = CanaryConfig { name: "notices".into(), way: CanaryWay::Notices, ..way(CanaryEnd::Gate) };
    begin(&notices, Some(super::notice("a check"))).await;
    assert_eq!(store.canaries_delivered().await.unwrap(), 0);
    let job = store.outbox_claim(1, TimeDelta::minutes(5)).await.unwrap().remove(0);
    let reply = gatehouse::mail::Reply::new(250, (2, 0, 0), "taken");
    let taken = Attempt::Delivered { position: 0, reply, relayed: false };
    store.outbox_done(&job, vec![taken]).await.unwrap();
    assert_eq!(store.canaries_delivered().await.unwrap(), 1);
    assert!(store.canary_state(&notices).await.unwrap().proved.is_some());
    bench.verify().await;
}

/// The next hop put the message off, and nobody came again: the alert goes, and the log's row in its time.
#[tokio::test]
async fn a_provisional_alert_that_nobody_settles_ends() {
    let bench = Bench::new().await;
    let sample = Sample::new(1);
    let mut keep = sample.keep(&bench.store, ItemKind::Quarantine).await;
    keep.items.clear();
    keep.alerts.push(NewAlert {
        school: school(),
        urgency: Urgency::Urgent,
        category: Category::HarmThreat,
        policy: None,
        number: "7F3K2M9QXA".into(),
        item: None,
        transaction: TransactionId(1),
        received_at: bench.store_now(),
        ladder: vec![vec![address("p.nair@oakfield.example")]],
    });
    drop(bench.store.keep_provisionally(keep).await.unwrap());
    bench.pass(TimeDelta::days(6));
    assert_eq!(bench.store.housekeep().await.unwrap().dropped, 1);
    bench.pass(TimeDelta::days(400));
    assert_eq!(bench.store.retain(&super::retention::due(&bench)).await.unwrap().log_rows, 1);
}
