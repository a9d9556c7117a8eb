//! `kill -9` at random moments of a long run, on each store: of the only gate, and of one of
//! two that share a database and a bucket; with the disk full, or the bucket away, for a while
//! in the middle. What went in is delivered, held, quarantined or refused, once each but for
//! the gap of promise 1; then all that waits is released, and there are kills again.
//!
//! `GATEHOUSE_TEST_MESSAGES` and `GATEHOUSE_TEST_KILLS` say how long; docs/testing.md has the
//! figures of a long one.

use crate::{
    crash::{COLLEAGUE, Kind, REFUSE, Where, copies, deliver, from_environment, kind, numbers_of, tell},
    gate::{Home, OUTSIDE, PUPIL, RELAY, Serving, Setup, TEACHER, hop},
    house::PATIENCE,
    postgres,
    s3::{self, Way},
    sink::Sink,
};
use gatehouse::storage::{Actor, Decision, ItemFilter, ItemKind, ItemState, Ruling, Store, system_random};
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

const CLIENTS: usize = 8;
/// Messages that one gate's outbox has under way at once.
const OUTBOX: usize = 8;

/// What is taken away for a while.
enum Trouble {
    /// No file may grow: a disk without room, as far as the gate can tell.
    FullDisk,
    BucketAway(Way),
}

/// The gates that serve one store. Each has a home of its own.
struct Gates {
    homes: Vec<Home>,
    serving: Vec<Option<Serving>>,
    place: Arc<Where>,
    trouble: Trouble,
}

impl Gates {
    fn of(homes: Vec<Home>, trouble: Trouble) -> Self {
        let serving = homes.iter().map(|_| None).collect();
        let mut gates = Self { homes, serving, place: Arc::default(), trouble };
        for which in 0..gates.homes.len() {
            gates.open(which, gates.homes[which].serve());
        }
        gates
    }

    fn open(&mut self, which: usize, serving: Serving) {
        self.place.opened(serving.relay.unwrap());
        self.serving[which] = Some(serving);
    }

    /// No new client comes to it; those that are there stay.
    fn close(&mut self, which: usize) -> Serving {
        let serving = self.serving[which].take().unwrap();
        self.place.closed(serving.relay.unwrap());
        serving
    }

    fn kill(&mut self, which: usize) {
        self.close(which).kill();
        self.open(which, self.homes[which].serve());
    }

    /// The store has no room, or is away, until some messages were told to come again.
    fn trouble(&mut self, begun: impl FnOnce()) {
        match &self.trouble {
            Trouble::BucketAway(way) => {
                way.turn_away();
                begun();
                self.place.wait_deferred(10);
                way.reopen();
            }
            Trouble::FullDisk => {
                assert!(self.close(0).stop().success());
                let size = std::fs::metadata(self.homes[0].path("data/gatehouse.db")).unwrap().len();
                let blocks = size / 512 + 8;
                let words = format!("trap '' XFSZ; ulimit -f {blocks};");
                self.open(0, Serving::under(&self.homes[0], &words));
                begun();
                self.place.wait_deferred(10);
                self.kill(0);
            }
        }
    }
}

fn setup(sink: &Sink) -> Setup {
    Setup {
        rules: REFUSE.into(),
        doors: RELAY.into(),
        hops: hop("own", "*", sink.address),
        ..Setup::default()
    }
}

/// SQLite and a folder.
fn one_gate(sink: &Sink) -> Gates {
    Gates::of(vec![Home::new(&setup(sink))], Trouble::FullDisk)
}

/// Two on one PostgreSQL and one bucket, with the same keys.
async fn two_gates(sink: &Sink) -> Gates {
    let way = Way::new().await;
    let bucket = s3::server().bucket(s3::Kind::Plain);
    let store = format!("[store]\nurl = \"{}\"\n", postgres::fresh_database());
    let setup = Setup { more: format!("{store}{}", bucket.toml(way.address)), ..setup(sink) };
    let first = Home::new(&setup);
    let second = Home::with_keys_of(&first, &setup);
    Gates::of(vec![first, second], Trouble::BucketAway(way))
}

/// So many numbers below `end`, in order.
pub(crate) fn moments(count: usize, end: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..count).map(|_| random(end)).collect();
    all.sort_unstable();
    all
}

pub(crate) fn random(end: usize) -> usize {
    let mut bytes = [0; 8];
    system_random()(&mut bytes);
    (u64::from_le_bytes(bytes) % end as u64) as usize
}

/// What each message was told at last, and whether a try before got no answer.
type Answers = HashMap<usize, (String, bool)>;

/// How far the clients are, and whether the trouble has begun.
#[derive(Default)]
struct Course {
    now: Mutex<(Answers, bool)>,
    changed: Condvar,
}

impl Course {
    fn change(&self, change: impl FnOnce(&mut Answers, &mut bool)) {
        let (answers, troubled) = &mut *self.now.lock().unwrap();
        change(answers, troubled);
        self.changed.notify_all();
    }

    fn wait(&self, what: &str, until: impl Fn(&Answers, bool) -> bool) {
        let now = self.now.lock().unwrap();
        let waits = |(answers, troubled): &mut (Answers, bool)| !until(answers, *troubled);
        let over = self.changed.wait_timeout_while(now, PATIENCE, waits).unwrap().1;
        assert!(!over.timed_out(), "{what}");
    }
}

/// Sends all from eight clients, and kills at random moments; the trouble comes half-way. The second half waits for
/// it: while a gate that was killed comes back, the other one would have sent everything.
fn sent_under_kills(gates: &mut Gates, messages: usize, kills: usize) -> Answers {
    let (course, next, place) = (Course::default(), AtomicUsize::new(0), Arc::clone(&gates.place));
    let half = messages / 2;
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= messages {
                        return;
                    }
                    if number >= half {
                        course.wait("the trouble does not come", |_, troubled| troubled);
                    }
                    let answer = deliver(&place, number);
                    course.change(|answers, _| drop(answers.insert(number, answer)));
                }
            });
        }
        let mut moments: Vec<_> = moments(kills, messages).into_iter().map(Some).collect();
        moments.insert(moments.partition_point(|at| at.is_some_and(|at| at < half)), None);
        for at in moments {
            let count = at.unwrap_or(half);
            course.wait("too few messages get through", |answers, _| answers.len() >= count);
            match at {
                Some(_) => gates.kill(random(gates.homes.len())),
                None => gates.trouble(|| course.change(|_, troubled| *troubled = true)),
            }
        }
    });
    course.now.into_inner().unwrap().0
}

/// Each message is where it belongs, once; returns how many copies came again.
async fn check_fates(store: &Store, sink: &Sink, answered: &Answers, kills: usize) -> usize {
    let all = 0..answered.len();
    let of = |wanted: &[Kind]| -> Vec<usize> { all.clone().filter(|n| wanted.contains(&kind(*n))).collect() };
    let both = of(&[Kind::Held, Kind::Split]);
    // Each is opened and read: nothing half-written is seen.
    assert_eq!(numbers_of(store, ItemKind::Hold, ItemState::Open).await, both);
    assert_eq!(numbers_of(store, ItemKind::Quarantine, ItemState::Open).await, of(&[Kind::Quarantined]));
    for number in of(&[Kind::Refused]) {
        assert!(answered[&number].0.starts_with("550 5.7.1 A chain letter"), "{:?}", answered[&number]);
    }
    // Passed: at least once, and twice only where a kill left a client without an answer.
    let (deliveries, mut repeats) = (sink.deliveries(), 0);
    for (to, wanted) in [(TEACHER, of(&[Kind::Passes])), (COLLEAGUE, of(&[Kind::Split]))] {
        let copies = copies(&deliveries, to);
        for number in &wanted {
            let got = copies.get(number).copied().unwrap_or(0);
            assert!(got >= 1, "number {number} is lost");
            assert!(got == 1 || answered[number].1, "number {number} came {got} times");
            repeats += got - 1;
        }
        assert_eq!(copies.len(), wanted.len(), "somebody got what was not for them");
    }
    assert!(repeats <= kills * CLIENTS, "{repeats} repeats by {kills} kills");
    assert!(copies(&deliveries, OUTSIDE).is_empty() && copies(&deliveries, PUPIL).is_empty());
    let nudges = deliveries.iter().filter(|d| d.is_for(TEACHER) && d.mail.starts_with("FROM:<>")).count();
    assert!((both.len()..=both.len() + kills * OUTBOX).contains(&nudges), "{nudges} of {}", both.len());
    repeats
}

async fn wait_until_sent(store: &Store) {
    let since = Instant::now();
    while store.counts().await.unwrap().outbox_waiting > 0 {
        assert!(since.elapsed() < PATIENCE * 2, "the outbox is stuck");
    }
}

/// Releases everything, and kills a gate at random moments while the outboxes work; returns how
/// many were released, and how many copies came again.
async fn released_under_kills(gates: &mut Gates, store: &Store, sink: &Sink, kills: usize) -> (usize, usize) {
    let before = sink.deliveries().len();
    let filter = ItemFilter { states: vec![ItemState::Open], limit: Some(1000), ..Default::default() };
    let items = store.items(&filter).await.unwrap();
    let moments = moments(kills, items.len());
    for (number, item) in items.iter().enumerate() {
        let ruling = Ruling {
            decision: Decision::Release,
            actor: Actor::Operator("test".into()),
            reason: Some("test".into()),
            token: None,
            next_hop: Some("own".into()),
            outbox: vec![],
            takers: Vec::new(),
        };
        store.decide(&item.id, ruling).await.unwrap();
        for _ in moments.iter().filter(|at| **at == number) {
            sink.wait_for(before + random(number + 1));
            gates.kill(random(gates.homes.len()));
        }
    }
    sink.wait_for(before + items.len());
    wait_until_sent(store).await;
    let deliveries = sink.deliveries();
    let (outside, pupils) = (copies(&deliveries, OUTSIDE), copies(&deliveries, PUPIL));
    let arrived: HashSet<_> = outside.keys().chain(pupils.keys()).collect();
    assert_eq!((arrived.len(), outside.len() + pupils.len()), (items.len(), items.len()));
    let repeats = outside.values().chain(pupils.values()).map(|n| n - 1).sum::<usize>();
    assert!(repeats <= kills * OUTBOX, "{repeats} repeats by {kills} kills");
    (items.len(), repeats)
}

async fn run(mut gates: Gates, sink: Sink) {
    let messages = from_environment("GATEHOUSE_TEST_MESSAGES", 300);
    let kills = from_environment("GATEHOUSE_TEST_KILLS", 2);
    let started = Instant::now();
    let answered = sent_under_kills(&mut gates, messages, kills);
    assert_eq!(answered.len(), messages);
    let store = gates.homes[0].store().await;
    wait_until_sent(&store).await;
    // The one in the end of a full disk counts too.
    let repeats = check_fates(&store, &sink, &answered, kills + 1).await;
    let (released, again) = released_under_kills(&mut gates, &store, &sink, kills).await;
    assert_eq!(store.counts().await.unwrap().provisional, 0);
    let scrub = store.scrub().await.unwrap();
    assert!(scrub.faults.is_empty(), "{:?}", scrub.faults);
    for home in &gates.homes {
        assert_eq!(home.run(&["ledger", "verify"]).code(), 0);
    }
    tell(&format!(
        "{} gates, {messages} messages, {kills} kills: {repeats} copies again; {released} released under {kills} \
         kills: {again} again; {:.0?}",
        gates.homes.len(),
        started.elapsed()
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_of_the_only_gate_at_random_moments_and_a_full_disk() {
    let sink = Sink::start();
    run(one_gate(&sink), sink).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_of_one_of_two_gates_at_random_moments_and_the_bucket_away() {
    let sink = Sink::start();
    run(two_gates(&sink).await, sink).await;
}
