//! The outbox: leases, backoff, five days, reports; each end written once.

use super::*;
use gatehouse::mail::Reply;

fn reply(code: u16) -> Reply {
    Reply::new(code, ((code / 100) as u8, 1, 1), "clinic@harbour.example: no such user")
}

async fn claim(store: &Store) -> Option<OutboxJob> {
    store.outbox_claim(1, TimeDelta::minutes(10)).await.unwrap().pop()
}

fn waiting(job: &OutboxJob) -> Vec<usize> {
    match &job.task {
        Task::Deliver(recipients) => recipients.iter().map(|r| r.position).collect(),
        Task::Report(_) => panic!("a report is due"),
    }
}

#[tokio::test]
async fn each_recipient_has_its_own_end_and_a_failure_is_reported_once() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let id = Sample::new(1).held(store, ItemKind::Hold).await;
    store.decide(&id, ruling(Decision::Release, owner())).await.unwrap();

    let job = claim(store).await.unwrap();
    assert_eq!(waiting(&job), [0, 1]);
    assert!(claim(store).await.is_none(), "a leased job is not taken twice");
    let results = vec![
        Attempt::Failed { position: 0, reply: reply(550) },
        Attempt::Deferred { position: 1, reply: reply(451) },
    ];
    store.outbox_done(&job, results).await.unwrap();

    let job = claim(store).await.unwrap();
    let Task::Report(due) = &job.task else { panic!("no report") };
    assert_eq!((due.len(), due[0].position, due[0].action), (1, 0, ReportAction::Failed));
    assert_eq!(due[0].reply.as_ref().unwrap().text, "clinic@harbour.example: no such user");
    assert_eq!(due[0].recipient.parameters, ["NOTIFY=FAILURE"]);
    let mut report = notice("Subject: Undelivered\r\n\r\n");
    report.kind = OutboxKind::Report;
    store.outbox_reported(&job, vec![report.clone()]).await.unwrap();
    assert!(store.outbox_reported(&job, vec![report]).await.is_err(), "the lease has ended");

    let report = claim(store).await.unwrap();
    assert_eq!(report.kind, OutboxKind::Report);
    let accepted = |relayed| vec![Attempt::Delivered { position: 0, reply: reply(250), relayed }];
    store.outbox_done(&report, accepted(false)).await.unwrap();
    assert!(claim(store).await.is_none(), "the other recipient waits its minute");
    assert_eq!(store.item_summary(&id).await.unwrap().state, ItemState::Releasing);
    bench.pass(TimeDelta::minutes(2));
    let job = claim(store).await.unwrap();
    assert_eq!(waiting(&job), [1]);
    let delivered = vec![Attempt::Delivered { position: 1, reply: reply(250), relayed: false }];
    store.outbox_done(&job, delivered).await.unwrap();
    assert_eq!(store.item_summary(&id).await.unwrap().state, ItemState::Released);
    assert!(store.outbox_list(9).await.unwrap().iter().all(|j| j.state == JobState::Done));
    bench.verify().await;
}

#[tokio::test]
async fn a_killed_process_s_job_is_taken_again_and_its_late_result_counts() {
    let bench = Bench::new().await;
    let store = &bench.store;
    store.enqueue(vec![notice("Subject: x\r\n\r\n")], &Actor::Gate).await.unwrap();
    let first = claim(store).await.unwrap();
    bench.pass(TimeDelta::minutes(11));
    let second = claim(store).await.unwrap();
    assert_eq!((first.id.clone(), second.attempts), (second.id.clone(), 2));
    let delivered = vec![Attempt::Delivered { position: 0, reply: reply(250), relayed: true }];
    store.outbox_done(&first, delivered).await.unwrap();
    store.outbox_done(&second, vec![Attempt::Failed { position: 0, reply: reply(550) }]).await.unwrap();
    let list = store.outbox_list(1).await.unwrap();
    assert_eq!(list[0].recipients, [(RecipientState::Delivered, Some(250))]);
    let job = claim(store).await.unwrap();
    assert!(matches!(&job.task, Task::Report(due) if due[0].action == ReportAction::Relayed));
    store.outbox_reported(&job, vec![]).await.unwrap();
    assert_eq!(store.outbox_list(1).await.unwrap()[0].state, JobState::Done);
}

#[tokio::test]
async fn five_days_of_deferral_end_in_a_failure() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let id = Sample::new(1).held(store, ItemKind::Quarantine).await;
    store.decide(&id, ruling(Decision::Release, lead())).await.unwrap();
    let mut tries = 0;
    let due = loop {
        bench.pass(TimeDelta::hours(5));
        let job = claim(store).await.unwrap();
        match job.task.clone() {
            Task::Deliver(to) => {
                let put_off = |r: JobRecipient| Attempt::Deferred { position: r.position, reply: reply(451) };
                store.outbox_done(&job, to.into_iter().map(put_off).collect()).await.unwrap();
                tries += 1;
            }
            Task::Report(due) => {
                store.outbox_reported(&job, vec![]).await.unwrap();
                break due;
            }
        }
    };
    assert_eq!((due.len(), tries), (2, 24));
    assert_eq!(store.item_summary(&id).await.unwrap().state, ItemState::Undeliverable);
}

#[tokio::test]
async fn a_part_and_a_large_notice_come_out_as_they_went_in() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let sample = Sample::new(1);
    let large = format!("Subject: large\r\n\r\n{}", "0123456789abcdef\r\n".repeat(20_000));
    let part = NewOutbox {
        kind: OutboxKind::Part,
        sender: sample.envelope.sender.clone(),
        parameters: sample.envelope.parameters.clone(),
        recipients: sample.envelope.recipients.clone(),
        next_hop: None,
        message: OutboxMessage::Transaction(Edits {
            headers: vec![HeaderEdit::Prepend { name: "X-Mark".into(), value: "1".into() }],
            body: vec![],
        }),
        retry_keys: store.retry_keys(&sample.envelope, &sample.raw).await.unwrap(),
        ..notice("")
    };
    let keep = Keep {
        message: sample.logged(),
        items: vec![],
        outbox: vec![part, notice(&large)],
        records: vec![],
        searchable: Searchable::default(),
        proposals: vec![],
        alerts: vec![],
        ledger: vec![],
        concerned: Concerned::default(),
    };
    store.keep(keep).await.unwrap();
    let keys = store.retry_keys(&sample.envelope, &sample.raw).await.unwrap();
    assert!(matches!(store.find_retry(&keys).await.unwrap()[1].what, Retried::Part(_)));
    let bench = bench.reopen().await;
    let jobs = bench.store.outbox_claim(9, TimeDelta::minutes(1)).await.unwrap();
    assert_eq!(jobs[0].message, [b"X-Mark: 1\r\n", &sample.raw[..]].concat());
    assert_eq!(jobs[1].message, large);
    bench.store.outbox_give_back(&jobs[0]).await.unwrap();
    assert_eq!(bench.store.outbox_claim(9, TimeDelta::minutes(1)).await.unwrap()[0].id, jobs[0].id);
}

/// The files of the vault.
fn objects(bench: &Bench) -> Vec<std::path::PathBuf> {
    let all = bench.files().into_iter().map(|(path, _)| path);
    all.filter(|path| path.iter().any(|part| part == "working")).collect()
}

/// It is tried and counted like all others, said, and has its end; then somebody can decide again.
#[tokio::test]
async fn a_release_whose_object_is_gone_comes_to_an_end_and_waits_for_a_person_again() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let id = Sample::new(1).held(store, ItemKind::Quarantine).await;
    let path = objects(&bench).remove(0);
    let large = format!("Subject: large\r\n\r\n{}", "0123456789abcdef\r\n".repeat(20_000));
    store.enqueue(vec![notice(&large)], &Actor::Gate).await.unwrap();
    store.decide(&id, ruling(Decision::Release, lead())).await.unwrap();
    let away: Vec<_> =
        objects(&bench).into_iter().map(|from| (from.clone(), std::fs::read(from).unwrap())).collect();
    away.iter().for_each(|(path, _)| std::fs::remove_file(path).unwrap());
    let claimed = async || store.outbox_claim(4, TimeDelta::minutes(5)).await.unwrap();
    assert!(claimed().await.is_empty());
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.outbox_unreadable, counts.outbox_delayed), (2, 2));
    let mut reports = 0;
    for _ in 0..27 {
        bench.pass(TimeDelta::hours(5));
        for job in claimed().await {
            assert!(matches!(&job.task, Task::Report(due) if due[0].action == ReportAction::Failed));
            store.outbox_reported(&job, vec![]).await.unwrap();
            reports += 1;
        }
    }
    assert_eq!(reports, 1, "of the notice");
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.outbox_waiting, counts.releasing, counts.open_quarantine), (0, 0, 1));
    // It came back from a backup.
    assert!(store.decide(&id, ruling(Decision::Release, lead())).await.is_err());
    let (_, bytes) = away.into_iter().find(|(found, _)| *found == path).unwrap();
    std::fs::write(&path, bytes).unwrap();
    store.decide(&id, ruling(Decision::Release, lead())).await.unwrap();
    assert_eq!(claimed().await.len(), 1);
    bench.verify().await;
}

/// What cannot be deleted is said, and in nobody's way.
#[tokio::test]
async fn an_object_that_cannot_be_deleted_holds_up_no_other() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let mut kept = Vec::new();
    for number in 1..3 {
        kept.push(
            store.keep_provisionally(Sample::new(number).keep(store, ItemKind::Hold).await).await.unwrap(),
        );
    }
    let stuck = objects(&bench).remove(0);
    std::fs::remove_file(&stuck).unwrap();
    std::fs::create_dir_all(stuck.join("in-the-way")).unwrap();
    for provisional in kept {
        store.discard(provisional, 550).await.unwrap();
    }
    store.purge_due().await.unwrap();
    assert_eq!(objects(&bench).len(), 0);
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.purges_failing, 1);
    std::fs::remove_dir_all(&stuck).unwrap();
    assert_eq!(store.purge_due().await.unwrap(), Purged { gone: 1, ..Purged::default() });
    assert_eq!(store.counts().await.unwrap().purges_failing, 0);
}
