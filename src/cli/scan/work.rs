//! Assessing many messages on several threads, answers in the order of the input, with a
//! bounded number of messages in memory.

use super::{line, malware::Malware};
use crate::{
    clock,
    detection::Scratch,
    ids,
    mail::{Facts, SenderProof},
    pipeline::{Rulebook, assess},
    verdict::Disposition,
    wire::files::{Overrides, Source, Sources, Unreadable, transaction},
};
use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Instant,
};

/// One line of the answer.
pub(super) enum Scanned {
    Message { line: String, disposition: Disposition },
    Unreadable { line: String },
}

/// What is the same for all messages.
pub(super) struct Job<'a> {
    pub(super) rulebook: &'a Rulebook,
    pub(super) overrides: &'a Overrides,
    pub(super) proof: &'a SenderProof,
    /// `None`: nothing looks for malware.
    pub(super) malware: Option<&'a Malware>,
}

type Input = Result<Source, Unreadable>;
/// Messages that travel together between threads: handing over costs less than a small message.
const BATCH: usize = 16;
/// Batches that may wait, for each thread.
const WAITING: usize = 2;
/// Batches that may be answered before an earlier one, for each thread.
const AHEAD: usize = 16;

/// Assesses all of `input` on `jobs` threads; `put` gets the answers in order.
pub(super) fn in_order(
    input: Sources,
    job: &Job<'_>,
    jobs: usize,
    put: impl FnMut(Scanned) -> io::Result<()>,
) -> io::Result<()> {
    let jobs = jobs.clamp(1, 256);
    let (give, take) = sync_channel::<(usize, Vec<Input>)>(jobs * WAITING);
    let (answer, answers) = sync_channel::<(usize, Vec<Scanned>)>(jobs * WAITING);
    // Owned by the workers alone: when they have ended, the feeder's next send fails.
    let take = Arc::new(Mutex::new(take));
    let window = Window::default();
    thread::scope(|scope| {
        for _ in 0..jobs {
            let (take, answer) = (take.clone(), answer.clone());
            scope.spawn(move || work(job, &take, &answer));
        }
        drop((answer, take));
        let ahead = &window;
        scope.spawn(move || feed(input, &give, ahead, jobs * AHEAD));
        let done = sort(answers, &window, put);
        window.open_wide();
        done
    })
}

/// Puts batches into their order as they come.
fn sort(
    answers: Receiver<(usize, Vec<Scanned>)>,
    window: &Window,
    mut put: impl FnMut(Scanned) -> io::Result<()>,
) -> io::Result<()> {
    let mut early: BTreeMap<usize, Vec<Scanned>> = BTreeMap::new();
    let mut next = 0;
    for (number, batch) in answers {
        early.insert(number, batch);
        while let Some(batch) = early.remove(&next) {
            next += 1;
            window.reach(next);
            batch.into_iter().try_for_each(&mut put)?;
        }
    }
    Ok(())
}

/// How far the output has got: the feeder stays within a bound of it, so that one slow
/// message does not let all others pile up behind it.
#[derive(Default)]
struct Window {
    next: Mutex<usize>,
    moved: Condvar,
}

impl Window {
    fn reach(&self, next: usize) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = next;
        self.moved.notify_all();
    }
    fn open_wide(&self) {
        self.reach(usize::MAX);
    }
    fn wait(&self, number: usize, ahead: usize) {
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let _reached = self.moved.wait_while(next, |next| number >= next.saturating_add(ahead));
    }
}

fn feed(input: Sources, give: &SyncSender<(usize, Vec<Input>)>, window: &Window, ahead: usize) {
    let mut input = input.peekable();
    let mut number = 0;
    while input.peek().is_some() {
        let batch: Vec<Input> = input.by_ref().take(BATCH).collect();
        window.wait(number, ahead);
        // Nobody takes any more: the output is closed.
        if give.send((number, batch)).is_err() {
            return;
        }
        number += 1;
    }
}

fn work(
    job: &Job<'_>,
    take: &Mutex<Receiver<(usize, Vec<Input>)>>,
    answer: &SyncSender<(usize, Vec<Scanned>)>,
) {
    let mut scratch = Scratch::new();
    loop {
        let taken = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, batch)) = taken else { return };
        let done = batch.into_iter().map(|input| one(job, input, &mut scratch)).collect();
        if answer.send((number, done)).is_err() {
            return;
        }
    }
}

fn one(job: &Job<'_>, input: Input, scratch: &mut Scratch) -> Scanned {
    match input {
        Ok(source) => assess_file(job, &source, scratch),
        Err(unreadable) => Scanned::Unreadable {
            line: line::unreadable(&unreadable.path, unreadable.index, &unreadable.reason),
        },
    }
}

/// Assesses one message of a file.
fn assess_file(job: &Job<'_>, source: &Source, scratch: &mut Scratch) -> Scanned {
    let started = Instant::now();
    let now = clock::system()();
    let mut transaction = transaction(source, job.overrides, ids::transaction_id(), now);
    transaction.arrival.proof = job.proof.clone();
    let mut facts = Facts::at(now, job.proof.clone());
    if let Some(malware) = job.malware {
        malware.look_into(&transaction.raw, &mut facts);
    }
    let (assessment, ()) = assess(&transaction, &facts, job.rulebook, scratch, |_, _, _| ());
    let elapsed = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    Scanned::Message {
        line: line::message(&source.path, source.index, &transaction, &assessment, elapsed),
        disposition: assessment.verdict.disposition(),
    }
}
