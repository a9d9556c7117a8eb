//! Every page and every refused form in Welsh: no English of ours is left. Ours is what the tables of words
//! have, label by label, and every sentence that is recognised as English by its small words; text that came
//! with a message, or that a school wrote into its rules, keeps its own language and says which.

use super::{
    Browser, Page,
    table::{Things, addresses, staffed},
};
use crate::gate::{ROOT, TEACHER};
use regex::Regex;
use reqwest::{Method, StatusCode};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::LazyLock,
};

/// What every English sentence has and no Welsh one.
const SMALL_WORDS: &str = r"(?i)\b(the|and|you|your|with|which|this|that|these|nobody|somebody|cannot|nothing|from|who|has|have|are|were|not|been|would|there|here|for|it|its)\b";

/// Every English text of the tables that is not Welsh too.
fn english() -> BTreeSet<String> {
    static ENTRY: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"(?s)\w+: "((?:[^"\\]|\\.)*)"\s*/\s*"((?:[^"\\]|\\.)*)""#).unwrap());
    static PAIR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?s)=>\s*\{?\s*\(\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)",?\s*\)"#).unwrap()
    });
    fn read(dir: &Path, all: &mut String) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, all);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                all.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut sources = String::new();
    read(&Path::new(ROOT).join("src/console"), &mut sources);
    let (mut english, mut welsh) = (BTreeSet::new(), BTreeSet::new());
    for table in [&*ENTRY, &*PAIR] {
        for found in table.captures_iter(&sources) {
            let text = |n: usize| found[n].replace("\\\"", "\"");
            english.insert(text(1));
            welsh.insert(text(2));
        }
    }
    assert!(english.len() > 1_000, "the tables were read: {}", english.len());
    english.retain(|text| !welsh.contains(text) && !text.contains("{}") && text.len() > 2);
    // What stands before and after what is filled in.
    english
}

/// Elements whose text is not ours, or says that it is in English.
static NOT_OURS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let elements = [
        r#"<(\w+)[^>]* lang="en[^"]*"[^>]*>"#,
        r#"<(\w+)[^>]* dir="auto"[^>]*>"#,
        r#"<(\w+)[^>]* class="letter"[^>]*>"#,
        "<(code)>",
        "<(bdi)>",
        "<(blockquote)[^>]*>",
        "<(textarea)[^>]*>",
        "<(title)>",
        "<(h1)>",
    ];
    elements.map(|one| Regex::new(one).unwrap()).into()
});

/// The texts of a page that are ours, each once.
fn texts(page: &str) -> BTreeSet<String> {
    let (_, body) = page.split_once("<body>").unwrap_or(("", page));
    let mut body = body.to_owned();
    for pattern in NOT_OURS.iter() {
        let mut from = 0;
        while let Some(found) = pattern.captures_at(&body, from) {
            let (start, end) = (found.get(0).unwrap().start(), found.get(0).unwrap().end());
            let close = format!("</{}>", &found[1]);
            // Headings are ours where they hold no text of somebody's.
            let inside = body[end..].find(&close).map_or(body.len(), |at| end + at);
            if &found[1] == "h1" && !body[end..inside].contains('<') {
                from = inside;
                continue;
            }
            body.replace_range(start..inside, " ");
            from = start;
        }
    }
    let mut all: BTreeSet<String> =
        body.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| plain(text)).collect();
    static SAID: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#" (?:aria-label|title|placeholder|data-name)="([^"]*)""#).unwrap());
    all.extend(SAID.captures_iter(&body).map(|found| plain(&found[1])));
    all
}

fn plain(text: &str) -> String {
    let text = [
        ("&#39;", "'"),
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (written, meant)| text.replace(written, meant));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Walk {
    english: BTreeSet<String>,
    small_words: Regex,
    /// What is left, with the first page that has it.
    left: BTreeMap<String, String>,
    pages: usize,
}

impl Walk {
    fn look(&mut self, what: &str, page: &Page) {
        let kind = page.headers.get("content-type").map_or("", |kind| kind.to_str().unwrap());
        if !kind.starts_with("text/html") {
            return;
        }
        self.pages += 1;
        assert!(page.text.contains("lang=\"cy\"") || !page.text.contains("<html"), "{what}");
        for text in texts(&page.text) {
            // Names of rules, settings and commands.
            let own = text.split('`').step_by(2).collect::<Vec<_>>().join(" ");
            let typed = TYPED.iter().any(|typed| own.contains(typed));
            if !typed && (self.english.contains(&text) || self.small_words.is_match(&own)) {
                self.left.entry(text).or_insert_with(|| what.to_owned());
            }
        }
    }
}

/// What the test itself has typed, and names that schools have.
const TYPED: [&str; 9] = [
    "a child of the class",
    "little secret",
    "your mum about us",
    "for the test",
    "a trip",
    "Words at the crossing",
    "Community School",
    "the test",
    "appointed",
];

fn opens(browser: &mut Browser, things: &Things) {
    for place in [
        format!("/queue/{}", things.item),
        format!("/records/{}", things.record),
        format!("/incidents/{}", things.incident),
    ] {
        browser.post(&format!("{place}/look"), &[("purpose", "safeguarding")]);
    }
}

/// Forms with nothing in them, and with what fits nowhere.
fn forms() -> Vec<Vec<(&'static str, &'static str)>> {
    let odd = [
        ("person", "nobody@nowhere.example"),
        ("class", ""),
        ("rules", "no-such-rule"),
        ("until", "soon"),
        ("from", "soon"),
        ("last", "soon"),
        ("on", "soon"),
        ("school", "oakfield"),
        ("child", "Nobody Atall"),
        ("whose", "Nobody Atall"),
        ("purpose", "safeguarding"),
        ("line", "Nobody Atall"),
        ("rule", "no-such"),
        ("days", "9999"),
        ("office", "lead"),
        ("ruling", "include"),
        ("who", "0"),
        ("word", "yes"),
        ("form", "eml"),
    ];
    let with = |more: &[(&'static str, &'static str)]| odd.iter().chain(more).copied().collect::<Vec<_>>();
    vec![
        Vec::new(),
        with(&[("act", "person"), ("to", "witness")]),
        with(&[("act", "release"), ("reason", "for the test"), ("words", "for the test")]),
        with(&[
            ("act", "close"),
            ("text", "for the test"),
            ("words", "for the test"),
            ("because", "for the test"),
        ]),
        with(&[("act", "reopen"), ("text", "for the test"), ("words", "for the test"), ("reason", "x")]),
        with(&[
            ("act", "return"),
            ("words", "for the test"),
            ("choice", "send"),
            ("title", "for the test"),
            ("why", "for the test"),
            ("affected", "Nobody Atall"),
            ("kind", "concern"),
        ]),
    ]
}

#[test]
fn no_english_is_left_on_a_welsh_page() {
    let (gate, things, people) = staffed();
    let mut walk = Walk {
        english: english(),
        small_words: Regex::new(SMALL_WORDS).unwrap(),
        left: BTreeMap::new(),
        pages: 0,
    };
    let doors = gatehouse::console::doors();
    for (office, mut browser) in people {
        browser.cookies.push(("language".to_owned(), "cy".to_owned()));
        opens(&mut browser, &things);
        for (method, place, _) in
            doors.iter().filter(|(_, place, _)| *place != "/sign-out" && !place.ends_with("/live"))
        {
            for (_, path) in addresses(place, &things) {
                let what = format!("{method} {path} for {office}");
                if *method == Method::GET {
                    walk.look(&what, &browser.get(&path));
                } else if !["nobody", "elsewhere", "governor", "deputy"].contains(&office)
                    && !place.starts_with("/people")
                {
                    for form in forms() {
                        let page = browser.post(&path, &form);
                        assert!(page.status != StatusCode::SERVICE_UNAVAILABLE, "{what}: {}", page.text);
                        walk.look(&format!("{what} with {form:?}"), &page);
                    }
                }
            }
        }
        for more in [
            "/report?period=2040-01",
            "/report?period=term-2040-01-01",
            "/gate/rules?find=PD-1",
            "/gate/orders/suspensions",
            "/nowhere",
        ] {
            walk.look(&format!("GET {more} for {office}"), &browser.get(more));
        }
    }
    assert!(walk.pages > 500, "{} pages", walk.pages);
    let left: Vec<String> = walk.left.iter().map(|(text, page)| format!("{text}\n    {page}")).collect();
    assert!(left.is_empty(), "English on Welsh pages:\n{}", left.join("\n"));
    drop((gate, TEACHER));
}
