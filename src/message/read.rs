//! Bytes to [`Message`]: one walk over the tree of parts.
//!
//! The walk is our own (docs/decisions/reading-mail.md): every limit is checked where the
//! tree grows, each byte is searched once for delimiters and decoded once, and all ranges
//! are exact.

use super::{
    Body, Header, Message, Part, ReadLimits, TransferEncoding, charset,
    delimiter::{Delimiters, Stop},
    fields::{self, Mime, Of},
    place::{Place, part, transplanted},
    protection, transfer,
};
use std::ops::Range;

/// Reads `raw` (lines ended by CRLF or by LF) as a message. Never fails and never panics;
/// what is malformed or beyond a limit is named in [`Message::defects`].
pub fn read(raw: &[u8], limits: ReadLimits) -> Message<'_> {
    let mut reader = Reader::new(raw, limits);
    let header = reader.entity(0, Of::Message, &Place::root());
    reader.finish();
    Message { raw, header, parts: reader.parts, outside: reader.outside, defects: reader.defects }
}

struct Reader<'a> {
    raw: &'a [u8],
    limits: ReadLimits,
    delimiters: Delimiters<'a>,
    parts: Vec<Part<'a>>,
    outside: Vec<Range<usize>>,
    defects: Vec<&'static str>,
    /// The delimiter at which the entity read last ended.
    stop: Stop,
}

impl<'a> Reader<'a> {
    fn new(raw: &'a [u8], limits: ReadLimits) -> Self {
        Self {
            raw,
            limits,
            delimiters: Delimiters::new(raw),
            parts: Vec::new(),
            outside: Vec::new(),
            defects: Vec::new(),
            stop: Stop { content_end: raw.len(), line: None },
        }
    }

    fn finish(&mut self) {
        if self.delimiters.doubtful {
            self.defect("doubtful-boundary");
        }
    }

    fn defect(&mut self, what: &'static str) {
        if !self.defects.contains(&what) {
            self.defects.push(what);
        }
    }

    /// Reads the entity whose header begins at `start`; leaves `self.stop` where it ends.
    fn entity(&mut self, start: usize, of: Of, place: &Place) -> Header {
        let (header_range, body_start) = self.header(start);
        let mut block = fields::read(&self.raw[header_range.clone()], of, self.limits.header_bytes);
        for what in std::mem::take(&mut block.defects) {
            self.defect(what);
        }
        let (header_range, body_start) = match block.any || header_range.is_empty() {
            true => (header_range, body_start),
            false => {
                self.defect("no-header");
                (start..start, start)
            }
        };
        let mut mime = block.mime;
        if mime.media_type.is_empty() {
            mime.media_type = place.default_type.into();
        }
        let index = self.parts.len();
        self.parts.push(part(place, &mime, header_range, body_start));
        if of == Of::AttachedMessage {
            self.parts[index].subject = Some(std::mem::take(&mut block.header.subject));
        }
        self.body(index, body_start, mime, place);
        block.header
    }

    /// The header block at `start` and where its body begins: an empty line lies between,
    /// unless a delimiter line or the end comes first.
    fn header(&mut self, start: usize) -> (Range<usize>, usize) {
        let raw = self.raw;
        let mut at = start;
        while at < raw.len() {
            match &raw[at..] {
                [b'\n', ..] => return (start..at, at + 1),
                [b'\r', b'\n', ..] => return (start..at, at + 2),
                [b'-', b'-', ..] if self.delimiters.at(at).is_some() => return (start..at, at),
                rest => at += memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1),
            }
        }
        (start..raw.len(), raw.len())
    }

    fn body(&mut self, index: usize, start: usize, mime: Mime, place: &Place) {
        let attached = matches!(mime.media_type.as_str(), "message/rfc822" | "message/global");
        if mime.media_type.starts_with("multipart/") {
            return self.multipart(index, start, mime, place);
        }
        if attached && self.may_nest(place) {
            if !encoded(mime.transfer_encoding) {
                self.attached(index, start, place);
                return;
            }
            self.stop = self.delimiters.next(start);
            return self.attached_encoded(index, start, &mime, place);
        }
        self.stop = self.delimiters.next(start);
        self.leaf(index, start, &mime, place);
    }

    fn may_nest(&mut self, place: &Place) -> bool {
        let room = place.nesting < self.limits.nesting && place.depth < self.limits.depth;
        if !room {
            self.defect("too-many-nested");
        }
        room && self.has_room()
    }

    fn has_room(&mut self) -> bool {
        let room = self.parts.len() < self.limits.parts;
        if !room {
            self.defect("too-many-parts");
        }
        room
    }

    fn multipart(&mut self, index: usize, start: usize, mime: Mime, place: &Place) {
        let boundary = mime.boundary.as_deref().filter(|b| !b.is_empty());
        if place.depth >= self.limits.depth {
            self.defect("too-deep");
        }
        let Some(boundary) = boundary.filter(|_| place.depth < self.limits.depth) else {
            if mime.boundary.is_none() {
                self.defect("no-boundary");
            }
            self.stop = self.delimiters.next(start);
            return self.leaf(index, start, &mime, place);
        };
        let level = self.delimiters.open(boundary);
        self.stop = self.delimiters.next(start);
        if self.stop.line.is_none_or(|line| line.level != level) {
            // What was declared never comes: the stop is already that of a part around.
            self.delimiters.close();
            self.defect("boundary-not-found");
            return self.leaf(index, start, &mime, place);
        }
        self.outside(start);
        self.parts[index].path = place.multipart.clone();
        let children = self.children(index, level, &mime, place);
        self.delimiters.close();
        match self.stop.line {
            Some(line) if line.level == level => {
                self.stop = self.delimiters.next(line.next);
                self.outside(line.next);
            }
            _ => self.defect("no-closing-boundary"),
        }
        if mime.media_type == "multipart/encrypted" {
            protection::mark_pgp_mime(&mut self.parts, index, &children);
        }
        self.parts[index].body = Body::Multipart(children);
        self.parts[index].body_range = start..self.stop.content_end.max(start);
    }

    /// Notes what stands between `start` and the delimiter found, when it says anything.
    fn outside(&mut self, start: usize) {
        let range = start..self.stop.content_end.max(start);
        let text = self.raw[range.clone()].trim_ascii();
        let usual = USUAL_PREAMBLES.iter().any(|usual| text.eq_ignore_ascii_case(usual.as_bytes()));
        if !text.is_empty() && !usual {
            // What looks like a further part is one to a program that ends multiparts elsewhere.
            if text.split(|b| *b == b'\n').any(begins_part_field) {
                self.defect("parts-outside");
            }
            self.outside.push(range);
        }
    }

    /// Reads children until the multipart's own closing delimiter, one of a part around
    /// it, or the end.
    fn children(&mut self, index: usize, level: usize, mime: &Mime, place: &Place) -> Vec<usize> {
        let mut children = Vec::new();
        while let Some(line) = self.stop.line {
            if line.level != level || line.close {
                break;
            }
            if !self.has_room() {
                // What is left stands in no part; the defect says so.
                self.stop = Stop { content_end: self.raw.len(), line: None };
                break;
            }
            children.push(self.parts.len());
            let child = place.child(index, &place.multipart, children.len(), mime);
            self.entity(line.next, Of::Part, &child);
        }
        children
    }

    fn attached(&mut self, index: usize, start: usize, place: &Place) {
        let root = self.parts.len();
        self.parts[index].body = Body::Message(root);
        self.entity(start, Of::AttachedMessage, &place.attached(index));
        self.parts[index].body_range = start..self.stop.content_end.max(start);
    }

    /// An attached message in base64 or quoted-printable, which RFC 2046 section 5.2.1
    /// forbids and mail programs send and open all the same.
    fn attached_encoded(&mut self, index: usize, start: usize, mime: &Mime, place: &Place) {
        let range = start..self.stop.content_end.max(start);
        let decoded = transfer::decode(mime.transfer_encoding, &self.raw[range.clone()]);
        self.defect("encoded-message");
        let root = self.parts.len();
        let limits = ReadLimits { parts: self.limits.parts - root, ..self.limits };
        let mut inner = Reader::new(&decoded.bytes, limits);
        inner.entity(0, Of::AttachedMessage, &place.attached(index));
        inner.finish();
        for what in std::mem::take(&mut inner.defects) {
            self.defect(what);
        }
        let inner = inner.parts.into_iter().enumerate();
        self.parts.extend(inner.map(|(i, part)| transplanted(part, i, index, root, &range)));
        self.parts[index].body = Body::Message(root);
        self.parts[index].body_range = range;
    }

    fn leaf(&mut self, index: usize, start: usize, mime: &Mime, place: &Place) {
        let range = start..self.stop.content_end.max(start);
        let decoded = transfer::decode(mime.transfer_encoding, &self.raw[range.clone()]);
        if decoded.flawed {
            self.defect("bad-transfer-encoding");
        }
        let seen = protection::of(mime, &decoded.bytes);
        let too_deep = place.depth >= self.limits.depth && mime.media_type.starts_with("multipart/");
        let body = if is_text(mime) && !too_deep {
            let (text, fit) = charset::decode(decoded.bytes, mime.charset.as_deref());
            match fit {
                charset::Fit::Good => {}
                charset::Fit::Damaged => self.defect("bad-charset"),
                charset::Fit::Unknown => self.defect("unknown-charset"),
            }
            if mime.media_type == "text/html" { Body::Html(text) } else { Body::Text(text) }
        } else {
            Body::Binary(decoded.bytes)
        };
        let part = &mut self.parts[index];
        part.body = body;
        part.body_range = range;
        part.protection = seen.protection;
        part.signed |= seen.signed;
    }
}

fn begins_part_field(line: &[u8]) -> bool {
    line.get(..9).is_some_and(|name| name.eq_ignore_ascii_case(b"content-t"))
}

/// What mail programs write above the first part for those that know no MIME.
const USUAL_PREAMBLES: &[&str] = &[
    "This is a multi-part message in MIME format.",
    "This is a multi-part message in MIME format",
    "This is a multipart message in MIME format.",
    "This is a multipart message in MIME format",
    "This is a cryptographically signed message in MIME format.",
    "This is an S/MIME signed message",
    "This is an OpenPGP/MIME signed message (RFC 4880 and 3156)",
    "This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)",
];

/// A multipart that cannot be taken apart is shown as text by mail programs.
fn is_text(mime: &Mime) -> bool {
    mime.media_type.starts_with("text/") || mime.media_type.starts_with("multipart/")
}

fn encoded(encoding: TransferEncoding) -> bool {
    matches!(encoding, TransferEncoding::Base64 | TransferEncoding::QuotedPrintable)
}
