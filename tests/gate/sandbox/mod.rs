//! The sandbox through its real door: pools of real processes of the real program. `walls`: what a
//! worker cannot reach; `ends`: how each job ends; `life`: workers come, go and leave nothing; `kernels`:
//! machines that lack something. What this kernel does not have is said loudly, and only that is passed over.

mod ends;
mod kernels;
mod life;
mod walls;

use crate::gate::tell;
use gatehouse::{
    files::Opened,
    sandbox::{Died, Must, Pool, Settings, Support, Trial, Walls, look},
};
use std::{
    path::PathBuf,
    process::Command,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

const GATEHOUSE: &str = env!("CARGO_BIN_EXE_gatehouse");

fn settings() -> Settings {
    Settings {
        program: PathBuf::from(GATEHOUSE),
        // What this kernel lacks must not keep the other assertions from being made.
        must: Must::WhenPossible,
        workers: 1,
        memory: 256 << 20,
        cpu: Duration::from_secs(5),
        // A machine that is busy with other tests is slow.
        wall: Duration::from_secs(60),
        ..Settings::default()
    }
}

fn trials(settings: Settings) -> Pool {
    Pool::of_trials(settings, Walls::All).unwrap()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn has_landlock() -> bool {
    let has = match look(&settings()) {
        Support::Full(_) => true,
        Support::Partly(walls) => walls.landlock.is_some(),
        Support::None(fault) => panic!("no worker can be started: {fault}"),
    };
    if !has {
        tell("SKIPPED, NOT PROVED HERE: this kernel has no Landlock");
    }
    has
}

fn has_seccomp() -> bool {
    let has = match look(&settings()) {
        Support::Full(_) => true,
        Support::Partly(walls) => walls.seccomp,
        Support::None(fault) => panic!("no worker can be started: {fault}"),
    };
    if !has {
        tell("SKIPPED, NOT PROVED HERE: this kernel takes no seccomp filters");
    }
    has
}

/// One trial, and then an ordinary job, which must succeed whatever the trial was.
fn try_then_work(pool: &Pool, trial: Trial, bytes: &[u8]) -> Result<Opened, Died> {
    let outcome = pool.open(&trial.request(), bytes, soon());
    assert_eq!(pool.open(&Trial::Answer.request(), b"", soon()), Ok(Opened::default()), "after {trial:?}");
    outcome
}

fn refused(outcome: &Result<Opened, Died>) -> bool {
    matches!(outcome, Ok(opened) if !opened.missed.is_empty())
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Tests that look at all of this process's descriptors and children, or change what the kernel answers
/// it, do so one after the other, each in a process of its own.
fn in_own_process(test: &str) -> bool {
    const OWN: &str = "GATEHOUSE_TEST_OWN_PROCESS";
    if std::env::var_os(OWN).is_some() {
        return true;
    }
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(OWN, "1")
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()));
    false
}
