//! What is new is said as it happens: how many have come to the queue, and who else is at an item.

use super::{
    Browser, DEPUTY, School, gate,
    item::opened,
    queue::{ids, quarantined},
    runtime,
};
use crate::{
    gate::{LEAD, PUPIL},
    house::PATIENCE,
};
use reqwest::{Response, StatusCode, header::COOKIE};

/// A page that listens.
struct Listener(Response);

impl Listener {
    fn at(browser: &Browser, path: &str) -> Result<Self, StatusCode> {
        let cookies: Vec<String> = browser.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let request = browser
            .client
            .get(format!("{}{path}", browser.base))
            .header("accept", "text/event-stream")
            .header(COOKIE, cookies.join("; "));
        let response = runtime().block_on(async { request.send().await }).unwrap();
        match response.status() {
            StatusCode::OK => Ok(Self(response)),
            status => Err(status),
        }
    }

    /// Reads on until this has come.
    fn hear(&mut self, what: &str) {
        let heard = runtime().block_on(async {
            let mut heard = String::new();
            let listening = async {
                while !heard.contains(what) {
                    let chunk = self.0.chunk().await.unwrap().expect("it goes on");
                    heard.push_str(&String::from_utf8_lossy(&chunk));
                }
            };
            let _ = tokio::time::timeout(PATIENCE, listening).await;
            heard
        });
        assert!(heard.contains(what), "{what:?} in {heard:?}");
    }
}

impl Listener {
    /// Reads to its end, which comes; this is not in it.
    fn ends_without(&mut self, what: &str) {
        let heard = runtime().block_on(async {
            let mut heard = String::new();
            let listening = async {
                while let Ok(Some(chunk)) = self.0.chunk().await {
                    heard.push_str(&String::from_utf8_lossy(&chunk));
                }
            };
            tokio::time::timeout(PATIENCE, listening).await.expect("it ends");
            heard
        });
        assert!(!heard.contains(what), "{what:?} in {heard:?}");
    }
}

/// Where a page of the queue listens.
fn live(page: &str) -> String {
    let (_, rest) = page.split_once("data-live=\"").expect("it listens");
    rest.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&")
}

#[test]
fn what_is_new_is_announced_to_whom_it_may_be_shown_and_reviewers_see_each_other() {
    let gate = gate();
    quarantined(&gate, &[PUPIL]);
    let id = ids(&gate).remove(0);
    let school = School::of(&gate);
    let mut lead = school.officer(&gate, LEAD, "lead").browser;
    let mut deputy = school.officer(&gate, DEPUTY, "deputy").browser;
    let mut head = school.head.browser;

    let place = live(&lead.get("/queue").text);
    // What it begins with tells nobody how many messages there are: it is another word each time.
    assert_ne!(place, live(&lead.get("/queue").text));
    let mut queue = Listener::at(&lead, &place).unwrap();
    let place = live(&deputy.get("/queue").text);
    let mut others = Listener::at(&deputy, &place).unwrap();
    // The first is the deputy's own business: the lead hears of two in all, the deputy of one.
    quarantined(&gate, &[PUPIL, DEPUTY]);
    queue.hear("event: fresh\ndata: 1\n");
    quarantined(&gate, &[PUPIL]);
    queue.hear("event: fresh\ndata: 2\n");
    others.hear("event: fresh\ndata: 1\n");

    let place = format!("/queue/{id}/live");
    let mut lead_here = Listener::at(&lead, &place).unwrap();
    lead_here.hear("event: here\n");
    opened(&mut head, &id);
    lead_here.hear("Marsh (head)");
    assert_eq!(lead.get("/queue/live?since=0").status, StatusCode::NOT_FOUND, "it is no page");
    // Whoever signs out hears nobody come or go any more.
    lead.post("/sign-out", &[]);
    opened(&mut deputy, &id);
    let mut deputy_here = Listener::at(&deputy, &place).unwrap();
    deputy_here.hear("event: here\n");
    lead_here.ends_without("Ellery");
    let deputys =
        ids(&gate).into_iter().find(|other| deputy.get(&format!("/queue/{other}")).status == 404).unwrap();
    let refused = Listener::at(&deputy, &format!("/queue/{deputys}/live"));
    assert_eq!(refused.err(), Some(StatusCode::NOT_FOUND), "a party hears of nobody");
}
