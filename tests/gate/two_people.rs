//! Two people are two people, whatever is forgotten of one of them; and whoever has a part in a
//! thing has no word in it. By the command line, everyone with a key of their own.

use crate::{
    dangers::{GROOMING, HEALTH},
    gate::{Door, Gate, HEAD, LEAD, OUTSIDE, PUPIL, Said, Setup, TEACHER, mail},
    users::{DEPUTY, User, by, first_head, ids, officer},
};

const CHAIR: &str = "g.whitlock@oakfield.example";
const OFFICER: &str = "s.adeyemi@oakfield.example";
const NOBODYS: &str = "0000000000";

fn done(said: &Said) -> String {
    assert_eq!(said.code(), 0, "{}", said.err);
    said.out.trim().to_owned()
}

fn refused(said: &Said, words: &str) {
    assert!(said.code() == 3 && said.err.contains(words), "{}: {}", said.code(), said.err);
}

/// Answered like one that does not exist.
fn is_not_there(gate: &Gate, who: &User, words: &[&str], id: &str) {
    let tried = |id: &str| {
        let words: Vec<&str> = words.iter().map(|w| if *w == "ID" { id } else { *w }).collect();
        by(gate, who, &words)
    };
    let (said, none) = (tried(id), tried(NOBODYS));
    assert!(said.code() == 2 && none.code() == 2, "{words:?}: {} {}", said.err, said.out);
    assert_eq!(said.err.replace(id, NOBODYS), none.err, "{words:?}");
}

fn in_three_days() -> String {
    (chrono::Utc::now() + chrono::TimeDelta::days(3)).format("%Y-%m-%d").to_string()
}

#[test]
fn nobody_becomes_two_by_being_forgotten_and_the_accused_is_no_first() {
    let gate = Gate::new(Door::Relay, Setup::default());
    for stranger in ["one@chat.example", "two@chat.example"] {
        let groomed = mail(stranger, PUPIL, "hey", GROOMING);
        assert!(gate.send_unproved(stranger, &[PUPIL], &groomed).starts_with("250"));
    }
    let head = first_head(&gate);
    let lead = officer(&gate, &head, LEAD, "lead");
    let deputy = officer(&gate, &head, DEPUTY, "deputy");
    let chair = officer(&gate, &head, CHAIR, "chair");
    let dpo = officer(&gate, &head, OFFICER, "data-protection");
    let mut items = ids(&by(&gate, &lead, &["--format", "jsonl", "quarantine", "list"]));
    items.sort_unstable();
    let [one, two] = <[String; 2]>::try_from(items).expect("two");
    for item in [&one, &two] {
        done(&by(&gate, &lead, &["quarantine", "seal", item, "--reason", "it may be an image"]));
    }
    let out = gate.home.path("for-the-police.age");
    let file = out.to_str().unwrap();
    let police = |who: &User, item: &str| {
        by(&gate, who, &["quarantine", "police", item, "--out", file, "--reason", "CR/1"])
    };
    let erase =
        |who: &User, person: &str| by(&gate, who, &["ledger", "erase", person, "--why", "asked for it"]);

    // The head alone, with another id between the two words.
    done(&police(&head, &one));
    refused(&erase(&head, "oak-s01"), "another does it");
    let waits = erase(&dpo, "oak-s01");
    assert!(waits.code() == 2 && waits.err.contains("still waits"), "{}", waits.err);
    let again = police(&head, &one);
    assert!(!out.exists(), "one person is not two: {}", again.err);
    let until = in_three_days();
    let ask = ["exception", "ask", "--school", "oakfield", "--person", TEACHER, "--until", &until];
    let why = ["--rule", "personal-data.health", "--reason", "a trip"];
    let asked = done(&by(&gate, &lead, &[&ask[..], &why].concat()));
    let waits = erase(&dpo, LEAD_ID);
    assert!(waits.code() == 2 && waits.err.contains("still waits"), "{}", waits.err);
    done(&by(&gate, &head, &["exception", "refuse", &asked, "--reason", "not needed"]));
    done(&erase(&dpo, LEAD_ID));

    // The deputy speaks first and is accused then: the head's word is the first.
    done(&police(&deputy, &two));
    let accused =
        ["quarantine", "accused", &two, "--person", DEPUTY, "--confirm", "--reason", "a parent told us"];
    done(&by(&gate, &lead, &accused));
    let first = police(&head, &two);
    assert!(first.code() == 0 && !out.exists(), "the accused has no word in it: {}", first.err);
    assert!(first.err.contains("A second person"), "{}", first.err);
    done(&police(&chair, &two));
    assert!(out.exists(), "two who are free");
    assert_eq!(gate.home.run(&["ledger", "verify"]).code(), 0);
}

const LEAD_ID: &str = "oak-s02";

#[test]
fn whom_a_thing_is_about_has_no_word_in_it() {
    let gate = Gate::new(Door::Relay, Setup::default());
    assert!(gate.send(LEAD, &[OUTSIDE], &mail(LEAD, OUTSIDE, "a child", HEALTH)).starts_with("250"));
    let hold = gate.home.only("hold", "open")["id"].as_str().unwrap().to_owned();
    let head = first_head(&gate);
    let lead = officer(&gate, &head, LEAD, "lead");
    let deputy = officer(&gate, &head, DEPUTY, "deputy");
    let chair = officer(&gate, &head, CHAIR, "chair");
    let teacher = officer(&gate, &head, TEACHER, "staff");

    // Nobody reviews their own emergency.
    done(&by(&gate, &lead, &["hold", "send-now", &hold, "--reason", "the child is in danger"]));
    let reviews = |who: &User| ids(&by(&gate, who, &["--format", "jsonl", "hold", "reviews"]));
    assert_eq!((reviews(&lead), reviews(&deputy)), (vec![], vec![hold.clone()]));
    is_not_there(&gate, &lead, &["hold", "reviewed", "ID", "--reason", "rightly"], &hold);
    done(&by(&gate, &deputy, &["hold", "reviewed", &hold, "--reason", "rightly"]));

    // A suspension of the lead is nothing to the lead.
    let until = in_three_days();
    let suspend = |who: &User, person: &str| {
        let words = ["suspend", "ask", "--school", "oakfield", "--person", person, "--until", &until];
        by(&gate, who, &[&words[..], &["--reason", "told by a parent"]].concat())
    };
    let of_lead = done(&suspend(&head, LEAD));
    let listed = |who: &User, what: &str| by(&gate, who, &["--format", "jsonl", what, "list"]);
    assert!(ids(&listed(&lead, "suspend")).is_empty());
    assert_eq!(ids(&listed(&deputy, "suspend")), [of_lead.as_str()]);
    for verb in [
        &["suspend", "show", "ID"][..],
        &["suspend", "end", "ID", "--reason", "x"],
        &["suspend", "approve", "ID", "--reason", "x"],
        &["suspend", "refuse", "ID", "--reason", "x"],
        &["exception", "show", "ID"],
    ] {
        is_not_there(&gate, &lead, verb, &of_lead);
    }
    // Of the head neither is the head's: lead and chair.
    let of_head = done(&suspend(&lead, HEAD));
    is_not_there(&gate, &head, &["suspend", "approve", "ID", "--reason", "x"], &of_head);
    let own = by(&gate, &lead, &["suspend", "approve", &of_head, "--reason", "x"]);
    refused(&own, "another approves");
    done(&by(&gate, &chair, &["suspend", "approve", &of_head, "--reason", "agreed"]));
    is_not_there(&gate, &head, &["suspend", "end", "ID", "--reason", "x"], &of_head);

    // An exception: not for oneself, and its reason is not for everybody.
    let ask = ["exception", "ask", "--school", "oakfield", "--person", HEAD, "--until", &until];
    let why = ["--rule", "personal-data.health", "--reason", "a private word"];
    let own = done(&by(&gate, &lead, &[&ask[..], &why].concat()));
    refused(&by(&gate, &head, &["exception", "approve", &own, "--reason", "x"]), "for themselves");
    refused(&listed(&teacher, "exception"), "Who may");
    refused(&gate.home.run(&["exception", "show", &own]), "Who may");
    let operator = gate.home.run(&["exception", "list"]);
    assert!(operator.out.contains(&own) && !operator.out.contains("oak-s01"), "{}", operator.out);
    let shown = by(&gate, &deputy, &["exception", "show", &own]);
    assert!(shown.out.contains("a private word"), "{}", shown.err);
    let looks = gate.home.list(&["ledger", "list", "--event", "measure.viewed"]);
    assert_eq!(looks.len(), 1, "a look is a row: {looks:?}");

    // A signature is given in an office that is held.
    let sign = |office: &str| {
        let step = ["observe", "sign", "--school", "oakfield", "--step", "harm", "--reason", "seen"];
        by(&gate, &lead, &[&step[..], &["--as", office]].concat())
    };
    refused(&sign("chair"), "an office that you hold");
    done(&sign("lead"));

    // A low-level concern does not leave the head.
    let open = ["incident", "open", "--school", "oakfield", "--title", "a remark", "--reason", "told me"];
    let low = done(&by(&gate, &teacher, &[&open[..], &["--kind", "low-level"]].concat()));
    let hand = |who: &User, id: &str| {
        by(&gate, who, &["incident", "hand-over", id, "--to", "lead", "--reason", "please"])
    };
    refused(&hand(&head, &low), "the head's alone");
    is_not_there(&gate, &lead, &["incident", "hand-over", "ID", "--to", "deputy", "--reason", "x"], &low);
    assert_eq!(gate.home.run(&["ledger", "verify"]).code(), 0);
}

#[test]
fn whose_office_has_ended_is_handed_nothing_though_the_configuration_names_them() {
    let gate = Gate::new(Door::Relay, Setup::default());
    let groomed = mail("stranger@chat.example", PUPIL, "hey", GROOMING);
    assert!(gate.send_unproved("stranger@chat.example", &[PUPIL], &groomed).starts_with("250"));
    let head = first_head(&gate);
    let listed = |words: &[&str]| by(&gate, &head, &[words, &["--format", "jsonl"]].concat()).lines();
    let item = listed(&["quarantine", "list"])[0]["id"].as_str().unwrap().to_owned();
    let hand =
        || by(&gate, &head, &["quarantine", "hand-over", &item, "--to", "deputy", "--reason", "please"]);
    // Named by the configuration and not registered: handed to as ever.
    assert_eq!(hand().code(), 0, "{}", hand().err);
    officer(&gate, &head, DEPUTY, "deputy");
    assert_eq!(hand().code(), 0, "{}", hand().err);
    let users = listed(&["users", "list"]);
    let mut grants = users.iter().flat_map(|user| user["grants"].as_array().unwrap());
    let grant = grants.find(|grant| grant["office"] == "deputy").expect("the deputy's")["id"].clone();
    let ended = by(&gate, &head, &["users", "revoke", grant.as_str().unwrap(), "--reason", "moved on"]);
    assert_eq!(ended.code(), 0, "{}", ended.err);
    let nobody = hand();
    assert!(nobody.code() == 2 && nobody.err.contains("Nobody who holds that office"), "{}", nobody.err);
}
