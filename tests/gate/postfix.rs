//! A private Postfix for tests (own configuration, queue, log and ports; nothing of
//! /etc/postfix is used), and the milter door through it: what a real MTA makes of our
//! answers is read from the bytes that it delivers.

use crate::{
    house::{Script, ScriptedHouse},
    milter::{TestMilter, limits},
    sink::Sink,
    smtp::Client,
};
use gatehouse::{
    config::Listen,
    mail::{Edits, HeaderEdit, Reply, SenderProof, Splice, Transaction, fields, header_end},
};
use std::{
    fmt::Write as _,
    fs,
    net::{SocketAddr, TcpListener},
    os::unix::fs::{PermissionsExt, chown},
    path::PathBuf,
    process::Command,
};

/// What is particular about one instance.
#[derive(Default)]
pub(crate) struct Options {
    /// Where all mail goes on to.
    pub(crate) next_hop: Option<SocketAddr>,
    /// Lines of main.cf; later ones override earlier ones.
    pub(crate) main_cf: String,
}

/// A running instance; stopped on drop, also when a test panics.
pub(crate) struct Postfix {
    pub(crate) smtp: SocketAddr,
    dir: tempfile::TempDir,
}

impl Postfix {
    pub(crate) fn start(options: &Options) -> Self {
        let dir = Self::folders();
        let smtp = free_port();
        let base = dir.path().display();
        let relay = options.next_hop.map_or("default_transport = discard".into(), |a| {
            format!("relayhost = [{}]:{}", a.ip(), a.port())
        });
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {base}/queue\ndata_directory = {base}/data\n\
             command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\n\
             maillog_file = {base}/log\nmaillog_file_prefixes = /tmp, /var/tmp, /dev/shm\nsyslog_name = test\n\
             myhostname = gw.example\nmydestination =\nlocal_recipient_maps =\nalias_maps =\nalias_database =\n\
             mynetworks = 127.0.0.0/8\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\n\
             smtp_dns_support_level = disabled\nsmtp_host_lookup = native\nsmtpd_peername_lookup = no\n\
             smtpd_recipient_restrictions = permit_mynetworks, reject\nbiff = no\nin_flow_delay = 0\n\
             smtpd_client_connection_count_limit = 0\nsmtpd_authorized_xclient_hosts = 127.0.0.0/8\n\
             import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C\n{relay}\n{}\n",
            options.main_cf
        );
        fs::write(dir.path().join("etc/main.cf"), main).unwrap();
        fs::write(dir.path().join("etc/master.cf"), master_cf(smtp)).unwrap();
        let postfix = Self { smtp, dir };
        let started = postfix.command("start");
        assert!(started.status.success(), "postfix start: {started:?}\n{}", postfix.log());
        postfix
    }

    pub(crate) fn queue_directory(&self) -> PathBuf {
        self.dir.path().join("queue")
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.smtp)
    }

    fn folders() -> tempfile::TempDir {
        let postfix = Command::new("id").args(["-u", "postfix"]).output().expect("id");
        let owner = String::from_utf8_lossy(&postfix.stdout).trim().parse().ok();
        let owner = owner.expect("these tests need Debian's postfix and root; `make test` installs it");
        let dir = tempfile::Builder::new().prefix("gatehouse-postfix").tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["etc", "data", "queue"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        chown(dir.path().join("data"), Some(owner), None).expect("root is needed to start a Postfix");
        dir
    }

    fn command(&self, verb: &str) -> std::process::Output {
        Command::new("postfix").arg("-c").arg(self.dir.path().join("etc")).arg(verb).output().unwrap()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.command("stop");
        if std::thread::panicking() {
            eprintln!("--- log of Postfix\n{}", self.log());
        }
    }
}

/// A port that nobody uses at the moment.
pub(crate) fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn master_cf(smtp: SocketAddr) -> String {
    let mut out = format!("{smtp} inet n - n - - smtpd\n");
    for (name, kind, wakeup, limit, command) in [
        ("pickup", "unix", "60", "1", "pickup"),
        ("cleanup", "unix", "-", "0", "cleanup"),
        ("qmgr", "unix", "300", "1", "qmgr"),
        ("rewrite", "unix", "-", "-", "trivial-rewrite"),
        ("bounce", "unix", "-", "0", "bounce"),
        ("defer", "unix", "-", "0", "bounce"),
        ("trace", "unix", "-", "0", "bounce"),
        ("flush", "unix", "1000?", "0", "flush"),
        ("proxymap", "unix", "-", "-", "proxymap"),
        ("smtp", "unix", "-", "-", "smtp"),
        ("relay", "unix", "-", "-", "smtp"),
        ("showq", "unix", "-", "-", "showq"),
        ("error", "unix", "-", "-", "error"),
        ("retry", "unix", "-", "-", "error"),
        ("discard", "unix", "-", "-", "discard"),
        ("anvil", "unix", "-", "1", "anvil"),
        ("scache", "unix", "-", "1", "scache"),
        ("postlog", "unix-dgram", "-", "1", "postlogd"),
    ] {
        let public = ["pickup", "cleanup", "qmgr", "flush", "showq", "postlog"].contains(&name);
        let private = if public { "n" } else { "-" };
        writeln!(out, "{name} {kind} {private} - n {wakeup} {limit} {command}").unwrap();
    }
    out
}

/// The lines that we ship.
fn shipped() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/contrib/postfix/main.cf.milter")).unwrap()
}

/// Postfix with our milter by the shipped lines, once over its Unix socket and once over
/// TCP, and a sink behind.
struct Gate {
    sink: Sink,
    house: std::sync::Arc<ScriptedHouse>,
    postfix: Postfix,
    _milter: TestMilter,
}

impl Gate {
    fn over_unix(script: impl Fn(&Transaction) -> Script + Send + Sync + 'static) -> Self {
        let sink = Sink::start();
        let house = ScriptedHouse::new(script);
        let postfix = Postfix::start(&Options { next_hop: Some(sink.address), main_cf: shipped() });
        let dir = postfix.queue_directory().join("gatehouse");
        fs::create_dir(&dir).unwrap();
        let listen = Listen::Unix(dir.join("milter.sock"), 0o666);
        let milter = TestMilter::start(vec![listen], limits(), house.clone());
        Self { sink, house, postfix, _milter: milter }
    }

    fn over_tcp(script: impl Fn(&Transaction) -> Script + Send + Sync + 'static) -> Self {
        let sink = Sink::start();
        let house = ScriptedHouse::new(script);
        let listen = Listen::Tcp("127.0.0.1:0".parse().unwrap());
        let milter = TestMilter::start(vec![listen], limits(), house.clone());
        let Listen::Tcp(address) = milter.addresses[0] else { panic!() };
        let main_cf = format!("{}smtpd_milters = inet:{}:{}\n", shipped(), address.ip(), address.port());
        let postfix = Postfix::start(&Options { next_hop: Some(sink.address), main_cf });
        Self { sink, house, postfix, _milter: milter }
    }
}

fn subject(transaction: &Transaction) -> String {
    let text = String::from_utf8_lossy(&transaction.raw);
    text.lines().find_map(|l| l.strip_prefix("Subject: ")).unwrap_or_default().to_owned()
}

/// Header and body edits at once, of every kind.
fn edits(transaction: &Transaction) -> Edits {
    let raw = &transaction.raw;
    let middle = header_end(raw) + 2 + 7;
    Edits {
        headers: vec![
            HeaderEdit::Prepend { name: "X-Gate".into(), value: "one\r\n two".into() },
            HeaderEdit::Prepend { name: "X-Top".into(), value: "top".into() },
            HeaderEdit::Replace { name: "Subject".into(), nth: 1, value: "[School] edited".into() },
            HeaderEdit::Remove { name: "X-Old".into(), nth: 1 },
            HeaderEdit::Remove { name: "X-Old".into(), nth: 3 },
        ],
        body: vec![
            Splice { range: middle..middle + 4, bytes: "LINE".into() },
            Splice {
                range: raw.len()..raw.len(),
                bytes: "-- \r\n.a dot\r\nA line from the school: caf\u{e9}.\r\n".into(),
            },
        ],
    }
}

fn act(transaction: &Transaction) -> Script {
    match subject(transaction).as_str() {
        "edit" => Script::Pass(edits(transaction)),
        "only first" => Script::PassTo(vec![0], Edits::default()),
        "keep" => Script::Keep,
        "refuse" => Script::Refuse(Reply::new(550, (5, 7, 1), "Not sent; 100% of it waits for you")),
        "defer" => Script::Defer(Reply::new(451, (4, 3, 2), "Later")),
        "panic" => Script::Panic,
        _ => Script::Pass(Edits::default()),
    }
}

/// The delivered bytes without the MTA's own Received fields.
fn without_received(data: &[u8]) -> Vec<u8> {
    let end = header_end(data);
    let mut out: Vec<u8> = Vec::new();
    for (name, bytes) in fields(&data[..end]) {
        if !name.eq_ignore_ascii_case("received") {
            out.extend_from_slice(bytes);
        }
    }
    out.extend_from_slice(&data[end..]);
    out
}

const MAIL: &str = "From: t.staff@oakfield.example\r\nTo: p.parent@post.example\r\nX-Old: one\r\nX-Old:two\r\n\
    Subject: edit\r\nDate: Tue, 01 Sep 2026 09:00:00 +0000\r\nMessage-ID: <1@oakfield.example>\r\nx-old: \
    three\r\nX-Folded:  one\r\n\ttwo\r\n\r\n.first line\r\n..\r\nlast\r\n";

#[test]
fn what_is_delivered_is_what_the_edits_say() {
    for gate in [Gate::over_unix(act), Gate::over_tcp(act)] {
        let mut client = gate.postfix.client();
        let reply = client.send("t.staff@oakfield.example", &["p.parent@post.example"], MAIL);
        assert!(reply.starts_with("250"), "{reply}");
        let plain = MAIL.replace("Subject: edit", "Subject: plain");
        assert!(client.send("", &["p.parent@post.example"], &plain).starts_with("250"));
        let delivered = gate.sink.wait_for(2);
        let seen = gate.house.transactions();
        assert_eq!(seen[0].raw, MAIL, "as the client wrote it");
        let queue_id = seen[0].arrival.queue_id.clone().unwrap();
        assert!(reply.contains(&queue_id), "{reply} names the queue id {queue_id}");
        let edited = delivered.iter().find(|d| d.mail.contains("t.staff")).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&without_received(&edited.data)),
            String::from_utf8_lossy(&edits(&seen[0]).apply(&seen[0].raw))
        );
        assert!(edited.data.starts_with(b"X-Top: top\r\nX-Gate: one\r\n two\r\n"), "{}", edited.text());
        let unedited = delivered.iter().find(|d| d.mail.contains("<>")).unwrap();
        assert_eq!(without_received(&unedited.data), plain.as_bytes());
    }
}
