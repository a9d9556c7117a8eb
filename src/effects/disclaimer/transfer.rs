//! A part's encoded body: decoded once, and changed by an insertion in the same transfer
//! encoding (RFC 2045, sections 2 and 6) that leaves the bytes around it as they are.

use super::model::NotApplied;
use crate::message::TransferEncoding;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{borrow::Cow, ops::Range};

/// An encoded body and its decoding.
pub(super) struct Encoded<'a> {
    raw: &'a [u8],
    encoding: TransferEncoding,
    /// How its own lines end.
    eol: &'static str,
    pub(super) bytes: Cow<'a, [u8]>,
}

/// Replace `range` of the encoded body by `bytes`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) range: Range<usize>,
    pub(super) bytes: Vec<u8>,
}

/// RFC 2045 section 6.7, rule 5: no encoded line is longer than 76, a soft line break's
/// `=` included.
const QUOTED_LINE: usize = 75;
/// RFC 2045 section 6.8.
const BASE64_LINE: usize = 76;

impl<'a> Encoded<'a> {
    pub(super) fn decode(
        raw: &'a [u8],
        encoding: TransferEncoding,
        eol: &'static str,
    ) -> Result<Self, NotApplied> {
        let bytes = match encoding {
            TransferEncoding::SevenBit | TransferEncoding::EightBit | TransferEncoding::Binary => raw.into(),
            TransferEncoding::QuotedPrintable => quoted_bytes(raw, usize::MAX).0.into(),
            TransferEncoding::Base64 => base64_bytes(raw)?.into(),
            TransferEncoding::Unknown => return Err(NotApplied::Charset),
        };
        Ok(Self { raw, encoding, eol, bytes })
    }

    /// Whether `bytes` can stand in this transfer encoding.
    pub(super) fn can_hold(&self, bytes: &[u8]) -> bool {
        self.encoding != TransferEncoding::SevenBit || bytes.is_ascii() && !bytes.contains(&0)
    }

    /// Puts `insert` at the offset `at` of the decoded bytes.
    pub(super) fn insert(&self, at: usize, insert: &[u8], unit: Unit) -> Result<Change, NotApplied> {
        match self.encoding {
            TransferEncoding::QuotedPrintable => Ok(self.insert_quoted(at, insert, unit)),
            TransferEncoding::Base64 => self.insert_base64(at, insert),
            _ => Ok(Change { range: at..at, bytes: insert.to_vec() }),
        }
    }

    fn insert_quoted(&self, at: usize, insert: &[u8], unit: Unit) -> Change {
        let at = quoted_bytes(self.raw, at).1;
        let line_start = memchr::memrchr(b'\n', &self.raw[..at]).map_or(0, |n| n + 1);
        let before = &self.raw[line_start..at];
        let breaks_at_once = unit == Unit::Text && insert.starts_with(self.eol.as_bytes());
        let mut bytes = Vec::with_capacity(insert.len() * 2);
        // A blank before a hard line break would be taken for padding and lost.
        if !before.is_empty() && (!breaks_at_once || before.ends_with(b" ") || before.ends_with(b"\t")) {
            bytes.push(b'=');
            bytes.extend_from_slice(self.eol.as_bytes());
        }
        write_quoted(insert, self.eol, unit, &mut bytes);
        let rest = &self.raw[at..];
        if !bytes.ends_with(self.eol.as_bytes()) && !rest.is_empty() && !rest.starts_with(b"=\r\n") {
            bytes.push(b'=');
            bytes.extend_from_slice(self.eol.as_bytes());
        }
        Change { range: at..at, bytes }
    }

    /// Everything before the group of three bytes in which `at` lies stays; from there on
    /// the digits are new, in lines of the old length.
    fn insert_base64(&self, at: usize, insert: &[u8]) -> Result<Change, NotApplied> {
        let kept = at / 3 * 3;
        let (start, end) = base64_span(self.raw, kept / 3 * 4);
        let line_start = memchr::memrchr(b'\n', &self.raw[..start]).map_or(0, |n| n + 1);
        let column = start - line_start;
        let (before, after) = (self.bytes.get(kept..at), self.bytes.get(at..));
        let (Some(before), Some(after)) = (before, after) else {
            return Err(NotApplied::Malformed("base64"));
        };
        let digits = STANDARD.encode([before, insert, after].concat());
        Ok(Change { range: start..end, bytes: wrap(&digits, column, base64_line(self.raw), self.eol) })
    }

    /// The whole of `bytes` instead of the old content. Seven bits are not enough for
    /// what needs this, so quoted-printable takes their place.
    pub(super) fn replace_all(&self, bytes: &[u8]) -> (TransferEncoding, Change) {
        let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 4);
        let encoding = match self.encoding {
            TransferEncoding::Base64 => {
                out = wrap(&STANDARD.encode(bytes), 0, base64_line(self.raw), self.eol);
                if self.raw.ends_with(b"\n") {
                    out.extend_from_slice(self.eol.as_bytes());
                }
                TransferEncoding::Base64
            }
            TransferEncoding::EightBit | TransferEncoding::Binary => {
                out.extend_from_slice(bytes);
                self.encoding
            }
            _ => {
                write_quoted(bytes, self.eol, Unit::Text, &mut out);
                TransferEncoding::QuotedPrintable
            }
        };
        (encoding, Change { range: 0..self.raw.len(), bytes: out })
    }
}

/// What quoted-printable writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Text in which line ends stand for themselves; UTF-8 characters stay in one line.
    Text,
    /// Bytes, of which none is a line end (UTF-16).
    Bytes,
}

/// Decodes quoted-printable up to `limit` bytes; also returns the offset in `raw` at
/// which the byte at `limit` is written, or where the last one ends.
fn quoted_bytes(raw: &[u8], limit: usize) -> (Vec<u8>, usize) {
    let mut out = Vec::with_capacity(raw.len().min(limit));
    let mut end = 0;
    let mut start = 0;
    for line in raw.split_inclusive(|b| *b == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let hard_end = &line[content.strip_suffix(b"\r").unwrap_or(content).len()..];
        let content = &line[..line.len() - hard_end.len()];
        let padded = content.iter().rposition(|b| !matches!(b, b' ' | b'\t')).map_or(0, |n| n + 1);
        let (content, soft) = match content[..padded].strip_suffix(b"=") {
            Some(content) => (content, true),
            None => (&content[..padded], false),
        };
        let mut at = 0;
        while at < content.len() {
            if out.len() == limit {
                return (out, start + at);
            }
            let (byte, width) = match content[at] {
                // What is no hexadecimal stands for itself, as readers take it.
                b'=' => hex(content.get(at + 1..at + 3)).map_or((b'=', 1), |byte| (byte, 3)),
                byte => (byte, 1),
            };
            out.push(byte);
            at += width;
            end = start + at;
        }
        for (n, byte) in hard_end.iter().enumerate() {
            if soft {
                break;
            }
            if out.len() == limit {
                // Behind the padding, so that nothing stands between it and its line end.
                return (out, start + if n == 0 { at } else { line.len() });
            }
            out.push(*byte);
            end = start + line.len();
        }
        start += line.len();
    }
    (out, end)
}

fn hex(digits: Option<&[u8]>) -> Option<u8> {
    let [high, low] = digits? else { return None };
    let value = |d: u8| char::from(d).to_digit(16);
    u8::try_from(value(*high)? * 16 + value(*low)?).ok()
}

/// Writes `bytes` as quoted-printable, starting at the beginning of a line.
fn write_quoted(bytes: &[u8], eol: &str, unit: Unit, out: &mut Vec<u8>) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let line_end = match unit {
            Unit::Text => memchr::memmem::find(rest, eol.as_bytes()),
            Unit::Bytes => None,
        };
        write_quoted_line(&rest[..line_end.unwrap_or(rest.len())], eol, unit, out);
        if line_end.is_some() {
            out.extend_from_slice(eol.as_bytes());
        }
        rest = line_end.map_or(&[], |n| &rest[n + eol.len()..]);
    }
}

fn write_quoted_line(line: &[u8], eol: &str, unit: Unit, out: &mut Vec<u8>) {
    let mut column = 0;
    let mut at = 0;
    while at < line.len() {
        let continues = |b: &&u8| unit == Unit::Text && (0x80..0xc0).contains(*b);
        let width = 1 + line[at + 1..].iter().take(3).take_while(continues).count();
        let last = at + width == line.len();
        let mut token = Vec::with_capacity(12);
        for &byte in &line[at..at + width] {
            // "From " and a lone dot at the start of a line do not survive every MTA.
            let harmless = match byte {
                b'=' => false,
                b'F' => column > 0 || !line[at..].starts_with(b"From "),
                b'.' => column > 0,
                b' ' | b'\t' => !last,
                _ => byte.is_ascii_graphic(),
            };
            if harmless {
                token.push(byte);
            } else {
                token.extend_from_slice(format!("={byte:02X}").as_bytes());
            }
        }
        if column + token.len() > QUOTED_LINE {
            out.push(b'=');
            out.extend_from_slice(eol.as_bytes());
            column = 0;
        }
        column += token.len();
        out.extend_from_slice(&token);
        at += width;
    }
}

fn base64_bytes(raw: &[u8]) -> Result<Vec<u8>, NotApplied> {
    let digits: Vec<u8> = raw.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    STANDARD.decode(digits).map_err(|_| NotApplied::Malformed("base64"))
}

/// Where the digit number `digits` stands, or where it would; and the end of the last.
fn base64_span(raw: &[u8], digits: usize) -> (usize, usize) {
    let mut seen = raw.iter().enumerate().filter(|(_, b)| !b.is_ascii_whitespace());
    let start = seen.nth(digits).map(|(at, _)| at);
    let end = raw.iter().rposition(|b| !b.is_ascii_whitespace()).map_or(0, |n| n + 1);
    (start.unwrap_or(end), end)
}

/// The length of this body's lines: that of the first, when more than one follows.
fn base64_line(raw: &[u8]) -> usize {
    let first = raw.iter().take_while(|b| !b.is_ascii_whitespace()).count();
    let more = raw[first..].iter().any(|b| !b.is_ascii_whitespace());
    if more && first % 4 == 0 && (4..=996).contains(&first) { first } else { BASE64_LINE }
}

/// Cuts digits into lines of `length`, the first one continuing at `column`.
fn wrap(digits: &str, column: usize, length: usize, eol: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(digits.len() + digits.len() / 32);
    let mut rest = digits.as_bytes();
    let mut room = length.saturating_sub(column);
    while !rest.is_empty() {
        if room == 0 {
            out.extend_from_slice(eol.as_bytes());
            room = length;
        }
        let (line, after) = rest.split_at(room.min(rest.len()));
        out.extend_from_slice(line);
        room -= line.len();
        rest = after;
    }
    out
}
