//! Every door with everybody: whom its guard lets in, with which headers, and that nothing is shown
//! to whom it does not let in.

use super::{Browser, DEPUTY, Person, School, gate};
use crate::gate::{Gate, LEAD, TEACHER};
use gatehouse::{authority::Office, console::Guard};
use reqwest::{Method, StatusCode};

/// The people that are tried, with their office at oakfield.
const PEOPLE: &[(&str, &str)] = &[(LEAD, "lead"), (DEPUTY, "deputy"), (TEACHER, "staff")];

/// Parts of addresses that name nothing.
fn filled(place: &str) -> String {
    let parts = place.split('/').map(|part| if part.starts_with('{') { "0000000000" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn lets_in(guard: Guard, office: Option<&str>) -> bool {
    match (guard, office) {
        (Guard::Anyone, _) => true,
        (_, None) => false,
        (Guard::SignedIn, Some(_)) => true,
        (Guard::Holding(offices), Some(held)) => offices.iter().any(|office: &Office| office.name() == held),
    }
}

fn try_door(browser: &mut Browser, method: &Method, place: &str) -> super::Page {
    match *method {
        Method::GET => browser.get(&filled(place)),
        _ => browser.send(Method::POST, &filled(place), Some(&[]), &[("sec-fetch-site", "same-origin")]),
    }
}

#[test]
fn each_door_lets_in_whom_its_guard_names_and_nobody_else() {
    let gate: Gate = gate();
    let school = School::of(&gate);
    let mut people: Vec<(Option<&str>, Browser)> = vec![(None, Browser::new(&gate))];
    for (address, office) in PEOPLE {
        let Person { browser, .. } = school.officer(&gate, address, office);
        people.push((Some(office), browser));
    }
    people.push((Some("head"), school.head.browser));
    for (office, browser) in &mut people {
        for (method, place, guard) in gatehouse::console::doors() {
            if place == "/sign-out" {
                continue;
            }
            let page = try_door(browser, &method, place);
            let what = format!("{method} {place} for {office:?}: {}", page.status);
            for header in
                ["content-security-policy", "x-content-type-options", "referrer-policy", "cache-control"]
            {
                assert!(page.headers.contains_key(header), "{header}: {what}");
            }
            assert!(
                page.status != StatusCode::SERVICE_UNAVAILABLE && !page.status.is_server_error(),
                "{what}"
            );
            match (lets_in(guard, *office), *office) {
                (true, _) => {
                    let to_sign_in = page.leads_to().starts_with("/sign-in");
                    assert!(!to_sign_in || place == "/sign-out", "{what}");
                }
                (false, None) => assert!(page.leads_to().starts_with("/sign-in?next="), "{what}"),
                (false, Some(_)) => assert_eq!(page.status, StatusCode::FORBIDDEN, "{what}"),
            }
        }
        assert_eq!(browser.get("/nowhere").status, StatusCode::NOT_FOUND);
    }
}
