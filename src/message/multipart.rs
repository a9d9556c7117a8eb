//! A multipart taken apart by its boundary, and what is encoded as a whole.

use super::{
    Body, Part, ReadLimits, TransferEncoding,
    delimiter::Stop,
    fields::Of,
    habit::Habit,
    mime::Mime,
    place::{Place, part, transplanted},
    protection,
    read::Reader,
    transfer,
};
use std::ops::Range;

impl Reader<'_> {
    pub(super) fn multipart(&mut self, index: usize, start: usize, mime: Mime, place: &Place) {
        if place.depth >= self.limits.depth {
            self.defect("too-deep");
            self.stop = self.delimiters.next(start);
            return self.leaf(index, start, &mime, place);
        }
        if is_encoded(mime.transfer_encoding) {
            self.met.add(Habit::EncodedContainers);
            if self.habits.has(Habit::EncodedContainers) {
                return self.multipart_encoded(index, start, mime, place);
            }
        }
        self.divided(index, start, &mime, place);
    }

    /// A multipart by its boundary; the whole as one part where it has none.
    fn divided(&mut self, index: usize, start: usize, mime: &Mime, place: &Place) {
        match mime.boundary.as_deref() {
            Some(boundary) if !boundary.is_empty() => {
                if self.divided_by(boundary, index, start, mime, place) {
                    return;
                }
                // What was declared never comes: the stop is already that of a part around.
                self.defect("boundary-not-found");
            }
            boundary => {
                if boundary.is_none() {
                    self.defect("no-boundary");
                }
                self.stop = self.delimiters.next(start);
            }
        }
        if let Some(found) = first_delimiter(&self.raw[start..self.stop.content_end.max(start)]) {
            self.met.add(Habit::FindsBoundary);
            if self.habits.has(Habit::FindsBoundary) && self.divided_by(found, index, start, mime, place) {
                return;
            }
        }
        self.leaf(index, start, mime, place);
    }

    /// `false` when no line with this boundary comes.
    fn divided_by(&mut self, boundary: &str, index: usize, start: usize, mime: &Mime, place: &Place) -> bool {
        let level = self.delimiters.open(boundary);
        self.stop = self.delimiters.next(start);
        if self.stop.line.is_none_or(|line| line.level != level) {
            self.delimiters.close();
            return false;
        }
        let before = self.outside(start, boundary);
        self.parts[index].path = place.multipart.clone();
        let mut children = Vec::new();
        if before.is_some_and(|before| before.looks_like_part) && self.reads_on() {
            children.push(self.parts.len());
            let first = start + blank_at_start(&self.raw[start..]);
            self.entity(first, Of::Part, &place.child(index, &place.multipart, 0, mime));
        }
        self.children(&mut children, index, level, mime, place);
        self.delimiters.close();
        match self.stop.line {
            Some(line) if line.level == level => {
                self.stop = self.delimiters.next(line.next);
                self.outside(line.next, boundary);
            }
            _ => self.defect("no-closing-boundary"),
        }
        if mime.media_type == "multipart/encrypted" {
            protection::mark_pgp_mime(&mut self.parts, index, &children);
        }
        self.parts[index].body = Body::Multipart(children);
        self.parts[index].body_range = start..self.stop.content_end.max(start);
        true
    }

    fn reads_on(&self) -> bool {
        self.habits.has(Habit::ReadsOn)
    }

    /// Notes what stands between `start` and the delimiter found, when it says anything.
    fn outside(&mut self, start: usize, boundary: &str) -> Option<Outside> {
        let range = start..self.stop.content_end.max(start);
        let text = self.raw[range.clone()].trim_ascii();
        let usual = USUAL_PREAMBLES.iter().any(|usual| text.eq_ignore_ascii_case(usual.as_bytes()));
        if text.is_empty() || usual {
            return None;
        }
        // What looks like a further part is one to a program that ends multiparts elsewhere.
        let mut lines = text.split(|b| *b == b'\n');
        let is_delimiter =
            |line: &[u8]| line.strip_prefix(b"--").is_some_and(|l| l.starts_with(boundary.as_bytes()));
        if lines.any(|line| begins_part_field(line) || is_delimiter(line)) {
            self.defect("parts-outside");
            self.met.add(Habit::ReadsOn);
        }
        self.outside.push(range);
        Some(Outside { looks_like_part: begins_part_field(text) })
    }

    /// Reads children until the multipart's own closing delimiter, one of a part around
    /// it, or the end.
    fn children(
        &mut self,
        children: &mut Vec<usize>,
        index: usize,
        level: usize,
        mime: &Mime,
        place: &Place,
    ) {
        while let Some(line) = self.stop.line {
            if line.level != level || line.close && !(self.reads_on() && self.goes_on(line.next, level)) {
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
    }

    /// Whether something, or a further delimiter of this multipart, stands behind its closing one.
    fn goes_on(&mut self, at: usize, level: usize) -> bool {
        let stop = self.delimiters.next(at);
        stop.line.is_some_and(|line| line.level == level)
            || !self.raw[at..stop.content_end.max(at)].trim_ascii().is_empty()
    }

    /// An attached message in base64 or quoted-printable, which RFC 2046 section 5.2.1
    /// forbids and mail programs send and open all the same.
    pub(super) fn attached_encoded(&mut self, index: usize, start: usize, mime: &Mime, place: &Place) {
        self.stop = self.delimiters.next(start);
        let range = start..self.stop.content_end.max(start);
        let root = self.parts.len();
        let read = |inner: &mut Reader<'_>| {
            inner.entity(0, Of::AttachedMessage, &place.attached(index));
        };
        self.defect("encoded-message");
        let parts = self.encoded(mime, &range, read);
        self.parts
            .extend(parts.into_iter().enumerate().map(|(i, p)| transplanted(p, i, index, root, &range)));
        self.parts[index].body = Body::Message(root);
        self.parts[index].body_range = range;
    }

    /// A multipart in base64 or quoted-printable as a whole, which RFC 2045 section 6.4 forbids.
    fn multipart_encoded(&mut self, index: usize, start: usize, mime: Mime, place: &Place) {
        self.stop = self.delimiters.next(start);
        let range = start..self.stop.content_end.max(start);
        let root = self.parts.len();
        let plain = Mime { transfer_encoding: TransferEncoding::Binary, ..mime.clone() };
        let read = |inner: &mut Reader<'_>| {
            inner.parts.push(part(place, &plain, 0..0, 0));
            inner.divided(0, 0, &plain, place);
        };
        let parts = self.encoded(&mime, &range, read);
        self.parts
            .extend(parts.into_iter().enumerate().map(|(i, p)| transplanted(p, i, index, root, &range)));
        self.parts[index].body = Body::Multipart(vec![root]);
        self.parts[index].body_range = range;
    }

    /// The parts that `read` finds in what these bytes encode.
    fn encoded<'b>(
        &mut self,
        mime: &Mime,
        range: &Range<usize>,
        read: impl FnOnce(&mut Reader<'_>),
    ) -> Vec<Part<'b>> {
        let decoded = transfer::decode(mime.transfer_encoding, &self.raw[range.clone()]);
        let limits = ReadLimits { parts: self.limits.parts.saturating_sub(self.parts.len()), ..self.limits };
        let mut inner = Reader::new(&decoded.bytes, limits, self.habits);
        read(&mut inner);
        inner.finish();
        for what in std::mem::take(&mut inner.defects) {
            self.defect(what);
        }
        self.met = self.met.and(inner.met);
        self.beside.extend(inner.beside.into_iter().map(Part::into_owned));
        inner.parts.into_iter().map(Part::into_owned).collect()
    }
}

/// What stands before or behind the parts of a multipart.
struct Outside {
    looks_like_part: bool,
}

fn blank_at_start(bytes: &[u8]) -> usize {
    bytes.len() - bytes.trim_ascii_start().len()
}

/// The boundary of the first line that looks like a delimiter: a part's header follows it.
fn first_delimiter(body: &[u8]) -> Option<&str> {
    let starts = std::iter::once(0).chain(memchr::memmem::find_iter(body, b"\n--").map(|at| at + 1));
    for start in starts {
        let Some(line) = body[start..].strip_prefix(b"--") else { continue };
        let end = memchr::memchr(b'\n', line).unwrap_or(line.len());
        if line.get(end + 1..).is_some_and(begins_part_field) {
            return std::str::from_utf8(line[..end].trim_ascii_end()).ok().filter(|found| !found.is_empty());
        }
    }
    None
}

fn begins_part_field(line: &[u8]) -> bool {
    line.get(..9).is_some_and(|name| name.eq_ignore_ascii_case(b"content-t"))
}

/// What mail programs write above the first part for those that know no MIME.
pub(super) const USUAL_PREAMBLES: &[&str] = &[
    "This is a multi-part message in MIME format.",
    "This is a multi-part message in MIME format",
    "This is a multipart message in MIME format.",
    "This is a multipart message in MIME format",
    "This is a cryptographically signed message in MIME format.",
    "This is an S/MIME signed message",
    "This is an OpenPGP/MIME signed message (RFC 4880 and 3156)",
    "This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)",
];

pub(super) fn is_encoded(encoding: TransferEncoding) -> bool {
    matches!(encoding, TransferEncoding::Base64 | TransferEncoding::QuotedPrintable)
}
