//! Debian's Chromium, driven by WebDriver (chromedriver): one window, whose width, colours and cookies a test
//! chooses. Whatever it would ask of any other host it asks of a listener of ours, which takes note.

use super::super::runtime;
use crate::{debian::program, house::PATIENCE};
use fantoccini::{Client, ClientBuilder, Locator, wd::WebDriverCompatibleCommand};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// One browser at a time: two cores have enough to do with it.
static ONE: Mutex<()> = Mutex::new(());

/// Between two looks at a page that tells nothing.
const PAUSE: Duration = Duration::from_millis(15);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Light,
    Dark,
}

/// The browser; it ends with the test.
pub(super) struct Chrome {
    driver: Child,
    client: Option<Client>,
    origin: String,
    outside: Outside,
    /// Its own folders.
    _home: tempfile::TempDir,
    _one: MutexGuard<'static, ()>,
}

/// A command that WebDriver's common part does not have.
#[derive(Debug)]
struct Command {
    method: Method,
    place: String,
    body: Option<Value>,
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.place))
    }
    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        (self.method.clone(), self.body.as_ref().map(Value::to_string))
    }
}

impl Chrome {
    /// At the pages of a console.
    pub(super) fn at(origin: &str) -> Self {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let home = tempfile::Builder::new().prefix("gatehouse-browser").tempdir().unwrap();
        let outside = Outside::listen();
        let mut driver = program("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", home.path())
            .env("HOME", home.path())
            .env("LANGUAGE", "en_GB")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let port = port_of(&mut driver);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let Value::Object(wishes) = wishes(outside.port) else { unreachable!() };
        let client = runtime()
            .block_on(builder.capabilities(wishes).connect(&format!("http://127.0.0.1:{port}")))
            .unwrap_or_else(|e| panic!("Chromium does not start (`scripts/setup.sh test` installs it): {e}"));
        let origin = origin.to_owned();
        Self { driver, client: Some(client), origin, outside, _home: home, _one: one }
    }

    fn client(&self) -> &Client {
        self.client.as_ref().unwrap()
    }

    fn command(&self, method: Method, place: &str, body: Option<Value>) -> Value {
        let command = Command { method, place: place.to_owned(), body };
        let said = runtime().block_on(self.client().issue_cmd(command));
        said.unwrap_or_else(|e| panic!("{place}: {e}"))
    }

    pub(super) fn post(&self, place: &str, body: Value) -> Value {
        self.command(Method::POST, place, Some(body))
    }

    pub(super) fn get(&self, place: &str) -> Value {
        self.command(Method::GET, place, None)
    }

    /// A command of the DevTools protocol.
    pub(super) fn devtools(&self, command: &str, with: Value) -> Value {
        self.post("goog/cdp/execute", json!({"cmd": command, "params": with}))
    }

    /// Loads a page of the console.
    pub(super) fn go(&self, path: &str) {
        self.go_to(&format!("{}{path}", self.origin));
    }

    pub(super) fn go_to(&self, address: &str) {
        runtime().block_on(self.client().goto(address)).unwrap_or_else(|e| panic!("{address}: {e}"));
    }

    /// Where it is: path and query.
    pub(super) fn path(&self) -> String {
        let url = runtime().block_on(self.client().current_url()).unwrap();
        url.as_str().trim_start_matches(&self.origin).to_owned()
    }

    /// Runs in the page; the page's own policy does not bind it.
    pub(super) fn run(&self, script: &str, with: Vec<Value>) -> Value {
        let ran = runtime().block_on(self.client().execute(script, with));
        ran.unwrap_or_else(|e| panic!("at {}: {e}", self.path()))
    }

    /// Waits for what the script hands to its last argument.
    pub(super) fn wait(&self, script: &str, with: Vec<Value>) -> Value {
        let ran = runtime().block_on(self.client().execute_async(script, with));
        ran.unwrap_or_else(|e| panic!("at {}: {e}", self.path()))
    }

    /// Chooses files in a form.
    pub(super) fn choose(&self, field: &str, files: &[PathBuf]) {
        let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        let chosen =
            async { self.client().find(Locator::Css(field)).await?.send_keys(&files.join("\n")).await };
        runtime().block_on(chosen).unwrap_or_else(|e| panic!("{field} at {}: {e}", self.path()));
    }

    /// All that is to read on the page.
    pub(super) fn text(&self) -> String {
        self.run("return document.body.innerText", vec![]).as_str().unwrap_or_default().to_owned()
    }

    /// As somebody, by the cookies of their session; nobody has none.
    pub(super) fn becomes(&self, cookies: &[(String, String)]) {
        self.devtools("Network.clearBrowserCookies", json!({}));
        for (name, value) in cookies {
            let cookie = json!({"name": name, "value": value, "url": self.origin, "httpOnly": true});
            self.devtools("Network.setCookie", cookie);
        }
    }

    /// The size of the window's inside, and the colours that its owner prefers.
    pub(super) fn look(&self, width: u32, height: u32, scheme: Scheme) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
        let scheme = if scheme == Scheme::Dark { "dark" } else { "light" };
        // Without motion: colours are what they are at once.
        let features = [("prefers-color-scheme", scheme), ("prefers-reduced-motion", "reduce")]
            .map(|(name, value)| json!({"name": name, "value": value}));
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// Whether pages that are loaded from now on are held to their own policy, as they always are outside of tests.
    pub(super) fn keeps_policies(&self, kept: bool) {
        self.devtools("Page.setBypassCSP", json!({"enabled": !kept}));
    }

    /// What the browser has complained about since the last time.
    pub(super) fn complaints(&self) -> Vec<String> {
        let log = self.post("se/log", json!({"type": "browser"}));
        let lines = log.as_array().cloned().unwrap_or_default();
        lines.iter().map(|line| format!("{}: {}", line["level"], line["message"])).collect()
    }

    /// The hosts outside that were asked for anything.
    pub(super) fn asked_outside(&self, host: &str) -> usize {
        let heard = self.outside.heard.lock().unwrap();
        heard.iter().filter(|bytes| bytes.windows(host.len()).any(|part| part == host.as_bytes())).count()
    }

    /// The whole page as a PNG.
    pub(super) fn picture(&self, file: &Path) {
        let size = self.run(
            "const e = document.documentElement; return [e.clientWidth, Math.max(e.scrollHeight, innerHeight)]",
            vec![],
        );
        let clip = json!({"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1});
        let with = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let taken = self.devtools("Page.captureScreenshot", with);
        let png = base64::Engine::decode(
            &base64::engine::general_purpose::STANDARD,
            taken["data"].as_str().unwrap(),
        );
        std::fs::write(file, png.unwrap()).unwrap();
    }

    /// Does what leads to another page, and waits for it.
    pub(super) fn leads_on(&self, act: impl FnOnce(&Self)) {
        self.run("window.stillHere = true", vec![]);
        act(self);
        let since = Instant::now();
        let come = "return !window.stillHere && document.readyState === 'complete'";
        // Between two pages there is none to ask.
        while !runtime().block_on(self.client().execute(come, vec![])).is_ok_and(|come| come == true) {
            assert!(since.elapsed() < PATIENCE, "nothing came after {}:\n{}", self.path(), self.text());
            thread::sleep(PAUSE);
        }
    }

    /// Waits until a script says yes.
    pub(super) fn until(&self, script: &str) {
        let since = Instant::now();
        while self.run(script, vec![]) != true {
            assert!(since.elapsed() < PATIENCE, "never so at {}: {script}\n{}", self.path(), self.text());
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Chrome {
    fn drop(&mut self) {
        // The browser ends with its session, else it would outlive its driver.
        if let Some(client) = self.client.take() {
            let _ = runtime().block_on(client.close());
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The port that the driver says it has taken; what else it says is read and let go.
fn port_of(driver: &mut Child) -> u16 {
    let mut said = BufReader::new(driver.stdout.take().unwrap());
    let mut line = String::new();
    loop {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "chromedriver ended");
        let port = line.trim().trim_end_matches('.').rsplit_once("successfully on port ");
        if let Some(port) = port.and_then(|(_, port)| port.parse().ok()) {
            thread::spawn(move || said.read_to_end(&mut Vec::new()));
            return port;
        }
    }
}

fn wishes(outside: u16) -> Value {
    let hosts =
        format!("--host-resolver-rules=MAP * 127.0.0.1:{outside}, EXCLUDE localhost, EXCLUDE 127.0.0.1");
    let args = [
        "--headless=new",
        // Chromium's own sandbox does not work for root, nor in many containers; all it meets here is ours.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        // Else it keeps from us what it would ask, for the listener is on this machine.
        "--disable-features=LocalNetworkAccessChecks",
        "--force-color-profile=srgb",
        "--hide-scrollbars",
        "--lang=en-GB",
        &hosts,
    ];
    json!({
        "browserName": "chrome",
        // A dialogue that a page opens ends the test.
        "unhandledPromptBehavior": "dismiss and notify",
        "timeouts": {"script": PATIENCE.as_millis(), "pageLoad": PATIENCE.as_millis()},
        "goog:chromeOptions": {"args": args},
        "goog:loggingPrefs": {"browser": "ALL"},
    })
}

/// Stands for every other host: hears whoever asks, and answers nothing.
struct Outside {
    port: u16,
    /// The first bytes of each connection: plain HTTP names its host there, TLS too (SNI).
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Outside {
    fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let into = heard.clone();
        // Ends with the tests; between them it waits for nobody.
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let into = into.clone();
                thread::spawn(move || {
                    let mut connection = connection;
                    let mut bytes = vec![0; 4096];
                    let read = connection.read(&mut bytes).unwrap_or_default();
                    bytes.truncate(read);
                    into.lock().unwrap().push(bytes);
                });
            }
        });
        Self { port, heard }
    }
}
