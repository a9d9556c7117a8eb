//! The milter door through its own protocol: Debian's `miltertest` plays the MTA by the
//! scripts in tests/gate/miltertest, and our probe does. The real MTA is in
//! milter_postfix.rs.

use crate::{
    debian::program,
    house::{Script, ScriptedHouse},
};
use chrono::{TimeZone, Utc};
use gatehouse::{
    config::{Limits, Listen, MilterConfig, Network},
    mail::{Edits, HeaderEdit, House, Reply, SenderProof, Splice, Transaction, TransactionId, header_end},
    wire::{
        MemoryBudget,
        milter::{MilterServer, MilterService, ProbeAnswer, ProbeFault, ProbeStage, Served, probe},
    },
};
use std::{
    io::{Read, Write},
    path::Path,
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
        ..Limits::default()
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
    let mut command = program("miltertest");
    command.arg("-D").arg(format!("addr={address}")).arg("-D").arg(format!("here={}", here.display()));
    for define in more {
        command.args(["-D", define]);
    }
    let out = command.arg("-s").arg(here.join(script)).output().unwrap();
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

/// An MTA that says exactly what it is told to say, without negotiated silence.
struct Mta(std::net::TcpStream);

impl Mta {
    fn connect(listen: &Listen) -> Self {
        let Listen::Tcp(address) = listen else { panic!("TCP") };
        let stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self(stream)
    }

    fn say(&mut self, kind: u8, payload: &[u8]) {
        let mut packet = u32::try_from(payload.len() + 1).unwrap().to_be_bytes().to_vec();
        packet.push(kind);
        packet.extend_from_slice(payload);
        self.0.write_all(&packet).unwrap();
    }

    /// The kind of the next packet, or `None` at the end of the connection.
    fn hear(&mut self) -> Option<u8> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).ok()?;
        let mut packet = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut packet).ok()?;
        Some(packet[0])
    }

    fn negotiate(&mut self) {
        self.say(b'O', &[0, 0, 0, 6, 0, 0, 0, 0x1f, 0, 0, 0, 0]);
        assert_eq!(self.hear(), Some(b'O'));
    }

    /// Up to and including the header.
    fn begin(&mut self, subject: &str) {
        self.negotiate();
        for (kind, payload) in [
            (b'M', "<t.staff@oakfield.example>\0".to_owned()),
            (b'R', "<p@post.example>\0".to_owned()),
            (b'L', format!("Subject\0{subject}\0")),
            (b'N', String::new()),
        ] {
            self.say(kind, payload.as_bytes());
            assert_eq!(self.hear(), Some(b'c'));
        }
    }
}

#[test]
fn a_reply_batch_leaves_in_one_write() {
    let house = ScriptedHouse::new(by_subject);
    let milter = TestMilter::start(vec![Listen::Tcp("127.0.0.1:0".parse().unwrap())], limits(), house);
    let mut mta = Mta::connect(&milter.addresses[0]);
    mta.begin("edit headers");
    mta.say(b'E', b"");
    let mut batch = vec![0; 10_000];
    let length = mta.0.read(&mut batch).unwrap();
    let (mut at, mut kinds) = (0, vec![]);
    while at < length {
        kinds.push(batch[at + 4]);
        at += 4 + u32::from_be_bytes(batch[at..at + 4].try_into().unwrap()) as usize;
    }
    assert_eq!(kinds, *b"miia", "one change (the other fields are not there), two new fields, accept");
}

#[test]
fn a_stop_lets_a_running_message_end_and_cuts_off_one_that_never_does() {
    let listen = || vec![Listen::Tcp("127.0.0.1:0".parse().unwrap())];
    let house = ScriptedHouse::new(by_subject);
    let mut milter = TestMilter::start(listen(), limits(), house);
    let mut idle = Mta::connect(&milter.addresses[0]);
    idle.negotiate();
    let mut running = Mta::connect(&milter.addresses[0]);
    running.begin("pass");
    let _ = milter.stop.take().map(|stop| stop.send(()));
    assert_eq!(idle.hear(), None, "a connection between two messages is closed");
    running.say(b'B', b"body\r\n");
    assert_eq!(running.hear(), Some(b'c'));
    running.say(b'E', b"");
    assert_eq!(running.hear(), Some(b'a'));
    assert_eq!(running.hear(), None);
    assert_eq!(milter.stop(), Served { cut_off: 0 });

    let short = Limits { deadline: Duration::from_millis(50), ..limits() };
    let mut milter = TestMilter::start(listen(), short, ScriptedHouse::new(by_subject));
    let mut endless = Mta::connect(&milter.addresses[0]);
    endless.begin("pass");
    assert_eq!(milter.stop(), Served { cut_off: 1 });
    assert_eq!(endless.hear(), None);
}

#[test]
fn connections_beyond_the_limit_wait_their_turn() {
    let one = Limits { connections: 1, ..limits() };
    let house = ScriptedHouse::new(by_subject);
    let milter = TestMilter::start(vec![Listen::Tcp("127.0.0.1:0".parse().unwrap())], one, house);
    let mut first = Mta::connect(&milter.addresses[0]);
    first.negotiate();
    let waiting = milter.runtime.block_on(probe(&milter.addresses[0], 1, Duration::from_millis(100)));
    assert!(matches!(waiting, Err(ProbeFault::Silent(ProbeStage::Negotiate))), "{waiting:?}");
    drop(first);
    assert!(milter.runtime.block_on(probe(&milter.addresses[0], 2, Duration::from_secs(10))).is_ok());
}

#[test]
fn what_is_not_milter_ends_its_own_connection_only() {
    let house = ScriptedHouse::new(by_subject);
    let milter =
        TestMilter::start(vec![Listen::Tcp("127.0.0.1:0".parse().unwrap())], limits(), house.clone());
    let packet = |kind: u8, payload: &[u8]| {
        [&u32::try_from(payload.len() + 1).unwrap().to_be_bytes(), &[kind][..], payload].concat()
    };
    let offer = packet(b'O', &[0, 0, 0, 6, 0, 0, 1, 0xff, 0, 0x1f, 0xff, 0xff]);
    let bad: Vec<Vec<u8>> = vec![
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0; 64],
        vec![0xff; 64],
        packet(b'M', b"<a@b.example>\0"),
        packet(b'O', b"short"),
        [offer.clone(), packet(b'?', b"")].concat(),
        [offer.clone(), packet(b'R', b"<p@b.example>\0")].concat(),
        [offer.clone(), packet(b'E', b"")].concat(),
        [offer.clone(), packet(b'B', b"body before a message")].concat(),
        [offer.clone(), packet(b'M', b"no end")].concat(),
        [offer.clone(), packet(b'C', b"host\x004\0")].concat(),
        [offer.clone(), packet(b'M', b"<a@b.example>\0"), packet(b'L', b"\0\0")].concat(),
    ];
    for bytes in bad {
        let mut mta = Mta::connect(&milter.addresses[0]);
        // It may close before it has read all.
        let _ = mta.0.write_all(&bytes);
        while mta.hear().is_some() {}
    }
    assert!(house.transactions().is_empty());
    assert!(milter.runtime.block_on(probe(&milter.addresses[0], 1, Duration::from_secs(10))).is_ok());
}
