//! The people of the school brought in by browser: all faults at once, what would change before it does,
//! and in force at once when somebody says so; nothing of it for whoever may only look.

use super::{DEPUTY, Page, Person, School, gate, kept};
use crate::{
    dangers::HEALTH,
    gate::{OUTSIDE, ROOT, TEACHER, mail},
};
use gatehouse::storage::ItemKind;
use reqwest::{Method, StatusCode};
use std::fs;

const ADMIN: &str = "l.ferrante@oakfield.example";
const NEW: &str = "n.quill@oakfield.example";
/// A pupil of the demonstration who leaves.
const GONE: &str = "oak-p16";

/// The demonstration's export with its `users.csv` changed.
fn export(change: impl Fn(&str) -> String) -> Vec<(String, Vec<u8>)> {
    let folder = fs::read_dir(format!("{ROOT}/demo/directory")).unwrap();
    let files =
        folder.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "csv"));
    files
        .map(|path| {
            let (name, text) =
                (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap());
            let text = if name == "users.csv" { change(&text) } else { text };
            (name, text.into_bytes())
        })
        .collect()
}

fn row(id: &str, given: &str, family: &str, address: &str) -> String {
    format!(
        "{id},active,2026-09-01T08:00:00.000Z,true,oakfield,teacher,{id},,{given},{family},,,{address},,,,,,,,,,,\n"
    )
}

/// Files as a browser sends them.
fn bring(person: &mut Person, files: &[(String, Vec<u8>)]) -> Page {
    const EDGE: &str = "an-edge-that-no-file-has";
    let word = person.browser.get("/account").form_word();
    let mut body =
        format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"form_word\"\r\n\r\n{word}\r\n")
            .into_bytes();
    for (name, bytes) in files {
        let head = format!(
            "--{EDGE}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
             Content-Type: text/csv\r\n\r\n"
        );
        body.extend(head.into_bytes());
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{EDGE}--\r\n").into_bytes());
    let kind = format!("multipart/form-data; boundary={EDGE}");
    let headers = [("content-type", &*kind), ("sec-fetch-site", "same-origin")];
    person.browser.send_body(Method::POST, "/gate/directory", Some(body), &headers)
}

#[test]
fn people_are_compared_first_and_in_force_when_somebody_says_so() {
    let gate = gate();
    let school = School::of(&gate);
    let mut admin = school.officer(&gate, ADMIN, "admin");
    let people = || {
        let counts = gate.home.list(&["directory", "show"]);
        counts.iter().map(|row| row["people"].as_u64().unwrap()).sum::<u64>()
    };
    let before = people();
    let holds = || kept(&gate, ItemKind::Hold);
    let from_new = |subject: &str| gate.send(NEW, &[OUTSIDE], &mail(NEW, OUTSIDE, subject, HEALTH));

    // Everything that is wrong, by file and line, and nothing of anybody.
    let bad = export(|text| {
        text.to_owned()
            + "oak-x1,active,,true,oakfield,wizard,oak-x1,,Merlin,Ambrose,,,,,,,,,,,,,,\n"
            + &row("oak-s04", "Other", "Person", "o.person@oakfield.example")
    });
    let said = bring(&mut admin, &bad).text;
    assert!(said.contains("2 faults. Nothing was changed") && said.contains("users.csv, line 67"), "{said}");
    assert!(said.contains("users.csv, line 68") && !said.contains("Merlin"), "{said}");
    assert!(bring(&mut admin, &[]).text.contains("Choose the files first"));
    assert!(admin.browser.get("/gate/directory/draft").text.contains("nothing to take over"));

    let good = export(|text| {
        let mut kept: String =
            text.lines().filter(|l| !l.starts_with(GONE)).map(|l| format!("{l}\n")).collect();
        kept = kept.replace(GONE, "");
        kept + &row("oak-s99", "Nora", "Quill", NEW)
    });
    let taken = bring(&mut admin, &without_gone(good));
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
    let draft = admin.browser.get(taken.leads_to()).text;
    assert!(draft.contains("oak-s99") && draft.contains(GONE), "{draft}");
    assert!(!draft.contains("Quill") && !draft.contains(NEW), "ids, not persons: {draft}");
    assert_eq!(people(), before, "nothing is in force");
    assert!(from_new("one").starts_with("250"));
    assert_eq!(holds(), 0, "an unknown sender is none of the school's");

    let yes = [("why", "the autumn export")];
    let said = admin.browser.post("/gate/directory/draft", &yes).text;
    assert!(said.contains("Taken over."), "{said}");
    assert!(admin.browser.get("/gate/directory/draft").text.contains("nothing to take over"), "once");
    assert!(from_new("two").starts_with("250"));
    assert_eq!(holds(), 1, "the new colleague is known from the next message on");
    assert!(gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "three", HEALTH)).starts_with("250"));
    assert_eq!(holds(), 2, "and so are the others, with the same rules");
    let row = &gate.home.list(&["ledger", "list", "--event", "directory.imported"]);
    let row = row.last().unwrap();
    assert!(row["details"].to_string().contains("added"), "{row}");
    assert!(admin.browser.get("/gate/changes").text.contains("the autumn export"));
    // A reload finds the same people on the disk.
    gate.serving.signal("HUP");
    gate.serving.wait_log("gate.reloaded");
    assert!(from_new("four").starts_with("250"));
    assert_eq!(holds(), 3);
}

/// Takes the pupil who leaves out of the other files too.
fn without_gone(files: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let lines = |bytes: &[u8]| -> Vec<u8> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        text.lines()
            .filter(|line| !line.contains(GONE))
            .map(|l| format!("{l}\n"))
            .collect::<String>()
            .into_bytes()
    };
    let clean = |(name, bytes): (String, Vec<u8>)| match name.as_str() {
        "enrollments.csv" | "demographics.csv" => (name, lines(&bytes)),
        _ => (name, bytes),
    };
    files.into_iter().map(clean).collect()
}

#[test]
fn a_school_that_empties_is_asked_about_and_lookers_bring_nobody_in() {
    let gate = gate();
    let school = School::of(&gate);
    let mut admin = school.officer(&gate, ADMIN, "admin");
    let mut deputy = school.officer(&gate, DEPUTY, "deputy");
    let few =
        |head: &str, rows: String| vec![("people.csv".to_owned(), (head.to_owned() + &rows).into_bytes())];
    let head = "id,role,given,family,email,school\n";
    let rows = format!(
        "oak-s01,staff,Helen,Marsh,h.marsh@oakfield.example,oakfield\noak-s10,staff,Lou,Ferrante,{ADMIN},oakfield\n"
    );
    let files = few(head, rows);
    assert_eq!(bring(&mut admin, &files).status, StatusCode::SEE_OTHER);
    let draft = admin.browser.get("/gate/directory/draft").text;
    assert!(draft.contains("Is the export complete?"), "{draft}");
    assert!(draft.contains("officers of the configuration whom it does not know"), "{draft}");
    assert!(draft.contains("registered people who are gone"), "{draft}");
    let said = admin.browser.post("/gate/directory/draft", &[("why", "")]).text;
    assert!(said.contains("role=\"alert\"") && said.contains("have to say"), "{said}");
    assert!(gate.home.list(&["directory", "show"]).len() > 2, "nothing is in force");

    let looks = deputy.browser.get("/gate/directory");
    assert!(looks.status == StatusCode::OK && !looks.text.contains("type=\"file\""), "{}", looks.text);
    assert_eq!(bring(&mut deputy, &files).status, StatusCode::FORBIDDEN);
    let place = "/gate/directory/draft";
    assert_eq!(deputy.browser.get(place).status, StatusCode::FORBIDDEN);
    assert_eq!(deputy.browser.post(place, &[("complete", "yes")]).status, StatusCode::FORBIDDEN);
    let forgotten = admin.browser.post("/gate/directory/draft/forget", &[]);
    assert_eq!(forgotten.leads_to(), "/gate/directory");
    assert!(admin.browser.get("/gate/directory/draft").text.contains("nothing to take over"));
}
