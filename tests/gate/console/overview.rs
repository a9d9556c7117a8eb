//! How the gate stands, in figures of the gate's own: mail that passes, what is kept and was looked through,
//! certificates, what scans; and nothing of anybody's mail.

use super::{School, gate, kept};
use crate::{
    dangers::HEALTH,
    gate::{OUTSIDE, TEACHER, mail},
};
use gatehouse::storage::ItemKind;

#[test]
fn an_admin_sees_what_passes_and_what_is_kept() {
    let gate = gate();
    let mut admin = School::of(&gate).officer(&gate, "l.ferrante@oakfield.example", "admin");
    let tile = |page: &str, name: &str| -> u64 {
        let (before, _) =
            page.split_once(&format!("</strong> {name}<")).unwrap_or_else(|| panic!("{name}: {page}"));
        before.rsplit("<strong>").next().unwrap().parse().unwrap()
    };
    let before = admin.browser.get("/gate").text;
    assert_eq!(tile(&before, "in the last hour"), 0);
    assert!(before.contains("nothing is kept yet"), "{before}");
    for (subject, text) in [("Zanzibar", HEALTH), ("Lunch", "At one?")] {
        assert!(gate.send(TEACHER, &[OUTSIDE], &mail(TEACHER, OUTSIDE, subject, text)).starts_with("250"));
    }
    assert_eq!(kept(&gate, ItemKind::Hold), 1);
    let page = admin.browser.get("/gate").text;
    assert_eq!((tile(&page, "in the last hour"), tile(&page, "in the last 24 hours")), (2, 2));
    assert_eq!(tile(&page, "failed inside since the start"), 0);
    assert!(page.contains("some were not read yet"), "kept a moment ago: {page}");
    for says in ["SQLite", "No scanner is configured", "mail comes to it in plain text", "none by"] {
        assert!(page.to_lowercase().contains(&says.to_lowercase()), "{says}: {page}");
    }
    assert!(!page.contains("Zanzibar") && !page.contains(OUTSIDE) && page.len() < 50_000, "{}", page.len());
    assert_eq!(gate.home.run(&["store", "scrub"]).code(), 0);
    assert!(admin.browser.get("/gate").text.contains("every one since"), "read and compared");
    let welsh = {
        let fields = [("language", "cy"), ("back", "/gate")];
        admin.browser.post("/language", &fields);
        admin.browser.get("/gate").text
    };
    assert!(
        welsh.contains("Post sy&#39;n mynd drwodd") || welsh.contains("Post sy&#x27;n mynd drwodd"),
        "{welsh}"
    );
}
