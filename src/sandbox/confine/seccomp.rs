//! The system calls that a worker may make; any other ends it at once (seccomp(2)). Reading and writing
//! are allowed on its own three pipes alone, so that a descriptor that it should not have inherited is
//! of no use to it. No memory becomes code.

use crate::sandbox::profile::Profile;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Width, SeccompCmpOp as Is, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter,
};
use std::collections::BTreeMap;

/// A filter that cannot be built or that the kernel does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoFilter;

/// From here on, in this thread and all that it starts.
pub(super) fn filter(profile: Profile) -> Result<(), NoFilter> {
    let filter = match profile {
        Profile::Files => build(narrow().ok_or(NoFilter)?, SeccompAction::KillProcess),
        // A program that is not ours asks for much that it can do without.
        Profile::Ocr => build(wide(), SeccompAction::Errno(libc::EPERM as u32)),
    };
    apply_filter(&filter?).map_err(|_| NoFilter)
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn build(rules: Rules, otherwise: SeccompAction) -> Result<BpfProgram, NoFilter> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|_| NoFilter)?;
    let filter = SeccompFilter::new(rules, otherwise, SeccompAction::Allow, arch).map_err(|_| NoFilter)?;
    filter.try_into().map_err(|_| NoFilter)
}

/// Without conditions.
const PLAIN: &[i64] = &[
    // Memory.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Locks of one thread, and the kernel's own.
    libc::SYS_futex,
    libc::SYS_rseq,
    libc::SYS_set_robust_list,
    libc::SYS_sched_yield,
    libc::SYS_restart_syscall,
    // Time, and chance for hash maps.
    libc::SYS_clock_gettime,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    // To end: by return, panic, or a signal that Rust's handlers explain.
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_sigaltstack,
    libc::SYS_getpid,
    libc::SYS_gettid,
];

/// For our own code, which needs nothing but its pipes.
fn narrow() -> Option<Rules> {
    let mut rules: Rules = PLAIN.iter().map(|&call| (call, Vec::new())).collect();
    let own = u64::try_from(rustix::process::getpid().as_raw_nonzero().get()).ok()?;
    let read = [exactly(0, 0)?];
    let write = [exactly(0, 1)?, exactly(0, 2)?];
    rules.insert(libc::SYS_read, one_of(read)?);
    rules.insert(libc::SYS_write, one_of(write)?);
    rules.insert(libc::SYS_tgkill, vec![rule(vec![exactly(0, own)?])?]);
    let cpu = u64::from(libc::RLIMIT_CPU);
    rules.insert(libc::SYS_prlimit64, vec![rule(vec![exactly(0, 0)?, exactly(1, cpu)?])?]);
    let anonymous = bits(3, libc::MAP_ANONYMOUS, libc::MAP_ANONYMOUS)?;
    rules.insert(libc::SYS_mmap, vec![rule(vec![anonymous, bits(2, libc::PROT_EXEC, 0)?])?]);
    rules.insert(libc::SYS_mprotect, vec![rule(vec![bits(2, libc::PROT_EXEC, 0)?])?]);
    Some(rules)
}

fn exactly(argument: u8, value: u64) -> Option<SeccompCondition> {
    SeccompCondition::new(argument, Width::Dword, Is::Eq, value).ok()
}

/// Of the `mask`ed bits of an argument exactly `set` are set.
fn bits(argument: u8, mask: i32, set: i32) -> Option<SeccompCondition> {
    let (mask, set) = (u64::try_from(mask).ok()?, u64::try_from(set).ok()?);
    SeccompCondition::new(argument, Width::Dword, Is::MaskedEq(mask), set).ok()
}

fn rule(all: Vec<SeccompCondition>) -> Option<SeccompRule> {
    SeccompRule::new(all).ok()
}

fn one_of<const N: usize>(conditions: [SeccompCondition; N]) -> Option<Vec<SeccompRule>> {
    conditions.into_iter().map(|condition| rule(vec![condition])).collect()
}

/// For a program of Debian that loads libraries, reads its data and has threads: what it can reach is
/// bounded by Landlock, and of the network it has nothing.
fn wide() -> Rules {
    let files = [
        libc::SYS_openat,
        libc::SYS_close,
        libc::SYS_close_range,
        libc::SYS_lseek,
        libc::SYS_pread64,
        libc::SYS_readv,
        libc::SYS_writev,
        libc::SYS_newfstatat,
        libc::SYS_fstat,
        libc::SYS_statx,
        libc::SYS_faccessat,
        libc::SYS_faccessat2,
        libc::SYS_readlinkat,
        libc::SYS_getdents64,
        libc::SYS_getcwd,
        libc::SYS_fcntl,
        libc::SYS_ioctl,
        libc::SYS_dup,
        libc::SYS_dup3,
        libc::SYS_pipe2,
        libc::SYS_ppoll,
        libc::SYS_fadvise64,
        libc::SYS_read,
        libc::SYS_write,
    ];
    let processes = [
        libc::SYS_mmap,
        libc::SYS_mprotect,
        libc::SYS_clone,
        libc::SYS_clone3,
        libc::SYS_execve,
        libc::SYS_wait4,
        libc::SYS_waitid,
        libc::SYS_kill,
        libc::SYS_tgkill,
        libc::SYS_set_tid_address,
        libc::SYS_prlimit64,
        libc::SYS_sched_getaffinity,
        libc::SYS_uname,
        libc::SYS_sysinfo,
        libc::SYS_getuid,
        libc::SYS_geteuid,
        libc::SYS_getgid,
        libc::SYS_getegid,
        libc::SYS_getppid,
        libc::SYS_clock_nanosleep,
        libc::SYS_clock_getres,
        libc::SYS_getrusage,
    ];
    let old = old_names();
    PLAIN.iter().chain(&files).chain(&processes).chain(old).map(|&call| (call, Vec::new())).collect()
}

/// Calls that only the older architectures have beside those above.
#[cfg(target_arch = "x86_64")]
fn old_names() -> &'static [i64] {
    const OLD: &[i64] = &[
        libc::SYS_open,
        libc::SYS_access,
        libc::SYS_stat,
        libc::SYS_lstat,
        libc::SYS_readlink,
        libc::SYS_poll,
        libc::SYS_dup2,
        libc::SYS_pipe,
        libc::SYS_arch_prctl,
        libc::SYS_vfork,
        libc::SYS_fork,
        libc::SYS_time,
    ];
    OLD
}

#[cfg(not(target_arch = "x86_64"))]
fn old_names() -> &'static [i64] {
    &[]
}
