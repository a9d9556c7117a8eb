//! Exceptions and suspensions in the browser: one asks, another approves, and it holds at once; whom one is
//! about sees nothing of it, nor who may know that it is there and not of whom.

use super::{DEPUTY, Person, School, gate, kept};
use crate::{
    dangers::HEALTH,
    gate::{LEAD, OUTSIDE, PUPIL, TEACHER, mail},
};
use chrono::{TimeDelta, Utc};
use gatehouse::storage::ItemKind;
use reqwest::StatusCode;

const ADMIN: &str = "l.ferrante@oakfield.example";
const WHY: &str = "source work on the nineteen thirties";

fn in_days(days: i64) -> String {
    (Utc::now() + TimeDelta::days(days)).format("%Y-%m-%d").to_string()
}

/// Asks and gives the address of what was asked for.
fn asked(by: &mut Person, kind: &str, person: &str, rules: &str) -> String {
    let until = in_days(7);
    let fields = [
        ("school", "oakfield"),
        ("person", person),
        ("class", ""),
        ("rules", rules),
        ("from", ""),
        ("until", &*until),
        ("reason", WHY),
    ];
    let page = by.browser.post(&format!("/gate/orders/{kind}"), &fields);
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    page.leads_to().to_owned()
}

#[test]
fn an_exception_is_asked_for_approved_by_another_and_ended() {
    let gate = gate();
    let mut school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead");
    let mut admin = school.officer(&gate, ADMIN, "admin");
    let send = |subject: &str| {
        let said = gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, subject, HEALTH));
        assert!(said.starts_with("250"), "{said}");
        kept(&gate, ItemKind::Hold)
    };
    assert_eq!(send("one"), 1);

    // What is wrong is said with what was filled in; nothing is asked for.
    for (rules, says) in
        [("harm.self-harm", "guards against harm"), ("no-such", "no rule"), ("", "at least one rule")]
    {
        let fields = [
            ("school", "oakfield"),
            ("person", TEACHER),
            ("rules", rules),
            ("until", &*in_days(7)),
            ("reason", WHY),
        ];
        let page = lead.browser.post("/gate/orders/exceptions", &fields);
        assert!(page.text.contains(says) && page.text.contains("role=\"alert\""), "{rules}: {}", page.text);
        assert!(page.text.contains(TEACHER) && page.text.contains(WHY), "what was typed stays");
    }
    let place = asked(&mut lead, "exceptions", TEACHER, "personal-data.health personal-data.safeguarding");
    assert_eq!(send("two"), 2, "asked for is not in force");

    // Whoever asked has no button, and a form all the same is refused.
    let own = lead.browser.get(&place).text;
    assert!(own.contains(WHY) && own.contains("Grace Okafor") && !own.contains("value=\"yes\""), "{own}");
    let decide = format!("{place}/decide");
    let yes = [("reason", "seen the scheme of work"), ("say", "yes")];
    assert_eq!(lead.browser.post(&decide, &yes).status, StatusCode::FORBIDDEN);
    // The admin knows that there is one, and may end it; not whom it is about, nor why.
    let known = admin.browser.get(&place).text + &admin.browser.get("/gate/orders/exceptions").text;
    assert!(known.contains("waits for approval") && known.contains("/end\""), "{known}");
    for word in ["Okafor", TEACHER, WHY] {
        assert!(!known.contains(word), "{word}");
        assert!(!admin.browser.get("/gate/changes").text.contains(word), "{word} among the changes");
    }
    assert_eq!(admin.browser.post(&decide, &yes).status, StatusCode::FORBIDDEN);

    assert_eq!(school.head.browser.post(&decide, &yes).status, StatusCode::SEE_OTHER);
    assert!(school.head.browser.get(&place).text.contains("in force"));
    assert_eq!(send("three"), 2, "it holds at once");
    assert_eq!(
        admin.browser.post(&format!("{place}/end"), &[("reason", "the work is done")]).status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(send("four"), 3, "and no longer");
    let rows = gate.home.list(&["ledger", "list", "--event", "measure.viewed"]);
    assert_eq!(rows.len(), 2, "each look at whom it is about, and not the admin's");
    // The command line knows the same one.
    let id = place.rsplit('/').next().unwrap();
    assert_eq!(gate.home.list(&["exception", "list"])[0]["id"], id);
}

#[test]
fn whom_a_suspension_is_about_sees_nothing_of_it() {
    let gate = gate();
    let mut school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead");
    let mut deputy = school.officer(&gate, DEPUTY, "deputy");
    let mut teacher = school.officer(&gate, TEACHER, "staff");
    let place = asked(&mut lead, "suspensions", DEPUTY, "");
    let id = place.rsplit('/').next().unwrap().to_owned();
    let hides = |deputy: &mut Person| {
        let none = deputy.browser.get("/gate/orders/suspensions/0000000000");
        assert_eq!(none.status, StatusCode::NOT_FOUND);
        let there = deputy.browser.get(&place);
        assert_eq!(there.status, StatusCode::NOT_FOUND, "{}", there.text);
        for page in ["/gate/orders/suspensions", "/gate/orders/exceptions", "/gate/changes"] {
            let text = deputy.browser.get(page).text;
            assert!(!text.contains(&id) && !text.contains(WHY), "{page}: {text}");
        }
        for (act, say) in [("decide", "yes"), ("end", "")] {
            let fields = [("reason", "for the test"), ("say", say)];
            let said = deputy.browser.post(&format!("{place}/{act}"), &fields);
            assert_eq!(said.status, StatusCode::NOT_FOUND, "{act}");
        }
    };
    hides(&mut deputy);
    let yes = [("reason", "agreed"), ("say", "yes")];
    assert_eq!(school.head.browser.post(&format!("{place}/decide"), &yes).status, StatusCode::SEE_OTHER);
    hides(&mut deputy);
    let colleague = "d.price@oakfield.example";
    let refused = gate.send(DEPUTY, &[colleague], &mail(DEPUTY, colleague, "hello", "lunch?"));
    assert!(refused.starts_with("550"), "it holds at once: {refused}");
    assert!(lead.browser.get("/gate/changes").text.contains(&id), "officers see that there is one");
    // By another address of the other kind it is not there either; staff have no business here.
    let other = place.replace("suspensions", "exceptions");
    assert_eq!(deputy.browser.get(&other).status, StatusCode::NOT_FOUND);
    assert_eq!(teacher.browser.get(&place).status, StatusCode::FORBIDDEN);
    let elsewhere =
        [("school", "brynglas"), ("person", PUPIL), ("until", &*in_days(3)), ("reason", "for the test")];
    assert_eq!(lead.browser.post("/gate/orders/suspensions", &elsewhere).status, StatusCode::NOT_FOUND);
}
