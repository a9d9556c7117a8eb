//! Messages that would like to act, load or lead away, as the real browser shows them to whoever reviews: nothing runs,
//! nothing is asked of any other host, and the page keeps its shape.

use super::{
    super::{School, item::opened, queue::ids},
    chrome::{Chrome, Scheme},
};
use crate::{
    dangers::GROOMING,
    gate::{Gate, LEAD, PUPIL},
    house::PATIENCE,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::time::{Duration, Instant};

#[path = "../../../../src/console/hostile_pages.rs"]
mod hostile_pages;

const FRIEND: &str = "friend@chat.example";

/// Each act as it is, and once in a way of lying that is another one each time.
fn bodies() -> Vec<String> {
    let acts = hostile_pages::ACTS.iter().enumerate();
    acts.flat_map(|(n, act)| {
        let ways = hostile_pages::wrapped(act);
        [ways[0].clone(), ways[1 + n % (ways.len() - 1)].clone()]
    })
    .collect()
}

fn send(gate: &Gate, number: usize, body: &str) {
    let page = STANDARD.encode(format!("<p>{GROOMING}</p>{body}"));
    let lines: Vec<&str> =
        page.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let raw = format!(
        "From: \"<script>alert(1)</script>{}\" <{FRIEND}>\r\nTo: {PUPIL}\r\n\
         Subject: <img src=http://evil.example/s onerror=alert(1)> {}\r\nMessage-ID: <b{number}@client.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\n\
         Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--edge\r\n\
         Content-Type: text/plain; name=\"../../<svg onload=alert(2)>{}.txt\"\r\nContent-Disposition: attachment\r\n\r\n\
         <script src=http://evil.example/a.js></script>\r\n--edge--\r\n",
        "w".repeat(300),
        "m".repeat(400),
        lines.join("\r\n"),
        "n".repeat(200),
    );
    assert!(gate.send_unproved(FRIEND, &[PUPIL], &raw).starts_with("250"), "{body}");
}

/// What a page of ours has out of its place.
const ASTRAY: &str = "const e = document.documentElement, out = [];
    if (e.scrollWidth > e.clientWidth) out.push('it is ' + e.scrollWidth + ' wide');
    for (const one of document.querySelectorAll('header a, header button, main a, main button, main summary, main select, iframe')) {
      const box = one.getBoundingClientRect();
      if (box.width && (box.left < 0 || box.right > e.clientWidth + 0.5)) out.push(one.outerHTML.slice(0, 120));
    }
    if (document.querySelectorAll('iframe').length !== 1) out.push('not one frame');
    if (document.querySelector('main script, main img, main object, main svg image')) out.push('what would load');
    if (!document.title.endsWith(' · Gatehouse')) out.push(document.title);
    return out;";

#[test]
fn what_would_act_is_shown_and_does_nothing() {
    let (gate, origin) = super::gate();
    let bodies = bodies();
    for (number, body) in bodies.iter().enumerate() {
        send(&gate, number, body);
    }
    let all = ids(&gate);
    assert_eq!(all.len(), bodies.len());
    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let chrome = Chrome::at(&origin);
    // What asks elsewhere is heard.
    chrome.go_to("data:text/html,<img src=http://evil.example/control>");
    let since = Instant::now();
    while chrome.asked_outside("evil.example") == 0 {
        assert!(since.elapsed() < PATIENCE, "nothing was heard of what was asked");
        std::thread::sleep(Duration::from_millis(15));
    }
    let control = chrome.asked_outside("evil.example");
    chrome.becomes(&lead.cookies);
    chrome.complaints();

    for (number, (id, body)) in all.iter().zip(&bodies).enumerate() {
        opened(&mut lead, id);
        let width = [360, 1440][number % 2];
        chrome.look(width, 900, Scheme::Light);
        chrome.go(&format!("/queue/{id}"));
        let astray = chrome.run(ASTRAY, vec![]);
        assert_eq!(astray.as_array().map(Vec::len), Some(0), "{astray} at {width}: {body}");
        // By itself, where nothing around it holds it.
        chrome.go(&format!("/queue/{id}/message"));
        let text = chrome.text();
        assert!(text.contains("our little secret"), "{text}");
        let wide = chrome.run("return document.documentElement.scrollWidth", vec![]);
        assert!(wide.as_u64().is_some_and(|wide| wide <= width.into()), "{wide} wide at {width}: {body}");
        assert_eq!(chrome.path(), format!("/queue/{id}/message"), "it leads away: {body}");
    }
    assert_eq!(chrome.asked_outside("evil.example"), control, "something was loaded");
    let complaints = chrome.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
}
