//! Messages as one mbox file (RFC 4155) in the form mboxrd: each line that begins with
//! `From ` after any number of `>` gets one more, so that a reader who takes one away has
//! the exact bytes again.

use chrono::{DateTime, Utc};

/// Appends one message. `sender` is the envelope's; empty for the null sender.
pub fn append(out: &mut Vec<u8>, sender: &str, received_at: DateTime<Utc>, raw: &[u8]) {
    let plain = |c: char| c.is_ascii_graphic();
    let sender: String = sender.chars().filter(|c| plain(*c)).collect();
    let sender = if sender.is_empty() { "MAILER-DAEMON" } else { &sender };
    out.extend_from_slice(
        format!("From {sender} {}\n", received_at.format("%a %b %e %H:%M:%S %Y")).as_bytes(),
    );
    for line in raw.split_inclusive(|b| *b == b'\n') {
        let marks = line.iter().take_while(|b| **b == b'>').count();
        if line.get(marks..).is_some_and(|rest| rest.starts_with(b"From ")) {
            out.push(b'>');
        }
        out.extend_from_slice(line);
    }
    if !raw.ends_with(b"\n") {
        out.push(b'\n');
    }
    out.push(b'\n');
}
