//! What the report counts, on both databases.

use super::*;
use gatehouse::{
    authority::Matter,
    parties::{Calendar, SchoolTime, Zone},
    ruleset::Category,
};

/// A school that is never closed for a day, so that this does not depend on today's.
fn every_day() -> SchoolTime {
    let weekdays = [0, 1, 2, 3, 4, 5, 6].map(|n| chrono::Weekday::try_from(n).unwrap()).to_vec();
    let clock = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    let calendar = Calendar { zone: Zone::Utc, weekdays, ..Calendar::default() };
    SchoolTime { calendar, opens: clock(8), closes: clock(17) }
}

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
    let tally = bench.store.tally(&school(), &every_day(), days(-1, 5)).await.unwrap();
    let [messages] = &tally.messages[..] else { panic!("{tally:?}") };
    assert_eq!(
        (messages.direction.as_str(), messages.disposition.as_str(), messages.count),
        ("outbound", "hold", 1)
    );
    let [item] = &tally.items[..] else { panic!("an allegation is in no number: {tally:?}") };
    assert_eq!((item.kind.as_str(), item.of.as_str()), ("hold", Category::PersonalHealth.name()));
    let within: Vec<u64> = item.waits.within.iter().map(|(_, count)| *count).collect();
    assert_eq!(
        (within, item.waits.later, item.waits.unanswered),
        (vec![0, 0, 1], 0, 0),
        "30 hours: more than one school day"
    );
    let count = |event: &str| tally.events.iter().find(|(name, _)| name == event).map(|(_, n)| *n);
    assert_eq!((count("item.withdrawn"), count("item.quarantined")), (Some(1), None), "{:?}", tally.events);
    let other = bench.store.tally(&SchoolId("brynglas".into()), &every_day(), days(-1, 5)).await.unwrap();
    assert!(other.messages.is_empty() && other.items.is_empty(), "{other:?}");
    let later = bench.store.tally(&school(), &every_day(), days(5, 9)).await.unwrap();
    assert!(later.messages.is_empty() && later.items.is_empty() && later.events.is_empty(), "{later:?}");
}
