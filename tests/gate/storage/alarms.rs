//! What is told once among all nodes: overdue items, alarms, what does not work.

use super::{Bench, Sample, school};
use chrono::TimeDelta;
use gatehouse::{mail::TransactionId, ruleset::Category, storage::*};

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
        ladder: vec![vec![super::address("p.nair@oakfield.example")]],
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
