//! A private Postfix for tests (own configuration, queue, log and ports; nothing of
//! /etc/postfix is used), for every door that a real MTA stands before or behind.

use crate::{debian::program, smtp::Client};
use std::{
    fmt::Write as _,
    fs,
    net::SocketAddr,
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
        // Another test may take the free port first.
        (0..5).find_map(|_| Self::try_start(options)).expect("Postfix starts")
    }

    fn try_start(options: &Options) -> Option<Self> {
        let dir = Self::folders();
        let smtp = crate::ports::free_port();
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
        if !started.status.success() {
            tell(&format!("postfix start: {started:?}\n{}", postfix.log()));
            return None;
        }
        Some(postfix)
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
        let owner =
            owner.expect("these tests need Debian's postfix and root; `scripts/setup.sh test` installs it");
        let dir = tempfile::Builder::new().prefix("gatehouse-postfix").tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["etc", "data", "queue"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        chown(dir.path().join("data"), Some(owner), None).expect("root is needed to start a Postfix");
        dir
    }

    fn command(&self, verb: &str) -> std::process::Output {
        program("postfix").arg("-c").arg(self.dir.path().join("etc")).arg(verb).output().unwrap()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.command("stop");
        if std::thread::panicking() {
            tell(&format!("--- log of Postfix\n{}", self.log()));
        }
    }
}

/// Shown by the test runner when a test fails.
#[allow(clippy::print_stderr)]
fn tell(what: &str) {
    eprintln!("{what}");
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
