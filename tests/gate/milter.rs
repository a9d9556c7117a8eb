//! The milter door through its own protocol: Debian's `miltertest` plays the MTA by the
//! scripts in tests/gate/miltertest, and our probe does. The real MTA is in postfix.rs.

use crate::house::{Script, ScriptedHouse};
use chrono::{TimeZone, Utc};
use gatehouse::{
    config::{Limits, Listen, MilterConfig, Network},
    mail::{Edits, HeaderEdit, House, Reply, SenderProof, Splice, Transaction, TransactionId, header_end},
    wire::milter::{
        MemoryBudget, MilterServer, MilterService, ProbeAnswer, ProbeFault, ProbeStage, Served, probe,
    },
};
use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{io::AsyncWriteExt, runtime::Runtime, sync::oneshot, task::JoinHandle};

pub(crate) fn limits() -> Limits {
    Limits {
        message_bytes: 10 << 20,
        recipients: 100,
        connections: 50,
        memory_bytes: 100 << 20,
        deadline: Duration::from_secs(20),
        idle: Duration::from_secs(30),
        parts: 100,
        nesting: 10,
        text_bytes: 1 << 20,
        findings: 100,
    }
}

/// A milter in this process, on a runtime of its own; stopped on drop.
pub(crate) struct TestMilter {
    pub(crate) addresses: Vec<Listen>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<Served>>,
    runtime: Runtime,
}

impl TestMilter {
    pub(crate) fn start(listen: Vec<Listen>, limits: Limits, house: Arc<dyn House>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let trusted = Network { address: "198.51.100.0".parse().unwrap(), prefix: 24 };
        let config = MilterConfig { listen, authenticating_hosts: vec![trusted] };
        let server = runtime.block_on(MilterServer::bind(&config)).unwrap();
        let addresses = server.addresses().to_vec();
        let next = AtomicU64::new(1);
        let service = MilterService {
            house,
            memory: MemoryBudget::new(limits.memory_bytes, Duration::from_secs(5)),
            limits: Arc::new(limits),
            ids: Arc::new(move || TransactionId(next.fetch_add(1, Ordering::Relaxed).into())),
            now: Arc::new(|| Utc.with_ymd_and_hms(2026, 9, 1, 9, 0, 0).unwrap()),
        };
        let (stop, stopped) = oneshot::channel();
        let serving = runtime.spawn(server.serve(service, async {
            let _ = stopped.await;
        }));
        Self { addresses, stop: Some(stop), serving: Some(serving), runtime }
    }

    /// On a free TCP port and on a Unix socket in `dir`.
    pub(crate) fn on_both(dir: &Path, limits: Limits, house: Arc<dyn House>) -> Self {
        let tcp = Listen::Tcp("127.0.0.1:0".parse().unwrap());
        Self::start(vec![tcp, Listen::Unix(dir.join("milter.sock"), 0o666)], limits, house)
    }

    pub(crate) fn stop(&mut self) -> Served {
        let _ = self.stop.take().map(|stop| stop.send(()));
        self.runtime.block_on(self.serving.take().unwrap()).unwrap()
    }
}

impl Drop for TestMilter {
    fn drop(&mut self) {
        if self.serving.is_some() && !std::thread::panicking() {
            self.stop();
        }
    }
}

/// What the subject asks for, as in the scripts.
fn by_subject(transaction: &Transaction) -> Script {
    let raw = &transaction.raw;
    let text = String::from_utf8_lossy(raw);
    let subject = text.lines().find_map(|l| l.strip_prefix("Subject:")).unwrap_or_default().trim().to_owned();
    let header = |headers| Edits { headers, body: vec![] };
    match subject.as_str() {
        "edit headers" => Script::Pass(header(vec![
            HeaderEdit::Prepend { name: "X-New".into(), value: "added".into() },
            HeaderEdit::Prepend { name: "X-Long".into(), value: "one\r\n two".into() },
            HeaderEdit::Replace { name: "subject".into(), nth: 1, value: "[Marked] edit headers".into() },
            HeaderEdit::Remove { name: "X-Old".into(), nth: 1 },
            HeaderEdit::Replace { name: "X-Missing".into(), nth: 1, value: "never".into() },
        ])),
        "edit badly" => Script::Pass(header(vec![HeaderEdit::Prepend {
            name: "X-New".into(),
            value: "a\r\nBcc: somebody@post.example".into(),
        }])),
        "edit body" => {
            let bytes = "A line from the school.\r\n".into();
            Script::Pass(Edits { headers: vec![], body: vec![Splice { range: raw.len()..raw.len(), bytes }] })
        }
        "only first" => Script::PassTo(vec![0], Edits::default()),
        "keep" => Script::Keep,
        "refuse" => Script::Refuse(Reply::new(550, (5, 7, 1), "Not sent; see the notice")),
        "defer" => Script::Defer(Reply::new(451, (4, 3, 2), "Later")),
        "panic" => Script::Panic,
        "hang" => Script::Hang,
        _ => Script::Pass(Edits::default()),
    }
}

fn miltertest(script: &str, listen: &Listen, more: &[&str]) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gate/miltertest");
    let address = match listen {
        Listen::Tcp(address) => format!("inet:{}@127.0.0.1", address.port()),
        Listen::Unix(path, _) => format!("unix:{}", path.display()),
    };
    let mut command = Command::new("miltertest");
    command.arg("-D").arg(format!("addr={address}")).arg("-D").arg(format!("here={}", here.display()));
    for define in more {
        command.args(["-D", define]);
    }
    let out = command.arg("-s").arg(here.join(script)).output();
    let out = out.expect("miltertest is needed (Debian package miltertest; `make test` installs it)");
    assert!(
        out.status.success(),
        "{script} on {address}: {}\n{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
}

#[test]
fn every_stage_reuse_abort_and_empty_things() {
    let dir = tempfile::tempdir().unwrap();
    let house = ScriptedHouse::new(by_subject);
    let milter = TestMilter::on_both(dir.path(), limits(), house.clone());
    for listen in &milter.addresses {
        miltertest("stages.lua", listen, &[]);
    }
    let seen = house.transactions();
    assert_eq!(seen.len(), 8, "four on each, without the aborted one");
    let first = &seen[0];
    assert_eq!(first.envelope.sender.to_string(), "t.staff@oakfield.example");
    assert_eq!(first.envelope.parameters, ["BODY=8BITMIME"]);
    assert_eq!(first.envelope.recipients[0].address.as_str(), "p.parent@post.example");
    assert_eq!(first.arrival.client.unwrap().to_string(), "192.0.2.10");
    assert_eq!(first.arrival.client_name.as_deref(), Some("client.example"));
    assert_eq!(first.arrival.helo.as_deref(), Some("client.example"));
    assert_eq!(first.arrival.proof, SenderProof::Login("t.staff".into()));
    assert_eq!(
        seen.iter().map(|t| t.arrival.queue_id.as_deref().unwrap()).collect::<Vec<_>>(),
        ["ID1", "ID3", "ID4", "ID5", "ID1", "ID3", "ID4", "ID5"]
    );
    assert_eq!(seen[2].raw, &b"Subject: pass\r\nX-Folded: one\r\n\ttwo\r\n\r\n"[..]);
    assert_eq!(seen[2].envelope.sender.to_string(), "");
    assert_eq!(seen[3].raw.len() - header_end(&seen[3].raw), 2 + 4 * 47 * 1000);
    house.wait_confirmed(6);
    let confirmed = house.confirmed();
    let answered_and_gone_on = [0, 1, 2, 4, 5, 6].map(|n: usize| seen[n].id);
    assert_eq!(confirmed, answered_and_gone_on, "the last of a connection is not known to have arrived");
}

#[test]
fn edits_become_actions() {
    let dir = tempfile::tempdir().unwrap();
    let milter = TestMilter::on_both(dir.path(), limits(), ScriptedHouse::new(by_subject));
    for listen in &milter.addresses {
        miltertest("edits.lua", listen, &["lead= "]);
    }
}

#[test]
fn refusals_failures_and_limits_are_replies() {
    let dir = tempfile::tempdir().unwrap();
    let small =
        Limits { message_bytes: 30_000, recipients: 3, deadline: Duration::from_millis(200), ..limits() };
    let house = ScriptedHouse::new(by_subject);
    let milter = TestMilter::on_both(dir.path(), small, house.clone());
    for listen in &milter.addresses {
        miltertest("replies.lua", listen, &[]);
    }
    let accepted = house.transactions().iter().filter(|t| t.raw.starts_with(b"From")).count();
    assert_eq!(accepted, house.transactions().len());
}

/// Two messages in one, a reply to each, on either socket: what the probe relies on.
#[test]
fn the_probe_reports_what_a_milter_answers() {
    let dir = tempfile::tempdir().unwrap();
    let house = ScriptedHouse::new(by_subject);
    let milter = TestMilter::on_both(dir.path(), limits(), house.clone());
    for listen in &milter.addresses {
        let report = milter.runtime.block_on(probe(listen, 0xabc, Duration::from_secs(10))).unwrap();
        assert_eq!(report.answer, ProbeAnswer::Accepted);
    }
    let marked = format!("X-Gatehouse-Probe: {:032x}\r\n", 0xabc);
    for transaction in house.transactions() {
        assert!(String::from_utf8_lossy(&transaction.raw).contains(&marked));
    }

    drop(milter);
    let deferring = |_: &Transaction| Script::Defer(Reply::new(451, (4, 3, 2), "Later"));
    let milter = TestMilter::on_both(dir.path(), limits(), ScriptedHouse::new(deferring));
    let report = milter.runtime.block_on(probe(&milter.addresses[0], 1, Duration::from_secs(10))).unwrap();
    assert_eq!(report.answer, ProbeAnswer::Reply("451 4.3.2".into()));
}

#[test]
fn the_probe_tells_a_dead_a_hanging_and_a_foreign_listener_apart() {
    let runtime = Runtime::new().unwrap();
    let limit = Duration::from_millis(200);
    let faults = runtime.block_on(async {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = Listen::Tcp(silent.local_addr().unwrap());
        let hanging = probe(&at, 1, limit).await.unwrap_err();
        let greeter = tokio::spawn(async move {
            // The first connection in the queue is the hanging probe's.
            for _ in 0..2 {
                let (mut stream, _) = silent.accept().await.unwrap();
                let _ = stream.write_all(b"220 mail.example ESMTP\r\n").await;
            }
        });
        let foreign = probe(&at, 1, limit).await.unwrap_err();
        greeter.await.unwrap();
        (hanging, foreign, probe(&at, 1, limit).await.unwrap_err())
    });
    assert!(matches!(faults.0, ProbeFault::Silent(ProbeStage::Negotiate)), "{:?}", faults.0);
    assert!(matches!(faults.1, ProbeFault::NotMilter(ProbeStage::Negotiate)), "{:?}", faults.1);
    assert!(matches!(faults.2, ProbeFault::Broken(ProbeStage::Connect, _)), "{:?}", faults.2);
}
