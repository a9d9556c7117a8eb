//! `gatehouse report`: what governors read. Counts that may be shown, none from which a single
//! person could be told, and nothing of any message.

use crate::{
    gate::{Home, RELAY, Setup, hop},
    storage::{Sample, lead, ruling},
};
use chrono::Utc;
use gatehouse::{
    authority::Matter,
    ruleset::Category,
    storage::{Decision, ItemId, ItemKind, Store},
};
use serde_json::Value;
use std::fs;

async fn kept(store: &Store, number: u128, kind: ItemKind, of: (Category, Matter)) -> ItemId {
    let mut keep = Sample::new(number).keep(store, kind).await;
    keep.items[0].category = of.0;
    keep.concerned.matters = vec![(keep.items[0].id.clone(), of.1)];
    store.keep(keep).await.unwrap().items.remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn governors_read_counts_and_nobody_is_told_by_them() {
    let hops = hop("own", "*", "127.0.0.1:9".parse().unwrap());
    let calendar = "[school.calendar]\nterms = [\"2000-01-03/2000-03-31\"]\n";
    let home = Home::new(&Setup {
        shipped: false,
        hops,
        doors: RELAY.into(),
        school_tables: calendar.into(),
        ..Setup::default()
    });
    let store = home.store().await;
    let concern = |category| (category, Matter::Concern);
    for number in 0..12 {
        let id = kept(&store, number, ItemKind::Hold, concern(Category::PersonalHealth)).await;
        if number < 6 {
            store.decide(&id, ruling(Decision::Withdraw, crate::storage::owner())).await.unwrap();
        }
    }
    for number in 12..15 {
        kept(&store, number, ItemKind::Hold, concern(Category::PersonalFinancial)).await;
    }
    // Allegations are in no number, though there are enough of them.
    for number in 20..27 {
        let of = (Category::HarmBullying, Matter::Allegation);
        let id = kept(&store, number, ItemKind::Quarantine, of).await;
        store.decide(&id, ruling(Decision::KeepAsEvidence, lead())).await.unwrap();
    }
    store.close().await;

    let month = Utc::now().format("%Y-%m").to_string();
    let report = ["report", "--school", "oakfield", "--month", &month];
    let rows = home.list(&report);
    let of = |part: &str, name: &str| -> Value {
        let found = rows.iter().find(|r| r["part"] == part && r["name"] == name);
        found.unwrap_or_else(|| panic!("no {part}/{name}: {rows:#?}"))["now"].clone()
    };
    assert_eq!(of("messages-by-direction", "outbound"), 15);
    // 15 - 12 would tell the three.
    for name in ["personal-data.health", "personal-data.financial"] {
        assert_eq!(of("held-by-category", name), "withheld");
    }
    assert_eq!(of("held-by-category", "in all"), 15);
    assert!(!rows.iter().any(|r| r["part"] == "quarantined-by-category"), "{rows:#?}");
    assert_eq!(
        (of("holds-answered", "within one school hour"), of("holds-answered", "not yet")),
        (6.into(), 9.into())
    );
    assert_eq!(of("decisions", "kept as evidence"), "withheld", "six decisions are too few to break down");
    assert!(rows.iter().any(|r| r["part"] == "coverage"));
    assert!(rows.iter().any(|r| r["part"] == "routes" && r["now"] == "NOT proved"));

    // As files; none is written over, and none has a word of a message or a person.
    let before = home.list(&["ledger", "list", "--event", "report.made"]).len();
    for form in ["html", "pdf", "csv"] {
        let out = home.path(&format!("report.{form}"));
        let args = [&report[..], &["--out", out.to_str().unwrap()]].concat();
        let made = home.run(&args);
        assert_eq!(made.code(), 0, "{}", made.err);
        assert_eq!(home.run(&args).code(), 2, "nothing is written over");
        let text = String::from_utf8_lossy(&fs::read(&out).unwrap()).into_owned();
        for word in ["Trip list", "Canary", "@oakfield", "harbour.example", "staff-7", "harm.bullying"] {
            assert!(!text.contains(word), "{form} has {word}");
        }
    }
    let csv = fs::read_to_string(home.path("report.csv")).unwrap();
    assert!(csv.contains("messages-by-direction,outbound,15,0,15\r\n"), "{csv}");
    assert!(home.list(&["ledger", "list", "--event", "report.made"]).len() >= before + 3);
    let text = home.run(&report).out;
    assert!(text.contains("Oakfield Community School") && text.contains("withheld"), "{text}");

    let term = home.list(&["report", "--school", "oakfield", "--term", "2000-02-01"]);
    assert!(term.iter().all(|r| r["part"] != "messages-by-direction"), "nothing passed then: {term:#?}");
    for wrong in [
        &["report"][..],
        &["report", "--school", "nowhere"],
        &["report", "--school", "oakfield", "--month", "2026-13"],
        &["report", "--school", "oakfield", "--month", "2999-01"],
        &["report", "--school", "oakfield", "--term", "1999-01-01"],
    ] {
        assert_eq!(home.run(wrong).code(), 2, "{wrong:?}");
    }
}
