//! PostgreSQL for the tests: a private cluster for each test process, on a socket in a
//! folder of its own, and a fresh database for each test. Built into the integration binary
//! and into the unit tests.
//!
//! The cluster ends with the process, however that one ends: a shell holds it that reads from
//! a pipe whose other end only this process has.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

pub(crate) struct Cluster {
    /// Socket, data and log.
    folder: PathBuf,
    /// Its standard input is the pipe.
    _keeper: Child,
}

/// $1: folder; what follows: how to become the user that the server runs as.
const KEEPER: &str = r#"
trap '' HUP INT TERM
folder=$1; shift
finish() { rm -rf "$folder"; exit; }
"$@" initdb -D "$folder/data" -U gatehouse -A trust -E UTF8 --locale=C.UTF-8 >"$folder/log" 2>&1 &&
"$@" pg_ctl start -w -s -D "$folder/data" -l "$folder/log" -o "-k '$folder' -c listen_addresses=
    -c max_connections=300 -c shared_buffers=64MB -c log_min_messages=warning" >>"$folder/log" 2>&1 ||
{ cat "$folder/log"; finish; }
echo ready
cat >/dev/null
"$@" pg_ctl stop -w -s -m immediate -D "$folder/data" >/dev/null 2>&1
finish
"#;

/// The address of a new, empty database.
pub(crate) fn fresh_database() -> String {
    cluster().fresh_database()
}

impl Cluster {
    /// One more, for a test that looks at all of its files; it ends when it is dropped.
    pub(crate) fn alone() -> Self {
        start()
    }

    pub(crate) fn fresh_database(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let made = psql(&self.url("postgres")).arg("-c").arg(format!("CREATE DATABASE {name}")).output();
        let made = made.unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        self.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://gatehouse@localhost/{database}?host={}", self.folder.display())
    }

    /// Everything that the server keeps on its disk: rows, WAL and log.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Debian's `psql` on a database; a failing statement is a failing exit status.
pub(crate) fn psql(url: &str) -> Command {
    let mut psql = Command::new(cluster_programs().join("psql"));
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url]);
    psql
}

/// Everything that a database holds, as `pg_dump` writes it; `psql` puts it in the place of what is there.
pub(crate) fn dump(url: &str) -> Vec<u8> {
    let out = Command::new(cluster_programs().join("pg_dump"))
        .args(["--clean", "--if-exists", url])
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(start)
}

/// Debian keeps each version's programs in a folder that is on nobody's path.
fn cluster_programs() -> PathBuf {
    let all = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<_> =
        all.map(|e| e.path().join("bin")).filter(|p| p.join("initdb").is_file()).collect();
    found.sort();
    found.pop().expect("PostgreSQL is not installed; `scripts/setup.sh test` installs it")
}

fn start() -> Cluster {
    let folder = tempfile::Builder::new().prefix("gatehouse-pg-").tempdir().unwrap().keep();
    let programs = cluster_programs();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let mut keeper = Command::new("sh")
        .args(["-c", KEEPER, "sh"])
        .arg(&folder)
        .args(become_user(&folder))
        .env("PATH", path)
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // A terminal's Ctrl-C is for the tests; the keeper sees their end.
        .process_group(0)
        .spawn()
        .unwrap();
    let mut out = BufReader::new(keeper.stdout.take().unwrap());
    let mut said = String::new();
    out.read_line(&mut said).unwrap();
    if said != "ready\n" {
        out.read_to_string(&mut said).unwrap();
        panic!("PostgreSQL does not start: {said}");
    }
    Cluster { folder, _keeper: keeper }
}

/// PostgreSQL does not run as root.
fn become_user(folder: &Path) -> Vec<String> {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return vec!["env".into()];
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let of = |name: &str| {
        let line = users.lines().find(|l| l.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2).map(|id| id.parse::<u32>().ok());
        Some((ids.next()??, ids.next()??))
    };
    let (user, group) = of("postgres").or_else(|| of("nobody")).expect("a user who is not root");
    std::os::unix::fs::chown(folder, Some(user), Some(group)).unwrap();
    ["setpriv", &format!("--reuid={user}"), &format!("--regid={group}"), "--clear-groups"]
        .map(str::to_owned)
        .to_vec()
}
