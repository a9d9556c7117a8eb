//! Nothing tells a party that there is something (practice.md, A4): neither the page of a search, nor
//! a row of the ledger, nor a count, nor the words in which something is not there.

use crate::{
    dangers::{GROOMING, HEALTH},
    gate::{Door, Gate, HEAD, LEAD, OUTSIDE, PARENT, PUPIL, ROOT, Setup, TEACHER, mail},
    users::{DEPUTY, User, by, first_head, ids, officer},
};
use gatehouse::{parties::PersonId, storage::Actor};
use serde_json::Value;

const NOBODYS: &str = "0000000000";
const NO_MESSAGE: &str = "00000000000000000000000000000000";

fn groomed(gate: &Gate, from: &str, to: &[&str]) {
    assert!(gate.send_unproved(from, to, &mail(from, to[0], "hey", GROOMING)).starts_with("250"));
}

fn listed(gate: &Gate, user: &User) -> Vec<String> {
    ids(&by(gate, user, &["--format", "jsonl", "quarantine", "list"]))
}

fn done(gate: &Gate, user: &User, words: &[&str]) -> String {
    let said = by(gate, user, words);
    assert_eq!(said.code(), 0, "{words:?}: {}", said.err);
    said.err
}

fn rows(gate: &Gate, user: &User, of: &[&str]) -> Vec<Value> {
    by(gate, user, &[&["--format", "jsonl", "ledger", "list", "--limit", "1000"], of].concat()).lines()
}

#[test]
fn nothing_tells_a_party_that_there_is_something() {
    let gate =
        Gate::new(Door::Relay, Setup { school: "record-parent-mail = true\n".into(), ..Setup::default() });
    for (from, to) in [
        ("one@chat.example", &[PUPIL][..]),
        ("two@chat.example", &[PUPIL, DEPUTY]),
        ("three@chat.example", &[PUPIL]),
        ("four@chat.example", &[PUPIL, HEAD]),
    ] {
        groomed(&gate, from, to);
    }
    assert!(gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "list", HEALTH)).starts_with("250"));
    for to in [TEACHER, DEPUTY] {
        assert!(
            gate.send_unproved(PARENT, &[to], &mail(PARENT, to, "Thanks", "Thank you.")).starts_with("250")
        );
    }
    let head = first_head(&gate);
    let [lead, deputy] =
        [(LEAD, "lead"), (DEPUTY, "deputy")].map(|(who, office)| officer(&gate, &head, who, office));
    let (all, seen) = (listed(&gate, &lead), listed(&gate, &deputy));
    let hidden = all.iter().find(|id| !seen.contains(id)).expect("the deputy got one").clone();

    pages_name_nothing(&gate, &deputy, &seen, &hidden);
    not_there_is_not_there(&gate, &head, &lead, &deputy, &hidden);
    no_count_has_it(&gate, &head, &lead);
    records_of_a_party_are_not_due(&gate, &lead, &deputy);
    an_empty_list_says_whose_the_others_are(&gate);
    whoever_is_accused_finds_no_row(&gate, &head, &lead, &deputy, &seen);
}

/// Page by page a party finds what the list has, and the word that leads on names nothing.
fn pages_name_nothing(gate: &Gate, deputy: &User, seen: &[String], hidden: &str) {
    let page = |after: &[&str]| {
        let words =
            ["--format", "jsonl", "quarantine", "search", "--limit", "1", "--purpose", "safeguarding"];
        by(gate, deputy, &[&words[..], after].concat())
    };
    let (mut found, mut said) = (Vec::new(), page(&[]));
    loop {
        found.extend(ids(&said));
        assert!(!said.err.contains(hidden), "{}", said.err);
        let Some((_, word)) = said.err.trim().split_once("--after ") else { break };
        assert!(!word.contains(&found[found.len() - 1]) && word.len() > 40, "{word}");
        said = page(&["--after", word]);
    }
    let (mut found, mut seen) = (found, seen.to_vec());
    found.sort();
    seen.sort();
    assert_eq!(found, seen);
    let own = page(&["--after", "1790000000000000-0123456789"]);
    assert!(own.code() == 2 && own.err.contains("--after takes"), "{}", own.err);
}

/// The same words and the same row, whether a number is hidden or nobody's.
fn not_there_is_not_there(gate: &Gate, head: &User, lead: &User, deputy: &User, hidden: &str) {
    let of = rows(gate, lead, &["--about", hidden]);
    let message = of.iter().find_map(|row| row["transaction"].as_str()).expect("its message").to_owned();
    let set = ["quarantine", "legal-hold", "set", hidden, "--reason", "a claim"];
    done(gate, lead, &set);
    let holds = by(gate, lead, &["--format", "jsonl", "quarantine", "legal-hold", "list"]).lines();
    let legal = holds[0]["id"].as_str().unwrap().to_owned();
    for (words, number, nobodys) in [
        (&["quarantine", "show", "ID", "--purpose", "facts"][..], hidden, NOBODYS),
        (&["hold", "reviewed", "ID", "--reason", "x"], hidden, NOBODYS),
        (&["breach", "open", "ID", "--what", "x"], hidden, NOBODYS),
        (&["breach", "open", "ID", "--what", "x"], &message, NO_MESSAGE),
        (&["quarantine", "legal-hold", "lift", "ID", "--reason", "x"], &legal, NOBODYS),
    ] {
        let refused = || rows(gate, head, &["--event", "access.refused"]);
        let tried = |id: &str| {
            let before = refused().len();
            let words: Vec<&str> = words.iter().map(|w| if *w == "ID" { id } else { *w }).collect();
            let said = by(gate, deputy, &words);
            assert_eq!(said.code(), 2, "{words:?}: {}", said.err);
            (said.err.replace(id, "ID"), refused().split_off(before))
        };
        let ((hidden, ours), (nobodys, theirs)) = (tried(number), tried(nobodys));
        assert_eq!(hidden, nobodys, "{words:?}");
        let shapes = |rows: &[Value]| -> Vec<Value> {
            rows.iter()
                .map(|row| {
                    let mut row = row.clone();
                    for own in ["row", "at"] {
                        row[own] = Value::Null;
                    }
                    let details = row["details"].as_str().unwrap_or_default();
                    row["details"] = details.split(" mark=").next().into();
                    row
                })
                .collect()
        };
        assert_eq!(shapes(&ours), shapes(&theirs), "{words:?}");
        assert!(ours.iter().all(|row| row["subject"].is_null() && row["school"].is_null()), "{ours:?}");
    }
    let mine = by(gate, deputy, &["--format", "jsonl", "ledger", "list", "--limit", "1000"]).out;
    let jobs = by(gate, deputy, &["--format", "jsonl", "outbox", "list"]).out;
    for number in [hidden, &message, &legal] {
        assert!(!mine.contains(number), "{number} stands in a row");
        assert!(!jobs.contains(number), "{number} stands in a job");
    }
}

/// What other rules would have done is counted without what the head is a party to.
fn no_count_has_it(gate: &Gate, head: &User, lead: &User) {
    let rules = format!("{ROOT}/rulesets");
    let counted = |user: &User| -> usize {
        let said = by(gate, user, &["replay", "--since", "14", "--rules", &rules]);
        assert_eq!(said.code(), 0, "{}", said.err);
        said.err.split(' ').next().unwrap().parse().unwrap()
    };
    assert_eq!(counted(head) + 1, counted(lead));
}

fn records_of_a_party_are_not_due(gate: &Gate, lead: &User, deputy: &User) {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = gate.home.store().await;
        let day = "2020-07-20".parse().unwrap();
        store.note_leaving(&[], day, &Actor::Person(PersonId("oak-s02".into()))).await.unwrap();
        store.close().await;
    });
    let due = |user: &User| ids(&by(gate, user, &["--format", "jsonl", "records", "review"])).len();
    assert_eq!((due(lead), due(deputy)), (2, 1));
}

fn an_empty_list_says_whose_the_others_are(gate: &Gate) {
    let holds = gate.home.run(&["hold", "list"]);
    assert!(holds.out.starts_with("Nothing waits for you."), "{}", holds.out);
    assert!(holds.err.starts_with("1 waits for its own sender"), "{}", holds.err);
}

/// Who is accused in an item is in no row of its message either; whoever speaks second is told.
fn whoever_is_accused_finds_no_row(gate: &Gate, head: &User, lead: &User, deputy: &User, seen: &[String]) {
    let heads = listed(gate, head);
    let both: Vec<&String> = seen.iter().filter(|id| heads.contains(id)).collect();
    let (item, other) = (both[0], both[1]);
    let out = gate.home.path("object.age");
    done(gate, lead, &["quarantine", "seal", other, "--reason", "a picture"]);
    let police = ["quarantine", "police", other, "--out", out.to_str().unwrap(), "--reason", "CR/1"];
    assert!(!done(gate, lead, &police).contains("second of two"));
    let second = done(gate, head, &police);
    assert!(second.contains("You are the second of two people: Priya Nair said the same"), "{second}");

    let of = rows(gate, lead, &["--about", item]);
    let message = of.iter().find_map(|row| row["transaction"].as_str()).expect("its message").to_owned();
    let about = |user: &User| rows(gate, user, &["--transaction", &message]).len();
    assert!(about(deputy) > 0);
    let accused = ["quarantine", "accused", item, "--person", DEPUTY, "--confirm", "--reason", "told me"];
    done(gate, lead, &accused);
    assert!(about(head) > 0);
    assert_eq!(about(deputy), 0);
    let mine = by(gate, deputy, &["--format", "jsonl", "ledger", "list", "--limit", "1000"]).out;
    assert!(!mine.contains(&message) && !mine.contains(item.as_str()));

    // What is the head's alone is named in no row about somebody who asks for it.
    let low = ["incident", "open", "--school", "oakfield", "--kind", "low-level", "--title", "a remark"];
    let low = by(gate, lead, &[&low[..], &["--reason", "told me", "--accused", TEACHER]].concat());
    let show = by(gate, lead, &["incident", "show", low.out.trim(), "--purpose", "facts"]);
    assert_eq!(show.code(), 2, "{}", show.err);
    let export = by(gate, head, &["ledger", "export"]).out;
    let refused: Vec<&str> = export.lines().filter(|row| row.contains("access.refused")).collect();
    assert!(refused.len() > 5 && !refused.iter().any(|row| row.contains("low-level")), "{refused:?}");
}
