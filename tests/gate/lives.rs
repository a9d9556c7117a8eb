//! The lives of mail through the running gate: a delay that its sender can end either way, the
//! switch back to observe, and what the command line shows and refuses.

use crate::{
    dangers::{GROOMING, HEALTH},
    gate::{DOORS, Door, GATE, Gate, LEAD, OUTSIDE, Setup, TEACHER, mail},
    house::PATIENCE,
    sink::{Asked, Delivery, Sink},
};
use gatehouse::message::{Body, ReadLimits, read};
use std::{
    sync::{Arc, Condvar, Mutex},
    time::Instant,
};

const AGENCY: &str = "duty@social-care.council.example";

fn ok(reply: String) {
    assert!(reply.starts_with("250"), "{reply}");
}

fn text(delivery: &Delivery) -> String {
    match &read(&delivery.data, ReadLimits::default()).parts[0].body {
        Body::Text(text) => text.clone().into_owned(),
        other => panic!("{other:?}"),
    }
}

fn wait(what: &str, mut so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !so() {
        assert!(since.elapsed() < PATIENCE, "never came: {what}");
    }
}

fn answer(keyword: &str, notice: &Delivery) -> String {
    let said = text(notice);
    let (_, rest) = said.split_once("Reference: ").unwrap_or_else(|| panic!("no token in {said}"));
    let token = rest.split_whitespace().next().unwrap();
    mail(TEACHER, GATE, "Re: waiting", &format!("{keyword}\r\n\r\n> Reference: {token}"))
}

#[test]
fn a_grace_period_is_a_delay_that_the_sender_ends_either_way() {
    for door in DOORS {
        let gate = Gate::new(door, Setup { school: "grace-period = \"15m\"\n".into(), ..Setup::default() });
        // Nobody waits but a person's mail to outside: not colleagues, leads, agencies, strangers.
        ok(gate.send(TEACHER, &[LEAD], &mail(TEACHER, LEAD, "In house", "Hello.")));
        ok(gate.send(LEAD, &[OUTSIDE], &mail(LEAD, OUTSIDE, "From the lead", "Hello.")));
        ok(gate.send(TEACHER, &[AGENCY], &mail(TEACHER, AGENCY, "To the agency", "Hello.")));
        ok(gate.send_unproved(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "Unproved", "Hello.")));
        assert_eq!(gate.sink.wait_for(4).len(), 4, "{door:?}");

        let both = mail(TEACHER, OUTSIDE, "Trip", "The coach leaves at nine.");
        ok(gate.send(TEACHER, &[OUTSIDE, LEAD], &both));
        let six = gate.sink.wait_for(6);
        let new: Vec<_> = six[4..].iter().collect();
        assert!(new.iter().any(|d| d.is_for(LEAD)), "the colleague has it: {door:?}");
        let notice = new.iter().find(|d| d.is_for(TEACHER)).expect("the sender hears");
        let said = text(notice);
        assert!(said.starts_with("Not sent yet: it leaves by itself, "), "{said}");
        assert!(said.contains("This is a delay, not a hold"), "{said}");
        let item = gate.home.only("hold", "open");
        assert_eq!((&item["kind"], &item["recipients"]), (&"grace".into(), &1.into()));
        assert!(item["leaves_at"].is_string(), "{item}");
        ok(gate.send(TEACHER, &[GATE], &answer("SEND", notice)));
        let sent = gate.sink.wait_for(7);
        assert!(sent[6].is_for(OUTSIDE) && text(&sent[6]).contains("coach"), "{door:?}");
        wait("delivered", || gate.home.list(&["hold", "list"])[0]["state"] == "released");
        let shown = gate.home.list(&["hold", "show", item["id"].as_str().unwrap()]);
        assert_eq!(shown[0]["delivery"][0]["state"], "delivered");
        assert_eq!(shown[0]["delivery"][0]["code"], 250);

        ok(gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "Second", "Oh no.")));
        let notice = gate.sink.wait_for(8).remove(7);
        ok(gate.send(TEACHER, &[GATE], &answer("WITHDRAW", &notice)));
        gate.sink.wait_for(9);
        let withdrawn = gate.home.only("hold", "withdrawn");
        let shown = gate.home.list(&["hold", "show", withdrawn["id"].as_str().unwrap()]);
        assert_eq!(shown[0]["delivery"][0]["state"], "stopped");
        assert!(!gate.sink.deliveries().iter().any(|d| d.text().contains("Oh no.")), "{door:?}");
    }
}

/// practice.md, C: within a minute, without a reload.
#[test]
fn one_switch_leads_back_to_observe_and_another_way_out_again() {
    let gate = Gate::new(Door::Relay, Setup::default());
    let sent = |n: u8| mail(TEACHER, OUTSIDE, &format!("About noon {n}"), HEALTH);
    ok(gate.send(TEACHER, &[OUTSIDE], &sent(1)));
    gate.home.only("hold", "open");
    gate.sink.wait_for(1);

    let unknown = gate.home.run(&["observe", "--school", "oakfeld", "--reason", "noise"]);
    assert!(unknown.code() == 2 && unknown.err.contains("Did you mean `oakfield`?"), "{}", unknown.err);
    let rule = ["observe", "--school", "oakfield", "--rule", "no.rule", "--reason", "noise"];
    assert_eq!(gate.home.run(&rule).code(), 2);
    let switched = gate.home.run(&["observe", "--school", "oakfield", "--reason", "too many holds"]);
    assert_eq!(switched.code(), 0, "{}", switched.err);
    gate.serving.wait_log("observe.changed");
    ok(gate.send(TEACHER, &[OUTSIDE], &sent(2)));
    let delivered = gate.sink.wait_for(2);
    assert!(delivered[1].is_for(OUTSIDE), "{:?} {}", delivered[1].rcpts, delivered[1].text());
    assert!(delivered[1].text().contains("About noon 2"), "{}", delivered[1].text());
    let listed = gate.home.list(&["observe", "list"]);
    assert_eq!(listed[0]["state"], "observes");
    let number = listed[0]["id"].as_str().unwrap().to_owned();
    let ended = gate.home.run(&["observe", "end", &number, "--reason", "mended"]);
    assert_eq!(ended.code(), 0, "{}", ended.err);
    gate.serving.wait_log_times("observe.changed", 2);
    ok(gate.send(TEACHER, &[OUTSIDE], &sent(3)));
    wait("held again", || gate.home.list(&["hold", "list"]).len() == 2);
    assert_eq!(gate.home.run(&["ledger", "verify"]).code(), 0);
}

#[test]
fn the_command_line_leads_through_the_lives_of_quarantine() {
    let gate = Gate::new(Door::Relay, Setup::default());
    let pupil = crate::gate::PUPIL;
    ok(gate.send_unproved(OUTSIDE, &[pupil], &mail(OUTSIDE, pupil, "Hi", GROOMING)));
    let item = gate.home.only("quarantine", "open");
    let id = item["id"].as_str().unwrap();
    let run = |args: &[&str]| gate.home.run(args);
    let done = |args: &[&str]| assert_eq!(run(args).code(), 0, "{args:?}: {}", run(args).err);
    // Nobody is tipped off (practice.md, A2).
    let told = run(&["quarantine", "return", id, "--advice", "Please do not", "--reason", "x"]);
    assert!(told.code() == 2 && told.err.contains("tells no party"), "{}", told.err);
    done(&["quarantine", "escalate", id, "--to", "head", "--reason", "for the head"]);
    let listed = &gate.home.list(&["quarantine", "list"])[0];
    assert_eq!((&listed["state"], &listed["office"]), (&"escalated".into(), &"head".into()));
    done(&["quarantine", "hand-over", id, "--to", "chair", "--reason", "the head is a party"]);
    done(&["quarantine", "keep", id, "--legal-hold", "--reason", "police asked"]);
    let second = run(&["quarantine", "release", id, "--reason", "x"]);
    assert!(second.code() == 2 && second.err.contains("already kept-as-evidence"), "{}", second.err);
    assert_eq!(gate.home.list(&["quarantine", "legal-hold", "list"])[0]["subject"], id);
    done(&["quarantine", "reopen", id, "--reason", "more is known"]);
    done(&["quarantine", "seal", id, "--reason", "a picture"]);
    let shown = &gate.home.list(&["quarantine", "show", id, "--purpose", "facts"])[0];
    let keys: Vec<&String> = shown.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["id", "object_sha256", "received_at", "relations", "school", "sealed_at", "sha256", "state", "what"]
    );
    assert_eq!(
        (&shown["what"], &shown["relations"][0]),
        (&"suspected match".into(), &"outside->pupil".into())
    );
    for refused in [
        &["quarantine", "show", id, "--raw", "--purpose", "facts"][..],
        &["quarantine", "export", id, "--purpose", "facts"],
        &["quarantine", "release", id, "--reason", "x"],
        &["quarantine", "keep", id, "--reason", "x"],
    ] {
        assert!(matches!(run(refused).code(), 2 | 3), "{refused:?}");
    }
    let out = gate.home.path("object.age");
    let police = ["quarantine", "police", id, "--out", out.to_str().unwrap(), "--reason", "CR/1"];
    done(&police);
    let again = run(&police);
    assert!(again.code() == 2 && again.err.contains("another person's"), "{}", again.err);
    assert!(!out.exists());
}

const TRIAL: &str = "
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

[[policy]]
id = \"trial.review-health\"
clauses = [\"PD-1\"]
reason = \"Health details are reviewed.\"
when = { direction = [\"outbound\"], findings = { category = [\"personal-data.health\"] } }
then = { disposition = \"quarantine\" }
";

/// What other rules would have done to the last days' mail: stricter here, milder there; and of what
/// cannot be opened any more it claims nothing.
#[test]
fn a_replay_shows_both_directions_of_change_and_what_it_cannot_say() {
    let gate = Gate::new(Door::Relay, Setup::default());
    let pupil = crate::gate::PUPIL;
    let objects = || {
        let vault = gate.home.path("data/vault");
        let files = std::process::Command::new("find").arg(vault).args(["-name", "*.age"]).output().unwrap();
        String::from_utf8(files.stdout).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    ok(gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "Gone", HEALTH)));
    // Its bytes are lost: what is left is a row.
    objects().iter().for_each(|path| std::fs::remove_file(path).unwrap());
    ok(gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "Noon", HEALTH)));
    ok(gate.send_unproved(OUTSIDE, &[pupil], &mail(OUTSIDE, pupil, "Hi", GROOMING)));
    ok(gate.send(TEACHER, &[LEAD], &mail(TEACHER, LEAD, "Lunch", "At one?")));
    std::fs::create_dir(gate.home.path("trial")).unwrap();
    std::fs::write(gate.home.path("trial/trial.toml"), TRIAL).unwrap();
    let trial = gate.home.path("trial");
    let replay =
        |rules: &str| gate.home.run(&["--format", "jsonl", "replay", "--since", "14", "--rules", rules]);
    let said = replay(trial.to_str().unwrap());
    let changes = said.lines();
    assert_eq!(changes.len(), 2, "{changes:?}");
    let change =
        |was: &str| changes.iter().find(|c| c["was"] == was).unwrap_or_else(|| panic!("{changes:?}"));
    let (stricter, milder) = (change("hold"), change("quarantine"));
    assert_eq!((&stricter["would"], &stricter["messages"]), (&"quarantine".into(), &1.into()));
    assert_eq!(stricter["now_by"], serde_json::json!(["trial.review-health"]));
    assert_eq!((&milder["would"], &milder["now_by"]), (&"deliver".into(), &serde_json::json!([])));
    assert!(!milder["no_longer_by"].as_array().unwrap().is_empty(), "{milder}");
    assert_eq!(milder["examples"].as_array().unwrap().len(), 1);
    assert!(said.err.starts_with("4 messages: 2 assessed anew (0 as before)"), "{}", said.err);
    let rest =
        "1 of which nothing was kept that the gate may open, 0 purged since, 0 that nobody opens, 1 whose";
    assert!(said.err.contains(rest), "one passed, one lost: {}", said.err);
    // The rules in force change nothing of their own verdicts.
    let same = replay(&format!("{}/rulesets", crate::gate::ROOT));
    assert!(same.lines().is_empty() && same.err.contains("2 assessed anew (2 as before)"), "{}", same.err);
    let rows = gate.home.run(&["ledger", "export"]).out;
    assert_eq!(rows.matches("replay.run").count(), 2);
    assert_eq!(gate.home.list(&["hold", "list"]).len(), 2, "a replay decides nothing");
}

/// Until the next hop has said 250 a released message is on its way and not there, and it is shown so.
#[test]
fn a_release_is_shown_as_waiting_until_the_next_hop_has_taken_it() {
    let gate_of_hop = Arc::new((Mutex::new(false), Condvar::new()));
    let waits = Arc::clone(&gate_of_hop);
    let sink = Sink::scripted(move |asked| {
        if let Asked::Message(message) = asked
            && message.is_for(OUTSIDE)
        {
            let opened = waits.0.lock().unwrap();
            drop(waits.1.wait_timeout_while(opened, PATIENCE, |opened| !*opened).unwrap());
        }
        None
    });
    let gate = Gate::with_sink(Door::Relay, Setup::default(), sink);
    ok(gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "Noon", HEALTH)));
    let id = gate.home.only("hold", "open")["id"].as_str().unwrap().to_owned();
    assert_eq!(gate.home.run(&["hold", "release", &id, "--reason", "agreed"]).code(), 0);
    let shown = || gate.home.list(&["hold", "show", &id]).remove(0);
    wait("on its way", || gate.home.list(&["outbox", "list"]).iter().any(|j| j["kind"] == "release"));
    let on_its_way = shown();
    assert_eq!(on_its_way["state"], "releasing");
    assert_eq!(on_its_way["delivery"][0]["state"], "waiting");
    *gate_of_hop.0.lock().unwrap() = true;
    gate_of_hop.1.notify_all();
    wait("there", || shown()["state"] == "released");
    assert_eq!(
        (&shown()["delivery"][0]["state"], &shown()["delivery"][0]["code"]),
        (&"delivered".into(), &250.into())
    );
    assert_eq!(gate.home.list(&["hold", "list"]).len(), 1, "not caught again");
}
