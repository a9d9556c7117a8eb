//! Every page, as somebody sees it whose page it is: axe-core finds nothing on a phone and on a desk, in light and in
//! dark, in English and in Welsh; nothing stands outside the window, nothing is asked of another host, and the browser has nothing to
//! complain about. The list comes from the table of doors: a new page without parts in its address is visited by
//! itself; one with parts when another page leads there, else the test says that nobody has seen it.
//!
//! With `GATEHOUSE_PICTURES=folder` each page is also saved there as it looks at 360, 800 and 1,440 pixels.

use super::{
    axe,
    chrome::{Chrome, Scheme},
    demo::{ADMIN, CHAIR, Demo, HEAD, LEAD, NOBODY, PROTECTION, TEACHER},
};
use chrono::{TimeDelta, Utc};
use gatehouse::{authority::Office, console::Guard};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

const PHONE: (u32, u32) = (360, 780);
const TABLET: (u32, u32) = (800, 1100);
const DESK: (u32, u32) = (1440, 900);
/// What a page of 1,280 pixels has at 400 per cent (WCAG 1.4.10).
const NARROWEST: (u32, u32) = (320, 700);

/// Who has which office in the demonstration; the first whom a door lets in visits it.
const OFFICES: [(&str, Office); 5] = [
    (LEAD, Office::Lead),
    (HEAD, Office::Head),
    (ADMIN, Office::Admin),
    (CHAIR, Office::Chair),
    (PROTECTION, Office::DataProtection),
];

/// Whose a room is first of all.
const ROOMS: [(&str, &str); 7] = [
    ("/messages", TEACHER),
    ("/queue", LEAD),
    ("/incidents", LEAD),
    ("/gate", ADMIN),
    ("/report", CHAIR),
    ("/sign-in", NOBODY),
    ("/sign-in/again", HEAD),
];

fn visitor(place: &str, guard: Guard) -> &'static str {
    let in_room = |room: &str| place == room || place.starts_with(&format!("{room}/"));
    if let Some((_, who)) = ROOMS.iter().rev().find(|(room, _)| in_room(room)) {
        return who;
    }
    match guard {
        Guard::Anyone => NOBODY,
        Guard::SignedIn => HEAD,
        Guard::Holding(offices) => {
            let who = OFFICES.iter().find(|(_, office)| offices.contains(office));
            who.unwrap_or_else(|| panic!("{place}: nobody of the demonstration may open it")).0
        }
    }
}

/// What is no page: style, script, and what goes on for ever.
fn is_page(place: &str) -> bool {
    !place.starts_with("/assets/") && !place.ends_with("/live")
}

fn places() -> Vec<(&'static str, Guard)> {
    let doors = gatehouse::console::doors().into_iter();
    doors
        .filter(|(method, place, _)| *method == Method::GET && is_page(place))
        .map(|(_, p, g)| (p, g))
        .collect()
}

fn fits(place: &str, path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let (place, path): (Vec<&str>, Vec<&str>) = (place.split('/').collect(), path.split('/').collect());
    place.len() == path.len() && place.iter().zip(&path).all(|(a, b)| a == b || a.starts_with('{'))
}

/// The place of an address; one that is named in full goes before one with parts.
fn place_of(path: &str) -> Option<&'static str> {
    let mut fitting: Vec<_> =
        places().into_iter().map(|(place, _)| place).filter(|p| fits(p, path)).collect();
    fitting.sort_by_key(|place| place.matches('{').count());
    fitting.first().copied()
}

struct Tour {
    chrome: Chrome,
    demo: Arc<Demo>,
    who: &'static str,
    faults: Vec<String>,
    seen: BTreeSet<&'static str>,
    /// Where pages led to, by place, with whom they led.
    links: BTreeMap<&'static str, (&'static str, String)>,
    looks: usize,
    pages: usize,
    pictures: Option<PathBuf>,
}

impl Tour {
    fn start() -> Self {
        let demo = Demo::shared();
        let chrome = Chrome::at(&demo.origin);
        let pictures = std::env::var_os("GATEHOUSE_PICTURES").map(PathBuf::from);
        if let Some(folder) = &pictures {
            std::fs::create_dir_all(folder).unwrap();
        }
        let (faults, seen, links) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
        Self { chrome, demo, who: NOBODY, faults, seen, links, looks: 0, pages: 0, pictures }
    }

    fn is(&mut self, who: &'static str) {
        self.who = who;
        self.chrome.becomes(&self.demo.cookies(who));
    }

    /// A page as it comes. What is no page for people, a file, is seen with that.
    fn visit(&mut self, name: &str, path: &str) {
        self.seen.extend(place_of(path));
        let Some(policy) = self.policy_of_page(path) else { return };
        // In its sandbox axe cannot run, for nothing can.
        let sandboxed = policy.starts_with("sandbox");
        self.chrome.keeps_policies(!sandboxed);
        self.chrome.go(path);
        self.look(name);
        self.chrome.keeps_policies(true);
    }

    /// The policy under which a page is shown; `None` when it is no page but a file.
    fn policy_of_page(&self, path: &str) -> Option<String> {
        let answer = self.demo.by(self.who, |browser| browser.get(path));
        let said = |name: &str| answer.headers.get(name).map(|v| v.to_str().unwrap().to_owned());
        // What leads elsewhere has no kind.
        let is_page = said("content-type").is_none_or(|kind| kind.starts_with("text/html"));
        is_page.then(|| said("content-security-policy").unwrap_or_default())
    }

    /// What comes when a form is filled in and its button pressed.
    fn send(&mut self, name: &str, button: &str, fields: &Value) {
        const FILL: &str = "const [pick, fields] = arguments;
            const button = [...document.querySelectorAll('main button')].find(b => b.closest(pick));
            for (const [name, value] of Object.entries(fields)) button.form.elements[name].value = value;
            button.form.requestSubmit(button);";
        self.chrome.leads_on(|chrome| {
            chrome.run(FILL, vec![button.into(), fields.clone()]);
        });
        self.look(name);
    }

    /// The address of the first link on the page to such a place.
    fn link(&self, place: &str) -> String {
        let (_, path) = self.links.get(place).unwrap_or_else(|| panic!("no page leads to {place}"));
        path.clone()
    }

    fn look(&mut self, name: &str) {
        let path = self.chrome.path();
        self.pages += 1;
        self.seen.extend(place_of(&path));
        // That the page itself is a refusal is no fault, nor that the browser looks for an icon where none is named.
        let own = |line: &String| {
            let of = [path.split('?').next().unwrap(), "/favicon.ico"];
            line.contains("Failed to load resource") && of.iter().any(|part| line.contains(part))
        };
        let complaints: Vec<String> =
            self.chrome.complaints().into_iter().filter(|line| !own(line)).collect();
        self.faults.extend(complaints.iter().map(|line| format!("{name} ({path}): {line}")));
        self.gather();
        axe::bring(&self.chrome);
        let mut same = BTreeSet::new();
        for ((width, height), scheme) in
            [(PHONE, Scheme::Light), (PHONE, Scheme::Dark), (DESK, Scheme::Dark), (DESK, Scheme::Light)]
        {
            self.chrome.look(width, height, scheme);
            self.looks += 1;
            for fault in axe::faults(&self.chrome) {
                if same.insert(fault.clone()) {
                    self.faults.push(format!("{name} ({path}), {width} {scheme:?}: {fault}"));
                }
            }
            self.stays_within(name, width);
            self.save(name, width, scheme);
        }
        self.chrome.look(TABLET.0, TABLET.1, Scheme::Light);
        self.stays_within(name, TABLET.0);
        self.save(name, TABLET.0, Scheme::Light);
        self.chrome.look(NARROWEST.0, NARROWEST.1, Scheme::Light);
        self.stays_within(name, NARROWEST.0);
    }

    /// Nothing but what scrolls by itself is wider than the window.
    fn stays_within(&mut self, name: &str, width: u32) {
        const WIDER: &str = "const e = document.documentElement;
            if (e.scrollWidth <= e.clientWidth) return [];
            const out = [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > e.clientWidth + 0.5);
            return ['it is ' + e.scrollWidth + ' wide'].concat(out.slice(0, 4).map(one => one.outerHTML.slice(0, 120)));";
        let wider = self.chrome.run(WIDER, vec![]);
        if wider.as_array().is_some_and(|list| !list.is_empty()) {
            self.faults.push(format!("{name}, {width}: wider than the window: {wider}"));
        }
    }

    /// Takes note of where this page leads, and that it loads nothing from elsewhere.
    fn gather(&mut self) {
        const LINKS: &str = "return [...document.querySelectorAll('a[href], iframe[src]')]
            .map(one => one.getAttribute('href') || one.getAttribute('src'))";
        let links = self.chrome.run(LINKS, vec![]);
        for path in links.as_array().into_iter().flatten().filter_map(Value::as_str) {
            if let Some(place) = place_of(path).filter(|_| path.starts_with('/')) {
                self.links.entry(place).or_insert((self.who, path.to_owned()));
            }
        }
        const LOADED: &str = "return performance.getEntriesByType('resource').map(one => one.name)";
        let loaded = self.chrome.run(LOADED, vec![]);
        let foreign = |one: &&str| !one.starts_with(&self.demo.origin);
        let foreign: Vec<String> = loaded
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter(foreign)
            .map(str::to_owned)
            .collect();
        self.faults.extend(foreign.into_iter().map(|one| format!("loaded from elsewhere: {one}")));
    }

    fn save(&self, name: &str, width: u32, scheme: Scheme) {
        if let Some(folder) = &self.pictures {
            let dark = if scheme == Scheme::Dark { "-dark" } else { "" };
            self.chrome.picture(&folder.join(format!("{}-{width}{dark}.png", name.replace(['/', ' '], "-"))));
        }
    }

    /// Every page that was not visited yet.
    fn rest(&mut self) {
        for (place, guard) in places() {
            if !place.contains('{') && !self.seen.contains(place) {
                self.is(visitor(place, guard));
                self.visit(place.trim_start_matches('/'), place);
            }
        }
        // What one finds there may lead on.
        loop {
            let next = self.links.iter().find(|(place, _)| !self.seen.contains(*place));
            let Some((place, (who, path))) = next.map(|(place, led)| (*place, led.clone())) else { break };
            self.is(who);
            self.seen.insert(place);
            self.visit(place.trim_start_matches('/'), &path);
        }
    }
}

fn strangers(tour: &mut Tour) {
    tour.is(NOBODY);
    tour.visit("sign-in", "/sign-in");
    let wrong = json!({"name": "p.nair@oakfield.example", "password": "three wrong words", "code": "123456"});
    tour.send("sign-in-wrong", "form[action='/sign-in']", &wrong);
    tour.visit("not-there", "/nowhere");
    tour.visit("link-old", "/link/0123456789");
    let code = tour.demo.noticed("/m/").expect("a notice with a code");
    tour.visit("code", &code);
}

fn teachers(tour: &mut Tour) {
    tour.is(TEACHER);
    tour.visit("messages", "/messages");
    tour.visit("concern", "/concern");
    let message = tour.link("/messages/{id}");
    tour.visit("message", &message);
    tour.visit("refused", "/queue");
    tour.visit("account", "/account");
}

fn leads(tour: &mut Tour) {
    tour.is(LEAD);
    tour.visit("queue", "/queue");
    // The mildest, which is also the one to show to visitors.
    const LAST: &str = "return [...document.querySelectorAll('tbody a')].at(-1).getAttribute('href')";
    let item = tour.chrome.run(LAST, vec![]).as_str().expect("an item").to_owned();
    tour.visit("item-covered", &item);
    tour.send("item", "form[action$='/look']", &json!({"purpose": "safeguarding"}));
    tour.visit("item-message", &format!("{item}/message"));
    tour.chrome.go(&item);
    let opening = json!({"title": "Words on the bus", "kind": "concern", "why": "A pattern over two weeks"});
    tour.send("incident-covered", "form[action='/incidents']", &opening);
    tour.send("incident", "form[action$='/look']", &json!({"purpose": "safeguarding"}));
    tour.visit("incidents", "/incidents");
    tour.chrome.go("/queue");
    let asked = json!({"person": "Amelia Martin", "purpose": "safeguarding"});
    tour.send("queue-found", "form[action='/queue/search']", &asked);
    tour.chrome.go(&item);
    tour.send("item-without-reason", "form:has(input[value='keep'])", &json!({"ready": ""}));
    tour.chrome.go(&item);
    tour.send("item-decided", "form:has(input[value='keep'])", &json!({}));
}

fn heads(tour: &mut Tour) {
    tour.is(HEAD);
    tour.demo.let_proofs_be_fresh();
    tour.visit("people", "/people");
    // Of the teacher, whom the head alone lets in anew.
    let list = tour.demo.by(HEAD, |browser| browser.get("/people")).text;
    let (before, _) = list.split_once("g.okafor@oakfield.example").expect("a teacher");
    let (_, person) = before.rsplit_once("href=\"").unwrap();
    tour.visit("person", person.split('"').next().unwrap());
    tour.send("person-link", "form[action$='/link']", &json!({}));
    // It goes to the teacher by mail alone.
    let link = tour.demo.waits_for_notice("/link/");
    tour.is(NOBODY);
    tour.visit("link", &link);
    tour.demo.sets_password_up(HEAD);
    tour.is(HEAD);
    tour.visit("account-with-password", "/account");
    tour.visit("again", "/sign-in/again");
    tour.chrome.go("/account");
    tour.send("recovery-codes", "form[action='/account/password/recovery']", &json!({}));
}

fn admins(tour: &mut Tour) {
    tour.is(ADMIN);
    tour.visit("gate", "/gate");
    tour.visit("try", "/gate/try");
    let text = json!({
        "from": "g.okafor@oakfield.example", "to": "clinic@harbour.example", "subject": "For Friday",
        "text": "Amelia Martin takes medication for epilepsy at noon.",
    });
    tour.send("tried", "form[action='/gate/try']", &text);
    for question in ["/gate/what-if", "/gate/would-have"] {
        let name = question.trim_start_matches("/gate/");
        tour.chrome.go(question);
        tour.send(&format!("{name}-asked"), &format!("form[action='{question}']"), &json!({}));
        // The look waits for the answer.
        tour.visit(name, question);
    }
    tour.visit("directory", "/gate/directory");
    tour.chrome.choose("#files", &tour.demo.changed_people());
    tour.send("directory-draft", "form[action='/gate/directory']", &json!({}));

    tour.is(LEAD);
    tour.visit("exceptions", "/gate/orders/exceptions");
    let until = (Utc::now() + TimeDelta::days(7)).format("%Y-%m-%d").to_string();
    let order = json!({
        "person": "g.okafor@oakfield.example", "rules": "personal-data.health", "until": until,
        "reason": "Letters to the clinic about one course, with the parents' consent.",
    });
    tour.send("exception", "form[action='/gate/orders/exceptions']", &order);
}

/// Records of mail with parents, and what is held on one person.
fn records(tour: &mut Tour) {
    tour.is(HEAD);
    tour.demo.let_proofs_be_fresh();
    tour.visit("records", "/records");
    tour.send("records-nobody", "form[action='/records/find']", &json!({"child": "Nobody Here"}));
    tour.chrome.go("/records");
    tour.send("records-found", "form[action='/records/find']", &json!({}));
    let record = tour.link("/records/{id}");
    tour.visit("record-covered", &record);
    tour.demo.unlocks_key(HEAD);
    tour.visit("account-key-held", "/account/key");
    tour.visit("record", &record);
    tour.visit("timeline-asked", "/records/timeline");
    tour.send("timeline", "form[action='/records/timeline']", &json!({"person": "Amelia Martin"}));
    tour.is(PROTECTION);
    tour.demo.unlocks_key(PROTECTION);
    tour.visit("accesses", "/records/access");
    let asked = json!({"whose": "Amelia Martin", "by": "claire.martin@homemail.example"});
    tour.send("access", "form[action='/records/access']", &asked);
}

fn governors(tour: &mut Tour) {
    tour.is(CHAIR);
    tour.demo.has_a_month();
    tour.chrome.go("/report");
    // The month under way, the one before, and the term.
    let options = "return ['#period option', '#period option:nth-child(2)', '#period optgroup:nth-child(2) option']\
                   .map((one) => document.querySelector(one).value)";
    let periods = tour.chrome.run(options, vec![]);
    for (name, period) in
        ["report-under-way", "report", "report-term"].iter().zip(periods.as_array().unwrap())
    {
        tour.visit(name, &format!("/report?period={}", period.as_str().unwrap()));
    }
}

/// The pages without parts once more in the other language, whose words are longer.
fn in_welsh(tour: &mut Tour) {
    for (place, guard) in places().into_iter().filter(|(place, _)| !place.contains('{')) {
        tour.is(visitor(place, guard));
        let cookie = json!({"name": "language", "value": "cy", "url": tour.demo.origin});
        tour.chrome.devtools("Network.setCookie", cookie);
        if tour.policy_of_page(place).is_none() {
            continue;
        }
        tour.chrome.look(PHONE.0, PHONE.1, Scheme::Light);
        tour.chrome.go(place);
        axe::bring(&tour.chrome);
        tour.looks += 1;
        let faults = axe::faults(&tour.chrome);
        tour.faults.extend(faults.into_iter().map(|fault| format!("{place} in Welsh: {fault}")));
        tour.stays_within(&format!("{place} in Welsh"), PHONE.0);
        tour.chrome.look(NARROWEST.0, NARROWEST.1, Scheme::Light);
        tour.stays_within(&format!("{place} in Welsh"), NARROWEST.0);
        tour.save(&format!("welsh{place}"), NARROWEST.0, Scheme::Light);
    }
}

#[test]
fn every_page_is_open_to_everybody_and_stays_within_its_window() {
    let mut tour = Tour::start();
    strangers(&mut tour);
    teachers(&mut tour);
    leads(&mut tour);
    heads(&mut tour);
    admins(&mut tour);
    records(&mut tour);
    governors(&mut tour);
    tour.rest();
    in_welsh(&mut tour);
    let unseen: Vec<&str> =
        places().into_iter().map(|(place, _)| place).filter(|p| !tour.seen.contains(p)).collect();
    assert!(unseen.is_empty(), "no page that was visited leads to {unseen:?}: visit one in this file");
    let (count, looks, pages) = (tour.faults.len(), tour.looks, tour.pages);
    assert!(
        tour.faults.is_empty(),
        "{count} faults in {looks} looks at {pages} pages:\n{}",
        tour.faults.join("\n")
    );
    assert!(pages >= 30 && looks >= 4 * pages, "{looks} looks at {pages} pages");
    if tour.pictures.is_some() {
        super::super::super::gate::tell(&format!("{looks} looks at {pages} pages"));
    }
}
