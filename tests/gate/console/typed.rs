//! What was typed is never lost: a form that is refused comes back filled in, with the fault beside its field;
//! one that first asks who one is comes back when that is proved.

use super::{
    Browser, Page, School, gate,
    password::{PASSWORD, let_proofs_age, set_up},
    queue::{ids, quarantined},
};
use crate::gate::{LEAD, PUPIL};
use reqwest::StatusCode;

const WHY: &str = "Agreed with the class teacher on Tuesday; \"quoted\" & <kept>";
const WRITTEN: &str = "Agreed with the class teacher on Tuesday; &quot;quoted&quot; &amp; &lt;kept&gt;";

/// The form comes back with what was typed, and says in it what is wrong with which field.
fn comes_back(browser: &mut Browser, path: &str, fields: &[(&str, &str)], field: &str, says: &str) -> Page {
    let page = browser.post(path, fields);
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", page.text);
    assert!(page.text.contains(WRITTEN) && !page.text.contains(WHY), "{path}: {}", page.text);
    let (before, after) =
        page.text.split_once(says).unwrap_or_else(|| panic!("{path} {says}: {}", page.text));
    assert!(before.ends_with("<p class=\"wrong\" id=\"wrong\" role=\"alert\">"), "{path}: {before}");
    let (_, tag) = after.split_once("</p><").expect("a field");
    let (tag, _) = tag.split_once('>').unwrap();
    assert!(
        tag.contains(&format!("name=\"{field}\"")) && tag.contains("aria-describedby=\"wrong"),
        "{path}: {tag}"
    );
    page
}

#[test]
fn a_refused_form_comes_back_as_it_was_filled_in() {
    let gate = gate();
    quarantined(&gate, &[PUPIL]);
    let item = format!("/queue/{}", ids(&gate)[0]);
    let mut school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    assert_eq!(
        lead.post(&format!("{item}/look"), &[("purpose", "safeguarding")]).status,
        StatusCode::SEE_OTHER
    );

    // An item: its reason, its advice, a note, who is accused.
    let decide = format!("{item}/decide");
    let page = comes_back(
        &mut lead,
        &decide,
        &[("act", "hand-over"), ("words", WHY), ("page", &item)],
        "to",
        "Choose the office",
    );
    let open: Vec<&str> =
        page.text.split("<details").filter(|one| one.split('>').next().unwrap().contains(" open")).collect();
    assert!(
        open.iter().any(|one| one.contains("value=\"hand-over\"") && one.contains(WRITTEN)),
        "its fold is open"
    );
    assert_eq!(page.text.matches(WRITTEN).count(), 1, "in no other form");
    comes_back(
        &mut lead,
        &format!("{item}/notes"),
        &[("who", "1"), ("text", WHY), ("last", "soon")],
        "last",
        "Choose a last day",
    );
    // Opening an incident from the page of the item leads back to that page.
    let opening = [
        ("school", "oakfield"),
        ("kind", "concern"),
        ("title", ""),
        ("why", WHY),
        ("item", item.trim_start_matches("/queue/")),
        ("page", &item),
    ];
    let page = comes_back(&mut lead, "/incidents", &opening, "title", "Give it a few words");
    assert!(
        page.text.contains("name=\"advice_words\"") || page.text.contains("/decide"),
        "the item's own page"
    );
    let page = lead.post(&decide, &[("act", "keep"), ("words", "  "), ("page", "https://other.example/")]);
    assert!(
        page.status == StatusCode::UNPROCESSABLE_ENTITY && page.text.contains("Say why"),
        "{}",
        page.text
    );

    // An incident: its text and its people.
    let opening = [
        ("school", "oakfield"),
        ("kind", "concern"),
        ("title", WHY),
        ("why", "told"),
        ("affected", "Nobody Atall"),
    ];
    comes_back(&mut lead, "/incidents", &opening, "affected", "That is neither an id");
    let opened = lead.post(
        "/incidents",
        &[("school", "oakfield"), ("kind", "concern"), ("title", "On the bus"), ("why", "told")],
    );
    let incident = opened.leads_to().to_owned();
    lead.post(&format!("{incident}/look"), &[("purpose", "safeguarding")]);
    let write = format!("{incident}/write");
    comes_back(
        &mut lead,
        &write,
        &[("act", "refer"), ("to", "police"), ("on", "soon"), ("line", WHY)],
        "on",
        "Give the day",
    );
    let early = lead.post(&write, &[("act", "close"), ("text", WHY)]);
    assert!(
        early.status == StatusCode::UNPROCESSABLE_ENTITY && early.text.contains(WRITTEN),
        "{}",
        early.text
    );
    assert!(early.text.contains("whether the parents were told"), "{}", early.text);

    // The gate: an exception, what is said about one, the switch.
    let asking = [
        ("school", "oakfield"),
        ("person", PUPIL),
        ("rules", "harm.self-harm"),
        ("until", "2030-01-01"),
        ("reason", WHY),
    ];
    comes_back(&mut lead, "/gate/orders/exceptions", &asking, "rules", "Nobody can be excepted");
    let asking = [("school", "oakfield"), ("person", PUPIL), ("until", "soon"), ("reason", WHY)];
    comes_back(&mut lead, "/gate/orders/suspensions", &asking, "until", "`soon` is no time");
    let switching = [("school", "oakfield"), ("rule", "no-such"), ("reason", WHY)];
    comes_back(&mut lead, "/gate/observe", &switching, "rule", "There is no policy rule");
    // What is asked of a person: whom the directory does not know.
    let mut officer = school.officer(&gate, "s.adeyemi@oakfield.example", "data-protection").browser;
    comes_back(
        &mut officer,
        "/records/access",
        &[("whose", WHY), ("by", "")],
        "whose",
        "Nobody in the directory is",
    );

    // What is not a form of the session's own says nothing back.
    let forged = [("act", "keep"), ("words", WHY), ("form_word", "guessed")];
    let page = lead.send(reqwest::Method::POST, &decide, Some(&forged), &[("sec-fetch-site", "same-origin")]);
    assert!(page.status == StatusCode::FORBIDDEN && !page.text.contains("class teacher"), "{}", page.text);
    let _ = &mut school;
}

#[test]
fn what_was_typed_waits_until_one_has_proved_who_one_is() {
    let gate = gate();
    let mut school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let (_, codes) = set_up(&mut lead);
    let_proofs_age(&gate);
    let switching = [("school", "oakfield"), ("rule", ""), ("hours", "3"), ("reason", WHY)];
    let asked = lead.post("/gate/observe", &switching);
    let again = asked.leads_to().to_owned();
    assert!(again.starts_with("/sign-in/again?next=") && !again.contains("Agreed"), "{again}");
    let next = url_decoded(again.split_once("next=").unwrap().1);
    let proof =
        [("password", PASSWORD), ("code", ""), ("recovery", codes[0].as_str()), ("next", next.as_str())];
    let proved = lead.post("/sign-in/again", &proof);
    assert_eq!((proved.status, proved.leads_to()), (StatusCode::SEE_OTHER, next.as_str()), "{}", proved.text);
    let page = lead.get(&next).text;
    assert!(
        page.contains(WRITTEN) && page.contains("value=\"3\"") && page.contains("look it over"),
        "{page}"
    );
    // Nobody else has it by that address.
    let other = school.head.browser.get(&next).text;
    assert!(!other.contains("class teacher"), "{other}");
}

fn url_decoded(text: &str) -> String {
    text.replace("%2F", "/").replace("%3F", "?").replace("%3D", "=").replace("%26", "&")
}
