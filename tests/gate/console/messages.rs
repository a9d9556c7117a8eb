//! My messages: held by real SMTP, decided in the browser, delivered as read from the sink; and that for
//! everybody else nothing of it is there.

use super::{Browser, DEPUTY, Person, School, gate, register, runtime};
use crate::{
    dangers::HEALTH,
    gate::{Gate, LEAD, OUTSIDE, TEACHER, mail, without_trace},
    house::PATIENCE,
    sink::Delivery,
};
use reqwest::{Method, StatusCode};
use std::{process::Command, time::Instant};

/// Another teacher of the school.
const COLLEAGUE: &str = "d.price@oakfield.example";
/// The lead of another school.
const ELSEWHERE: &str = "g.pugh@brynglas.example";
const SUBJECT: &str = "About the trip on Friday";

/// What was sent, and the number under which it waits.
struct Held {
    id: String,
    sent: String,
}

fn hold(gate: &Gate, to: &str) -> Held {
    let sent = mail(TEACHER, to, SUBJECT, &format!("Dear all. {HEALTH} Please be kind."));
    assert!(gate.send(TEACHER, &[to], &sent).starts_with("250"));
    Held { id: number_for(gate, TEACHER), sent }
}

/// The number of the message that a notice to somebody speaks of, once it has come.
fn number_for(gate: &Gate, to: &str) -> String {
    linked(gate, to, "/messages/")
}

fn linked(gate: &Gate, to: &str, place: &str) -> String {
    let link = format!("http://localhost{place}");
    let since = Instant::now();
    loop {
        // Whoever was registered has news of the account too.
        let all = gate.sink.wait_for(1);
        let texts = all.iter().filter(|d| d.is_for(to)).map(Delivery::text);
        if let Some((_, rest)) =
            texts.filter_map(|t| t.split_once(&link).map(|(a, b)| (a.len(), b.to_owned()))).next()
        {
            return rest.split_whitespace().next().unwrap().to_owned();
        }
        assert!(since.elapsed() < PATIENCE, "no link for {to}");
    }
}

/// What has become of it, by the store itself: who runs the machine sees no hold in any list.
fn state(gate: &Gate, id: &str) -> &'static str {
    let id = id.parse().unwrap();
    runtime().block_on(async {
        let store = gate.home.store().await;
        let state = store.item_summary(&id).await.unwrap().state;
        store.close().await;
        state.name()
    })
}

/// The rows of the ledger about it.
fn history(gate: &Gate, id: &str) -> Vec<gatehouse::storage::LedgerEntry> {
    runtime().block_on(async {
        let store = gate.home.store().await;
        let rows = store.history(id).await.unwrap();
        store.close().await;
        rows
    })
}

fn teacher(gate: &Gate) -> Person {
    register(gate, &[], TEACHER)
}

fn place(id: &str) -> String {
    format!("/messages/{id}")
}

/// What is delivered to somebody, once it has come.
fn delivered(gate: &Gate, to: &str) -> Vec<u8> {
    let since = Instant::now();
    loop {
        let all = gate.sink.wait_for(1);
        if let Some(one) = all.iter().find(|d| d.is_for(to)) {
            return without_trace(&one.data);
        }
        assert!(since.elapsed() < PATIENCE, "nothing came for {to}");
    }
}

#[test]
fn its_sender_sees_the_sentence_and_sends_it_in_two_steps() {
    let gate = gate();
    let school = School::of(&gate);
    let mut teacher = teacher(&gate).browser;
    let Held { id, sent } = hold(&gate, OUTSIDE);

    let list = teacher.get("/messages");
    assert!(list.text.contains(SUBJECT) && list.text.contains(&place(&id)), "{}", list.text);
    let page = teacher.get(&place(&id));
    assert_eq!(page.status, StatusCode::OK);
    if let Ok(folder) = std::env::var("GATEHOUSE_TEST_PAGES") {
        std::fs::write(format!("{folder}/list.html"), &list.text).unwrap();
        std::fs::write(format!("{folder}/one.html"), &page.text).unwrap();
    }
    for wanted in [
        "Not sent yet. It seems to contain health details and goes to one outside address. Nobody else has read it.",
        "<mark>",
        "medication",
        OUTSIDE,
        "name=\"choice\" value=\"confidential\"",
        "dataprotection@oakfield.example",
    ] {
        assert!(page.text.contains(wanted), "{wanted}: {}", page.text);
    }
    assert!(!page.text.split("</head>").next().unwrap().contains(SUBJECT), "no content in a title");
    assert!(!page.text.contains("child at risk"), "an ordinary message is no emergency");

    // Nothing has left by looking; a reason is needed to send it as it is.
    assert_eq!(state(&gate, &id), "open");
    let without = teacher.post(&place(&id), &[("choice", "send"), ("reason", " ")]);
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(without.text.contains("Say in a few words") && without.text.contains("aria-invalid"));

    let decided = teacher.post(&place(&id), &[("choice", "confidential")]);
    assert_eq!((decided.status, decided.leads_to()), (StatusCode::SEE_OTHER, &*place(&id)));
    let marked = sent.replace(&format!("Subject: {SUBJECT}"), &format!("Subject: [Confidential] {SUBJECT}"));
    let came = String::from_utf8(delivered(&gate, OUTSIDE)).unwrap();
    assert!(came.contains(&format!("Subject: [Confidential] {SUBJECT}")), "{came}");
    for line in marked.lines().filter(|l| !l.is_empty()) {
        assert!(came.contains(line), "{line}: {came}");
    }
    let again = teacher.post(&place(&id), &[("choice", "withdraw")]);
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "it is decided");
    let after = teacher.get(&place(&id)).text;
    assert!(!after.contains("name=\"choice\"") && after.contains("sent it on"), "{after}");
    assert!(teacher.get("/messages").text.contains("Nothing waits for you."));
    drop(school);
}

#[test]
fn for_everybody_else_it_is_not_there() {
    let gate = gate();
    let school = School::of(&gate);
    let mut people: Vec<(&str, Browser)> = vec![
        ("lead", school.officer(&gate, LEAD, "lead").browser),
        ("deputy", school.officer(&gate, DEPUTY, "deputy").browser),
        ("colleague", register(&gate, &[], COLLEAGUE).browser),
        ("another school's lead", register(&gate, &[], ELSEWHERE).browser),
    ];
    let admin = register(&gate, &[], "a.rahman@oakfield.example");
    school.grant(&gate, &admin.id, "admin");
    people.push(("admin", admin.browser));
    people.push(("head", school.head.browser));
    people.push(("nobody", Browser::new(&gate)));
    let Held { id, .. } = hold(&gate, OUTSIDE);
    for (who, browser) in &mut people {
        let page = browser.get(&place(&id));
        let unknown = browser.get(&place("0000000000"));
        let list = browser.get("/messages");
        let acted = browser.post(&place(&id), &[("choice", "withdraw")]);
        if *who == "nobody" {
            assert!(page.leads_to().starts_with("/sign-in") && acted.leads_to().starts_with("/sign-in"));
            continue;
        }
        assert_eq!((page.status, acted.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{who}");
        // Not even by a word more or less than of a number that nobody has.
        assert_eq!(page.text, unknown.text.replace("0000000000", &id), "{who}");
        for text in [&page.text, &list.text, &acted.text] {
            assert!(
                !text.contains(SUBJECT) && !text.contains("medication") && !text.contains(OUTSIDE),
                "{who}"
            );
        }
    }
    assert_eq!(state(&gate, &id), "open");
}

#[test]
fn a_lead_sends_the_own_message_at_once_when_a_child_is_at_risk() {
    let gate = gate();
    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    assert!(gate.send(LEAD, &[OUTSIDE], &mail(LEAD, OUTSIDE, SUBJECT, HEALTH)).starts_with("250"));
    let id = number_for(&gate, LEAD);
    let page = lead.get(&place(&id)).text;
    assert!(page.contains("Send now: child at risk"), "{page}");
    assert_eq!(lead.post(&place(&id), &[("choice", "now")]).status, StatusCode::SEE_OTHER);
    delivered(&gate, OUTSIDE);
    assert!(history(&gate, &id).iter().any(|row| row.event == "item.sent-now"));
}

/// The way of the one-time link in a notice to somebody, once it has come.
fn code_for(gate: &Gate, to: &str) -> String {
    format!("/m/{}", linked(gate, to, "/m/"))
}

#[test]
fn a_code_shows_what_its_notice_says_and_acts_once_on_its_own_hold() {
    let gate = gate();
    let Held { id, .. } = hold(&gate, OUTSIDE);
    let code = code_for(&gate, TEACHER);
    assert!(gate.send(LEAD, &[OUTSIDE], &mail(LEAD, OUTSIDE, "Another matter", HEALTH)).starts_with("250"));
    let others = code_for(&gate, LEAD);
    let before = history(&gate, &id).len();

    // A scanner of links looks as often as it likes.
    let mut scanner = Browser::new(&gate);
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let page = scanner.send(method, &code, None, &[]);
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.text.contains("medication") && !page.text.contains("epilepsy"), "{}", page.text);
        assert!(scanner.cookies.is_empty());
    }
    let page = scanner.get(&code).text;
    if let Ok(folder) = std::env::var("GATEHOUSE_TEST_PAGES") {
        std::fs::write(format!("{folder}/code.html"), &page).unwrap();
    }
    for wanted in [SUBJECT, OUTSIDE, "Found: health details, in the text", "value=\"withdraw\""] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    assert_eq!(history(&gate, &id).len(), before, "looking leaves nothing behind");

    let own = [("sec-fetch-site", "same-origin")];
    let mut browser = Browser::new(&gate);
    let mut press = |path: &str, choice: &str, from: &str| {
        let fields = [("choice", choice), ("reason", "")];
        browser.send(Method::POST, path, Some(&fields), &[("sec-fetch-site", from)]).status
    };
    assert_eq!(press(&code, "withdraw", "cross-site"), StatusCode::FORBIDDEN);
    assert_eq!(press(&code, "send", "same-origin"), StatusCode::UNPROCESSABLE_ENTITY, "a reason is missing");
    assert_eq!(press(&code, "now", "same-origin"), StatusCode::NOT_FOUND, "an emergency takes signing in");
    assert_eq!(press("/m/0123456789ABCDEFGHJKMNPQRS", "withdraw", "same-origin"), StatusCode::NOT_FOUND);

    // Another's code acts on what is theirs.
    assert_eq!(press(&others, "withdraw", "same-origin"), StatusCode::SEE_OTHER);
    assert_eq!(state(&gate, &id), "open");
    let sent = browser.send(Method::POST, &code, Some(&[("choice", "send"), ("reason", "agreed")]), &own);
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    delivered(&gate, OUTSIDE);
    let used = browser.get(&code).text;
    assert!(used.contains("used already") && !used.contains("name=\"choice\""), "{used}");
    assert!(!used.contains(SUBJECT), "a used link shows nothing any more");
    let again = browser.send(Method::POST, &code, Some(&[("choice", "withdraw")]), &own);
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    assert!(!history(&gate, &id).iter().any(|row| row.event == "item.withdrawn"));
}

#[test]
fn an_old_code_acts_no_more() {
    let gate = gate();
    let Held { id, .. } = hold(&gate, OUTSIDE);
    let code = code_for(&gate, TEACHER);
    let database = gate.home.path("data/gatehouse.db");
    let aged = Command::new("sqlite3")
        .args(["-cmd", ".timeout 20000"])
        .arg(database)
        .arg("UPDATE token SET expires_at = 1")
        .status()
        .unwrap();
    assert!(aged.success());
    let mut browser = Browser::new(&gate);
    let page = browser.get(&code).text;
    assert!(page.contains("too old") && !page.contains(SUBJECT), "{page}");
    let own = [("sec-fetch-site", "same-origin")];
    browser.send(Method::POST, &code, Some(&[("choice", "withdraw")]), &own);
    assert_eq!(state(&gate, &id), "open");
}

const NURSE: &str = "nurse@harbour.example";
const DESK: &str = "desk@elsewhere.example";

/// An answer in a thread with a text and two attachments, to three people outside.
fn with_attachments() -> String {
    let part = |of: &str, body: &str| format!("--cut\r\n{of}\r\n\r\n{body}\r\n");
    format!(
        "From: G Okafor <{TEACHER}>\r\nTo: {OUTSIDE},\r\n {NURSE}\r\nCc: {DESK}\r\nSubject: {SUBJECT}\r\n\
         Date: Mon, 02 Nov 2026 10:00:00 +0000\r\nMessage-ID: <7@client.example>\r\n\
         In-Reply-To: <6@client.example>\r\nReferences: <5@client.example> <6@client.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n{}{}{}--cut--\r\n",
        part("Content-Type: text/plain; charset=utf-8", &format!("Dear all. {HEALTH}")),
        part(
            "Content-Type: text/csv\r\nContent-Disposition: attachment; filename=\"list.csv\"",
            "name,class\r\nx,7B"
        ),
        part(
            "Content-Type: image/png\r\nContent-Disposition: attachment; filename=\"p.png\"\r\nContent-Transfer-Encoding: base64",
            "iVBORw0KGgo="
        ),
    )
}

fn released(gate: &Gate, id: &str) {
    let since = Instant::now();
    while state(gate, id) != "released" {
        assert!(since.elapsed() < PATIENCE, "never released");
    }
}

#[test]
fn what_its_sender_changes_is_done_and_nothing_else() {
    let gate = gate();
    let _school = School::of(&gate);
    let mut teacher = teacher(&gate).browser;
    let sent = with_attachments();
    assert!(gate.send(TEACHER, &[OUTSIDE, NURSE, DESK], &sent).starts_with("250"));
    let id = number_for(&gate, TEACHER);
    let page = teacher.get(&place(&id)).text;
    if let Ok(folder) = std::env::var("GATEHOUSE_TEST_PAGES") {
        std::fs::write(format!("{folder}/ways.html"), &page).unwrap();
    }
    assert!(page.contains("list.csv") && page.contains("Hidden from one another"), "{page}");
    let all = [("to0", "on"), ("to1", "on"), ("to2", "on"), ("choice", "changed")];
    let same = teacher.post(&place(&id), &[&all[..], &[("how", "as-written")]].concat());
    assert_eq!(same.status, StatusCode::UNPROCESSABLE_ENTITY, "nothing is changed");
    let nobody = teacher.post(&place(&id), &[("choice", "changed"), ("how", "bcc")]);
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    let no_part = [("to0", "on"), ("without1", "on"), ("choice", "changed")];
    assert_eq!(teacher.post(&place(&id), &no_part).status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(state(&gate, &id), "open", "nothing was done");

    let chosen = [("to0", "on"), ("to1", "on"), ("how", "bcc"), ("without2", "on"), ("choice", "changed")];
    assert_eq!(teacher.post(&place(&id), &chosen).status, StatusCode::SEE_OTHER);
    let came = String::from_utf8(delivered(&gate, OUTSIDE)).unwrap();
    released(&gate, &id);
    let all = gate.sink.wait_for(1);
    assert!(all.iter().any(|d| d.is_for(NURSE)) && !all.iter().any(|d| d.is_for(DESK)));
    assert!(came.contains(&format!("\r\nTo: {TEACHER}\r\n")), "{came}");
    for gone in [OUTSIDE, NURSE, DESK, "7B", "list.csv\""] {
        assert!(!came.contains(gone), "{gone}: {came}");
    }
    for stays in [
        "Message-ID: <7@client.example>\r\nIn-Reply-To: <6@client.example>\r\n\
         References: <5@client.example> <6@client.example>\r\n",
        &format!("--cut\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nDear all. {HEALTH}"),
        "filename=\"p.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--cut--\r\n",
        "An attachment was left out by its sender",
    ] {
        assert!(came.contains(stays), "{stays}: {came}");
    }
    let rows = history(&gate, &id);
    let edited = rows.iter().find(|row| row.event == "message.edited").expect("a row of what was changed");
    assert!(edited.hash_in.is_some() && edited.hash_out.is_some() && edited.hash_in != edited.hash_out);
    assert!(edited.details.contains("bcc.without-attachment"), "{}", edited.details);
}

#[test]
fn single_copies_name_their_own_recipient_alone() {
    // Before anybody is registered the machine's operator does everything.
    let gate = gate();
    assert!(gate.send(TEACHER, &[OUTSIDE, NURSE, DESK], &with_attachments()).starts_with("250"));
    let id = gate.home.only("hold", "open")["id"].as_str().unwrap().to_owned();
    let release =
        |more: &[&str]| gate.home.run(&[&["hold", "release", &id, "--reason", "agreed"], more].concat());
    assert_eq!(release(&["--to", "stranger@harbour.example"]).code(), 2);
    assert_eq!(release(&["--bcc", "--single"]).code(), 2);
    assert_eq!(release(&["--single", "--confidential"]).code(), 2);
    assert_eq!(state(&gate, &id), "open");
    let said = release(&["--single", "--to", OUTSIDE, "--to", DESK]);
    assert_eq!(said.code(), 0, "{}", said.err);
    released(&gate, &id);
    for (to, other) in [(OUTSIDE, DESK), (DESK, OUTSIDE)] {
        let came = String::from_utf8(delivered(&gate, to)).unwrap();
        assert!(came.contains(&format!("\r\nTo: {to}\r\n")), "{came}");
        assert!(!came.contains(other) && !came.contains(NURSE) && !came.contains("\r\nCc:"), "{came}");
        assert!(came.contains("Message-ID: <7@client.example>") && came.contains("x,7B"), "{came}");
    }
    assert!(!gate.sink.wait_for(1).iter().any(|d| d.is_for(NURSE)));
}
