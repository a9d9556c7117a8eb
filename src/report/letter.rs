//! A message as people read it: who to whom, when, the text, the files with it. Read from
//! the bytes each time; nothing of it is kept.

use crate::{
    extraction::{ExtractLimits, Fragment, Layer, extract},
    files::Files,
    message::{Body, Disposition, Mailbox, Message, Part, ReadLimits, read},
};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Text that is shown of one message; what is cut stays in the message beside it.
const MOST_TEXT: usize = 1 << 20;
const MOST_FILES: usize = 500;

/// One message.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    pub subject: String,
    pub from: String,
    pub to: String,
    pub cc: String,
    pub date: Option<DateTime<Utc>>,
    pub message_id: Option<String>,
    /// Names beside the addresses of From, To and Cc.
    pub correspondents: Vec<String>,
    pub text: String,
    pub files: Vec<LetterFile>,
}

/// A file that came with it.
#[derive(Clone, Debug)]
pub struct LetterFile {
    pub name: String,
    /// The media type that the message gives it.
    pub kind: String,
    pub bytes: u64,
    /// SHA-256 of the file, hex; none for a text whose letters were decoded.
    pub sha256: Option<String>,
}

impl Letter {
    /// Never fails: what is malformed becomes less text.
    pub fn read(raw: &[u8]) -> Self {
        let message = read(raw, ReadLimits::default());
        let header = &message.header;
        Self {
            subject: header.subject.clone(),
            from: listed(&header.from),
            to: listed(&header.to),
            cc: listed(&header.cc),
            date: header.date,
            message_id: header.message_id.clone(),
            correspondents: [&header.from, &header.to, &header.cc]
                .into_iter()
                .flatten()
                .filter_map(|m| m.name.clone())
                .filter(|name| name.contains(' ') && name.len() <= 100)
                .take(200)
                .collect(),
            text: text(&message),
            files: message.parts.iter().filter(|p| is_file(p)).take(MOST_FILES).map(file).collect(),
        }
    }
}

fn listed(mailboxes: &[Mailbox]) -> String {
    let one = |m: &Mailbox| match (&m.name, &m.address) {
        (Some(name), Some(address)) => format!("{name} <{}>", address.as_str()),
        (None, Some(address)) => address.as_str().to_owned(),
        (Some(name), None) => name.clone(),
        (None, None) => String::new(),
    };
    mailboxes.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn is_file(part: &Part<'_>) -> bool {
    let named = part.disposition == Disposition::Attachment || part.file_name.is_some();
    match part.body {
        Body::Multipart(_) => false,
        Body::Message(_) => part.nesting == 0,
        Body::Binary(_) => part.nesting == 0,
        Body::Text(_) | Body::Html(_) => part.nesting == 0 && named,
    }
}

fn file(part: &Part<'_>) -> LetterFile {
    let plain = part
        .charset
        .as_deref()
        .is_none_or(|c| c.eq_ignore_ascii_case("utf-8") || c.eq_ignore_ascii_case("us-ascii"));
    let bytes: Option<&[u8]> = match &part.body {
        Body::Binary(bytes) => Some(bytes),
        Body::Text(text) | Body::Html(text) => Some(text.as_bytes()),
        Body::Multipart(_) | Body::Message(_) => None,
    };
    let exact = bytes.filter(|_| matches!(part.body, Body::Binary(_)) || plain);
    LetterFile {
        name: part.file_name.clone().or_else(|| part.subject.clone()).unwrap_or_else(|| "(no name)".into()),
        kind: part.media_type.clone(),
        bytes: bytes.map_or(part.body_range.len(), <[u8]>::len) as u64,
        sha256: exact.map(|bytes| hex(&Sha256::digest(bytes))),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// The texts of the message itself; of two forms of one text the plain one, if it says anything.
fn text(message: &Message<'_>) -> String {
    let files = Files::default();
    let extract =
        extract(message, &files, ExtractLimits { text_bytes: MOST_TEXT, ..ExtractLimits::default() });
    let mut out = String::new();
    for (index, part) in message.parts.iter().enumerate() {
        if part.nesting > 0 || is_file(part) {
            continue;
        }
        let piece = match &part.body {
            Body::Text(text) => text.clone().into_owned(),
            Body::Html(_) if has_plain_sister(message, part) => continue,
            Body::Html(_) => extract
                .fragments
                .iter()
                .filter(|f| f.part == Some(index) && f.layer == Layer::Visible)
                .map(in_its_case)
                .collect::<Vec<_>>()
                .join("\n"),
            _ => continue,
        };
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(piece.trim_end());
        if out.len() > MOST_TEXT {
            let end = (0..=MOST_TEXT).rev().find(|at| out.is_char_boundary(*at)).unwrap_or(0);
            out.truncate(end);
            out.push_str("\n[The text goes on; all of it is in the message.]");
            break;
        }
    }
    out
}

fn has_plain_sister(message: &Message<'_>, part: &Part<'_>) -> bool {
    let Some(parent) = part.parent.and_then(|p| message.parts.get(p)) else { return false };
    let sisters = match &parent.body {
        Body::Multipart(children) if parent.media_type == "multipart/alternative" => children,
        _ => return false,
    };
    sisters.iter().filter_map(|s| message.parts.get(*s)).any(|s| match &s.body {
        Body::Text(text) => !text.trim().is_empty(),
        _ => false,
    })
}

/// The normalised view of a text with the capitals and letters of its source.
fn in_its_case(fragment: &Fragment<'_>) -> String {
    let view = &fragment.view;
    let mut out = String::with_capacity(view.text.len());
    for (at, c) in view.text.char_indices() {
        let range = view.map.range(at..at + c.len_utf8(), fragment.source.len());
        let mut written = fragment.source.get(range).unwrap_or_default().chars();
        match (written.next(), written.next()) {
            (Some(one), None) if !one.is_whitespace() && !c.is_whitespace() && !one.is_control() => {
                out.push(one)
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_text_with_its_capitals_and_without_what_is_hidden() {
        let raw = "From: \"Si\u{e2}n\" <s@a.example>\r\nSubject: Hi\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
            <p>Dear Mr Ellis,</p><p style=\"display:none\">secret</p><p>Jac&oacute;b &amp; I<br>came.</p>";
        let letter = Letter::read(raw.as_bytes());
        assert!(letter.text.contains("Dear Mr Ellis,") && letter.text.contains("& I"), "{}", letter.text);
        assert!(!letter.text.contains("secret"));
    }

    #[test]
    fn files_are_listed_and_of_two_forms_the_plain_one_is_the_text() {
        let raw = "Subject: x\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\
            Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n\
            --b\r\nContent-Type: text/html\r\n\r\n<p>page</p>\r\n--b--\r\n--a\r\n\
            Content-Type: application/pdf; name=\"../../a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--a--\r\n";
        let letter = Letter::read(raw.as_bytes());
        assert_eq!(letter.text, "plain");
        let [file] = &letter.files[..] else { panic!("{:?}", letter.files) };
        assert_eq!((file.name.as_str(), file.bytes), ("../../a.pdf", 5));
        assert_eq!(
            file.sha256.as_deref(),
            Some("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
        );
    }
}
