//! Records of mail with parents: found by people, words and time with a purpose, opened with the custodian's
//! key of the session, written out; not there for parties, others' schools and those who read none.

use super::{
    Browser, DEPUTY, Page, School, gate_with, key, password::let_proofs_age, queue::colleague_elsewhere,
};
use crate::{
    dangers::GROOMING,
    gate::{Gate, LEAD, OUTSIDE, PARENT, PUPIL, Setup, TEACHER, mail},
};
use reqwest::StatusCode;
use serde_json::Value;
use std::fs;

/// Father of Amelia and Jacob, whose mothers are two other people.
const FATHER: &str = "stephen.rowe@freemail.example";
const MOTHER: &str = "danielle.rowe@postbox.example";
/// Stands in a subject, and on no page before a key has opened it.
const SUBJECT: &str = "Zanzibar";

pub(super) fn recording() -> Gate {
    gate_with(Setup { school: "record-parent-mail = true\n".into(), ..Setup::default() })
}

fn ok(reply: String) {
    assert!(reply.starts_with("250"), "{reply}");
}

fn rows(gate: &Gate, event: &str) -> Vec<Value> {
    let all = gate.home.list(&["ledger", "list", "--limit", "1000"]);
    all.into_iter().filter(|row| row["event"] == event).collect()
}

/// A letter of a conversation.
fn letter(from: &str, to: &str, id: &str, answers: &str, text: &str) -> String {
    let head = format!("Message-ID: <{id}>\r\nSubject: {SUBJECT}\r\n");
    let head = if answers.is_empty() { head } else { format!("{head}In-Reply-To: <{answers}>\r\n") };
    format!("From: {from}\r\nTo: {to}\r\n{head}\r\n{text}\r\n")
}

/// Asks, and returns the address of the answer with the page.
pub(super) fn asked(browser: &mut Browser, fields: &[(&str, &str)]) -> (String, Page) {
    let sent = browser.post("/records/find", fields);
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let place = sent.leads_to().to_owned();
    let page = browser.get(&place);
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    (place, page)
}

/// The addresses of the records on a page, newest first.
fn places(page: &str) -> Vec<String> {
    let links = page.split("<a href=\"/records/").skip(1).filter_map(|rest| rest.split('"').next());
    let links = links.filter(|link| link.contains("?from="));
    links.map(|link| format!("/records/{}", link.replace("&amp;", "&").replace("&#38;", "&"))).collect()
}

#[test]
fn records_are_found_opened_with_a_key_and_written_out() {
    let gate = recording();
    ok(gate.send_unproved(
        FATHER,
        &[TEACHER],
        &letter(FATHER, TEACHER, "a@freemail.example", "", "Jacob was ill."),
    ));
    let answer = letter(TEACHER, FATHER, "b@oakfield.example", "a@freemail.example", "Jacob is missed.");
    ok(gate.send(TEACHER, &[FATHER], &answer));
    let of_mother = letter(MOTHER, TEACHER, "c@postbox.example", "b@oakfield.example", "Do not tell him.");
    ok(gate.send_unproved(MOTHER, &[TEACHER], &of_mother));
    ok(gate.send_unproved(PARENT, &[DEPUTY], &mail(PARENT, DEPUTY, "A word", "Amelia likes whales.")));
    gate.sink.wait_for(4);
    let school = School::of(&gate);
    let mut head = school.head.browser;

    // Nothing is asked without a purpose, and nothing that cannot be asked.
    assert!(head.get("/records").text.contains("What one parent wrote is never found under the other"));
    assert_eq!(
        head.post("/records/find", &[("child", "Jacob Rowe")]).status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let nobody = [("parent", "Nobody Here"), ("purpose", "complaint"), ("text", "missed")];
    let nobody = head.post("/records/find", &nobody);
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        nobody.text.contains("Nobody in the directory") && nobody.text.contains("value=\"missed\""),
        "{}",
        nobody.text
    );
    assert!(rows(&gate, "records.searched").is_empty());

    let count = |browser: &mut Browser, fields: &[(&str, &str)]| {
        places(&asked(browser, &[fields, &[("purpose", "complaint")]].concat()).1.text).len()
    };
    assert_eq!(count(&mut head, &[]), 4);
    assert_eq!(count(&mut head, &[("parent", FATHER)]), 2);
    assert_eq!(count(&mut head, &[("parent", MOTHER)]), 1, "of one household and not the same parent");
    assert_eq!(count(&mut head, &[("child", "Jacob Rowe"), ("parent", FATHER)]), 2);
    assert_eq!(count(&mut head, &[("staff", DEPUTY)]), 1);
    assert_eq!(count(&mut head, &[("with", "Danielle Rowe")]), 1);
    assert_eq!(count(&mut head, &[("text", "whale")]), 1);
    assert_eq!(count(&mut head, &[("until", "2026-01-01")]), 0);
    let searched = rows(&gate, "records.searched");
    assert_eq!(searched.len(), 8);
    assert!(
        searched.iter().all(|row| row["details"].to_string().contains("purpose=complaint")),
        "{searched:?}"
    );

    let (place, page) =
        asked(&mut head, &[("parent", FATHER), ("purpose", "complaint"), ("words", "of June")]);
    assert!(
        !place.contains("rowe") && page.text.contains("Stephen Rowe") && page.text.contains("Jacob Rowe")
    );
    assert!(!page.text.contains(SUBJECT) && page.text.len() < 50_000, "{}", page.text);
    let of_father = places(&page.text);
    let one = &of_father[1];

    // Without a key the names; with one the message, and who looked.
    let covered = head.get(one).text;
    assert!(
        covered.contains("Unlock your key") && covered.contains("Stephen Rowe") && !covered.contains(SUBJECT)
    );
    assert!(rows(&gate, "record.exported").is_empty());
    key::unlock(&mut head, &gate);
    let open = head.get(one).text;
    for wanted in
        [SUBJECT, FATHER, "Grace Okafor", "Checked just now", "opened it", "of June", "sandbox=\"\""]
    {
        assert!(open.contains(wanted), "{wanted}: {open}");
    }
    assert_eq!(places(&open).len(), 2, "the mother's answer is not the father's conversation: {open}");
    let id = one.strip_prefix("/records/").unwrap().split('?').next().unwrap().to_owned();
    let frame = head.get(&format!("/records/{id}/message"));
    assert!(frame.text.contains("Jacob was ill") && frame.headers["x-frame-options"] == "SAMEORIGIN");
    assert!(frame.headers["content-security-policy"].to_str().unwrap().starts_with("sandbox;"));
    let looked = rows(&gate, "record.exported");
    assert!(looked.len() == 1 && looked[0]["details"].to_string().contains("how=shown"), "{looked:?}");

    // Kept from being purged, until it is lifted.
    let hold = format!("/records/{id}/legal-hold");
    assert_eq!(head.post(&hold, &[("words", " ")]).status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(head.post(&hold, &[("words", "a claim")]).leads_to(), format!("/records/{id}?said=set"));
    let held = head.get(one).text;
    assert!(held.contains("by You: it is not purged") && held.contains("put it under legal hold"), "{held}");
    let number = held.split("name=\"lift\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let lifted = head.post(&hold, &[("lift", &number), ("words", "settled")]);
    assert_eq!(lifted.leads_to(), format!("/records/{id}?said=lifted"), "{}", lifted.text);
    assert!(!head.get(one).text.contains("name=\"lift\""));

    // Written out: those that were ticked, all that answers, and one alone.
    let export = format!("{place}/export");
    let none = head.post(&export, &[("which", "ticked"), ("form", "bundle")]);
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let bundle = head.post(&export, &[("which", "all"), ("form", "bundle")]);
    assert_eq!(bundle.headers["content-type"], "application/zip", "{}", bundle.text);
    let file = gate.home.path("records.zip");
    fs::write(&file, &bundle.bytes).unwrap();
    let verified = gate.home.run(&["records", "verify", "--format", "jsonl", file.to_str().unwrap()]);
    assert_eq!((verified.code(), &verified.lines()[0]["records"]), (0, &2.into()), "{}", verified.err);
    let mbox = head.post(&export, &[("which", "ticked"), ("form", "mbox"), (&id, "y")]);
    assert!(
        mbox.text.starts_with("From ")
            && mbox.text.contains("Jacob was ill")
            && !mbox.text.contains("missed")
    );
    let eml = head.post(&format!("/records/{id}/export"), &[("form", "eml")]);
    assert!(eml.bytes.starts_with(b"From: stephen") || eml.text.contains("Jacob was ill"), "{}", eml.text);
    let exported = rows(&gate, "record.exported");
    let written = exported.iter().filter(|row| row["details"].to_string().contains("how=exported")).count();
    assert_eq!((written, rows(&gate, "records.bundled").len()), (4, 1));
    // A file takes a fresh proof, as other grave acts do.
    let_proofs_age(&gate);
    let stale = head.post(&export, &[("which", "all"), ("form", "bundle")]);
    assert!(stale.leads_to().starts_with("/sign-in/again?next="), "{}", stale.leads_to());
    assert!(head.get(&place).text.contains("Write out as a file"));
    // What the key has opened goes with it.
    assert_eq!(head.get(&format!("/records/{id}/message")).status, StatusCode::OK);
    head.post("/account/key/forget", &[]);
    assert_eq!(head.get(&format!("/records/{id}/message")).status, StatusCode::NOT_FOUND);
    assert_eq!(gate.home.run(&["ledger", "verify"]).code(), 0);
}

#[test]
fn records_are_not_there_for_parties_other_schools_and_those_who_read_none() {
    let gate = recording();
    let letter = mail(PARENT, DEPUTY, SUBJECT, "Amelia likes whales.");
    ok(gate.send_unproved(PARENT, &[DEPUTY], &letter));
    gate.sink.wait_for(1);
    let school = School::of(&gate);
    let mut deputy = school.officer(&gate, DEPUTY, "deputy").browser;
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let all = [("purpose", "complaint")];
    let (place, page) = asked(&mut lead, &all);
    let one = places(&page.text).remove(0);
    let bare = one.split('?').next().unwrap().to_owned();
    assert!(lead.get(&bare).text.contains("stays covered until you say"));
    assert!(lead.get(&one).text.contains("Claire Martin"));

    let mut elsewhere = colleague_elsewhere(&gate).browser;
    for (who, browser) in [("a party", &mut deputy), ("the other school's head", &mut elsewhere)] {
        let (_, page) = asked(browser, &[("text", "whales"), ("purpose", "complaint")]);
        assert!(page.text.contains("Nothing answers this") && places(&page.text).is_empty(), "{who}");
    }
    let mut teacher = school.officer(&gate, TEACHER, "staff").browser;
    let mut admin = school.officer(&gate, "s.adeyemi@oakfield.example", "admin").browser;
    for browser in [&mut teacher, &mut admin] {
        assert_eq!(browser.get("/records").status, StatusCode::FORBIDDEN);
        assert_eq!(browser.post("/records/find", &all).status, StatusCode::FORBIDDEN);
    }
    for browser in [&mut deputy, &mut elsewhere, &mut teacher, &mut admin] {
        for page in [
            browser.get(&bare),
            browser.get(&one),
            browser.get(&format!("{bare}/message")),
            browser.post(&format!("{bare}/look"), &all),
            browser.post(&format!("{bare}/export"), &[("form", "eml")]),
            browser.post(&format!("{bare}/legal-hold"), &[("words", "x")]),
            browser.post(&format!("{bare}/timeline"), &[("who", "0")]),
        ] {
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{}", page.text);
            assert!(!page.text.contains("Claire Martin") && !page.text.contains(SUBJECT));
        }
        // Another's question is nobody's.
        let others = browser.get(&place);
        assert!(others.text.is_empty() || !others.text.contains("Claire Martin"), "{}", others.text);
    }
    assert!(Browser::new(&gate).get(&one).leads_to().starts_with("/sign-in"));
}

/// The numbers on a timeline, in order.
fn numbers(page: &str) -> Vec<String> {
    let list =
        page.split("<ol class=\"timeline\">").nth(1).unwrap_or_default().split("</ol>").next().unwrap();
    let links = list.split("href=\"/").skip(1).filter_map(|rest| rest.split(['"', '?']).next());
    links.map(str::to_owned).collect()
}

#[test]
fn a_timeline_has_all_that_is_held_on_a_child_in_order_and_each_thing_once() {
    const RECORDS: usize = 51;
    let gate = recording();
    for n in 0..RECORDS {
        let text = format!("Amelia, day {n}.");
        ok(gate.send_unproved(PARENT, &[TEACHER], &mail(PARENT, TEACHER, "Amelia", &text)));
    }
    ok(gate.send_unproved(OUTSIDE, &[PUPIL], &mail(OUTSIDE, PUPIL, "hey", GROOMING)));
    gate.sink.wait_for(RECORDS);
    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let opened = [
        ("school", "oakfield"),
        ("kind", "concern"),
        ("title", "A coat"),
        ("why", "told by a parent"),
        ("affected", "oak-p01"),
    ];
    assert_eq!(lead.post("/incidents", &opened).status, StatusCode::SEE_OTHER);

    let nobody = lead.post("/records/timeline", &[("person", "Nobody Here"), ("purpose", "safeguarding")]);
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    let of_child = [("person", "Amelia Martin"), ("as", "child"), ("purpose", "safeguarding")];
    let place = lead.post("/records/timeline", &of_child).leads_to().to_owned();
    let first = lead.get(&place);
    assert!(
        first.text.contains("Timeline of Amelia Martin") && first.text.len() < 50_000,
        "{}",
        first.text.len()
    );
    let older =
        first.text.split("rel=\"next\" href=\"").nth(1).expect("a second page").split('"').next().unwrap();
    let second = lead.get(&older.replace("&#38;", "&"));
    assert!(!second.text.contains("rel=\"next\""), "{}", second.text);
    let mut all = [numbers(&first.text), numbers(&second.text)].concat();
    assert!(all[0].starts_with("incidents/"), "the newest first: {all:?}");
    let of = |kind: &str| all.iter().filter(|n| n.starts_with(kind)).count();
    let proposed = of("incidents/") - 1;
    assert_eq!((of("records/"), of("queue/")), (RECORDS, 1), "{all:?}");
    assert!(proposed <= 1, "what the gate proposed: {all:?}");
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count, "each once");

    // From a record to the timeline of whom it is filed under, and back.
    let one = format!("/{}", numbers(&second.text).into_iter().find(|n| n.starts_with("records/")).unwrap());
    let word = place.rsplit('/').next().unwrap();
    let page = lead.get(&format!("{one}?from={word}"));
    assert!(page.text.contains(&place) && page.text.contains("Claire Martin"), "{}", page.text);
    let whose = lead.post(&format!("{one}/timeline"), &[("who", "0")]);
    assert!(whose.leads_to().starts_with("/records/timeline/"), "{}", whose.text);
    assert!(lead.get(whose.leads_to()).text.contains("Timeline of Claire Martin"));

    // Who searches neither quarantine nor incidents sees the records alone.
    let mut dpo = school.officer(&gate, "s.adeyemi@oakfield.example", "data-protection").browser;
    let place = dpo.post("/records/timeline", &of_child).leads_to().to_owned();
    let page = dpo.get(&place);
    assert!(page.text.contains("not yours to search"), "{}", page.text);
    assert!(numbers(&page.text).iter().all(|n| n.starts_with("records/")));
}
