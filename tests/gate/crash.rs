//! The whole gate killed with `kill -9` at each step where it hurts, and its disk taken away:
//! what went in is delivered, held, quarantined or refused, nothing is lost, and a copy repeats
//! only where design's promise 1 admits it. The clients behave as an MTA does: what got
//! neither 250 nor 5xx comes again. At random moments: `kills`.

use crate::{
    dangers::{GROOMING, HEALTH},
    gate::{Gate, Home, LEAD, OUTSIDE, PUPIL, RELAY, Serving, Setup, TEACHER, hop, mail},
    house::PATIENCE,
    sink::{Asked, Delivery, Sink},
};
use gatehouse::{
    message::{ReadLimits, read},
    storage::{Actor, ItemFilter, ItemKind, ItemState, Purpose, Store},
};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

const CHAIN: &str = "Send this to ten people within an hour!";
pub(crate) const COLLEAGUE: &str = "d.price@oakfield.example";

pub(crate) const REFUSE: &str = "
[[policy]]
id = \"test.refuse-chain\"
clauses = [\"CL-1\"]
reason = \"Chain letters of pupils do not leave.\"
when = { direction = [\"outbound\"], from = [\"pupil\"], findings = { category = [\"chain-letter\"] } }
then = { disposition = \"refuse\", refusal = \"A chain letter does not leave the school\" }
";

/// A client that loses its connection and says so.
struct Line(BufReader<TcpStream>);

impl Line {
    fn open(address: SocketAddr, login: Option<&str>) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE * 2))?;
        stream.set_nodelay(true)?;
        let mut line = Self(BufReader::new(stream));
        line.reply()?;
        if let Some(login) = login {
            line.say(&format!("XCLIENT LOGIN={login}"))?;
        }
        line.say("EHLO mail.oakfield.example")?;
        Ok(line)
    }

    fn say(&mut self, command: &str) -> io::Result<String> {
        self.write(&format!("{command}\r\n"))?;
        self.reply()
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.0.get_mut().write_all(text.as_bytes())
    }

    fn reply(&mut self) -> io::Result<String> {
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line);
            }
        }
    }

    /// Up to the end of data, whose reply is still to come; or the first refusal.
    fn begin(&mut self, from: &str, to: &[&str], data: &str) -> io::Result<Option<String>> {
        let mut replies = vec![self.say(&format!("MAIL FROM:<{from}>"))?];
        for to in to {
            replies.push(self.say(&format!("RCPT TO:<{to}>"))?);
        }
        if let Some(refusal) = replies.into_iter().find(|r| !r.starts_with('2')) {
            return Ok(Some(refusal));
        }
        let go = self.say("DATA")?;
        if !go.starts_with("354") {
            return Ok(Some(go));
        }
        self.write(&format!("{data}.\r\n"))?;
        Ok(None)
    }

    fn send(&mut self, from: &str, to: &[&str], data: &str) -> io::Result<String> {
        match self.begin(from, to, data)? {
            Some(refusal) => Ok(refusal),
            None => self.reply(),
        }
    }
}

/// Where the gates are now; they move with each start.
#[derive(Default)]
pub(crate) struct Where {
    now: Mutex<Now>,
    changed: Condvar,
}

#[derive(Default)]
struct Now {
    addresses: Vec<SocketAddr>,
    /// How often one was asked for, so that the gates take turns.
    asked: usize,
    /// How many messages were told to come again.
    deferred: usize,
}

impl Where {
    pub(crate) fn opened(&self, address: SocketAddr) {
        self.now.lock().unwrap().addresses.push(address);
        self.changed.notify_all();
    }

    pub(crate) fn closed(&self, address: SocketAddr) {
        self.now.lock().unwrap().addresses.retain(|a| *a != address);
    }

    fn wait(&self) -> SocketAddr {
        let now = self.now.lock().unwrap();
        let (mut now, over) =
            self.changed.wait_timeout_while(now, PATIENCE, |now| now.addresses.is_empty()).unwrap();
        assert!(!over.timed_out(), "the gate stays away");
        now.asked += 1;
        now.addresses[now.asked % now.addresses.len()]
    }

    fn deferred(&self) {
        self.now.lock().unwrap().deferred += 1;
        self.changed.notify_all();
    }

    /// Until so many more were told to come again.
    pub(crate) fn wait_deferred(&self, more: usize) {
        let now = self.now.lock().unwrap();
        let wanted = now.deferred + more;
        let over = self.changed.wait_timeout_while(now, PATIENCE, |now| now.deferred < wanted).unwrap().1;
        assert!(!over.timed_out(), "fewer than {more} messages are deferred");
    }
}

/// What a message of this number is, and where it must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Passes,
    Held,
    Split,
    Quarantined,
    Refused,
}

pub(crate) fn kind(number: usize) -> Kind {
    match number % 10 {
        0 | 1 => Kind::Held,
        2 => Kind::Split,
        3 => Kind::Quarantined,
        4 => Kind::Refused,
        _ => Kind::Passes,
    }
}

/// Sends one message as an MTA does, to a gate that is there; returns the last answer and
/// whether any try got none.
pub(crate) fn deliver(gate: &Where, number: usize) -> (String, bool) {
    let id = format!("number {number}");
    let (login, from, to, text) = match kind(number) {
        Kind::Passes => (None, "office@elm.example", vec![TEACHER], "All is well."),
        Kind::Held => (Some(TEACHER), TEACHER, vec![OUTSIDE], HEALTH),
        Kind::Split => (Some(TEACHER), TEACHER, vec![OUTSIDE, COLLEAGUE], HEALTH),
        Kind::Quarantined => (None, "friend@freemail.example", vec![PUPIL], GROOMING),
        Kind::Refused => (Some(PUPIL), PUPIL, vec![OUTSIDE], CHAIN),
    };
    let data = mail(from, to[0], &id, text);
    let (mut unanswered, since) = (false, Instant::now());
    loop {
        assert!(since.elapsed() < PATIENCE * 2, "{id} never gets through");
        let sent = Line::open(gate.wait(), login).and_then(|mut line| {
            let reply = line.send(from, &to, &data)?;
            if reply.starts_with('2') {
                // It went on, so the gate knows that its 250 was heard.
                line.say("NOOP")?;
            }
            Ok(reply)
        });
        match sent {
            Ok(reply) if reply.starts_with('2') || reply.starts_with('5') => return (reply, unanswered),
            Ok(_) => gate.deferred(),
            Err(_) => unanswered = true,
        }
    }
}

fn number_of(data: &[u8]) -> Option<usize> {
    let subject = read(data, ReadLimits::default()).header.subject;
    subject.strip_prefix("number ")?.parse().ok()
}

/// How often each number was delivered to this address.
pub(crate) fn copies(deliveries: &[Delivery], to: &str) -> HashMap<usize, usize> {
    let mut copies = HashMap::new();
    for number in deliveries.iter().filter(|d| d.is_for(to)).filter_map(|d| number_of(&d.data)) {
        *copies.entry(number).or_default() += 1;
    }
    copies
}

pub(crate) async fn numbers_of(store: &Store, kind: ItemKind, state: ItemState) -> Vec<usize> {
    let filter =
        ItemFilter { kind: Some(kind), states: vec![state], limit: Some(1000), ..Default::default() };
    let mut numbers = Vec::new();
    for item in store.items(&filter).await.unwrap() {
        numbers.push(number_of(&store.raw(&item.id, &Actor::Gate, Purpose::Facts).await.unwrap()).unwrap());
    }
    numbers.sort_unstable();
    numbers
}

fn home(sink: &Sink) -> Home {
    Home::new(&Setup {
        rules: REFUSE.into(),
        doors: RELAY.into(),
        hops: hop("own", "*", sink.address),
        ..Setup::default()
    })
}

/// How much a test does, unless somebody asks for more.
pub(crate) fn from_environment(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |n| n.parse().expect("a number"))
}

#[allow(clippy::print_stderr)]
pub(crate) fn tell(what: &str) {
    eprintln!("{what}");
}

/// Until the outbox has nothing left.
fn wait_until_sent(home: &Home, serving: &Serving) {
    let since = Instant::now();
    while home.list(&["outbox", "list"]).iter().any(|job| job["state"] != "done") {
        assert!(since.elapsed() < PATIENCE * 2, "the outbox is stuck: {:#?}", serving.log());
    }
}

/// Where the next hop stands still until it is let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// MAIL, before the client is asked for its data.
    Mail,
    /// RCPT of the one that will be held.
    Rcpt,
    /// MAIL again, for the one that passes.
    MailAgain,
    RcptAgain,
    /// It has the message; no 250 yet.
    Data,
    /// It has said 250, which the gate never reads.
    Accepted,
    /// Everything is committed; the client never reads its 250.
    Committed,
}

const STEPS: [At; 7] =
    [At::Mail, At::Rcpt, At::MailAgain, At::RcptAgain, At::Data, At::Accepted, At::Committed];

/// A next hop that stands still at one point, once.
struct Stalling {
    sink: Sink,
    reached: mpsc::Receiver<()>,
    go: Arc<(Mutex<bool>, Condvar)>,
}

impl Stalling {
    fn at(step: At) -> Self {
        let (tell, reached) = mpsc::channel();
        let go: Arc<(Mutex<bool>, Condvar)> = Arc::default();
        let (gone, seen) = (Arc::clone(&go), Mutex::new((0, 0)));
        let sink = Sink::scripted(move |asked| {
            let here = {
                let (mails, rcpts) = &mut *seen.lock().unwrap();
                match asked {
                    Asked::Mail(_) => {
                        *mails += 1;
                        matches!((step, *mails), (At::Mail, 1) | (At::MailAgain, 2))
                    }
                    Asked::Rcpt(_) => {
                        *rcpts += 1;
                        matches!((step, *rcpts), (At::Rcpt, 1) | (At::RcptAgain, 3))
                    }
                    Asked::Message(_) => matches!(step, At::Data | At::Accepted) && *mails == 2,
                }
            };
            let (open, opened) = &*gone;
            let open = open.lock().unwrap();
            if here && !*open {
                let _ = tell.send(());
                let _open = opened.wait_while(open, |open| !*open).unwrap();
                // Nobody is there any more to whom this message was promised.
                if step == At::Data {
                    return Some("451 4.3.0 the client is gone".into());
                }
            }
            None
        });
        Self { sink, reached, go }
    }

    fn let_go(&self) {
        *self.go.0.lock().unwrap() = true;
        self.go.1.notify_all();
    }
}

/// Held for A, passes for B, and killed in between: A is held once, B has one copy, or two
/// where the next hop's 250 was not yet answered to the client.
#[test]
fn killed_at_each_step_of_held_for_one_and_passed_to_the_other() {
    for step in STEPS {
        let hop = Stalling::at(step);
        let home = home(&hop.sink);
        let data = mail(TEACHER, OUTSIDE, "number 1", HEALTH);
        let serving = home.serve();
        let mut line = Line::open(serving.relay.unwrap(), Some(TEACHER)).unwrap();
        let sent = data.clone();
        let client = thread::spawn(move || {
            let begun = line.begin(TEACHER, &[OUTSIDE, COLLEAGUE], &sent);
            // The line stays open and unread until the kill.
            (begun, line)
        });
        if step == At::Committed {
            let since = Instant::now();
            while !home.list(&["hold", "list"]).iter().any(|i| i["state"] == "open") {
                assert!(since.elapsed() < PATIENCE, "never committed");
            }
            // Its nudge is the outbox's, which has a gap of its own (promise 1): not here.
            wait_until_sent(&home, &serving);
        } else {
            hop.reached.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{step:?} is never reached"));
        }
        if step == At::Accepted {
            serving.signal("STOP");
            hop.let_go();
            hop.sink.wait_for(1);
        }
        serving.kill();
        hop.let_go();
        // No answer came, or it went unread.
        drop(client.join().unwrap());
        assert!(home.list(&["hold", "list"]).len() <= 1, "{step:?}");
        let serving = home.serve();
        let mut line = Line::open(serving.relay.unwrap(), Some(TEACHER)).unwrap();
        let reply = line.send(TEACHER, &[OUTSIDE, COLLEAGUE], &data).unwrap();
        assert!(reply.starts_with("250"), "{step:?}: {reply}");
        line.say("NOOP").unwrap();
        let once = usize::from(matches!(step, At::Accepted | At::Committed)) + 1;
        let to_b = |all: &[Delivery]| copies(all, COLLEAGUE).get(&1).copied().unwrap_or(0);
        assert_eq!(to_b(&hop.sink.deliveries()), once, "copies for B, {step:?}");
        let id = home.only("hold", "open")["id"].as_str().unwrap().to_owned();
        wait_until_sent(&home, &serving);
        let nudges = hop.sink.deliveries().iter().filter(|d| d.is_for(TEACHER)).count();
        assert_eq!(nudges, 1, "{step:?}");
        assert_eq!(home.run(&["hold", "release", &id, "--reason", "agreed"]).code(), 0);
        wait_until_sent(&home, &serving);
        assert_eq!(copies(&hop.sink.deliveries(), OUTSIDE).get(&1), Some(&1), "{step:?}");
        assert_eq!(to_b(&hop.sink.deliveries()), once, "{step:?}");
        // What was withdrawn or sent is finished: the same message again is a new one.
        let reply = line.send(TEACHER, &[OUTSIDE], &data).unwrap();
        assert!(reply.starts_with("250"), "{reply}");
        assert_eq!(home.list(&["hold", "list"]).len(), 2, "{step:?}");
        assert_eq!(home.run(&["ledger", "verify"]).code(), 0);
    }
}

/// The next hop says 4xx to the one that passes: nothing is held until the retry.
#[test]
fn a_provisional_hold_counts_when_its_neighbour_is_accepted() {
    let busy = Arc::new(AtomicUsize::new(1));
    let left = Arc::clone(&busy);
    let sink = Sink::scripted(move |asked| match asked {
        Asked::Message(d) if d.is_for(COLLEAGUE) => {
            let again = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
            again.ok().map(|_| "451 4.3.2 busy".into())
        }
        _ => None,
    });
    let home = home(&sink);
    let serving = home.serve();
    let data = mail(TEACHER, OUTSIDE, "number 1", HEALTH);
    let mut line = Line::open(serving.relay.unwrap(), Some(TEACHER)).unwrap();
    let reply = line.send(TEACHER, &[OUTSIDE, COLLEAGUE], &data).unwrap();
    assert!(reply.starts_with("451 4.3.2"), "{reply}");
    assert!(home.list(&["hold", "list"]).is_empty());
    assert!(sink.deliveries().is_empty(), "no nudge about what may still vanish");
    let reply = line.send(TEACHER, &[OUTSIDE, COLLEAGUE], &data).unwrap();
    assert!(reply.starts_with("250"), "{reply}");
    assert_eq!(home.only("hold", "open")["recipients"], 1);
    wait_until_sent(&home, &serving);
    let all = sink.deliveries();
    assert_eq!((copies(&all, COLLEAGUE).get(&1), all.len()), (Some(&1), 2));
}

/// Two gates on one data folder would send the outbox twice.
#[test]
fn a_data_folder_is_served_once() {
    let sink = Sink::start();
    let home = home(&sink);
    let serving = home.serve();
    let second = home.run(&["serve"]);
    assert_eq!(second.code(), 2);
    assert!(second.err.contains("another gatehouse serves"), "{}", second.err);
    // The command line reads and decides beside it, and the first goes on.
    for look in [["hold", "list"], ["quarantine", "list"], ["outbox", "list"], ["ledger", "verify"]] {
        assert_eq!(home.run(&look).code(), 0, "{look:?}");
    }
    let mut line = Line::open(serving.relay.unwrap(), None).unwrap();
    let data = mail("office@elm.example", TEACHER, "number 1", "All is well.");
    assert!(line.send("office@elm.example", &[TEACHER], &data).unwrap().starts_with("250"));
    assert_eq!(sink.deliveries().len(), 1);
    assert!(serving.stop().success());
    home.serve().kill();
    assert!(home.serve().stop().success(), "a killed one leaves no lock behind");
}

/// The database in the hands of somebody else, as a backup might take it.
struct Locked(tokio::runtime::Runtime, SqliteConnection);

impl Locked {
    fn take(database: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let options = SqliteConnectOptions::new().filename(database).busy_timeout(PATIENCE);
        let connection = runtime.block_on(async {
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await.unwrap();
            connection
        });
        Self(runtime, connection)
    }

    fn give_back(mut self) {
        self.0.block_on(sqlx::query("COMMIT").execute(&mut self.1)).unwrap();
    }
}

#[test]
fn a_store_that_is_away_defers_and_comes_back() {
    let gate = Gate::new(crate::gate::Door::Relay, Setup::default());
    let quarantined = |number: usize| {
        let data = mail("friend@freemail.example", PUPIL, &format!("number {number}"), GROOMING);
        gate.send_unproved("friend@freemail.example", &[PUPIL], &data)
    };
    let passes = |number: usize| {
        let data = mail("office@elm.example", TEACHER, &format!("number {number}"), "All is well.");
        gate.send_unproved("office@elm.example", &[TEACHER], &data)
    };
    assert!(quarantined(1).starts_with("250"));
    // The vault is away.
    let (vault, away) = (gate.home.path("data/vault"), gate.home.path("away"));
    std::fs::rename(&vault, &away).unwrap();
    std::fs::write(&vault, "in the way").unwrap();
    let reply = quarantined(2);
    assert!(reply.starts_with("451 4.3.0"), "{reply}");
    std::fs::remove_file(&vault).unwrap();
    std::fs::rename(&away, &vault).unwrap();
    assert!(quarantined(3).starts_with("250"));
    // Another process keeps the database to itself, longer than we wait.
    let locked = Locked::take(&gate.home.path("data/gatehouse.db"));
    let before = gate.sink.deliveries().iter().filter(|d| d.is_for(TEACHER)).count();
    let reply = passes(4);
    assert!(reply.starts_with("451 4.3.0"), "{reply}");
    assert_eq!(gate.sink.deliveries().iter().filter(|d| d.is_for(TEACHER)).count(), before);
    // The other school of the trust observes: nothing of its mail is delayed.
    let other = "g.pugh@brynglas.example";
    let data = mail("office@elm.example", other, "number 6", "All is well.");
    let reply = gate.send_unproved("office@elm.example", &[other], &data);
    assert!(reply.starts_with("250"), "{reply}");
    locked.give_back();
    assert!(passes(5).starts_with("250"));
    assert_eq!(gate.home.list(&["quarantine", "list"]).len(), 2);
    assert!(copies(&gate.sink.deliveries(), TEACHER).contains_key(&5));
    assert_eq!(gate.home.run(&["ledger", "verify"]).code(), 0);
    assert!(gate.sink.deliveries().iter().filter(|d| d.is_for(LEAD)).count() >= 1);
}

/// The next hop has taken a release while the store is away: its 250 is written down when
/// the store is back. Only a kill may make a copy repeat.
#[test]
fn what_the_next_hop_has_taken_is_written_down_however_long_the_store_is_away() {
    let folder = Arc::new(Mutex::new(None::<PathBuf>));
    let locked = Arc::new(Mutex::new(None::<Locked>));
    let (place, lock) = (Arc::clone(&folder), Arc::clone(&locked));
    let sink = Sink::scripted(move |asked| {
        if let Asked::Message(delivery) = asked
            && delivery.is_for(OUTSIDE)
            && let Some(home) = place.lock().unwrap().take()
        {
            *lock.lock().unwrap() = Some(Locked::take(&home));
        }
        None
    });
    let home = home(&sink);
    let serving = home.serve();
    let mut line = Line::open(serving.relay.unwrap(), Some(TEACHER)).unwrap();
    let data = mail(TEACHER, OUTSIDE, "number 1", HEALTH);
    assert!(line.send(TEACHER, &[OUTSIDE], &data).unwrap().starts_with("250"));
    wait_until_sent(&home, &serving);
    *folder.lock().unwrap() = Some(home.path("data/gatehouse.db"));
    let id = home.only("hold", "open")["id"].as_str().unwrap().to_owned();
    assert_eq!(home.run(&["hold", "release", &id, "--reason", "agreed"]).code(), 0);
    // Twice: the first try to write it down has given up.
    serving.wait_log_times("the outbox cannot be worked on now", 2);
    locked.lock().unwrap().take().unwrap().give_back();
    wait_until_sent(&home, &serving);
    assert_eq!(copies(&sink.deliveries(), OUTSIDE).get(&1), Some(&1));
    assert_eq!(home.list(&["hold", "list"])[0]["state"], "released");
    assert_eq!(home.run(&["ledger", "verify"]).code(), 0);
}

/// The same for a message that is held for one and has passed to the other: the client
/// waits, hears 250, and nobody gets it twice.
#[test]
fn what_has_passed_is_confirmed_when_the_store_is_back() {
    let database = Arc::new(Mutex::new(None::<PathBuf>));
    let locked = Arc::new(Mutex::new(None::<Locked>));
    let (place, lock) = (Arc::clone(&database), Arc::clone(&locked));
    let sink = Sink::scripted(move |asked| {
        if let Asked::Message(delivery) = asked
            && delivery.is_for(COLLEAGUE)
            && let Some(database) = place.lock().unwrap().take()
        {
            *lock.lock().unwrap() = Some(Locked::take(&database));
        }
        None
    });
    let home = home(&sink);
    let serving = home.serve();
    *database.lock().unwrap() = Some(home.path("data/gatehouse.db"));
    let mut line = Line::open(serving.relay.unwrap(), Some(TEACHER)).unwrap();
    let data = mail(TEACHER, OUTSIDE, "number 1", HEALTH);
    let client = thread::spawn(move || line.send(TEACHER, &[OUTSIDE, COLLEAGUE], &data).unwrap());
    serving.wait_log("store.not-confirmed-yet");
    locked.lock().unwrap().take().unwrap().give_back();
    let reply = client.join().unwrap();
    assert!(reply.starts_with("250"), "{reply}");
    assert_eq!(copies(&sink.deliveries(), COLLEAGUE).get(&1), Some(&1));
    assert_eq!(home.only("hold", "open")["recipients"], 1);
}

/// No file may grow beyond a bound: a disk without room, as far as the gate can tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_defers_and_nothing_half_written_is_seen() {
    let sink = Sink::start();
    let home = home(&sink);
    // 4 MB for each file; making the tables alone writes 2.2 MB into the log of SQLite.
    let serving = Serving::under(&home, "trap '' XFSZ; ulimit -f 8000;");
    let mut line = Line::open(serving.relay.unwrap(), None).unwrap();
    let (mut kept, mut deferred) = (Vec::new(), 0);
    let filler = "A line that is not like any other but fills the page all the same.\r\n".repeat(400);
    for number in 0..2000 {
        let data = mail(
            "friend@freemail.example",
            PUPIL,
            &format!("number {number}"),
            &format!("{GROOMING}\r\n{filler}"),
        );
        let reply = line.send("friend@freemail.example", &[PUPIL], &data).unwrap();
        match &reply[..3] {
            "250" => kept.push(number),
            "451" => deferred += 1,
            _ => panic!("{reply}"),
        }
        if deferred == 5 {
            break;
        }
    }
    assert!(deferred == 5 && kept.len() > 5, "{} kept, {deferred} deferred", kept.len());
    serving.kill();
    // There is room again.
    let serving = home.serve();
    let store = home.store().await;
    assert_eq!(numbers_of(&store, ItemKind::Quarantine, ItemState::Open).await, kept);
    assert!(store.scrub().await.unwrap().faults.is_empty());
    store.ledger_verify().await.unwrap().unwrap();
    let mut line = Line::open(serving.relay.unwrap(), None).unwrap();
    let data = mail("friend@freemail.example", PUPIL, "number 9999", GROOMING);
    assert!(line.send("friend@freemail.example", &[PUPIL], &data).unwrap().starts_with("250"));
}

/// 20 clients at once, each over one connection after another, as MTAs do.
fn many(count: usize) -> (Duration, u64) {
    let sink = Sink::start();
    let home = home(&sink);
    let serving = home.serve();
    let (address, next) = (serving.relay.unwrap(), AtomicUsize::new(0));
    let body = "A line of an ordinary message about an ordinary day at school.\r\n".repeat(60);
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                let mut line = Line::open(address, None).unwrap();
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= count {
                        return;
                    }
                    let data = mail("office@elm.example", TEACHER, &format!("number {number}"), &body);
                    let reply = line.send("office@elm.example", &[TEACHER], &data).unwrap();
                    assert!(reply.starts_with("250"), "{reply}");
                    if number.is_multiple_of(100) {
                        line = Line::open(address, None).unwrap();
                    }
                }
            });
        }
    });
    let took = started.elapsed();
    let copies = copies(&sink.deliveries(), TEACHER);
    assert_eq!((copies.len(), copies.values().max()), (count, Some(&1)));
    let memory = serving.most_memory();
    assert!(memory < 400, "{memory} MB");
    (took, memory)
}

/// `GATEHOUSE_TEST_MESSAGES=10000` is the load that docs/testing.md tells of.
#[test]
fn a_thousand_messages_by_twenty_clients_all_arrive_once() {
    let count = from_environment("GATEHOUSE_TEST_MESSAGES", 1_000);
    let (took, memory) = many(count);
    tell(&format!("{count} messages by 20 clients in {took:.1?}, {memory} MB at most"));
}
