//! One worker as the gate holds it: started, asked, ended. Nothing that it says is believed before it
//! was checked, and nothing waits for it beyond a moment that is given.

use super::{
    calling::Calling,
    confine::ShutIn,
    died::{Crash, Died, Place, StartFault},
    protocol::{self, HEAD, READY, Request},
    worker::{PANICKED, status},
};
use crate::files::Opened;
use rustix::{
    buffer::spare_capacity,
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{OFlags, fcntl_setfl},
    io::{Errno, read, writev},
    pipe::fcntl_setpipe_size,
    process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open},
};
use std::{
    fmt,
    io::IoSlice,
    os::unix::process::{CommandExt, ExitStatusExt},
    path::Path,
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

/// So that a file of usual size passes in one stretch. The kernel may grant less.
const PIPE: usize = 1 << 20;

/// Ends its process when dropped; no zombie is left.
pub(super) struct Worker {
    child: Child,
    to: ChildStdin,
    from: ChildStdout,
    says: ChildStderr,
    walls: ShutIn,
    jobs: u32,
    /// When it was reaped.
    status: Option<ExitStatus>,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("process", &self.child.id()).field("jobs", &self.jobs).finish()
    }
}

/// How a talk with a worker went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    /// The time was over.
    Late,
    /// It closed its pipes, most likely by dying.
    Ended,
    /// It spoke out of turn, or nonsense.
    Garbled,
    /// It had ended before it was asked, or answers another job.
    Before,
}

/// How a worker ended.
struct Ended {
    by_itself: bool,
    status: Option<ExitStatus>,
    said: String,
}

/// Why a worker did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    Died(Died),
    /// By no doing of this job, which another worker may do.
    NotThisJob,
}

impl Worker {
    /// Starts one and waits until it has shut itself in. To be called on a thread that outlives it:
    /// the kernel ends the worker with the thread that started it.
    pub(super) fn start(program: &Path, calling: &Calling, until: Instant) -> Result<Self, StartFault> {
        let mut child = Command::new(program)
            .arg0("gatehouse")
            .args(calling.arguments())
            .env_clear()
            .current_dir("/")
            // What a terminal sends to the gate is not for it; and whatever it starts can be ended with it.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|fault| StartFault::Spawn(fault.kind()))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(to), Some(from), Some(says)) = pipes else { return Err(StartFault::Silent) };
        let walls = ShutIn { landlock: None, seccomp: false };
        let mut worker = Self { child, to, from, says, walls, jobs: 0, status: None };
        match worker.welcome(until) {
            Some(walls) => worker.walls = walls,
            None => return Err(start_fault(&worker.end())),
        }
        Ok(worker)
    }

    fn welcome(&mut self, until: Instant) -> Option<ShutIn> {
        let flags = OFlags::NONBLOCK;
        fcntl_setfl(&self.to, flags).and(fcntl_setfl(&self.from, flags)).ok()?;
        fcntl_setfl(&self.says, flags).ok()?;
        // With less room it only takes more turns.
        let _ = (fcntl_setpipe_size(&self.to, PIPE), fcntl_setpipe_size(&self.from, PIPE));
        let report = self.hear(READY, protocol::REPORT, until).ok()?;
        protocol::read_report(&report)
    }

    pub(super) fn walls(&self) -> ShutIn {
        self.walls
    }

    /// Jobs that it was given.
    pub(super) fn jobs(&self) -> u32 {
        self.jobs
    }

    /// Whether it waits for a job, silent and alive.
    pub(super) fn is_ready(&self) -> bool {
        let mut fds = [PollFd::new(&self.from, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec::default())) == Ok(0)
    }

    /// Has it do one job. After an error it is of no more use: ended already.
    pub(super) fn ask(
        mut self,
        request: &Request,
        file: &[u8],
        until: Instant,
    ) -> Result<(Self, Opened), Unanswered> {
        self.jobs = self.jobs.wrapping_add(1);
        let question = protocol::question(request, file.len());
        let most = protocol::longest(&request.limits);
        let heard = self.say(&question, file, until).and_then(|()| self.hear(self.jobs, most, until));
        let opened =
            heard.and_then(|answer| protocol::decode(&answer, &request.limits).map_err(|_| Broken::Garbled));
        match opened {
            Ok(opened) => Ok((self, opened)),
            Err(Broken::Before) => Err(Unanswered::NotThisJob),
            Err(Broken::Late) => Err(Unanswered::Died(Died::OutOfTime)),
            Err(Broken::Garbled) => Err(Unanswered::Died(Died::Crashed(Crash::Garbled))),
            Err(Broken::Ended) => {
                let ended = self.end();
                Err(Unanswered::Died(cause(&ended)))
            }
        }
    }

    fn say(&self, question: &[u8], file: &[u8], until: Instant) -> Result<(), Broken> {
        let mut sent = 0;
        while sent < question.len() + file.len() {
            let head = question.get(sent..).unwrap_or_default();
            let body = file.get(sent.saturating_sub(question.len())..).unwrap_or_default();
            match writev(&self.to, &[IoSlice::new(head), IoSlice::new(body)]) {
                Ok(count) => sent += count,
                Err(Errno::AGAIN) => self.wait_to_say(until)?,
                Err(Errno::INTR) => {}
                Err(_) if sent == 0 => return Err(Broken::Before),
                Err(_) => return Err(Broken::Ended),
            }
        }
        Ok(())
    }

    /// Until the pipe takes more. A worker answers when it has read all: one that speaks before is wrong
    /// (or dying), and one that waits for us to listen would wait for ever.
    fn wait_to_say(&self, until: Instant) -> Result<(), Broken> {
        let mut fds = [PollFd::new(&self.to, PollFlags::OUT), PollFd::new(&self.from, PollFlags::IN)];
        wait(&mut fds, until)?;
        let early = fds[1].revents();
        match early.contains(PollFlags::IN) {
            true => Err(Broken::Garbled),
            false if early.is_empty() => Ok(()),
            false => Err(Broken::Ended),
        }
    }

    /// The frame of this number. What a worker says after its answer is found out at its next job.
    fn hear(&self, number: u32, most: usize, until: Instant) -> Result<Vec<u8>, Broken> {
        let mut head = [0; HEAD];
        let mut have = 0;
        while have < HEAD {
            have += self.received(read(&self.from, &mut head[have..]), until)?;
        }
        let (said, length) = protocol::answer_head(head, most).ok_or(Broken::Garbled)?;
        if said != number {
            return Err(Broken::Before);
        }
        let mut body = Vec::new();
        while body.len() < length {
            if body.len() == body.capacity() {
                // A length is no more than a claim: memory is taken as bytes come.
                let more = (length - body.len()).min(body.len().max(PIPE));
                body.try_reserve_exact(more).map_err(|_| Broken::Garbled)?;
            }
            self.received(read(&self.from, spare_capacity(&mut body)), until)?;
        }
        (body.len() == length).then_some(body).ok_or(Broken::Garbled)
    }

    /// How many bytes a read gave; where none are there yet, waits for some.
    fn received(&self, outcome: rustix::io::Result<usize>, until: Instant) -> Result<usize, Broken> {
        match outcome {
            Ok(0) => Err(Broken::Ended),
            Ok(count) => Ok(count),
            Err(Errno::INTR) => Ok(0),
            Err(Errno::AGAIN) => wait(&mut [PollFd::new(&self.from, PollFlags::IN)], until).map(|()| 0),
            Err(_) => Err(Broken::Ended),
        }
    }

    /// Ends it, if it does not by itself. What it said last is its handlers' word on why it did.
    fn end(mut self) -> Ended {
        let by_itself = self.ends_by_itself();
        let status = self.kill_and_reap();
        let mut said = Vec::with_capacity(4096);
        let _ = read(&self.says, spare_capacity(&mut said));
        Ended { by_itself, status, said: String::from_utf8_lossy(&said).into_owned() }
    }

    /// Whose pipes are closed has ended or is about to, unless it plays dead.
    fn ends_by_itself(&self) -> bool {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let Some(Ok(process)) = id.map(|id| pidfd_open(id, PidfdFlags::empty())) else { return true };
        let soon = Instant::now() + Duration::from_millis(200);
        wait(&mut [PollFd::new(&process, PollFlags::IN)], soon).is_ok()
    }

    fn kill_and_reap(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            // Not yet reaped, so the number is still its own, and its group's.
            if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = self.child.kill();
            self.status = self.child.wait().ok();
        }
        self.status
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill_and_reap();
    }
}

/// Waits until one of them is ready. At the end of the time nothing is ready.
fn wait(fds: &mut [PollFd<'_>], until: Instant) -> Result<(), Broken> {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let left = Timespec { tv_sec: left.as_secs().min(MOST) as i64, tv_nsec: left.subsec_nanos().into() };
        match poll(fds, Some(&left)) {
            Ok(0) if Instant::now() >= until => return Err(Broken::Late),
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(()),
            Err(_) => return Err(Broken::Ended),
        }
    }
}

/// Seconds of one wait; a longer one goes on.
const MOST: u64 = Duration::from_secs(3600).as_secs();

/// Why a worker ended in the midst of a job.
fn cause(ended: &Ended) -> Died {
    let said = &ended.said;
    let signal = ended.status.and_then(|status| status.signal());
    let code = ended.status.and_then(|status| status.code());
    match (signal, code) {
        _ if !ended.by_itself => Died::Crashed(Crash::Garbled),
        (Some(libc::SIGXCPU), _) => Died::OutOfTime,
        (Some(libc::SIGSYS), _) => Died::Crashed(Crash::Forbidden),
        // What Rust's runtime says before it aborts.
        (Some(libc::SIGABRT), _) if said.contains("memory allocation of ") => Died::OutOfMemory,
        (Some(libc::SIGABRT), _) if said.contains("has overflowed its stack") => {
            Died::Crashed(Crash::StackOverflow)
        }
        (Some(signal), _) => Died::Crashed(Crash::Signal(signal)),
        (None, Some(code)) if code == i32::from(status::PANICKED) => {
            Died::Crashed(Crash::Panicked(place(said)))
        }
        (None, code) => Died::Crashed(Crash::Exited(code.unwrap_or(-1))),
    }
}

fn place(said: &str) -> Option<Place> {
    said.lines().find_map(|line| line.strip_prefix(PANICKED)).and_then(Place::parse)
}

fn start_fault(ended: &Ended) -> StartFault {
    let Some(ended) = ended.status else { return StartFault::Silent };
    match (ended.signal(), ended.code().and_then(|code| u8::try_from(code).ok())) {
        (Some(libc::SIGSYS), _) => StartFault::Filtered,
        (_, Some(status::NO_LANDLOCK)) => StartFault::NoLandlock,
        (_, Some(status::NO_SECCOMP)) => StartFault::NoSeccomp,
        (_, Some(status::NOT_CONFINED)) => StartFault::Confining,
        _ => StartFault::Silent,
    }
}
