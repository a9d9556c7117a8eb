//! A process killed anywhere, and a disk without room: what was acknowledged is there
//! and readable, nothing half-written is visible, the chain holds.

use super::*;
use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
};

const CHILD: &str = "GATEHOUSE_TEST_WRITER";
const ROUNDS: u64 = 24;
const WRITERS: u64 = 8;

/// Keys that lie in a file, so that parent and child have the same.
fn keys_in(folder: &Path) -> Keys {
    let path = folder.join("working.txt");
    let source = gatehouse::config::WorkingKeySource::File(path.clone());
    let key = WorkingKey::from_source(&source).or_else(|_| WorkingKey::generate_to(&path)).unwrap();
    Keys::new(Some(key), &[], &[]).unwrap()
}

async fn open_in(folder: &Path) -> Store {
    let mut options = StoreOptions::new(folder.join("data"), keys_in(folder));
    options.database = database_of(folder);
    Store::open(options).await.unwrap()
}

/// Says to the parent what was acknowledged; one write, so that a kill cuts no line.
fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("ACK {line}\n").as_bytes()).and_then(|()| out.flush()).unwrap();
}

/// One message after another: kept for good, or provisionally and then confirmed or
/// left; then decided, and sent from the outbox.
async fn write_on(store: Store, numbers: Arc<AtomicU64>) {
    let mut failures = 0;
    while failures < 3 {
        let number = numbers.fetch_add(1, Ordering::SeqCst);
        match one_message(&store, number).await {
            Ok(()) => failures = 0,
            Err(e) => {
                assert!(matches!(e, StoreError::Full | StoreError::Io(_)), "{e:?}");
                tell("full");
                failures += 1;
            }
        }
    }
}

async fn one_message(store: &Store, number: u64) -> Result<(), StoreError> {
    let sample = Sample::new(u128::from(number));
    let mut keep = sample.keep(store, ItemKind::Hold).await;
    keep.outbox.push(notice("Subject: nudge\r\n\r\n"));
    let id = match number % 3 {
        0 => store.keep(keep).await?.items.remove(0),
        1 => {
            let provisional = store.keep_provisionally(keep).await?;
            store.confirm(provisional, PassFate::NextHopAccepted).await?.items.remove(0)
        }
        _ => {
            drop(store.keep_provisionally(keep).await?);
            return Ok(());
        }
    };
    tell(&format!("kept {id} {number}"));
    if number.is_multiple_of(2) {
        let decided = match store.decide(&id, ruling(Decision::Release, owner())).await {
            Err(StateError::Store(e)) => return Err(e),
            other => other.unwrap(),
        };
        tell(&format!("released {id} {}", decided.outbox[0]));
        for job in store.outbox_claim(2, TimeDelta::minutes(1)).await? {
            let done = match &job.task {
                Task::Deliver(to) => to.iter().map(|r| Attempt::Delivered {
                    position: r.position,
                    reply: gatehouse::mail::Reply::new(250, (2, 0, 0), "ok"),
                    relayed: false,
                }),
                Task::Report(_) => continue,
            };
            let done = done.collect();
            store.outbox_done(&job, done).await?;
            tell(&format!("sent {}", job.id));
        }
    }
    Ok(())
}

/// The child's side: does nothing unless the parent has started it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_writer_that_is_killed() {
    let Ok(start) = std::env::var(CHILD) else { return };
    let (folder, first) = start.rsplit_once(':').unwrap();
    let store = open_in(Path::new(folder)).await;
    let numbers = Arc::new(AtomicU64::new(first.parse().unwrap()));
    let writers = (0..WRITERS).map(|_| tokio::spawn(write_on(store.clone(), Arc::clone(&numbers))));
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

fn start_writer(folder: &Path, first: u64, shell: &str) -> Child {
    // The child would make a database that ends with it.
    database_of(folder);
    let (_, room) = module_path!().split_once("::").unwrap();
    let test = format!("{room}::the_writer_that_is_killed");
    Command::new("sh")
        .arg("-c")
        .arg(format!("{shell} exec \"$0\" --exact {test} --nocapture"))
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, format!("{}:{first}", folder.display()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// What the children acknowledged, over all rounds.
#[derive(Default)]
struct Acknowledged {
    kept: HashMap<ItemId, u64>,
    released: HashMap<ItemId, OutboxId>,
    sent: Vec<OutboxId>,
    refused: u64,
}

impl Acknowledged {
    /// Reads until `enough` lines were read, kills, and reads what was still in the pipe.
    fn read(&mut self, child: &mut Child, enough: u64) {
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut lines = 0;
        loop {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            // The kill may fall in the middle of a line, which then acknowledges nothing.
            let Some(line) = line.strip_suffix('\n') else { break };
            // An id may end in these letters itself.
            let Some((_, line)) = line.split_once("ACK ") else { continue };
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["kept", id, number] => {
                    self.kept.insert(id.parse().unwrap(), number.parse().unwrap());
                }
                ["released", id, job] => {
                    self.released.insert(id.parse().unwrap(), job.parse().unwrap());
                }
                ["sent", id] => self.sent.push(id.parse().unwrap()),
                ["full"] => self.refused += 1,
                _ => panic!("{line}"),
            }
            lines += 1;
            if lines == enough {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
    }

    /// Everything acknowledged is there, and all that is visible is whole.
    async fn check(&self, store: &Store) {
        for (id, number) in &self.kept {
            let raw = store.raw(id, &Actor::Gate, Purpose::Facts).await.unwrap();
            assert_eq!(raw, Sample::new(u128::from(*number)).raw);
        }
        let list = store.outbox_list(1_000).await.unwrap();
        let state: HashMap<_, _> = list.iter().map(|j| (&j.id, j.state)).collect();
        for (item, job) in &self.released {
            let now = store.item_summary(item).await.unwrap().state;
            assert!(matches!(now, ItemState::Releasing | ItemState::Released), "{now:?}");
            // Each released item has its job: waiting, or done and then the item is released.
            let done = state.get(job).is_some_and(|s| *s == JobState::Done);
            assert_eq!(done, now == ItemState::Released && state.contains_key(job));
        }
        for id in self.sent.iter().filter(|id| state.contains_key(id)) {
            assert_eq!(state[id], JobState::Done);
        }
        let scrub = store.scrub().await.unwrap();
        assert!(scrub.faults.is_empty(), "{:?}", scrub.faults);
        store.ledger_verify().await.unwrap().unwrap();
        for state in [ItemState::Open, ItemState::Provisional] {
            for item in store.items(&ItemFilter { states: vec![state], ..Default::default() }).await.unwrap()
            {
                store.raw(&item.id, &Actor::Gate, Purpose::Facts).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn kill_9_at_random_moments_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    keys_in(folder.path());
    let mut acknowledged = Acknowledged::default();
    let mut random = [0_u8; ROUNDS as usize];
    system_random()(&mut random);
    for (round, chance) in random.into_iter().enumerate() {
        let mut child = start_writer(folder.path(), round as u64 * 100_000, "");
        acknowledged.read(&mut child, 1 + u64::from(chance) % 60);
        let store = open_in(folder.path()).await;
        store.ledger_verify().await.unwrap().unwrap();
        store.close().await;
    }
    let store = open_in(folder.path()).await;
    acknowledged.check(&store).await;
    assert!(acknowledged.kept.len() as u64 > ROUNDS, "the writers have written");

    // What the killed processes left provisional, a client's retry still finds.
    let left = ItemFilter { states: vec![ItemState::Provisional], ..Default::default() };
    for item in store.items(&left).await.unwrap() {
        let sample = Sample::new(item.transaction.0);
        let keys = store.retry_keys(&sample.envelope, &sample.raw).await.unwrap();
        assert_eq!(store.find_retry(&keys).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_disk_without_room_defers_and_shows_nothing_half_written() {
    // The limit below holds for our own process, not for a server.
    if KIND == Kind::Postgres {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    keys_in(folder.path());
    open_in(folder.path()).await.close().await;
    // No file may grow beyond this; the signal that would kill the writer is ignored.
    let mut child = start_writer(folder.path(), 0, "trap '' XFSZ; ulimit -f 3000;");
    let mut acknowledged = Acknowledged::default();
    acknowledged.read(&mut child, u64::MAX);
    assert!(acknowledged.refused >= 3 && acknowledged.kept.len() > 3, "{}", acknowledged.refused);
    let store = open_in(folder.path()).await;
    acknowledged.check(&store).await;
    one_message(&store, 999_999).await.unwrap();
}
