//! An edit is data: computed once, over the bytes as they were presented. The relay
//! applies it to the bytes, the milter translates it into header and body actions.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// One change to a header field. `value` is everything after the colon and one
/// space, without the final line end; folded lines inside are separated by CRLF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeaderEdit {
    /// Put a new field above all others.
    Prepend { name: String, value: String },
    /// Replace the `nth` field of that name (1 is the first from the top).
    Replace { name: String, nth: usize, value: String },
    /// Take the `nth` field of that name away.
    Remove { name: String, nth: usize },
}

/// Replace `range` of the raw message (which lies wholly in the body) by `bytes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Splice {
    pub range: Range<usize>,
    pub bytes: Bytes,
}

/// All changes of one transaction. Splices are sorted by position and do not overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edits {
    pub headers: Vec<HeaderEdit>,
    pub body: Vec<Splice>,
}

impl Edits {
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.body.is_empty()
    }

    /// The message with all edits done. Unedited messages are returned without a copy.
    /// A `Replace` or `Remove` of a field that is not there does nothing; splices that are
    /// not in order within the body would tear the message, so then nothing is done at all.
    pub fn apply(&self, raw: &Bytes) -> Bytes {
        if self.is_empty() {
            return raw.clone();
        }
        let end = header_end(raw);
        let line_end: &[u8] = if raw[..end].contains(&b'\n') && !raw[..end].windows(2).any(|w| w == b"\r\n") {
            b"\n"
        } else {
            b"\r\n"
        };
        let mut out = Vec::with_capacity(raw.len() + 1024);
        self.write_header(&raw[..end], line_end, &mut out);
        let mut at = end;
        for splice in &self.body {
            let Some(kept) = raw.get(at..splice.range.start) else { return raw.clone() };
            out.extend_from_slice(kept);
            out.extend_from_slice(&splice.bytes);
            at = splice.range.end.max(splice.range.start);
        }
        let Some(rest) = raw.get(at..) else { return raw.clone() };
        out.extend_from_slice(rest);
        out.into()
    }

    fn write_header(&self, header: &[u8], line_end: &[u8], out: &mut Vec<u8>) {
        // The line that mailbox files put before a message (RFC 4155) stays the first.
        let (separator, header) = header.split_at(separator_line(header));
        out.extend_from_slice(separator);
        let put = |out: &mut Vec<u8>, name: &str, value: &str| {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
            out.extend_from_slice(line_end);
        };
        for edit in self.headers.iter().rev() {
            if let HeaderEdit::Prepend { name, value } = edit {
                put(out, name, value);
            }
        }
        let mut seen: Vec<(String, usize)> = Vec::new();
        for (name, bytes) in fields(header) {
            let key = name.to_ascii_lowercase();
            let nth = match seen.iter_mut().find(|(n, _)| *n == key) {
                Some((_, count)) => {
                    *count += 1;
                    *count
                }
                None => {
                    seen.push((key.clone(), 1));
                    1
                }
            };
            match self.headers.iter().find(|e| e.concerns(&key, nth)) {
                Some(HeaderEdit::Replace { value, .. }) => put(out, name, value),
                Some(HeaderEdit::Remove { .. }) => {}
                _ => out.extend_from_slice(bytes),
            }
        }
    }
}

impl HeaderEdit {
    fn concerns(&self, key: &str, at: usize) -> bool {
        match self {
            Self::Prepend { .. } => false,
            Self::Replace { name, nth, .. } | Self::Remove { name, nth } => {
                *nth == at && name.eq_ignore_ascii_case(key)
            }
        }
    }
}

/// Where the header ends: the offset of the empty line that separates it from the
/// body, or the whole length when there is none.
pub fn header_end(raw: &[u8]) -> usize {
    let mut at = 0;
    while at < raw.len() {
        if raw[at] == b'\n' || raw[at..].starts_with(b"\r\n") {
            return at;
        }
        match memchr::memchr(b'\n', &raw[at..]) {
            Some(n) => at += n + 1,
            None => return raw.len(),
        }
    }
    raw.len()
}

/// The length of the `From ` line that a mailbox file left before the header.
fn separator_line(header: &[u8]) -> usize {
    let separator = header.starts_with(b"From ") || header.starts_with(b">From ");
    if separator { memchr::memchr(b'\n', header).map_or(0, |n| n + 1) } else { 0 }
}

/// The fields of a header block with their names and all their bytes, folded lines and
/// line end included. Lines that are no field come with an empty name.
pub fn fields(header: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= header.len() {
            return None;
        }
        let start = at;
        loop {
            at = memchr::memchr(b'\n', &header[at..]).map_or(header.len(), |n| at + n + 1);
            if at >= header.len() || !matches!(header[at], b' ' | b'\t') {
                break;
            }
        }
        let bytes = &header[start..at];
        let name = memchr::memchr(b':', bytes)
            .and_then(|colon| std::str::from_utf8(&bytes[..colon]).ok())
            .map_or("", str::trim_end);
        Some((name, bytes))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &str = "Received: a\r\n\tb\r\nSubject: one\r\nsubject: two\r\nX: 1\r\n\r\nbody\r\n";

    #[test]
    fn no_edit_is_no_copy() {
        let raw = Bytes::from_static(RAW.as_bytes());
        assert_eq!(Edits::default().apply(&raw).as_ptr(), raw.as_ptr());
    }

    #[test]
    fn edits_touch_only_what_they_name() {
        let raw = Bytes::from_static(RAW.as_bytes());
        let at = RAW.find("body").unwrap();
        let edits = Edits {
            headers: vec![
                HeaderEdit::Prepend { name: "A".into(), value: "new".into() },
                HeaderEdit::Replace { name: "Subject".into(), nth: 2, value: "second".into() },
                HeaderEdit::Remove { name: "x".into(), nth: 1 },
            ],
            body: vec![Splice { range: at + 4..at + 4, bytes: Bytes::from_static(b"!") }],
        };
        assert_eq!(
            edits.apply(&raw),
            "A: new\r\nReceived: a\r\n\tb\r\nSubject: one\r\nsubject: second\r\n\r\nbody!\r\n"
        );
    }

    #[test]
    fn new_fields_go_below_the_separator_line_of_a_mailbox() {
        let raw = Bytes::from_static(b"From a@b.example Mon\nA: b\n\nbody");
        let headers = vec![HeaderEdit::Prepend { name: "N".into(), value: "v".into() }];
        assert_eq!(Edits { headers, body: vec![] }.apply(&raw), "From a@b.example Mon\nN: v\nA: b\n\nbody");
    }

    #[test]
    fn a_message_that_is_only_header_or_only_body_is_survived() {
        for raw in ["", "\r\n", "no colon", "A: b", "\nbody", "A: b\n\nbody\n"] {
            let edits = Edits {
                headers: vec![HeaderEdit::Prepend { name: "N".into(), value: "v".into() }],
                body: vec![],
            };
            let out = edits.apply(&Bytes::copy_from_slice(raw.as_bytes()));
            assert!(out.starts_with(b"N: v") && out.ends_with(raw.as_bytes()), "{raw:?}");
        }
    }
}
