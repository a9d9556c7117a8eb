//! CMS (RFC 5652), the format of S/MIME: encrypted content is told, signed and packed content is opened.
//! Writers use BER with lengths that are only known at the end, so both are read.

use super::{
    super::{
        budget::Budget,
        bytes::unbase64,
        mail,
        model::{Protection, Reason},
        open::{self, File},
        unpack::{Inflate, drain},
    },
    closed,
};
use crate::message::cms::{self, Content};
use std::borrow::Cow;

/// id-ct-compressedData (RFC 3274).
const COMPRESSED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09";
/// Elements within elements that are walked.
const DEEPEST: usize = 16;

pub(in super::super) fn read(file: &File<'_>, budget: &mut Budget) {
    let armored = file.bytes.starts_with(b"-----BEGIN").then(|| {
        let body = file.bytes.splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default();
        let end = memchr::memmem::find(body, b"-----END").unwrap_or(body.len());
        unbase64(body.get(..end).unwrap_or(body))
    });
    let bytes = armored.as_deref().unwrap_or(file.bytes);
    match cms::content(bytes) {
        Some(Content::Enveloped) => closed("", "smime", Protection::Smime, budget),
        Some(_) => within(bytes, budget),
        None => budget.missed("", "smime", Reason::Malformed),
    }
}

/// The content that a signature or the like is around. A signature alone and a list of certificates have none.
fn within(bytes: &[u8], budget: &mut Budget) {
    let Some(signed) = inner(bytes) else { return budget.missed("", "smime", Reason::Malformed) };
    let Some(content) = signed.content else { return };
    let whole = match signed.is_packed {
        // Two bytes of zlib stand before the packed ones (RFC 1950).
        true => drain(Inflate::new(content.get(2..).unwrap_or_default()), content.len(), None, budget),
        false => super::super::unpack::Unpacked { bytes: content.into_owned(), broken: None },
    };
    if let Some(reason) = whole.broken {
        budget.missed("", "smime", reason);
    }
    let read = |budget: &mut Budget| match is_entity(&whole.bytes) {
        true => mail::open_mail(&whole.bytes, budget),
        false => open::open(None, None, &whole.bytes, budget),
    };
    if let Err(limit) = budget.within("content", read) {
        budget.missed("", "smime", Reason::Limit(limit));
    }
}

/// Whether it begins with a field of MIME, as the content of S/MIME does (RFC 8551, section 3.1).
fn is_entity(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    let name = start.split(|byte| *byte == b':').next().unwrap_or_default().to_ascii_lowercase();
    name.len() < start.len() && (name.starts_with(b"content-") || name == b"mime-version")
}

struct Inner<'a> {
    is_packed: bool,
    content: Option<Cow<'a, [u8]>>,
}

/// ContentInfo: type, then [0] with the version, lists, and the content's own type and bytes.
fn inner(bytes: &[u8]) -> Option<Inner<'_>> {
    let mut info = Element::first(bytes, 0)?.children();
    let kind = info.next()?.bytes;
    let data = info.next()?.children().next()?;
    // The first sequence that begins with a type and goes on with [0] or ends: a digest's has NULL there.
    let (_, content) = data.children().find_map(|element| {
        let mut parts = (element.tag == SEQUENCE).then(|| element.children())?;
        let kind = parts.next().filter(|part| part.tag == OBJECT_ID)?;
        match parts.next() {
            None => Some((kind, None)),
            Some(part) if part.tag == EXPLICIT => Some((kind, part.children().next())),
            Some(_) => None,
        }
    })?;
    Some(Inner { is_packed: kind == COMPRESSED, content: content.map(|octets| octets.octets()) })
}

const OBJECT_ID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const EXPLICIT: u8 = 0xa0;
const CONSTRUCTED: u8 = 0x20;

/// One element of BER (X.690): its tag and what it holds.
#[derive(Clone, Copy)]
struct Element<'a> {
    tag: u8,
    bytes: &'a [u8],
    depth: usize,
}

impl<'a> Element<'a> {
    fn first(bytes: &'a [u8], depth: usize) -> Option<Self> {
        Some(next(bytes, depth)?.0)
    }

    fn children(self) -> impl Iterator<Item = Self> {
        let mut rest = if self.tag & CONSTRUCTED == 0 { &[] } else { self.bytes };
        std::iter::from_fn(move || {
            let (element, behind) = next(rest, self.depth + 1)?;
            rest = behind;
            Some(element)
        })
    }

    /// The bytes of an octet string, which may come in several.
    fn octets(self) -> Cow<'a, [u8]> {
        if self.tag & CONSTRUCTED == 0 {
            return Cow::Borrowed(self.bytes);
        }
        Cow::Owned(self.children().flat_map(|part| part.octets().into_owned()).collect())
    }
}

/// The first element and what stands behind it. One that is cut goes to the end.
fn next(bytes: &[u8], depth: usize) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&short, rest) = rest.split_first()?;
    // Tags of several bytes do not come in CMS; two zeros end what has no length.
    if depth > DEEPEST || tag & 0x1f == 0x1f || (tag, short) == (0, 0) {
        return None;
    }
    let (bytes, behind) = match short {
        0x80 => endless(rest, depth)?,
        0..0x80 => rest.split_at_checked(usize::from(short)).unwrap_or((rest, &[])),
        _ => {
            let (digits, rest) =
                rest.split_at_checked(usize::from(short & 0x7f)).filter(|(d, _)| d.len() <= 8)?;
            let length = digits.iter().fold(0u64, |v, d| v << 8 | u64::from(*d));
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            rest.split_at_checked(length).unwrap_or((rest, &[]))
        }
    };
    Some((Element { tag, bytes, depth }, behind))
}

/// What an element without a length holds: elements up to two zeros.
fn endless(bytes: &[u8], depth: usize) -> Option<(&[u8], &[u8])> {
    let mut rest = bytes;
    while let Some((_, behind)) = next(rest, depth + 1) {
        rest = behind;
    }
    let held = bytes.get(..bytes.len() - rest.len())?;
    Some((held, rest.strip_prefix(&[0, 0]).unwrap_or(rest)))
}
