//! "What would have happened": the observed mail in counts, with the alerts against the budget and the
//! school's lists; nothing of anybody, and nothing of what concerns staff.

use super::{Page, Person, School, gate_with};
use crate::{
    dangers::{GROOMING, HEALTH},
    gate::{LEAD, OUTSIDE, PUPIL, Setup, TEACHER, mail},
};
use reqwest::StatusCode;

const ADMIN: &str = "l.ferrante@oakfield.example";

fn asked(person: &mut Person, school: &str, days: &str) -> Page {
    let begun = person.browser.post("/gate/would-have", &[("school", school), ("days", days)]);
    if begun.status != StatusCode::SEE_OTHER {
        return begun;
    }
    // Each look waits for a while by itself.
    for _ in 0..60 {
        let page = person.browser.get("/gate/would-have");
        if !page.text.contains("Adding up") {
            return page;
        }
    }
    panic!("no answer");
}

/// The figure of a tile.
fn tile(page: &str, name: &str) -> u64 {
    let (before, _) =
        page.split_once(&format!("</strong> {name}<")).unwrap_or_else(|| panic!("{name}: {page}"));
    before.rsplit("<strong>").next().unwrap().parse().unwrap()
}

#[test]
fn the_observed_mail_is_added_up_without_anybody_in_it() {
    let tables =
        "[[school.list]]\nkind = \"partner\"\nentries = [\"county.example\", \"never-met.example\"]\n";
    let setup = Setup { mode: "observe", school_tables: tables.to_owned(), ..Setup::default() };
    let gate = gate_with(setup);
    let school = School::of(&gate);
    let mut admin = school.officer(&gate, ADMIN, "admin");
    let send = |from: &str, to: &str, subject: &str, text: &str| {
        assert!(gate.send(from, &[to], &mail(from, to, subject, text)).starts_with("250"), "{subject}");
    };
    for colleague in [TEACHER, "d.price@oakfield.example", "s.whitlam@oakfield.example", TEACHER, TEACHER] {
        send(colleague, OUTSIDE, "Zanzibar", HEALTH);
    }
    send(TEACHER, LEAD, "Lunch", "At one?");
    for _ in 0..6 {
        send(TEACHER, "team@county.example", "Agenda", "See you at ten.");
    }
    send(TEACHER, "shop.steward@union.example", "A question", "May I call?");
    let said = gate.send_unproved(
        "odd@stranger.example",
        &[PUPIL],
        &mail("odd@stranger.example", PUPIL, "Hi", GROOMING),
    );
    assert!(said.starts_with("250"), "it passes while the school observes: {said}");

    let page = asked(&mut admin, "oakfield", "14").text;
    assert_eq!(tile(&page, "messages"), 14, "{page}");
    assert_eq!(tile(&page, "would have waited for their sender"), 5);
    assert_eq!(tile(&page, "would have waited for a reviewer"), 1);
    assert!(page.contains("No rota is named"), "said loudly");
    assert!(page.contains("harbour.example: 5"), "five by three senders, on no list: {page}");
    assert!(page.contains("none: is it written right?"), "an entry that nobody met");
    let row = |entry: &str| {
        page.split_once(&format!("{entry}</th>")).unwrap().1.split("</tr>").next().unwrap().to_owned()
    };
    assert!(row("county.example").contains(">6<"), "{}", row("county.example"));
    assert!(row("union.example").contains("fewer than five"), "{}", row("union.example"));
    assert!(!page.contains("helpline.example"), "helplines are not counted");
    assert!(
        page.contains("personal-data.hold-special") && !page.contains("to-protected"),
        "nor by their rules"
    );
    for word in ["Zanzibar", TEACHER, OUTSIDE, "stranger.example", "steward"] {
        assert!(!page.contains(word), "{word}: {page}");
    }
    assert!(asked(&mut admin, "oakfield", "400").text.contains("Give 1 to 31 days"));
    assert_eq!(asked(&mut admin, "brynglas", "14").status, StatusCode::NOT_FOUND, "another school's");
    let rows = gate.home.list(&["ledger", "list", "--event", "report.made"]);
    assert_eq!(rows.len(), 1, "that it was made is in the ledger");

    // Whose question it was sees its answer, and nobody else.
    let mut lead = school.officer(&gate, LEAD, "lead");
    let other = lead.browser.get("/gate/would-have");
    assert!(other.status == StatusCode::OK && !other.text.contains("harbour.example"), "{}", other.text);
    let mut teacher = school.officer(&gate, TEACHER, "staff");
    assert_eq!(teacher.browser.get("/gate/would-have").status, StatusCode::FORBIDDEN);
    assert_eq!(
        teacher.browser.post("/gate/would-have", &[("school", "oakfield"), ("days", "1")]).status,
        StatusCode::FORBIDDEN
    );
}
