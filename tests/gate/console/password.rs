//! Password and code: setting up, signing in, codes that are good once, strangers who try, and the
//! fresh proof that grave acts ask for.

use super::{Browser, DEPUTY, Page, Person, School, gate};
use crate::{
    debian::program,
    gate::{Gate, HEAD, TEACHER},
};
use reqwest::{Method, StatusCode};
use std::time::{SystemTime, UNIX_EPOCH};
use totp_rs::{Builder, Secret, Totp};

pub(super) const PASSWORD: &str = "seven grey herons";
const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

/// Somebody's app.
pub(super) struct App(Totp);

impl App {
    fn reading(page: &Page) -> Self {
        let (_, rest) = page.text.split_once("<p class=\"number\">").expect("a key to type");
        let letters: String = rest.split('<').next().unwrap().split_whitespace().collect();
        Self(Builder::new().with_secret(Secret::try_from_base32(letters).unwrap()).build().unwrap())
    }
    /// The code that it shows in so many half minutes.
    pub(super) fn code(&self, steps: i64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        self.0.generate(now.checked_add_signed(30 * steps).unwrap()).to_string()
    }
}

/// Sets a password up and returns the app and the recovery codes.
pub(super) fn set_up(browser: &mut Browser) -> (App, Vec<String>) {
    let page = browser.get("/account/password");
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let app = App::reading(&page);
    let kept = browser.post(
        "/account/password",
        // The code of half a minute ago, so that those of now and later are still good.
        &[("new", PASSWORD), ("again", PASSWORD), ("code", &app.code(-1))],
    );
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.text);
    let codes = kept.text.split("<li class=\"number\">").skip(1);
    let codes: Vec<String> = codes.map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    (app, codes)
}

fn try_by(browser: &mut Browser, from: &str, name: &str, password: &str, second: (&str, &str)) -> Page {
    let fields = [("name", name), ("password", password), second, ("next", "/account")];
    browser.send(Method::POST, "/sign-in", Some(&fields), &[OWN, ("x-forwarded-for", from)])
}

fn is_let_in(page: &Page) -> bool {
    page.status == StatusCode::SEE_OTHER && page.leads_to() == "/account"
}

/// As if the session had begun long ago.
pub(super) fn let_proofs_age(gate: &Gate) {
    let sql = "PRAGMA busy_timeout=20000; UPDATE console_session SET proved_at = 0";
    let done = program("sqlite3").arg(gate.home.path("data/gatehouse.db")).arg(sql).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_password_and_a_code_let_in_and_each_code_is_good_once() {
    let gate = gate();
    let School { mut head, .. } = School::of(&gate);
    let weak = ["short", "aaaaaaaaaaaaaaaa", "h.marsh@oakfield.example"];
    let app = App::reading(&head.browser.get("/account/password"));
    for password in weak {
        let fields = [("new", password), ("again", password), ("code", &*app.code(0))];
        let page = head.browser.post("/account/password", &fields);
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}");
    }
    let fields = [("new", PASSWORD), ("again", PASSWORD), ("code", "000000")];
    assert_eq!(head.browser.post("/account/password", &fields).status, StatusCode::UNPROCESSABLE_ENTITY);

    let (app, codes) = set_up(&mut head.browser);
    let mut other = Browser::new(&gate);
    let home = "198.51.100.7";
    let code = app.code(0);
    assert!(is_let_in(&try_by(&mut other, home, HEAD, PASSWORD, ("code", &code))), "{:?}", other.cookies);
    assert!(other.get("/account").text.contains("by password"));
    let again = try_by(&mut Browser::new(&gate), home, HEAD, PASSWORD, ("code", &code));
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a code that was used");
    let typed = codes[0].to_lowercase().replace('-', " ");
    assert!(is_let_in(&try_by(&mut Browser::new(&gate), home, HEAD, PASSWORD, ("recovery", &typed))));
    let again = try_by(&mut Browser::new(&gate), home, HEAD, PASSWORD, ("recovery", &codes[0]));
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a recovery code that was used");
    assert!(head.browser.get("/account").text.contains("9 of 10 recovery codes left"));

    // Whoever else is signed in is out after a change, and neither word nor code lie anywhere in clear.
    assert_eq!(other.get("/account").status, StatusCode::OK);
    let (_, codes) = set_up(&mut head.browser);
    assert_eq!(other.get("/account").leads_to(), "/sign-in?next=%2Faccount");
    assert_eq!(head.browser.get("/account").status, StatusCode::OK);
    let rows = program("sqlite3").arg(gate.home.path("data/gatehouse.db")).arg(".dump").output().unwrap();
    let rows = String::from_utf8_lossy(&rows.stdout).into_owned();
    assert!(rows.contains("credential") && !rows.contains("argon2id"));
    assert!(codes.iter().all(|code| !rows.contains(&code.replace('-', ""))));
}

#[test]
fn a_stranger_who_tries_slows_nobody_but_strangers() {
    let gate = gate();
    let school = School::of(&gate);
    let Person { browser: mut own, .. } = school.officer(&gate, TEACHER, "staff");
    let (app, codes) = set_up(&mut own);
    own.post("/sign-out", &[]);

    // Five tries of one network for one name, known or not, with the same answer.
    for name in [TEACHER, "nobody.known@oakfield.example"] {
        let mut told = Vec::new();
        for _ in 0..7 {
            let page =
                try_by(&mut Browser::new(&gate), "203.0.113.9", name, "some other words", ("code", "123456"));
            told.push((page.status.as_u16(), page.text.replace(name, "")));
        }
        let statuses: Vec<u16> = told.iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses, [422, 422, 422, 422, 422, 429, 429], "{name}");
        assert!(told[0].1.contains("did not fit") && told[5].1.contains("Too many tries"));
        // Another spelling of the name is the same name, known or not.
        let (local, domain) = name.split_once('@').unwrap();
        for spelt in [name.to_uppercase(), format!("\"{local}\"@{domain}")] {
            let page = try_by(
                &mut Browser::new(&gate),
                "203.0.113.9",
                &spelt,
                "some other words",
                ("code", "123456"),
            );
            assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "{spelt}");
        }
    }
    let right = ("code", &*app.code(0));
    let stranger = try_by(&mut Browser::new(&gate), "203.0.113.9", TEACHER, PASSWORD, right);
    assert_eq!(stranger.status, StatusCode::TOO_MANY_REQUESTS, "even with what fits");
    // Their own browser, from the very same network; and any browser from another one.
    assert!(is_let_in(&try_by(&mut own, "203.0.113.9", TEACHER, PASSWORD, right)));
    let elsewhere =
        try_by(&mut Browser::new(&gate), "198.51.100.7", TEACHER, PASSWORD, ("recovery", &codes[1]));
    assert!(is_let_in(&elsewhere));

    // Many networks together: browsers that were here before still get in.
    for n in 0..40 {
        let from = format!("192.0.2.{n}");
        try_by(&mut Browser::new(&gate), &from, TEACHER, "some other words", ("code", "123456"));
    }
    let fresh = try_by(&mut Browser::new(&gate), "192.0.2.200", TEACHER, PASSWORD, ("recovery", &codes[2]));
    assert_eq!(fresh.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(is_let_in(&try_by(&mut own, "192.0.2.200", TEACHER, PASSWORD, ("recovery", &codes[2]))));
    let slowed = gate.home.list(&["ledger", "list"]);
    assert!(slowed.iter().any(|row| row["event"] == "console.sign-in-slowed"));
}

#[test]
fn a_grave_act_asks_for_a_fresh_proof_and_leads_back() {
    let gate = gate();
    let mut school = School::of(&gate);
    let mut person = school.officer(&gate, DEPUTY, "deputy");
    let (app, _) = set_up(&mut person.browser);
    let_proofs_age(&gate);

    let asked = person.browser.get("/account/password");
    assert_eq!(asked.leads_to(), "/sign-in/again?next=%2Faccount%2Fpassword");
    let removing = person.browser.post("/account/password/remove", &[]);
    assert_eq!(removing.leads_to(), "/sign-in/again?next=%2Faccount%2Fpassword", "nothing was removed");
    let page = person.browser.get("/sign-in/again?next=%2Faccount%2Fpassword");
    assert!(page.text.contains("value=\"/account/password\"") && page.text.contains(DEPUTY));

    let wrong = [("password", PASSWORD), ("code", "000000"), ("next", "/account/password")];
    assert_eq!(person.browser.post("/sign-in/again", &wrong).status, StatusCode::UNPROCESSABLE_ENTITY);
    let code = app.code(0);
    let right = [("password", PASSWORD), ("code", &*code), ("next", "/account/password")];
    let proved = person.browser.post("/sign-in/again", &right);
    assert_eq!((proved.status, proved.leads_to()), (StatusCode::SEE_OTHER, "/account/password"));
    // Nobody takes their last way away; the page says so before anybody tries.
    let kept = person.browser.post("/account/password/remove", &[]);
    assert_eq!(kept.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", kept.text);
    let page = person.browser.get("/account").text;
    assert!(page.contains("your only way to sign in") && !page.contains("/password/remove"), "{page}");

    // Who came by a link and has nothing else is told what to do.
    assert!(school.head.browser.get("/sign-in/again").text.contains("Ask for another link"));
}
