//! From whom incidents are hidden, who takes them over, and a person's word on who is accused
//! (practice.md, A4): the whole gate and the command line, everyone with a key of their own.

use crate::{
    dangers::GROOMING,
    gate::{Gate, HEAD, LEAD, PUPIL, Said, TEACHER, mail},
    incidents::{FRIEND, REPORT, gate},
    sink::Delivery,
    users::{DEPUTY, User, by, first_head, ids, officer},
};

const CHAIR: &str = "g.whitlock@oakfield.example";
const NOBODYS: &str = "0000000000";

fn listed(gate: &Gate, user: &User) -> Vec<String> {
    ids(&by(gate, user, &["--format", "jsonl", "incident", "list", "--all"]))
}

fn done(said: &Said) -> String {
    assert_eq!(said.code(), 0, "{}", said.err);
    said.out.trim().to_owned()
}

fn wait_for(gate: &Gate, is_it: impl Fn(&Delivery) -> bool) -> Delivery {
    let mut enough = 1;
    loop {
        let mut all = gate.sink.wait_for(enough);
        if let Some(at) = all.iter().position(&is_it) {
            return all.swap_remove(at);
        }
        enough = all.len() + 1;
    }
}

/// Whatever is tried upon the incident is answered as of one that does not exist.
fn finds_no_trace(gate: &Gate, user: &User, id: &str) {
    let list = by(gate, user, &["--format", "jsonl", "incident", "list", "--all"]);
    assert!(!ids(&list).contains(&id.to_owned()) && list.err.is_empty(), "{}{}", list.out, list.err);
    let out = gate.home.path("nothing.json");
    let file = out.to_str().unwrap();
    let own = listed(gate, user);
    for verb in [
        &["show", "ID", "--purpose", "facts"][..],
        &["original", "ID", "--purpose", "facts"],
        &["export", "ID", "--purpose", "facts", "--out", file],
        &["accept", "ID", "--reason", "x"],
        &["note", "ID", "--text", "x"],
        &["close", "ID", "--outcome", "x"],
        &["dismiss", "ID", "--because", "malicious", "--text", "x"],
        &["hand-over", "ID", "--to", "chair", "--reason", "x"],
        &["accused", "ID", "--person", HEAD, "--refuse", "--reason", "x"],
        &["person", "ID", "--person", HEAD, "--part", "witness"],
    ] {
        let tried = |id: &'static str| {
            let words: Vec<&str> = verb.iter().map(|w| if *w == "ID" { id } else { *w }).collect();
            by(gate, user, &[&["incident"], &words[..]].concat())
        };
        let id: &'static str = String::leak(id.to_owned());
        let (said, none) = (tried(id), tried(NOBODYS));
        assert_eq!(said.code(), 2, "{verb:?}");
        assert_eq!(said.err.replace(id, NOBODYS), none.err, "{verb:?}");
    }
    assert!(!out.exists(), "nothing is left of an export that was refused");
    for mine in own.iter().take(1) {
        let link = |other: &str| by(gate, user, &["incident", "link", mine, "--incident", other]);
        assert_eq!(link(id).err.replace(id, NOBODYS), link(NOBODYS).err);
    }
}

#[test]
fn for_whoever_is_a_party_or_accused_an_incident_is_not_there() {
    let gate = gate();
    let threat = mail(FRIEND, PUPIL, "hi", "im gonna stab you after school");
    assert!(gate.send(FRIEND, &[PUPIL, DEPUTY], &threat).starts_with("250"));
    let threat = gate.home.list(&["incident", "list"])[0]["id"].as_str().unwrap().to_owned();
    let head = first_head(&gate);
    let lead = officer(&gate, &head, LEAD, "lead");
    let deputy = officer(&gate, &head, DEPUTY, "deputy");
    let chair = officer(&gate, &head, CHAIR, "chair");
    let teacher = officer(&gate, &head, TEACHER, "staff");

    // The deputy got the message; the lead and the head did not.
    assert_eq!((listed(&gate, &lead), listed(&gate, &head)), (vec![threat.clone()], vec![threat.clone()]));
    finds_no_trace(&gate, &deputy, &threat);
    finds_no_trace(&gate, &chair, &threat);
    let alerts = |user: &User| by(&gate, user, &["--format", "jsonl", "alert", "list", "--all"]).lines();
    let number = alerts(&lead)[0]["number"].as_str().unwrap().to_owned();
    assert!(alerts(&deputy).is_empty(), "nor that anybody is told of it");
    assert_eq!(by(&gate, &deputy, &["alert", "answer", &number]).code(), 2);
    let operator = gate.home.run(&["--format", "jsonl", "incident", "list"]);
    assert!(operator.out.is_empty() && operator.err.starts_with("1 is with those"), "{}", operator.err);
    let operator = gate.home.run(&["incident", "show", &threat, "--purpose", "facts"]);
    assert!(operator.err.contains("reads no content") && operator.err.contains("lead"), "{}", operator.err);
    assert!(
        operator.err.contains("deputy"),
        "whoever was left out would be known for a party: {}",
        operator.err
    );

    // To the lead's colleague it does not go, since she is a party, and it is not said why.
    let hand = |who: &User, id: &str, to: &str| {
        by(&gate, who, &["incident", "hand-over", id, "--to", to, "--reason", "my own nephew"])
    };
    let none = hand(&lead, &threat, "deputy");
    assert!(none.code() == 2 && none.err.contains("hand it to another"), "{}", none.err);

    // A concern about the head: anyone at work tells it, and the chair alone sees it.
    let open = ["incident", "open", "--school", "oakfield", "--title", "a remark", "--reason", "told me"];
    let low = [&open[..], &["--kind", "low-level", "--accused", HEAD]].concat();
    let low = done(&by(&gate, &teacher, &low));
    for user in [&head, &lead, &deputy, &teacher] {
        finds_no_trace(&gate, user, &low);
    }
    assert_eq!(listed(&gate, &chair), [low.as_str()]);
    wait_for(&gate, |d| d.is_for(CHAIR) && d.text().contains(&low));
    done(&by(&gate, &chair, &["incident", "show", &low, "--purpose", "allegation"]));
    let with = ["--format", "jsonl", "incident", "list", "--with", HEAD];
    assert!(ids(&by(&gate, &head, &with)).is_empty());
    assert!(ids(&by(&gate, &head, &["--format", "jsonl", "incident", "history", HEAD])).is_empty());
    assert_eq!(ids(&by(&gate, &chair, &with)), [low.as_str()]);

    // Whom somebody at the school accuses by quoting is hidden from, until a person has refused the guess.
    let quoted = format!(
        "look\r\n\r\n-----Original Message-----\r\nFrom: Priya Nair <{LEAD}>\r\nSent: Monday\r\nTo: {PUPIL}\r\n\
         Subject: you\r\n\r\nexample of a remark"
    );
    assert!(gate.send(PUPIL, &[REPORT], &mail(PUPIL, REPORT, "FW: you", &quoted)).starts_with("250"));
    let report =
        listed(&gate, &head).into_iter().find(|id| *id != threat).expect("an allegation, the head's");
    finds_no_trace(&gate, &lead, &report);
    done(&hand(&head, &report, "deputy"));
    let notice = wait_for(&gate, |d| d.is_for(DEPUTY) && d.text().contains(&report));
    assert!(notice.text().contains("Something was handed over to you"), "{}", notice.text());
    for word in ["nephew", "Nair", PUPIL, "allegation"] {
        assert!(!notice.text().contains(word), "{word}");
    }
    assert_eq!(listed(&gate, &deputy), [report.as_str()], "to whom it was handed follows it up");
    done(&by(&gate, &deputy, &["incident", "accept", &report, "--reason", "to be followed up"]));
    let refuse =
        ["incident", "accused", &report, "--person", LEAD, "--refuse", "--reason", "the name was made up"];
    done(&by(&gate, &deputy, &refuse));
    assert_eq!(by(&gate, &deputy, &refuse).code(), 2, "there is nothing left to refuse");
    done(&hand(&deputy, &report, "lead"));
    assert_eq!(listed(&gate, &lead).len(), 2, "refused, it can be hers");
    assert!(listed(&gate, &deputy).is_empty(), "who handed it on has it no longer");

    // Confirmed of somebody at the school, a concern is an allegation, which is the head's.
    let confirm =
        ["incident", "accused", &threat, "--person", TEACHER, "--confirm", "--reason", "he drove them"];
    let said = by(&gate, &lead, &confirm);
    assert!(said.code() == 0 && said.err.contains("the head's"), "{}", said.err);
    finds_no_trace(&gate, &lead, &threat);
    wait_for(&gate, |d| d.is_for(HEAD) && d.text().contains(&threat) && d.text().contains("handed"));
    let shown =
        by(&gate, &head, &["--format", "jsonl", "incident", "show", &threat, "--purpose", "allegation"]);
    assert_eq!(shown.lines()[0]["kind"], "allegation");
    let ledger = gate.home.run(&["ledger", "export"]).out;
    // An allegation's rows are there for the head.
    let seen = by(&gate, &head, &["--format", "jsonl", "ledger", "list", "--limit", "1000"]).out;
    let rows = |word: &str| seen.lines().filter(|l| l.contains(word)).count();
    assert_eq!((rows("handed-over"), rows("unread")), (2, 2));
    for word in ["nephew", "made up", "drove", LEAD, TEACHER] {
        assert!(!ledger.contains(word), "{word}");
    }
}

#[test]
fn a_person_says_who_is_accused_in_a_message_and_hands_it_on_unread() {
    let gate = gate();
    for stranger in ["one@chat.example", "two@chat.example"] {
        let groomed = mail(stranger, PUPIL, "hey", GROOMING);
        assert!(gate.send_unproved(stranger, &[PUPIL], &groomed).starts_with("250"));
    }
    let head = first_head(&gate);
    let lead = officer(&gate, &head, LEAD, "lead");
    let deputy = officer(&gate, &head, DEPUTY, "deputy");
    let chair = officer(&gate, &head, CHAIR, "chair");
    let held = |user: &User| {
        let mut all = ids(&by(&gate, user, &["--format", "jsonl", "quarantine", "list"]));
        all.sort_unstable();
        all
    };
    let [first, second] = <[String; 2]>::try_from(held(&lead)).expect("two");
    let open = |user: &User, item: &str| {
        let words =
            ["incident", "open", "--school", "oakfield", "--title", "t", "--reason", "r", "--item", item];
        by(&gate, user, &words)
    };
    let incident = done(&open(&lead, &first));
    assert!(listed(&gate, &deputy).contains(&incident));

    let say = |user: &User, word: &str| {
        by(&gate, user, &["quarantine", "accused", &first, "--person", DEPUTY, word, "--reason", "told so"])
    };
    done(&say(&lead, "--confirm"));
    wait_for(&gate, |d| d.is_for(HEAD) && d.text().contains(&first) && d.text().contains("handed"));
    assert_eq!(held(&deputy), [second.as_str()], "who is accused does not see it");
    finds_no_trace(&gate, &deputy, &incident);
    assert_eq!(open(&deputy, &first).err.replace(&first, NOBODYS), open(&deputy, NOBODYS).err);
    // It is about somebody at the school now: the head's.
    assert_eq!((held(&lead), held(&head)), (vec![second.clone()], vec![first.clone(), second.clone()]));
    done(&say(&head, "--refuse"));
    assert_eq!(say(&head, "--refuse").code(), 2);

    // Handed on unread to an office that would not see it otherwise.
    assert!(held(&chair).is_empty());
    let hand = ["quarantine", "hand-on", &second, "--to", "chair", "--reason", "we are neighbours"];
    done(&by(&gate, &lead, &hand));
    let notice = wait_for(&gate, |d| d.is_for(CHAIR) && d.text().contains(&second));
    assert!(notice.text().contains("contact.grooming") && !notice.text().contains("neighbours"));
    assert_eq!(held(&chair), [second.as_str()]);
    done(&by(&gate, &chair, &["quarantine", "show", &second, "--raw", "--purpose", "facts"]));
    let ledger = gate.home.run(&["ledger", "export"]).out;
    let row = ledger.lines().find(|l| l.contains("item.handed-on")).unwrap();
    let details: serde_json::Value = serde_json::from_str(
        serde_json::from_str::<serde_json::Value>(row).unwrap()["details"].as_str().unwrap(),
    )
    .unwrap();
    assert_eq!(details, serde_json::json!({"to": "chair", "unread": "yes"}));
    let changed = by(&gate, &head, &["ledger", "list", "--event", "concerned.changed"]).out;
    assert!(changed.contains("concerned.changed"), "for whom it is there: {changed}");
}
