//! How a job ends: each in its own way, with a name of its own, and the next one succeeds.

use super::{GATEHOUSE, refused, settings, soon, trials, try_then_work};
use gatehouse::{
    files::{FileLimits, NotOpened, Opened, Opener, Until},
    sandbox::{Crash, Died, Pool, Request, Sandboxed, Settings, Trial},
};
use std::{
    fs,
    io::Write,
    os::unix::{fs::PermissionsExt, process::ExitStatusExt},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

#[test]
fn a_file_is_read_as_its_reader_reads_it() {
    let pool = Pool::new(settings()).unwrap();
    let opened = pool.open(&Request::default(), "Bore da, Élan".as_bytes(), soon()).unwrap();
    assert_eq!(opened.pieces[0].text, "Bore da, Élan");
    assert_eq!(pool.open(&Request::default(), b"", soon()), Ok(Opened::default()));
}

#[test]
fn each_end_has_its_own_name_and_the_next_job_succeeds() {
    let pool = trials(settings());
    let crashed = |crash| Err(Died::Crashed(crash));
    let expected = [
        (Trial::Allocate, Err(Died::OutOfMemory)),
        (Trial::Abort, crashed(Crash::Signal(libc::SIGABRT))),
        (Trial::Overflow, crashed(Crash::StackOverflow)),
        (Trial::Garble, crashed(Crash::Garbled)),
        (Trial::Boast, crashed(Crash::Garbled)),
        (Trial::Flood, crashed(Crash::Garbled)),
        (Trial::BreakOff, crashed(Crash::Exited(0))),
        (Trial::Exit, crashed(Crash::Exited(7))),
    ];
    for (trial, end) in expected {
        assert_eq!(try_then_work(&pool, trial, b""), end, "{trial:?}");
    }
    let deaths = pool.health().deaths;
    assert_eq!((deaths.crashed, deaths.out_of_memory, deaths.out_of_time), (7, 1, 0));
}

/// However many files a message has, they do not hold up the next message for longer.
#[test]
fn files_beyond_the_time_of_their_message_are_told_and_not_tried() {
    let opener = Sandboxed::new(settings(), FileLimits::default(), Duration::from_secs(600));
    let over = Until(Some(Instant::now()));
    assert_eq!(opener.open(None, "text/plain", b"a", over), Err(NotOpened::Died("message-out-of-time")));
    assert!(opener.open(None, "text/plain", b"a", opener.until()).is_ok());
    assert_eq!(opener.readers()[0].opened, 1);
}

/// The message of a panic quotes what the reader was at.
#[test]
fn a_panic_tells_its_place_and_no_content() {
    let pool = trials(settings());
    let Err(died) = try_then_work(&pool, Trial::Panic, b"Rhiannon is ill") else { panic!("it answered") };
    let said = format!("{died} {died:?}");
    assert!(said.contains("src/sandbox/trial.rs:"), "{said}");
    assert!(!said.contains("Rhiannon"), "{said}");
}

#[test]
fn a_loop_ends_by_its_cpu_time_and_sleep_by_the_clock() {
    let long = Duration::from_secs(600);
    let pool = trials(Settings { cpu: Duration::from_secs(1), wall: long, ..settings() });
    let began = Instant::now();
    assert_eq!(pool.open(&Trial::Loop.request(), b"", began + long), Err(Died::OutOfTime));
    assert!(began.elapsed() < long, "by the clock");

    let pool = trials(Settings { wall: Duration::from_millis(300), ..settings() });
    for trial in [Trial::Sleep, Trial::Loop] {
        let began = Instant::now();
        assert_eq!(pool.open(&trial.request(), b"", soon()), Err(Died::OutOfTime));
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    }
    let deadline = Instant::now() + Duration::from_millis(200);
    assert_eq!(
        pool.open(&Trial::Sleep.request(), b"", deadline),
        Err(Died::OutOfTime),
        "the deadline is sooner"
    );
    assert_eq!(pool.open(&Trial::Answer.request(), b"", soon()), Ok(Opened::default()));
}

/// The limit of CPU time is each job's own.
#[test]
fn a_worker_that_works_for_long_is_not_out_of_time() {
    let pool = Pool::new(Settings { cpu: Duration::from_secs(1), ..settings() }).unwrap();
    let text = vec![b'x'; 16 << 20];
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(6) {
        pool.open(&Request::default(), &text, soon()).unwrap();
    }
    assert_eq!(pool.health().deaths, Default::default());
}

/// What a worker says after its answer is not taken for the next one.
#[test]
fn a_second_answer_is_not_given_to_the_next_file() {
    let pool = trials(settings());
    assert_eq!(pool.open(&Trial::Prattle.request(), b"", soon()), Ok(Opened::default()));
    let outcome = pool.open(&Request { name: Some("none".into()), ..Request::default() }, b"", soon());
    assert!(refused(&outcome), "{outcome:?}");
}

/// Neither a file that is larger than a worker may hold nor one that takes many turns of the pipe.
#[test]
fn size_is_bounded_and_no_pipe_is_stuck() {
    let pool = Pool::new(Settings { memory: 64 << 20, ..settings() }).unwrap();
    let limits = FileLimits { text_bytes: 40 << 20, ..FileLimits::default() };
    let request = Request { limits, ..Request::default() };
    let large = vec![b'a'; 12 << 20];
    assert_eq!(pool.open(&request, &large, soon()).unwrap().pieces[0].text.len(), large.len());
    assert_eq!(pool.open(&request, &vec![0; (64 << 20) + 1], soon()), Err(Died::OutOfMemory));
    assert_eq!(pool.open(&request, &vec![b'a'; 40 << 20], soon()), Err(Died::OutOfMemory));
    assert_eq!(pool.open(&request, &large, soon()).unwrap().pieces[0].text.len(), large.len());
}

/// Programs in a worker's place that report and then do not do as agreed, while the gate still writes.
#[test]
fn full_pipes_stop_nobody() {
    let folder = std::env::temp_dir().join(format!("gatehouse-false-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let large = vec![b'a'; 25 << 20];
    let garbled = Died::Crashed(Crash::Garbled);
    let cases = [
        ("floods", "exec /usr/bin/yes", garbled.clone()),
        ("is silent", "exec /bin/sleep 60", Died::OutOfTime),
        ("is deaf", "exec 0<&-; exec /bin/sleep 60", garbled),
        ("dies", "/usr/bin/head -c 1000000 >/dev/null; exit 3", Died::Crashed(Crash::Exited(3))),
    ];
    for (n, (what, then, end)) in cases.into_iter().enumerate() {
        let program = folder.join(format!("worker-{n}"));
        let report = r"printf 'gwa1\000\000\000\000\002\000\000\000\000\000\000\000\007\001'";
        fs::write(&program, format!("#!/bin/sh\n{report}\n{then}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let pool = Pool::new(Settings { program, wall: Duration::from_secs(2), ..settings() }).unwrap();
        let began = Instant::now();
        assert_eq!(pool.open(&Request::default(), &large, soon()), Err(end), "{what}");
        assert!(began.elapsed() < Duration::from_secs(50), "{what}");
    }
    fs::remove_dir_all(&folder).unwrap();
}

/// What the worker reads is as strict as what the gate reads: nonsense ends it.
#[test]
fn a_worker_that_is_sent_nonsense_ends() {
    let words = ["--as-worker", "files", "job", "when-possible", "1000000", "5"];
    let too_long = [b"gwq1", &[3, 0, 0, 0][..], &u64::MAX.to_le_bytes(), &[0; 3]].concat();
    for sent in [&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..], &too_long, b"gwq1"] {
        let mut worker =
            Command::new(GATEHOUSE).args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        worker.stdin.take().unwrap().write_all(sent).unwrap();
        let ended = worker.wait().unwrap();
        assert_eq!((ended.code(), ended.signal()), (Some(74), None));
    }
}
