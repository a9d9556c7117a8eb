//! How fast the store keeps: held messages and rows of the message log by how many ask at
//! once (they share a commit), and the ledger written and verified.

use bytes::Bytes;
use chrono::Utc;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use gatehouse::{
    mail::{Address, Door, Edits, Envelope, Mode, Recipient, ReversePath, SchoolId, TransactionId},
    parties::Direction,
    ruleset::{Category, Severity},
    storage::{
        Actor, Concerned, Event, ItemKind, Keep, Keys, LedgerEvent, Logged, NewItem, PassFate, Passed,
        Searchable, Store, StoreOptions, WorkingKey,
    },
    verdict::Disposition,
};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::runtime::Runtime;

static NEXT: AtomicU64 = AtomicU64::new(1);

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

fn school() -> SchoolId {
    SchoolId("oakfield".into())
}

fn message() -> Logged {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let text = "A line of an ordinary message about an ordinary day at school.\r\n".repeat(60);
    Logged {
        transaction: TransactionId(number.into()),
        received_at: Utc::now(),
        school: Some(school()),
        door: Door::Relay,
        mode: Mode::Enforce,
        direction: Direction::Outbound,
        envelope: Envelope {
            sender: ReversePath::Mailbox(address("t.harrow@oakfield.example")),
            parameters: vec![],
            recipients: vec![Recipient::new(address("clinic@harbour.example"))],
        },
        raw: Bytes::from(format!("Subject: number {number}\r\n\r\n{text}")),
        disposition: Disposition::Deliver,
        verdict: serde_json::json!({"groups": 1}),
    }
}

async fn keep(store: &Store) {
    let message = message();
    let item = NewItem {
        id: store.new_item_id(),
        kind: ItemKind::Quarantine,
        school: school(),
        recipients: message.envelope.recipients.clone(),
        owner: None,
        sender_may_release: false,
        token: None,
        category: Category::PersonalHealth,
        severity: Severity::High,
        subject: "number".into(),
        conversation: vec![],
        findings: vec![],
        may_hold_image: false,
        settled_policies: vec![],
        edits: Edits::default(),
        marked_edits: None,
        retry_keys: store.retry_keys(&message.envelope, &message.raw).await.expect("keys of a retry"),
        grace: None,
    };
    let keep = Keep {
        message,
        items: vec![item],
        outbox: vec![],
        records: vec![],
        searchable: Searchable::default(),
        proposals: vec![],
        alerts: vec![],
        ledger: vec![],
        concerned: Concerned::default(),
    };
    store.keep(keep).await.expect("a message that is kept");
}

async fn log(store: &Store) {
    let message = message();
    let bytes_out = message.raw.clone();
    let passed = Passed { message, bytes_out, fate: PassFate::Intended, ledger: vec![] };
    store.log_passed(passed).await.expect("a row of the message log");
}

async fn note(store: &Store) {
    let event = LedgerEvent::new(Event::MessagePassed).school(&school());
    store.ledger(&Actor::Gate, event).await.expect("a row of the ledger");
}

fn open(runtime: &Runtime) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder for the store");
    let keys = Keys::new(Some(WorkingKey::ephemeral()), &[], &[]).expect("a working key");
    let store = runtime.block_on(Store::open(StoreOptions::new(folder.path().join("data"), keys)));
    (folder, store.expect("a store"))
}

fn storage(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let (_folder, store) = open(&runtime);
    let mut group = criterion.benchmark_group("storage");
    group.sample_size(20);
    for parallel in [1_u64, 8, 32] {
        group.throughput(Throughput::Elements(parallel));
        group.bench_function(BenchmarkId::new("keep", parallel), |b| {
            b.iter(|| runtime.block_on(join_all((0..parallel).map(|_| keep(&store)))));
        });
        group.bench_function(BenchmarkId::new("log", parallel), |b| {
            b.iter(|| runtime.block_on(join_all((0..parallel).map(|_| log(&store)))));
        });
    }
    let (_folder, store) = open(&runtime);
    let rows = 20_000;
    for _ in 0..rows / 200 {
        runtime.block_on(join_all((0..200).map(|_| note(&store))));
    }
    group.throughput(Throughput::Elements(rows));
    group.bench_function("verify the ledger", |b| {
        b.iter(|| runtime.block_on(store.ledger_verify()).expect("a ledger").expect("an unbroken chain"));
    });
    group.finish();
}

criterion_group!(benches, storage);
criterion_main!(benches);
