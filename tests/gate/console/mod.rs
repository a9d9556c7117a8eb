//! The console as browsers meet it: the gate as its process, people with their offices, and requests
//! that carry what a browser would.

mod access;
mod browser;
mod directory;
mod doors;
mod grave;
mod incidents;
mod item;
mod key;
mod link;
mod live;
mod messages;
mod notes;
mod orders;
mod overview;
mod passkey;
mod password;
mod people;
mod queue;
mod records;
mod report;
mod school;
mod table;
mod the_gate;
mod told;
mod typed;
mod welsh;
mod what_if;
mod would_have;

use crate::{
    gate::{Door, Gate, HEAD, Setup},
    house::PATIENCE,
};
use gatehouse::storage::{ItemFilter, ItemKind, keys};
use reqwest::{
    Method, StatusCode,
    header::{COOKIE, LOCATION, SET_COOKIE},
};
use std::sync::OnceLock;
use tokio::runtime::Runtime;

pub(crate) const DEPUTY: &str = "t.ellery@oakfield.example";

/// What `[console]` says in tests: a free port, known to browsers as this machine itself.
pub(crate) const CONSOLE: &str =
    "[console]\nlisten = [\"127.0.0.1:0\"]\naddress = \"http://localhost\"\nproxies = [\"127.0.0.1\"]\n";

/// A gate with a console.
pub(crate) fn gate() -> Gate {
    gate_with(Setup::default())
}

pub(crate) fn gate_with(setup: Setup) -> Gate {
    let more = format!("{}\n{CONSOLE}", setup.more);
    Gate::new(Door::Relay, Setup { more, ..setup })
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap())
}

/// How many messages are kept for somebody's decision, which the machine's operator does not list.
pub(super) fn kept(gate: &Gate, kind: ItemKind) -> usize {
    let filter = ItemFilter::default();
    let items = runtime().block_on(async { gate.home.store().await.items(&filter).await.unwrap() });
    items.iter().filter(|item| item.kind == kind).count()
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

impl Page {
    /// The word that a form of this page carries.
    pub(crate) fn form_word(&self) -> String {
        let (_, rest) = self.text.split_once("name=\"form_word\" value=\"").expect("a form of a session");
        rest.split('"').next().unwrap().to_owned()
    }
    pub(crate) fn leads_to(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |v| v.to_str().unwrap())
    }
}

/// Somebody's browser: keeps the cookies, follows no redirect, says where forms come from.
pub(crate) struct Browser {
    base: String,
    client: reqwest::Client,
    pub(crate) cookies: Vec<(String, String)>,
}

impl Browser {
    pub(crate) fn new(gate: &Gate) -> Self {
        Self::at(console_of(gate))
    }

    /// At the pages of another server.
    pub(crate) fn at(base: String) -> Self {
        // A second one, in another test, is the same.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Self { base, client, cookies: Vec::new() }
    }

    pub(crate) fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, None, &[])
    }

    /// A form as a page of the console sends it, with that page's word when it is signed in.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let from = self.get("/account");
        let word = if from.text.contains("form_word") { from.form_word() } else { String::new() };
        let all: Vec<(&str, &str)> = fields.iter().copied().chain([("form_word", word.as_str())]).collect();
        self.send(Method::POST, path, Some(&all), &[("sec-fetch-site", "same-origin")])
    }

    pub(crate) fn send(
        &mut self,
        method: Method,
        path: &str,
        fields: Option<&[(&str, &str)]>,
        headers: &[(&str, &str)],
    ) -> Page {
        let body = fields.map(|fields| {
            let pairs: Vec<String> =
                fields.iter().map(|(k, v)| format!("{}={}", encoded(k), encoded(v))).collect();
            pairs.join("&").into_bytes()
        });
        let form = ("content-type", "application/x-www-form-urlencoded");
        let headers: Vec<(&str, &str)> =
            headers.iter().copied().chain(fields.is_some().then_some(form)).collect();
        self.send_body(method, path, body, &headers)
    }

    fn send_body(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Page {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        let cookies: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let page = runtime().block_on(async {
            let response = request.send().await.unwrap();
            let (status, headers) = (response.status(), response.headers().clone());
            let bytes = response.bytes().await.unwrap().to_vec();
            Page { status, headers, text: String::from_utf8_lossy(&bytes).into_owned(), bytes }
        });
        for set in page.headers.get_all(SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        page
    }
}

impl Browser {
    /// A form with a file in it.
    pub(crate) fn upload(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        (name, file): (&str, &[u8]),
    ) -> Page {
        const EDGE: &str = "an-edge-that-no-file-has";
        let mut body = Vec::new();
        for (key, value) in fields {
            let part =
                format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n");
            body.extend(part.into_bytes());
        }
        let head = format!(
            "--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"file\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.into_bytes());
        body.extend(file);
        body.extend(format!("\r\n--{EDGE}--\r\n").into_bytes());
        let kind = format!("multipart/form-data; boundary={EDGE}");
        let headers = [("content-type", &*kind), ("sec-fetch-site", "same-origin")];
        self.send_body(Method::POST, path, Some(body), &headers)
    }
}

fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Where the console of a gate listens, by what the gate itself says.
pub(crate) fn console_of(gate: &Gate) -> String {
    let line = gate.serving.wait_log("console.open");
    let (_, address) = line.split_once("address=").expect("its address");
    format!("http://{}", address.split_whitespace().next().unwrap())
}

/// A registered person who is signed in.
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) browser: Browser,
}

/// Registers somebody and lets them in by the link that is printed.
pub(super) fn register(gate: &Gate, more: &[&str], address: &str) -> Person {
    let said = gate.home.run(&[&["users", "add", "--person", address], more].concat());
    assert_eq!(said.code(), 0, "{}", said.err);
    let mut lines = said.out.lines();
    let (id, link) = (lines.next().unwrap().to_owned(), lines.next().expect("a link"));
    let (_, word) = link.split_once("/link/").unwrap();
    let path = &format!("/link/{word}");
    let mut browser = Browser::new(gate);
    let let_in = browser.send(Method::POST, path, Some(&[]), &[("sec-fetch-site", "same-origin")]);
    assert_eq!(let_in.status, StatusCode::SEE_OTHER, "{}", let_in.text);
    Person { id, browser }
}

/// The people of a school at their browsers.
pub(crate) struct School {
    pub(crate) head: Person,
    /// With which the head says yes at the command line.
    key: std::path::PathBuf,
}

impl School {
    /// Oakfield with its head, who is the first.
    pub(crate) fn of(gate: &Gate) -> Self {
        let key = gate.home.path("head.key");
        let public = keys::generate_identity(&key, "a person's own key").unwrap();
        let head = register(gate, &["--key", &public], HEAD);
        let school = Self { head, key };
        school.grant(gate, &school.head.id, "head");
        school
    }

    /// Somebody who holds this office at oakfield.
    pub(crate) fn officer(&self, gate: &Gate, address: &str, office: &str) -> Person {
        let person = register(gate, &[], address);
        let asked = self.grant(gate, &person.id, office);
        let approve =
            ["--me", self.key.to_str().unwrap(), "users", "approve", &asked, "--reason", "appointed"];
        let yes = gate.home.run(&approve);
        // What needs nobody's yes is given already.
        let plain = ["staff", "governor", "guest"].contains(&office);
        assert!(yes.code() == 0 || plain, "{office}: {}", yes.err);
        person
    }

    pub(super) fn grant(&self, gate: &Gate, id: &str, office: &str) -> String {
        let grant =
            ["users", "grant", id, "--office", office, "--school", "oakfield", "--reason", "for the test"];
        let asked = gate.home.run(&grant);
        assert_eq!(asked.code(), 0, "{office}: {}", asked.err);
        asked.out.trim().to_owned()
    }
}
