//! Long runs of base64 lines in a message: its attachments, as a rule, and what mail repeats.
//! They are cut out, decoded, and kept once for all messages that have them, whatever the
//! width of the lines and their ends were; written again they are the same bytes.
//!
//! This is no parser of MIME: a run is cut where bytes look like one and only if writing it
//! again gives exactly the bytes that were there.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A run shorter than this stays where it is: an object of its own costs a file, a row, and a
/// few hundred bytes of encryption.
const SHORTEST: usize = 16 << 10;
/// Runs of one message that are cut out.
const MOST: usize = 64;
/// Widths that encoders use are 60 to 76; RFC 5322 allows 998.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=998;

/// How lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Ends {
    Crlf,
    Lf,
}

impl Ends {
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Crlf => b"\r\n",
            Self::Lf => b"\n",
        }
    }
}

/// A run of base64 in a message, and what it says.
pub(super) struct Cut {
    pub(super) place: Range<usize>,
    pub(super) content: Vec<u8>,
    pub(super) width: usize,
    pub(super) ends: Ends,
}

/// The runs of a message, in their order, apart from each other.
pub(super) fn cuts(raw: &[u8]) -> Vec<Cut> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < raw.len() && found.len() < MOST {
        let Some(run) = run_at(raw, at) else {
            at = memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |end| at + end + 1);
            continue;
        };
        at = run.end;
        if run.end - run.full.start >= SHORTEST {
            found
                .extend(cut(raw, run.full.start..run.end, &run).or_else(|| cut(raw, run.full.clone(), &run)));
        }
    }
    found
}

/// The base64 of a content as it stood in the message.
pub(super) fn written(content: &[u8], width: usize, ends: Ends) -> Vec<u8> {
    let text = BASE64_STANDARD.encode(content);
    let width = width.max(1);
    let mut out = Vec::with_capacity(text.len() + (text.len() / width + 1) * ends.bytes().len());
    for line in text.as_bytes().chunks(width) {
        out.extend_from_slice(line);
        out.extend_from_slice(ends.bytes());
    }
    out
}

/// Full lines of one width, perhaps a shorter one after them.
struct Run {
    full: Range<usize>,
    end: usize,
    width: usize,
    ends: Ends,
}

/// The run that begins at the beginning of a line.
fn run_at(raw: &[u8], start: usize) -> Option<Run> {
    let (width, ends, mut at) = line_at(raw, start)?;
    if !WIDTHS.contains(&width) {
        return None;
    }
    loop {
        let run = |end| Run { full: start..at, end, width, ends };
        // A line with padding is the last.
        let padded = raw.get(at - ends.bytes().len() - 1) == Some(&b'=');
        match line_at(raw, at) {
            Some((w, e, next)) if w == width && e == ends && !padded => at = next,
            Some((w, e, next)) if w < width && e == ends && !padded => return Some(run(next)),
            _ => return Some(run(at)),
        }
    }
}

/// A line of nothing but base64: its width, how it ends, and where the next one begins.
fn line_at(raw: &[u8], start: usize) -> Option<(usize, Ends, usize)> {
    // Longer lines are none of ours; without the bound a message of one line would be read over and over.
    let window = &raw[start..raw.len().min(start + WIDTHS.end() + 2)];
    let newline = memchr::memchr(b'\n', window)?;
    let (text, ends) = match window[..newline].split_last() {
        Some((b'\r', text)) => (text, Ends::Crlf),
        _ => (&window[..newline], Ends::Lf),
    };
    let padding = text.iter().rev().take(2).take_while(|b| **b == b'=').count();
    let letters = |b: &u8| b.is_ascii_alphanumeric() || *b == b'+' || *b == b'/';
    let is_base64 = !text.is_empty() && text[..text.len() - padding].iter().all(letters);
    is_base64.then_some((text.len(), ends, start + newline + 1))
}

/// Decoded, when writing it again gives the same bytes.
fn cut(raw: &[u8], place: Range<usize>, run: &Run) -> Option<Cut> {
    let text: Vec<u8> = raw[place.clone()].iter().copied().filter(|b| !b"\r\n".contains(b)).collect();
    let content = BASE64_STANDARD.decode(text).ok()?;
    let same = written(&content, run.width, run.ends) == raw[place.clone()];
    same.then_some(Cut { place, content, width: run.width, ends: run.ends })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(length: usize) -> Vec<u8> {
        (0..length as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
    }

    fn message(parts: &[Vec<u8>]) -> Vec<u8> {
        let mut raw = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n".to_vec();
        for part in parts {
            raw.extend_from_slice(b"\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n");
            raw.extend_from_slice(part);
        }
        raw.extend_from_slice(b"--b--\r\n");
        raw
    }

    /// What is left and what was cut out make the message again.
    fn check(raw: &[u8], wanted: usize) -> Vec<Cut> {
        let found = cuts(raw);
        assert_eq!(found.len(), wanted);
        let mut out = Vec::new();
        let mut from = 0;
        for cut in &found {
            out.extend_from_slice(&raw[from..cut.place.start]);
            out.extend_from_slice(&written(&cut.content, cut.width, cut.ends));
            from = cut.place.end;
        }
        out.extend_from_slice(&raw[from..]);
        assert!(out == raw, "not the same bytes");
        found
    }

    #[test]
    fn the_same_content_is_found_whatever_the_lines() {
        // Lengths around every kind of end: padded, not padded, a full last line.
        for length in (57 * 400 - 3)..(57 * 400 + 4) {
            let content = content(length);
            for (width, ends) in
                [(76, Ends::Crlf), (76, Ends::Lf), (60, Ends::Crlf), (72, Ends::Lf), (73, Ends::Crlf)]
            {
                let found = check(&message(&[written(&content, width, ends)]), 1);
                assert!(found[0].content == content && found[0].width == width, "{length} {width}");
            }
        }
        let twice = content(30_000);
        let one = written(&twice, 76, Ends::Crlf);
        check(&message(&[one.clone(), one]), 2);
    }

    #[test]
    fn what_is_short_odd_or_no_base64_stays_where_it_is() {
        let whole = written(&content(30_000), 76, Ends::Crlf);
        check(&message(&[written(&content(9_000), 76, Ends::Crlf)]), 0);
        check(b"", 0);
        check(&vec![b'A'; 100_000], 0);
        check(&[b"A".repeat(99_999), b"\n".to_vec()].concat(), 0);
        check(&"An ordinary line of text, as people write them.\r\n".repeat(1_000).into_bytes(), 0);
        // Ends that change in the middle, a stray space, a second padding: two runs, or none.
        for (at, with) in [(20_000, &b"\n"[..]), (20_001, b" "), (20_002, b"="), (20_003, b"\r\n\r\n")] {
            let mut odd = whole.clone();
            odd.splice(at..at + 1, with.iter().copied());
            let found = cuts(&message(&[odd.clone()])).len();
            check(&message(&[odd]), found);
        }
        // Bits behind the end that decoders overlook: written again they would be lost.
        let mut loose = written(&content(57 * 300 + 1), 76, Ends::Crlf);
        let at = loose.len() - 5;
        loose[at] = b'B';
        let found = check(&message(&[loose]), 1);
        assert_eq!(found[0].content.len() % 57, 0, "without the last line");
    }

    #[test]
    fn a_message_has_so_many_cuts_and_no_more() {
        let one = written(&content(13_000), 76, Ends::Crlf);
        check(&message(&vec![one; 70]), MOST);
    }
}
