//! Rules tried in the browser before they are in force: those on the machine, and a file that is brought;
//! counts alone, and what is wrong with them by file and line.

use super::{DEPUTY, Page, Person, School, gate_with, kept};
use crate::gate::{OUTSIDE, Setup, TEACHER, mail};
use gatehouse::storage::ItemKind;
use reqwest::StatusCode;
use std::fs;

const ADMIN: &str = "l.ferrante@oakfield.example";

const FOUND: &str = "
[[detect]]
id = \"trial.medication\"
category = \"personal-data.health\"
area = \"content\"
severity = \"high\"
confidence = 0.9
clauses = [\"PD-1\"]
reason = \"It speaks of medication.\"
words = [\"medication\"]
examples = { hit = [\"her medication at noon\"], miss = [\"a meditation at noon\"] }
";

fn rules(follows: &str) -> String {
    format!(
        "{FOUND}
[[policy]]
id = \"trial.{follows}-health\"
clauses = [\"PD-1\"]
reason = \"Health details.\"
when = {{ direction = [\"outbound\"], findings = {{ category = [\"personal-data.health\"] }} }}
then = {{ disposition = \"{follows}\" }}
"
    )
}

/// Asks, and waits for the answer.
fn asked(person: &mut Person, file: (&str, &[u8]), days: &str) -> Page {
    let word = person.browser.get("/account").form_word();
    let begun = person.browser.upload("/gate/what-if", &[("form_word", &word), ("days", days)], file);
    if begun.status != StatusCode::SEE_OTHER {
        return begun;
    }
    // Each look waits for a while by itself.
    for _ in 0..60 {
        let page = person.browser.get("/gate/what-if");
        if !page.text.contains("Reading the mail again") {
            return page;
        }
    }
    panic!("no answer");
}

#[test]
fn rules_are_tried_on_the_last_days_mail_before_they_are_in_force() {
    let gate = gate_with(Setup { shipped: false, rules: rules("quarantine"), ..Setup::default() });
    let school = School::of(&gate);
    let mut admin = school.officer(&gate, ADMIN, "admin");
    for (subject, text) in [("Zanzibar", "Her medication at noon."), ("Lunch", "At one?")] {
        assert!(gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, subject, text)).starts_with("250"));
    }
    let same = asked(&mut admin, ("file", b""), "14").text;
    assert!(same.contains("are those in force") && same.contains("change nothing"), "{same}");
    assert!(asked(&mut admin, ("file", b""), "900").text.contains("Give 1 to 90 days"));

    // What somebody has edited on the machine, before a reload.
    fs::write(gate.home.path("rules/test.toml"), FOUND).unwrap();
    let milder = asked(&mut admin, ("file", b""), "14").text;
    assert!(milder.contains("differ from those in force"), "{milder}");
    for word in ["waits for a reviewer", "delivered", "trial.quarantine-health"] {
        assert!(milder.contains(word), "{word}: {milder}");
    }
    for word in ["Zanzibar", "medication", "harbour.example", TEACHER] {
        assert!(!milder.contains(word), "{word}: {milder}");
    }
    // A file that somebody brings, with those.
    let policy = rules("hold").replace(FOUND, "");
    let brought = asked(&mut admin, ("file", policy.as_bytes()), "14").text;
    assert!(brought.contains("waits for its sender") && brought.contains("trial.hold-health"), "{brought}");
    let wrong = asked(&mut admin, ("file", b"[[policy]]\nid = \"x\"\nwhem = 1\n"), "14").text;
    assert!(wrong.contains("could not be taken into force") && wrong.contains("whem"), "{wrong}");

    assert_eq!(kept(&gate, ItemKind::Quarantine), 1, "nothing is decided by it");
    assert_eq!(gate.home.list(&["ledger", "list", "--event", "replay.run"]).len(), 3, "and it is no secret");
    // Whose question it was sees its answer, and nobody else.
    let mut deputy = school.officer(&gate, DEPUTY, "deputy");
    let other = deputy.browser.get("/gate/what-if");
    assert!(other.status == StatusCode::OK && !other.text.contains("trial."), "{}", other.text);
    let mut teacher = school.officer(&gate, TEACHER, "staff");
    assert_eq!(teacher.browser.get("/gate/what-if").status, StatusCode::FORBIDDEN);
}
