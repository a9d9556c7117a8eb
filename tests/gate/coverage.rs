//! `gatehouse policy coverage` as a governor or a program reads it.

use crate::gate::{Home, RELAY, ROOT, Setup, hop};
use serde_json::{Value, json};
use std::fs;

#[test]
fn policy_coverage_is_honest_about_rules_settings_and_routes() {
    let setup = || Setup {
        doors: RELAY.into(),
        hops: hop("own", "*", "127.0.0.1:9".parse().unwrap()),
        ..Setup::default()
    };
    let home = Home::new(&setup());
    let lines = home.list(&["policy", "coverage"]);
    let clauses: Vec<&Value> = lines.iter().filter(|l| l["kind"] == "clause").collect();
    assert_eq!(clauses.len(), 62);
    let of = |lines: &[Value], id: &str| lines.iter().find(|l| l["id"] == id).unwrap().clone();
    // One of the two schools observes and has no disclaimer, and that is said.
    let disclaimer = of(&lines, "DI-1");
    assert!(disclaimer["lessened"].to_string().contains("Bryn Glas"), "{disclaimer}");
    let whole = lines.last().unwrap();
    assert_eq!((&whole["coverage"], &whole["routes_proved"]), (&json!("partial"), &json!([])));
    assert!(whole["routes_not_seen"].as_array().unwrap().len() > 3);

    // Without a rule its clause is done by less, and without all of them not at all.
    let policy = fs::read_to_string(format!("{ROOT}/rulesets/policy/60-records.toml")).unwrap();
    home.write(&Setup { shipped: false, rules: policy, ..setup() });
    let lines = home.list(&["policy", "coverage"]);
    let chains = of(&lines, "CL-1");
    assert_eq!((&chains["status"], &chains["built"]), (&json!("not-yet"), &json!("part")));
    assert!(chains["rules_not_loaded"].as_array().unwrap().contains(&json!("chain.nudge")));
    assert_eq!(of(&lines, "RE-1")["rules_not_loaded"], json!([]));

    let said = home.run(&["policy", "coverage", "--only", "re"]);
    assert_eq!(said.code(), 0, "{}", said.err);
    assert!(said.out.contains("Coverage is PARTIAL") && said.out.contains("RE-1"), "{}", said.out);
    assert!(!said.out.contains("PD-1"));
}

/// A school's custodians may stand in the store alone.
#[test]
fn coverage_knows_the_custodians_that_only_the_store_names() {
    let home = Home::new(&Setup {
        doors: RELAY.into(),
        hops: hop("own", "*", "127.0.0.1:9".parse().unwrap()),
        school: "record-parent-mail = true\n".into(),
        ..Setup::default()
    });
    let file = home.path("gatehouse.toml");
    let text = fs::read_to_string(&file).unwrap();
    let without: Vec<&str> = text.lines().filter(|l| !l.starts_with("records = ")).collect();
    fs::write(&file, without.join("\n")).unwrap();
    let records = || {
        let lines = home.list(&["policy", "coverage", "--only", "RE-1"]);
        lines.into_iter().find(|l| l["id"] == "RE-1").unwrap()["lessened"].to_string()
    };
    assert!(records().contains("nobody could open"), "{}", records());
    let public = fs::read_to_string(home.path("custodian.key.public")).unwrap();
    let join = [
        "keys",
        "custodian",
        "join",
        "--school",
        "oakfield",
        "--name",
        "The head",
        "--key",
        public.trim(),
        "--reason",
        "appointed",
    ];
    let said = home.run(&join);
    assert_eq!(said.code(), 0, "{}", said.err);
    assert!(!records().contains("nobody could open"), "{}", records());
}
