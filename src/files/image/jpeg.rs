//! JPEG (ITU T.81): segments up to the picture's end.

use super::{
    super::{
        budget::Budget,
        bytes::{slice, u16_be},
        model::Reason,
        text::charset,
    },
    Picture, exif, iptc, xmp,
};

const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";

/// `None` when the segments break off.
pub(super) fn read(bytes: &[u8], picture: &mut Picture, budget: &mut Budget) -> Option<()> {
    let mut at = 2;
    loop {
        if let Err(limit) = budget.step(1) {
            picture.stopped = Some(Reason::Limit(limit));
            return Some(());
        }
        at = marker(bytes, at)?;
        let kind = *bytes.get(at)?;
        at += 1;
        match kind {
            // End of image.
            0xd9 => {
                picture.end = Some(at);
                return Some(());
            }
            0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let length = usize::from(u16_be(bytes, at)?);
        let data = slice(bytes, at + 2, length.checked_sub(2)?)?;
        at += length;
        match kind {
            0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(&kind) => {
                picture.size =
                    u16_be(data, 3).zip(u16_be(data, 1)).map(|(width, height)| (width.into(), height.into()));
            }
            0xe1 if data.starts_with(b"Exif\0") => {
                exif::read(data.get(6..)?, picture, budget);
            }
            0xe1 if data.starts_with(XMP) => xmp::read(data.get(XMP.len()..)?, picture, budget),
            0xed if data.starts_with(PHOTOSHOP) => {
                iptc::resources(data.get(PHOTOSHOP.len()..)?, picture, budget)
            }
            0xfe => picture.say(charset::decode(data, None)),
            _ => {}
        }
    }
}

/// The byte behind the next 0xff that begins a marker, from `at` on: in the picture's data 0xff is followed
/// by zero or by a restart marker.
fn marker(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr(0xff, bytes.get(at..)?)?;
        match bytes.get(at + 1)? {
            0xff => at += 1,
            0x00 | 0xd0..=0xd7 => at += 2,
            _ => return Some(at + 1),
        }
    }
}
