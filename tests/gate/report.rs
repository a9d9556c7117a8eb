//! `gatehouse report`: what governors read. Counts that may be shown, none from which a single
//! person could be told, whatever they are laid beside, and nothing of any message.

use crate::{
    gate::{Home, RELAY, Setup, hop},
    storage::{Sample, lead, ruling},
};
use chrono::{DateTime, Utc};
use gatehouse::{
    authority::Matter,
    ruleset::Category,
    storage::{Decision, ItemId, ItemKind, Store},
};
use serde_json::Value;
use std::{
    fs,
    sync::{Arc, Mutex},
};

const HEALTH: &str = "personal-data.health";
const MONEY: &str = "personal-data.financial";

fn home() -> Home {
    let hops = hop("own", "*", "127.0.0.1:9".parse().unwrap());
    Home::new(&Setup { shipped: false, hops, doors: RELAY.into(), ..Setup::default() })
}

/// A store of the home whose clock stands where the test puts it.
struct Then {
    store: Store,
    clock: Arc<Mutex<DateTime<Utc>>>,
    number: u128,
}

impl Then {
    async fn at(home: &Home, at: &str) -> Self {
        let clock = Arc::new(Mutex::new(at.parse().unwrap()));
        let mut options = home.store_options("gatehouse.toml");
        let stands = Arc::clone(&clock);
        options.clock = Arc::new(move || *stands.lock().unwrap());
        Self { store: Store::open(options).await.unwrap(), clock, number: 0 }
    }

    fn now(&self) -> DateTime<Utc> {
        *self.clock.lock().unwrap()
    }

    fn go_to(&self, at: &str) {
        *self.clock.lock().unwrap() = at.parse().unwrap();
    }

    async fn kept(&mut self, kind: ItemKind, category: Category, matter: Matter) -> ItemId {
        self.number += 1;
        let mut keep = Sample::new(self.number).keep(&self.store, kind).await;
        keep.message.received_at = self.now();
        keep.items[0].category = category;
        keep.concerned.matters = vec![(keep.items[0].id.clone(), matter)];
        self.store.keep(keep).await.unwrap().items.remove(0)
    }

    async fn held(&mut self, health: u32, money: u32) -> Vec<ItemId> {
        let mut ids = Vec::new();
        for (category, times) in [(Category::PersonalHealth, health), (Category::PersonalFinancial, money)] {
            for _ in 0..times {
                ids.push(self.kept(ItemKind::Hold, category, Matter::Concern).await);
            }
        }
        ids
    }
}

/// What a report says, row by row.
struct Rows(Vec<Value>);

impl Rows {
    fn of(home: &Home, asked: &[&str]) -> Self {
        Self(home.list(&[&["report", "--school", "oakfield"], asked].concat()))
    }

    fn find(&self, part: &str, name: &str) -> Option<&Value> {
        self.0.iter().find(|row| row["part"] == part && row["name"] == name)
    }

    fn now(&self, part: &str, name: &str) -> Value {
        self.find(part, name).unwrap_or_else(|| panic!("no {part}/{name}: {:#?}", self.0))["now"].clone()
    }

    fn has(&self, part: &str) -> bool {
        self.0.iter().any(|row| row["part"] == part)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn governors_read_counts_and_nobody_is_told_by_them() {
    let home = home();
    let mut then = Then::at(&home, "2025-10-15T10:00:00Z").await;
    let ids = then.held(12, 3).await;
    for id in &ids[..6] {
        then.store.decide(id, ruling(Decision::Withdraw, crate::storage::owner())).await.unwrap();
    }
    // Allegations are in no number, though there are enough of them.
    for _ in 0..7 {
        let id = then.kept(ItemKind::Quarantine, Category::HarmBullying, Matter::Allegation).await;
        then.store.decide(&id, ruling(Decision::KeepAsEvidence, lead())).await.unwrap();
    }
    then.store.close().await;

    let october = ["--month", "2025-10"];
    let rows = Rows::of(&home, &october);
    assert_eq!(rows.now("messages-by-direction", "outbound"), 15);
    // 15 - 12 would tell the three; and that there were any has no line.
    assert!(
        rows.find("held-by-category", HEALTH).is_none() && rows.find("held-by-category", MONEY).is_none()
    );
    assert_eq!(rows.now("held-by-category", "in all"), 15);
    assert!(!rows.has("quarantined-by-category"), "{:#?}", rows.0);
    assert_eq!(rows.now("holds-answered", "within one school hour"), 6);
    assert_eq!(rows.now("holds-answered", "not within the month"), 9);
    assert!(rows.find("decisions", "kept as evidence").is_none(), "six decisions are too few to break down");
    assert_eq!(rows.now("decisions", "in all"), "withheld");
    assert!(rows.has("coverage"));
    assert!(rows.0.iter().any(|r| r["part"] == "routes" && r["now"] == "NOT proved"));

    // As files; none is written over, and none has a word of a message or a person.
    let before = home.list(&["ledger", "list", "--event", "report.made"]).len();
    let report = ["report", "--school", "oakfield", "--month", "2025-10"];
    for form in ["html", "pdf", "csv"] {
        let out = home.path(&format!("report.{form}"));
        let args = [&report[..], &["--out", out.to_str().unwrap()]].concat();
        let made = home.run(&args);
        assert_eq!(made.code(), 0, "{}", made.err);
        assert_eq!(home.run(&args).code(), 2, "nothing is written over");
        let text = String::from_utf8_lossy(&fs::read(&out).unwrap()).into_owned();
        for word in
            ["Trip list", "Canary", "@oakfield", "harbour.example", "staff-7", "harm.bullying", HEALTH]
        {
            assert!(!text.contains(word), "{form} has {word}");
        }
    }
    let csv = fs::read_to_string(home.path("report.csv")).unwrap();
    assert!(csv.contains("messages-by-direction,outbound,15,0,15\r\n"), "{csv}");
    assert!(home.list(&["ledger", "list", "--event", "report.made"]).len() >= before + 3);
    let text = home.run(&report).out;
    assert!(text.contains("Oakfield Community School") && text.contains("withheld"), "{text}");

    let term = Rows::of(&home, &["--term", "2000-02-01"]);
    assert!(!term.has("messages-by-direction"), "nothing passed then: {:#?}", term.0);
    for wrong in [
        &["report"][..],
        &["report", "--school", "nowhere"],
        &["report", "--school", "oakfield", "--month", "2026-13"],
        &["report", "--school", "oakfield", "--month", "2999-01"],
        &["report", "--school", "oakfield", "--term", "autumn"],
    ] {
        assert_eq!(home.run(wrong).code(), 2, "{wrong:?}");
    }
}

/// Who looks every day learns nothing of a day, whether the time is under way or over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_looks_at_one_time_tell_nothing_of_what_came_between_them() {
    let home = home();
    let mut then = Then::at(&home, "2025-10-15T10:00:00Z").await;
    let ids = then.held(20, 10).await;
    then.store.close().await;
    let mut now = Then::at(&home, &Utc::now().to_rfc3339()).await;
    now.number = 100;
    now.held(20, 10).await;

    let month = Utc::now().format("%Y-%m").to_string();
    let day = Utc::now().format("%Y-%m-%d").to_string();
    let looks = [&["--month", month.as_str()][..], &["--term", day.as_str()], &["--month", "2025-10"]];
    let seen = || looks.map(|asked| home.run(&[&["report", "--school", "oakfield"], asked].concat()).out);
    let first = seen();
    assert!(first[0].contains("Under way") && first[1].contains("Under way"), "{}", first[0]);
    for part in ["Messages by direction", "How soon senders answered", "What people decided"] {
        assert!(!first[0].contains(part) && first[2].contains(part), "{part}");
    }
    assert!(first[2].contains("Counted once"), "{}", first[2]);

    // Enough of everything that a step of five would show it.
    now.held(7, 7).await;
    for id in &ids[..9] {
        now.store.decide(id, ruling(Decision::Withdraw, crate::storage::owner())).await.unwrap();
    }
    let mut late = Then::at(&home, "2025-10-20T10:00:00Z").await;
    late.number = 200;
    late.held(9, 9).await;
    late.store.close().await;
    now.store.close().await;
    assert_eq!(seen(), first);
}

/// A term, its months and the term before, side by side, as a table and for a spreadsheet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_term_beside_its_months_tells_no_small_count() {
    let home = home();
    let mut then = Then::at(&home, "2025-09-15T10:00:00Z").await;
    then.held(20, 0).await;
    then.go_to("2025-10-15T10:00:00Z");
    then.held(24, 3).await;
    then.go_to("2025-11-12T10:00:00Z");
    then.held(6, 2).await;
    then.go_to("2025-12-10T10:00:00Z");
    then.held(3, 4).await;
    then.store.close().await;

    let month = |month: &str| Rows::of(&home, &["--month", month]);
    let [september, october, november, december] = ["2025-09", "2025-10", "2025-11", "2025-12"].map(month);
    let held = "held-by-category";
    assert_eq!(september.now(held, HEALTH), 20);
    // October's 24 are withheld for the three beside them, though September shows where they stand.
    assert!(october.find(held, HEALTH).is_none() || october.now(held, HEALTH) == "withheld");
    assert_eq!(october.now(held, "in all"), 27);
    for small in [&november, &december] {
        assert_eq!(small.now(held, "in all"), "withheld");
    }
    // What October's report says of September is what September's says of itself.
    assert_eq!(october.find(held, HEALTH).map(|row| row["before"].clone()), Some(20.into()));

    // Of the term: September's 20, and 9 of November and December together (6 and 3, or 5 and 4, or ...).
    let term = Rows::of(&home, &["--term", "2025-11-30"]);
    assert_eq!(term.now(held, HEALTH), "29 or more", "not 53: 53 - 29 would be October's 24");
    assert_eq!(term.now(held, MONEY), "6 or more");
    assert_eq!((term.now(held, "others"), term.now(held, "in all")), (27.into(), 62.into()));
    assert_eq!(62 - 20 - 27, 15, "what is left of the term beside its months is of two months together");
    assert!(term.find(held, HEALTH).unwrap()["change"].is_null());

    let out = home.run(&["report", "--school", "oakfield", "--term", "2025-11-30", "--as", "csv"]).out;
    assert!(out.contains("held-by-category,personal-data.health,29 or more,0,\r\n"), "{out}");
    let small = |cell: &str| matches!(cell, "1" | "2" | "3" | "4");
    for line in out.lines().filter(|line| !line.starts_with("coverage") && !line.starts_with("routes")) {
        assert!(!line.split(',').skip(2).any(small), "{line}");
    }
    // The next term compares itself with what this one says.
    let spring = Rows::of(&home, &["--term", "2026-02-01"]);
    assert_eq!(spring.find(held, HEALTH).unwrap()["before"], "29 or more");
}
