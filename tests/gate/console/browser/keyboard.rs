//! The main path and the forbidden path of each role, with nothing but a keyboard, and the focus in sight at every step.

use super::{
    chrome::{Chrome, Scheme},
    demo::{ADMIN, CHAIR, Demo, HEAD, LEAD, PROTECTION, TEACHER},
};
use serde_json::json;

/// As WebDriver writes them.
const TAB: char = '\u{e004}';
const ENTER: char = '\u{e007}';
const DOWN: char = '\u{e015}';
/// No page has more places to stop at.
const MOST_STOPS: usize = 200;

const NOT_YOURS: &str = "This is not yours to open";
const NOT_THERE: &str = "There is no such page";

/// Whoever sits at a browser without a mouse.
pub(super) struct Keyboard<'a>(pub(super) &'a Chrome);

impl Keyboard<'_> {
    pub(super) fn press(&self, key: char) {
        let strokes = ["keyDown", "keyUp"].map(|stroke| json!({"type": stroke, "value": key}));
        self.0.post("actions", json!({"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]}));
    }

    pub(super) fn write(&self, text: &str) {
        text.chars().for_each(|letter| self.press(letter));
    }

    /// Goes on with Tab until the focus is on what is meant; each stop on the way must be seen.
    pub(super) fn tab_to(&self, meant: &str) {
        const STOP: &str = "const one = document.activeElement;
            if (!one || one === document.body) return {here: false, seen: true};
            const style = getComputedStyle(one), box = one.getBoundingClientRect();
            const within = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
            const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
            return {here: one.matches(arguments[0]), seen: one.tagName === 'IFRAME' || (within && ring), what: one.outerHTML.slice(0, 160)};";
        for _ in 0..MOST_STOPS {
            self.press(TAB);
            let stop = self.0.run(STOP, vec![meant.into()]);
            assert_eq!(
                stop["seen"],
                true,
                "the focus is not to be seen at {}: {}",
                self.0.path(),
                stop["what"]
            );
            if stop["here"] == true {
                return;
            }
        }
        panic!("Tab does not lead to {meant} at {}:\n{}", self.0.path(), self.0.text());
    }

    /// To a link or button, and Enter, which leads to another page.
    pub(super) fn follow(&self, meant: &str) {
        self.tab_to(meant);
        self.0.leads_on(|_| self.press(ENTER));
    }

    pub(super) fn fill(&self, meant: &str, text: &str) {
        self.tab_to(meant);
        self.write(text);
    }
}

/// The number in the first link to such a place that somebody's page has.
fn first(demo: &Demo, who: &str, page: &str, place: &str) -> String {
    let text = demo.by(who, |browser| browser.get(page)).text;
    let (_, rest) = text.split_once(&format!("href=\"{place}")).unwrap_or_else(|| panic!("{page}: {text}"));
    rest.split('"').next().unwrap().to_owned()
}

/// A closed page says so calmly, shows nothing of what lies there, and Tab and Enter lead to a room of one's own.
fn is_closed(chrome: &Chrome, path: &str, heading: &str, foreign: &[&str]) {
    chrome.go(path);
    let text = chrome.text();
    assert!(text.contains(heading), "{path}: {text}");
    assert!(text.len() < 900, "{path}: {text}");
    for word in foreign {
        assert!(!text.contains(word), "{word} at {path}: {text}");
    }
    Keyboard(chrome).follow("header nav a");
    assert!(!chrome.text().contains(heading), "{}", chrome.text());
}

/// Two steps from the notice: the page, the choice.
fn staff(chrome: &Chrome, demo: &Demo, items: &Items) {
    let keys = Keyboard(chrome);
    chrome.becomes(&demo.cookies(TEACHER));
    chrome.go(&format!("/messages/{}", items.message));
    keys.follow(".choices form:first-of-type button");
    assert!(
        chrome.run("return !!document.querySelector('main [role=status]')", vec![]) == true,
        "{}",
        chrome.text()
    );
    assert!(
        chrome.run("return document.querySelector('.choices') === null", vec![]) == true,
        "{}",
        chrome.text()
    );
    // What was decided is found again from the list.
    chrome.go("/messages");
    keys.follow(&format!("a[href='/messages/{}']", items.message));

    is_closed(chrome, "/queue", NOT_YOURS, &[&items.item]);
    is_closed(chrome, &format!("/queue/{}", items.item), NOT_THERE, &[&items.item, &items.about]);
    is_closed(chrome, "/gate", NOT_YOURS, &["Outbox"]);
    is_closed(chrome, "/people", NOT_YOURS, &["Nair"]);
}

/// Three steps from the notice: the page, the purpose, the decision.
fn lead(chrome: &Chrome, demo: &Demo, items: &Items) {
    let keys = Keyboard(chrome);
    chrome.becomes(&demo.cookies(LEAD));
    chrome.go(&format!("/queue/{}", items.item));
    keys.follow("form[action$='/look'] button");
    assert!(
        chrome.run("return !!document.querySelector('iframe.message')", vec![]) == true,
        "{}",
        chrome.text()
    );
    keys.tab_to("details:has(input[value='keep']) > summary");
    keys.press(ENTER);
    keys.follow("details:has(input[value='keep']) button");
    assert!(
        chrome.run("return !!document.querySelector('.notice.good')", vec![]) == true,
        "{}",
        chrome.text()
    );

    // The same by single keys: down the list, open, back.
    chrome.go("/queue");
    keys.press('j');
    chrome.leads_on(|_| keys.press('o'));
    assert!(chrome.path().starts_with("/queue/"), "{}", chrome.path());
    keys.press('q');
    keys.press(ENTER);
    chrome.until("return location.pathname === '/queue'");

    is_closed(chrome, "/people", NOT_YOURS, &["Registered"]);
    is_closed(chrome, &format!("/messages/{}", items.message), NOT_THERE, &[&items.message, &items.subject]);
}

fn head(chrome: &Chrome, demo: &Demo, items: &Items) {
    let keys = Keyboard(chrome);
    chrome.becomes(&demo.cookies(HEAD));
    demo.let_proofs_be_fresh();
    demo.unlocks_key(HEAD);
    chrome.go("/records");
    keys.follow("form[action='/records/find'] button");
    keys.follow("main a[href^='/records/'][href*='from=']");
    assert!(
        chrome.run("return !!document.querySelector('iframe.message')", vec![]) == true,
        "{}",
        chrome.text()
    );
    chrome.go("/people");
    let teacher = first(demo, HEAD, "/people", "/people/");
    keys.follow(&format!("a[href='/people/{teacher}']"));
    keys.fill("#reason", "covers for a colleague");
    keys.follow("form[action$='/office'] button");
    assert!(
        chrome.run("return !!document.querySelector('main .button.main')", vec![]) == true,
        "{}",
        chrome.text()
    );

    is_closed(chrome, &format!("/messages/{}", items.message), NOT_THERE, &[&items.message, &items.subject]);
}

fn admin(chrome: &Chrome, demo: &Demo, items: &Items) {
    let keys = Keyboard(chrome);
    chrome.becomes(&demo.cookies(ADMIN));
    chrome.go("/gate");
    keys.follow("nav.tabs a[href='/gate/try']");
    keys.fill("#from", "g.okafor@oakfield.example");
    keys.fill("#to", "clinic@harbour.example");
    keys.fill("#text", "Amelia Martin takes medication for epilepsy at noon.");
    keys.follow("form[action='/gate/try'] button");
    assert!(chrome.text().contains("health"), "{}", chrome.text());

    is_closed(chrome, "/queue", NOT_YOURS, &[&items.item]);
    is_closed(chrome, &format!("/queue/{}", items.item), NOT_THERE, &[&items.item, &items.about]);
    is_closed(chrome, "/incidents", NOT_YOURS, &["Safeguarding"]);
    is_closed(chrome, &format!("/messages/{}", items.message), NOT_THERE, &[&items.message, &items.subject]);
}

fn governor(chrome: &Chrome, demo: &Demo, items: &Items) {
    let keys = Keyboard(chrome);
    chrome.becomes(&demo.cookies(CHAIR));
    chrome.go("/report");
    keys.tab_to("#period");
    keys.press(DOWN);
    keys.follow("form[action='/report'] button");
    assert!(chrome.path().contains("period="), "{}", chrome.path());
    assert!(chrome.run("return document.querySelectorAll('main table').length > 2", vec![]) == true);

    is_closed(chrome, "/gate", NOT_YOURS, &["Outbox"]);
    is_closed(chrome, &format!("/queue/{}", items.item), NOT_THERE, &[&items.item, &items.about]);
}

fn protection(chrome: &Chrome, demo: &Demo, items: &Items) {
    let keys = Keyboard(chrome);
    chrome.becomes(&demo.cookies(PROTECTION));
    chrome.go("/gate/rules");
    keys.fill("#find", "PD-2");
    chrome.leads_on(|_| keys.press(ENTER));
    assert!(chrome.text().contains("PD-2"), "{}", chrome.text());

    // Without a purpose nobody sees a message.
    is_closed(chrome, &format!("/queue/{}/message", items.item), NOT_THERE, &[&items.item, &items.about]);
    is_closed(chrome, &format!("/messages/{}", items.message), NOT_THERE, &[&items.message, &items.subject]);
}

/// What two people have business with, and nobody else.
struct Items {
    /// Waits for its sender, the teacher.
    message: String,
    subject: String,
    /// Waits for the lead.
    item: String,
    /// Whom it is from.
    about: String,
}

#[test]
fn each_role_goes_its_way_by_keyboard_and_is_stopped_calmly_elsewhere() {
    let demo = Demo::shared();
    let chrome = Chrome::at(&demo.origin);
    chrome.look(1440, 900, Scheme::Light);
    let message = first(&demo, TEACHER, "/messages", "/messages/");
    let page = demo.by(TEACHER, |browser| browser.get(&format!("/messages/{message}"))).text;
    let subject = page.split("<h1>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let item = first(&demo, LEAD, "/queue", "/queue/");
    let about = String::from("chat.example");
    let items = Items { message, subject, item, about };
    staff(&chrome, &demo, &items);
    lead(&chrome, &demo, &items);
    head(&chrome, &demo, &items);
    admin(&chrome, &demo, &items);
    governor(&chrome, &demo, &items);
    protection(&chrome, &demo, &items);
}
