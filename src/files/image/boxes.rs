//! WebP (RFC 9649) and HEIF (ISO 23008-12): pictures in containers of chunks and boxes.

use super::{
    super::{
        budget::Budget,
        bytes::{find, slice, u16_le, u32_be, u32_le},
        model::Reason,
    },
    Picture, exif, xmp,
};

/// `None` when the chunks break off.
pub(super) fn webp(bytes: &[u8], picture: &mut Picture, budget: &mut Budget) -> Option<()> {
    let whole = usize::try_from(u32_le(bytes, 4)?).ok()?.checked_add(8)?;
    picture.end = Some(whole);
    let mut at = 12;
    while at < whole.min(bytes.len()) {
        if let Err(limit) = budget.step(1) {
            picture.stopped = Some(Reason::Limit(limit));
            return Some(());
        }
        let length = usize::try_from(u32_le(bytes, at + 4)?).ok()?;
        let data = slice(bytes, at + 8, length)?;
        let wide = |at: usize| u32_le(data, at).map(|number| (number & 0xff_ffff) + 1);
        match slice(bytes, at, 4)? {
            b"VP8X" => picture.size = wide(4).zip(u32_le(data, 6).map(|number| (number >> 8) + 1)),
            b"VP8 " if picture.size.is_none() => {
                let side = |at| u16_le(data, at).map(|side| u32::from(side & 0x3fff));
                picture.size = side(6).zip(side(8));
            }
            b"VP8L" if picture.size.is_none() => {
                picture.size = u32_le(data, 1).map(|bits| ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1));
            }
            b"EXIF" => {
                exif::read(data.strip_prefix(b"Exif\0\0").unwrap_or(data), picture, budget);
            }
            b"XMP " => xmp::read(data, picture, budget),
            _ => {}
        }
        at = at.checked_add(8)?.checked_add(length.checked_next_multiple_of(2)?)?;
    }
    Some(())
}

/// The items are found by what they begin with rather than by way of their tables, which point anywhere.
pub(super) fn heic(bytes: &[u8], picture: &mut Picture, budget: &mut Budget) -> Option<()> {
    let mut at = 0;
    while let Some(found) = find(bytes, b"ispe", at) {
        if budget.step(1).is_err() {
            break;
        }
        // The largest of the picture, its tiles and its thumbnail.
        let size = u32_be(bytes, found + 8).zip(u32_be(bytes, found + 12));
        picture.size = picture.size.max(size);
        at = found + 4;
    }
    for order in [b"Exif\0\0II*\0", b"Exif\0\0MM\0*"] {
        if let Some(start) = find(bytes, order, 0) {
            exif::read(bytes.get(start + 6..)?, picture, budget);
        }
    }
    if let Some(start) = find(bytes, b"<x:xmpmeta", 0) {
        let end = find(bytes, b"</x:xmpmeta>", start).unwrap_or(bytes.len());
        xmp::read(bytes.get(start..end)?, picture, budget);
    }
    Some(())
}
