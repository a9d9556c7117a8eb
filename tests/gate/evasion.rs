//! Ways to hide a number or a word, each in a message of its own (tests/evasion, most of them written by somebody who did not know the
//! code).
//! What `scan` makes of each is held against expected.txt: what is found stays found, and nothing becomes silent.
//!
//! When a case gets better, the test says which rows are new: read them, then put them into expected.txt.

use crate::gate::{Home, OUTSIDE, RELAY, Setup, TEACHER, hop};
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
fn outcome(line: &Value, file: &str, rule: &str) -> &'static str {
    let kin: &[&str] =
        if file.starts_with('W') { &["harm.", "contact.", "chain-letter."] } else { &["personal-data."] };
    let findings = line["findings"].as_array().unwrap();
    let has = |test: &dyn Fn(&Value) -> bool| findings.iter().any(test);
    let is = |finding: &Value, key: &str, value: &str| finding[key].as_str().unwrap().starts_with(value);
    if has(&|f| is(f, "rule", rule)) {
        "found"
    } else if has(&|f| is(f, "category", "file.")) {
        "reported"
    } else if has(&|f| kin.iter().any(|kin| is(f, "category", kin))) {
        "other"
    } else {
        "silent"
    }
}

#[test]
fn ways_to_hide_a_number_or_a_word_stay_seen() {
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
            name.ends_with(".eml").then(|| (name.to_owned(), outcome(line, name, &rules[name])))
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

/// A link that shows the school's address and leads elsewhere is told, to whoever looks; nothing waits for one, and a
/// newsletter that counts its readers, or a teacher who passes it on, moves nothing.
#[test]
fn a_link_that_shows_another_address_is_told_and_holds_nothing() {
    let nowhere = hop("own", "*", ([127, 0, 0, 1], 9).into());
    let home = Home::new(&Setup { doors: RELAY.into(), hops: nowhere, ..Setup::default() });
    let portal = "<a href='https://evil.example/sign-in'>https://portal.oakfield.example/</a>";
    let newsletter = "<a href='https://click.tracker.example/x7'>www.publisher.example</a>";
    for (from, to, link, expected) in [
        (OUTSIDE, TEACHER, portal, Some(0.8)),
        (OUTSIDE, TEACHER, newsletter, Some(0.24)),
        (TEACHER, OUTSIDE, portal, Some(0.24)),
        (OUTSIDE, TEACHER, "<a href='https://portal.oakfield.example/'>oakfield.example</a>", None),
    ] {
        let path = home.path("link.eml");
        let html = format!(
            "From: {from}\nTo: {to}\nSubject: Sign in\nContent-Type: text/html\n\n<p>Hello, {link}</p>\n"
        );
        fs::write(&path, html).unwrap();
        let said = home.run(&["--format", "jsonl", "scan", path.to_str().unwrap()]);
        assert_eq!(said.code(), 0, "{}", said.err);
        let line = &said.lines()[0];
        let found = line["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "contact.link-differs");
        let confidence = found.map(|f| (f["confidence"].as_f64().unwrap() * 100.0).round() / 100.0);
        assert_eq!(confidence, expected, "{from} {link}");
        assert_eq!(line["disposition"], "deliver");
    }
}
