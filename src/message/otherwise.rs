//! A message that can be read in more than one way is read in each way in which a mail program might: what another
//! reading has, and the first one has not, is added behind the first one's parts.
//!
//! A way is a set of habits ([`Habit`]), since one program reads the whole of a message by the same ones. Only habits
//! that make a difference somewhere are tried, in every combination up to a bound; each way costs one walk.

use super::{
    Body, Message, Part, ReadLimits, Reading,
    differing::Known,
    habit::{Habit, Habits},
    read::{self, Walked},
};
use std::{borrow::Cow, collections::VecDeque};

/// Ways besides the first one: all combinations of four habits.
const MOST_WAYS: usize = 15;
/// Bytes that are walked through in them.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Reads `raw` as [`read::read`] does, and then in every other way. For whoever judges what a message says; who edits
/// or files it goes by the first reading alone ([`Message::first_reading`]).
pub fn read_in_every_way(raw: &[u8], limits: ReadLimits) -> Message<'_> {
    let mut message = read::read(raw, limits);
    if has_bare_cr(raw) {
        message.met.add(Habit::BareCr);
    }
    if !message.met.is_empty() || !message.beside.is_empty() {
        Otherwise::new(&message, limits).add(&mut message);
    }
    message
}

struct Otherwise {
    known: Known,
    limits: ReadLimits,
    waiting: VecDeque<Habits>,
    /// All that ever waited.
    ways: Vec<Habits>,
    left: usize,
}

impl Otherwise {
    fn new(message: &Message<'_>, limits: ReadLimits) -> Self {
        let mut all = Self {
            known: Known::of(message),
            limits,
            waiting: VecDeque::new(),
            ways: vec![Habits::default()],
            left: MOST_BYTES,
        };
        for habit in message.met.iter() {
            all.wait(Habits::default().with(habit));
        }
        all.wait(message.met);
        all
    }

    fn wait(&mut self, way: Habits) {
        if way.go_together() && !self.ways.contains(&way) {
            self.ways.push(way);
            self.waiting.push_back(way);
        }
    }

    fn add<'a>(&mut self, message: &mut Message<'a>) {
        let beside = std::mem::take(&mut message.beside);
        let mut doubt = self.take(message, beside).then_some("damaged-otherwise");
        for _ in 0..MOST_WAYS {
            let Some(way) = self.waiting.pop_front() else { break };
            let Some(left) = self.left.checked_sub(message.raw.len()) else {
                self.waiting.push_front(way);
                break;
            };
            self.left = left;
            let walked = match way.has(Habit::BareCr) {
                true => read::walked(&with_lf(message.raw), self.limits, way).into_owned(),
                false => read::walked(message.raw, self.limits, way),
            };
            for habit in walked.met.iter() {
                self.wait(way.with(habit));
            }
            self.subject(message, &walked);
            let is_new = self.take(message, walked.parts) | self.take(message, walked.beside);
            if is_new && !way.is_careless() {
                doubt = Some("read-otherwise");
            } else if is_new {
                doubt = doubt.or(Some("damaged-otherwise"));
            }
        }
        if !self.waiting.is_empty() {
            message.otherwise.push("too-many-ways");
        }
        message.otherwise.extend(doubt);
    }

    fn subject(&mut self, message: &mut Message<'_>, walked: &Walked<'_>) {
        let header = &mut message.header;
        let others = std::iter::once(&walked.header.subject).chain(&walked.header.other_subjects);
        for subject in others.filter(|subject| !subject.is_empty()) {
            if header.subject != *subject && !header.other_subjects.contains(subject) {
                header.other_subjects.push(subject.clone());
            }
        }
    }

    /// Adds what is new of these parts; whether another program shows any of it as the message's own.
    fn take<'a>(&mut self, message: &mut Message<'a>, parts: Vec<Part<'a>>) -> bool {
        let mut any = false;
        for part in parts {
            let Some((mut part, is_doubtful)) = self.known.new_of(part) else { continue };
            if message.parts.len() >= self.limits.parts {
                if !message.otherwise.contains(&"too-many-parts") {
                    message.otherwise.push("too-many-parts");
                }
                return any;
            }
            if part.reading != Reading::Pasted {
                any |= is_doubtful;
                part.reading = if is_doubtful { Reading::Other } else { Reading::Header };
                part.path.push_str(" (read otherwise)");
            }
            // Nothing of it is found again by its place in the bytes, nor by that of another part.
            (part.parent, part.inside) = (None, None);
            (part.header_range, part.body_range) = (0..0, 0..0);
            message.parts.push(part);
        }
        any
    }
}

fn has_bare_cr(raw: &[u8]) -> bool {
    memchr::memchr_iter(b'\r', raw).any(|at| raw.get(at + 1) != Some(&b'\n'))
}

/// With LF where a line ends by CR alone; CRs before another line end are left out.
fn with_lf(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\r', &raw[at..]) {
        out.extend_from_slice(&raw[at..at + found]);
        let run = raw[at + found..].iter().take_while(|byte| **byte == b'\r').count();
        at += found + run;
        match raw.get(at) {
            Some(b'\n') => {}
            _ => out.resize(out.len() + run, b'\n'),
        }
    }
    out.extend_from_slice(&raw[at..]);
    out
}

impl Body<'_> {
    pub(super) fn into_owned<'b>(self) -> Body<'b> {
        match self {
            Body::Multipart(children) => Body::Multipart(children),
            Body::Text(text) => Body::Text(Cow::Owned(text.into_owned())),
            Body::Html(text) => Body::Html(Cow::Owned(text.into_owned())),
            Body::Binary(bytes) => Body::Binary(Cow::Owned(bytes.into_owned())),
            Body::Message(root) => Body::Message(root),
        }
    }
}

#[cfg(test)]
#[path = "otherwise_tests.rs"]
mod tests;
