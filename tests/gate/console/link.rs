//! The way in by a one-time link, and out again.

use super::{Browser, School, gate};
use crate::gate::{HEAD, TEACHER};
use reqwest::{Method, StatusCode};

#[test]
fn a_link_lets_in_once_and_looking_at_it_uses_nothing_up() {
    let gate = gate();
    let said = gate.home.run(&["users", "add", "--person", HEAD]);
    assert_eq!(said.code(), 0, "{}", said.err);
    let link = said.out.lines().nth(1).expect("a link");
    let (_, path) = link.split_once("//localhost").unwrap();
    let mut browser = Browser::new(&gate);
    for _ in 0..3 {
        let page = browser.get(path);
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("method=\"post\"") && browser.cookies.is_empty());
    }
    assert_eq!(browser.get("/account").leads_to(), "/sign-in?next=%2Faccount", "nobody is signed in");

    let own = [("sec-fetch-site", "same-origin")];
    let from_elsewhere = browser.send(Method::POST, path, Some(&[]), &[("sec-fetch-site", "cross-site")]);
    assert_eq!(from_elsewhere.status, StatusCode::FORBIDDEN);
    let let_in = browser.send(Method::POST, path, Some(&[]), &own);
    assert_eq!((let_in.status, let_in.leads_to()), (StatusCode::SEE_OTHER, "/account"));
    assert!(browser.get("/account").text.contains("Marsh"));

    let mut other = Browser::new(&gate);
    let again = other.send(Method::POST, path, Some(&[]), &own);
    assert!(again.text.contains("used already") && other.cookies.is_empty(), "{}", again.text);
    assert_eq!(other.send(Method::POST, "/link/unknown", Some(&[]), &own).status, StatusCode::OK);
    assert!(other.cookies.is_empty());

    // Out: the word of the cookie is good no more, whoever kept it.
    let kept = browser.cookies.clone();
    let out = browser.post("/sign-out", &[]);
    assert_eq!((out.status, out.leads_to()), (StatusCode::SEE_OTHER, "/sign-in"));
    browser.cookies = kept;
    assert_eq!(browser.get("/account").status, StatusCode::SEE_OTHER);
    let ledger = gate.home.list(&["ledger", "list"]);
    let events: Vec<&str> = ledger.iter().filter_map(|row| row["event"].as_str()).collect();
    for wanted in ["user.invited", "console.signed-in", "console.signed-out"] {
        assert!(events.contains(&wanted), "{wanted}");
    }
}

#[test]
fn a_form_without_the_word_of_its_session_does_nothing() {
    let gate = gate();
    let mut head = School::of(&gate).head;
    let own = [("sec-fetch-site", "same-origin")];
    for word in ["", "AAAA"] {
        let page = head.browser.send(Method::POST, "/sign-out", Some(&[("form_word", word)]), &own);
        assert_eq!(page.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(head.browser.get("/account").status, StatusCode::OK, "still signed in");
}

#[test]
fn pages_speak_welsh_when_asked_and_say_that_it_is_to_be_reviewed() {
    let gate = gate();
    let school = School::of(&gate);
    let mut teacher = school.officer(&gate, TEACHER, "staff");
    assert!(teacher.browser.get("/account").text.contains("<html lang=\"en-GB\">"));
    teacher.browser.post("/language", &[("language", "cy"), ("back", "/account")]);
    let page = teacher.browser.get("/account").text;
    assert!(page.contains("<html lang=\"cy\">") && page.contains("adolygu gan siaradwr Cymraeg"));
}
