//! Mailboxes of many mails (RFC 4155 and its many relatives): an envelope line that begins with `From `
//! stands before each.

use super::super::{budget::Budget, model::Reason};

/// Splits before each envelope line that follows an empty line or begins the file; a mail that quotes such a
/// line without `>` is split there, and both halves are read.
pub(in super::super) fn read(bytes: &[u8], budget: &mut Budget) {
    let mut start = 0;
    let mut number = 0u32;
    while start < bytes.len() {
        let end = next_envelope(bytes, start);
        let mail = bytes.get(start..end).unwrap_or_default();
        let body = memchr::memchr(b'\n', mail).and_then(|line| mail.get(line + 1..)).unwrap_or_default();
        number += 1;
        let place = format!("mail {number}");
        if let Err(limit) = budget.member() {
            return budget.missed(&place, "mbox", Reason::Limit(limit));
        }
        let opened = budget.within(&place, |budget| super::open_mail(body, budget));
        if let Err(limit) = opened {
            budget.missed(&place, "eml", Reason::Limit(limit));
        }
        start = end;
    }
}

/// The next envelope line behind the one at `start`.
fn next_envelope(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    let begins = |at: &usize| rest.get(at + 1..).is_some_and(is_envelope);
    memchr::memmem::find_iter(rest, b"\nFrom ").find(begins).map_or(bytes.len(), |at| start + at + 1)
}

/// `From address date`: the date has a time and a year at least.
pub(super) fn is_envelope(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let has_time = line
        .windows(5)
        .any(|w| matches!(w, [a, b, b':', c, d] if [a, b, c, d].iter().all(|b| b.is_ascii_digit())));
    line.len() < 400 && has_time && line.iter().filter(|byte| **byte == b' ').count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{FileLimits, Shown, open::open};

    #[test]
    fn each_mail_of_a_mailbox_is_read() {
        let mail = |n: u8| {
            format!(
                "From a@b.example Mon Jan  1 00:00:00 2024\nFrom: a@b.example\nDate: x\nSubject: mail {n}\n\nBody {n}.\n>From the start\nFrom time to time, 12 times\n\n"
            )
        };
        let mut budget = Budget::new(FileLimits::default());
        open(Some("all.mbox"), None, [mail(1), mail(2), mail(3)].concat().as_bytes(), &mut budget);
        let read = budget.finish();
        let subjects: Vec<_> = read
            .pieces
            .iter()
            .filter(|p| p.shown == Shown::Subject)
            .map(|p| (p.place.as_str(), p.text.as_str()))
            .collect();
        assert_eq!(
            subjects,
            [("mail 1/subject", "mail 1"), ("mail 2/subject", "mail 2"), ("mail 3/subject", "mail 3")]
        );
        assert!(read.pieces.iter().any(|p| p.place == "mail 3/1" && p.text.contains("Body 3.")));
        assert!(read.missed.is_empty() && read.traits.is_empty());
    }
}
