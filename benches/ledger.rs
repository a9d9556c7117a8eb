//! How long a ledger of many rows takes to verify, and how many holds a second become durable,
//! sharing commits and one by one. Prints a few lines; criterion would repeat for hours.
//! `GATEHOUSE_LEDGER_ROWS=1000000 cargo bench --bench ledger` gives docs/performance.md's figures.

use bytes::Bytes;
use chrono::Utc;
use futures_util::future::join_all;
use gatehouse::{
    mail::{Address, Door, Edits, Envelope, Mode, Recipient, ReversePath, SchoolId, TransactionId},
    parties::Direction,
    ruleset::{Category, Severity},
    storage::{
        Actor, Concerned, Event, ItemKind, Keep, Keys, LedgerEvent, Logged, NewItem, Searchable, Store,
        StoreOptions, Timing, WorkingKey,
    },
    verdict::Disposition,
};
use std::{
    io::{self, Write},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

static NEXT: AtomicU64 = AtomicU64::new(1);
/// Rows that are written together while the ledger is filled.
const FILLING: u64 = 1_000;
/// How long each figure of durable holds is measured.
const HOLDING: Duration = Duration::from_secs(4);

fn main() -> io::Result<()> {
    let rows = std::env::var("GATEHOUSE_LEDGER_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        verified(rows).await?;
        for (name, group) in [("group commit", Timing::default().group), ("one by one", 1)] {
            for parallel in [1, 8, 64] {
                held(name, group, parallel).await?;
            }
        }
        Ok(())
    })
}

fn say(line: String) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

fn keys() -> Keys {
    Keys::new(Some(WorkingKey::ephemeral()), &[], &[]).expect("a working key")
}

async fn open(folder: &Path, group: usize) -> Store {
    let mut options = StoreOptions::new(folder.join("data"), keys());
    options.timing.group = group;
    Store::open(options).await.expect("a store")
}

/// Rows like those of passing mail: with school, transaction, two hashes and some details.
async fn note(store: &Store) {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut event = LedgerEvent::new(Event::MessagePassed)
        .school(&SchoolId("oakfield".into()))
        .transaction(TransactionId(n.into()))
        .with("disposition", "deliver")
        .with("mode", "enforce");
    event.hash_in = Some([7; 32]);
    event.hash_out = Some([9; 32]);
    store.ledger(&Actor::Gate, event).await.expect("a row of the ledger");
}

async fn verified(rows: u64) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let store = open(folder.path(), 256).await;
    let start = Instant::now();
    for _ in 0..rows / FILLING {
        join_all((0..FILLING).map(|_| note(&store))).await;
    }
    let filled = start.elapsed().as_secs_f64();
    say(format!("written: {rows} rows in {filled:.1} s, {:.0} a second", rows as f64 / filled))?;
    for _ in 0..3 {
        let start = Instant::now();
        let report = store.ledger_verify().await.expect("a ledger").expect("an unbroken chain");
        say(format!("verified: {} rows in {:.2} s", report.rows, start.elapsed().as_secs_f64()))?;
    }
    Ok(())
}

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

/// A message of 4 KB is held, as the gate holds one: object, rows, ledger.
async fn hold(store: &Store) {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let text = "A line of an ordinary message about an ordinary day at school.\r\n".repeat(60);
    let envelope = Envelope {
        sender: ReversePath::Mailbox(address("t.harrow@oakfield.example")),
        parameters: vec![],
        recipients: vec![Recipient::new(address("clinic@harbour.example"))],
    };
    let message = Logged {
        transaction: TransactionId(number.into()),
        received_at: Utc::now(),
        school: Some(SchoolId("oakfield".into())),
        door: Door::Relay,
        mode: Mode::Enforce,
        direction: Direction::Outbound,
        envelope,
        raw: Bytes::from(format!("Subject: number {number}\r\n\r\n{text}")),
        disposition: Disposition::Hold,
        verdict: serde_json::json!({"groups": 1}),
    };
    let item = NewItem {
        id: store.new_item_id(),
        kind: ItemKind::Quarantine,
        school: SchoolId("oakfield".into()),
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
        grace: None,
        retry_keys: store.retry_keys(&message.envelope, &message.raw).await.expect("keys of a retry"),
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

async fn held(name: &str, group: usize, parallel: u64) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let store = open(folder.path(), group).await;
    let start = Instant::now();
    let one = || async {
        let mut held = 0_u64;
        while start.elapsed() < HOLDING {
            hold(&store).await;
            held += 1;
        }
        held
    };
    let held: u64 = join_all((0..parallel).map(|_| one())).await.into_iter().sum();
    let rate = held as f64 / start.elapsed().as_secs_f64();
    say(format!("held durably, {name}, {parallel} at once: {rate:.0} a second"))?;
    store.close().await;
    Ok(())
}
