//! Mails that lie in files.

mod letter;
pub(super) mod mapi;
pub(super) mod mbox;
pub(super) mod msg;
pub(super) mod tnef;

pub(super) use letter::open_mail;

/// Fields of which a mail has some; those of one letter or of other uses are left out.
const FIELDS: &[&str] = &[
    "from",
    "to",
    "cc",
    "bcc",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "received",
    "return-path",
    "reply-to",
    "sender",
    "delivered-to",
    "x-mailer",
    "user-agent",
    "in-reply-to",
    "references",
    "dkim-signature",
    "authentication-results",
    "x-originating-ip",
    "x-ms-exchange-organization-authas",
    "content-transfer-encoding",
    "x-received",
    "arc-seal",
    "thread-topic",
    "thread-index",
    "importance",
    "x-priority",
    "list-unsubscribe",
];
/// Header lines that are looked at.
const MOST_LINES: usize = 200;

/// Whether a text begins with the header of a mail (RFC 5322): at least two different well-known fields
/// before the first line that is none, one of which says who, when or how.
pub(super) fn is_mail(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut known: Vec<String> = Vec::new();
    for (at, line) in head.split(|byte| *byte == b'\n').take(MOST_LINES).enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line.first() {
            None if known.is_empty() => continue,
            None => break,
            Some(b' ' | b'\t') if at > 0 => continue,
            Some(_) => {}
        }
        // The line of the envelope that mboxes and some exports have.
        if at == 0 && line.starts_with(b"From ") {
            continue;
        }
        let Some(end) = memchr::memchr(b':', line) else { break };
        let name = line.get(..end).unwrap_or_default().trim_ascii_end();
        if name.is_empty() || !name.iter().all(|byte| (33..127).contains(byte)) {
            break;
        }
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        if FIELDS.contains(&name.as_str()) && !known.contains(&name) {
            known.push(name);
        }
    }
    let any = |names: &[&str]| known.iter().any(|name| names.contains(&name.as_str()));
    // A part of a mail, saved with its own header alone.
    let start = String::from_utf8_lossy(head.get(..80).unwrap_or(head)).to_ascii_lowercase();
    if start.starts_with("content-type:") && start.contains("multipart/") {
        return true;
    }
    // `To:`, `From:` and `Subject:` stand at the head of memos too; only mail programs write the others.
    let technical = any(&[
        "mime-version",
        "message-id",
        "received",
        "return-path",
        "content-type",
        "date",
        "dkim-signature",
    ]);
    known.len() >= 2
        && technical
        && any(&["from", "to", "subject", "received", "mime-version", "message-id", "return-path"])
}

/// Whether a text begins as an mbox: an envelope line, then a mail.
pub(super) fn is_mbox(head: &[u8]) -> bool {
    mbox::is_envelope(head) && is_mail(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_are_told_from_memos() {
        for mail in [
            "From: a@b.example\r\nMessage-ID: <1@b.example>\r\n\r\nx",
            "Received: from x\r\n by y\r\nReturn-Path: <>\r\n\r\n",
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n",
            "\nX-Odd: 1\nSubject: hi\nDate: Mon, 1 Jan 2024 00:00:00 +0000\n",
        ] {
            assert!(is_mail(mail.as_bytes()), "{mail}");
        }
        for other in [
            "To: all staff\nFrom: the head\nSubject: snow\n\nWe close.",
            "Dear all:\nplease",
            "Subject: x\n",
            "note: a\nkey: b\n",
        ] {
            assert!(!is_mail(other.as_bytes()), "{other}");
        }
        assert!(is_mbox(b"From a@b.example Mon Jan  1 00:00:00 2024\nFrom: a\nDate: b\n\nx"));
        assert!(!is_mbox(b"From a friend\nDate: soon\nTo: you\n"));
    }
}
