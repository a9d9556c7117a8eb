//! Compressed RTF of Outlook ([MS-OXRTFCP]): a window of 4096 bytes that begins with common words.

use super::super::{budget::Budget, bytes::u32_le, model::Reason, unpack::Unpacked};

const COMMON: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const WINDOW: usize = 4096;

/// The RTF in `packed`; what was unpacked before a break is kept.
pub(in super::super) fn decompress(packed: &[u8], budget: &mut Budget) -> Unpacked {
    let broken = Unpacked::broken;
    let Some(body) = packed.get(16..) else { return broken(Reason::Malformed) };
    let most = usize::try_from(budget.may_unpack(packed.len() as u64)).unwrap_or(usize::MAX);
    let limit = budget.unpack_limit(packed.len() as u64);
    let raw = u32_le(packed, 4).and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
    let (mut bytes, whole) = match packed.get(8..12) {
        Some(b"LZFu") => unpacked(body, most),
        Some(b"MELA") => (body.get(..raw.min(most)).unwrap_or(body).to_vec(), raw <= body.len()),
        _ => return broken(Reason::Malformed),
    };
    budget.unpacked(bytes.len() as u64);
    let reason = match bytes.len() >= most {
        true => Some(Reason::Limit(limit)),
        false => (!whole).then_some(Reason::Malformed),
    };
    bytes.truncate(most);
    Unpacked { bytes, broken: reason }
}

/// What `body` unpacks to, and whether its end was there.
fn unpacked(body: &[u8], most: usize) -> (Vec<u8>, bool) {
    let mut window = [b' '; WINDOW];
    for (to, from) in window.iter_mut().zip(COMMON) {
        *to = *from;
    }
    let mut at = COMMON.len();
    let mut out = Vec::new();
    let mut rest = body.iter().copied();
    let mut put = |out: &mut Vec<u8>, window: &mut [u8; WINDOW], byte: u8| {
        if let Some(place) = window.get_mut(at) {
            *place = byte;
        }
        at = (at + 1) % WINDOW;
        out.push(byte);
        at
    };
    let mut end = COMMON.len();
    while out.len() < most {
        let Some(control) = rest.next() else { return (out, false) };
        for bit in 0..8 {
            if control >> bit & 1 == 0 {
                let Some(byte) = rest.next() else { return (out, false) };
                end = put(&mut out, &mut window, byte);
                continue;
            }
            let (Some(high), Some(low)) = (rest.next(), rest.next()) else { return (out, false) };
            let reference = usize::from(u16::from_be_bytes([high, low]));
            let (offset, length) = (reference >> 4, (reference & 0xf) + 2);
            // A reference to where writing stands ends it.
            if offset == end {
                return (out, true);
            }
            for step in 0..length {
                let byte = window.get((offset + step) % WINDOW).copied().unwrap_or(b' ');
                end = put(&mut out, &mut window, byte);
            }
        }
    }
    (out, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileLimits;

    #[test]
    fn the_examples_of_the_specification_unpack() {
        assert_eq!(COMMON.len(), 207);
        // [MS-OXRTFCP] section 4.1.
        let packed = b"\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125B2\x0a\xf3 hel\x09\0 bw\x05\xb0ld}\x0a\x80\x0f\xa0";
        let read = decompress(packed, &mut Budget::new(FileLimits::default()));
        assert_eq!(
            String::from_utf8(read.bytes).unwrap(),
            "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
        );
        assert_eq!(read.broken, None);
        let torn = decompress(packed.get(..30).unwrap(), &mut Budget::new(FileLimits::default()));
        assert!(torn.bytes.starts_with(b"{\\rtf1") && torn.broken == Some(Reason::Malformed));
    }
}
