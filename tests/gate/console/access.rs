//! What is held on a person, in the browser: gathered, read beside what was taken out, ruled upon by two
//! people each on their own page, and given without a trace of what is withheld.

use super::{Browser, School, key, queue::colleague_elsewhere, records::recording};
use crate::gate::{LEAD, TEACHER, mail};
use reqwest::StatusCode;
use std::fs;

const FATHER: &str = "stephen.rowe@freemail.example";
const MOTHER: &str = "danielle.rowe@postbox.example";
const DPO: &str = "s.adeyemi@oakfield.example";

/// The addresses of the pieces of a request, in order.
fn pieces(page: &str, place: &str) -> Vec<String> {
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|link| link.starts_with(&format!("{place}/"))).map(str::to_owned).collect()
}

fn rule(browser: &mut Browser, place: &str, fields: &[(&str, &str)]) {
    let said = browser.post(&format!("{place}/rule"), &[fields, &[("because", "seen")]].concat());
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text);
}

#[test]
fn what_is_held_on_a_person_is_ruled_upon_by_two_people_and_given() {
    let gate = recording();
    let ok = |reply: String| assert!(reply.starts_with("250"), "{reply}");
    let text = "Jacob and Amelia Martin quarrelled. Ask Danielle Rowe, danielle.rowe@postbox.example.";
    ok(gate.send_unproved(FATHER, &[TEACHER], &mail(FATHER, TEACHER, "Jacob Rowe", text)));
    ok(gate.send(TEACHER, &[MOTHER], &mail(TEACHER, MOTHER, "Jacob", "Jacob did well in May.")));
    gate.sink.wait_for(2);
    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let mut dpo = school.officer(&gate, DPO, "data-protection").browser;
    let mut teacher = school.officer(&gate, TEACHER, "staff").browser;
    let mut elsewhere = colleague_elsewhere(&gate).browser;

    let asked = [("whose", "Jacob Rowe"), ("by", MOTHER)];
    assert_eq!(lead.post("/records/access", &asked).status, StatusCode::FORBIDDEN, "the lead reviews");
    assert!(dpo.post("/records/access", &asked).leads_to().starts_with("/account/key?next="));
    key::unlock(&mut dpo, &gate);
    let nobody = dpo.post("/records/access", &[("whose", "Nobody Here")]);
    assert!(
        nobody.status == StatusCode::UNPROCESSABLE_ENTITY && nobody.text.contains("Nobody in the directory")
    );
    let made = dpo.post("/records/access", &asked);
    let place = made.leads_to().strip_suffix("?said=made").expect(&made.text).to_owned();
    let page = dpo.get(&place);
    assert!(
        page.text.contains("The rights are the child") && page.text.contains("Jacob Rowe"),
        "{}",
        page.text
    );
    let all = pieces(&page.text, &place);
    assert_eq!(all.len(), 2, "{}", page.text);

    // Read beside what was taken out; whoever has gathered nothing reads nothing.
    let piece = dpo.get(&all[0]).text;
    for wanted in
        ["quarrelled", "[person 1]", "What was taken out", "Amelia Martin", "danielle.rowe@postbox.example"]
    {
        assert!(piece.contains(wanted), "{wanted}: {piece}");
    }
    let letter = piece.split("class=\"letter\"").nth(1).unwrap().split("</div>").next().unwrap();
    assert!(!letter.contains("Amelia") && !letter.contains("Danielle"), "{letter}");
    assert!(lead.get(&all[0]).text.contains("not gathered on your screen"));
    key::unlock(&mut lead, &gate);
    assert_eq!(lead.post(&format!("{place}/gather"), &[]).leads_to(), place);
    assert!(lead.get(&all[0]).text.contains("quarrelled"));
    let review = lead.post(&format!("{place}/review"), &[]);
    assert_eq!(review.headers["content-type"], "application/zip");

    // Not there for others, and not given before both have spoken.
    for browser in [&mut teacher, &mut elsewhere] {
        for page in [
            browser.get(&place),
            browser.get(&all[0]),
            browser.post(&format!("{place}/gather"), &[]),
            browser.post(&format!("{place}/rule"), &[("piece", "request"), ("ruling", "include")]),
            browser.post(&format!("{place}/answer"), &[]),
        ] {
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{}", page.text);
            assert!(!page.text.contains("Jacob"));
        }
    }
    assert!(!elsewhere.get("/records/access").text.contains("Jacob Rowe"));
    assert_eq!(dpo.post(&format!("{place}/answer"), &[]).status, StatusCode::UNPROCESSABLE_ENTITY);

    let whole = ("piece", "request");
    rule(&mut dpo, &place, &[whole, ("office", "data-protection"), ("ruling", "include")]);
    let not_theirs = [whole, ("office", "lead"), ("ruling", "include"), ("because", "both words are mine")];
    assert_eq!(dpo.post(&format!("{place}/rule"), &not_theirs).status, StatusCode::FORBIDDEN);
    rule(&mut lead, &place, &[whole, ("office", "lead"), ("ruling", "include")]);
    let ticked = |page: &str| -> Vec<String> {
        let names = page.split("name=\"p:").skip(1).filter_map(|rest| rest.split('"').next());
        names.map(|name| format!("p:{}", name.replace("&#x2f;", "/").replace("&#47;", "/"))).collect()
    };
    for (browser, office) in [(&mut dpo, "data-protection"), (&mut lead, "lead")] {
        let waiting = ticked(&browser.get(&place).text);
        assert!(!waiting.is_empty(), "what names another child is doubtful");
        let mut fields = vec![("office", office), ("ruling", "withhold")];
        fields.extend(waiting.iter().map(|name| (name.as_str(), "y")));
        rule(browser, &place, &fields);
        assert!(ticked(&browser.get(&place).text).is_empty());
    }
    // Of the two pieces one goes: the other is about another child, and both withhold it.
    let answer = dpo.post(&format!("{place}/answer"), &[("keep", "May")]);
    assert_eq!(answer.headers["content-type"], "application/zip", "{}", answer.text);
    let file = gate.home.path("answer.zip");
    fs::write(&file, &answer.bytes).unwrap();
    assert_eq!(gate.home.run(&["records", "verify", file.to_str().unwrap()]).code(), 0);
    let end = memchr::memmem::find(&answer.bytes, b"</html>").unwrap();
    let given = String::from_utf8_lossy(&answer.bytes[..end]).to_lowercase();
    assert!(
        !given.contains("quarrelled") && !given.contains("amelia") && !given.contains("withheld"),
        "{given}"
    );
    assert!(dpo.get("/records/access").text.contains("given"));
    let rows = gate.home.list(&["ledger", "list", "--limit", "1000"]);
    let count = |event: &str| rows.iter().filter(|row| row["event"] == event).count();
    assert_eq!((count("subject-access.made"), count("subject-access.finished")), (1, 1));
    assert_eq!(gate.home.run(&["ledger", "verify"]).code(), 0);
}
