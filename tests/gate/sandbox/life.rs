//! Workers come and go: nobody waits for ever, nothing is left behind.

use super::{GATEHOUSE, in_own_process, settings, soon, trials, until};
use gatehouse::{
    files::Opened,
    sandbox::{Died, Pool, Request, Settings, StartFault, Trial},
};
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// One worker's crash is no other's: all jobs of four threads succeed while a fifth crashes all its own.
#[test]
fn a_crash_touches_no_other_job() {
    let pool = trials(Settings { workers: 3, ..settings() });
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    assert_eq!(pool.open(&Trial::Answer.request(), b"", soon()), Ok(Opened::default()));
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..30 {
                assert!(pool.open(&Trial::Abort.request(), b"", soon()).is_err());
            }
        });
    });
    assert_eq!((pool.health().deaths.crashed, pool.health().busy), (30, 0));
}

#[test]
fn who_waits_too_long_for_a_worker_is_told_so() {
    let pool = trials(Settings { wall: Duration::from_secs(3), ..settings() });
    thread::scope(|scope| {
        let long = scope.spawn(|| pool.open(&Trial::Sleep.request(), b"", soon()));
        while pool.health().busy == 0 {
            thread::yield_now();
        }
        let deadline = Instant::now() + Duration::from_millis(100);
        assert_eq!(pool.open(&Trial::Answer.request(), b"", deadline), Err(Died::Busy));
        assert_eq!(pool.health().busy, 1, "not because the other had ended");
        assert_eq!(long.join().unwrap(), Err(Died::OutOfTime));
    });
}

#[test]
fn a_worker_is_renewed_after_its_share() {
    let pool = Pool::new(Settings { jobs: 3, ..settings() }).unwrap();
    for _ in 0..9 {
        pool.open(&Request::default(), b"x", soon()).unwrap();
    }
    assert!((3..=4).contains(&pool.health().started), "{:?}", pool.health());
}

#[test]
fn workers_are_lazy_or_warm() {
    let lazy = Pool::new(Settings { workers: 4, ..settings() }).unwrap();
    lazy.open(&Request::default(), b"x", soon()).unwrap();
    assert_eq!(lazy.health().started, 1);
    let warm = Pool::new(Settings { workers: 4, warm: 2, ..settings() }).unwrap();
    until("two are ready", || warm.health().idle == 2);
}

/// The reason for a start that fails comes at once, and the pool goes on trying.
#[test]
fn a_pool_that_cannot_start_says_so_and_does_not_give_up() {
    let folder = std::env::temp_dir().join(format!("gatehouse-late-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join("gatehouse");
    let pool = Pool::new(Settings { program: program.clone(), ..settings() }).unwrap();
    let began = Instant::now();
    let outcome = pool.open(&Request::default(), b"x", soon());
    assert_eq!(outcome, Err(Died::CouldNotStart(StartFault::Spawn(std::io::ErrorKind::NotFound))));
    assert!(began.elapsed() < Duration::from_secs(40), "not by the deadline");
    std::os::unix::fs::symlink(GATEHOUSE, &program).unwrap();
    until("it has started", || pool.open(&Request::default(), b"x", soon()).is_ok());
    fs::remove_dir_all(&folder).unwrap();

    let mute = Pool::new(Settings { program: "/bin/true".into(), ..settings() }).unwrap();
    assert_eq!(mute.open(&Request::default(), b"x", soon()), Err(Died::CouldNotStart(StartFault::Silent)));
}

/// The pool's threads end and its callers' too: neither takes a worker with it.
#[test]
fn a_worker_outlives_the_thread_that_asked_first() {
    let pool = Pool::new(settings()).unwrap();
    for _ in 0..3 {
        thread::scope(|scope| {
            scope.spawn(|| pool.open(&Request::default(), b"x", soon()).unwrap());
        });
    }
    assert_eq!(pool.health().started, 1);
}

#[test]
fn a_thousand_jobs_leak_nothing() {
    if !in_own_process("sandbox::life::a_thousand_jobs_leak_nothing") {
        return;
    }
    let before = descriptors();
    let own = std::process::id();
    {
        let pool = trials(Settings { workers: 2, jobs: 50, ..settings() });
        pool.open(&Trial::Answer.request(), b"", soon()).unwrap();
        for n in 0..1000 {
            let trial = if n % 20 == 0 { Trial::Exit } else { Trial::Answer };
            let _ = pool.open(&trial.request(), &[b'x'; 1000], soon());
        }
        assert_eq!(pool.health().deaths.crashed, 50);
        until("those retired are gone", || {
            children(own).len() <= 1 && descriptors().len() <= before.len() + 3
        });
    }
    assert_eq!(children(own), Vec::<u32>::new(), "neither workers nor zombies");
    assert_eq!(descriptors(), before);
}

/// A gate that is killed leaves no worker behind, not even one that is busy.
#[test]
fn no_worker_outlives_the_gate() {
    const GATE: &str = "GATEHOUSE_TEST_GATE";
    if std::env::var_os(GATE).is_some() {
        let pool = trials(Settings {
            workers: 3,
            warm: 3,
            wall: Duration::from_secs(60),
            cpu: Duration::from_secs(60),
            ..settings()
        });
        until("three are ready", || pool.health().idle == 3);
        thread::scope(|scope| {
            scope.spawn(|| pool.open(&Trial::Loop.request(), b"", Instant::now() + Duration::from_secs(60)));
            until("one is busy", || pool.health().busy == 1);
            std::io::Write::write_all(&mut std::io::stdout(), b"ready\n").unwrap();
            loop {
                thread::park();
            }
        });
    }
    let mut gate = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sandbox::life::no_worker_outlives_the_gate", "--nocapture"])
        .env(GATE, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(gate.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("ready")));
    let workers = children(gate.id());
    assert_eq!(workers.len(), 3);
    gate.kill().unwrap();
    gate.wait().unwrap();
    until("all are gone", || workers.iter().all(|id| is_gone(*id)));
}

fn descriptors() -> BTreeSet<String> {
    let own = fs::read_dir("/proc/self/fd").unwrap();
    own.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

pub(super) fn children(of: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{of}/task")).into_iter().flatten().flatten() {
        let list = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        found.extend(list.split_whitespace().map(|id| id.parse::<u32>().unwrap()));
    }
    found
}

/// Ended; who has to reap it is the machine's first process.
fn is_gone(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['Z', 'X']))
}
