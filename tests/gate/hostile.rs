//! Clever senders at the relay's door: what they may try to get past the gate, to hide from
//! it, or to make it refuse what it should take. Each test is one trick.

use crate::{
    dangers::GROOMING,
    gate::{Door, GATE, Gate, LEAD, PUPIL, Setup, mail},
    sink::{Asked, Sink},
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

const STRANGER: &str = "friend@freemail.example";
const OTHER_PUPIL: &str = "24jrowe@pupils.oakfield.example";

fn gate() -> Gate {
    Gate::new(Door::Relay, Setup::default())
}

/// practice.md, A7: a pupil's name beside the true sender's and a sentence of despair buy no
/// free pass (A1 is for pupils), neither in From nor in Sender.
#[test]
fn a_false_pupils_name_does_not_carry_grooming_past_the_gate() {
    let gate = gate();
    let text = format!("I want to die. {GROOMING}");
    let as_from = mail(OTHER_PUPIL, PUPIL, "hi", &text);
    let beside =
        mail(STRANGER, PUPIL, "hi", &text).replacen("To:", &format!("Sender: {OTHER_PUPIL}\r\nTo:"), 1);
    for sent in [as_from, beside] {
        let said = gate.send_unproved(STRANGER, &[PUPIL], &sent);
        assert!(said.starts_with("250"), "{said}");
    }
    let waiting = gate.home.list(&["quarantine", "list"]);
    assert_eq!(waiting.iter().filter(|i| i["state"] == "open").count(), 2, "{waiting:?}");
    assert!(gate.sink.deliveries().iter().all(|d| !d.is_for(PUPIL)));
}

/// Words that only some mail programs show are read as those are that all show, and nothing of it passes in silence.
#[test]
fn a_message_that_can_be_read_in_two_ways_is_read_in_both_and_told() {
    let gate = gate();
    let sent = |hidden: &str| {
        let plain = mail(STRANGER, PUPIL, "hi", hidden);
        let twice = "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\nMIME-Version:";
        let said = gate.send_unproved(STRANGER, &[PUPIL], &plain.replacen("MIME-Version:", twice, 1));
        assert!(said.starts_with("250"), "{said}");
    };
    // "The lesson is in the hall today."
    sent("VGhlIGxlc3NvbiBpcyBpbiB0aGUgaGFsbCB0b2RheS4=");
    let delivered = gate.sink.wait_for(2);
    assert!(delivered.iter().any(|d| d.is_for(PUPIL)) && delivered.iter().any(|d| d.is_for(LEAD)));
    // "Don't tell your mum about us."
    sent("RG9uJ3QgdGVsbCB5b3VyIG11bSBhYm91dCB1cy4=");
    assert_eq!(gate.home.only("quarantine", "open")["category"], "contact.grooming");
    gate.sink.wait_for(3);
    assert_eq!(gate.sink.deliveries().iter().filter(|d| d.is_for(PUPIL)).count(), 1);
}

/// A letter to a whole year group is no abuse of the door.
#[test]
fn three_hundred_recipients_are_taken() {
    let gate = gate();
    let to: Vec<String> = (0..300).map(|n| format!("reader{n}@oakfield.example")).collect();
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let said = gate.send_unproved(STRANGER, &to, &mail(STRANGER, to[0], "News", "The fair is on Friday."));
    assert!(said.starts_with("250"), "{said}");
    assert_eq!(gate.sink.wait_for(1)[0].rcpts.len(), 300);
}

/// practice.md, A2: who learns that a message could not be delivered does not learn that it
/// had waited for a person, nor the field by which it is known.
#[test]
fn a_report_on_a_released_message_says_nothing_of_the_release() {
    let full = Arc::new(AtomicBool::new(false));
    let mailbox = Arc::clone(&full);
    let refuses = move |asked: Asked<'_>| {
        let refused = matches!(asked, Asked::Rcpt(to) if to.contains(PUPIL));
        (refused && mailbox.load(Ordering::SeqCst)).then(|| "550 5.1.1 No such user".to_owned())
    };
    let gate = Gate::with_sink(Door::Relay, Setup::default(), Sink::scripted(refuses));
    let said = gate.send_unproved(STRANGER, &[PUPIL], &mail(STRANGER, PUPIL, "hi", GROOMING));
    assert!(said.starts_with("250"), "{said}");
    gate.sink.wait_for(1);
    full.store(true, Ordering::SeqCst);
    let item = gate.home.only("quarantine", "open");
    let release = ["quarantine", "release", item["id"].as_str().unwrap(), "--reason", "looked into it"];
    assert_eq!(gate.home.run(&release).code(), 0);
    // The urgent notice, and the report.
    let delivered = gate.sink.wait_for(2);
    let report = delivered.iter().find(|d| d.is_for(STRANGER)).map(|d| d.text()).unwrap();
    assert!(report.contains("Action: failed") && report.contains("Subject: hi"), "{report}");
    assert!(!report.contains("X-Gatehouse-Release"), "{report}");
}

/// practice.md, A1: a child may answer the only one who has written, and that is the gate.
#[test]
fn a_cry_for_help_to_the_gates_own_address_is_heard() {
    let gate = gate();
    let said = gate.send(PUPIL, &[GATE], &mail(PUPIL, GATE, "Re: Your message", "I want to die."));
    assert!(said.starts_with("250"), "{said}");
    let delivered = gate.sink.wait_for(2);
    assert!(delivered.iter().any(|d| d.is_for(LEAD)), "the lead is told at once");
    let other = gate.send(PUPIL, &[GATE], &mail(PUPIL, GATE, "Re: Your message", "What is this?"));
    assert!(other.starts_with("550"), "{other}");
}
