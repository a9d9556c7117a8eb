//! What a worker cannot reach, tried from within.

use super::{
    GATEHOUSE, has_landlock, has_seccomp, in_own_process, life::children, refused, settings, soon, tell,
    trials, try_then_work, until,
};
use gatehouse::sandbox::{
    Attempt, Crash, Died, Held, Must, Pool, Profile, Request, Settings, Support, Trial, Walls, look, prove,
};
use std::{
    collections::BTreeSet,
    fs,
    io::Read,
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

#[test]
fn what_reaches_outside_ends_the_worker() {
    if !has_seccomp() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let pool = trials(settings());
    for trial in
        [Trial::OpenFile, Trial::WriteFile, Trial::ListFolder, Trial::Connect, Trial::Run, Trial::Thread]
    {
        let outcome = try_then_work(&pool, trial, port.as_bytes());
        assert_eq!(outcome, Err(Died::Crashed(Crash::Forbidden)), "{trial:?}");
    }
    assert!(listener.accept().is_err(), "nobody came");
    assert!(!Path::new("/tmp/gatehouse-trial").exists());
}

/// Without the filter of system calls: Landlock and the limits alone.
#[test]
fn landlock_and_limits_hold_alone() {
    if !has_landlock() {
        return;
    }
    let pool = Pool::of_trials(settings(), Walls::Landlock).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    for trial in [Trial::OpenFile, Trial::WriteFile, Trial::ListFolder, Trial::Connect, Trial::Run] {
        let outcome = try_then_work(&pool, trial, port.as_bytes());
        assert!(refused(&outcome), "{trial:?}: {outcome:?}");
    }
    let walls = pool.health().walls.unwrap();
    assert!(walls.landlock.is_some() && !walls.seccomp, "{walls:?}");
}

#[test]
fn the_filter_holds_alone() {
    if !has_seccomp() {
        return;
    }
    let pool = Pool::of_trials(settings(), Walls::Seccomp).unwrap();
    for trial in [Trial::OpenFile, Trial::Connect, Trial::Run, Trial::Thread] {
        let outcome = try_then_work(&pool, trial, b"9");
        assert_eq!(outcome, Err(Died::Crashed(Crash::Forbidden)), "{trial:?}");
    }
    assert_eq!(pool.health().walls.unwrap().landlock, None);
}

/// What the gate holds open is of no use to a worker, even where it is inherited.
#[test]
fn a_worker_is_as_poor_as_it_should_be() {
    if !in_own_process("sandbox::walls::a_worker_is_as_poor_as_it_should_be") {
        return;
    }
    let pool = Pool::new(Settings { warm: 1, ..settings() }).unwrap();
    until("it is ready", || pool.health().idle == 1);
    let own = children(std::process::id());
    let at = |name: &str| format!("/proc/{}/{name}", own[0]);
    let status = fs::read_to_string(at("status")).unwrap();
    let line = |name: &str| status.lines().find(|l| l.starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("NoNewPrivs").ends_with('1'), "{status}");
    assert!(line("CapEff").ends_with("0000000000000000"), "{status}");
    assert!(line("CapPrm").ends_with("0000000000000000"), "{status}");
    assert!(line("Threads").ends_with('1'), "{status}");
    if has_seccomp() {
        assert!(line("Seccomp:").ends_with('2'), "{status}");
    }
    // Who is not root is refused even that look, for the worker is nobody's to inspect.
    if let Ok(environment) = fs::read(at("environ")) {
        assert_eq!(environment, b"");
        let open = fs::read_dir(at("fd")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        assert_eq!(open.collect::<BTreeSet<_>>(), ["0", "1", "2"].map(String::from).into());
    }
    let limits = fs::read_to_string(at("limits")).unwrap();
    for name in ["Max open files", "Max core file size", "Max file size", "Max processes"] {
        let line = limits.lines().find(|l| l.starts_with(name)).unwrap();
        assert_eq!(line[name.len()..].split_whitespace().next(), Some("0"), "{line}");
    }
}

/// A person who types it gets no worker.
#[test]
fn by_hand_it_does_nothing() {
    let words = ["--as-worker", "files", "job", "required", "1000000", "5"];
    let mut by_hand =
        Command::new(GATEHOUSE).args(words).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = Vec::new();
    by_hand.stdout.take().unwrap().read_to_end(&mut said).unwrap();
    let ended = by_hand.wait().unwrap();
    assert!(said.is_empty() && ended.code() == Some(64), "{ended:?}");
    assert_eq!(Command::new(GATEHOUSE).arg("--as-worker").status().unwrap().code(), Some(2));
}

/// What `doctor` says of this machine.
#[test]
fn the_walls_are_proved_by_trying() {
    let support = look(&settings());
    tell(&format!("this machine: {support:?}"));
    let tried = prove(&settings()).unwrap();
    for Attempt { trial, held } in &tried {
        assert!(matches!(held, Held::Ended | Held::Refused), "{trial:?}: {held:?}");
    }
    if let Support::Full(_) = support {
        assert_eq!(support.advice(), None);
        let required = Pool::new(Settings { must: Must::Required, ..settings() }).unwrap();
        assert!(required.open(&Request::default(), b"x", soon()).is_ok());
    } else {
        tell("SKIPPED, NOT PROVED HERE: this kernel lacks a wall, so `required` cannot be met");
    }
    assert!(matches!(look(&Settings { program: "/bin/false".into(), ..settings() }), Support::None(_)));
}

/// The wider profile: it may run a program of Debian's, and read what that needs, and no more.
#[test]
fn the_profile_of_ocr_reads_and_writes_no_other_file() {
    if !has_landlock() {
        return;
    }
    let pool = trials(Settings { profile: Profile::Ocr, ..settings() });
    for trial in [Trial::OpenFile, Trial::WriteFile, Trial::ListFolder, Trial::Connect, Trial::Run] {
        let outcome = try_then_work(&pool, trial, b"9");
        assert!(refused(&outcome), "{trial:?}: {outcome:?}");
    }
}

/// Debian's tesseract, within its walls.
#[test]
fn a_picture_is_read_within_the_walls() {
    assert!(Path::new("/usr/bin/tesseract").exists(), "no tesseract: scripts/setup.sh test installs it");
    let pool =
        Pool::new(Settings { profile: Profile::Ocr, cpu: Duration::from_secs(30), ..settings() }).unwrap();
    let opened = pool.open(&Request::default(), include_bytes!("../../files/letter.png"), soon()).unwrap();
    let text: String = opened.pieces.iter().map(|piece| piece.text.as_str()).collect();
    assert!(text.contains("Oakfield School") && text.contains("A801200001001"), "{opened:?}");
}
