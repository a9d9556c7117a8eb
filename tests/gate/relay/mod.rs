//! The relay through its real door: a client on one side, a scripted next hop on the other,
//! and between them a house that does what the test says.
//!
//! `proxy`: what passes and what is passed on. `wire`: framing, smuggling, limits.
//! `rights`: who may speak. `tls`: encryption of both sides. `send`: the next-hop client by
//! itself. `tools`: swaks, smtp-source, smtp-sink, and many clients at once.

mod proxy;
mod rights;
mod send;
mod tls;
mod tools;
mod wire;

use super::hop::{Hop, HopScript, PATIENCE};
use chrono::{DateTime, Utc};
use gatehouse::{
    config::{BareNewline, HopTls, Limits, Network, NextHop, RelayClient, RelayConfig},
    mail::{
        Custody, Edits, Envelope, House, Mode, Onward, Outcome, Passing, Proof, Receipt, Reply, SchoolId,
        Transaction, TransactionId, Waiting,
    },
    parties::{Officers, School},
    wire::{
        MemoryBudget,
        smtp::{NextHopClient, RelayServed, RelayServer, RelayService, system_resolver},
    },
};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::timeout,
};

/// What the house does with a transaction.
pub(crate) enum Fate {
    Pass,
    /// All, with these edits.
    Edited(Edits),
    /// These pass, the others are held.
    PassTo(Vec<usize>),
    Hold,
    Refuse(Reply),
    Defer(Reply),
    /// Tells no recipient to pass and claims nothing.
    PassToNobody,
    Panic,
    Hang,
}

type Decide = Box<dyn Fn(&Transaction) -> Fate + Send + Sync>;

pub(crate) struct TestHouse {
    decide: Decide,
    pub(crate) transactions: Mutex<Vec<Transaction>>,
    /// What came of each: the receipt's custody, or nothing.
    pub(crate) receipts: Mutex<Vec<Vec<Custody>>>,
    pub(crate) confirmed: Mutex<Vec<TransactionId>>,
    pub(crate) relayed: Mutex<Vec<Vec<usize>>>,
    changed: Notify,
}

impl TestHouse {
    pub(crate) fn new(decide: impl Fn(&Transaction) -> Fate + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            decide: Box::new(decide),
            transactions: Mutex::default(),
            receipts: Mutex::default(),
            confirmed: Mutex::default(),
            relayed: Mutex::default(),
            changed: Notify::new(),
        })
    }

    pub(crate) fn count(&self) -> usize {
        self.transactions.lock().unwrap().len()
    }

    pub(crate) fn confirmed(&self) -> usize {
        self.confirmed.lock().unwrap().len()
    }

    pub(crate) fn only(&self) -> Transaction {
        let transactions = self.transactions.lock().unwrap();
        assert_eq!(transactions.len(), 1, "transactions at the house");
        transactions[0].clone()
    }

    pub(crate) async fn wait(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let wait = async {
            loop {
                let changed = self.changed.notified();
                if done(self) {
                    return;
                }
                changed.await;
            }
        };
        assert!(timeout(PATIENCE, wait).await.is_ok(), "not seen at the house: {what}");
    }
}

/// The test's claim that a message is kept.
struct Kept(TransactionId);

impl Proof for Kept {
    fn transaction(&self) -> TransactionId {
        self.0
    }
    fn custody(&self) -> Custody {
        Custody::Held
    }
}

impl House for TestHouse {
    fn handle<'a>(&'a self, transaction: Transaction, onward: &'a mut dyn Onward) -> Waiting<'a, Outcome> {
        let fate = (self.decide)(&transaction);
        self.transactions.lock().unwrap().push(transaction.clone());
        self.changed.notify_waiters();
        Box::pin(async move {
            let everyone: Vec<usize> = (0..transaction.envelope.recipients.len()).collect();
            let (recipients, edits) = match fate {
                Fate::Pass => (everyone.clone(), Edits::default()),
                Fate::Edited(edits) => (everyone.clone(), edits),
                Fate::PassTo(some) => (some, Edits::default()),
                Fate::PassToNobody => (vec![], Edits::default()),
                Fate::Hold => return Outcome::Accepted(Receipt::from_proof(&Kept(transaction.id))),
                Fate::Refuse(reply) => return Outcome::Refused(reply),
                Fate::Defer(reply) => return Outcome::Deferred(reply),
                Fate::Panic => panic!("a test's panic"),
                Fate::Hang => std::future::pending().await,
            };
            let bytes = edits.apply(&transaction.raw);
            let passing =
                Passing { transaction: &transaction, recipients: &recipients, edits: &edits, bytes: &bytes };
            match onward.pass(passing).await {
                Ok(proof) => {
                    let mut receipt = Receipt::from_proof(&*proof);
                    if recipients != everyone {
                        receipt = receipt.and(&Kept(transaction.id));
                    }
                    self.receipts.lock().unwrap().push(receipt.custody().to_vec());
                    Outcome::Accepted(receipt)
                }
                Err(reply) if reply.is_temporary() => Outcome::Deferred(reply),
                Err(reply) => Outcome::Refused(reply),
            }
        })
    }

    fn reply_seen(&self, transaction: TransactionId) {
        self.confirmed.lock().unwrap().push(transaction);
        self.changed.notify_waiters();
    }

    fn relayed_without_dsn(&self, _: &Transaction, recipients: &[usize]) {
        self.relayed.lock().unwrap().push(recipients.to_vec());
    }
}

pub(crate) fn limits() -> Limits {
    Limits {
        message_bytes: 20_000_000,
        recipients: 200,
        connections: 100,
        memory_bytes: 200_000_000,
        deadline: PATIENCE,
        idle: PATIENCE,
        ..Limits::default()
    }
}

pub(crate) fn school(id: &str, domains: &[&str]) -> Arc<School> {
    Arc::new(School {
        id: SchoolId(id.into()),
        name: id.into(),
        domains: domains.iter().map(|d| d.to_string()).collect(),
        languages: vec!["en".into()],
        mode: Mode::Enforce,
        officers: Officers::default(),
        lists: vec![],
        disclaimers: vec![],
        record_parent_mail: false,
        nation: Default::default(),
        child_decides_from: 13,
        confidential_mark: "[Confidential]".into(),
        calendar: Default::default(),
        retention: Default::default(),
        grace: None,
        alerts: gatehouse::parties::Alerts::default(),
    })
}

pub(crate) fn next_hop(name: &str, domains: &[&str], hosts: &[SocketAddr]) -> NextHop {
    NextHop {
        name: name.into(),
        domains: domains.iter().map(|d| d.to_string()).collect(),
        hosts: hosts.iter().map(SocketAddr::to_string).collect(),
        tls: HopTls::Never,
        ca: None,
        connect_timeout: Duration::from_secs(5),
        timeout: PATIENCE,
    }
}

/// The loopback, speaking for both schools.
pub(crate) fn loopback() -> RelayClient {
    RelayClient {
        networks: vec![Network { address: "127.0.0.0".parse().unwrap(), prefix: 8 }],
        certificates: vec![],
        schools: vec![SchoolId("oak".into()), SchoolId("elm".into())],
        shared: false,
        xclient: false,
        authenticates_users: false,
    }
}

/// A relay to be started; a test changes what it is about.
pub(crate) struct Setup {
    pub(crate) config: RelayConfig,
    pub(crate) limits: Limits,
    pub(crate) hops: Vec<NextHop>,
    pub(crate) house: Arc<TestHouse>,
    pub(crate) memory_wait: Duration,
    pub(crate) client: Arc<NextHopClient>,
}

impl Setup {
    pub(crate) fn new(hops: Vec<NextHop>, house: Arc<TestHouse>) -> Self {
        let config = RelayConfig {
            listen: vec!["127.0.0.1:0".parse().unwrap()],
            tls: None,
            bare_newline: BareNewline::Refuse,
            clients: vec![loopback()],
            tenants: vec![],
            max_received: 30,
        };
        let client = Arc::new(NextHopClient::new("gate.example", system_resolver()));
        Self { config, limits: limits(), hops, house, memory_wait: Duration::from_millis(50), client }
    }

    pub(crate) async fn start(self) -> Relay {
        let schools = [school("oak", &["oak.example"]), school("elm", &["elm.example"])];
        let hops = self.hops.into_iter().map(Arc::new).collect();
        let server = RelayServer::bind(&self.config, &schools, hops).await.unwrap();
        let address = server.local_addrs().unwrap()[0];
        let limits = Arc::new(self.limits);
        let memory = MemoryBudget::new(limits.memory_bytes, self.memory_wait);
        let last = AtomicU64::new(0);
        let service = RelayService {
            hostname: "gate.example".into(),
            house: self.house.clone(),
            limits,
            memory: memory.clone(),
            client: self.client,
            ids: Arc::new(move || TransactionId(u128::from(last.fetch_add(1, Ordering::SeqCst) + 1))),
            now: Arc::new(|| DateTime::<Utc>::from_timestamp(1_795_341_600, 0).unwrap()),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(server.serve(service, async {
            let _ = stopped.await;
        }));
        Relay { address, house: self.house, memory, stop: Some(stop), task }
    }
}

pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    pub(crate) house: Arc<TestHouse>,
    pub(crate) memory: MemoryBudget,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<RelayServed>,
}

impl Relay {
    /// One hop for all domains, an accepting house.
    pub(crate) async fn passing() -> (Self, Hop) {
        Self::with(HopScript::default(), |_| Fate::Pass).await
    }

    pub(crate) async fn with(
        script: HopScript,
        decide: impl Fn(&Transaction) -> Fate + Send + Sync + 'static,
    ) -> (Self, Hop) {
        let hop = Hop::start(script).await;
        let hops = vec![next_hop("hop", &["*"], &[hop.address])];
        (Setup::new(hops, TestHouse::new(decide)).start().await, hop)
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.address).await
    }

    /// A client that has said EHLO.
    pub(crate) async fn ready(&self) -> Client {
        let mut client = self.client().await;
        client.greeted().await;
        client
    }

    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    pub(crate) async fn ended(self) -> RelayServed {
        timeout(PATIENCE, self.task).await.expect("the relay ends").unwrap()
    }
}

/// A client that sends exactly what it is told.
pub(crate) struct Client {
    stream: Box<dyn ClientStream>,
    input: Vec<u8>,
}

pub(crate) trait ClientStream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send {}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send> ClientStream for T {}

pub(crate) const FROM: &str = "MAIL FROM:<a.staff@oak.example>";
pub(crate) const TO: &str = "RCPT TO:<b.parent@far.example>";

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: Box::new(stream), input: Vec::new() }
    }

    pub(crate) fn over(stream: impl ClientStream + 'static) -> Self {
        Self { stream: Box::new(stream), input: Vec::new() }
    }

    pub(crate) fn into_stream(self) -> Box<dyn ClientStream> {
        assert!(self.input.is_empty(), "unread input");
        self.stream
    }

    pub(crate) async fn greeted(&mut self) -> String {
        assert!(self.reply().await.starts_with("220 "));
        self.cmd("EHLO client.example").await
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// One reply with all its lines; empty when the server has closed.
    pub(crate) async fn reply(&mut self) -> String {
        timeout(PATIENCE, self.read_reply()).await.expect("a reply in time")
    }

    async fn read_reply(&mut self) -> String {
        let mut from = 0;
        loop {
            while let Some(length) = self.input[from..].windows(2).position(|w| w == b"\r\n") {
                let line = &self.input[from..from + length];
                from += length + 2;
                if line.get(3) != Some(&b'-') {
                    let reply = self.input.drain(..from).collect();
                    return String::from_utf8(reply).unwrap();
                }
            }
            let mut piece = [0; 4096];
            match self.stream.read(&mut piece).await {
                Ok(0) | Err(_) => return String::from_utf8(std::mem::take(&mut self.input)).unwrap(),
                Ok(count) => self.input.extend_from_slice(&piece[..count]),
            }
        }
    }

    pub(crate) async fn cmd(&mut self, line: impl AsRef<[u8]>) -> String {
        self.send([line.as_ref(), b"\r\n"].concat()).await;
        self.reply().await
    }

    /// Sends a line and demands a reply that starts so.
    pub(crate) async fn expect(&mut self, line: &str, start: &str) {
        let reply = self.cmd(line).await;
        assert!(reply.starts_with(start), "{line}: {reply}");
    }

    /// MAIL, RCPT, DATA, up to 354.
    pub(crate) async fn envelope(&mut self, rcpts: &[&str]) {
        self.expect(FROM, "250 ").await;
        for rcpt in rcpts {
            self.expect(rcpt, "250 ").await;
        }
        self.expect("DATA", "354 ").await;
    }

    /// A whole message of these octets as they go over the wire, its end included.
    pub(crate) async fn message(&mut self, wire: impl AsRef<[u8]>) -> String {
        self.envelope(&[TO]).await;
        self.send(wire).await;
        self.reply().await
    }

    /// Demands that the server closes without another word.
    pub(crate) async fn closed(&mut self) {
        assert_eq!(self.reply().await, "", "closed");
    }
}
