//! The queue of whoever reviews: what waits is there for those whose it is, and for nobody else, neither
//! shown nor counted.

use super::{DEPUTY, Person, School, gate, register};
use crate::{
    dangers::{GROOMING, HEALTH},
    gate::{Gate, LEAD, OUTSIDE, PUPIL, TEACHER, mail},
};
use reqwest::StatusCode;

pub(super) const STRANGER: &str = "stranger@chat.example";
/// Stands in the subject of each message, and on no page before somebody has looked.
pub(super) const SUBJECT: &str = "Zanzibar";

/// Puts a message into quarantine that only these got.
pub(super) fn quarantined(gate: &Gate, to: &[&str]) {
    let raw = mail(STRANGER, &to.join(", "), SUBJECT, GROOMING);
    assert!(gate.send_unproved(STRANGER, to, &raw).starts_with("250"));
}

/// In the order in which they came.
pub(super) fn ids(gate: &Gate) -> Vec<String> {
    let newest_first = gate.home.list(&["quarantine", "list"]);
    newest_first.iter().rev().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// The head of the other school.
pub(super) fn colleague_elsewhere(gate: &Gate) -> Person {
    let person = register(gate, &[], "s.rhys-morgan@brynglas.example");
    let words =
        ["users", "grant", &person.id, "--office", "head", "--school", "brynglas", "--reason", "test"];
    assert_eq!(gate.home.run(&words).code(), 0);
    person
}

#[test]
fn what_waits_is_there_for_its_reviewers_and_for_nobody_else() {
    let gate = gate();
    quarantined(&gate, &[PUPIL]);
    quarantined(&gate, &[PUPIL, DEPUTY]);
    assert!(gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "a child", HEALTH)).starts_with("250"));
    let all = ids(&gate);
    let [one, two] = &all[..] else { panic!("{all:?}") };

    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let mut deputy = school.officer(&gate, DEPUTY, "deputy").browser;
    let mut teacher = school.officer(&gate, TEACHER, "staff").browser;
    let mut elsewhere = colleague_elsewhere(&gate).browser;

    let page = lead.get("/queue");
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let (first, second) = (page.text.find(one.as_str()).unwrap(), page.text.find(two.as_str()).unwrap());
    assert!(first < second, "of one gravity the oldest first");
    assert!(page.text.contains("1 message waits for its own sender"), "{}", page.text);
    assert!(!page.text.contains(SUBJECT) && !page.text.contains(STRANGER));
    assert!(page.text.len() < 50_000, "{}", page.text.len());

    // Who got it is told nothing of it, not even that there is one more.
    let page = deputy.get("/queue");
    assert!(page.text.contains(one.as_str()) && !page.text.contains(two.as_str()));
    let page = elsewhere.get("/queue");
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        all.iter().all(|id| !page.text.contains(id.as_str())) && page.text.contains("Nothing waits for you")
    );
    assert!(page.text.contains("No message waits for its own sender"), "{}", page.text);
    assert_eq!(teacher.get("/queue").status, StatusCode::FORBIDDEN);

    // Filters; an unknown one asks nothing.
    for (query, there) in [
        ("class=contact", true),
        ("class=contact.grooming", true),
        ("class=harm", false),
        ("age=over-week", false),
        ("age=last-day", true),
        ("matter=allegation", false),
        ("matter=concern", true),
        ("school=oakfield", true),
        ("school=brynglas", false),
        ("class=nonsense", true),
    ] {
        let page = lead.get(&format!("/queue?{query}"));
        assert_eq!(page.text.contains(one.as_str()), there, "{query}");
    }
    let severity = gate.home.list(&["quarantine", "list"])[0]["severity"].as_str().unwrap().to_owned();
    let after = lead.get(&format!("/queue?after={severity}.{one}")).text;
    assert!(after.contains(two.as_str()) && !after.contains(&format!("/queue/{one}\"")));

    // By child, with a purpose that the ledger keeps.
    let asked = [("person", "Amelia Martin"), ("words", ""), ("purpose", "safeguarding")];
    let found = lead.post("/queue/search", &asked);
    assert!(found.status == StatusCode::OK && found.text.contains(one.as_str()), "{}", found.text);
    let found = deputy.post("/queue/search", &asked);
    assert!(found.text.contains(one.as_str()) && !found.text.contains(two.as_str()));
    let nothing = lead.post("/queue/search", &[("person", "Amelia Martin"), ("purpose", "curiosity")]);
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    let ledger = gate.home.list(&["ledger", "list"]);
    let searched = ledger.iter().filter(|row| row["event"] == "quarantine.searched").count();
    assert_eq!(searched, 2, "each search that was made, and no other");
}
