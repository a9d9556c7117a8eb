//! The four dangers through both doors: what each rule's effect is, read from the bytes
//! that were delivered and from what the command line shows. The rules are the shipped
//! ones; the few that a school would add itself stand at the top.

use crate::{
    gate::{DOORS, Door, GATE, Gate, LEAD, OUTSIDE, PARENT, PUPIL, Setup, TEACHER, mail, without_trace},
    house::PATIENCE,
    sink::{Delivery, Sink},
};
use gatehouse::message::{Body, ReadLimits, read};
use std::time::Instant;

/// Health details of a pupil beside the name: held on their way to outside.
pub(crate) const HEALTH: &str = "Amelia Martin takes medication for epilepsy at noon.";
const CHAIN: &str = "Send this to ten people within an hour!";
pub(crate) const GROOMING: &str = "Don't tell your mum about us. It's our little secret.";

const OWN_RULES: &str = "
[[policy]]
id = \"test.mark-health\"
clauses = [\"PD-2\"]
reason = \"Mail with health details is marked.\"
when = { direction = [\"outbound\"], from = [\"staff\"], to = [\"parent\"], findings = { category = [\"personal-data.health\"] } }
then = { subject-mark = \"[Confidential]\" }

[[policy]]
id = \"test.refuse-chain\"
clauses = [\"CL-1\"]
reason = \"Chain letters of pupils do not leave.\"
when = { direction = [\"outbound\"], from = [\"pupil\"], findings = { category = [\"chain-letter\"] } }
then = { disposition = \"refuse\", refusal = \"A chain letter does not leave the school; please do not pass it on\" }
";

/// The text of a message that is one text.
fn text(delivery: &Delivery) -> String {
    let message = read(&delivery.data, ReadLimits::default());
    match &message.parts[0].body {
        Body::Text(text) => text.clone().into_owned(),
        other => panic!("{other:?}"),
    }
}

fn subject(delivery: &Delivery) -> String {
    read(&delivery.data, ReadLimits::default()).header.subject
}

fn to<'a>(deliveries: &'a [Delivery], address: &str) -> Vec<&'a Delivery> {
    deliveries.iter().filter(|d| d.is_for(address)).collect()
}

/// The message was accepted.
fn ok(reply: String) {
    assert!(reply.starts_with("250"), "{reply}");
}

/// Nothing is left that the gate would still send by itself.
fn outbox_is_empty(gate: &Gate) -> bool {
    gate.home.list(&["outbox", "list"]).iter().all(|job| job["state"] == "done")
}

/// Asks the command line until it is so.
pub(crate) fn wait(what: &str, mut so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !so() {
        assert!(since.elapsed() < PATIENCE, "never came: {what}");
    }
}

pub(crate) fn reference(nudge: &Delivery) -> String {
    let text = text(nudge);
    let (_, rest) = text.split_once("Reference: ").unwrap_or_else(|| panic!("no token in {text}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

pub(crate) fn answer(from: &str, keyword: &str, token: &str) -> String {
    let quoted = format!("{keyword}\r\n\r\nOn Monday Gatehouse wrote:\r\n> Reference: {token}");
    mail(from, GATE, "Re: Your message is waiting for you", &quoted)
}

#[test]
fn a_hold_is_its_proved_senders_own_business() {
    for door in DOORS {
        let gate = Gate::new(door, Setup::default());
        let sent = mail(TEACHER, OUTSIDE, "About noon", HEALTH);
        ok(gate.send(TEACHER, &[OUTSIDE], &sent));
        let delivered = gate.sink.wait_for(1);
        let nudge = &delivered[0];
        assert!(nudge.is_for(TEACHER) && nudge.mail.starts_with("FROM:<>"), "{:?}", nudge.mail);
        assert_eq!(subject(nudge), "Your message is waiting for you");
        let said = text(nudge);
        assert!(said.starts_with("Not sent yet.") && said.contains("Nobody else has read it."), "{said}");
        assert!(said.contains("Subject: About noon") && said.contains(OUTSIDE), "{said}");
        assert!(!said.contains("epilepsy") && !said.contains("Amelia"), "the value is not named: {said}");
        assert!(nudge.text().contains("Auto-Submitted: auto-generated"));
        let item = gate.home.only("hold", "open");
        assert_eq!((&item["category"], &item["recipients"]), (&"personal-data.health".into(), &1.into()));
        wait("an empty outbox", || outbox_is_empty(&gate));
        // Neither the recipient nor the lead has anything (practice.md, A5).
        assert_eq!(gate.sink.deliveries().len(), 1, "{door:?}");
    }
}

#[test]
fn an_unproved_senders_hold_is_a_quarantine_with_a_notice_without_content() {
    for door in DOORS {
        let gate = Gate::new(door, Setup::default());
        let sent = mail(TEACHER, OUTSIDE, "About noon", HEALTH);
        ok(gate.send_unproved(TEACHER, &[OUTSIDE], &sent));
        // Signed in as somebody else is not proved either.
        let mut other = gate.client(Some("d.price@oakfield.example"));
        ok(other.send(TEACHER, &[OUTSIDE], &sent.replace("noon", "one")));
        let delivered = gate.sink.wait_for(2);
        let items = gate.home.list(&["quarantine", "list"]);
        assert_eq!(items.len(), 2, "{door:?}");
        assert!(gate.home.list(&["hold", "list"]).is_empty());
        for notice in &delivered {
            assert!(notice.is_for(LEAD), "{:?}", notice.rcpts);
            let said = text(notice);
            let number = items.iter().find(|i| said.contains(i["id"].as_str().unwrap()));
            assert!(number.is_some() && said.contains("Category: "), "{said}");
            let all = notice.text();
            for word in ["Amelia", "epilepsy", "noon", "okafor", "Okafor", "clinic"] {
                assert!(!all.contains(word), "{word} in {all}");
            }
        }
        wait("an empty outbox", || outbox_is_empty(&gate));
        assert_eq!(gate.sink.deliveries().len(), 2);
    }
}

const DISCLAIMER: &str = "The views in this message are those of its author";

fn with_disclaimer() -> Setup {
    let school_tables = "[[school.disclaimer]]\ntemplate = \"standard\"\nroles = [\"staff\"]\n".into();
    Setup { school_tables, rules: OWN_RULES.into(), ..Setup::default() }
}

#[test]
fn a_disclaimer_stands_once_in_a_thread_and_never_under_inbound_mail() {
    for door in DOORS {
        let gate = Gate::new(door, with_disclaimer());
        let first = mail(TEACHER, OUTSIDE, "Trip", "The coach leaves at nine.");
        ok(gate.send(TEACHER, &[OUTSIDE], &first));
        let out = gate.sink.wait_for(1).remove(0);
        let said = text(&out);
        assert!(said.starts_with("The coach leaves at nine.\r\n") && said.contains(DISCLAIMER), "{said}");
        // The reply from outside quotes it, and is left alone to the byte.
        let quoted: String = said.lines().map(|l| format!("> {l}\r\n")).collect();
        let reply =
            mail(OUTSIDE, TEACHER, "Re: Trip", &format!("Fine.\r\n\r\nOn Monday she wrote:\r\n{quoted}"));
        ok(gate.send_unproved(OUTSIDE, &[TEACHER], &reply));
        let inbound = gate.sink.wait_for(2).remove(1);
        assert_eq!(without_trace(&inbound.data), reply.as_bytes(), "{door:?}");
        // Her answer to that has it once, in what is quoted.
        let deeper: String = quoted.lines().map(|l| format!("> {l}\r\n")).collect();
        let again = format!("Thank you.\r\n\r\nOn Tuesday they wrote:\r\n> Fine.\r\n{deeper}");
        let again = mail(TEACHER, OUTSIDE, "Re: Trip", &again);
        ok(gate.send(TEACHER, &[OUTSIDE], &again));
        let last = gate.sink.wait_for(3).remove(2);
        assert_eq!(last.text().matches(DISCLAIMER).count(), 1, "{}", last.text());
        // Mail between colleagues does not leave.
        let inside = mail(TEACHER, "d.price@oakfield.example", "Trip", "See you there.");
        ok(gate.send(TEACHER, &["d.price@oakfield.example"], &inside));
        assert_eq!(without_trace(&gate.sink.wait_for(4)[3].data), inside.as_bytes());
    }
}

#[test]
fn a_mark_a_nudge_and_a_refusal() {
    for door in DOORS {
        let gate = Gate::new(door, with_disclaimer());
        let sent = mail(TEACHER, PARENT, "About noon", HEALTH);
        ok(gate.send(TEACHER, &[PARENT], &sent));
        let delivered = gate.sink.wait_for(2);
        let [parent] = to(&delivered, PARENT)[..] else { panic!("{delivered:?}") };
        assert_eq!(subject(parent), "[Confidential] About noon");
        let [nudge] = to(&delivered, TEACHER)[..] else { panic!("{delivered:?}") };
        assert_eq!(subject(nudge), "About a message you sent");
        assert!(
            text(nudge).starts_with("It was sent. It seems to contain health details"),
            "{}",
            text(nudge)
        );
        // A personal address of a colleague, and a chain letter: delivered, with a word to the sender.
        for (address, words) in
            [("dan.price@freemail.example", "Please look at this."), ("d.price@oakfield.example", CHAIN)]
        {
            let before = gate.sink.deliveries().len();
            assert!(
                gate.send(TEACHER, &[address], &mail(TEACHER, address, "Hello", words)).starts_with("250")
            );
            let delivered = &gate.sink.wait_for(before + 2)[before..];
            assert_eq!((to(delivered, address).len(), to(delivered, TEACHER).len()), (1, 1), "{door:?}");
        }
        let before = gate.sink.deliveries().len();
        let said = gate.send(PUPIL, &[OUTSIDE], &mail(PUPIL, OUTSIDE, "Luck", CHAIN));
        assert!(said.starts_with("550 5.7.1 A chain letter does not leave the school"), "{said}");
        wait("an empty outbox", || outbox_is_empty(&gate));
        assert_eq!(gate.sink.deliveries().len(), before);
    }
}

#[test]
fn grooming_waits_for_the_lead_and_nobody_is_tipped_off() {
    for door in DOORS {
        let gate = Gate::new(door, Setup::default());
        let sent = mail("friend@freemail.example", PUPIL, "hi", GROOMING);
        let said = gate.send_unproved("friend@freemail.example", &[PUPIL], &sent);
        assert!(said.starts_with("250"), "{said}");
        let item = gate.home.only("quarantine", "open");
        assert_eq!(item["category"], "contact.grooming");
        let delivered = gate.sink.wait_for(1);
        wait("an empty outbox", || outbox_is_empty(&gate));
        // The deputies are asked when the lead has not answered in time (alerts.rs).
        assert_eq!((gate.sink.deliveries().len(), to(&delivered, LEAD).len()), (1, 1));
        for notice in &delivered {
            let all = notice.text();
            assert!(!all.contains("secret") && !all.contains("friend") && !all.contains("amartin"), "{all}");
            assert!(subject(notice).starts_with("Urgent: a message is waiting for you"));
        }
        // Sent back with advice, it would tell (practice.md, A2).
        let id = item["id"].as_str().unwrap();
        let back = ["quarantine", "return", id, "--advice", "Not so", "--reason", "looked"];
        assert_eq!(gate.home.run(&back).code(), 2);
        assert_eq!(gate.home.only("quarantine", "open")["id"], id);
    }
}

#[test]
fn a_record_is_opened_by_its_custodian_alone_and_is_what_was_sent() {
    for door in DOORS {
        for mode in ["observe", "enforce"] {
            let school = "record-parent-mail = true\n".into();
            let gate = Gate::new(door, Setup { mode, school, ..Setup::default() });
            let sent = mail(TEACHER, PARENT, "Homework", "Thank you for your letter.\r\n.\r\n..two");
            ok(gate.send(TEACHER, &[PARENT], &sent));
            assert_eq!(without_trace(&gate.sink.wait_for(1)[0].data), sent.as_bytes());
            let records = gate.home.list(&["records", "search", "--purpose", "facts", "--address", PARENT]);
            assert_eq!(records.len(), 1, "{door:?} {mode}");
            for (words, found) in [("thanked letters", 1), ("homework", 1), ("visit", 0)] {
                let asked: Vec<&str> =
                    ["records", "search", "--purpose", "facts"].into_iter().chain(words.split(' ')).collect();
                assert_eq!(gate.home.list(&asked).len(), found, "{words}");
            }
            let id = records[0]["id"].as_str().unwrap();
            let export = |key: &str| {
                let key = gate.home.path(key);
                gate.home.run(&[
                    "records",
                    "export",
                    id,
                    "--custodian",
                    key.to_str().unwrap(),
                    "--purpose",
                    "complaint",
                ])
            };
            let exported = export("custodian.key");
            assert_eq!((exported.code(), exported.out.as_str()), (0, sent.as_str()), "{}", exported.err);
            assert_eq!(export("working.key").code(), 2, "the gate's own key opens no record");
            // Not a parent's, or a helpline's: no record.
            for other in ["d.price@oakfield.example", "talk@helpline.example"] {
                assert!(
                    gate.send(TEACHER, &[other], &mail(TEACHER, other, "Hello", "A word."))
                        .starts_with("250")
                );
            }
            gate.sink.wait_for(3);
            assert_eq!(gate.home.list(&["records", "search", "--purpose", "facts"]).len(), 1);
        }
    }
}

#[test]
fn held_for_one_and_passed_to_the_other_once_each() {
    for door in DOORS {
        let gate = Gate::new(door, Setup::default());
        let colleague = "d.price@oakfield.example";
        let sent = mail(TEACHER, OUTSIDE, "About noon", HEALTH);
        ok(gate.send(TEACHER, &[OUTSIDE, colleague], &sent));
        let delivered = gate.sink.wait_for(2);
        let [copy] = to(&delivered, colleague)[..] else { panic!("{delivered:?}") };
        assert_eq!(without_trace(&copy.data), sent.as_bytes());
        assert_eq!(copy.rcpts.len(), 1);
        let [nudge] = to(&delivered, TEACHER)[..] else { panic!("{delivered:?}") };
        assert!(text(nudge).contains("Your other recipients have got their copy."));
        let item = gate.home.only("hold", "open");
        assert_eq!(item["recipients"], 1);
        wait("an empty outbox", || outbox_is_empty(&gate));
        assert!(to(&gate.sink.deliveries(), OUTSIDE).is_empty());
        let id = item["id"].as_str().unwrap();
        assert_eq!(gate.home.run(&["hold", "release", id, "--reason", "agreed by phone"]).code(), 0);
        let delivered = gate.sink.wait_for(3);
        wait("released", || gate.home.list(&["hold", "list"])[0]["state"] == "released");
        assert_eq!(to(&delivered, OUTSIDE).len(), 1, "{door:?}");
        assert_eq!(to(&gate.sink.deliveries(), colleague).len(), 1);
    }
}

#[test]
fn a_nudge_is_answered_by_mail() {
    for door in DOORS {
        let gate = Gate::new(door, Setup::default());
        let hold = |subject: &str| {
            let before = gate.sink.deliveries().len();
            let sent = mail(TEACHER, OUTSIDE, subject, HEALTH);
            ok(gate.send(TEACHER, &[OUTSIDE], &sent));
            let all = gate.sink.wait_for(before + 1);
            (sent, reference(&all[before]))
        };
        let (sent, token) = hold("first");
        let send = answer(TEACHER, "SEND", &token);
        ok(gate.send(TEACHER, &[GATE], &send));
        let out = gate.sink.wait_for(2).remove(1);
        assert!(out.is_for(OUTSIDE), "{:?}", out.rcpts);
        assert_eq!(without_trace(&out.data), sent.as_bytes(), "{door:?}");
        // Its token is used up.
        let again = gate.send(TEACHER, &[GATE], &send);
        assert!(again.starts_with("550 5.7.1") && again.contains("answered already"), "{again}");

        let (_, token) = hold("second");
        let said = gate.send(TEACHER, &[GATE], &answer(TEACHER, "Confidential", &token));
        assert!(said.starts_with("250"), "{said}");
        assert_eq!(subject(&gate.sink.wait_for(4)[3]), "[Confidential] second");

        let (_, token) = hold("third");
        ok(gate.send(TEACHER, &[GATE], &answer(TEACHER, "WITHDRAW", &token)));
        let back = gate.sink.wait_for(6).remove(5);
        assert!(back.is_for(TEACHER), "{:?}", back.rcpts);
        assert_eq!(subject(&back), "Your message was not sent");
        assert_eq!(gate.home.only("hold", "withdrawn")["category"], "personal-data.health");
        wait("an empty outbox", || outbox_is_empty(&gate));
        assert_eq!(to(&gate.sink.deliveries(), OUTSIDE).len(), 2);
        assert_eq!(gate.sink.deliveries().len(), 6);
    }
}

#[test]
fn an_answer_that_does_not_count_says_why_and_does_nothing() {
    for door in DOORS {
        let gate = Gate::new(door, Setup::default());
        ok(gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "one", HEALTH)));
        let token = reference(&gate.sink.wait_for(1)[0]);
        let good = answer(TEACHER, "SEND", &token);
        let colleague = "d.price@oakfield.example";
        let from_colleague = answer(colleague, "SEND", &token);
        let with = |field: &str| format!("{field}\r\n{good}");
        let how = "Answer with SEND, CONFIDENTIAL or WITHDRAW";
        for (login, from, data, why) in [
            (Some(colleague), colleague, from_colleague, "is not yours"),
            (None, TEACHER, good.clone(), "signed in"),
            (Some(colleague), TEACHER, good.clone(), "signed in"),
            (Some(TEACHER), TEACHER, with("Auto-Submitted: auto-replied"), how),
            (Some(TEACHER), TEACHER, with("List-Id: <staff.oakfield.example>"), how),
            (Some(TEACHER), TEACHER, answer(TEACHER, "Please SEND it", &token), how),
            (Some(TEACHER), TEACHER, answer(TEACHER, "SEND", "0123456789ABCDEFGHJKMNPQRS"), "is not yours"),
            (Some(TEACHER), "", good.clone(), "signed in"),
        ] {
            let said = gate.send_as(login, from, &[GATE], &data);
            assert!(said.starts_with("550 5.7.1") && said.contains(why), "{door:?} {why}: {said}");
        }
        let two = gate.send(TEACHER, &[GATE, colleague], &good);
        assert!(two.starts_with("550 5.7.1"), "{two}");
        assert_eq!(gate.home.only("hold", "open")["recipients"], 1);
        wait("an empty outbox", || outbox_is_empty(&gate));
        assert_eq!(gate.sink.deliveries().len(), 1, "the nudge alone");
        // After all that the token still counts.
        ok(gate.send(TEACHER, &[GATE], &good));
        assert!(gate.sink.wait_for(2)[1].is_for(OUTSIDE));
    }
}

#[test]
fn what_a_person_releases_is_delivered_once_and_not_caught_again() {
    for door in DOORS {
        let gate = Gate::new(door, with_disclaimer());
        let held = mail(TEACHER, OUTSIDE, "About noon", HEALTH);
        ok(gate.send(TEACHER, &[OUTSIDE], &held));
        let friend = "friend@freemail.example";
        let grooming = mail(friend, PUPIL, "hi", GROOMING);
        ok(gate.send_unproved(friend, &[PUPIL], &grooming));
        // One nudge, one urgent notice.
        gate.sink.wait_for(2);
        for kind in ["hold", "quarantine"] {
            let item = gate.home.only(kind, "open");
            let id = item["id"].as_str().unwrap();
            let said = gate.home.run(&[kind, "release", id, "--reason", "looked into it"]);
            assert_eq!(said.code(), 0, "{}", said.err);
            assert!(said.err.contains("releasing"), "{}", said.err);
            assert_eq!(gate.home.run(&[kind, "release", id, "--reason", "again"]).code(), 2);
        }
        let delivered = gate.sink.wait_for(4);
        for kind in ["hold", "quarantine"] {
            wait("released", || gate.home.list(&[kind, "list"]).iter().all(|i| i["state"] == "released"));
            assert_eq!(gate.home.list(&[kind, "list"]).len(), 1, "caught again: {door:?}");
        }
        let [out] = to(&delivered, OUTSIDE)[..] else { panic!("{door:?} {delivered:?}") };
        assert_eq!(out.text().matches(DISCLAIMER).count(), 1, "{}", out.text());
        assert!(!out.text().contains("X-Gatehouse-Release"), "{}", out.text());
        let [pupil] = to(&delivered, PUPIL)[..] else { panic!("{door:?} {delivered:?}") };
        assert_eq!(without_trace(&pupil.data), grooming.as_bytes());
        wait("an empty outbox", || outbox_is_empty(&gate));
        let jobs = gate.home.list(&["outbox", "list"]);
        assert!(jobs.iter().all(|job| job["recipients"][0] == "delivered (250)"), "{jobs:?}");
        assert_eq!(gate.sink.deliveries().len(), 4, "nobody is told twice: {door:?}");
    }
}

#[test]
fn what_was_held_is_recorded_once() {
    const BULK: &str = "UPN C999123425001\r\nUPN R999123425002\r\nUPN F999123425003\r\nUPN V999123425004\r\n\
        UPN J999123425005\r\nUPN Y999123425006";
    for door in DOORS {
        let school = "record-parent-mail = true\n".into();
        let gate = Gate::new(door, Setup { school, ..Setup::default() });
        ok(gate.send(TEACHER, &[PARENT], &mail(TEACHER, PARENT, "List", BULK)));
        let id = gate.home.only("hold", "open")["id"].as_str().unwrap().to_owned();
        assert_eq!(gate.home.run(&["hold", "release", &id, "--reason", "agreed"]).code(), 0);
        assert_eq!(to(&gate.sink.wait_for(2), PARENT).len(), 1);
        assert_eq!(gate.home.list(&["records", "search", "--purpose", "facts"]).len(), 1, "{door:?}");
    }
}

/// The gate sends what is released to the sink itself, so that the test can bring it back
/// as anyone might.
#[test]
fn a_release_is_known_by_its_row_and_not_by_its_field() {
    let elsewhere = crate::sink::Sink::start();
    let hops = crate::gate::hop("release", "release.example", elsewhere.address);
    let setup = Setup { hops, own_hop: "release", ..Setup::default() };
    let gate = Gate::new(Door::Milter, setup);
    let held = mail(TEACHER, OUTSIDE, "About noon", HEALTH);
    ok(gate.send(TEACHER, &[OUTSIDE], &held));
    elsewhere.wait_for(1);
    let id = gate.home.only("hold", "open")["id"].as_str().unwrap().to_owned();
    assert_eq!(gate.home.run(&["hold", "release", &id, "--reason", "agreed"]).code(), 0);
    let release = elsewhere.wait_for(2).remove(1).text();
    let (field, rest) = release.split_once("\r\n").unwrap();
    assert!(field.starts_with("X-Gatehouse-Release: ") && rest == held, "{release}");
    let caught = |what: &str, data: &str, to: &str, number: usize| {
        ok(gate.send_unproved(TEACHER, &[to], data));
        assert_eq!(gate.home.list(&["quarantine", "list"]).len(), number, "{what}");
        assert!(gate.sink.deliveries().is_empty(), "{what}");
    };
    caught(
        "an invented id",
        &format!("X-Note: 1\r\nX-Gatehouse-Release: 0123456789ABCDEFGHJKMNPQRS\r\n{held}"),
        OUTSIDE,
        1,
    );
    caught("another text", &release.replace("noon.", "one."), OUTSIDE, 2);
    caught("another recipient", &release, "other@harbour.example", 3);
    caught("another From", &release.replace("From: g.okafor", "From: d.price"), OUTSIDE, 4);
    caught("two fields", &format!("X-Note: 2\r\n{field}\r\n{release}"), OUTSIDE, 5);
    ok(gate.send_unproved(TEACHER, &[OUTSIDE], &release));
    assert_eq!(without_trace(&gate.sink.wait_for(1)[0].data), held.as_bytes());
    // Once.
    ok(gate.send_unproved(TEACHER, &[OUTSIDE], &release));
    assert_eq!(gate.home.list(&["quarantine", "list"]).len(), 6);
    assert_eq!(gate.sink.deliveries().len(), 1);
}

#[test]
fn observe_changes_nothing_and_tells_nobody() {
    for door in DOORS {
        let gate = Gate::new(door, Setup { mode: "observe", ..with_disclaimer() });
        let friend = "friend@freemail.example";
        let all = [
            (Some(TEACHER), TEACHER, OUTSIDE, HEALTH),
            (Some(TEACHER), TEACHER, PARENT, HEALTH),
            (None, friend, PUPIL, GROOMING),
            (Some(PUPIL), PUPIL, OUTSIDE, CHAIN),
            (Some(TEACHER), TEACHER, OUTSIDE, "Nothing at all."),
        ];
        for (number, (login, from, to, words)) in all.into_iter().enumerate() {
            let sent = mail(from, to, "About noon", words);
            ok(gate.send_as(login, from, &[to], &sent));
            assert_eq!(without_trace(&gate.sink.wait_for(number + 1)[number].data), sent.as_bytes());
        }
        assert!(gate.home.list(&["hold", "list"]).is_empty());
        assert!(gate.home.list(&["quarantine", "list"]).is_empty());
        assert!(gate.home.list(&["outbox", "list"]).is_empty(), "no notice is written");
        assert!(gate.home.list(&["records", "search", "--purpose", "facts"]).is_empty());
        // What would have happened is on record all the same.
        let doctor = gate.home.run(&["doctor"]);
        assert!(doctor.out.contains("5 messages logged, 0 held"), "{}", doctor.out);
    }
}

#[tokio::test]
async fn signatures_hold_theirs_inbound_and_ours_outbound() {
    for door in DOORS {
        let more = format!(
            "[[dkim]]\ndomain = \"oakfield.example\"\nselector = \"rsa\"\nkey = \"{}/tests/gate/dkim/rsa.pem\"\n",
            crate::gate::ROOT
        );
        let gate = Gate::new(door, Setup { more, ..with_disclaimer() });
        let inbound = mail("d.clark@elm.example", TEACHER, "Fixture", "See you on Friday.  \r\n\r\n");
        let signed = crate::dkim::signed(&inbound, "d.clark@elm.example");
        ok(gate.send_unproved("d.clark@elm.example", &[TEACHER], &signed));
        let delivered = gate.sink.wait_for(1).remove(0);
        assert_eq!(crate::dkim::verified(&delivered.data).await, [("elm.example".into(), true)], "{door:?}");
        let outbound = mail(TEACHER, OUTSIDE, "Trip", "The coach leaves at nine.");
        ok(gate.send(TEACHER, &[OUTSIDE], &outbound));
        let delivered = gate.sink.wait_for(2).remove(1);
        assert!(delivered.text().contains(DISCLAIMER));
        assert_eq!(
            crate::dkim::verified(&delivered.data).await,
            [("oakfield.example".into(), true)],
            "{door:?}"
        );
    }
}

/// Postfix hands over to the relay, which hands over to the sink: the second way of docs/postfix.md.
#[test]
fn postfix_hands_its_mail_to_the_relay() {
    let gate = Gate::new(Door::Relay, Setup::default());
    let before = crate::postfix::Postfix::start(&crate::postfix::Options {
        next_hop: gate.serving.relay,
        main_cf: String::new(),
    });
    for number in 1..=20 {
        let sent = mail("office@elm.example", TEACHER, &format!("{number}"), "All is well.\r\n.\r\n");
        ok(before.client().send("office@elm.example", &[TEACHER], &sent));
    }
    let held = mail(TEACHER, OUTSIDE, "About noon", HEALTH);
    ok(before.client().send(TEACHER, &[OUTSIDE], &held));
    let delivered = gate.sink.wait_for(21);
    assert_eq!(to(&delivered, TEACHER).len(), 20);
    assert_eq!(to(&delivered, LEAD).len(), 1);
    assert_eq!(gate.home.only("quarantine", "open")["recipients"], 1);
}

/// RFC 3461 section 5.2.2: who asked to hear of success hears that it went where no such report comes from.
#[test]
fn success_beyond_a_next_hop_without_reports_is_reported_as_relayed() {
    let gate = Gate::with_sink(Door::Relay, Setup::default(), Sink::losing_dsn());
    let mut client = gate.client(Some(TEACHER));
    ok(client.say(&format!("MAIL FROM:<{TEACHER}> RET=HDRS ENVID=trip-7")));
    ok(client.say(&format!("RCPT TO:<{OUTSIDE}> NOTIFY=SUCCESS,FAILURE")));
    ok(client.say("RCPT TO:<d.price@oakfield.example>"));
    assert!(client.say("DATA").starts_with("354"));
    ok(client.say(&format!("{}.", mail(TEACHER, OUTSIDE, "Trip", "The coach leaves at nine."))));
    let delivered = gate.sink.wait_for(2);
    let [report] = to(&delivered, TEACHER)[..] else { panic!("{delivered:?}") };
    let report = report.text();
    for line in
        ["Original-Envelope-Id: trip-7", "Final-Recipient: rfc822; clinic@harbour.example", "Action: relayed"]
    {
        assert!(report.contains(line), "{line}: {report}");
    }
    assert!(!report.contains("d.price@") && !report.contains("The coach leaves"), "{report}");
}
