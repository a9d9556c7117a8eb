//! The life of a worker: shut itself in, report, then job after job until its pipe is closed. It knows
//! nothing of the gate but its three pipes, and nothing of one job in the next.

use super::{
    calling::{Calling, Task},
    confine::{Lacks, renew_cpu, shut_in},
    protocol::{self, HEAD, Request},
    trial,
};
use crate::files::Opened;
use rustix::{
    buffer::spare_capacity,
    fs::{FileType, fstat},
    io::{Errno, read, retry_on_intr, write},
    stdio::{stderr, stdin, stdout},
};
use std::{
    panic::{self, Location},
    process::ExitCode,
};

/// How a worker ends, as its parent reads it.
pub(super) mod status {
    pub(in crate::sandbox) const NOT_CALLED: u8 = 64;
    pub(in crate::sandbox) const NO_LANDLOCK: u8 = 70;
    pub(in crate::sandbox) const NO_SECCOMP: u8 = 71;
    pub(in crate::sandbox) const NOT_CONFINED: u8 = 72;
    pub(in crate::sandbox) const PIPE: u8 = 74;
    /// As Rust's own.
    pub(in crate::sandbox) const PANICKED: u8 = 101;
}

/// Does jobs until there are no more. `job` is pure: bytes in, what they hold out.
pub fn serve(calling: &Calling, job: fn(&Request, &[u8]) -> Opened) -> ExitCode {
    if !is_pipe(stdin()) || !is_pipe(stdout()) {
        return ExitCode::from(status::NOT_CALLED);
    }
    let walls = match shut_in(calling) {
        Ok(walls) => walls,
        Err(Lacks::Landlock) => return ExitCode::from(status::NO_LANDLOCK),
        Err(Lacks::Seccomp) => return ExitCode::from(status::NO_SECCOMP),
        Err(Lacks::Other) => return ExitCode::from(status::NOT_CONFINED),
    };
    panic::set_hook(Box::new(|info| tell_place(info.location())));
    let job = match calling.task {
        Task::Job => job,
        Task::Trial(_) => trial::job,
    };
    let ended = panic::catch_unwind(|| work(calling, &protocol::report(walls), job));
    match ended {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(Broken)) => ExitCode::from(status::PIPE),
        Err(_) => ExitCode::from(status::PANICKED),
    }
}

fn is_pipe(fd: rustix::fd::BorrowedFd<'_>) -> bool {
    fstat(fd).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo)
}

/// The place of a panic alone: its message can quote the file.
fn tell_place(place: Option<&Location<'_>>) {
    if let Some(place) = place {
        // The parent may be gone.
        let _ = put(stderr(), format!("{PANICKED}{}:{}\n", place.file(), place.line()).as_bytes());
    }
}

/// What stands before the place of a panic on standard error.
pub(super) const PANICKED: &str = "panicked at ";

/// The pipes do not work as agreed; there is nobody to tell.
pub(super) struct Broken;

fn work(calling: &Calling, report: &[u8], job: fn(&Request, &[u8]) -> Opened) -> Result<(), Broken> {
    put(stdout(), report)?;
    let mut number: u32 = 0;
    while let Some(head) = next_head()? {
        number = number.wrapping_add(1);
        let (request, file) = protocol::question_lengths(head, calling.memory).ok_or(Broken)?;
        let request = protocol::read_request(&take(request)?).ok_or(Broken)?;
        let bytes = take(file)?;
        renew_cpu(calling.cpu).map_err(|_| Broken)?;
        let answer = protocol::encode(number, job(&request, &bytes), &request.limits);
        put(stdout(), &answer)?;
    }
    Ok(())
}

/// None when there are no more jobs.
fn next_head() -> Result<Option<[u8; HEAD]>, Broken> {
    let mut head = [0; HEAD];
    let mut have = 0;
    while have < HEAD {
        match retry_on_intr(|| read(stdin(), &mut head[have..])) {
            Ok(0) if have == 0 => return Ok(None),
            Ok(0) | Err(_) => return Err(Broken),
            Ok(count) => have += count,
        }
    }
    Ok(Some(head))
}

fn take(length: usize) -> Result<Vec<u8>, Broken> {
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        // No more follows than was announced: the gate asks again only when it was answered.
        match retry_on_intr(|| read(stdin(), spare_capacity(&mut bytes))) {
            Ok(0) | Err(_) => return Err(Broken),
            Ok(_) => {}
        }
    }
    (bytes.len() == length).then_some(bytes).ok_or(Broken)
}

pub(super) fn put(to: rustix::fd::BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), Broken> {
    while !bytes.is_empty() {
        match write(to, bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(_) => return Err(Broken),
        }
    }
    Ok(())
}
