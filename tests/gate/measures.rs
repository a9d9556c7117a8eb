//! Exceptions and suspensions (OF-10, QU-8) through the relay and the command line: asked
//! for by one person, approved by another, over by themselves, and never against a child.

use crate::{
    dangers::HEALTH,
    gate::{Door, Gate, LEAD, OUTSIDE, PUPIL, Setup, TEACHER, mail},
};
use gatehouse::{
    parties::PersonId,
    storage::{Actor, Approval, MeasureError, MeasureId},
};
use std::fs;

const FRIEND: &str = "24jrowe@pupils.oakfield.example";

/// Another officer's yes, which the machine's one operator cannot give.
fn approve(gate: &Gate, id: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = gate.home.store().await;
        let head = Actor::Person(PersonId("oak-s01".into()));
        let id: MeasureId = id.parse().unwrap();
        store.measure_decide(&id, Approval::Yes, &head, "seen and agreed").await.unwrap();
        let again = store.measure_decide(&id, Approval::No, &head, "changed my mind").await;
        assert!(matches!(again, Err(MeasureError::Decided(_))));
        store.close().await;
    });
    reload(gate);
}

fn reload(gate: &Gate) {
    let before = gate.serving.log().iter().filter(|l| l.contains("gate.reloaded")).count();
    gate.serving.signal("HUP");
    gate.serving.wait_log_times("gate.reloaded", before + 1);
}

fn ask(gate: &Gate, args: &[&str]) -> String {
    let common = ["--school", "oakfield", "--reason", "agreed with the year head"];
    let said = gate.home.run(&[args, &common].concat());
    assert_eq!(said.code(), 0, "{}", said.err);
    said.out.trim().to_owned()
}

#[test]
fn a_suspended_pupil_writes_to_nobody_but_those_who_help() {
    let gate = Gate::new(Door::Relay, Setup::default());
    let send = |from: &str, to: &str, text: &str| gate.send(from, &[to], &mail(from, to, "hello", text));
    let until = ["--until", "2099-12-18"];
    let far = gate.home.run(
        &[&["suspend", "ask", "--school", "oakfield", "--person", PUPIL, "--reason", "long"], &until[..]]
            .concat(),
    );
    assert_eq!(far.code(), 2, "half a year at most: {}", far.err);
    let until = (chrono::Utc::now() + chrono::TimeDelta::days(7)).format("%Y-%m-%d").to_string();
    let id = ask(&gate, &["suspend", "ask", "--person", PUPIL, "--until", &until]);
    reload(&gate);
    assert!(send(PUPIL, FRIEND, "see you at chess").starts_with("250"), "asked for is not in force");
    let own = gate.home.run(&["suspend", "approve", &id, "--reason", "I said so"]);
    assert!(own.code() == 2 && own.err.contains("another officer"), "{}", own.err);
    approve(&gate, &id);

    let refused = send(PUPIL, FRIEND, "see you at chess");
    assert!(refused.starts_with("550") && refused.contains("school office"), "{refused}");
    for helper in [LEAD, "talk@helpline.example", "duty@social-care.council.example"] {
        assert!(send(PUPIL, helper, "may I ask you something").starts_with("250"), "{helper}");
    }
    // practice.md, A1: whatever else holds.
    assert!(send(PUPIL, FRIEND, "I want to die").starts_with("250"));
    assert!(send(FRIEND, PUPIL, "where are you").starts_with("250"), "others write to the pupil as before");
    // What merely bears the name is not told of anything: a reviewer looks.
    let forged = mail(PUPIL, FRIEND, "hello", "see you at chess");
    assert!(gate.send_unproved(PUPIL, &[FRIEND], &forged).starts_with("250"));
    let waits = gate.home.only("quarantine", "open");
    assert_eq!(waits["recipients"], 1);

    let ended = gate.home.run(&["suspend", "end", &id, "--reason", "talked with the family"]);
    assert_eq!(ended.code(), 0, "{}", ended.err);
    reload(&gate);
    assert!(send(PUPIL, FRIEND, "back again").starts_with("250"));
    let shown = gate.home.list(&["suspend", "show", &id]);
    assert_eq!(
        (&shown[0]["state"], &shown[0]["reason"]),
        (&"ended".into(), &"agreed with the year head".into())
    );
    assert_ne!(shown[0]["asked"]["by"], shown[0]["decided"]["by"], "two people");
}

#[test]
fn an_exception_is_for_its_proved_person_its_rules_and_its_time() {
    let gate = Gate::new(Door::Relay, Setup::default());
    let sent = mail(TEACHER, OUTSIDE, "About noon", HEALTH);
    let day = |days| (chrono::Utc::now() + chrono::TimeDelta::days(days)).format("%Y-%m-%d").to_string();
    let (two, three) = (day(2), day(3));
    let rule = ["--rule", "personal-data.health", "--rule", "personal-data.safeguarding"];
    let never = ["exception", "ask", "--person", TEACHER, "--until", &three, "--rule", "harm.self-harm"];
    let never = gate.home.run(&[&never[..], &["--school", "oakfield", "--reason", "research"]].concat());
    assert!(never.code() == 2 && never.err.contains("guards against harm"), "{}", never.err);
    let later =
        [&["exception", "ask", "--person", TEACHER, "--from", &two, "--until", &three][..], &rule].concat();
    let id = ask(&gate, &later);
    approve(&gate, &id);
    assert!(gate.send(TEACHER, &[OUTSIDE], &sent).starts_with("250"));
    assert_eq!(gate.home.list(&["hold", "list"]).len(), 1, "it has not begun");

    let id = ask(&gate, &[&["exception", "ask", "--person", TEACHER, "--until", &three][..], &rule].concat());
    approve(&gate, &id);
    let again = mail(TEACHER, OUTSIDE, "About one", HEALTH);
    assert!(gate.send(TEACHER, &[OUTSIDE], &again).starts_with("250"));
    assert_eq!(gate.home.list(&["hold", "list"]).len(), 1, "nothing more is held");
    assert!(
        gate.send_unproved(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "Two", HEALTH)).starts_with("250")
    );
    assert_eq!(gate.home.list(&["quarantine", "list"]).len(), 1, "an unproved name gets no exception");
    let other = "d.price@oakfield.example";
    assert!(gate.send(other, &[OUTSIDE], &mail(other, OUTSIDE, "Three", HEALTH)).starts_with("250"));
    assert_eq!(gate.home.list(&["hold", "list"]).len(), 2, "a colleague has none");

    let file = gate.home.path("message.eml");
    fs::write(&file, &again).unwrap();
    let explained = gate.home.run(&["rules", "explain", file.to_str().unwrap(), "--signed-in"]);
    let why = format!("exception {id} holds for the sender until");
    assert!(explained.out.contains(&why), "{}", explained.out);
}
