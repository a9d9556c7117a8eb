//! PNG (third edition): chunks, of which tEXt, zTXt, iTXt and eXIf hold texts.

use super::{
    super::{
        budget::Budget,
        bytes::{slice, u32_be, unhex, until_nul},
        model::{Limit, Reason},
        text::charset,
        unpack::{Inflate, drain},
    },
    Picture, exif, iptc, xmp,
};

/// The longest text of one chunk.
const LONGEST_TEXT: u64 = 1024 * 1024;

/// `None` when the chunks break off.
pub(super) fn read(bytes: &[u8], picture: &mut Picture, budget: &mut Budget) -> Option<()> {
    let mut at = 8;
    loop {
        if let Err(limit) = budget.step(1) {
            picture.stopped = Some(Reason::Limit(limit));
            return Some(());
        }
        let length = usize::try_from(u32_be(bytes, at)?).ok()?;
        let data = slice(bytes, at + 8, length)?;
        match slice(bytes, at + 4, 4)? {
            b"IHDR" => picture.size = u32_be(data, 0).zip(u32_be(data, 4)),
            b"tEXt" => {
                let key = until_nul(data);
                text(key, data.get(key.len() + 1..).unwrap_or_default(), picture, budget);
            }
            b"zTXt" => {
                let key = until_nul(data);
                let value = unzipped(data.get(key.len() + 2..).unwrap_or_default(), picture, budget);
                text(key, &value, picture, budget);
            }
            b"iTXt" => international(data, picture, budget),
            b"eXIf" => {
                exif::read(data, picture, budget);
            }
            b"IEND" => {
                picture.end = Some(at + 12);
                return Some(());
            }
            _ => {}
        }
        at = at.checked_add(12)?.checked_add(length)?;
    }
}

fn text(key: &[u8], value: &[u8], picture: &mut Picture, budget: &mut Budget) {
    // ImageMagick's way to keep what other formats have.
    if key.starts_with(b"Raw profile type ") {
        let digits = value.splitn(4, |byte| *byte == b'\n').nth(3).unwrap_or_default();
        let data = unhex(digits);
        match key.get(17..) {
            Some(b"exif" | b"APP1") => {
                exif::read(data.strip_prefix(b"Exif\0\0").unwrap_or(&data), picture, budget);
            }
            Some(b"iptc") => iptc::resources(&data, picture, budget),
            Some(b"xmp") => xmp::read(&data, picture, budget),
            _ => {}
        }
        return;
    }
    if key == b"XML:com.adobe.xmp" {
        return xmp::read(value, picture, budget);
    }
    picture.say(charset::decode(value, None));
}

/// Keyword, whether it is packed, how, language, translated keyword, text in UTF-8.
fn international(data: &[u8], picture: &mut Picture, budget: &mut Budget) {
    let key = until_nul(data);
    let packed = data.get(key.len() + 1) == Some(&1);
    let rest = data.get(key.len() + 3..).unwrap_or_default();
    let rest = rest.get(until_nul(rest).len() + 1..).unwrap_or_default();
    let value = rest.get(until_nul(rest).len() + 1..).unwrap_or_default();
    match packed {
        true => {
            let value = unzipped(value, picture, budget);
            text(key, &value, picture, budget);
        }
        false => text(key, value, picture, budget),
    }
}

fn unzipped(data: &[u8], picture: &mut Picture, budget: &mut Budget) -> Vec<u8> {
    // Zlib's header of two bytes (RFC 1950) stands before.
    let packed = data.get(2..).unwrap_or_default();
    let mut unpacked = drain(Inflate::new(packed), packed.len(), Some(LONGEST_TEXT + 1), budget);
    if unpacked.bytes.len() as u64 > LONGEST_TEXT {
        unpacked.bytes.truncate(LONGEST_TEXT as usize);
        unpacked.broken = Some(Reason::Limit(Limit::Text));
    }
    picture.stopped = picture.stopped.or(unpacked.broken);
    unpacked.bytes
}
