//! Boundary delimiter lines of multiparts (RFC 2046 section 5.1.1).
//!
//! A delimiter counts only at the start of a line and as a whole line. One search goes
//! once through the message for the delimiters of all open multiparts at a time, so that
//! work grows with bytes, not with the number of boundaries declared.

use super::habit::{Habit, Habits};
use memchr::memmem::Finder;

/// Where a search for a delimiter ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    /// End of the content before it, without the line end that belongs to the delimiter.
    pub(super) content_end: usize,
    /// The delimiter line; `None` at the end of the message.
    pub(super) line: Option<Line>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Which open multipart it belongs to, counted from the outermost.
    pub(super) level: usize,
    /// `--boundary--`.
    pub(super) close: bool,
    /// Where the next line begins.
    pub(super) next: usize,
}

/// The delimiters of the multiparts that are open.
pub(super) struct Delimiters<'a> {
    raw: &'a [u8],
    finder: Finder<'static>,
    open: Vec<Vec<u8>>,
    habits: Habits,
    /// Habits of programs that would see other delimiters.
    pub(super) met: Habits,
    /// A line began with an open boundary but did not end with it: other readers may
    /// see a delimiter there.
    pub(super) doubtful: bool,
}

impl<'a> Delimiters<'a> {
    pub(super) fn new(raw: &'a [u8], habits: Habits) -> Self {
        let (finder, met) = (Finder::new(b"\n--"), Habits::default());
        Self { raw, finder, open: Vec::new(), habits, met, doubtful: false }
    }

    /// Opens a multipart; its level is the number of those open before.
    pub(super) fn open(&mut self, boundary: &str) -> usize {
        self.open.push(boundary.as_bytes().to_vec());
        self.open.len() - 1
    }

    pub(super) fn close(&mut self) {
        self.open.pop();
    }

    /// The next delimiter line that begins at or after `from`, which is a line's start.
    pub(super) fn next(&mut self, from: usize) -> Stop {
        let end = Stop { content_end: self.raw.len(), line: None };
        if self.open.is_empty() {
            return end;
        }
        let mut at = from;
        if let Some(line) = self.at(at) {
            return Stop { content_end: at, line: Some(line) };
        }
        // The search steps over each hit, so it never looks twice at a byte.
        while let Some(found) = self.raw.get(at..).and_then(|rest| self.finder.find(rest)) {
            let newline = at + found;
            if let Some(line) = self.at(newline + 1) {
                let crlf = newline > from && self.raw[newline - 1] == b'\r';
                return Stop { content_end: newline - usize::from(crlf), line: Some(line) };
            }
            at = newline + 1;
        }
        end
    }

    /// Whether the line at `start` is a delimiter of an open multipart, the innermost first.
    pub(super) fn at(&mut self, start: usize) -> Option<Line> {
        let rest = self.raw.get(start..)?.strip_prefix(b"--")?;
        let mut begun = None;
        for (level, boundary) in self.open.iter().enumerate().rev() {
            let Some(tail) = rest.strip_prefix(boundary.as_slice()) else { continue };
            let close = tail.starts_with(b"--");
            for (tail, close) in close.then(|| (&tail[2..], true)).into_iter().chain([(tail, false)]) {
                let blank = tail.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
                let next = self.raw.len() - tail.len() + blank;
                match tail.get(blank) {
                    None => return Some(Line { level, close, next }),
                    Some(b'\n') => return Some(Line { level, close, next: next + 1 }),
                    Some(_) => {}
                }
            }
            begun = begun.or(Some((level, close, tail)));
        }
        let (level, close, tail) = begun?;
        self.doubtful = true;
        self.met.add(Habit::BeginningOfBoundary);
        let end = memchr::memchr(b'\n', tail).map_or(tail.len(), |n| n + 1);
        let next = self.raw.len() - tail.len() + end;
        self.habits.has(Habit::BeginningOfBoundary).then_some(Line { level, close, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_a_whole_line_of_the_innermost_multipart() {
        let raw = b"--a\r\nx --a\r\n--ab\r\n--a-- x\r\n--b\t\r\n--a--";
        let mut d = Delimiters::new(raw, Habits::default());
        d.open("a");
        d.open("b");
        let first = d.next(0);
        assert_eq!(first, Stop { content_end: 0, line: Some(Line { level: 0, close: false, next: 5 }) });
        let second = d.next(5);
        assert_eq!(second.line, Some(Line { level: 1, close: false, next: 33 }));
        assert_eq!(&raw[5..second.content_end], b"x --a\r\n--ab\r\n--a-- x");
        assert!(d.doubtful);
        d.close();
        assert_eq!(d.next(33).line, Some(Line { level: 0, close: true, next: raw.len() }));
    }

    #[test]
    fn without_open_multiparts_nothing_is_searched() {
        assert_eq!(Delimiters::new(b"--a\n", Habits::default()).next(0), Stop { content_end: 4, line: None });
    }
}
