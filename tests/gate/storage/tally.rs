//! What the report counts, on both databases.

use super::*;
use gatehouse::{authority::Matter, ruleset::Category};

#[tokio::test]
async fn numbers_are_added_up_by_school_time_and_kind() {
    let bench = Bench::new().await;
    let begun = bench.store_now();
    let held = Sample::new(1).held(&bench.store, ItemKind::Hold).await;
    let mut accused = Sample::new(2).keep(&bench.store, ItemKind::Quarantine).await;
    accused.concerned.matters = vec![(accused.items[0].id.clone(), Matter::Allegation)];
    bench.store.keep(accused).await.unwrap();
    bench.pass(TimeDelta::hours(30));
    bench.store.decide(&held, ruling(Decision::Withdraw, owner())).await.unwrap();
    let days = |from: i64, until: i64| Between {
        from: begun + TimeDelta::days(from),
        until: begun + TimeDelta::days(until),
    };
    let tally = bench.store.tally(&school(), days(-1, 5)).await.unwrap();
    let [messages] = &tally.messages[..] else { panic!("{tally:?}") };
    assert_eq!(
        (messages.direction.as_str(), messages.disposition.as_str(), messages.count),
        ("outbound", "hold", 1)
    );
    let [item] = &tally.items[..] else { panic!("an allegation is in no number: {tally:?}") };
    assert_eq!((item.kind.as_str(), item.of.as_str()), ("hold", Category::PersonalHealth.name()));
    let within: Vec<u64> = item.waits.within.iter().map(|(_, count)| *count).collect();
    assert_eq!((within, item.waits.later, item.waits.unanswered), (vec![0, 0, 1], 0, 0), "30 hours");
    let count = |event: &str| tally.events.iter().find(|(name, _)| name == event).map(|(_, n)| *n);
    assert_eq!((count("item.withdrawn"), count("item.quarantined")), (Some(1), None), "{:?}", tally.events);
    let other = bench.store.tally(&SchoolId("brynglas".into()), days(-1, 5)).await.unwrap();
    assert!(other.messages.is_empty() && other.items.is_empty(), "{other:?}");
    let later = bench.store.tally(&school(), days(5, 9)).await.unwrap();
    assert!(later.messages.is_empty() && later.items.is_empty() && later.events.is_empty(), "{later:?}");
}
