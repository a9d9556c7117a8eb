//! Several processes at one store: what is one's alone, what is taken over, what is done once.
//! With PostgreSQL they are nodes with folders of their own.

use super::*;

/// Another process of the same store; with PostgreSQL another node, which reaches the same objects.
async fn second(bench: &Bench) -> Store {
    let mut folder = bench.folder.path().to_owned();
    if KIND == Kind::Postgres {
        let first = folder.clone();
        folder.push("second");
        std::fs::create_dir_all(folder.join("data")).unwrap();
        std::fs::copy(first.join("database-url"), folder.join("database-url")).unwrap();
        std::os::unix::fs::symlink(first.join("data/vault"), folder.join("data/vault")).unwrap();
    }
    open_at(&folder, bench.keys.clone(), &bench.clock).await.unwrap()
}

fn hour() -> TimeDelta {
    TimeDelta::hours(1)
}

async fn nothing() -> Result<(), StoreError> {
    Ok(())
}

#[tokio::test]
async fn a_duty_is_one_nodes_and_comes_again_when_it_is_due() {
    let bench = Bench::new().await;
    let other = second(&bench).await;
    let duty = bench.store.take_duty("test", hour()).await.unwrap().unwrap();
    assert!(other.take_duty("test", hour()).await.unwrap().is_none(), "the first has it");
    assert!(other.take_duty("another", hour()).await.unwrap().is_some());
    duty.run(nothing()).await.unwrap();
    assert!(other.take_duty("test", hour()).await.unwrap().is_none(), "it is done");
    bench.pass(hour());
    let duty = other.take_duty("test", hour()).await.unwrap().unwrap();
    let failed = duty.run(async { Err::<(), _>(StoreError::Busy) }).await;
    assert!(matches!(failed, Err(StoreError::Busy)));
    assert!(bench.store.take_duty("test", hour()).await.unwrap().is_none(), "a pause after a failure");
    bench.pass(TimeDelta::minutes(2));
    assert!(bench.store.take_duty("test", hour()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_killed_nodes_duty_is_taken_over_when_its_lease_ends() {
    let bench = Bench::new().await;
    let other = second(&bench).await;
    let lost = other.take_duty("test", hour()).await.unwrap().unwrap();
    bench.pass(TimeDelta::minutes(4));
    assert!(bench.store.take_duty("test", hour()).await.unwrap().is_none());
    bench.pass(TimeDelta::minutes(2));
    let duty = bench.store.take_duty("test", hour()).await.unwrap().unwrap();
    // The other was not dead after all: its end changes nothing.
    lost.run(nothing()).await.unwrap();
    assert!(other.take_duty("test", hour()).await.unwrap().is_none());
    duty.run(nothing()).await.unwrap();
}

#[tokio::test]
async fn a_duty_that_hangs_is_broken_off_and_comes_again() {
    let bench = Bench::new().await;
    let duty = bench.store.take_duty("test", hour()).await.unwrap().unwrap();
    let hangs =
        duty.run_within(std::time::Duration::from_millis(20), std::future::pending::<Result<(), _>>());
    assert!(matches!(hangs.await, Err(StoreError::Io(_))));
    assert!(bench.store.take_duty("test", hour()).await.unwrap().is_none(), "a pause after a failure");
    bench.pass(TimeDelta::minutes(2));
    assert!(bench.store.take_duty("test", hour()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_clock_that_was_ahead_once_stops_no_duty() {
    let bench = Bench::new().await;
    let other = second(&bench).await;
    let ahead = TimeDelta::days(400);
    bench.pass(ahead);
    let done = bench.store.take_duty("done", hour()).await.unwrap().unwrap();
    done.run(nothing()).await.unwrap();
    let held = other.take_duty("held", hour()).await.unwrap().unwrap();
    bench.pass(-ahead);
    let done = bench.store.take_duty("done", hour()).await.unwrap().expect("it is due");
    assert!(bench.store.take_duty("held", hour()).await.unwrap().is_some(), "nobody has it for so long");
    done.run(nothing()).await.unwrap();
    assert!(bench.store.take_duty("done", hour()).await.unwrap().is_none(), "it was done now");
    drop(held);
}

#[tokio::test]
async fn a_node_that_comes_back_has_its_own_work_at_once_and_no_others() {
    let bench = Bench::new().await;
    for n in 0..2 {
        bench.store.enqueue(vec![notice(&format!("Subject: {n}\r\n\r\n"))], &Actor::Gate).await.unwrap();
    }
    let other = second(&bench).await;
    let lease = TimeDelta::minutes(10);
    let mine = bench.store.outbox_claim(1, lease).await.unwrap().remove(0);
    let theirs = other.outbox_claim(5, lease).await.unwrap().remove(0);
    assert_ne!(mine.id, theirs.id);
    bench.store.begin_serving().await.unwrap();
    let again = bench.store.outbox_claim(5, lease).await.unwrap();
    let both = if KIND == Kind::Sqlite { 2 } else { 1 };
    assert_eq!(again.len(), both, "with SQLite all processes are one node");
    assert!(again.iter().any(|job| job.id == mine.id));
    // Long work keeps its lease; what is renewed by one is not due for another.
    if KIND == Kind::Postgres {
        bench.pass(TimeDelta::minutes(9));
        assert!(other.outbox_renew(&theirs, lease).await.unwrap());
        bench.pass(TimeDelta::minutes(2));
        let due = bench.store.outbox_claim(5, lease).await.unwrap();
        assert_eq!(due.iter().map(|j| &j.id).collect::<Vec<_>>(), [&mine.id]);
        bench.pass(TimeDelta::minutes(9));
        assert_eq!(bench.store.outbox_claim(5, lease).await.unwrap()[0].id, theirs.id);
        assert!(!other.outbox_renew(&theirs, lease).await.unwrap(), "it was taken over");
        assert_eq!(bench.store.nodes().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_message_that_two_nodes_get_at_once_is_kept_once() {
    let bench = Bench::new().await;
    let other = second(&bench).await;
    for n in 0..5_u128 {
        let (mut first, mut again) = (Sample::new(n), Sample::new(n));
        (first.transaction, again.transaction) = (TransactionId(1_000 + n), TransactionId(2_000 + n));
        let (one, two) =
            (first.keep(&bench.store, ItemKind::Hold).await, again.keep(&other, ItemKind::Hold).await);
        let (one, two) = tokio::join!(bench.store.keep(one), other.keep(two));
        assert!(one.is_ok() != two.is_ok());
        let lost = one.err().or(two.err()).unwrap();
        assert!(matches!(lost, StoreError::KeptMeanwhile), "{lost}");
        let keys = other.retry_keys(&first.envelope, &first.raw).await.unwrap();
        let found = other.find_retry(&keys).await.unwrap();
        other.adopt(TransactionId(3_000 + n), &found).await.unwrap();
    }
    assert_eq!(bench.store.counts().await.unwrap().open_holds, 5);
    assert!(bench.store.scrub().await.unwrap().faults.is_empty());
    bench.verify().await;
}

#[tokio::test]
async fn connections_that_are_lost_are_made_anew() {
    if KIND == Kind::Sqlite {
        return;
    }
    let bench = Bench::new().await;
    Sample::new(1).held(&bench.store, ItemKind::Hold).await;
    bench.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    Sample::new(2).held(&bench.store, ItemKind::Hold).await;
    assert_eq!(bench.store.counts().await.unwrap().open_holds, 2);
    bench.verify().await;
}
