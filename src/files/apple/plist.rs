//! Binary property lists (Apple's CFBinaryPList.c): the strings in them.

use super::super::{
    budget::Budget,
    bytes::slice,
    model::{Limit, Reason},
};

/// Objects of one list that are looked at.
const MOST: u64 = 10_000;
const TRAILER: usize = 32;

/// The strings of a list; `None` where it is none.
pub(super) fn strings(bytes: &[u8], budget: &mut Budget) -> Option<Vec<String>> {
    if !bytes.starts_with(b"bplist0") {
        return None;
    }
    let trailer = bytes.get(bytes.len().checked_sub(TRAILER)?..)?;
    let size = usize::from(*trailer.get(6)?);
    let (count, table) = (number(trailer.get(8..16)?)?, usize::try_from(number(trailer.get(24..32)?)?).ok()?);
    if count > MOST {
        budget.missed("attributes", "plist", Reason::Limit(Limit::Steps));
    }
    let mut out = Vec::new();
    for nth in 0..count.min(MOST) {
        let at = usize::try_from(nth).ok()?.checked_mul(size)?.checked_add(table)?;
        let Some(at) = slice(bytes, at, size).and_then(number).and_then(|at| usize::try_from(at).ok()) else {
            break;
        };
        if budget.step(1).is_err() {
            budget.missed("attributes", "plist", Reason::Limit(Limit::Steps));
            break;
        }
        out.extend(string(bytes, at));
    }
    Some(out)
}

/// Big-endian, of up to eight bytes.
fn number(bytes: &[u8]) -> Option<u64> {
    let fits = (1..=8).contains(&bytes.len());
    fits.then(|| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn string(bytes: &[u8], at: usize) -> Option<String> {
    let marker = *bytes.get(at)?;
    let (length, start) = match marker & 0x0f {
        // The length is a number of its own.
        0x0f => {
            let size = 1usize << (bytes.get(at + 1)? & 0x03);
            (usize::try_from(number(slice(bytes, at + 2, size)?)?).ok()?, at + 2 + size)
        }
        length => (usize::from(length), at + 1),
    };
    match marker >> 4 {
        0x5 | 0x7 => Some(String::from_utf8_lossy(slice(bytes, start, length)?).into_owned()),
        0x6 => Some(utf16_be(slice(bytes, start, length.checked_mul(2)?)?)),
        _ => None,
    }
}

pub(super) fn utf16_be(bytes: &[u8]) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_be_bytes(*unit));
    char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
}
