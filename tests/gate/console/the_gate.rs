//! The admin's room: how the gate stands, its rules, a text that is tried, the switch back to observe, what
//! was changed; and nothing of anybody's mail.

use super::{Page, School, gate};
use crate::{
    dangers::HEALTH,
    gate::{OUTSIDE, TEACHER, mail},
};
use reqwest::StatusCode;

const ADMIN: &str = "l.ferrante@oakfield.example";

#[test]
fn an_admin_sees_how_it_stands_and_no_mail() {
    let gate = gate();
    gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "Zanzibar plans", HEALTH));
    let school = School::of(&gate);
    let mut admin = school.officer(&gate, ADMIN, "admin");
    assert_eq!(admin.browser.get("/").leads_to(), "/gate", "their first room");
    for place in
        ["/gate", "/gate/rules", "/gate/rules?find=PD-1", "/gate/try", "/gate/observe", "/gate/changes"]
    {
        let page = admin.browser.get(place);
        assert_eq!(page.status, StatusCode::OK, "{place}: {}", page.text);
        for word in ["Zanzibar", "harbour.example"] {
            assert!(!page.text.contains(word), "{word} on {place}");
        }
        assert!(page.text.len() < 60_000, "{place}: {} bytes", page.text.len());
    }
    assert!(admin.browser.get("/gate").text.contains("Oakfield Community School"));
    let changes = admin.browser.get("/gate/changes").text;
    assert!(changes.contains("A person was registered") && changes.contains("Helen Marsh"), "{changes}");
    assert_eq!(admin.browser.get("/queue").status, StatusCode::FORBIDDEN);

    let mut teacher = school.officer(&gate, TEACHER, "staff");
    for place in ["/gate", "/gate/rules", "/gate/try", "/gate/observe", "/gate/changes"] {
        assert_eq!(teacher.browser.get(place).status, StatusCode::FORBIDDEN, "{place}");
    }
}

#[test]
fn a_text_is_tried_and_nothing_of_it_is_kept() {
    let gate = gate();
    let mut admin = School::of(&gate).officer(&gate, ADMIN, "admin");
    let mut tried = |from: &str, text: &str| {
        let fields =
            [("from", from), ("to", OUTSIDE), ("subject", "x"), ("text", text), ("signed_in", "yes")];
        admin.browser.post("/gate/try", &fields)
    };
    let held: Page = tried(TEACHER, HEALTH);
    assert!(held.text.contains("waits for its sender"), "{}", held.text);
    assert!(tried(TEACHER, "See you on Monday.").text.contains("delivered"));
    assert!(tried("nobody", "x").text.contains("role=\"alert\""));
    let marked = tried(TEACHER, "</textarea><script>alert(1)</script>");
    assert!(!marked.text.contains("<script>alert"), "{}", marked.text);
    let kept = super::runtime().block_on(async {
        gate.home.store().await.items(&gatehouse::storage::ItemFilter::default()).await.unwrap()
    });
    assert!(kept.is_empty(), "what is tried is no message");
}

#[test]
fn the_switch_back_to_observe_works_at_once_and_ends() {
    let gate = gate();
    let mut lead = School::of(&gate).officer(&gate, crate::gate::LEAD, "lead");
    let hold = || gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "For your records", HEALTH));
    hold();
    // The sender is told, and nothing else leaves.
    assert!(gate.sink.wait_for(1).iter().all(|d| !d.is_for(OUTSIDE)));
    let none = lead.browser.post("/gate/observe", &[("school", "oakfield"), ("hours", "1"), ("reason", "")]);
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY, "a reason is asked for");
    let elsewhere = [("school", "brynglas"), ("hours", "1"), ("reason", "for the test")];
    assert_eq!(lead.browser.post("/gate/observe", &elsewhere).status, StatusCode::NOT_FOUND);
    let fields = [("school", "oakfield"), ("hours", "1"), ("reason", "for the test")];
    assert_eq!(lead.browser.post("/gate/observe", &fields).status, StatusCode::SEE_OTHER);
    assert!(lead.browser.get("/queue").text.contains("only observes until"), "reviewers are told");
    let page = lead.browser.get("/gate/observe").text;
    let (_, rest) = page.split_once("name=\"end\" value=\"").expect("a switch that can be ended");
    let number = rest.split('"').next().unwrap().to_owned();
    hold();
    assert!(gate.sink.wait_for(2).iter().any(|d| d.is_for(OUTSIDE)), "it passes while the school observes");
    let end = [("end", number.as_str()), ("reason", "it works again")];
    assert_eq!(lead.browser.post("/gate/observe", &end).status, StatusCode::SEE_OTHER);
    assert!(!lead.browser.get("/gate/observe").text.contains("name=\"end\""));
}
