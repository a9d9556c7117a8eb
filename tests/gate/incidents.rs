//! Incidents (QU-3) and the report address (OF-7) through the relay and the command line:
//! proposed by a rule or a report, opened by a person, closed only when it is said whether
//! the parents were told; and nobody's history when there was nothing in it.

use crate::gate::{Door, Gate, LEAD, PUPIL, Setup, TEACHER, mail};
use gatehouse::message::{Body, ReadLimits, read};
use serde_json::Value;
use std::fs;

pub(crate) const REPORT: &str = "report@oakfield.example";
pub(crate) const FRIEND: &str = "24jrowe@pupils.oakfield.example";

pub(crate) fn gate() -> Gate {
    // The officers' table stands last in the school, so that one more key can follow it.
    let setup = Setup { mode: "enforce", ..Setup::default() };
    let gate = Gate::new(Door::Relay, setup);
    let file = gate.home.path("gatehouse.toml");
    let text = fs::read_to_string(&file).unwrap();
    let officers = format!("[school.officers]\nreport = [\"{REPORT}\"]\n");
    fs::write(&file, text.replacen("[school.officers]\n", &officers, 1)).unwrap();
    gate.serving.signal("HUP");
    gate.serving.wait_log("gate.reloaded");
    gate
}

fn ok(gate: &Gate, args: &[&str]) -> String {
    let said = gate.home.run(args);
    assert_eq!(said.code(), 0, "{args:?}: {}", said.err);
    said.out.trim().to_owned()
}

fn proposals(gate: &Gate) -> Vec<Value> {
    gate.home.list(&["incident", "list"])
}

pub(crate) fn text_of(data: &[u8]) -> String {
    let message = read(data, ReadLimits::default());
    match &message.parts[0].body {
        Body::Text(text) => text.clone().into_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_passed_on_to_the_report_address_is_proposed_with_its_author_and_its_bytes() {
    let gate = gate();
    let forwarded = format!(
        "I got this.\r\n\r\n-----Original Message-----\r\nFrom: Jonah Rowe <{FRIEND}>\r\nSent: Monday\r\n\
         To: {PUPIL}\r\nSubject: you\r\n\r\nnobody likes you, you stupid loser (example)"
    );
    let sent = mail(PUPIL, REPORT, "FW: you", &forwarded);
    assert!(gate.send(PUPIL, &[REPORT], &sent).starts_with("250"));
    let delivered = gate.sink.wait_for(2);
    assert!(delivered.iter().any(|d| d.is_for(REPORT)), "it goes its way");
    let receipt = delivered.iter().find(|d| d.is_for(PUPIL)).expect("a receipt");
    let said = text_of(&receipt.data);
    let all = proposals(&gate);
    let reported: Vec<&Value> = all.iter().filter(|p| p["origin"] == "report").collect();
    assert_eq!((reported.len(), &reported[0]["state"]), (1, &"proposed".into()), "{all:?}");
    let id = reported[0]["id"].as_str().unwrap();
    assert!(said.contains(id) && said.contains("Childline 0800 1111") && said.contains("pictures"), "{said}");
    assert!(!said.contains("loser") && !said.contains("Jonah"), "no content: {said}");

    let shown = &gate.home.list(&["incident", "show", id, "--purpose", "safeguarding"])[0];
    let part = |part: &str| {
        let people = shown["people"].as_array().unwrap();
        people.iter().find(|p| p["part"] == part).and_then(|p| p["person"].as_str()).map(str::to_owned)
    };
    let directory = gate.home.run(&["incident", "history", FRIEND]);
    assert_eq!(directory.code(), 0);
    assert_eq!(part("reporter").as_deref(), Some("oak-p01"));
    assert!(part("author").is_some() && part("accused").is_none(), "an account, not a guilt: {shown}");
    assert_eq!(shown["links"][0]["sender"], "the account signed in");
    let raw = ok(&gate, &["incident", "original", id, "--purpose", "safeguarding"]);
    assert_eq!(raw.replace("\r\n", "\n").trim_end(), sent.replace("\r\n", "\n").trim_end(), "the very bytes");

    // A call for help is mail to the lead, not a report: nothing of it is kept.
    let before = proposals(&gate).iter().filter(|p| p["origin"] == "report").count();
    let help = mail(PUPIL, REPORT, "please", "I do not know what to do, can we talk");
    assert!(gate.send(PUPIL, &[REPORT], &help).starts_with("250"));
    assert_eq!(proposals(&gate).iter().filter(|p| p["origin"] == "report").count(), before);
}

#[test]
fn a_rule_proposes_once_and_a_person_opens_closes_and_dismisses() {
    let gate = gate();
    for text in ["im gonna stab you after school", "im gonna stab you tomorrow"] {
        assert!(gate.send(FRIEND, &[PUPIL], &mail(FRIEND, PUPIL, "hi", text)).starts_with("250"));
    }
    let all = proposals(&gate);
    let threats: Vec<&Value> = all.iter().filter(|p| p["origin"] == "rule").collect();
    assert_eq!(
        (threats.len(), &threats[0]["messages"]),
        (1, &2.into()),
        "the second joins the first: {all:?}"
    );
    let id = threats[0]["id"].as_str().unwrap().to_owned();
    let id = id.as_str();
    let history = |person: &str| gate.home.list(&["incident", "history", person]).len();
    assert_eq!(history(FRIEND), 0, "a proposal is no incident");

    let early = gate.home.run(&["incident", "note", id, "--text", "spoke with both"]);
    assert!(early.code() == 2 && early.err.contains("open it first"), "{}", early.err);
    ok(&gate, &["incident", "accept", id, "--reason", "to be followed up"]);
    assert_eq!((history(FRIEND), history(PUPIL)), (1, 1));
    ok(&gate, &["incident", "note", id, "--text", "spoke with both", "--action"]);
    ok(&gate, &["incident", "refer", id, "--to", "social-care", "--reference", "SC-12"]);
    let early = gate.home.run(&["incident", "close", id, "--outcome", "resolved"]);
    assert!(early.code() == 2 && early.err.contains("whether the parents were told"), "{}", early.err);
    ok(&gate, &["incident", "parents", id, "--not-told", "social care asked us to wait"]);
    ok(&gate, &["incident", "close", id, "--outcome", "resolved"]);
    let again = gate.home.run(&["incident", "note", id, "--text", "late"]);
    assert!(again.code() == 2 && again.err.contains("reopen"), "{}", again.err);
    let out = gate.home.path("timeline.csv");
    ok(
        &gate,
        &[
            "incident",
            "export",
            id,
            "--out",
            out.to_str().unwrap(),
            "--purpose",
            "safeguarding",
            "--because",
            "our child-protection file",
        ],
    );
    let csv = fs::read_to_string(&out).unwrap();
    for word in ["parents-not-told", "social care asked us to wait", "SC-12", "spoke with both"] {
        assert!(csv.contains(word), "{word} in {csv}");
    }

    let opened = ok(
        &gate,
        &[
            "incident",
            "open",
            "--school",
            "oakfield",
            "--title",
            "a rumour",
            "--reason",
            "told by a parent",
            "--accused",
            TEACHER,
            "--affected",
            PUPIL,
            "--kind",
            "low-level",
        ],
    );
    assert_eq!(history(TEACHER), 1);
    ok(&gate, &["incident", "dismiss", &opened, "--because", "malicious", "--text", "made up"]);
    assert_eq!(history(TEACHER), 0, "dismissed ones are no history (practice.md, A8)");
    let ledger = ok(&gate, &["--format", "jsonl", "ledger", "export"]);
    for word in ["incident.proposed", "incident.changed", "incident.viewed"] {
        assert!(word == "incident.viewed" || ledger.contains(word), "{word}");
    }
    for word in ["rumour", "stab", "made up", LEAD, TEACHER] {
        assert!(!ledger.contains(word), "{word} in the ledger");
    }
}
