//! The outbox leaving through the real client to a scripted next hop: releases, reports,
//! retries, and what happens when nobody can be told.

use crate::{
    hop::{Hop, HopScript, PATIENCE},
    storage::{Bench, Sample, TEACHER, address, lead, notice, owner, ruling, school},
};
use chrono::TimeDelta;
use gatehouse::{
    config::{FailureChoice, HopTls, NextHop, NoticesConfig},
    effects::{Delivery, DeliveryOptions, Looked, Notices, ReleaseField, Rescan, Turn},
    mail::{Custody, Failure, Proof, Scan, Waiting},
    message::{ReadLimits, read},
    storage::*,
    wire::smtp::{NextHopClient, system_resolver},
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// A running worker, its turns, and the way to stop it.
struct Worker {
    turns: mpsc::UnboundedReceiver<Turn>,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

impl Worker {
    fn start(bench: &Bench, hops: &[(&str, &Hop, &str)], release_field: ReleaseField) -> Self {
        Self::scanned(bench, hops, release_field, None)
    }

    fn scanned(
        bench: &Bench,
        hops: &[(&str, &Hop, &str)],
        release_field: ReleaseField,
        scanner: Option<Arc<dyn Rescan>>,
    ) -> Self {
        let (sender, turns) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        let config = NoticesConfig {
            next_hop: None,
            from: "Gatehouse <gatehouse@oakfield.example>".into(),
            reply_to: None,
            admin: vec![],
            per_hour: 10,
            console: None,
        };
        let options = DeliveryOptions {
            hops: hops.iter().map(|(name, hop, domain)| next_hop(name, hop, domain)).collect(),
            notices: Notices::new(&config, "gate.oakfield.example").unwrap(),
            postmasters: HashMap::from([(school(), address("postmaster@oakfield.example"))]),
            release_field,
            scanner,
            told_of_recall: Arc::new(|_| vec![vec![address("p.nair@oakfield.example")]]),
            parallel: 4,
            lease: TimeDelta::minutes(30),
            // The tests move the store's clock, of which nobody is told.
            poll: Duration::from_millis(20),
            clock: gatehouse::clock::system(),
            observer: Arc::new(move |turn| {
                let _ = sender.send(turn);
            }),
        };
        let client = NextHopClient::new("gate.oakfield.example", system_resolver());
        let delivery = Delivery::new(options, bench.store.clone(), Arc::new(client));
        let ended = tokio::spawn(delivery.run(async {
            let _ = stopped.await;
        }));
        Self { turns, stop, ended }
    }

    async fn turn(&mut self) -> Turn {
        timeout(PATIENCE, self.turns.recv()).await.expect("a turn").expect("the worker lives")
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        timeout(PATIENCE, self.ended).await.expect("the worker ends").unwrap();
    }
}

fn next_hop(name: &str, hop: &Hop, domain: &str) -> Arc<NextHop> {
    Arc::new(NextHop {
        name: name.into(),
        domains: vec![domain.into()],
        hosts: vec![hop.address.to_string()],
        tls: HopTls::Never,
        ca: None,
        connect_timeout: Duration::from_secs(5),
        timeout: Duration::from_secs(5),
    })
}

fn tried(turn: Turn) -> (usize, usize, usize) {
    match turn {
        Turn::Tried { delivered, deferred, failed, .. } => (delivered, deferred, failed),
        other => panic!("{other:?}"),
    }
}

async fn state(bench: &Bench, item: &ItemId) -> ItemState {
    let all = bench.store.items(&ItemFilter::default()).await.unwrap();
    all.iter().find(|i| i.id == *item).unwrap().state
}

#[tokio::test]
async fn a_release_leaves_as_it_came_and_is_known_when_it_comes_back() {
    for field in [ReleaseField::Keep, ReleaseField::Omit] {
        let (bench, hop) = (Bench::new().await, Hop::start(HopScript::default()).await);
        let sample = Sample::new(1);
        let item = sample.held(&bench.store, ItemKind::Hold).await;
        bench.store.decide(&item, ruling(Decision::Release, owner())).await.unwrap();
        let mut worker = Worker::start(&bench, &[("harbour", &hop, "harbour.example")], field);
        assert_eq!(tried(worker.turn().await), (2, 0, 0));
        assert_eq!(state(&bench, &item).await, ItemState::Released);
        let taken = hop.only();
        assert_eq!(taken.mail, format!("MAIL FROM:<{TEACHER}> BODY=8BITMIME ENVID=abc"));
        assert_eq!(taken.rcpts[0], "RCPT TO:<clinic@harbour.example> NOTIFY=FAILURE");
        let bytes = taken.with_trace();
        match field {
            ReleaseField::Omit => assert_eq!(bytes, sample.raw),
            ReleaseField::Keep => {
                let text = String::from_utf8(bytes).unwrap();
                let (first, rest) = text.split_once("\r\n").unwrap();
                assert_eq!(rest.as_bytes(), sample.raw);
                let id = first.strip_prefix("X-Gatehouse-Release: ").unwrap().parse().unwrap();
                let digest = release_digest(rest.as_bytes());
                let known = bench.store.find_release(&id, &digest, &address("clinic@harbour.example")).await;
                assert_eq!(known.unwrap().unwrap(), ["hold.bulk-unprotected"]);
            }
        }
        worker.stop().await;
    }
}

#[tokio::test]
async fn a_refused_recipient_is_reported_to_the_sender_and_the_other_is_served() {
    let bench = Bench::new().await;
    let refusing = HopScript {
        answer: Box::new(|line| match line.starts_with("RCPT TO:<second@") {
            true => "550 5.1.1 no such person".into(),
            false => "250 2.0.0 ok".into(),
        }),
        ..HopScript::default()
    };
    let (harbour, oakfield) = (Hop::start(refusing).await, Hop::start(HopScript::default()).await);
    let item = Sample::new(2).held(&bench.store, ItemKind::Quarantine).await;
    bench.store.decide(&item, ruling(Decision::Release, lead())).await.unwrap();
    let hops = [("harbour", &harbour, "harbour.example"), ("oakfield", &oakfield, "oakfield.example")];
    let mut worker = Worker::start(&bench, &hops, ReleaseField::Omit);
    assert_eq!(tried(worker.turn().await), (1, 0, 1));
    assert_eq!(worker.turn().await, Turn::Reported { written: 1 });
    assert_eq!(tried(worker.turn().await), (1, 0, 0));
    let report = oakfield.only();
    assert!(report.mail.starts_with("MAIL FROM:<>"), "{}", report.mail);
    assert_eq!(report.rcpts, [format!("RCPT TO:<{TEACHER}> NOTIFY=NEVER")]);
    let bytes = report.with_trace();
    let message = read(&bytes, ReadLimits::default());
    assert_eq!(message.parts[0].media_type, "multipart/report");
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains("Original-Envelope-Id: abc\r\n") && text.contains("Status: 5.1.1\r\n"), "{text}");
    assert!(!text.contains("Canary words"), "only the header comes back");
    worker.stop().await;
}

#[tokio::test]
async fn what_is_put_off_comes_again_and_after_five_days_is_reported() {
    let bench = Bench::new().await;
    let busy = HopScript {
        answer: Box::new(|line| match line.starts_with("MAIL FROM:<t.") {
            true => "451 4.3.2 later".into(),
            false => "250 2.0.0 ok".into(),
        }),
        ..HopScript::default()
    };
    let hop = Hop::start(busy).await;
    let item = Sample::new(3).held(&bench.store, ItemKind::Hold).await;
    bench.store.decide(&item, ruling(Decision::Release, owner())).await.unwrap();
    let mut worker = Worker::start(&bench, &[("all", &hop, "*")], ReleaseField::Omit);
    assert_eq!(tried(worker.turn().await), (0, 2, 0));
    assert_eq!(state(&bench, &item).await, ItemState::Releasing);
    bench.pass(TimeDelta::days(1));
    assert_eq!(tried(worker.turn().await), (0, 2, 0));
    bench.pass(TimeDelta::days(5));
    assert_eq!(tried(worker.turn().await), (0, 2, 0));
    assert_eq!(worker.turn().await, Turn::Reported { written: 1 });
    assert_eq!(tried(worker.turn().await), (1, 0, 0));
    assert_eq!(state(&bench, &item).await, ItemState::Undeliverable);
    let text = String::from_utf8(hop.only().with_trace()).unwrap();
    assert_eq!(text.matches("Status: 5.4.7\r\n").count(), 2, "{text}");
    worker.stop().await;
}

/// RFC 5321 section 4.5.5: what fails for a null sender is told to nobody but the
/// postmaster, and that of the postmaster to nobody.
#[tokio::test]
async fn a_null_senders_failure_goes_to_the_postmaster_once() {
    let bench = Bench::new().await;
    let refusing = HopScript {
        answer: Box::new(|line| match line.starts_with("RCPT") {
            true => "550 5.1.1 no".into(),
            false => "250 2.0.0 ok".into(),
        }),
        ..HopScript::default()
    };
    let hop = Hop::start(refusing).await;
    let mut job = notice("Subject: s\r\n\r\nhello\r\n");
    job.next_hop = None;
    bench.store.enqueue(vec![job], &Actor::Gate).await.unwrap();
    let mut worker = Worker::start(&bench, &[("all", &hop, "*")], ReleaseField::Omit);
    assert_eq!(tried(worker.turn().await), (0, 0, 1));
    assert_eq!(worker.turn().await, Turn::Reported { written: 1 });
    assert_eq!(tried(worker.turn().await), (0, 0, 1));
    assert_eq!(worker.turn().await, Turn::Reported { written: 0 });
    let rcpts: Vec<String> = hop.commands().into_iter().filter(|l| l.starts_with("RCPT")).collect();
    assert_eq!(rcpts, [format!("RCPT TO:<{TEACHER}>"), "RCPT TO:<postmaster@oakfield.example>".into()]);
    let jobs = bench.store.outbox_list(10).await.unwrap();
    assert!(jobs.iter().all(|j| j.state == JobState::Done), "{jobs:?}");
    worker.stop().await;
    bench.verify().await;
}

#[tokio::test]
async fn a_recipient_without_a_next_hop_waits_and_the_others_go() {
    let bench = Bench::new().await;
    let hop = Hop::start(HopScript::default()).await;
    let mut sample = Sample::new(5);
    sample.envelope.recipients[1].address = address("p@nowhere.example");
    let kept = bench.store.keep(sample.keep(&bench.store, ItemKind::Hold).await).await.unwrap();
    assert_eq!(kept.custody(), Custody::Held);
    bench.store.decide(&kept.items[0], ruling(Decision::Release, owner())).await.unwrap();
    let mut worker = Worker::start(&bench, &[("harbour", &hop, "harbour.example")], ReleaseField::Omit);
    assert_eq!(tried(worker.turn().await), (1, 1, 0));
    assert_eq!(hop.only().rcpts.len(), 1);
    worker.stop().await;
}

/// Says of each message in turn what the list says.
struct Scanner(std::sync::Mutex<Vec<Result<Option<&'static str>, ()>>>);

impl Rescan for Scanner {
    fn scan<'a>(&'a self, _: &'a bytes::Bytes) -> Waiting<'a, Result<Looked, Failure>> {
        let said = self.0.lock().unwrap().remove(0);
        Box::pin(async move {
            let hit =
                said.map_err(|()| Failure::new(gatehouse::mail::Blame::Operator, "the scanner is away"))?;
            let scan = Scan { scanner: "probe".into(), part: String::new(), hit: hit.map(str::to_owned) };
            Ok(Looked::Into(vec![scan]))
        })
    }
    fn on_failure(&self) -> FailureChoice {
        FailureChoice::Defer
    }
}

/// What was clean when it was held may be known by now: the release does not leave, waits in quarantine
/// again, not for its sender, and the lead is asked to look.
#[tokio::test]
async fn a_release_in_which_the_scanner_finds_something_is_stopped_and_the_lead_hears() {
    let (bench, hop) = (Bench::new().await, Hop::start(HopScript::default()).await);
    let item = Sample::new(6).held(&bench.store, ItemKind::Hold).await;
    bench.store.decide(&item, ruling(Decision::Release, owner())).await.unwrap();
    let said = vec![Err(()), Ok(Some("Eicar-Test")), Ok(None)];
    let scanner = Arc::new(Scanner(std::sync::Mutex::new(said)));
    let hops = [("harbour", &hop, "harbour.example")];
    let mut worker = Worker::scanned(&bench, &hops, ReleaseField::Omit, Some(scanner));
    assert_eq!(tried(worker.turn().await), (0, 2, 0), "a scanner that is away puts it off");
    bench.pass(TimeDelta::days(1));
    assert_eq!(worker.turn().await, Turn::Recalled);
    let summary = bench.store.item_summary(&item).await.unwrap();
    assert_eq!((summary.kind, summary.state), (ItemKind::Quarantine, ItemState::Open));
    assert_eq!((summary.category.name(), summary.sender_may_release), ("file.malware", false));
    let history = bench.store.history(item.as_str()).await.unwrap();
    let recalled = history.iter().find(|e| e.event == "item.recalled").unwrap();
    assert!(
        recalled.details.contains("probe") && !recalled.details.contains("Eicar"),
        "{}",
        recalled.details
    );
    let alerts = bench.store.alerts(false).await.unwrap();
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!((&alerts[0].number, alerts[0].category.name()), (&item.to_string(), "file.malware"));
    assert!(hop.commands().iter().all(|line| !line.starts_with("MAIL")), "nothing has left");
    // Somebody releases it all the same, and now it is clean.
    bench.store.decide(&item, ruling(Decision::Release, lead())).await.unwrap();
    assert_eq!(tried(worker.turn().await), (2, 0, 0));
    assert_eq!(state(&bench, &item).await, ItemState::Released);
    worker.stop().await;
    bench.verify().await;
}

/// Panics over the first message, as a fault of ours would; the others are clean.
struct PanicsOnce(std::sync::Mutex<bool>);

impl Rescan for PanicsOnce {
    fn scan<'a>(&'a self, _: &'a bytes::Bytes) -> Waiting<'a, Result<Looked, Failure>> {
        let panics = std::mem::replace(&mut *self.0.lock().unwrap(), false);
        Box::pin(async move {
            assert!(!panics, "as a test");
            Ok(Looked::NoScanner)
        })
    }
    fn on_failure(&self) -> FailureChoice {
        FailureChoice::Defer
    }
}

#[tokio::test]
async fn a_turn_that_panics_counts_as_tried_and_the_job_comes_again() {
    let (bench, hop) = (Bench::new().await, Hop::start(HopScript::default()).await);
    let item = Sample::new(8).held(&bench.store, ItemKind::Hold).await;
    bench.store.decide(&item, ruling(Decision::Release, owner())).await.unwrap();
    let scanner = Arc::new(PanicsOnce(true.into()));
    let hops = [("harbour", &hop, "harbour.example")];
    let mut worker = Worker::scanned(&bench, &hops, ReleaseField::Omit, Some(scanner));
    assert_eq!(tried(worker.turn().await), (0, 2, 0));
    assert_eq!(bench.store.counts().await.unwrap().outbox_delayed, 1, "it is said");
    bench.pass(TimeDelta::hours(1));
    assert_eq!(tried(worker.turn().await), (2, 0, 0));
    assert_eq!(state(&bench, &item).await, ItemState::Released);
    worker.stop().await;
    bench.verify().await;
}
