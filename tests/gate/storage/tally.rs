//! What the report counts, on both databases.

use super::*;
use gatehouse::{
    authority::Matter,
    parties::{Calendar, Month, SchoolTime, Zone},
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
    let soon = bench.store.tally(&school(), &every_day(), days(-1, 1)).await.unwrap();
    assert_eq!(soon.items[0].waits.unanswered, 1, "answered after the end of what is counted: {soon:?}");
    let later = bench.store.tally(&school(), &every_day(), days(5, 9)).await.unwrap();
    assert!(later.messages.is_empty() && later.items.is_empty() && later.events.is_empty(), "{later:?}");
}

#[tokio::test]
async fn a_month_is_counted_once_when_it_is_over_and_nothing_later_changes_it() {
    let bench = Bench::new().await;
    let (store, hours) = (&bench.store, every_day());
    let month = Month::of(bench.store_now().date_naive());
    let mut held = Vec::new();
    for number in 0..12 {
        held.push(Sample::new(number).held(store, ItemKind::Hold).await);
    }
    let figures = async || store.month_figures(&school(), &hours, month).await.unwrap();
    let counted = async || {
        let events = vec!["report.counted".to_owned()];
        store.ledger_rows(&LedgerFilter { events, ..LedgerFilter::default() }).await.unwrap().len()
    };
    assert_eq!(figures().await, None, "it is under way");
    bench.pass(TimeDelta::days(32));
    let (first, second) = tokio::join!(figures(), figures());
    let first = first.expect("it is over");
    assert_eq!((first.tally.messages[0].count, first.tally.items[0].waits.unanswered), (12, 12));
    assert_eq!(Some(&first), second.as_ref());
    assert_eq!(counted().await, 1);

    // Decided, purged, come late, turned into an allegation: it stays what it was.
    for id in &held[..6] {
        store.decide(id, ruling(Decision::Withdraw, owner())).await.unwrap();
    }
    Sample::new(20).held(store, ItemKind::Hold).await;
    bench.pass(TimeDelta::days(400));
    let purged = store.retain(&super::retention::due(&bench)).await.unwrap();
    assert!(purged.items >= 6 && purged.log_rows >= 6, "{purged:?}");
    let bench = bench.reopen().await;
    let again = bench.store.month_figures(&school(), &hours, month).await.unwrap();
    assert_eq!(again, Some(first));
    let before = bench.store.month_figures(&school(), &hours, month.before()).await.unwrap().unwrap();
    assert_eq!(before.tally, Tally::default(), "before there was a store");
    assert!(bench.verify().await.sealed);
}
