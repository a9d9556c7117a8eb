//! A whole gate for tests: configuration, keys, the demonstration's people, and the real
//! `gatehouse serve` as a process of its own between real doors. What a test wants to know
//! it asks as an operator would, by the command line.

use crate::{
    house::PATIENCE,
    postfix::{Options, Postfix},
    sink::Sink,
    smtp::Client,
};
use gatehouse::{
    app, config,
    detection::Detector,
    mail::{fields, header_end},
    storage::{Keys, Store, StoreOptions},
};
use serde_json::Value;
use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, OnceLock},
};

pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// People of demo/directory.
pub(crate) const TEACHER: &str = "g.okafor@oakfield.example";
pub(crate) const LEAD: &str = "p.nair@oakfield.example";
pub(crate) const HEAD: &str = "h.marsh@oakfield.example";
pub(crate) const PUPIL: &str = "26amartin@pupils.oakfield.example";
pub(crate) const PARENT: &str = "claire.martin@homemail.example";
pub(crate) const OUTSIDE: &str = "clinic@harbour.example";
/// Where answers to nudges go.
pub(crate) const GATE: &str = "gatehouse@oakfield.example";

/// What is particular about one gate. The parts are lines of gatehouse.toml.
pub(crate) struct Setup {
    pub(crate) mode: &'static str,
    /// Beside the shipped rules, or alone.
    pub(crate) rules: String,
    pub(crate) shipped: bool,
    pub(crate) top: String,
    pub(crate) doors: String,
    pub(crate) hops: String,
    /// The next hop for what the gate sends by itself.
    pub(crate) own_hop: &'static str,
    /// Keys of `[[school]]` oakfield, and tables below it.
    pub(crate) school: String,
    pub(crate) school_tables: String,
    pub(crate) more: String,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            mode: "enforce",
            rules: String::new(),
            shipped: true,
            top: String::new(),
            doors: String::new(),
            hops: String::new(),
            own_hop: "own",
            school: String::new(),
            school_tables: String::new(),
            more: String::new(),
        }
    }
}

pub(crate) fn hop(name: &str, domains: &str, address: SocketAddr) -> String {
    format!(
        "[[next-hop]]\nname = \"{name}\"\ndomains = [\"{domains}\"]\nhosts = [\"{address}\"]\ntls = \"never\"\n\
         connect-timeout = \"5s\"\ntimeout = \"60s\"\n"
    )
}

/// The relay on a free port for clients of this host, of which one may say XCLIENT.
pub(crate) const RELAY: &str = "[relay]\nlisten = [\"127.0.0.1:0\"]\n[[relay.client]]\n\
    networks = [\"127.0.0.1\"]\nschools = [\"oakfield\", \"brynglas\"]\nxclient = true\n";

/// Folder of one gate: configuration, keys, rules, data.
pub(crate) struct Home {
    dir: tempfile::TempDir,
    /// What its programs are given beside our own.
    pub(crate) environment: Vec<(&'static str, String)>,
}

/// What a command left behind.
pub(crate) struct Said {
    pub(crate) status: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn by(command: &mut Command) -> Self {
        Self::of(command.output().unwrap())
    }
    pub(crate) fn of(out: std::process::Output) -> Self {
        Self {
            status: out.status,
            out: String::from_utf8(out.stdout).unwrap(),
            err: String::from_utf8(out.stderr).unwrap(),
        }
    }
    pub(crate) fn code(&self) -> i32 {
        self.status.code().expect("it ended by itself")
    }
    /// The lines of `--format jsonl`.
    pub(crate) fn lines(&self) -> Vec<Value> {
        assert_eq!(self.code(), 0, "{}", self.err);
        self.out.lines().map(|l| serde_json::from_str(l).expect(l)).collect()
    }
}

impl Home {
    /// Writes everything and imports the people.
    pub(crate) fn new(setup: &Setup) -> Self {
        let dir = tempfile::Builder::new().prefix("gatehouse-gate").tempdir().unwrap();
        let home = Self { dir, environment: vec![] };
        home.write(setup);
        for (kind, file) in [("working", "working.key"), ("records", "custodian.key")] {
            let path = home.path(file);
            let made = home.run(&["keys", "generate", kind, path.to_str().unwrap()]);
            assert_eq!(made.code(), 0, "{}", made.err);
            fs::write(home.path(&format!("{file}.public")), made.out.trim()).unwrap();
        }
        home.write(setup);
        fs::create_dir_all(home.path("data")).unwrap();
        if setup.shipped {
            symlink(warm_cache(), home.path("data/cache")).unwrap();
        }
        let import = home.run(&["directory", "import", &format!("{ROOT}/demo/directory")]);
        assert_eq!(import.code(), 0, "{}", import.err);
        home
    }

    /// One more gate, which has the first one's keys.
    pub(crate) fn with_keys_of(first: &Self, setup: &Setup) -> Self {
        // Its keys come before its store, which may be the first one's.
        let home =
            Self::new(&Setup { doors: setup.doors.clone(), hops: setup.hops.clone(), ..Setup::default() });
        for name in ["working.key", "custodian.key", "custodian.key.public"] {
            fs::copy(first.path(name), home.path(name)).unwrap();
        }
        // The people whom it has are sealed with another key.
        fs::copy(first.path("data/directory.age"), home.path("data/directory.age")).unwrap();
        home.write(setup);
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// (Re)writes configuration and rules.
    pub(crate) fn write(&self, setup: &Setup) {
        fs::create_dir_all(self.path("rules")).unwrap();
        fs::write(self.path("rules/test.toml"), &setup.rules).unwrap();
        let records = fs::read_to_string(self.path("custodian.key.public")).unwrap_or_default();
        fs::write(self.path("gatehouse.toml"), configuration(setup, &records)).unwrap();
    }

    /// The real command line with this gate's configuration.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        Said::by(&mut self.command(args))
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.command_by("gatehouse.toml", args)
    }

    /// With another configuration that lies in this folder.
    pub(crate) fn command_by(&self, config: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
        command.arg("--config").arg(self.path(config)).args(args).stdin(Stdio::null());
        command.envs(self.environment.iter().cloned());
        command
    }

    /// The lines of a listing.
    pub(crate) fn list(&self, args: &[&str]) -> Vec<Value> {
        self.run(&[&["--format", "jsonl"], args].concat()).lines()
    }

    /// The only held (`hold`) or quarantined (`quarantine`) item in this state.
    pub(crate) fn only(&self, kind: &str, state: &str) -> Value {
        let all = self.list(&[kind, "list"]);
        let mut items = all.iter().filter(|i| i["state"] == state);
        let item = items.next().unwrap_or_else(|| panic!("no {kind} is {state}: {all:?}")).clone();
        assert!(items.next().is_none(), "several: {all:?}");
        item
    }

    /// A second process at the store, for what the command line does not show.
    pub(crate) async fn store(&self) -> Store {
        Store::open(self.store_options("gatehouse.toml")).await.unwrap()
    }

    pub(crate) fn store_options(&self, config: &str) -> StoreOptions {
        let config = config::load(&self.path(config)).unwrap_or_else(|e| panic!("{e}"));
        let keys = Keys::from_config(&config.keys).unwrap();
        StoreOptions::from_config(&config, keys)
    }

    pub(crate) fn serve(&self) -> Serving {
        Serving::start(self)
    }
}

fn configuration(setup: &Setup, records: &str) -> String {
    let shipped = if setup.shipped { format!("\"{ROOT}/rulesets\", ") } else { String::new() };
    let records = if records.is_empty() { String::new() } else { format!("records = [\"{records}\"]\n") };
    let Setup { mode, top, doors, hops, own_hop, school, school_tables, more, .. } = setup;
    let mut out = format!(
        "hostname = \"gate.oakfield.example\"\nmode = \"{mode}\"\ndata = \"data\"\n\
         rulesets = [{shipped}\"rules\"]\ndisclaimers = \"{ROOT}/disclaimers\"\n{top}\n{doors}\n{hops}\n\
         [keys]\nworking = {{ file = \"working.key\" }}\n{records}\
         [notices]\nnext-hop = \"{own_hop}\"\nfrom = \"Gatehouse <{GATE}>\"\nreply-to = \"{GATE}\"\nper-hour = 1000\n\
         [[school]]\nid = \"oakfield\"\nname = \"Oakfield Community School\"\n\
         domains = [\"oakfield.example\", \"pupils.oakfield.example\"]\n{school}\n"
    );
    write!(
        out,
        "[school.officers]\nlead = [\"{LEAD}\"]\ndeputies = [\"t.ellery@oakfield.example\"]\n\
         head = [\"{HEAD}\"]\nchair = [\"g.whitlock@oakfield.example\"]\n\
         data-protection = [\"dataprotection@oakfield.example\"]\n\
         postmaster = \"postmaster@oakfield.example\"\n\
         [school.alerts]\nordinary = \"at-once\"\nbudget = 100\n\
         [[school.list]]\nkind = \"safeguarding-agency\"\nentries = [\"social-care.council.example\"]\n\
         [[school.list]]\nkind = \"helpline\"\nentries = [\"helpline.example\"]\n\
         [[school.list]]\nkind = \"protected\"\nentries = [\"union.example\"]\n{school_tables}\n\
         [[school]]\nid = \"brynglas\"\nname = \"Ysgol Bryn Glas\"\ndomains = [\"brynglas.example\"]\n\
         languages = [\"cy\", \"en\"]\nmode = \"observe\"\n[school.officers]\nlead = [\"g.pugh@brynglas.example\"]\n\
         deputies = [\"l.bevan@brynglas.example\"]\nhead = [\"s.rhys-morgan@brynglas.example\"]\n\
         chair = [\"d.howell@brynglas.example\"]\ndata-protection = [\"s.adeyemi@oakfield.example\"]\n\
         {more}\n"
    )
    .unwrap();
    out
}

/// Compiling the shipped patterns takes long, so that it is done once for all tests.
fn warm_cache() -> &'static Path {
    static WARM: OnceLock<PathBuf> = OnceLock::new();
    WARM.get_or_init(|| {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("patterns");
        let rules = app::rules(&[Path::new(ROOT).join("rulesets")]).unwrap_or_else(|e| panic!("{e}"));
        let people = Arc::new(app::people(&gatehouse::parties::Directory::empty()));
        Detector::new(&rules, people, Some(&cache)).unwrap_or_else(|e| panic!("{e}"));
        cache
    })
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    more: Condvar,
}

/// A running `gatehouse serve`; killed on drop.
pub(crate) struct Serving {
    child: Child,
    log: Arc<Log>,
    pub(crate) relay: Option<SocketAddr>,
    pub(crate) milter: Option<SocketAddr>,
}

impl Serving {
    fn start(home: &Home) -> Self {
        Self::of(home.command(&["serve"]))
    }

    /// Within the bounds that these shell words set.
    pub(crate) fn under(home: &Home, words: &str) -> Self {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("{words} exec \"$0\" --config \"$1\" serve"));
        shell.arg(env!("CARGO_BIN_EXE_gatehouse")).arg(home.path("gatehouse.toml")).stdin(Stdio::null());
        shell.envs(home.environment.iter().cloned());
        Self::of(shell)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Log::default());
        let (from, into) = (child.stderr.take().unwrap(), Arc::clone(&log));
        std::thread::spawn(move || {
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                into.lines.lock().unwrap().push(line);
                into.more.notify_all();
            }
            into.lines.lock().unwrap().push("ended".into());
            into.more.notify_all();
        });
        let mut serving = Self { child, log, relay: None, milter: None };
        let open = serving.wait_log("gate.open");
        let address = |after: &str| {
            let (_, rest) = open.split_once(after)?;
            let rest = rest.trim_start_matches(['[', 'T', 'c', 'p', '(']);
            rest.split([']', ')', ',']).next()?.parse().ok()
        };
        (serving.relay, serving.milter) = (address("relay="), address("milter="));
        serving
    }

    /// Waits for a line of the log with this in it.
    pub(crate) fn wait_log(&self, what: &str) -> String {
        self.wait_log_times(what, 1)
    }

    /// Waits until such a line was written so many times, and returns the last.
    pub(crate) fn wait_log_times(&self, what: &str, times: usize) -> String {
        let found = |lines: &Vec<String>| lines.iter().filter(|l| l.contains(what)).nth(times - 1).cloned();
        let lines = self.log.lines.lock().unwrap();
        let waiting = |l: &mut Vec<String>| found(l).is_none() && l.last().is_none_or(|l| l != "ended");
        let (lines, _) = self.log.more.wait_timeout_while(lines, PATIENCE, waiting).unwrap();
        found(&lines).unwrap_or_else(|| panic!("no {what:?} in the log: {lines:#?}"))
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lines.lock().unwrap().clone()
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        // The shell's own word: the program is not on every machine.
        let sent = Command::new("sh").args(["-c", "kill -$0 $1", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Kills it where it stands (`kill -9`).
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it in order, and returns what it exits with.
    pub(crate) fn stop(self) -> ExitStatus {
        self.end("TERM")
    }

    /// Ends it by a signal that ends it.
    pub(crate) fn end(mut self, signal: &str) -> ExitStatus {
        self.signal(signal);
        self.child.wait().unwrap()
    }

    /// Most memory it ever had, in MB (VmHWM).
    pub(crate) fn most_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Ended already when a test has killed or stopped it.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            tell(&self.log().join("\n"));
        }
    }
}

#[allow(clippy::print_stderr)]
pub(crate) fn tell(what: &str) {
    eprintln!("--- log of the gate\n{what}");
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Milter,
    Relay,
}

pub(crate) const DOORS: [Door; 2] = [Door::Milter, Door::Relay];

/// A gate between a client and a sink: behind a Postfix that asks it, or as a relay.
pub(crate) struct Gate {
    pub(crate) serving: Serving,
    pub(crate) home: Home,
    pub(crate) sink: Sink,
    postfix: Option<Postfix>,
}

fn shipped_main_cf() -> String {
    fs::read_to_string(format!("{ROOT}/contrib/postfix/main.cf.milter")).unwrap()
}

impl Gate {
    pub(crate) fn new(door: Door, setup: Setup) -> Self {
        Self::with_sink(door, setup, Sink::start())
    }

    pub(crate) fn with_sink(door: Door, mut setup: Setup, sink: Sink) -> Self {
        let postfix = (door == Door::Milter).then(|| {
            let main_cf = shipped_main_cf() + "smtpd_sasl_auth_enable = yes\n";
            Postfix::start(&Options { next_hop: Some(sink.address), main_cf })
        });
        match &postfix {
            Some(postfix) => {
                let folder = postfix.queue_directory().join("gatehouse");
                fs::create_dir(&folder).unwrap();
                let socket = folder.join("milter.sock");
                write!(
                    setup.doors,
                    "[milter]\nlisten = [\"unix:{}\"]\nsocket-mode = \"0666\"\n",
                    socket.display()
                )
                .unwrap();
                setup.hops.push_str(&hop("own", "*", postfix.smtp));
            }
            None => {
                setup.doors.push_str(RELAY);
                setup.hops.push_str(&hop("own", "*", sink.address));
            }
        }
        let home = Home::new(&setup);
        Self { serving: home.serve(), home, sink, postfix }
    }

    /// Where mail is handed in.
    pub(crate) fn address(&self) -> SocketAddr {
        self.postfix.as_ref().map_or_else(|| self.serving.relay.unwrap(), |p| p.smtp)
    }

    /// A client; with a name, as the school's mail server passes on who signed in.
    pub(crate) fn client(&self, login: Option<&str>) -> Client {
        let mut client = Client::connect(self.address());
        if let Some(login) = login {
            let reply = client.say(&format!("XCLIENT LOGIN={login}"));
            assert!(reply.starts_with("220"), "{reply}");
            assert!(client.say("EHLO mail.oakfield.example").starts_with("250"));
        }
        client
    }

    /// Sends as the person whose school address `from` is, signed in.
    pub(crate) fn send(&self, from: &str, to: &[&str], data: &str) -> String {
        self.send_as(Some(from), from, to, data)
    }

    /// A session with one message, ended in order: the gate knows that its reply was heard.
    pub(crate) fn send_as(&self, login: Option<&str>, from: &str, to: &[&str], data: &str) -> String {
        let mut client = self.client(login);
        let reply = client.send(from, to, data);
        assert!(client.say("QUIT").starts_with("221"));
        reply
    }

    /// Sends with nothing that proves the sender.
    pub(crate) fn send_unproved(&self, from: &str, to: &[&str], data: &str) -> String {
        self.send_as(None, from, to, data)
    }
}

/// A whole message: header from its parties, then subject and text.
pub(crate) fn mail(from: &str, to: &str, subject: &str, text: &str) -> String {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\n\
         Message-ID: <{number}@client.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    )
}

/// The delivered bytes without what every mail server on the way puts on top.
pub(crate) fn without_trace(data: &[u8]) -> Vec<u8> {
    let end = header_end(data);
    let trace = ["received", "x-gatehouse-pass"];
    let kept = fields(&data[..end]).filter(|(name, _)| !trace.contains(&name.to_ascii_lowercase().as_str()));
    let mut out: Vec<u8> = kept.flat_map(|(_, bytes)| bytes.iter().copied()).collect();
    out.extend_from_slice(&data[end..]);
    out
}
