//! The demonstration as a newcomer meets it on a terminal: two invented schools, a week's mail, the console running,
//! one link for each role. Tests that run at one time share one.

use super::super::{Browser, key, password, report, runtime};
use crate::{debian::program, gate::ROOT, house::PATIENCE};
use gatehouse::{
    config,
    ruleset::Category,
    storage::{Keys, Store, StoreOptions},
};
use reqwest::{Method, StatusCode};
use std::{
    collections::HashMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Child, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak},
    thread,
    time::Instant,
};

/// Who somebody is, by the name that the demonstration prints beside their link.
pub(super) const HEAD: &str = "head";
pub(super) const LEAD: &str = "safeguarding lead";
pub(super) const TEACHER: &str = "teacher";
pub(super) const PROTECTION: &str = "data protection officer";
pub(super) const CHAIR: &str = "chair of governors";
pub(super) const ADMIN: &str = "mail administrator";
pub(super) const NOBODY: &str = "nobody";

pub(super) struct Demo {
    terminal: Child,
    folder: tempfile::TempDir,
    pub(super) origin: String,
    people: Mutex<HashMap<String, Browser>>,
}

impl Demo {
    pub(super) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Demo>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let demo = Arc::new(Self::start());
            *shared = Arc::downgrade(&demo);
            demo
        })
    }

    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("gatehouse-demo").tempdir().unwrap();
        let shown = folder.path().join("shown");
        let demo = format!("exec '{}' demo --folder '{}'", env!("CARGO_BIN_EXE_gatehouse"), shown.display());
        // `script` gives it a terminal.
        let mut terminal = program("script")
            .args(["-qec", &demo, "/dev/null"])
            .current_dir(ROOT)
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(terminal.stdout.take().unwrap());
        let mut links = Vec::new();
        let (mut all, mut line, mut before) = (String::new(), String::new(), String::new());
        while !line.contains("Ctrl-C ends the demonstration") {
            before = std::mem::take(&mut line);
            assert!(said.read_line(&mut line).unwrap() > 0, "the demonstration ended: {all}");
            all.push_str(&line);
            if line.contains("/link/") {
                let (_, role) = before.trim().trim_end_matches(')').rsplit_once('(').expect(&before);
                links.push((role.to_owned(), line.trim().to_owned()));
            }
        }
        drop(before);
        thread::spawn(move || said.read_to_end(&mut Vec::new()));
        let (origin, _) = links[0].1.split_once("/link/").expect("a link");
        let origin = origin.to_owned();
        let people = links.iter().map(|(role, link)| (role.clone(), let_in(&origin, link)));
        let people = Mutex::new(people.collect());
        Self { terminal, folder, origin, people }
    }

    /// The cookies of somebody's session.
    pub(super) fn cookies(&self, who: &str) -> Vec<(String, String)> {
        match who {
            NOBODY => Vec::new(),
            who => self.by(who, |browser| browser.cookies.clone()),
        }
    }

    /// Asks as somebody, without a browser that shows it.
    pub(super) fn by<T>(&self, who: &str, ask: impl FnOnce(&mut Browser) -> T) -> T {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let nobody = &mut Browser::at(self.origin.clone());
        ask(people.get_mut(who).unwrap_or(nobody))
    }

    /// As if everybody had shown just now who they are.
    pub(super) fn let_proofs_be_fresh(&self) {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
        let sql = format!("PRAGMA busy_timeout=20000; UPDATE console_session SET proved_at = {now}");
        let database = self.folder.path().join("shown/data/gatehouse.db");
        let done = program("sqlite3").arg(database).arg(sql).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Gives somebody a password and codes.
    pub(super) fn sets_password_up(&self, who: &str) {
        self.by(who, password::set_up);
    }

    /// Unlocks the custodian's key for somebody's session.
    pub(super) fn unlocks_key(&self, who: &str) {
        let file = self.folder.path().join("shown/keys/records.key");
        self.by(who, |browser| key::unlock_by(browser, &file));
    }

    /// Mail of the month before the week that is played, for the report.
    pub(super) fn has_a_month(&self) {
        let config = config::load(&self.folder.path().join("shown/gatehouse.toml")).unwrap();
        let options = StoreOptions::from_config(&config, Keys::from_config(&config.keys).unwrap());
        let held = [
            (Category::PersonalHealth, 14),
            (Category::PersonalFinancial, 9),
            (Category::PersonalIdentifier, 6),
            (Category::PersonalBulk, 4),
            (Category::PersonalImage, 2),
        ];
        runtime().block_on(async { report::last_month(Store::open(options).await.unwrap(), &held).await });
    }

    /// The files of the demonstration's people, of whom one has another name by now.
    pub(super) fn changed_people(&self) -> Vec<PathBuf> {
        let folder = self.folder.path().join("people");
        fs::create_dir_all(&folder).unwrap();
        let files =
            fs::read_dir(format!("{ROOT}/demo/directory")).unwrap().map(|entry| entry.unwrap().path());
        let tables = files.filter(|path| path.extension().is_some_and(|kind| kind == "csv"));
        tables
            .map(|path| {
                let text = fs::read_to_string(&path).unwrap().replace("Okafor", "Okafor-Reid");
                let copy = folder.join(path.file_name().unwrap());
                fs::write(&copy, text).unwrap();
                copy
            })
            .collect()
    }

    /// The same, as soon as the mail that has it is there.
    pub(super) fn waits_for_notice(&self, place: &str) -> String {
        let since = Instant::now();
        loop {
            if let Some(found) = self.noticed(place) {
                return found;
            }
            assert!(since.elapsed() < PATIENCE, "no mail leads to {place}");
            thread::yield_now();
        }
    }

    /// An address of the console as a notice has it, with this at its beginning.
    pub(super) fn noticed(&self, place: &str) -> Option<String> {
        let wanted = format!("{}{place}", self.origin);
        let notices = fs::read_dir(self.folder.path().join("shown/notices")).unwrap();
        let mut texts = notices.map(|file| fs::read_to_string(file.unwrap().path()).unwrap_or_default());
        texts.find_map(|text| {
            let (_, rest) = text.split_once(&wanted)?;
            Some(format!("{place}{}", rest.split_whitespace().next()?))
        })
    }
}

fn let_in(origin: &str, link: &str) -> Browser {
    let mut browser = Browser::at(origin.to_owned());
    let path = link.trim_start_matches(origin);
    let page = browser.send(Method::POST, path, Some(&[]), &[("sec-fetch-site", "same-origin")]);
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    browser
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Ended as people end it; whoever hangs is killed.
        let since = Instant::now();
        if let Some(mut keyboard) = self.terminal.stdin.take() {
            let _ = keyboard.write_all(b"\x03");
            let _ = keyboard.flush();
            while self.terminal.try_wait().is_ok_and(|ended| ended.is_none()) && since.elapsed() < PATIENCE {
                thread::sleep(std::time::Duration::from_millis(20));
            }
        }
        let _ = self.terminal.kill();
        let _ = self.terminal.wait();
    }
}
