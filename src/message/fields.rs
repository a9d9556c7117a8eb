//! Header fields: where they are, and what the house asks of them. mail-parser reads the
//! grammar of each value (RFC 5322, RFC 2045, RFC 2047, RFC 2231).

use super::{
    Header, Mailbox, encoded_words,
    habit::{Habit, Habits},
    mime::{self, Mime},
};
use crate::mail::Address;
use chrono::{DateTime, Utc};
use mail_parser::{Addr, HeaderValue, parsers::MessageStream};
use std::borrow::Cow;

/// The longest value that is read. What a person writes or reads there is far shorter,
/// and the value grammars are not all linear.
const LONGEST_VALUE: usize = 64 * 1024;

/// The text of any field's value (RFC 5322, section 2.2.1), encoded words undone.
pub fn header_text(value: &[u8]) -> String {
    match MessageStream::new(&lines(value, LONGEST_VALUE, &mut Vec::new())).parse_unstructured() {
        HeaderValue::Text(text) => text.into_owned(),
        _ => String::new(),
    }
}

/// Whose header it is, which decides what is read of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Message,
    AttachedMessage,
    Part,
}

/// A header block read.
#[derive(Default)]
pub(super) struct Block {
    pub(super) mime: Mime,
    /// Filled for `Of::Message`; of an attached message only the subject.
    pub(super) header: Header,
    /// Whether any line is a field.
    pub(super) any: bool,
    /// Where the first line begins that is no field.
    pub(super) odd_line: Option<usize>,
    pub(super) defects: Vec<&'static str>,
    /// Habits of programs that would read this header otherwise.
    pub(super) met: Habits,
}

/// Reads the fields of `block`, the lines before the empty one, up to `limit` bytes, as a program with these habits.
pub(super) fn read(block: &[u8], of: Of, limit: usize, habits: Habits) -> Block {
    let mut out = Block::default();
    let mut seen = Seen { habits, ..Seen::default() };
    let mut at = 0;
    if block.len() > limit {
        out.defects.push("header-cut");
    }
    for (name, line) in crate::mail::fields(&block[..block.len().min(limit)]) {
        let start = at;
        at += line.len();
        if !is_name(name) {
            // Lines that mailboxes put before a message (mbox) are no defect of its own.
            if out.any || !(line.starts_with(b"From ") || line.starts_with(b">From ")) {
                out.defects.push("odd-header-line");
                out.odd_line.get_or_insert(start);
            }
            continue;
        }
        out.any = true;
        // `name` came from before this colon.
        let value = memchr::memchr(b':', line).map_or(&[][..], |colon| &line[colon + 1..]);
        if name.len() > 8 && name[..8].eq_ignore_ascii_case("content-") {
            mime::field(&mut out, &mut seen, &name[8..], value);
        } else if of == Of::Message {
            message_field(&mut out, &mut seen, name, value);
        } else if of == Of::AttachedMessage && name.eq_ignore_ascii_case("subject") {
            subject(&mut out, &mut seen, value);
        }
    }
    match (&out.mime.file_name, seen.name_parameter) {
        (None, name) => out.mime.file_name = name,
        (Some(name), Some(other)) if *name != other => out.mime.other_name = Some(other),
        _ => {}
    }
    if out.odd_line.is_some() {
        out.met.add(Habit::OddLineEndsHeader);
    }
    out
}

/// Which fields that may stand once have been read already, and the file's name of
/// Content-Type, which counts only when Content-Disposition gives none.
#[derive(Default)]
pub(super) struct Seen {
    /// What the first of its name says, of those that say how a part is read.
    pub(super) content_type: Option<Vec<u8>>,
    pub(super) transfer_encoding: Option<Vec<u8>>,
    pub(super) disposition: Option<Vec<u8>>,
    pub(super) subject: bool,
    pub(super) date: bool,
    pub(super) from: bool,
    pub(super) name_parameter: Option<String>,
    pub(super) habits: Habits,
}

/// Of a field that stands there twice.
pub(super) const REPEATED: [&str; 1] = ["repeated-field"];
/// The same for a field that decides how the message is read, or whose it seems to be:
/// programs differ in which of several they believe.
pub(super) const REPEATED_KEY: [&str; 2] = ["repeated-key-field", "repeated-field"];

/// Notes that a field stands there; `false` and these defects when it did before.
fn first(seen: &mut bool, repeated: &[&'static str], defects: &mut Vec<&'static str>) -> bool {
    if *seen {
        defects.extend(repeated);
    }
    !std::mem::replace(seen, true)
}

/// RFC 5322 section 2.2: printable ASCII but the colon. White space before the colon is
/// obsolete and was trimmed.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic())
}

fn message_field(out: &mut Block, seen: &mut Seen, name: &str, value: &[u8]) {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    if is("subject") {
        return subject(out, seen, value);
    }
    let (header, defects) = (&mut out.header, &mut out.defects);
    if is("received") {
        header.received += 1;
    } else if is("from") {
        first(&mut seen.from, &REPEATED_KEY, defects);
        mailboxes(&mut header.from, value, defects);
    } else if is("to") {
        mailboxes(&mut header.to, value, defects);
    } else if is("cc") {
        mailboxes(&mut header.cc, value, defects);
    } else if is("bcc") {
        mailboxes(&mut header.bcc, value, defects);
    } else if is("sender") {
        mailboxes(&mut header.sender, value, defects);
    } else if is("reply-to") {
        mailboxes(&mut header.reply_to, value, defects);
    } else if is("date") {
        if first(&mut seen.date, &REPEATED, defects) {
            header.date = date(value);
        }
    } else if is("message-id") {
        if header.message_id.is_none() {
            header.message_id = ids(value, defects).into_iter().next();
        }
    } else if is("in-reply-to") {
        header.in_reply_to.extend(ids(value, defects));
    } else if is("references") {
        header.references.extend(ids(value, defects));
    } else if is("auto-submitted") {
        header.automatic |= !word(value).eq_ignore_ascii_case("no");
    } else if is("precedence") {
        let word = word(value);
        let one_of = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(word));
        header.automatic |= one_of(&["bulk", "junk", "auto_reply"]);
        header.list |= one_of(&["list"]);
    } else if name.len() > 5 && name[..5].eq_ignore_ascii_case("list-") {
        header.list = true;
    }
}

fn subject(out: &mut Block, seen: &mut Seen, value: &[u8]) {
    let text = match MessageStream::new(&lines(value, LONGEST_VALUE, &mut out.defects)).parse_unstructured() {
        HeaderValue::Text(text) => text.into_owned(),
        _ => String::new(),
    };
    if first(&mut seen.subject, &REPEATED, &mut out.defects) {
        out.header.subject = text;
    } else {
        out.header.other_subjects.push(text);
    }
}

/// `value` in UTF-8, with a final line end, which mail-parser takes as the end of a field,
/// and no longer than `longest`. Raw bytes beyond ASCII that are no UTF-8 come from old
/// programs and are taken for windows-1252.
pub(super) fn lines<'a>(value: &'a [u8], longest: usize, defects: &mut Vec<&'static str>) -> Cow<'a, [u8]> {
    if value.len() <= longest
        && let Some(joined) = encoded_words::joined(value)
    {
        return Cow::Owned(lines(&joined, longest, defects).into_owned());
    }
    let is_utf8 = std::str::from_utf8(value).is_ok();
    if is_utf8 && value.len() <= longest && value.ends_with(b"\n") {
        return Cow::Borrowed(value);
    }
    if value.len() > longest {
        defects.push("field-cut");
    }
    let value = &value[..value.len().min(longest)];
    let mut owned = match is_utf8 {
        true => value.to_vec(),
        false => encoding_rs::WINDOWS_1252.decode(value).0.into_owned().into_bytes(),
    };
    owned.push(b'\n');
    Cow::Owned(owned)
}

/// The first word of a value without comments (`7bit (default)`, `(x) base64`).
pub(super) fn word(value: &[u8]) -> &str {
    let mut value = value.trim_ascii_start();
    while value.first() == Some(&b'(')
        && let Some(end) = memchr::memchr(b')', value)
    {
        value = value[end + 1..].trim_ascii_start();
    }
    let end = value.iter().position(|b| matches!(b, b'(' | b';')).unwrap_or(value.len());
    std::str::from_utf8(&value[..end]).unwrap_or_default().trim()
}

fn mailboxes(out: &mut Vec<Mailbox>, value: &[u8], defects: &mut Vec<&'static str>) {
    let value = lines(value, LONGEST_VALUE, defects);
    if let HeaderValue::Address(list) = MessageStream::new(&value).parse_address() {
        out.extend(list.iter().map(mailbox));
    }
}

fn mailbox(addr: &Addr<'_>) -> Mailbox {
    let name = addr.name.as_deref().map(str::trim).filter(|n| !n.is_empty());
    let address = addr.address.as_deref().and_then(Address::parse);
    match (name, address) {
        (name, Some(address)) => Mailbox { name: name.map(str::to_owned), address: Some(address) },
        // What a reader sees there is kept, also when it is no address.
        (name, None) => {
            let text: Vec<&str> = name.into_iter().chain(addr.address.as_deref()).collect();
            Mailbox { name: Some(text.join(" ")), address: None }
        }
    }
}

fn date(value: &[u8]) -> Option<DateTime<Utc>> {
    match MessageStream::new(&lines(value, 256, &mut Vec::new())).parse_date() {
        HeaderValue::DateTime(date) if date.is_valid() => DateTime::from_timestamp(date.to_timestamp(), 0),
        _ => None,
    }
}

fn ids(value: &[u8], defects: &mut Vec<&'static str>) -> Vec<String> {
    match MessageStream::new(&lines(value, LONGEST_VALUE, defects)).parse_id() {
        HeaderValue::Text(id) => vec![id.into_owned()],
        HeaderValue::TextList(ids) => ids.into_iter().map(Cow::into_owned).collect(),
        _ => Vec::new(),
    }
}
