//! What another reading of a message has that an earlier one has not: texts line by line, files by their bytes.
//!
//! A text that only repeats, in base64 or with the header lines of parts, what was read before says nothing new: so
//! what is protected stays so when another program would show its encoded bytes.

use super::{Body, Message, Part, Reading, multipart::USUAL_PREAMBLES, transfer::is_data_line};
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

/// Lines before and behind a new one that are kept with it, so that words stand beside their numbers.
const BEFORE: usize = 3;
const BEHIND: usize = 1;
/// Of a file without a NUL in its first bytes the lines are known too.
const LOOKED_AT: usize = 1024;
/// Not of these: nobody reads them as they are written.
const FORMATS: [&[u8]; 3] = [b"%PDF", b"%!PS", b"{\\rtf"];
/// Lines that are known; what comes behind them counts as new.
const MOST_LINES: usize = 500_000;
/// A line of base64 is at least so long, but for the last one.
const LEAST_DATA: usize = 40;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Text,
    Html,
    Binary,
}

/// All that was read so far.
#[derive(Default)]
pub(super) struct Known {
    lines: HashSet<u64>,
    /// Lines of headers that another reading may show as words: read, but nothing to doubt.
    aside: HashSet<u64>,
    /// Each body by kind and bytes, with the endings of its names.
    bodies: HashMap<u64, Vec<String>>,
    names: HashSet<String>,
    subjects: HashSet<String>,
}

impl Known {
    pub(super) fn of(message: &Message<'_>) -> Self {
        let mut known = Self::default();
        for usual in USUAL_PREAMBLES {
            known.lines_of(Kind::Text, usual);
        }
        for part in &message.parts {
            known.add(part);
            if part.inside.is_none() {
                known.header(message.raw.get(part.header_range.clone()).unwrap_or_default());
            }
        }
        known
    }

    /// Read as text, the usual fields of a header are no words of anybody; what else stands there may be.
    fn header(&mut self, header: &[u8]) {
        for (name, field) in crate::mail::fields(header) {
            let is_odd_end = |at: usize| field.get(at + 1) != Some(&b'\n');
            let text = String::from_utf8_lossy(field);
            if is_usual_field(name) && !memchr::memchr_iter(b'\r', field).any(is_odd_end) {
                self.lines_of(Kind::Text, &text);
            } else {
                let room = MOST_LINES.saturating_sub(self.aside.len());
                self.aside.extend(lines(&text).map(|line| digest(Kind::Text, line.trim())).take(room));
            }
        }
    }

    fn add(&mut self, part: &Part<'_>) {
        self.names.extend(part.file_name.clone());
        self.subjects.extend(part.subject.clone());
        match &part.body {
            Body::Multipart(_) | Body::Message(_) => return,
            Body::Text(text) => self.lines_of(Kind::Text, text),
            Body::Html(text) => self.lines_of(Kind::Html, text),
            Body::Binary(bytes) => {
                let is_format = FORMATS.iter().any(|begin| bytes.trim_ascii_start().starts_with(begin));
                if !is_format && !bytes.get(..LOOKED_AT).unwrap_or(bytes).contains(&0) {
                    self.lines_of(Kind::Text, &String::from_utf8_lossy(bytes));
                }
            }
        }
        self.bodies.entry(key(&part.body)).or_default().push(ending(part));
    }

    fn lines_of(&mut self, kind: Kind, text: &str) {
        let room = MOST_LINES.saturating_sub(self.lines.len());
        self.lines.extend(lines(text).map(|line| digest(kind, line.trim())).take(room));
    }

    /// The part with what is new of it, and whether that is more than a header's lines; `None` where nothing is.
    pub(super) fn new_of<'a>(&mut self, mut part: Part<'a>) -> Option<(Part<'a>, bool)> {
        let mut is_doubtful = true;
        let is_new_subject = part.subject.as_ref().is_some_and(|subject| !self.subjects.contains(subject));
        let is_new_name = part.file_name.as_ref().is_some_and(|name| !self.names.contains(name));
        let is_new = match &part.body {
            Body::Multipart(_) | Body::Message(_) => false,
            Body::Binary(bytes) if bytes.is_empty() => false,
            Body::Binary(bytes) if part.reading != Reading::Pasted && is_encoded(bytes) => false,
            _ => self.bodies.get(&key(&part.body)).is_none_or(|names| !names.contains(&ending(&part))),
        };
        let before = self.bodies.contains_key(&key(&part.body));
        let says = match &part.body {
            _ if !is_new => false,
            // Known under another name: whoever opens files by their names sees another one.
            _ if before => is_new_name,
            // Without tags and entities a page says what the text does.
            Body::Html(page) if !page.contains(['<', '&']) => self.has_new(Kind::Text, page),
            Body::Html(page) => self.has_new(Kind::Html, page),
            Body::Text(text) => match self.differing(text) {
                Some(new) => {
                    is_doubtful = self.sorted(Kind::Text, &new).any(|(line, sort)| {
                        sort == Sort::New && !self.aside.contains(&digest(Kind::Text, line.trim()))
                    });
                    part.body = Body::Text(Cow::Owned(new));
                    true
                }
                None => false,
            },
            _ => true,
        };
        if !says {
            if !is_new_subject && !is_new_name {
                return None;
            }
            // What is new is only what it is called.
            part.media_type = "text/plain".into();
            part.body = Body::Text(Cow::Borrowed(""));
        }
        self.add(&part);
        Some((part, is_doubtful))
    }

    /// Whether a text has a line that is not known.
    fn has_new(&self, kind: Kind, text: &str) -> bool {
        self.sorted(kind, text).any(|(_, sort)| sort == Sort::New)
    }

    /// The lines that are not known, each with those around it.
    fn differing(&self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut before: VecDeque<&str> = VecDeque::with_capacity(BEFORE);
        let mut behind = 0;
        for (line, sort) in self.sorted(Kind::Text, text) {
            match sort {
                Sort::New => {
                    before.drain(..).chain([line]).for_each(|line| push_line(&mut out, line));
                    behind = BEHIND;
                }
                Sort::Known if behind > 0 => {
                    push_line(&mut out, line);
                    behind -= 1;
                }
                Sort::Known => {
                    if before.len() == BEFORE {
                        before.pop_front();
                    }
                    before.push_back(line);
                }
                Sort::Structure => before.clear(),
            }
        }
        (!out.is_empty()).then_some(out)
    }

    /// Each line with what it is.
    fn sorted<'t>(&self, kind: Kind, text: &'t str) -> impl Iterator<Item = (&'t str, Sort)> {
        let mut is_data = false;
        lines(text).map(move |line| {
            let trimmed = line.trim();
            is_data = is_data_line(trimmed.as_bytes()) && (is_data || trimmed.len() >= LEAST_DATA);
            let sort = if is_data || is_delimiter(trimmed) {
                Sort::Structure
            } else if trimmed.is_empty() || self.lines.contains(&digest(kind, trimmed)) {
                Sort::Known
            } else {
                Sort::New
            };
            (line, sort)
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    New,
    Known,
    /// A delimiter, base64: no words of anybody.
    Structure,
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r'])
}

fn is_usual_field(name: &str) -> bool {
    const NAMES: [&str; 15] = [
        "received",
        "date",
        "from",
        "to",
        "cc",
        "sender",
        "reply-to",
        "message-id",
        "in-reply-to",
        "references",
        "subject",
        "mime-version",
        "return-path",
        "dkim-signature",
        "authentication-results",
    ];
    let begins = |start: &str| name.get(..start.len()).is_some_and(|n| n.eq_ignore_ascii_case(start));
    NAMES.iter().any(|usual| name.eq_ignore_ascii_case(usual)) || begins("content-") || begins("arc-")
}

fn is_delimiter(line: &str) -> bool {
    // RFC 2046, section 5.1.1: 70 characters at most; words with other gaps are words.
    (3..=76).contains(&line.len())
        && line.starts_with("--")
        && !line.contains(|c: char| c.is_whitespace() || c == '&' || c == '<')
}

/// Whether a file is nothing but lines of base64.
fn is_encoded(bytes: &[u8]) -> bool {
    let mut lines =
        bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    bytes.trim_ascii().len() >= LEAST_DATA && lines.all(is_data_line)
}

fn ending(part: &Part<'_>) -> String {
    let name = part.file_name.as_deref().unwrap_or_default();
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

fn key(body: &Body<'_>) -> u64 {
    match body {
        Body::Text(text) => digest(Kind::Text, text.trim_end()),
        Body::Html(text) => digest(Kind::Html, text.trim_end()),
        Body::Binary(bytes) => match std::str::from_utf8(bytes) {
            // What was read as a text is not opened once more as a file.
            Ok(text) => digest(Kind::Text, text.trim_end()),
            Err(_) => digest(Kind::Binary, bytes),
        },
        Body::Multipart(_) | Body::Message(_) => 0,
    }
}

fn digest(kind: Kind, of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    (kind, of).hash(&mut hasher);
    hasher.finish()
}
