//! mbox files (RFC 4155), read as a stream.
//!
//! `>From ` at a line's start was quoted by the writer and is unquoted, also with more
//! marks (`>>From `), as mboxrd has it. mboxo files cannot be told from those; in them a
//! line that was written as `>>From ` loses one mark.

use super::sources::too_large;
use std::io::{BufRead, BufReader, Read};

/// How much of a line is looked at to see whether it separates messages.
const HEAD: usize = 256;

pub(super) struct Mbox {
    input: BufReader<Box<dyn Read + Send>>,
    index: usize,
    /// The input failed or ended.
    done: bool,
}

/// Whether a line is `From sender date`, with the time and year that every writer gives:
/// a line of text that begins with "From " has them hardly ever.
pub(super) fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let rest = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len()).min(HEAD)];
    let time = rest
        .windows(5)
        .any(|w| matches!(w, [a, b, b':', c, d] if [a, b, c, d].iter().all(|d| d.is_ascii_digit())));
    let year = rest
        .split(|b| !b.is_ascii_digit())
        .any(|digits| digits.len() == 4 && (digits.starts_with(b"19") || digits.starts_with(b"20")));
    time && year
}

impl Mbox {
    /// `input` stands at a separator.
    pub(super) fn new(input: BufReader<Box<dyn Read + Send>>) -> Self {
        let mut mbox = Self { input, index: 0, done: false };
        let mut separator = Vec::new();
        mbox.line(&mut separator, HEAD);
        mbox
    }

    /// The next message, or why it cannot be had, with its number.
    pub(super) fn next(&mut self, limit: usize) -> Option<(usize, Result<Vec<u8>, String>)> {
        if self.done {
            return None;
        }
        let (mut raw, mut line) = (Vec::new(), Vec::new());
        let (mut after_empty, mut cut) = (false, false);
        let failure = loop {
            line.clear();
            match self.line(&mut line, limit.saturating_add(HEAD)) {
                Line::End => {
                    self.done = true;
                    break None;
                }
                Line::Failed(reason) => {
                    self.done = true;
                    break Some(reason);
                }
                Line::Cut => cut = true,
                Line::Whole => {}
            }
            if after_empty && is_separator(&line) {
                break None;
            }
            after_empty = matches!(line.as_slice(), b"\n" | b"\r\n");
            let text = unquoted(&line);
            cut |= raw.len() + text.len() > limit.saturating_add(2);
            if !cut {
                raw.extend_from_slice(text);
            }
        };
        let index = self.index;
        self.index += 1;
        // The empty line before a separator belongs to it.
        if after_empty && !cut {
            raw.truncate(raw.len() - if raw.ends_with(b"\r\n") { 2 } else { 1 });
        }
        Some((
            index,
            match failure {
                Some(reason) => Err(reason),
                None if cut || raw.len() > limit => Err(too_large(limit)),
                None => Ok(raw),
            },
        ))
    }

    /// Reads a line with its line end, of which at most `room` bytes are kept.
    fn line(&mut self, out: &mut Vec<u8>, room: usize) -> Line {
        let mut cut = false;
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Line::Failed(e.kind().to_string()),
            };
            if buffer.is_empty() && out.is_empty() {
                return Line::End;
            }
            let end = memchr::memchr(b'\n', buffer).map(|n| n + 1);
            let taken = end.unwrap_or(buffer.len());
            let kept = taken.min(room.saturating_sub(out.len()));
            out.extend_from_slice(&buffer[..kept]);
            cut |= kept < taken;
            let last = end.is_some() || buffer.is_empty();
            self.input.consume(taken);
            if last {
                return if cut { Line::Cut } else { Line::Whole };
            }
        }
    }
}

enum Line {
    Whole,
    /// Longer than there was room for.
    Cut,
    End,
    Failed(String),
}

fn unquoted(line: &[u8]) -> &[u8] {
    let marks = line.iter().take_while(|b| **b == b'>').count();
    match line.get(marks..) {
        Some(rest) if marks > 0 && rest.starts_with(b"From ") => &line[1..],
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "From a@b.example Fri Nov 20 10:15:00 2026";

    fn read(text: &str, limit: usize) -> Vec<Result<String, String>> {
        let input: Box<dyn Read + Send> = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
        let mut mbox = Mbox::new(BufReader::with_capacity(16, input));
        std::iter::from_fn(|| mbox.next(limit))
            .enumerate()
            .map(|(i, (index, item))| {
                assert_eq!(i, index);
                item.map(|raw| String::from_utf8(raw).unwrap())
            })
            .collect()
    }

    #[test]
    fn messages_end_at_separators_after_empty_lines_only() {
        let text =
            format!("{FROM}\r\nA: 1\r\n\r\nFrom me to you\r\n{FROM}\r\n\r\n{FROM}\r\nA: 2\r\n\r\nlast\r\n");
        assert_eq!(
            read(&text, 1000),
            [Ok(format!("A: 1\r\n\r\nFrom me to you\r\n{FROM}\r\n")), Ok("A: 2\r\n\r\nlast\r\n".into())]
        );
    }

    #[test]
    fn from_lines_are_unquoted_by_one() {
        let text = format!("{FROM}\nA: 1\n\n>From x\n>>From y\n> From z\n");
        assert_eq!(read(&text, 1000), [Ok("A: 1\n\nFrom x\n>From y\n> From z\n".into())]);
    }

    #[test]
    fn a_message_beyond_the_limit_is_named_and_the_next_is_read() {
        let text = format!("{FROM}\n{}\n\n{FROM}\nshort\n", "x".repeat(5000));
        assert_eq!(read(&text, 40), [Err(too_large(40)), Ok("short\n".into())]);
    }

    #[test]
    fn a_separator_has_a_time_and_a_year() {
        for line in
            [FROM, "From - Fri Nov 20 10:15:00 2026\r\n", "From x@y.example  Thu Aug 22 12:36:23 2002"]
        {
            assert!(is_separator(line.as_bytes()), "{line}");
        }
        for line in
            ["From 10:15 on we meet", "From: a@b.example", "From Monday 2026", "from x 10:15 2026", ""]
        {
            assert!(!is_separator(line.as_bytes()), "{line}");
        }
    }
}
