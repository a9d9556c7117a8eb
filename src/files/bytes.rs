//! Numbers and strings out of bytes that may end too soon. All return `None` past the end.

/// `length` bytes at `at`.
pub(super) fn slice(bytes: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(length)?)
}

pub(super) fn u16_le(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(slice(bytes, at, 2)?.try_into().ok()?))
}

pub(super) fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(slice(bytes, at, 4)?.try_into().ok()?))
}

pub(super) fn u64_le(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(slice(bytes, at, 8)?.try_into().ok()?))
}

pub(super) fn u16_be(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(slice(bytes, at, 2)?.try_into().ok()?))
}

pub(super) fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(slice(bytes, at, 4)?.try_into().ok()?))
}

/// Little-endian UTF-16 up to the first NUL.
pub(super) fn utf16_le(bytes: &[u8]) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
    char::decode_utf16(units.take_while(|unit| *unit != 0)).map(|c| c.unwrap_or('\u{fffd}')).collect()
}

/// What stands before the first NUL.
pub(super) fn until_nul(bytes: &[u8]) -> &[u8] {
    memchr::memchr(0, bytes).and_then(|end| bytes.get(..end)).unwrap_or(bytes)
}

/// What can be read in bytes that are no text: runs of at least six printable characters, of UTF-8 and of
/// UTF-16, a space between two.
pub(super) fn printable(bytes: &[u8]) -> String {
    const SHORTEST: usize = 6;
    let mut out = String::new();
    let mut take = |run: &mut String| {
        if run.chars().count() >= SHORTEST {
            out.push_str(run);
            out.push(' ');
        }
        run.clear();
    };
    let mut run = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() { take(&mut run) } else { run.push(c) }
        }
        if !chunk.invalid().is_empty() {
            take(&mut run);
        }
    }
    take(&mut run);
    // One byte of two is NUL in Latin letters.
    for start in [0, 1] {
        for pair in bytes.get(start..).unwrap_or_default().as_chunks::<2>().0 {
            match pair {
                [c @ 0x20..=0x7e, 0] => run.push(char::from(*c)),
                _ => take(&mut run),
            }
        }
        take(&mut run);
    }
    out
}

/// Where `needle` stands in `bytes` from `from` on.
pub(super) fn find(bytes: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    memchr::memmem::find(bytes.get(from..)?, needle).map(|at| from + at)
}

/// The digits of hexadecimal text as bytes; white space is passed over, an odd last digit dropped.
pub(super) fn unhex(text: &[u8]) -> Vec<u8> {
    let mut digits = text.iter().filter_map(|c| char::from(*c).to_digit(16));
    let mut out = Vec::with_capacity(text.len() / 2);
    while let (Some(high), Some(low)) = (digits.next(), digits.next()) {
        out.push((high << 4 | low) as u8);
    }
    out
}

/// Base64 (RFC 4648), leniently: what is none of its letters is passed over.
pub(super) fn unbase64(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut word, mut digits) = (0u32, 0u32);
    for c in text {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => continue,
        };
        word = word << 6 | u32::from(value);
        digits += 1;
        if digits == 4 {
            out.extend_from_slice(word.to_be_bytes().get(1..).unwrap_or_default());
            (word, digits) = (0, 0);
        }
    }
    match digits {
        2 => out.push((word >> 4) as u8),
        3 => out.extend_from_slice(&((word >> 2) as u16).to_be_bytes()),
        _ => {}
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_past_the_end() {
        assert_eq!(u32_le(&[1, 0, 0], 0), None);
        assert_eq!(u16_le(&[1, 0], usize::MAX), None);
        assert_eq!(slice(&[1], 1, 0), Some(&[][..]));
        assert_eq!(utf16_le(b"H\0i\0\0\0x\0"), "Hi");
        assert_eq!(unhex(b"4 8\n69f"), b"Hi");
        assert_eq!(unbase64(b"SGVs\nbG8="), b"Hello");
    }

    #[test]
    fn words_are_seen_among_bytes() {
        let bytes =
            [b"\x01ab\0".as_slice(), "Siân Prys".as_bytes(), b"\xff\xfeY\0e\0a\0r\0 \x009\0"].concat();
        assert_eq!(printable(&bytes), "Siân Prys Year 9 ");
    }
}
