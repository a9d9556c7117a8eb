//! The shape of a message once read.

use super::{flowed, habit::Habits, transfer};
use crate::mail::Address;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, ops::Range};

/// A message over the bytes it was read from. Reading never fails: what is malformed
/// becomes fewer or odder parts, and `defects` says so.
#[derive(Debug)]
pub struct Message<'a> {
    pub raw: &'a [u8],
    pub header: Header,
    /// Every part in order of appearance; the first is the root. Parts of an attached
    /// message follow it with their own paths below it. Behind them, where they were asked for, leaves that only
    /// another reading has.
    pub parts: Vec<Part<'a>>,
    /// Where text stands in `raw` before the first and behind the last part of a multipart.
    /// Mail programs do not show it, unless they read the message differently.
    pub outside: Vec<Range<usize>>,
    /// What was malformed, in stable words (`no-header`, `too-many-parts`, ...).
    pub defects: Vec<&'static str>,
    /// What reading it in other ways came to (`read-otherwise`, ...); empty until somebody does.
    pub otherwise: Vec<&'static str>,
    /// Habits of programs that would read it otherwise, and what they may make of some leaves.
    pub(super) met: Habits,
    pub(super) beside: Vec<Part<'a>>,
}

/// By which reading of a message a part is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reading {
    /// As the standards have it, and leniently where they say nothing.
    First,
    /// As another program may read it.
    Other,
    /// A file that was pasted into a text (uuencode, yEnc), which some programs take out.
    Pasted,
    /// Lines of the header that another program shows as words: read by all rules, and no more.
    Header,
}

/// How much of a message is taken apart. What lies beyond a limit stays one undivided
/// part, and `Message::defects` names the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// Parts in all, attached messages' included.
    pub parts: usize,
    /// Multiparts and attached messages around one part.
    pub depth: usize,
    /// Attached messages within attached messages.
    pub nesting: usize,
    /// Bytes of one header block.
    pub header_bytes: usize,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self { parts: 1_000, depth: 32, nesting: 8, header_bytes: 256 * 1024 }
    }
}

/// A name with an address, as From, To and the like carry them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    pub name: Option<String>,
    /// `None` when what stood there is no address.
    pub address: Option<Address>,
}

/// The header fields the house asks for, decoded (RFC 5322 section 3.6, RFC 2047).
#[derive(Debug, Default)]
pub struct Header {
    pub from: Vec<Mailbox>,
    pub sender: Vec<Mailbox>,
    pub reply_to: Vec<Mailbox>,
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    pub bcc: Vec<Mailbox>,
    pub subject: String,
    pub message_id: Option<String>,
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    pub date: Option<DateTime<Utc>>,
    /// Auto-Submitted other than `no`, or Precedence bulk/junk/auto_reply (RFC 3834).
    pub automatic: bool,
    /// Any List-* field (RFC 2369, RFC 2919) or Precedence list.
    pub list: bool,
    /// How many Received fields.
    pub received: usize,
    /// Subjects after the first, when a message has several: readers differ in which they show.
    pub other_subjects: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferEncoding {
    SevenBit,
    EightBit,
    Binary,
    QuotedPrintable,
    Base64,
    /// A word no standard knows; the body is taken as it stands.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    Inline,
    Attachment,
}

/// What keeps a reader without the key or password out of a part (design: words).
/// A signature alone protects nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    None,
    /// A file with an open password; known once the file was opened (`files::open_parts`).
    Password,
    Smime,
    Pgp,
}

#[derive(Clone, Debug)]
pub enum Body<'a> {
    /// Indexes of the children in `Message::parts`.
    Multipart(Vec<usize>),
    /// text/* other than HTML, decoded to Unicode.
    Text(Cow<'a, str>),
    /// text/html, decoded to Unicode, tags and all.
    Html(Cow<'a, str>),
    /// Everything else, transfer encoding undone.
    Binary(Cow<'a, [u8]>),
    /// An attached message; index of its own root part.
    Message(usize),
}

#[derive(Debug)]
pub struct Part<'a> {
    /// Numbers as IMAP counts them (RFC 9051 section 6.4.5.1): `1`, `2.1`; the root of a
    /// message that is no multipart is `1`, a root multipart is the empty path.
    pub path: String,
    pub parent: Option<usize>,
    pub reading: Reading,
    /// Lower case, for example `text/plain`.
    pub media_type: String,
    pub charset: Option<String>,
    /// `format=flowed` (RFC 3676).
    pub flowed: bool,
    /// Its `DelSp=yes`.
    pub deletes_space: bool,
    pub transfer_encoding: TransferEncoding,
    pub disposition: Disposition,
    pub file_name: Option<String>,
    /// Where the part's header and its encoded body lie in `Message::raw`.
    pub header_range: Range<usize>,
    pub body_range: Range<usize>,
    pub body: Body<'a>,
    pub protection: Protection,
    /// A picture or a film lies in it, whatever its type says, or may lie in what nobody could read; known when
    /// files were opened (practice.md, A3).
    pub holds_picture: bool,
    /// Inside multipart/signed or an opaque S/MIME signature: may not be altered.
    pub signed: bool,
    /// Depth of attached messages around this part; 0 is the message itself.
    pub nesting: usize,
    /// The part in whose *decoded* body this one lies (an attached message in base64 or
    /// quoted-printable). Its ranges are then those of that part, and it cannot be edited
    /// in place.
    pub inside: Option<usize>,
    /// Of the root part of an attached message: that message's own subject.
    pub subject: Option<String>,
}

impl Part<'_> {
    /// The paragraphs of a flowed text whose words its soft breaks part, as they are shown.
    pub fn parted_by_breaks(&self) -> Option<String> {
        match &self.body {
            Body::Text(text) if self.flowed && self.deletes_space => flowed::parted(text),
            _ => None,
        }
    }
}

impl Message<'_> {
    /// A leaf as a file: its transfer encoding undone, whatever its type says. `None` for a text in an attached
    /// message that was itself encoded: of that the bytes are gone.
    pub fn content(&self, index: usize) -> Option<Cow<'_, [u8]>> {
        let part = self.parts.get(index)?;
        match &part.body {
            Body::Binary(bytes) => Some(Cow::Borrowed(bytes)),
            Body::Text(text) | Body::Html(text) if part.reading != Reading::First => {
                Some(Cow::Borrowed(text.as_bytes()))
            }
            Body::Text(_) | Body::Html(_) if part.inside.is_none() => {
                let body = self.raw.get(part.body_range.clone())?;
                Some(transfer::decode(part.transfer_encoding, body).bytes)
            }
            _ => None,
        }
    }

    /// The parts of the message as it is first read: those that have a place in its bytes, and can be edited.
    pub fn first_reading(&self) -> &[Part<'_>] {
        let end = self.parts.partition_point(|part| part.reading == Reading::First);
        self.parts.get(..end).unwrap_or_default()
    }

    /// Whether other programs may read it otherwise, whether or not anybody did.
    pub fn may_be_read_otherwise(&self) -> bool {
        !self.met.is_empty()
    }

    /// Whether every leaf with content is protected (a short cover text may not be:
    /// one unprotected part makes the message unprotected; callers look at the parts
    /// that carry findings, see `parts`). What only another reading has counts too, but not that something may be
    /// called otherwise.
    pub fn protection(&self) -> Protection {
        let is_name = |p: &Part<'_>| {
            p.reading == Reading::Header
                || p.reading != Reading::First && matches!(&p.body, Body::Text(text) if text.is_empty())
        };
        let is_leaf = |p: &&Part<'_>| !matches!(p.body, Body::Multipart(_) | Body::Message(_));
        let mut leaves = self.parts.iter().filter(is_leaf).filter(|p| !is_name(p));
        let first = leaves.next().map_or(Protection::None, |p| p.protection);
        leaves.fold(first, |all, p| all.min(p.protection))
    }

    pub fn is_signed(&self) -> bool {
        self.parts.iter().any(|p| p.signed)
    }
}
