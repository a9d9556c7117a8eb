//! GIF89a: blocks of sub-blocks, of which comments hold texts.

use super::{
    super::{
        budget::Budget,
        bytes::{find, u16_le},
        model::Reason,
        text::charset,
    },
    Picture, xmp,
};

/// `None` when the blocks break off.
pub(super) fn read(bytes: &[u8], picture: &mut Picture, budget: &mut Budget) -> Option<()> {
    picture.size = Some((u16_le(bytes, 6)?.into(), u16_le(bytes, 8)?.into()));
    let mut at = 13 + table(*bytes.get(10)?);
    loop {
        if let Err(limit) = budget.step(1) {
            picture.stopped = Some(Reason::Limit(limit));
            return Some(());
        }
        match (*bytes.get(at)?, bytes.get(at + 1)) {
            (0x3b, _) => {
                picture.end = Some(at + 1);
                return Some(());
            }
            (0x21, Some(0xfe)) => {
                let (text, next) = blocks(bytes, at + 2)?;
                picture.say(charset::decode(&text, None));
                at = next;
            }
            (0x21, Some(0x01)) => {
                // Plain text: 13 bytes of layout, then what a program draws.
                let (text, next) = blocks(bytes, at + 2)?;
                picture.say(charset::decode(text.get(12..).unwrap_or_default(), None));
                at = next;
            }
            (0x21, Some(_)) => {
                let (data, next) = blocks(bytes, at + 2)?;
                if data.starts_with(b"XMP DataXMP") {
                    // It stands there unblocked, so that its text runs over all lengths.
                    let whole = bytes.get(at + 14..next)?;
                    let end = find(whole, b"<?xpacket end", 0).unwrap_or(whole.len());
                    xmp::read(whole.get(..end)?, picture, budget);
                }
                at = next;
            }
            (0x2c, _) => {
                at += 10 + table(*bytes.get(at + 9)?) + 1;
                at = blocks(bytes, at)?.1;
            }
            _ => return None,
        }
    }
}

/// Bytes of the colour table that these flags announce.
fn table(flags: u8) -> usize {
    if flags & 0x80 != 0 { 3 << ((flags & 7) + 1) } else { 0 }
}

/// The data of the sub-blocks at `at`, and where the next block begins.
fn blocks(bytes: &[u8], mut at: usize) -> Option<(Vec<u8>, usize)> {
    let mut data = Vec::new();
    loop {
        let length = usize::from(*bytes.get(at)?);
        if length == 0 {
            return Some((data, at + 1));
        }
        data.extend_from_slice(bytes.get(at + 1..at + 1 + length)?);
        at += 1 + length;
    }
}
