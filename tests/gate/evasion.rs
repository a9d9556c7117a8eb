//! Ways to hide a number, each in a message of its own (tests/evasion, written by somebody who did not know the code).
//! What `scan` makes of each is held against expected.txt: what is found stays found, and nothing becomes silent.
//!
//! When a case gets better, the test says which rows are new: read them, then put them into expected.txt.

use crate::gate::{Home, RELAY, Setup, hop};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write, fs};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/evasion");
const EXPECTED: &str = include_str!("../evasion/expected.txt");

/// The rule that finds what a case hides.
fn rules() -> BTreeMap<String, String> {
    let cases: toml::Value = toml::from_str(include_str!("../evasion/cases.toml")).unwrap();
    let row = |case: &toml::Value| {
        let text = |key: &str| case.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        (text("file").unwrap(), text("rule").unwrap_or_else(|| "pd.upn".to_owned()))
    };
    cases["case"].as_array().unwrap().iter().map(row).collect()
}

/// Words for what a reader of the message can be told; `rule` finds what it hides.
fn outcome(line: &Value, rule: &str) -> &'static str {
    let findings = line["findings"].as_array().unwrap();
    let has = |test: &dyn Fn(&Value) -> bool| findings.iter().any(test);
    let is = |finding: &Value, key: &str, value: &str| finding[key].as_str().unwrap().starts_with(value);
    if has(&|f| is(f, "rule", rule)) {
        "found"
    } else if has(&|f| is(f, "category", "file.")) {
        "reported"
    } else if has(&|f| is(f, "category", "personal-data.")) {
        "other"
    } else {
        "silent"
    }
}

#[test]
fn ways_to_hide_a_number_stay_seen() {
    let nowhere = hop("own", "*", ([127, 0, 0, 1], 9).into());
    let home = Home::new(&Setup { doors: RELAY.into(), hops: nowhere, ..Setup::default() });
    let said = home.run(&["--format", "jsonl", "scan", FOLDER]);
    assert_eq!(said.code(), 0, "{}", said.err);
    let rules = rules();
    let seen: BTreeMap<String, &str> = said
        .lines()
        .iter()
        .filter_map(|line| {
            let name = line["path"].as_str()?.rsplit('/').next()?;
            name.ends_with(".eml").then(|| (name.to_owned(), outcome(line, &rules[name])))
        })
        .collect();
    let files = fs::read_dir(FOLDER).unwrap().filter_map(Result::ok).map(|f| f.file_name());
    assert_eq!(seen.len(), files.filter(|name| name.to_string_lossy().ends_with(".eml")).count());
    let rows: String = seen.iter().fold(String::new(), |mut all, (file, outcome)| {
        let _ = writeln!(all, "{outcome:<9}{file}");
        all
    });
    let lost = |from: &str, to: &str| -> String {
        from.lines().filter(|row| !to.lines().any(|other| other == *row)).collect::<Vec<_>>().join("\n")
    };
    assert!(rows == EXPECTED, "new:\n{}\n\ngone:\n{}\n", lost(&rows, EXPECTED), lost(EXPECTED, &rows));
}
