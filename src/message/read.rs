//! Bytes to [`Message`]: one walk over the tree of parts.
//!
//! The walk is our own (docs/decisions/reading-mail.md): every limit is checked where the
//! tree grows, each byte is searched once for delimiters and decoded once, and all ranges
//! are exact.

use super::{
    Body, Header, Message, Part, ReadLimits, Reading, TransferEncoding,
    delimiter::{Delimiters, Stop},
    fields::{self, Block, Of},
    habit::{Habit, Habits},
    leaf,
    mime::Mime,
    multipart::is_encoded,
    place::{Place, part},
};
use std::ops::Range;

/// Reads `raw` (lines ended by CRLF or by LF) as a message. Never fails and never panics;
/// what is malformed or beyond a limit is named in [`Message::defects`].
pub fn read(raw: &[u8], limits: ReadLimits) -> Message<'_> {
    let Walked { header, parts, outside, defects, met, beside } = walked(raw, limits, Habits::default());
    Message { raw, header, parts, outside, defects, otherwise: Vec::new(), met, beside }
}

/// What one walk found.
pub(super) struct Walked<'a> {
    pub(super) header: Header,
    pub(super) parts: Vec<Part<'a>>,
    pub(super) outside: Vec<Range<usize>>,
    pub(super) defects: Vec<&'static str>,
    /// Habits that would have made a difference.
    pub(super) met: Habits,
    /// What else the bytes of some leaves may be.
    pub(super) beside: Vec<Part<'a>>,
}

impl Walked<'_> {
    pub(super) fn into_owned<'b>(self) -> Walked<'b> {
        Walked {
            parts: self.parts.into_iter().map(Part::into_owned).collect(),
            beside: self.beside.into_iter().map(Part::into_owned).collect(),
            header: self.header,
            outside: self.outside,
            defects: self.defects,
            met: self.met,
        }
    }
}

/// Walks through `raw` as a program with these habits.
pub(super) fn walked(raw: &[u8], limits: ReadLimits, habits: Habits) -> Walked<'_> {
    let mut reader = Reader::new(raw, limits, habits);
    let header = reader.entity(0, Of::Message, &Place::root());
    reader.finish();
    let Reader { parts, outside, defects, met, beside, .. } = reader;
    Walked { header, parts, outside, defects, met, beside }
}

pub(super) struct Reader<'a> {
    pub(super) raw: &'a [u8],
    pub(super) limits: ReadLimits,
    pub(super) habits: Habits,
    pub(super) delimiters: Delimiters<'a>,
    pub(super) parts: Vec<Part<'a>>,
    pub(super) outside: Vec<Range<usize>>,
    pub(super) defects: Vec<&'static str>,
    pub(super) met: Habits,
    pub(super) beside: Vec<Part<'a>>,
    /// The delimiter at which the entity read last ended.
    pub(super) stop: Stop,
}

impl<'a> Reader<'a> {
    pub(super) fn new(raw: &'a [u8], limits: ReadLimits, habits: Habits) -> Self {
        Self {
            raw,
            limits,
            habits,
            delimiters: Delimiters::new(raw, habits),
            parts: Vec::new(),
            outside: Vec::new(),
            defects: Vec::new(),
            met: Habits::default(),
            beside: Vec::new(),
            stop: Stop { content_end: raw.len(), line: None },
        }
    }

    pub(super) fn finish(&mut self) {
        if self.delimiters.doubtful {
            self.defect("doubtful-boundary");
        }
        self.met = self.met.and(self.delimiters.met);
    }

    pub(super) fn defect(&mut self, what: &'static str) {
        if !self.defects.contains(&what) {
            self.defects.push(what);
        }
    }

    /// Reads the entity whose header begins at `start`; leaves `self.stop` where it ends.
    pub(super) fn entity(&mut self, start: usize, of: Of, place: &Place) -> Header {
        let (mut block, header_range, body_start) = self.fields(start, of);
        self.met = self.met.and(block.met);
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

    /// The fields at `start`, where they stand, and where the body begins.
    fn fields(&mut self, start: usize, of: Of) -> (Block, Range<usize>, usize) {
        let (range, body_start) = self.header(start);
        let read = |range: &Range<usize>| {
            fields::read(&self.raw[range.clone()], of, self.limits.header_bytes, self.habits)
        };
        let block = read(&range);
        match block.odd_line {
            Some(odd) if self.habits.has(Habit::OddLineEndsHeader) => {
                let range = range.start..range.start + odd;
                (read(&range), range.clone(), range.end)
            }
            _ => (block, range, body_start),
        }
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
            if is_encoded(mime.transfer_encoding) {
                self.met.add(Habit::EncodedContainers);
                if !self.habits.has(Habit::EncodedContainers) {
                    return self.attached_encoded(index, start, &mime, place);
                }
            }
            return self.attached(index, start, place);
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

    pub(super) fn has_room(&mut self) -> bool {
        let room = self.parts.len() < self.limits.parts;
        if !room {
            self.defect("too-many-parts");
        }
        room
    }

    fn attached(&mut self, index: usize, start: usize, place: &Place) {
        let root = self.parts.len();
        self.parts[index].body = Body::Message(root);
        self.entity(start, Of::AttachedMessage, &place.attached(index));
        self.parts[index].body_range = start..self.stop.content_end.max(start);
    }

    pub(super) fn leaf(&mut self, index: usize, start: usize, mime: &Mime, place: &Place) {
        let range = start..self.stop.content_end.max(start);
        let too_deep = place.depth >= self.limits.depth && mime.media_type.starts_with("multipart/");
        let reading = if self.habits.is_empty() { Reading::First } else { Reading::Other };
        let leaf = leaf::read(mime, &self.raw[range.clone()], is_text(mime) && !too_deep, reading);
        for what in leaf.defects {
            self.defect(what);
        }
        self.beside.extend(leaf.others.into_iter().map(|other| Part {
            reading: if other.is_pasted { Reading::Pasted } else { Reading::Other },
            media_type: other.media_type,
            file_name: other.file_name,
            transfer_encoding: TransferEncoding::Binary,
            body: other.body,
            ..part(place, mime, 0..0, 0)
        }));
        let part = &mut self.parts[index];
        part.body = leaf.body;
        part.body_range = range;
        part.protection = leaf.seen.protection;
        part.signed |= leaf.seen.signed;
    }
}

/// A multipart that cannot be taken apart is shown as text by mail programs.
fn is_text(mime: &Mime) -> bool {
    mime.media_type.starts_with("text/") || mime.media_type.starts_with("multipart/")
}
