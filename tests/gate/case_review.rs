//! Incidents and breach records whose time is over, by the command line: listed to those whose they
//! are, kept longer on one person's word, gone on the word of two.

use crate::{
    debian::program,
    gate::{Door, Gate, LEAD, OUTSIDE, Said, Setup, TEACHER, mail},
    users::{DEPUTY, User, by, first_head, ids, officer},
};

fn done(said: &Said) -> String {
    assert_eq!(said.code(), 0, "{}", said.err);
    said.out.trim().to_owned()
}

fn due(gate: &Gate, who: &User, what: &str) -> Vec<String> {
    ids(&by(gate, who, &["--format", "jsonl", what, "review"]))
}

/// Everything that has ended did so ten years earlier.
fn ten_years_pass(gate: &Gate) {
    let earlier = 10_i64 * 366 * 24 * 60 * 60 * 1_000_000;
    let sql = format!(
        "UPDATE incident SET ended_at = ended_at - {earlier};
         UPDATE incident_entry SET at = at - {earlier};
         UPDATE breach SET closed_at = closed_at - {earlier};"
    );
    let mut sqlite = program("sqlite3");
    let out =
        sqlite.args(["-cmd", ".timeout 10000"]).arg(gate.home.path("data/gatehouse.db")).arg(sql).output();
    let out = out.unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

fn closed_incident(gate: &Gate, lead: &User, title: &str) -> String {
    let open = ["incident", "open", "--school", "oakfield", "--title", title, "--reason", "told"];
    let id = done(&by(gate, lead, &open));
    done(&by(gate, lead, &["incident", "parents", &id, "--not-told", "not yet"]));
    done(&by(gate, lead, &["incident", "close", &id, "--outcome", "settled"]));
    let out = gate.home.path(&format!("{id}.csv"));
    let export = ["incident", "export", &id, "--out", out.to_str().unwrap(), "--purpose", "safeguarding"];
    done(&by(gate, lead, &[&export[..], &["--because", "our child-protection file"]].concat()));
    id
}

#[test]
fn incidents_go_on_the_word_of_two_and_stay_on_the_word_of_one() {
    let gate = Gate::new(Door::Relay, Setup::default());
    let head = first_head(&gate);
    let lead = officer(&gate, &head, LEAD, "lead");
    let teacher = officer(&gate, &head, TEACHER, "staff");
    let (one, two) = (closed_incident(&gate, &lead, "words"), closed_incident(&gate, &lead, "a ball"));
    assert!(due(&gate, &lead, "incident").is_empty());
    let purge = |who: &User, id: &str| {
        by(&gate, who, &["incident", "review", "--purge", id, "--reason", "in our file"])
    };
    let none = by(&gate, &lead, &["incident", "review"]);
    assert!(done(&none).contains("Nothing is due"), "{}", none.out);

    ten_years_pass(&gate);
    let mut both = due(&gate, &lead, "incident");
    both.sort();
    let mut expected = vec![one.clone(), two.clone()];
    expected.sort();
    assert_eq!((both, due(&gate, &teacher, "incident")), (expected, vec![]));

    let keep = ["incident", "review", "--keep", &two, "--reason", "a brother is here"];
    let until_when = by(&gate, &lead, &keep);
    assert!(until_when.code() == 2 && until_when.err.contains("--until"), "{}", until_when.err);
    done(&by(&gate, &lead, &[&keep[..], &["--until", "2099-07-31"]].concat()));
    assert_eq!(due(&gate, &lead, "incident"), [one.as_str()]);

    assert!(matches!(purge(&teacher, &one).code(), 2 | 3));
    let first = purge(&lead, &one);
    assert!(first.err.contains("noted"), "{}", first.err);
    assert_eq!(due(&gate, &lead, "incident"), [one.as_str()], "one word takes nothing");
    assert!(purge(&lead, &one).err.contains("noted"), "one person is not two");
    let second = purge(&head, &one);
    assert!(second.code() == 0 && second.err.contains("1 of 1 purged"), "{}", second.err);
    assert!(due(&gate, &lead, "incident").is_empty());
    assert_eq!(by(&gate, &lead, &["incident", "show", &one, "--purpose", "safeguarding"]).code(), 2);
    let proof = ["--format", "jsonl", "ledger", "list", "--event", "retention.purged"];
    let proof = by(&gate, &head, &proof);
    assert!(proof.out.contains("incidents"), "{} {}", proof.out, proof.err);
    assert_eq!(by(&gate, &head, &["ledger", "verify"]).code(), 0);
}

#[test]
fn breach_records_are_reviewed_by_head_and_data_protection_officer() {
    let gate = Gate::new(Door::Relay, Setup::default());
    assert!(gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "List", "Hello.")).starts_with("250"));
    gate.sink.wait_for(1);
    let head = first_head(&gate);
    let lead = officer(&gate, &head, LEAD, "lead");
    let deputy = officer(&gate, &head, DEPUTY, "data-protection");
    let ledger = gate.home.run(&["ledger", "export"]).out;
    let message = ledger
        .lines()
        .filter_map(|row| serde_json::from_str::<serde_json::Value>(row).ok())
        .find_map(|row| row["transaction"].as_str().map(str::to_owned))
        .expect("a message");
    let id = done(&by(&gate, &head, &["breach", "open", &message, "--what", "a list went out"]));
    for who in ["regulator", "people"] {
        done(&by(&gate, &head, &["breach", "decide", &id, who, "not-required", "--because", "no risk"]));
    }
    done(&by(&gate, &head, &["breach", "close", &id, "--because", "we ask twice now"]));
    assert!(due(&gate, &head, "breach").is_empty());
    let purge = |who: &User| by(&gate, who, &["breach", "review", "--purge", &id, "--reason", "six years"]);
    let early = [purge(&head), purge(&deputy)];
    assert!(early[1].code() == 2 && early[1].err.contains("not due"), "{}", early[1].err);

    ten_years_pass(&gate);
    assert_eq!((due(&gate, &head, "breach"), due(&gate, &lead, "breach")), (vec![id.clone()], vec![]));
    assert!(matches!(purge(&lead).code(), 2 | 3));
    purge(&deputy);
    purge(&head);
    assert!(due(&gate, &head, "breach").is_empty());
    assert_eq!(by(&gate, &head, &["breach", "show", &id]).code(), 2);
    assert_eq!(by(&gate, &head, &["ledger", "verify"]).code(), 0);
}
