//! The subject mark (PD-2), such as `[Confidential]`: put before the subject once, as a
//! header edit.

use super::words::{encoded, encoded_words};
use crate::{
    mail::{HeaderEdit, fields, header_end},
    message::Message,
};

/// Beyond this a line is folded (RFC 5322 section 2.1.1 asks for 78 at most).
const LINE: usize = 76;

/// The edits that put `mark` before the subject; none when it is there already. Where a
/// message has several Subject fields, which readers disagree on, each gets it.
pub fn subject_mark(message: &Message<'_>, mark: &str) -> Vec<HeaderEdit> {
    let mark = mark.trim();
    if mark.is_empty() {
        return Vec::new();
    }
    let subjects: Vec<&[u8]> = fields(&message.raw[..header_end(message.raw)])
        .filter(|(name, _)| name.eq_ignore_ascii_case("subject"))
        .map(|(_, bytes)| bytes)
        .collect();
    if subjects.is_empty() {
        return vec![HeaderEdit::Prepend { name: "Subject".into(), value: encoded(mark, "\r\n ") }];
    }
    let decoded = std::iter::once(&message.header.subject).chain(&message.header.other_subjects);
    let mut edits = Vec::new();
    for (n, (field, text)) in subjects.iter().zip(decoded).enumerate() {
        if !is_marked(text, mark) {
            let value = marked(field, text, mark);
            edits.push(HeaderEdit::Replace { name: "Subject".into(), nth: n + 1, value });
        }
    }
    edits
}

/// Whether the decoded subject carries the mark, wherever replies have moved it.
pub fn is_marked(subject: &str, mark: &str) -> bool {
    let key = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    key(subject).contains(&key(mark))
}

/// The field's new value: the mark, and what stood there, byte for byte.
fn marked(field: &[u8], decoded: &str, mark: &str) -> String {
    let fold = if field.ends_with(b"\n") && !field.ends_with(b"\r\n") { "\n " } else { "\r\n " };
    let colon = memchr::memchr(b':', field).map_or(field.len(), |n| n + 1);
    let old = match std::str::from_utf8(field.get(colon..).unwrap_or(&[])) {
        Ok(old) => old.trim().to_owned(),
        // Bytes of no stated character set: written anew as what they were read as.
        Err(_) => encoded_words(decoded.trim(), fold),
    };
    if old.is_empty() {
        return encoded(mark, fold);
    }
    // White space between two encoded words is not shown (RFC 2047 section 6.2).
    let mark = match encoded(mark, fold) {
        plain if plain == mark => plain,
        _ if old.starts_with("=?") => encoded_words(&format!("{mark} "), fold),
        words => words,
    };
    let first = old.lines().next().unwrap_or("").len();
    let space = if "Subject: ".len() + mark.len() + 1 + first > LINE { fold } else { " " };
    format!("{mark}{space}{old}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        mail::Edits,
        message::{ReadLimits, read},
    };
    use bytes::Bytes;

    fn mark(raw: &[u8], mark: &str) -> Bytes {
        let edits = Edits { headers: subject_mark(&read(raw, ReadLimits::default()), mark), body: vec![] };
        edits.apply(&Bytes::copy_from_slice(raw))
    }

    #[test]
    fn every_kind_of_subject_is_marked_once_and_reads_as_before() {
        for (raw, shown) in [
            ("Subject: Trip\r\n\r\nx", "[Confidential] Trip"),
            ("To: a@b.example\n\nx", "[Confidential]"),
            ("Subject:\r\n\r\nx", "[Confidential]"),
            ("subject: =?utf-8?Q?Gwyn_=C5=B5?=\r\n =?utf-8?Q?_dau?=\r\n\r\nx", "[Confidential] Gwyn ŵ dau"),
            ("Subject: a\n b\n\nx", "[Confidential] a b"),
            ("Subject: Cŵn\r\n\r\nx", "[Confidential] Cŵn"),
        ] {
            let once = mark(raw.as_bytes(), "[Confidential]");
            assert_eq!(read(&once, ReadLimits::default()).header.subject, shown, "{raw:?}");
            assert_eq!(mark(&once, "[Confidential]"), once);
            assert!(once.ends_with(if raw.contains("\r\n") { b"\r\n\r\nx" } else { b"\n\nx" }));
        }
        let long = format!("Subject: {}\r\n\r\nx", "word ".repeat(15).trim());
        assert!(mark(long.as_bytes(), "[Confidential]").starts_with(b"Subject: [Confidential]\r\n word"));
        let reply = "Subject: Re: [CONFIDENTIAL]\r\n  Trip\r\n\r\nx";
        assert_eq!(mark(reply.as_bytes(), "[Confidential]"), reply);
    }

    #[test]
    fn a_welsh_mark_is_encoded_and_stays_apart_from_what_follows() {
        for raw in ["Subject: =?utf-8?B?Y8WVbg==?=\r\n\r\n", "Subject: plain\r\n\r\n"] {
            let once = mark(raw.as_bytes(), "[Cyfrinachol – ŵ]");
            assert!(once.is_ascii());
            let message = read(&once, ReadLimits::default());
            assert!(message.header.subject.starts_with("[Cyfrinachol – ŵ] "), "{}", message.header.subject);
        }
        assert!(mark(b"Subject: caf\xe9\r\n\r\n", "[X]").is_ascii());
    }
}
