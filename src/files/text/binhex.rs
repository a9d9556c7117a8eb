//! BinHex 4.0 (RFC 1741): a file of an old Macintosh in letters and signs.

use super::super::{
    budget::Budget,
    bytes::{slice, u32_be},
    model::Reason,
    open,
};

/// "with BinHex 4.0)" by the standard, and what else programs say ("; you knew that already.)").
const MARK: &[u8] = b"(This file must be converted";
/// The signs for 0 to 63 (RFC 1741, appendix A).
const SIGNS: &[u8; 64] = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
/// Stands before the number of times that a byte is repeated.
const REPEAT: u8 = 0x90;

/// Whether the file is, or carries, one in BinHex.
pub(super) fn is_in(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), MARK).is_some()
}

/// Opens the file that `text` carries; what stands around it is text like any other.
pub(super) fn read(text: &str, budget: &mut Budget) {
    if budget.member().is_err() || file(text.as_bytes(), budget).is_none() {
        budget.missed("", "binhex", Reason::Malformed);
    }
}

fn file(text: &[u8], budget: &mut Budget) -> Option<()> {
    let mark = memchr::memmem::find(text, MARK)?;
    let behind = text.get(mark..)?;
    let line = memchr::memchr(b'\n', behind)?;
    let body = behind.get(line..)?;
    let body = body.get(memchr::memchr(b':', body)? + 1..)?;
    let end = memchr::memchr(b':', body).unwrap_or(body.len());
    let packed = bytes(body.get(..end)?);
    let most = budget.may_unpack(packed.len() as u64);
    let Some(whole) = repeated(&packed, most) else {
        let limit = budget.unpack_limit(packed.len() as u64);
        budget.missed("", "binhex", Reason::Limit(limit));
        return Some(());
    };
    budget.unpacked(whole.len() as u64);
    let length = usize::from(*whole.first()?);
    let name = String::from_utf8_lossy(slice(&whole, 1, length)?).into_owned();
    // A NUL, type and creator of four bytes each, and flags of two stand before the lengths of both forks.
    let lengths = length + 12;
    let (data, resources) = (u32_be(&whole, lengths)? as usize, u32_be(&whole, lengths + 4)? as usize);
    let start = lengths + 10;
    let fork = |at: usize, length: usize| slice(&whole, at, length.min(whole.len().saturating_sub(at)));
    open::name(&name, budget);
    open::within(Some(&name), None, fork(start, data)?, budget);
    if resources > 0
        && let Some(fork) = fork(start + data + 2, resources)
    {
        open::within(Some(&format!("{name} (resources)")), None, fork, budget);
    }
    Some(())
}

/// Six bits to a sign; line ends and what is no sign are passed over.
fn bytes(body: &[u8]) -> Vec<u8> {
    let mut values = [None; 256];
    for (value, sign) in (0u32..).zip(SIGNS) {
        values[usize::from(*sign)] = Some(value);
    }
    let mut out = Vec::with_capacity(body.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for value in body.iter().filter_map(|sign| values[usize::from(*sign)]) {
        bits = bits << 6 | value;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}

/// With repeated bytes put in; `None` where that would be more than `most`.
fn repeated(packed: &[u8], most: u64) -> Option<Vec<u8>> {
    let mut out: Vec<u8> = Vec::with_capacity(packed.len());
    let mut bytes = packed.iter().copied();
    while let Some(byte) = bytes.next() {
        match (byte, out.last().copied()) {
            (REPEAT, last) => match (bytes.next().unwrap_or(0), last) {
                (0, _) => out.push(REPEAT),
                (times, Some(last)) => out.extend(std::iter::repeat_n(last, usize::from(times) - 1)),
                (_, None) => {}
            },
            (byte, _) => out.push(byte),
        }
        if out.len() as u64 > most {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileLimits;

    /// `name` with a data fork, packed as the format says.
    fn packed(name: &str, data: &[u8]) -> String {
        let mut whole = vec![name.len() as u8];
        whole.extend_from_slice(name.as_bytes());
        whole.extend_from_slice(b"\0TEXTttxt\0\0");
        let length = repeated(data, u64::MAX).map_or(0, |whole| whole.len());
        whole.extend_from_slice(&(length as u32).to_be_bytes());
        whole.extend_from_slice(&[0, 0, 0, 0, 1, 1]);
        whole.extend_from_slice(data);
        whole.extend_from_slice(&[1, 1, 0, 0]);
        let mut signs = String::new();
        for three in whole.chunks(3) {
            let bits =
                three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
            for shift in [18, 12, 6, 0] {
                signs.push(char::from(SIGNS[(bits >> shift & 63) as usize]));
            }
        }
        format!("Hello\n\n(This file must be converted with BinHex 4.0)\n\n:{signs}:\n")
    }

    fn texts(text: &str) -> String {
        let mut budget = Budget::new(FileLimits::default());
        read(text, &mut budget);
        let opened = budget.finish();
        format!(
            "{:?} {:?}",
            opened.pieces.iter().map(|p| p.text.as_str()).collect::<Vec<_>>(),
            opened.missed.len()
        )
    }

    #[test]
    fn the_file_in_it_is_opened() {
        let data = b"a line with x\x90\x05 in it";
        assert_eq!(texts(&packed("a.txt", data)), "[\"a.txt\", \"a line with xxxxx in it\"] 0");
    }

    #[test]
    fn what_is_broken_is_said() {
        assert!(texts("(This file must be converted with BinHex 4.0)\n\n:!!!:").ends_with(" 1"));
        let bomb = packed("b", &[b"x".as_slice(), &[0x90, 255].repeat(3_000_000)].concat());
        assert!(texts(&bomb).ends_with(" 1"));
    }
}
