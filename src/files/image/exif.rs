//! EXIF 2.32 and TIFF 6.0: directories of entries. Those that name people, tell a story or a place are read.

use super::{
    super::{
        budget::Budget,
        bytes::{slice, u16_be, u16_le, u32_be, u32_le, until_nul, utf16_le},
        model::{Limit, Reason},
        text::charset,
    },
    Picture, iptc, xmp,
};

/// Directories of one file.
const MOST_DIRECTORIES: usize = 64;
/// The longest text that is read of one entry.
const LONGEST_TEXT: usize = 64 * 1024;

mod tag {
    pub(super) const WIDTH: u16 = 0x0100;
    pub(super) const HEIGHT: u16 = 0x0101;
    /// Document, description, artist, computer, copyright, owner, and the spectral ones of DNG left out.
    pub(super) const TEXTS: [u16; 7] = [0x010d, 0x010e, 0x013b, 0x013c, 0x8298, 0xa430, 0x013d];
    pub(super) const XMP: u16 = 0x02bc;
    pub(super) const IPTC: u16 = 0x83bb;
    pub(super) const PHOTOSHOP: u16 = 0x8649;
    pub(super) const EXIF: u16 = 0x8769;
    pub(super) const GPS: u16 = 0x8825;
    pub(super) const COMMENT: u16 = 0x9286;
    /// Windows' title, comment, author, keywords and subject.
    pub(super) const WINDOWS: [u16; 5] = [0x9c9b, 0x9c9c, 0x9c9d, 0x9c9e, 0x9c9f];
}

/// Reads the TIFF structure in `bytes`; `None` when it is none.
pub(super) fn read(bytes: &[u8], picture: &mut Picture, budget: &mut Budget) -> Option<()> {
    // A container's own word on the size goes before that of its metadata.
    let known = picture.size;
    let tiff = Tiff { bytes, big: bytes.starts_with(b"MM") };
    let mut open = vec![(tiff.u32(4)?, false)];
    let mut done = Vec::new();
    while let Some((at, is_gps)) = open.pop() {
        if done.contains(&at) {
            continue;
        }
        if done.len() >= MOST_DIRECTORIES {
            picture.stopped = Some(Reason::Limit(Limit::Steps));
            break;
        }
        done.push(at);
        let Some(at) = usize::try_from(at).ok() else { continue };
        let Some(count) = tiff.u16(at) else { continue };
        let count = usize::from(count);
        if let Err(limit) = budget.step(count as u64 + 1) {
            picture.stopped = Some(Reason::Limit(limit));
            break;
        }
        let entries: Vec<Entry<'_>> = (0..count).map_while(|i| tiff.entry(at + 2 + 12 * i)).collect();
        if is_gps {
            picture.has_location |= is_place(&tiff, &entries);
            continue;
        }
        for entry in &entries {
            match entry.tag {
                tag::EXIF | 0x014a => open.push((entry.number, false)),
                tag::GPS => open.push((entry.number, true)),
                // Many entries may name one long value.
                _ => match budget.step(cost(entry)) {
                    Ok(()) => tell(entry, picture, budget),
                    Err(limit) => picture.stopped = Some(Reason::Limit(limit)),
                },
            }
        }
        if let Some(next) = tiff.u32(at + 2 + 12 * count).filter(|next| *next != 0) {
            open.push((next, false));
        }
    }
    picture.size = known.or(picture.size);
    Some(())
}

/// What reading an entry takes, in bytes.
fn cost(entry: &Entry<'_>) -> u64 {
    let is_read = tag::TEXTS.contains(&entry.tag)
        || tag::WINDOWS.contains(&entry.tag)
        || [tag::COMMENT, tag::XMP, tag::IPTC, tag::PHOTOSHOP].contains(&entry.tag);
    if is_read { entry.value.len() as u64 } else { 0 }
}

fn tell(entry: &Entry<'_>, picture: &mut Picture, budget: &mut Budget) {
    let value = entry.value.get(..LONGEST_TEXT).unwrap_or(entry.value);
    if value.len() < entry.value.len() && cost(entry) > 0 {
        picture.stopped = Some(Reason::Limit(Limit::Text));
    }
    match entry.tag {
        tag::WIDTH => {
            picture.size = Some((entry.number, picture.size.map_or(u32::MAX, |(_, height)| height)))
        }
        tag::HEIGHT => picture.size = Some((picture.size.map_or(u32::MAX, |(width, _)| width), entry.number)),
        tag if tag::TEXTS.contains(&tag) => picture.say(charset::decode(until_nul(value), None)),
        tag if tag::WINDOWS.contains(&tag) => picture.say(utf16_le(value)),
        tag::COMMENT => picture.say(comment(value)),
        tag::XMP => xmp::read(entry.value, picture, budget),
        tag::IPTC => iptc::records(entry.value, picture),
        tag::PHOTOSHOP => iptc::resources(entry.value, picture, budget),
        _ => {}
    }
}

/// `UserComment`: eight bytes that name the charset, then the text.
fn comment(value: &[u8]) -> String {
    let text = value.get(8..).unwrap_or_default();
    if value.starts_with(b"UNICODE\0") {
        charset::decode(text, Some("utf-16"))
    } else {
        charset::decode(until_nul(text), None)
    }
}

/// Whether latitude and longitude are there and say something: cameras without a fix write zeros.
fn is_place(tiff: &Tiff<'_>, entries: &[Entry<'_>]) -> bool {
    let degrees = |tag: u16| {
        let value = entries.iter().find(|entry| entry.tag == tag)?.value;
        let part = |i: usize| Some((tiff.u32_in(value, 8 * i)?, tiff.u32_in(value, 8 * i + 4)?));
        Some((0..3).filter_map(part).any(|(over, under)| over > 0 && under > 0))
    };
    degrees(2).is_some() && degrees(4).is_some() && (degrees(2) == Some(true) || degrees(4) == Some(true))
}

struct Tiff<'a> {
    bytes: &'a [u8],
    big: bool,
}

#[derive(Debug)]
struct Entry<'a> {
    tag: u16,
    value: &'a [u8],
    /// The value when it is one number.
    number: u32,
}

impl<'a> Tiff<'a> {
    fn u16(&self, at: usize) -> Option<u16> {
        if self.big { u16_be(self.bytes, at) } else { u16_le(self.bytes, at) }
    }

    fn u32_in(&self, bytes: &[u8], at: usize) -> Option<u32> {
        if self.big { u32_be(bytes, at) } else { u32_le(bytes, at) }
    }

    fn u32(&self, at: usize) -> Option<u32> {
        self.u32_in(self.bytes, at)
    }

    fn entry(&self, at: usize) -> Option<Entry<'a>> {
        let (tag, kind) = (self.u16(at)?, self.u16(at + 2)?);
        let size = match kind {
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 => 8,
            _ => 1,
        };
        let length = usize::try_from(self.u32(at + 4)?).ok()?.saturating_mul(size);
        let number = if kind == 3 { self.u16(at + 8)?.into() } else { self.u32(at + 8)? };
        let start = if length <= 4 { at + 8 } else { usize::try_from(self.u32(at + 8)?).ok()? };
        // A value that is not there leaves the others readable.
        Some(Entry { tag, value: slice(self.bytes, start, length).unwrap_or_default(), number })
    }
}
