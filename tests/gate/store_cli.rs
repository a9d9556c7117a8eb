//! `gatehouse store` as a process: what it says and exits with when all is well, and when
//! configuration, key or place are not; and `store move` killed at every step and at random
//! moments, taken up again, and compared item by item.

use crate::{
    gate::{Home, RELAY, Said, Setup, hop},
    house::PATIENCE,
    kills::random,
    postgres,
    s3::{self, Kind as BucketKind, TestBucket},
    storage::{lead, portable::with_everything},
};
use bytes::Bytes;
use gatehouse::storage::{ItemFilter, ItemId, LedgerFilter, Purpose, Store};
use sqlx::{Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fs,
    path::PathBuf,
    process::{Child, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

fn home() -> Home {
    let hops = hop("own", "*", "127.0.0.1:9".parse().unwrap());
    Home::new(&Setup { shipped: false, hops, doors: RELAY.into(), ..Setup::default() })
}

/// A second configuration in the same folder: the first one's with another data folder, and
/// what else is to be different.
fn elsewhere(home: &Home, name: &str, more: &str) -> String {
    let text = fs::read_to_string(home.path("gatehouse.toml")).unwrap();
    let text = text.replace("data = \"data\"", &format!("data = \"{name}\""));
    fs::write(home.path(&format!("{name}.toml")), format!("{text}{more}")).unwrap();
    format!("{name}.toml")
}

fn by(home: &Home, config: &str, args: &[&str]) -> Said {
    Said::by(&mut home.command_by(config, args))
}

/// One of the vault's files.
fn any_object(home: &Home) -> PathBuf {
    let mut months = fs::read_dir(home.path("data/vault")).unwrap().map(|entry| entry.unwrap().path());
    let month = months.find(|path| path.is_dir()).unwrap();
    fs::read_dir(month.join("working")).unwrap().next().unwrap().unwrap().path()
}

fn refused(said: &Said, why: &str) {
    assert!(said.code() == 2 && said.err.contains(why), "{}: {}", said.code(), said.err);
    assert!(!said.err.contains("panicked"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_is_shown_scrubbed_backed_up_and_restored() {
    let home = home();
    let store = home.store().await;
    let items = with_everything(&store, 1..7).await;
    store.close().await;
    let shown = home.list(&["store", "show"]);
    assert_eq!(
        (shown[0]["database"].as_str(), shown[0]["faulty"].as_i64()),
        (Some("SQLite"), Some(0)),
        "{shown:?}"
    );
    let objects = |class: &str| {
        let all = shown[0]["classes"].as_array().unwrap();
        all.iter().find(|c| c["class"] == class).unwrap()["objects"].as_i64()
    };
    assert_eq!((objects("working"), objects("records")), (Some(6), Some(2)), "{shown:?}");

    // An object that is gone is named, and the status says that something is not what it was.
    assert_eq!(home.run(&["store", "scrub"]).code(), 0);
    let (object, away) = (any_object(&home), home.path("away.age"));
    fs::rename(&object, &away).unwrap();
    let scrub = home.run(&["store", "scrub"]);
    let name = object.file_stem().unwrap().to_str().unwrap();
    assert!(scrub.code() == 1 && scrub.out.contains(name), "{}", scrub.out);
    let copy = home.path("copy");
    let backup = ["--format", "jsonl", "store", "backup", copy.to_str().unwrap()];
    let lacking = home.run(&backup);
    assert!(lacking.code() == 1 && lacking.out.contains("is missing"), "{}", lacking.out);
    fs::rename(&away, &object).unwrap();
    let made = &home.run(&backup).lines()[0];
    assert_eq!(made["there"].as_u64().unwrap() + 1, made["objects"].as_u64().unwrap(), "{made}");
    let other = home.path("rules");
    refused(&home.run(&["store", "backup", other.to_str().unwrap()]), "holds something else");

    let other = elsewhere(&home, "other", "");
    let restore = ["store", "restore", copy.to_str().unwrap()];
    refused(&home.run(&restore), "not empty");
    refused(&by(&home, &other, &["store", "restore", home.path("rules").to_str().unwrap()]), "manifest.json");
    let done = by(&home, &other, &restore);
    assert!(done.code() == 0 && done.out.contains("The ledger verifies"), "{} {}", done.out, done.err);
    refused(&by(&home, &other, &restore), "restored to its end");
    assert_eq!(by(&home, &other, &["ledger", "verify"]).code(), 0);
    let restored = Store::open(home.store_options(&other)).await.unwrap();
    for (id, raw) in &items {
        assert_eq!(restored.raw(id, &lead(), Purpose::Facts).await.unwrap(), raw);
    }
}

/// What is wrong with a configuration, a key or a place is said before anything is carried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_in_the_way_of_a_move_is_said_before_it_begins() {
    let home = home();
    let store = home.store().await;
    with_everything(&store, 1..3).await;
    store.close().await;
    let path = |name: &str| home.path(name).to_str().unwrap().to_owned();
    let to = |config: &str| home.run(&["store", "move", "--to", &path(config)]);
    refused(&to("nowhere.toml"), "nowhere.toml");
    let typo = elsewhere(&home, "typo", "");
    let text = fs::read_to_string(home.path(&typo)).unwrap().replace("data = ", "datta = ");
    fs::write(home.path(&typo), text).unwrap();
    refused(&to(&typo), "datta");
    // The same place, and a place that has a store.
    refused(&to("gatehouse.toml"), "the very place");
    let used = elsewhere(&home, "used", "");
    let there = Store::open(home.store_options(&used)).await.unwrap();
    with_everything(&there, 100..101).await;
    there.close().await;
    refused(&to(&used), "not empty");
    // A gate serves it.
    let serving = fs::OpenOptions::new().append(true).create(true).open(home.path("data/serving")).unwrap();
    serving.lock().unwrap();
    refused(&to(&used), "serves");
    drop(serving);
    // Another working key would not open what comes, and without one nothing is written.
    let other = path("other.key");
    assert_eq!(home.run(&["keys", "generate", "working", &other]).code(), 0);
    let foreign = elsewhere(&home, "foreign", "");
    let text = fs::read_to_string(home.path(&foreign)).unwrap().replace("working.key", "other.key");
    fs::write(home.path(&foreign), text).unwrap();
    refused(&to(&foreign), "another working key");
    assert!(!home.path("foreign/vault").exists(), "nothing was carried");
    fs::rename(path("working.key"), path("away.key")).unwrap();
    refused(&to(&elsewhere(&home, "fresh", "")), "working.key");
    refused(&home.run(&["store", "backup", &path("copy")]), "the working key is not there");
    // What is clear is read without it.
    assert_eq!(home.run(&["store", "show"]).code(), 0);
    assert_eq!(home.run(&["store", "scrub"]).code(), 0);
    fs::rename(path("away.key"), path("working.key")).unwrap();
    assert_eq!(home.run(&["store", "scrub"]).code(), 0, "the old store is as it was");
    // Whoever looks at the new place first spoils nothing.
    refused(&by(&home, "fresh.toml", &["store", "show"]), "no store yet");
    by(&home, "fresh.toml", &["doctor"]);
    assert_eq!(to("fresh.toml").code(), 0);
    refused(&home.run(&["store", "show"]), "was moved to");
    assert!(home.path("fresh/directory.age").exists(), "the people have come along");
    // To a database for several gates, with the same folder.
    let url = postgres::fresh_database();
    fs::copy(home.path("fresh.toml"), home.path("shared.toml")).unwrap();
    let text = fs::read_to_string(home.path("shared.toml")).unwrap();
    fs::write(home.path("shared.toml"), format!("{text}[store]\nurl = \"{url}\"\n")).unwrap();
    let moved = by(&home, "fresh.toml", &["store", "move", "--to", &path("shared.toml")]);
    assert_eq!(moved.code(), 0, "{}{}", moved.out, moved.err);
    assert_eq!(by(&home, "shared.toml", &["store", "scrub"]).code(), 0);
}

/// Nothing begins in the place of a store that was lost, and nothing of it is taken away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_or_wrong_database_is_no_new_store() {
    let home = home();
    let store = home.store().await;
    with_everything(&store, 1..3).await;
    store.close().await;
    let files = || {
        let found = std::process::Command::new("find").arg(home.path("data/vault")).output().unwrap();
        String::from_utf8(found.stdout).unwrap()
    };
    let before = files();
    let (database, away) = (home.path("data/gatehouse.db"), home.path("away.db"));
    fs::rename(&database, &away).unwrap();
    for look in [&["store", "scrub"][..], &["store", "show"], &["ledger", "verify"], &["hold", "list"]] {
        refused(&home.run(look), "a new store would know nothing of it");
    }
    let doctor = home.run(&["doctor"]);
    assert!(doctor.code() == 1 && doctor.out.contains("a new store would know"), "{}", doctor.out);
    refused(&home.run(&["serve"]), "a new store would know nothing of it");
    // Another database, which is empty.
    let wrong = elsewhere(&home, "data", &format!("[store]\nurl = \"{}\"\n", postgres::fresh_database()));
    refused(&by(&home, &wrong, &["store", "scrub"]), "a new store would know nothing of it");
    // With the key away too, the objects still say that there was one; nothing is restored over them.
    fs::rename(home.path("data/store-key.age"), home.path("away.age")).unwrap();
    refused(&home.run(&["serve"]), "a new store would know nothing of it");
    let other = elsewhere(&home, "other", "");
    let there = Store::open(home.store_options(&other)).await.unwrap();
    with_everything(&there, 50..51).await;
    there.close().await;
    let copy = home.path("copy").to_str().unwrap().to_owned();
    assert_eq!(by(&home, &other, &["store", "backup", &copy]).code(), 0);
    refused(&home.run(&["store", "restore", &copy]), "the objects of another store");
    assert_eq!(files(), before);
    for made in ["gatehouse.db", "gatehouse.db-wal", "gatehouse.db-shm", "store-key.age"] {
        let _ = fs::remove_file(home.path("data").join(made));
    }
    fs::rename(home.path("away.age"), home.path("data/store-key.age")).unwrap();
    fs::rename(&away, &database).unwrap();
    assert_eq!(home.run(&["store", "scrub"]).code(), 0);
    assert_eq!(files(), before);
}

/// A store in SQLite and a folder on its way to PostgreSQL and a bucket.
struct Move {
    home: Home,
    items: Vec<(ItemId, Bytes)>,
    bucket: TestBucket,
    url: String,
}

const NEW: &str = "new.toml";

impl Move {
    async fn of(numbers: std::ops::Range<u128>) -> Self {
        let home = home();
        let store = home.store().await;
        let items = with_everything(&store, numbers).await;
        store.close().await;
        let (url, bucket) = (postgres::fresh_database(), s3::server().bucket(BucketKind::Plain));
        let vault = bucket.toml(s3::server().address);
        assert_eq!(elsewhere(&home, "new", &format!("[store]\nurl = \"{url}\"\n{vault}")), NEW);
        Self { home, items, bucket, url }
    }

    fn args(&self) -> [String; 4] {
        ["store".into(), "move".into(), "--to".into(), self.home.path(NEW).to_str().unwrap().into()]
    }

    fn start(&self) -> Child {
        let args = self.args();
        let mut command = self.home.command(&args.each_ref().map(String::as_str));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn run(&self) -> Said {
        self.home.run(&self.args().each_ref().map(String::as_str))
    }

    /// Nobody begins a store in a place that is being filled.
    fn opens_not_yet(&self) {
        refused(&by(&self.home, NEW, &["store", "show"]), "being filled");
    }

    /// Everything is in the new place, once and as it was, and nowhere else.
    async fn compare(&self) {
        let home = &self.home;
        refused(&home.run(&["store", "show"]), "was moved to PostgreSQL");
        let old = Store::open_moved(home.store_options("gatehouse.toml")).await.unwrap();
        let new = Store::open(home.store_options(NEW)).await.unwrap();
        for row in old.ledger_rows(&LedgerFilter::default()).await.unwrap() {
            let same = LedgerFilter { row: Some(row.row), ..LedgerFilter::default() };
            assert_eq!(format!("{:?}", new.ledger_rows(&same).await.unwrap()), format!("{:?}", [row]));
        }
        let moved = LedgerFilter { events: vec!["store.moved".into()], ..LedgerFilter::default() };
        assert_eq!(new.ledger_rows(&moved).await.unwrap().len(), 1, "it is said once");
        let listed = |store: &Store| {
            let store = store.clone();
            async move { format!("{:?}", store.items(&ItemFilter::default()).await.unwrap()) }
        };
        assert_eq!(listed(&new).await, listed(&old).await);
        let counted = |store: &Store| {
            let store = store.clone();
            async move {
                let c = store.counts().await.unwrap();
                (c.open_quarantine, c.outbox_waiting, c.records, c.messages)
            }
        };
        assert_eq!(counted(&new).await, counted(&old).await);
        let (was, is) = (old.scrub().await.unwrap(), new.scrub().await.unwrap());
        assert_eq!((is.objects, is.bytes, is.orphans), (was.objects, was.bytes, 0));
        assert!(was.faults.is_empty() && is.faults.is_empty(), "{:?}", is.faults);
        assert_eq!(self.bucket.keys().len() as u64, is.objects, "each object once");
        for (id, raw) in &self.items {
            assert_eq!(new.raw(id, &lead(), Purpose::Facts).await.unwrap(), raw);
        }
        new.ledger_verify().await.unwrap().unwrap();
        // And it goes on there.
        with_everything(&new, 9_000..9_001).await;
    }
}

/// Kills the process as soon as it has come so far.
async fn cut_when(mut child: Child, mut so_far: impl AsyncFnMut() -> bool) {
    let since = Instant::now();
    while !so_far().await {
        if child.try_wait().unwrap().is_some() {
            let said = Said::of(child.wait_with_output().unwrap());
            panic!("it ended before it came so far: {}{}", said.out, said.err);
        }
        assert!(since.elapsed() < PATIENCE, "it does not come so far");
        tokio::task::yield_now().await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Somebody at the new database who stands in the way.
struct Bystander(PgConnection);

impl Bystander {
    async fn at(url: &str) -> Self {
        Self(PgConnection::connect(url).await.unwrap())
    }

    async fn say(&mut self, statement: &'static str) {
        sqlx::raw_sql(statement).execute(&mut self.0).await.unwrap();
    }

    async fn is(&mut self, question: &'static str) -> bool {
        sqlx::query_scalar(question).fetch_one(&mut self.0).await.unwrap()
    }

    /// As whoever writes has the database for itself.
    async fn lock(&mut self) {
        self.say("SELECT pg_advisory_lock(719885386)").await;
    }

    async fn unlock(&mut self) {
        self.say("SELECT pg_advisory_unlock(719885386)").await;
    }

    /// Whether somebody waits for what we hold.
    async fn is_waited_for(&mut self) -> bool {
        self.is("SELECT EXISTS (SELECT 1 FROM pg_locks
             WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))")
            .await
    }

    async fn sees_all_rows(&mut self) -> bool {
        self.is("SELECT EXISTS (SELECT 1 FROM meta WHERE name = 'arriving' AND length(value) > 0)").await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_of_a_move_at_each_of_its_steps() {
    let moving = Move::of(1..61).await;
    let mut other = Bystander::at(&moving.url).await;
    other.lock().await;
    // Objects are carried, so many by the first that is killed, more by the next.
    let (mut cuts, objects) = ([random(60), random(60), random(60)], moving.items.len());
    cuts.sort_unstable();
    for cut in cuts {
        cut_when(moving.start(), async || moving.bucket.keys().len() > cut).await;
        moving.opens_not_yet();
    }
    // All objects are there, and it is about to bring the rows.
    cut_when(moving.start(), async || other.is_waited_for().await).await;
    assert!(moving.bucket.keys().len() >= objects);
    other.unlock().await;
    // In the middle of the rows.
    other.say("BEGIN; LOCK TABLE ledger IN SHARE MODE").await;
    cut_when(moving.start(), async || other.is_waited_for().await).await;
    other.say("ROLLBACK").await;
    moving.opens_not_yet();
    assert!(!other.sees_all_rows().await);
    // All rows are there, and the old store is not marked yet.
    let database = SqliteConnectOptions::new().filename(moving.home.path("data/gatehouse.db"));
    let mut old = SqliteConnection::connect_with(&database).await.unwrap();
    other.lock().await;
    let child = moving.start();
    while !other.is_waited_for().await {
        tokio::task::yield_now().await;
    }
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut old).await.unwrap();
    other.unlock().await;
    cut_when(child, async || other.sees_all_rows().await).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut old).await.unwrap();
    moving.opens_not_yet();
    assert_eq!(moving.home.run(&["store", "show"]).code(), 0, "the old store is the one that opens");
    // The old store is marked, and the new one does not open yet.
    other.lock().await;
    let marked = async || {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM meta WHERE name = 'moved')")
            .fetch_one(&mut old)
            .await
            .unwrap()
    };
    cut_when(moving.start(), marked).await;
    other.unlock().await;
    moving.opens_not_yet();
    refused(&moving.home.run(&["store", "show"]), "was moved to");
    old.close().await.unwrap();

    let done = moving.run();
    assert!(done.code() == 0 && done.out.contains("each compared"), "{} {}", done.out, done.err);
    moving.compare().await;
    let again = moving.run();
    assert!(again.code() == 0 && again.err.contains("moved before"), "{}", again.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_of_a_move_at_random_moments() {
    let moving = Move::of(1..31).await;
    let (mut longest, mut kills) = (200, 0);
    loop {
        let mut child = moving.start();
        let mut out = child.stdout.take().unwrap();
        let (ended, has_ended) = mpsc::channel();
        std::thread::spawn(move || {
            let _ = ended.send(std::io::copy(&mut out, &mut std::io::sink()));
        });
        // So long at most; each time longer, so that it comes to its end at some time.
        let moment = Duration::from_millis(random(longest) as u64);
        if has_ended.recv_timeout(moment).is_ok() {
            assert!(child.wait().unwrap().success());
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        (longest, kills) = (longest + longest / 4, kills + 1);
    }
    assert!(kills > 0, "it came to its end before anybody could kill it");
    moving.compare().await;
}
