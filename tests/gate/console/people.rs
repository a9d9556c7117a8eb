//! People: offices given, approved and ended, and ways in handed over, in the browser; by whom, and by whom not.

use super::{Browser, DEPUTY, Page, Person, School, gate, password::let_proofs_age};
use crate::gate::{Gate, LEAD, TEACHER};
use reqwest::{Method, StatusCode};

const BECAUSE: (&str, &str) = ("reason", "for the test");

/// The way in that the mail to this person has, which the page of whoever asked for it has not.
fn link_of(gate: &Gate, asked: &Page, address: &str) -> String {
    assert!(asked.status == StatusCode::OK && asked.text.contains(address), "{}", asked.text);
    assert!(!asked.text.contains("/link/"), "whoever asks for a link never sees it");
    let mut count = 1;
    loop {
        let all = gate.sink.wait_for(count);
        let mut links = all.iter().filter(|mail| mail.is_for(address)).filter_map(|mail| {
            let text = mail.text();
            let (_, rest) = text.split_once("http://localhost/link/")?;
            Some(format!("/link/{}", rest.split_whitespace().next()?))
        });
        if let Some(link) = links.next_back() {
            assert!(all.iter().all(|mail| mail.is_for(address) || !mail.text().contains(&link)));
            return link;
        }
        count = all.len() + 1;
    }
}

fn follow(gate: &Gate, path: &str) -> Browser {
    let mut browser = Browser::new(gate);
    let own = [("sec-fetch-site", "same-origin")];
    assert_eq!(browser.send(Method::POST, path, Some(&[]), &own).status, StatusCode::SEE_OTHER);
    browser
}

/// The number of somebody in the list.
fn number(list: &Page, address: &str) -> String {
    let (before, _) = list.text.split_once(address).unwrap_or_else(|| panic!("{}", list.text));
    let (_, id) = before.rsplit_once("/people/").unwrap();
    id.split('"').next().unwrap().to_owned()
}

#[test]
fn an_office_is_asked_for_by_one_and_approved_by_another() {
    let gate = gate();
    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let mut head = school.head.browser;
    let registered = head.post("/people", &[("address", "l.ferrante@oakfield.example")]);
    let mut admin = follow(&gate, &link_of(&gate, &registered, "l.ferrante@oakfield.example"));
    let list = head.get("/people");
    let admin_id = number(&list, "l.ferrante@oakfield.example");
    let give = |office: &str| {
        vec![
            ("office", office.to_owned()),
            ("place", "oakfield".to_owned()),
            ("until", String::new()),
            ("reason", "for the test".to_owned()),
        ]
    };
    fn post(browser: &mut Browser, path: &str, fields: &[(&str, String)]) -> Page {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        browser.post(path, &fields)
    }
    // The head alone gives an admin their office.
    let office = format!("/people/{admin_id}/office");
    assert!(post(&mut head, &office, &give("admin")).text.contains("Given."));
    // The admin registers a teacher and asks for the office of lead: it waits.
    let registered = admin.post("/people", &[("address", TEACHER)]);
    let mut teacher = follow(&gate, &link_of(&gate, &registered, TEACHER));
    let teacher_id = number(&admin.get("/people"), TEACHER);
    let asked = post(&mut admin, &format!("/people/{teacher_id}/office"), &give("lead"));
    assert!(asked.text.contains("Asked for"), "{}", asked.text);
    let page = admin.get(&format!("/people/{teacher_id}"));
    assert!(!page.text.contains("/approve\""), "nobody approves what they asked for");
    let page = head.get(&format!("/people/{teacher_id}"));
    let (_, rest) = page.text.split_once("/people/office/").expect("a form to approve");
    let approve = format!("/people/office/{}/approve", rest.split('/').next().unwrap());
    assert_eq!(admin.post(&approve, &[BECAUSE]).status, StatusCode::FORBIDDEN);
    assert!(!teacher.get("/account").text.contains("safeguarding lead"));
    assert!(head.post(&approve, &[BECAUSE]).text.contains("Approved."));
    assert!(teacher.get("/account").text.contains("safeguarding lead"));

    // An admin has no way in for whoever holds an office that they could not give; the head has.
    let link = format!("/people/{teacher_id}/link");
    assert_eq!(admin.post(&link, &[]).status, StatusCode::FORBIDDEN);
    let again = head.post(&link, &[]);
    assert!(again.text.contains(TEACHER) && !again.text.contains("/link/"), "{}", again.text);
    let end = approve.replace("/approve", "/end");
    assert!(head.post(&end, &[BECAUSE]).text.contains("Ended."));
    assert!(!teacher.get("/account").text.contains("safeguarding lead"));
    // Whoever may give no office makes no link, not even for somebody whose office has ended.
    assert_eq!(lead.post(&link, &[]).status, StatusCode::FORBIDDEN);
    // Whoever was told of a link has mail of it, without a word of what it was.
    let events = gate.home.list(&["ledger", "list"]);
    for wanted in ["grant.asked", "grant.approved", "grant.revoked", "user.invited", "access.refused"] {
        assert!(events.iter().any(|row| row["event"] == wanted), "{wanted}");
    }
}

#[test]
fn people_are_for_whoever_gives_offices_and_each_act_asks_for_a_fresh_proof() {
    let gate = gate();
    let school = School::of(&gate);
    let head_id = school.head.id.clone();
    for (address, office) in [(LEAD, "lead"), (DEPUTY, "deputy"), (TEACHER, "staff")] {
        let Person { mut browser, .. } = school.officer(&gate, address, office);
        assert_eq!(browser.get("/people").status, StatusCode::FORBIDDEN, "{office}");
        let other = browser.get(&format!("/people/{head_id}"));
        assert!(other.status == StatusCode::FORBIDDEN && !other.text.contains("Marsh"), "{office}");
        assert_eq!(browser.post(&format!("/people/{head_id}/link"), &[]).status, StatusCode::FORBIDDEN);
    }
    let mut head = school.head.browser;
    assert_eq!(head.get("/people/0000000000").status, StatusCode::NOT_FOUND);
    assert_eq!(head.get("/people").status, StatusCode::OK);
    let_proofs_age(&gate);
    assert_eq!(head.get("/people").status, StatusCode::OK, "to look asks for none");
    let acts = [format!("/people/{head_id}/link"), format!("/people/{head_id}/office"), "/people".to_owned()];
    for path in acts {
        let page = head.post(&path, &[("address", TEACHER), ("office", "staff"), BECAUSE]);
        assert!(page.leads_to().starts_with("/sign-in/again?next=%2Fpeople"), "{path}: {}", page.leads_to());
    }
}
