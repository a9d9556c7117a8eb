//! The governors' page: counts for whoever may see them, no word of any message, and files to take
//! home.

use super::{Browser, School, gate, runtime};
use crate::{
    dangers::HEALTH,
    gate::{OUTSIDE, TEACHER, mail},
    storage::{Sample, owner, ruling},
};
use chrono::{TimeDelta, Utc};
use gatehouse::{
    parties::Month,
    ruleset::Category,
    storage::{Decision, ItemKind, Store},
};
use reqwest::StatusCode;

/// Held on the last day of last month, as far as the rows say, so many of each; and withdrawn now, so that
/// they wait for nobody.
pub(super) async fn last_month(store: Store, held: &[(Category, u32)]) {
    let all = held.iter().flat_map(|(category, times)| (0..*times).map(move |_| *category));
    for (number, category) in all.enumerate() {
        let mut keep = Sample::new(number as u128).keep(&store, ItemKind::Hold).await;
        let first = Month::of(Utc::now().date_naive()).first().and_hms_opt(0, 0, 0).unwrap().and_utc();
        keep.message.received_at = first - TimeDelta::hours(12);
        keep.items[0].category = category;
        let id = store.keep(keep).await.unwrap().items.remove(0);
        store.decide(&id, ruling(Decision::Withdraw, owner())).await.unwrap();
    }
    store.close().await;
}

#[test]
fn a_governor_sees_counts_and_takes_them_home() {
    let gate = gate();
    gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, "For your records", HEALTH));
    let held = [(Category::PersonalHealth, 12)];
    runtime().block_on(async { last_month(gate.home.store().await, &held).await });
    let last = Month::of(Utc::now().date_naive()).before().name();
    let (place, now) =
        (format!("/report?school=oakfield&period={last}"), Month::of(Utc::now().date_naive()).name());
    let school = School::of(&gate);
    let mut governor = school.officer(&gate, "g.whitlock@oakfield.example", "governor");
    assert_eq!(governor.browser.get("/").leads_to(), "/report", "their first room");
    let under_way = governor.browser.get(&format!("/report?school=oakfield&period={now}"));
    assert!(
        under_way.text.contains("Under way") && !under_way.text.contains("How soon"),
        "{}",
        under_way.text
    );
    let page = governor.browser.get(&place);
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("<h2") && page.text.contains("</table>"));
    for word in ["For your records", "okafor", "harbour"] {
        assert!(!page.text.to_lowercase().contains(&word.to_lowercase()), "{word}");
    }
    let mut in_welsh = Browser::new(&gate);
    in_welsh.cookies = governor.browser.cookies.clone();
    in_welsh.cookies.push(("language".into(), "cy".into()));
    let welsh = in_welsh.get(&place).text;
    assert!(welsh.contains("Negeseuon yn ôl cyfeiriad") && welsh.contains("o fewn diwrnod ysgol"), "{welsh}");
    let headings = |page: &str| -> Vec<String> {
        page.split("<h2").skip(1).map(|rest| rest.split("</h2>").next().unwrap().to_owned()).collect()
    };
    let (ours, theirs) = (headings(&page.text), headings(&welsh));
    assert!(ours.len() > 10 && ours.len() == theirs.len());
    for (english, welsh) in ours.iter().zip(&theirs) {
        assert_ne!(english, welsh, "a heading without its Welsh");
    }
    for english in
        ["Messages", "How soon", "within ", "in all", "enforced", "Counts only", "proved", "changed"]
    {
        assert!(!welsh.contains(english), "{english}: {welsh}");
    }
    let csv = governor.browser.get(&format!("/report/file?school=oakfield&period={last}&as=csv"));
    assert!(csv.text.starts_with("part,name,now,before,change"), "{}", csv.text);
    assert!(csv.text.contains("messages-by-direction,outbound,12,0,12"), "{}", csv.text);
    let kind = |p: &super::Page| p.headers["content-type"].to_str().unwrap().to_owned();
    assert_eq!(kind(&governor.browser.get(&format!("/report/file?period={last}&as=pdf"))), "application/pdf");
    assert_eq!(governor.browser.get("/report/file?as=exe").status, StatusCode::NOT_FOUND);
    assert_eq!(
        governor.browser.get("/report?school=brynglas").status,
        StatusCode::NOT_FOUND,
        "another school"
    );
    assert_eq!(governor.browser.get("/report?period=2040-01").status, StatusCode::UNPROCESSABLE_ENTITY);

    let mut teacher = school.officer(&gate, TEACHER, "staff");
    assert_eq!(teacher.browser.get("/report").status, StatusCode::FORBIDDEN);
    assert!(Browser::new(&gate).get("/report").leads_to().starts_with("/sign-in"));
    let made = gate.home.list(&["ledger", "list"]);
    assert!(made.iter().any(|row| row["event"] == "report.made"));
}
