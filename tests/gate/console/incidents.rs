//! Incidents in the browser: opened about an item, written line by line, ended when it is said whether the
//! parents were told; not there for whoever is in one or belongs elsewhere.

use super::{
    DEPUTY, School, gate,
    queue::{colleague_elsewhere, ids, quarantined},
};
use crate::gate::{Gate, HEAD, LEAD, PUPIL, TEACHER};
use reqwest::StatusCode;

const TITLE: &str = "Quetzal";
const ADMIN: &str = "s.adeyemi@oakfield.example";

#[test]
fn an_incident_is_opened_about_an_item_followed_up_and_closed() {
    let gate = gate();
    quarantined(&gate, &[PUPIL]);
    quarantined(&gate, &[PUPIL, DEPUTY]);
    let items = ids(&gate);
    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let open = |item: &str| {
        [
            ("school", "oakfield"),
            ("kind", "concern"),
            ("title", TITLE),
            ("why", "a pattern"),
            ("affected", PUPIL),
            ("item", item),
        ]
        .map(|(k, v)| (k, v.to_owned()))
    };
    let fields = open(&items[0]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let opened = lead.post("/incidents", &fields);
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.text);
    let place = opened.leads_to().to_owned();
    let id = place.trim_start_matches("/incidents/").to_owned();

    let covered = lead.get(&place).text;
    assert!(!covered.contains(TITLE) && covered.contains("covered"), "{covered}");
    assert!(!lead.get("/incidents").text.contains(TITLE), "lists have no texts");
    assert!(lead.get("/incidents").text.contains(&id));
    lead.post(&format!("{place}/look"), &[("purpose", "safeguarding")]);
    let page = lead.get(&place).text;
    for wanted in [TITLE, "Amelia Martin", "a pattern", &format!("/queue/{}", items[0]), "not said yet"] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }

    let write = format!("{place}/write");
    let mut wrote = |fields: &[(&str, &str)]| lead.post(&write, fields);
    let said = |page: &super::Page| page.leads_to().ends_with("?said=written");
    assert!(said(&wrote(&[("act", "note"), ("text", "spoke with the form tutor")])));
    assert!(said(&wrote(&[("act", "refer"), ("to", "social-care"), ("on", "2026-11-20"), ("line", "SC/7")])));
    let early = wrote(&[("act", "close"), ("text", "done")]);
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", early.text);
    assert!(early.text.contains("whether the parents were told"));
    assert!(said(&wrote(&[("act", "told"), ("on", "2026-11-21"), ("line", "the head of year")])));
    assert!(said(&wrote(&[("act", "close"), ("text", "support is in place")])));
    assert!(said(&wrote(&[("act", "reopen"), ("text", "a new message")])));
    // Whom what belongs to it concerns, it is hidden from: a number of nothing and one not theirs say the same.
    assert_eq!(wrote(&[("act", "link"), ("line", "0000000000")]).status, StatusCode::NOT_FOUND);
    assert!(said(&wrote(&[("act", "dismiss"), ("to", "resolved-before"), ("text", "dealt with")])));
    let page = lead.get(&place).text;
    for wanted in ["Referred to children&#39;s social care on 20/11/2026", "told on 21/11/2026", "Dismissed"]
    {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }

    let file = lead.post(&format!("{place}/export"), &[]);
    assert_eq!(file.headers["content-type"], "application/json");
    assert!(file.text.contains(TITLE) && file.text.contains("\"social-care\""), "{}", file.text);
    let fields = open(&items[1]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let other = lead.post("/incidents", &fields).leads_to().to_owned();
    let others = [
        ("a party to its message", school.officer(&gate, DEPUTY, "deputy").browser),
        ("staff", school.officer(&gate, TEACHER, "staff").browser),
        ("an admin", school.officer(&gate, ADMIN, "admin").browser),
        ("the other school's head", colleague_elsewhere(&gate).browser),
    ];
    for (who, mut browser) in others {
        let tried = [
            browser.get(&other),
            browser.post(&format!("{other}/look"), &[("purpose", "safeguarding")]),
            browser.post(&format!("{other}/write"), &[("act", "note"), ("text", "x")]),
            browser.get("/incidents/0000000000"),
        ];
        for page in tried {
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{who}: {}", page.text);
            assert!(!page.text.contains(TITLE), "{who}");
        }
        let list = browser.get("/incidents");
        assert!(!list.text.contains(other.trim_start_matches("/incidents/")), "{who}");
    }
    assert_eq!(gate.home.run(&["ledger", "verify"]).code(), 0);
}

#[test]
fn anybody_at_work_tells_of_a_concern_and_whoever_follows_it_up_is_told() {
    let gate = gate();
    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let mut teacher = school.officer(&gate, TEACHER, "staff").browser;
    let page = teacher.get("/concern").text;
    assert!(page.contains("999") && teacher.get("/messages").text.contains("href=\"/concern\""), "{page}");
    let telling = |kind: &'static str, accused: &'static str| {
        [
            ("school", "oakfield"),
            ("kind", kind),
            ("title", TITLE),
            ("why", "He said so at the gate."),
            ("affected", PUPIL),
            ("accused", accused),
        ]
    };
    let told = teacher.post("/concern", &telling("concern", "")).leads_to().to_owned();
    let (_, id) = told.split_once("/concern?told=").unwrap_or_else(|| panic!("{told}"));
    assert!(teacher.get(&told).text.contains(&format!("number {id}")));
    assert_eq!(teacher.get(&format!("/incidents/{id}")).status, StatusCode::NOT_FOUND);
    assert!(lead.get("/incidents").text.contains(id));
    let notice = notice_to(&gate, LEAD, id);
    assert!(!notice.contains(TITLE) && !notice.contains(PUPIL), "{notice}");
    // What is said of the lead is not the lead's.
    let told = teacher.post("/concern", &telling("concern", LEAD)).leads_to().to_owned();
    let (_, id) = told.split_once("/concern?told=").unwrap_or_else(|| panic!("{told}"));
    notice_to(&gate, HEAD, id);
    assert!(!lead.get("/incidents").text.contains(id));
    assert!(!gate.sink.deliveries().iter().any(|mail| mail.is_for(LEAD) && mail.text().contains(id)));
    let empty = teacher.post("/concern", &[("school", "oakfield"), ("kind", "concern")]);
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// The mail to this person that names this number.
fn notice_to(gate: &Gate, address: &str, id: &str) -> String {
    let mut count = 1;
    loop {
        let all = gate.sink.wait_for(count);
        if let Some(mail) = all.iter().find(|mail| mail.is_for(address) && mail.text().contains(id)) {
            return mail.text();
        }
        count = all.len() + 1;
    }
}
