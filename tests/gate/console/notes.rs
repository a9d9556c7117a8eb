//! Notes for leads (practice.md, A12): beside what waits of the same person, for leads and deputies of the
//! school alone; not for the head, not for whoever is in the item, and in no log or ledger row.

use super::{
    Browser, DEPUTY, Person, School, gate,
    item::opened,
    queue::{ids, quarantined},
    register, runtime,
};
use crate::gate::{Gate, LEAD, PUPIL, TEACHER};
use gatehouse::{
    mail::SchoolId,
    parties::PersonId,
    storage::{Actor, NewLeadNote, keys},
};
use reqwest::StatusCode;

const ADMIN: &str = "s.adeyemi@oakfield.example";
const WORDS: &str = "Quagmire: repeats phrases, agreed with the SENCO to speak first";
const OF_DEPUTY: &str = "Sassafras: about the deputy";
const TITLE: &str = "Notes for leads";

/// The lead of the other school.
fn lead_elsewhere(gate: &Gate) -> Browser {
    let key = gate.home.path("elsewhere.key");
    let public = keys::generate_identity(&key, "a person's own key").unwrap();
    let head = register(gate, &["--key", &public], "s.rhys-morgan@brynglas.example");
    let Person { id, browser } = register(gate, &[], "g.pugh@brynglas.example");
    let grant = |id: &str, office: &str| {
        let words = ["users", "grant", id, "--office", office, "--school", "brynglas", "--reason", "test"];
        let asked = gate.home.run(&words);
        assert_eq!(asked.code(), 0, "{office}: {}", asked.err);
        asked.out.trim().to_owned()
    };
    grant(&head.id, "head");
    let asked = grant(&id, "lead");
    let approve = ["--me", key.to_str().unwrap(), "users", "approve", &asked, "--reason", "appointed"];
    let yes = gate.home.run(&approve);
    assert_eq!(yes.code(), 0, "{}", yes.err);
    browser
}

/// The value of the field of this name.
fn value<'p>(page: &'p str, field: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!("name=\"{field}\" value=\"")).expect("a field");
    rest.split('"').next().unwrap()
}

/// Where the one note of a page is ended.
fn end_of(page: &str) -> String {
    let (_, rest) = page.split_once("/notes/").expect("a note");
    let (note, _) = rest.split_once("/end").unwrap();
    note.to_owned()
}

#[test]
fn a_note_stands_beside_the_item_for_leads_and_deputies_alone() {
    let gate = gate();
    quarantined(&gate, &[PUPIL]);
    quarantined(&gate, &[PUPIL, DEPUTY]);
    let all = ids(&gate);
    let [one, two] = &all[..] else { panic!("{all:?}") };
    let place = format!("/queue/{one}/notes");
    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let mut deputy = school.officer(&gate, DEPUTY, "deputy").browser;
    let mut teacher = school.officer(&gate, TEACHER, "staff").browser;
    let mut admin = school.officer(&gate, ADMIN, "admin").browser;
    let mut elsewhere = lead_elsewhere(&gate);
    let mut nobody = Browser::new(&gate);
    let mut head = school.head.browser;

    // Written by the lead, once the item is open; the second in it is the pupil, the first a stranger.
    let note = |last| [("who", "1"), ("text", WORDS), ("last", last)];
    assert_eq!(lead.post(&place, &note("2026-12-01")).status, StatusCode::FORBIDDEN, "not opened");
    let page = opened(&mut lead, one);
    assert!(page.contains(TITLE) && page.contains("No note on anybody in it."), "{page}");
    let last = value(&page, "last").to_owned();
    for (fields, status) in [
        ([("who", "1"), ("text", "  "), ("last", &*last)], StatusCode::UNPROCESSABLE_ENTITY),
        ([("who", "1"), ("text", &*"x".repeat(501)), ("last", &last)], StatusCode::UNPROCESSABLE_ENTITY),
        (note("2020-01-01"), StatusCode::UNPROCESSABLE_ENTITY),
        (note("2099-01-01"), StatusCode::UNPROCESSABLE_ENTITY),
        (note("soon"), StatusCode::UNPROCESSABLE_ENTITY),
        ([("who", "0"), ("text", WORDS), ("last", &last)], StatusCode::FORBIDDEN),
    ] {
        assert_eq!(lead.post(&place, &fields).status, status, "{fields:?}");
    }
    let kept = lead.post(&place, &note(&last));
    assert_eq!(kept.leads_to(), format!("/queue/{one}?said=note-kept"), "{}", kept.text);
    let page = lead.get(kept.leads_to()).text;
    assert!(page.contains(WORDS), "{page}");

    // The deputy reads it there, the lead beside another item of the same pupil too.
    let page = opened(&mut deputy, one);
    assert!(page.contains(WORDS) && page.contains("<strong><bdi>Amelia Martin</bdi></strong>"), "{page}");
    assert!(opened(&mut lead, two).contains(WORDS));
    let number = end_of(&page);
    let end = format!("{place}/{number}/end");

    // The head opens the item and is told nothing of it; the others get no further than ever.
    let page = opened(&mut head, one);
    assert!(!page.contains(WORDS) && !page.contains(TITLE), "{page}");
    for (who, browser, status) in [
        ("head", &mut head, StatusCode::FORBIDDEN),
        ("teacher", &mut teacher, StatusCode::FORBIDDEN),
        ("admin", &mut admin, StatusCode::FORBIDDEN),
        ("lead elsewhere", &mut elsewhere, StatusCode::NOT_FOUND),
        ("nobody", &mut nobody, StatusCode::SEE_OTHER),
    ] {
        for tried in [browser.post(&place, &note(&last)), browser.post(&end, &[])] {
            assert_eq!(tried.status, status, "{who}: {}", tried.text);
            assert!(!tried.text.contains(WORDS) && !tried.text.contains(TITLE), "{who}");
        }
        let page = browser.get(&format!("/queue/{one}"));
        assert!(!page.text.contains(WORDS) && !page.text.contains(TITLE), "{who}");
    }

    // Of what is about oneself there is nothing, whatever one's office.
    let of_deputy = NewLeadNote {
        school: SchoolId("oakfield".into()),
        person: PersonId("oak-s03".into()),
        text: OF_DEPUTY.into(),
        until: chrono::Utc::now() + chrono::TimeDelta::days(9),
    };
    let kept = async { gate.home.store().await.lead_note_make(of_deputy, &Actor::Gate).await.unwrap() };
    let own = format!("{place}/{}/end", runtime().block_on(kept));
    assert_eq!(deputy.post(&own, &[]).status, StatusCode::NOT_FOUND);
    assert_eq!(deputy.post(&format!("/queue/{two}/notes"), &note(&last)).status, StatusCode::NOT_FOUND);
    assert_eq!(lead.post(&own, &[]).leads_to(), format!("/queue/{one}?said=note-ended"));

    // Beside an incident in which the pupil stands.
    let incident = [
        ("school", "oakfield"),
        ("kind", "concern"),
        ("title", "A row"),
        ("why", "told by a friend"),
        ("affected", PUPIL),
        ("accused", ""),
    ];
    let case = lead.post("/incidents", &incident).leads_to().split('?').next().unwrap().to_owned();
    for (who, browser, sees) in [("lead", &mut lead, true), ("head", &mut head, false)] {
        browser.post(&format!("{case}/look"), &[("purpose", "safeguarding"), ("words", "")]);
        let page = browser.get(&case);
        assert!(page.status == StatusCode::OK && page.text.contains("A row"), "{who}: {}", page.text);
        assert_eq!(page.text.contains(WORDS), sees, "{who}");
    }

    // At the command line whoever has the machine neither reads nor writes one, and sees no row of it.
    for words in [
        &["quarantine", "note", "list", PUPIL, "--purpose", "facts"][..],
        &["quarantine", "note", "add", PUPIL, "--text", "x"],
        &["quarantine", "note", "end", &number],
    ] {
        let said = gate.home.run(words);
        assert!(said.code() == 2 && !said.out.contains("Quagmire"), "{words:?}: {} {}", said.out, said.err);
    }
    let rows = gate.home.list(&["ledger", "list", "--limit", "1000"]);
    assert!(!rows.iter().any(|row| row["event"].as_str().unwrap().starts_with("lead-note.")), "{rows:?}");

    // The deputy ends it, once.
    for _ in 0..2 {
        assert_eq!(deputy.post(&end, &[]).leads_to(), format!("/queue/{one}?said=note-ended"));
    }
    assert!(!lead.get(&format!("/queue/{one}")).text.contains(WORDS));
    let export = runtime().block_on(async {
        let mut out = Vec::new();
        gate.home.store().await.ledger_export(&mut out).await.unwrap();
        String::from_utf8(out).unwrap()
    });
    for (event, times) in [("lead-note.made", 2), ("lead-note.ended", 2)] {
        assert_eq!(export.matches(&format!("\"{event}\"")).count(), times, "{event}");
    }
    for text in [export, gate.serving.log().join("\n")] {
        let text = text.to_lowercase();
        assert!(["quagmire", "sassafras", "amelia", "26amartin"].iter().all(|word| !text.contains(word)));
    }
    assert_eq!(gate.home.run(&["ledger", "verify"]).code(), 0);
}
