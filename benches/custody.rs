//! A store of a million small messages: how fast it takes them from the first to the last, what
//! they weigh, and how long a search takes. No part of the tests; docs/performance.md says how to run it.
//!
//! `GATEHOUSE_BENCH_MESSAGES` (1000000), `GATEHOUSE_BENCH_FOLDER` (where the store lies; a temporary
//! folder), `GATEHOUSE_BENCH_VAULT` (another folder for the objects), `GATEHOUSE_BENCH_POSTGRES` (the
//! address of an empty database; without it SQLite). A folder that was filled before is not filled
//! again: its store is only asked.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt as _, stream};
use gatehouse::{
    config::WorkingKeySource,
    extraction::Layer,
    mail::{Address, Door, Edits, Envelope, Mode, Recipient, ReversePath, SchoolId},
    parties::{Direction, PersonId, Role},
    ruleset::{Category, Severity},
    storage::{
        Actor, Certainty, Correspondent, DatabaseAddress, Filed, FiledAs, ItemKind, Keep, Keys, Logged,
        NewItem, NewRecord, PostgresUrl, Purpose, RecordParty, Search, Searchable, Store, StoreOptions,
        WorkingKey, keys,
    },
    verdict::Disposition,
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use std::{
    env,
    fmt::Display,
    fs,
    path::Path,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Instant,
};

/// Different words of the invented language; a word's rank goes by Zipf's law.
const WORDS: u32 = 60_000;
const WORDS_OF_A_MESSAGE: usize = 60;
const PEOPLE: u32 = 2_000;
/// Keeps that run at once, as under load.
const AT_ONCE: usize = 64;
/// The rate is taken over so many.
const WINDOW: usize = 1_000;
/// Questions of one kind.
const QUESTIONS: u32 = 40;

fn setting<T: FromStr>(name: &str, default: T) -> T {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn say(line: impl Display) {
    use std::io::Write;
    writeln!(std::io::stdout(), "{line}").expect("standard output");
}

/// A word that no language has, by its rank.
fn word(rank: u32) -> String {
    const ONSETS: [&str; 16] =
        ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "tr"];
    const VOWELS: [&str; 5] = ["a", "e", "i", "o", "u"];
    let mut left = rank;
    let mut out = String::from("q");
    loop {
        out.push_str(VOWELS[(left % 5) as usize]);
        left /= 5;
        out.push_str(ONSETS[(left % 16) as usize]);
        left /= 16;
        if left == 0 {
            return out + "ax";
        }
    }
}

fn any_word(rng: &mut StdRng) -> String {
    let share: f64 = rng.random();
    word(f64::from(WORDS).powf(share) as u32)
}

fn person(number: u32) -> Address {
    let domain = if number.is_multiple_of(2) { "oakfield.example" } else { "postbox.example" };
    Address::parse(&format!("person.{number}@{domain}")).expect("an address")
}

fn school(number: u32) -> SchoolId {
    SchoolId(if number.is_multiple_of(3) { "brynglas" } else { "oakfield" }.into())
}

/// The messages of a year, in order.
fn received_at(start: DateTime<Utc>, number: usize, all: usize) -> DateTime<Utc> {
    start
        + TimeDelta::days(365) * i32::try_from(number * 1_000 / all).unwrap_or(0) / 1_000
        + TimeDelta::microseconds(number as i64)
}

async fn keep(store: &Store, number: usize, at: DateTime<Utc>) {
    let mut rng = StdRng::seed_from_u64(number as u64);
    let words: Vec<String> = (0..WORDS_OF_A_MESSAGE).map(|_| any_word(&mut rng)).collect();
    // Two words that are in half of all messages and never together: the longest walk there is.
    let half = if number.is_multiple_of(2) { "evenly" } else { "oddly" };
    let little = if number.is_multiple_of(5) { "mae yn yr" } else { "the and of" };
    let (subject, text) = (words[..5].join(" "), format!("{little} {half} {}", words[5..].join(" ")));
    let envelope = Envelope {
        sender: ReversePath::Mailbox(person(rng.random_range(0..PEOPLE))),
        parameters: vec![],
        recipients: vec![Recipient::new(person(rng.random_range(0..PEOPLE)))],
    };
    let raw = Bytes::from(format!("Subject: {subject}\r\n\r\n{text}\r\n"));
    let mut searchable = Searchable::default();
    searchable.text(Layer::Subject, &subject);
    searchable.text(Layer::Visible, &text);
    let school = school(rng.random_range(0..30));
    let record = !number.is_multiple_of(4);
    let items = if record { vec![] } else { vec![item(store, &envelope, &raw, &school, subject).await] };
    let parties = envelope.recipients.iter().map(|r| (&r.address, Role::Parent));
    let parties = parties.map(|(address, role)| RecordParty { address: address.clone(), role }).collect();
    let filed = |filed_as, who: u32| Filed {
        person: PersonId(format!("p{who}").into()),
        filed_as,
        certainty: Certainty::Certain,
    };
    let new = NewRecord {
        school: school.clone(),
        parties,
        people: vec![
            filed(FiledAs::Parent, rng.random_range(0..PEOPLE)),
            filed(FiledAs::Child, rng.random_range(0..PEOPLE)),
        ],
        message_id: Some(format!("{number}@x")),
        answers: vec![],
        attachments: 0,
    };
    let message = Logged {
        transaction: gatehouse::ids::transaction_id(),
        received_at: at,
        school: Some(school),
        door: Door::Relay,
        mode: Mode::Enforce,
        direction: Direction::Outbound,
        envelope,
        raw,
        disposition: Disposition::Deliver,
        verdict: serde_json::json!({"groups": 1}),
    };
    let records = if record { vec![new] } else { vec![] };
    let keep = Keep {
        message,
        items,
        outbox: vec![],
        records,
        searchable,
        proposals: vec![],
        alerts: vec![],
        ledger: vec![],
        concerned: gatehouse::storage::Concerned::default(),
    };
    store.keep(keep).await.expect("a message that is kept");
}

async fn item(
    store: &Store,
    envelope: &Envelope,
    raw: &Bytes,
    school: &SchoolId,
    subject: String,
) -> NewItem {
    NewItem {
        id: store.new_item_id(),
        kind: ItemKind::Quarantine,
        school: school.clone(),
        recipients: envelope.recipients.clone(),
        owner: None,
        sender_may_release: false,
        token: None,
        category: Category::PersonalHealth,
        severity: Severity::High,
        subject,
        conversation: vec![],
        findings: vec![],
        may_hold_image: false,
        settled_policies: vec![],
        edits: Edits::default(),
        marked_edits: None,
        retry_keys: store.retry_keys(envelope, raw).await.expect("keys of a retry"),
        grace: None,
    }
}

/// Keeps all of them, and prints how many a second from time to time.
async fn fill(store: &Store, now: &AtomicI64, start: DateTime<Utc>, all: usize) {
    say("message | kept a second | database MB | index MB");
    let mut first = 0.0;
    let mut done = 0;
    while done < all {
        let window = WINDOW.min(all - done);
        let begun = Instant::now();
        now.store(received_at(start, done, all).timestamp_micros(), Relaxed);
        stream::iter(done..done + window)
            .for_each_concurrent(AT_ONCE, |number| keep(store, number, received_at(start, number, all)))
            .await;
        let rate = window as f64 / begun.elapsed().as_secs_f64();
        done += window;
        if done == window {
            first = rate;
        }
        if done == window || done.is_multiple_of(50 * WINDOW) || done + 5 * WINDOW > all {
            let bytes = store.counts().await.expect("counts").database_bytes;
            let index = store.search_weight().await.expect("the index's weight");
            say(format_args!("{done} | {rate:.0} | {} | {}", bytes >> 20, index >> 20));
        }
    }
    say(format_args!("the first {WINDOW}: {first:.0} a second"));
}

struct Measured {
    name: &'static str,
    hits: usize,
    took: Vec<f64>,
}

async fn ask(store: &Store, name: &'static str, mut question: impl FnMut(u32) -> Search) -> Measured {
    let (mut hits, mut took) = (0, Vec::new());
    for number in 0..QUESTIONS {
        let search = Search { limit: Some(50), ..question(number) };
        let begun = Instant::now();
        let found = store
            .search_records(&search, &|_| true, &Actor::Gate, &Purpose::Facts.into())
            .await
            .expect("an answer");
        took.push(begun.elapsed().as_secs_f64() * 1_000.0);
        hits += found.hits.len();
    }
    took.sort_by(f64::total_cmp);
    Measured { name, hits: hits / QUESTIONS as usize, took }
}

async fn search(store: &Store, start: DateTime<Utc>) {
    let words = |text: String| Search { words: text, ..Search::default() };
    let mut rng = StdRng::seed_from_u64(7);
    let mut pick = |from: u32, to: u32| word(rng.random_range(from..to));
    let mut answers = Vec::new();
    answers.push(ask(store, "a word of every second message", |_| words("evenly".into())).await);
    answers.push(ask(store, "a common word", |n| words(word(1 + n % 10))).await);
    answers.push(ask(store, "a word of one message in a thousand", |_| words(pick(90, 110))).await);
    answers.push(ask(store, "a rare word", |_| words(pick(30_000, 59_000))).await);
    answers.push(
        ask(store, "three words", |n| words(format!("{} {} {}", word(n), word(n + 3), word(n + 9)))).await,
    );
    answers.push(ask(store, "a word that no message has", |n| words(format!("nobody{n}"))).await);
    answers.push(ask(store, "two words that never meet", |_| words("evenly oddly".into())).await);
    let with = |n: u32| vec![vec![Correspondent::Address(person(n * 17))]];
    answers.push(ask(store, "a person", |n| Search { with: with(n), ..Search::default() }).await);
    let both = |n: u32| Search { with: with(n), ..words(word(5 + n % 10)) };
    answers.push(ask(store, "a person and a common word", both).await);
    let day = |n: u32| {
        let since = start + TimeDelta::days(i64::from(n * 9));
        Search { since: Some(since), until: Some(since + TimeDelta::days(1)), ..Search::default() }
    };
    answers.push(ask(store, "a day", day).await);
    answers
        .push(ask(store, "a day and a common word", |n| Search { words: word(1 + n % 10), ..day(n) }).await);
    say("\nquestion | hits | median ms | 95 % | most");
    for Measured { name, hits, took } in answers {
        let at = |share: f64| took[((took.len() - 1) as f64 * share).round() as usize];
        say(format_args!("{name} | {hits} | {:.1} | {:.1} | {:.1}", at(0.5), at(0.95), at(1.0)));
    }
}

/// The working key, and the records' custodian; the store knows the public half.
fn new_keys(folder: &Path) -> Keys {
    let working = WorkingKey::generate_to(&folder.join("working.txt")).expect("a working key");
    let custodian = keys::generate_identity(&folder.join("custodian.txt"), "records custodian");
    Keys::new(Some(working), &[], &[custodian.expect("a custodian's key")]).expect("keys")
}

/// When the year of a store began that was filled here before.
fn filled_before(folder: &Path) -> Option<DateTime<Utc>> {
    let text = fs::read_to_string(folder.join("filled")).ok()?;
    Some(text.parse().expect("the moment at which its year began"))
}

fn main() {
    let messages = setting("GATEHOUSE_BENCH_MESSAGES", 1_000_000);
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = setting("GATEHOUSE_BENCH_FOLDER", temporary.path().to_owned());
    let filled = filled_before(&folder);
    let keys = if filled.is_some() {
        let working = WorkingKeySource::File(folder.join("working.txt"));
        Keys::new(Some(WorkingKey::from_source(&working).expect("the working key")), &[], &[]).expect("keys")
    } else {
        fs::create_dir_all(folder.join("data")).expect("the store's folder");
        if let Ok(vault) = env::var("GATEHOUSE_BENCH_VAULT") {
            std::os::unix::fs::symlink(vault, folder.join("data/vault")).expect("the vault's folder");
        }
        new_keys(&folder)
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut options = StoreOptions::new(folder.join("data"), keys);
        let start = filled.unwrap_or_else(|| Utc::now() - TimeDelta::days(366));
        // The store lives through the year in which the messages come.
        let now = match filled {
            Some(start) => received_at(start, messages, messages),
            None => start,
        };
        let now = Arc::new(AtomicI64::new(now.timestamp_micros()));
        let clock = now.clone();
        options.clock =
            Arc::new(move || DateTime::from_timestamp_micros(clock.load(Relaxed)).expect("a time"));
        if let Ok(url) = env::var("GATEHOUSE_BENCH_POSTGRES") {
            options.database = DatabaseAddress::Postgres(PostgresUrl::new(url));
        }
        let store = Store::open(options).await.expect("a store");
        if filled.is_none() {
            fill(&store, &now, start, messages).await;
            fs::write(folder.join("filled"), start.to_rfc3339()).expect("a note that it is filled");
        }
        store.search_tidy().await.expect("a tidy index");
        let counts = store.counts().await.expect("counts");
        let index = store.search_weight().await.expect("the index's weight");
        let each = |bytes: u64| bytes / messages as u64;
        say(format_args!(
            "database: {} bytes a message, {} of them the index",
            each(counts.database_bytes),
            each(index)
        ));
        search(&store, start).await;
        store.close().await;
    });
}
