//! What is held on a person (PD-12), from the gate's door to the answer: gathered from every source,
//! ruled upon, given without third parties, and silent about what is not given.

use crate::{
    dangers::GROOMING,
    gate::{Door, Gate, HEAD, LEAD, OUTSIDE, PARENT, PUPIL, Setup, TEACHER, mail},
    users::{User, by, registered},
};
use serde_json::Value;

const JACOB: &str = "24jrowe@pupils.oakfield.example";
const FATHER: &str = "stephen.rowe@freemail.example";
const DPO: &str = "s.adeyemi@oakfield.example";

fn recording() -> Gate {
    Gate::new(Door::Relay, Setup { school: "record-parent-mail = true\n".into(), ..Setup::default() })
}

fn ok(gate: &Gate, args: &[&str]) -> String {
    let said = gate.home.run(args);
    assert_eq!(said.code(), 0, "{args:?}: {}", said.err);
    said.out.trim().to_owned()
}

fn page(zip: &str) -> String {
    let bytes = std::fs::read(zip).unwrap();
    let end = memchr::memmem::find(&bytes, b"</html>").unwrap();
    String::from_utf8_lossy(&bytes[..end]).to_lowercase()
}

/// The pieces as `show` lists them, by their kinds.
fn kinds(pieces: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<&str> =
        pieces.iter().map(|p| p["piece"].as_str().unwrap().split('/').next().unwrap()).collect();
    kinds.sort_unstable();
    kinds
}

#[test]
fn everything_that_names_a_person_is_found_and_what_is_withheld_leaves_no_trace() {
    let gate = recording();
    let sent = |reply: String| assert!(reply.starts_with("250"), "{reply}");
    // Filed under him; naming him alone, in the mail of another family; by his whole name in quarantine.
    sent(gate.send_unproved(
        FATHER,
        &[TEACHER],
        &mail(FATHER, TEACHER, "Absence", "Jacob was ill on Monday."),
    ));
    let of_others = "Amelia says that Jacob took her coat. Nobody else was there.";
    sent(gate.send_unproved(PARENT, &[TEACHER], &mail(PARENT, TEACHER, "A coat", of_others)));
    sent(gate.send_unproved(
        PARENT,
        &[TEACHER],
        &mail(PARENT, TEACHER, "Trip", "Amelia would like to come."),
    ));
    let groomed = format!("{GROOMING} Jacob Rowe need not know either.");
    sent(gate.send_unproved(OUTSIDE, &[PUPIL], &mail(OUTSIDE, PUPIL, "hey", &groomed)));
    sent(gate.send(JACOB, &[TEACHER], &mail(JACOB, TEACHER, "Homework", "Here it is.")));
    gate.sink.wait_for(4);
    let item = gate.home.only("quarantine", "open")["id"].as_str().unwrap().to_owned();
    ok(
        &gate,
        &[
            "incident",
            "open",
            "--school",
            "oakfield",
            "--title",
            "The coat",
            "--reason",
            "told by a parent",
            "--affected",
            "oak-p01",
            "--accused",
            "oak-p02",
        ],
    );

    let note = "Repeats what he hears; agreed with the SENCO.";
    ok(&gate, &["quarantine", "note", "add", "oak-p02", "--text", note]);

    let key = gate.home.path("custodian.key");
    let (review, answer) = (gate.home.path("review.zip"), gate.home.path("answer.zip"));
    let (key, review, answer) = (key.to_str().unwrap(), review.to_str().unwrap(), answer.to_str().unwrap());
    let id = ok(&gate, &["subject-access", "make", "oak-p02", "--custodian", key, "--out", review]);
    let pieces = gate.home.list(&["subject-access", "show", &id]);
    let all = ["incident", "item", "lead-note", "log", "record", "record", "request"];
    assert_eq!(kinds(&pieces), all, "{pieces:?}");
    let reviewed = page(review);
    for word in [
        "the coat",
        "took her coat",
        "need not know",
        "repeats what he hears",
        "withheld until you have ruled",
    ] {
        assert!(reviewed.contains(word), "{word}");
    }
    let concerns = |piece: &Value| piece["concerns"].to_string();
    let of = |kind: &str| pieces.iter().find(|p| p["piece"].as_str().unwrap().starts_with(kind)).unwrap();
    assert!(concerns(of("incident/")).contains("protection of a child"));
    assert!(concerns(of("lead-note/")).contains("protection of a child"));
    assert!(concerns(of(&format!("item/{item}"))).contains("not decided yet"));

    // Both include the mail and withhold the rest.
    for (office, as_user) in [("data-protection", "one"), ("lead", "two")] {
        for piece in pieces.iter().filter(|p| p["piece"] == "request" || concerns(p) != "[]") {
            let piece = piece["piece"].as_str().unwrap();
            let ruling =
                if piece == "request" || piece.starts_with("record/") { "include" } else { "withhold" };
            rule_as(&gate, &id, piece, ruling, office, as_user);
        }
    }
    ok(&gate, &["subject-access", "release", &id, "--custodian", key, "--out", answer]);
    let given = page(answer);
    for word in ["jacob was ill", "took her coat", "[person"] {
        assert!(given.contains(word), "{word} in {given}");
    }
    for word in [
        "amelia",
        "claire",
        "the coat<",
        "incident:",
        "need not know",
        "repeats",
        "quarantine",
        "withheld",
        ">found<",
    ] {
        assert!(!given.contains(word), "{word} in {given}");
    }
    assert!(!given.contains("would like to come"), "mail that does not speak of him");
}

/// Two accounts of the machine stand for two people as long as nobody is registered; here the store's
/// own door stands for the second.
fn rule_as(gate: &Gate, id: &str, piece: &str, ruling: &str, office: &str, who: &str) {
    use gatehouse::{
        parties::PersonId,
        storage::{Actor, RulingOffice, SubjectRuling},
    };
    let office = RulingOffice::ALL.into_iter().find(|o| o.name() == office).unwrap();
    let ruling = SubjectRuling::ALL.into_iter().find(|r| r.name() == ruling).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = gate.home.store().await;
        let actor = Actor::Person(PersonId(who.into()));
        let id = id.parse().unwrap();
        store.subject_access_rule(&id, piece, office, ruling, "seen", &actor).await.unwrap();
        store.close().await;
    });
}

/// Whom a child told is in no list that a parent may get (practice.md, A1, A2, A6).
#[test]
fn the_log_of_a_child_does_not_tell_whom_it_told() {
    let gate = recording();
    for to in
        [TEACHER, LEAD, "duty@social-care.council.example", "talk@helpline.example", "rep@union.example"]
    {
        assert!(gate.send(JACOB, &[to], &mail(JACOB, to, "A word", "May I talk to you?")).starts_with("250"));
    }
    let threat = mail(JACOB, PUPIL, "hi", "im gonna stab you after school");
    assert!(gate.send(JACOB, &[PUPIL], &threat).starts_with("250"));
    gate.sink.wait_for(5);
    assert!(!gate.home.list(&["incident", "list"]).is_empty(), "an incident has the threat");
    let (key, review) = (gate.home.path("custodian.key"), gate.home.path("review.zip"));
    let (key, review) = (key.to_str().unwrap(), review.to_str().unwrap());
    let asked = ["subject-access", "make", "oak-p02", "--requested-by", FATHER];
    let id = ok(&gate, &[&asked[..], &["--custodian", key, "--out", review]].concat());
    let log = gate.home.list(&["subject-access", "show", &id]).into_iter().find(|p| p["piece"] == "log");
    assert!(log.expect("a log")["concerns"].to_string().contains("which may tell to whom"));
    let page = page(review);
    assert!(!page.contains("outbound"), "mail to a listed service");
    let log = &page[page.rfind("log of messages that the person sent").expect("a log")..];
    let log = &log[..log.find("</table>").expect("its rows")];
    assert_eq!(log.matches("internal").count(), 1, "to the teacher alone: {log}");
}

/// practice.md, A4: low-level concerns and allegations are the head's alone, also here.
#[test]
fn what_is_the_heads_alone_is_there_for_the_head_alone() {
    let gate = recording();
    assert!(
        gate.send_unproved(PARENT, &[TEACHER], &mail(PARENT, TEACHER, "A word", "Thank you."))
            .starts_with("250")
    );
    gate.sink.wait_for(1);
    let concern = ok(
        &gate,
        &[
            "incident",
            "open",
            "--school",
            "oakfield",
            "--kind",
            "low-level",
            "--title",
            "Lifts home",
            "--reason",
            "told by a colleague",
            "--accused",
            TEACHER,
        ],
    );
    let [head, lead, dpo] = registered(&gate, [(HEAD, "head"), (LEAD, "lead"), (DPO, "data-protection")]);
    let key = gate.home.path("custodian.key");
    let key = key.to_str().unwrap();
    let path = |name: &str| gate.home.path(name).to_str().unwrap().to_owned();
    let run = |who: &User, args: &[&str]| {
        let said = by(&gate, who, args);
        assert_eq!(said.code(), 0, "{args:?}: {}", said.err);
        said
    };
    let made =
        run(&dpo, &["subject-access", "make", TEACHER, "--custodian", key, "--out", &path("review.zip")]);
    let id = made.out.trim();
    assert!(!page(&path("review.zip")).contains("lifts home"));
    let shown = |who: &User| run(who, &["--format", "jsonl", "subject-access", "show", id]).out;
    let piece = format!("incident/{concern}");
    assert_eq!((shown(&dpo).contains(&piece), shown(&lead).contains(&piece)), (false, false));
    assert!(shown(&head).contains(&piece));
    run(&head, &["subject-access", "review", id, "--custodian", key, "--out", &path("head.zip")]);
    assert!(page(&path("head.zip")).contains("lifts home"));

    let rule = |who: &User, piece: &str, office: &str| {
        by(
            &gate,
            who,
            &["subject-access", "rule", id, piece, "include", "--office", office, "--because", "seen"],
        )
    };
    let (refused, nothing) = (rule(&lead, &piece, "lead"), rule(&lead, "incident/0000000000", "lead"));
    assert_eq!((refused.code(), &refused.err), (2, &nothing.err), "as of one that is not there");
    for (who, office) in [(&dpo, "data-protection"), (&lead, "lead")] {
        for line in run(who, &["--format", "jsonl", "subject-access", "show", id]).lines() {
            if line["piece"] == "request" || line["concerns"] != Value::Array(vec![]) {
                let ruled = rule(who, line["piece"].as_str().unwrap(), office);
                assert_eq!(ruled.code(), 0, "{line}: {}", ruled.err);
            }
        }
    }
    // Neither a count nor a row tells of what is the head's.
    let visible = run(&dpo, &["--format", "jsonl", "subject-access", "show", id]).lines().len() - 1;
    let made = run(&head, &["--format", "jsonl", "ledger", "list", "--event", "subject-access.made"]).lines();
    assert_eq!(made[0]["details"], format!("pieces={visible}"));
    assert_eq!(rule(&head, &piece, "head").code(), 0);
    let rows = ["--format", "jsonl", "ledger", "list", "--limit", "1000"];
    assert!(run(&head, &rows).out.contains(&concern));
    assert!(!run(&dpo, &rows).out.contains(&concern));
    // Nor does what is held on somebody who asked for it in vain.
    assert_eq!(by(&gate, &lead, &["incident", "show", &concern, "--purpose", "facts"]).code(), 2);
    let of_lead = ["subject-access", "make", LEAD, "--custodian", key, "--out", &path("lead.zip")];
    run(&dpo, &of_lead);
    let of_lead = page(&path("lead.zip"));
    assert!(of_lead.contains("subject access: ruled") && !of_lead.contains("access: refused"), "{of_lead}");
    // Nothing waits for the head, and nothing tells that there is something of the head's.
    run(&dpo, &["subject-access", "release", id, "--custodian", key, "--out", &path("answer.zip")]);
    assert!(!page(&path("answer.zip")).contains("lifts home"));
}
