//! A clock that leaps ahead ends nothing until it is known to be right.

use super::{steps::other, *};

async fn doubted(bench: &Bench) -> bool {
    bench.store.note_node().await.unwrap();
    bench.store.clock_state().await.unwrap() != ClockState::Believed
}

/// The one job's next try comes to nothing for now; whether it is over.
async fn given_up(bench: &Bench) -> bool {
    let job = bench.store.outbox_claim(1, TimeDelta::minutes(5)).await.unwrap().remove(0);
    let reply = gatehouse::mail::Reply::new(451, (4, 4, 1), "away");
    bench.store.outbox_done(&job, vec![Attempt::Deferred { position: 0, reply }]).await.unwrap();
    let listed = bench.store.outbox_list(10).await.unwrap();
    listed.iter().find(|j| j.id == job.id).unwrap().recipients[0].0 == RecipientState::Failed
}

fn ahead() -> TimeDelta {
    TimeDelta::days(400)
}

#[tokio::test]
async fn a_clock_that_leaps_and_comes_back_has_ended_nothing() {
    let bench = Bench::new().await;
    let provisional = Sample::new(1).keep(&bench.store, ItemKind::Hold).await;
    let _ = bench.store.keep_provisionally(provisional).await.unwrap();
    bench.store.enqueue(vec![notice("Subject: 1\r\n\r\n")], &Actor::Gate).await.unwrap();
    bench.store.begin_serving().await.unwrap();
    bench.pass(TimeDelta::days(2));
    assert!(!doubted(&bench).await, "a gate may be off for a weekend");
    bench.pass(ahead());
    assert!(!given_up(&bench).await, "its days are not over: nobody knows the time");
    assert!(doubted(&bench).await && doubted(&bench).await);
    assert_eq!(bench.store.housekeep().await.unwrap().dropped, 0);
    bench.pass(-ahead());
    assert!(!doubted(&bench).await);
    assert!(!given_up(&bench).await, "it is due again at once, and not in a year");
    let rows = bench.store.ledger_rows(&LedgerFilter::default()).await.unwrap();
    let times = |event: &str| rows.iter().filter(|row| row.event == event).count();
    assert_eq!((times("clock.doubted"), times("clock.believed")), (1, 1), "said once");
    bench.verify().await;
}

#[tokio::test]
async fn a_person_believes_the_clock_or_days_of_running_do() {
    let bench = Bench::new().await;
    bench.store.enqueue(vec![notice("Subject: 1\r\n\r\n")], &Actor::Gate).await.unwrap();
    bench.store.begin_serving().await.unwrap();
    assert!(!bench.store.clock_is_right(&lead()).await.unwrap(), "nobody doubts it");
    bench.pass(ahead());
    assert!(doubted(&bench).await);
    assert!(bench.store.clock_is_right(&lead()).await.unwrap());
    assert!(!doubted(&bench).await && given_up(&bench).await);
    bench.pass(ahead());
    assert!(doubted(&bench).await);
    let mut minutes = 0;
    while doubted(&bench).await {
        bench.pass(TimeDelta::minutes(10));
        minutes += 10;
    }
    assert!((3 * 24 * 60..3 * 24 * 60 + 30).contains(&minutes), "{minutes}");
    bench.verify().await;
}

#[tokio::test]
async fn a_leap_of_the_clock_ends_no_suspension() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let from = bench.store_now();
    let new = NewMeasure {
        school: school(),
        measure: Measure::Suspension { person: "oak-s01".into() },
        period: gatehouse::mail::Period { from, until: from + TimeDelta::days(10) },
        reason: "told by a parent".into(),
    };
    let id = store.measure_ask(new, &lead()).await.unwrap();
    store.measure_decide(&id, Approval::Yes, &other(), "yes").await.unwrap();
    store.begin_serving().await.unwrap();
    bench.pass(ahead());
    assert!(doubted(&bench).await);
    let suspended = async || store.measures_in_force().await.unwrap().suspensions;
    let of_now = suspended().await;
    assert!(
        of_now.len() == 1 && of_now[0].period.until > bench.store_now(),
        "it goes on by what the clock says"
    );
    bench.pass(-ahead());
    assert!(!doubted(&bench).await);
    let until = suspended().await[0].period.until;
    assert_eq!(until.timestamp(), (from + TimeDelta::days(10)).timestamp(), "and ends on its day");
    for _ in 0..5 {
        bench.pass(TimeDelta::days(2));
        assert!(!doubted(&bench).await);
    }
    assert!(suspended().await.is_empty());
}
