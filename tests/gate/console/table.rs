//! Every door with every kind of person, on things that are really there: what each of them gets is held
//! against table.txt, and with it whose words came back.
//!
//! When a door is added or who may changes, the test says which rows are new. Read them beside
//! docs/who-may.md, then put them into table.txt.

use super::{
    Browser, DEPUTY, School, gate_with,
    queue::{STRANGER, SUBJECT, colleague_elsewhere},
};
use crate::{
    dangers::{GROOMING, HEALTH},
    gate::{Gate, LEAD, OUTSIDE, PARENT, PUPIL, Setup, TEACHER, mail},
};
use reqwest::{Method, StatusCode};
use std::fmt::Write;

const TABLE: &str = include_str!("table.txt");
const INCIDENT: &str = "Words at the crossing";
const RECORD: &str = "About the swimming lesson";
const REPLY: &str = "I want to die.";

/// Words of what the doors lead to, each with the letter that stands in the table for it.
const MARKS: [(char, &[&str]); 5] = [
    // The message in quarantine.
    ('q', &[SUBJECT, STRANGER]),
    // The message that waits for its own sender.
    ('h', &["epilepsy", "a child of the class"]),
    ('i', &[INCIDENT]),
    ('r', &[RECORD, "Thank you for the towel"]),
    // What was delivered and told.
    ('t', &[REPLY]),
];

pub(super) struct Things {
    pub(super) item: String,
    /// One that the deputy got.
    of_a_party: String,
    pub(super) hold: String,
    told: String,
    pub(super) incident: String,
    pub(super) record: String,
    exception: String,
    account: String,
    grant: String,
}

fn sent(gate: &Gate, from: &str, to: &str, subject: &str, text: &str) {
    let said = gate.send(from, &[to], &mail(from, to, subject, text));
    assert!(said.starts_with("250"), "{said}");
}

fn done(gate: &Gate, words: &[&str]) -> String {
    let said = gate.home.run(words);
    assert_eq!(said.code(), 0, "{words:?}: {}", said.err);
    said.out.trim().to_owned()
}

fn first(gate: &Gate, words: &[&str], key: &str) -> String {
    gate.home.list(words)[0][key].as_str().unwrap().to_owned()
}

/// Everything that a door can lead to, made before anybody is registered.
fn things(gate: &Gate) -> Things {
    let groomed = |to: &[&str]| {
        let raw = mail(STRANGER, &to.join(", "), SUBJECT, GROOMING);
        assert!(gate.send_unproved(STRANGER, to, &raw).starts_with("250"));
        first(gate, &["quarantine", "list"], "id")
    };
    let item = groomed(&[PUPIL]);
    let of_a_party = groomed(&[PUPIL, DEPUTY]);
    sent(gate, TEACHER, OUTSIDE, "a child of the class", HEALTH);
    sent(gate, PUPIL, TEACHER, SUBJECT, REPLY);
    let from_home = mail(PARENT, TEACHER, RECORD, "Thank you for the towel.");
    assert!(gate.send_unproved(PARENT, &[TEACHER], &from_home).starts_with("250"));
    let told = gate.home.list(&["alert", "list"]);
    let went = |alert: &&serde_json::Value| {
        let number = alert["number"].as_str().unwrap();
        number != item && number != of_a_party
    };
    let told = told.iter().find(went).expect("a notice of what went its way")["number"].as_str().unwrap();
    let open = ["incident", "open", "--school", "oakfield", "--title", INCIDENT, "--reason", "told"];
    let until = (chrono::Utc::now() + chrono::TimeDelta::days(9)).format("%Y-%m-%d").to_string();
    let exception = [
        &["exception", "ask", "--school", "oakfield", "--person", TEACHER, "--until", &until][..],
        &["--rule", "personal-data.health", "--reason", "a trip"],
    ]
    .concat();
    Things {
        hold: first(gate, &["hold", "list"], "id"),
        record: first(gate, &["records", "search", "--purpose", "facts"], "id"),
        told: told.to_owned(),
        exception: done(gate, &exception),
        incident: done(gate, &[&open[..], &["--affected", PUPIL]].concat()),
        account: String::new(),
        grant: String::new(),
        item,
        of_a_party,
    }
}

/// The addresses behind a door, with a name for each that does not change from run to run.
pub(super) fn addresses(place: &str, things: &Things) -> Vec<(String, String)> {
    // The parts of an address, one after the other.
    let with = |parts: &[(&str, &str)]| {
        let mut own = parts.iter();
        let mut next = || own.next().copied().unwrap_or(("NOTHING", "0000000000"));
        let parts: Vec<(&str, &str)> =
            place.split('/').map(|part| if part.starts_with('{') { next() } else { (part, part) }).collect();
        let joined = |of: fn(&(&str, &str)) -> String| parts.iter().map(of).collect::<Vec<_>>().join("/");
        (joined(|(name, _)| (*name).to_owned()), joined(|(_, part)| (*part).to_owned()))
    };
    if !place.contains('{') {
        return vec![with(&[])];
    }
    match place.split('/').nth(1).unwrap_or_default() {
        "queue" if place.contains("told") => vec![with(&[("TOLD", &things.told)])],
        "queue" => vec![with(&[("ITEM", &things.item)]), with(&[("PARTY'S", &things.of_a_party)])],
        "incidents" => vec![with(&[("INCIDENT", &things.incident)])],
        "messages" => vec![with(&[("HOLD", &things.hold)])],
        "gate" => vec![with(&[("exceptions", "exceptions"), ("EXCEPTION", &things.exception)])],
        // A question, a timeline and a request have names of their own, which nobody has been given.
        "records" if ["found", "access", "whose"].iter().any(|own| place.contains(own)) => vec![with(&[])],
        "records" => vec![with(&[("RECORD", &things.record)])],
        "people" if place.contains("{grant}") => vec![with(&[("GRANT", &things.grant)])],
        "people" => vec![with(&[("ACCOUNT", &things.account)])],
        _ => vec![with(&[])],
    }
}

/// What came back, shortly: the status, where a redirection leads if it is to signing in, and whose words.
fn cell(page: &super::Page) -> String {
    let mut cell = match page.status {
        StatusCode::SEE_OTHER if page.leads_to().starts_with("/sign-in") => "in".to_owned(),
        status => status.as_u16().to_string(),
    };
    cell.extend(
        MARKS.iter().filter(|(_, words)| words.iter().any(|w| page.text.contains(w))).map(|(c, _)| c),
    );
    cell
}

fn asked(browser: &mut Browser, method: &Method, path: &str, fields: &[(&str, &str)]) -> String {
    let page = match *method {
        Method::GET => browser.get(path),
        _ => browser.post(path, fields),
    };
    assert!(!page.status.is_server_error(), "{method} {path}: {}", page.status);
    cell(&page)
}

/// Rows of the table: each door, then what opens to whoever has given a purpose.
fn rows(people: &mut [(&str, Browser)], things: &Things) -> Vec<(String, Vec<String>)> {
    let mut doors: Vec<_> = gatehouse::console::doors();
    doors.retain(|(_, place, _)| *place != "/sign-out");
    // What only shows comes first.
    doors.sort_by_key(|(method, place, _)| (*method != Method::GET, *place));
    let mut rows = Vec::new();
    let mut ask = |method: &Method, name: String, path: &str, fields: &[(&str, &str)]| {
        let cells = people.iter_mut().map(|(_, browser)| asked(browser, method, path, fields)).collect();
        rows.push((name, cells));
    };
    for (method, place, _) in doors.iter().filter(|(method, ..)| *method == Method::GET) {
        for (name, path) in addresses(place, things) {
            ask(method, format!("GET {name}"), &path, &[]);
        }
    }
    let purpose = [("purpose", "safeguarding"), ("because", "the test")];
    // What the forms ask for, of all of them together; each takes what is its own.
    let fields = [
        ("choice", "withdraw"),
        ("words", "for the test"),
        ("text", "for the test"),
        ("reason", "for the test"),
        ("title", "for the test"),
        ("school", "oakfield"),
        ("office", "guest"),
        ("place", "oakfield"),
        ("person", PUPIL),
        ("address", "d.price@oakfield.example"),
        ("hours", "1"),
    ];
    let fields = |place: &str| -> Vec<(&str, &str)> {
        let act = if place.starts_with("/incidents") { "note" } else { "keep" };
        purpose.iter().chain(&fields).copied().chain([("act", act)]).collect()
    };
    for (called, id) in [("ITEM", &things.item), ("PARTY'S", &things.of_a_party)] {
        ask(&Method::POST, format!("look /queue/{called}"), &format!("/queue/{id}/look"), &purpose);
        ask(&Method::GET, format!("then /queue/{called}"), &format!("/queue/{id}"), &[]);
        ask(&Method::GET, format!("then /queue/{called}/message"), &format!("/queue/{id}/message"), &[]);
    }
    let record = format!("/records/{}", things.record);
    ask(&Method::POST, "look /records/RECORD".into(), &format!("{record}/look"), &purpose);
    ask(&Method::GET, "then /records/RECORD".into(), &record, &[]);
    ask(&Method::GET, "then /records/RECORD/message".into(), &format!("{record}/message"), &[]);
    let incident = format!("/incidents/{}", things.incident);
    ask(&Method::POST, "look /incidents/INCIDENT".into(), &format!("{incident}/look"), &purpose);
    ask(&Method::GET, "then /incidents/INCIDENT".into(), &incident, &[]);
    for (method, place, _) in doors.iter().filter(|(method, ..)| *method != Method::GET) {
        for (name, path) in addresses(place, things) {
            ask(method, format!("{method} {name}"), &path, &fields(place));
        }
    }
    rows
}

/// A gate with something behind every door, and somebody of every office before it.
pub(super) fn staffed() -> (Gate, Things, Vec<(&'static str, Browser)>) {
    let gate = gate_with(Setup { school: "record-parent-mail = true\n".into(), ..Setup::default() });
    let mut things = things(&gate);
    let school = School::of(&gate);
    let mut people: Vec<(&str, Browser)> = vec![("nobody", Browser::new(&gate))];
    for (address, office) in [
        (TEACHER, "staff"),
        ("d.price@oakfield.example", "governor"),
        ("l.ferrante@oakfield.example", "admin"),
        (DEPUTY, "deputy"),
        ("s.adeyemi@oakfield.example", "data-protection"),
        ("g.whitlock@oakfield.example", "chair"),
        (LEAD, "lead"),
    ] {
        let person = school.officer(&gate, address, office);
        if office == "staff" {
            things.account = person.id.clone();
            things.grant = school.grant(&gate, &person.id, "deputy");
        }
        people.push((office, person.browser));
    }
    people.insert(1, ("elsewhere", colleague_elsewhere(&gate).browser));
    let at = people.len() - 1;
    people.insert(at, ("head", school.head.browser));
    (gate, things, people)
}

#[test]
fn every_door_with_everybody() {
    let (_gate, things, mut people) = staffed();
    let mut table = format!("{:48}", "");
    people.iter().for_each(|(office, _)| write!(table, " {office:>10.10}").unwrap());
    for (name, cells) in rows(&mut people, &things) {
        write!(table, "\n{name:48}").unwrap();
        cells.iter().for_each(|cell| write!(table, " {cell:>10}").unwrap());
    }
    let new: Vec<&str> = table.lines().filter(|row| !TABLE.lines().any(|known| known == *row)).collect();
    let gone: Vec<&str> = TABLE.lines().filter(|row| !table.lines().any(|known| known == *row)).collect();
    assert!(new.is_empty() && gone.is_empty(), "new:\n{}\n\ngone:\n{}", new.join("\n"), gone.join("\n"));
}
