//! Machines that lack something, played by a filter around the whole test.

use super::{has_landlock, in_own_process, settings, soon};
use gatehouse::sandbox::{
    Attempt, Died, Held, Must, Pool, Request, Settings, StartFault, Support, Trial, look, prove,
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter_all_threads};

/// What the kernel answers from now on to this whole process, and those it starts, when asked for these.
fn refuse(calls: &[i64], answer: SeccompAction) {
    let rules = calls.iter().map(|&call| (call, Vec::new())).collect();
    let arch = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, answer, arch).unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    apply_filter_all_threads(&program).unwrap();
}

const LANDLOCK: [i64; 3] =
    [libc::SYS_landlock_create_ruleset, libc::SYS_landlock_add_rule, libc::SYS_landlock_restrict_self];

/// With a kernel as it was before Linux 5.13: the setting decides.
#[test]
fn without_landlock_the_setting_decides() {
    if !in_own_process("sandbox::kernels::without_landlock_the_setting_decides") {
        return;
    }
    refuse(&LANDLOCK, SeccompAction::Errno(libc::ENOSYS as u32));
    let Support::Partly(walls) = look(&settings()) else { panic!("{:?}", look(&settings())) };
    assert_eq!((walls.landlock, walls.seccomp), (None, true));
    assert!(look(&settings()).advice().unwrap().contains("Landlock"));
    assert!(Pool::new(settings()).unwrap().open(&Request::default(), b"x", soon()).is_ok());
    let required = Pool::new(Settings { must: Must::Required, ..settings() }).unwrap();
    for _ in 0..3 {
        let outcome = required.open(&Request::default(), b"x", soon());
        assert_eq!(outcome, Err(Died::CouldNotStart(StartFault::NoLandlock)));
    }
}

#[test]
fn without_seccomp_the_setting_decides() {
    if !in_own_process("sandbox::kernels::without_seccomp_the_setting_decides") {
        return;
    }
    refuse(&[libc::SYS_seccomp], SeccompAction::Errno(libc::EINVAL as u32));
    let required = Pool::new(Settings { must: Must::Required, ..settings() }).unwrap();
    let outcome = required.open(&Request::default(), b"x", soon());
    if has_landlock() {
        assert_eq!(outcome, Err(Died::CouldNotStart(StartFault::NoSeccomp)));
    }
    assert!(Pool::new(settings()).unwrap().open(&Request::default(), b"x", soon()).is_ok());
    for Attempt { trial, held } in prove(&settings()).unwrap() {
        // Without the filter a worker of root, whom no limit on processes binds, may have a thread.
        assert!(held == Held::Refused || trial == Trial::Thread || !has_landlock(), "{trial:?}: {held:?}");
    }
}

/// As under a unit of systemd whose SystemCallFilter= does not name landlock.
#[test]
fn a_filter_around_the_gate_is_told() {
    if !in_own_process("sandbox::kernels::a_filter_around_the_gate_is_told") {
        return;
    }
    refuse(&LANDLOCK, SeccompAction::KillProcess);
    let found = look(&settings());
    assert_eq!(found, Support::None(StartFault::Filtered));
    assert!(found.advice().unwrap().contains("SystemCallFilter="));
}
