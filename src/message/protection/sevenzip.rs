//! 7z archives whose header is encrypted (`7z a -p -mhe=on`). One with a plain or merely
//! packed header counts as plain: what it says of its files is not cheaply known.

/// Coder id of AES-256 with SHA-256 in a 7z header.
const AES: &[u8] = b"\x06\xf1\x07\x01";
/// The header is itself packed, and this says how.
const ENCODED_HEADER: u8 = 0x17;

pub(super) fn is_protected(bytes: &[u8]) -> bool {
    let number = |at: usize| {
        let digits = bytes.get(at..at + 8)?.try_into().ok()?;
        usize::try_from(u64::from_le_bytes(digits)).ok()
    };
    let header = || {
        let start = number(12)?.checked_add(32)?;
        bytes.get(start..start.checked_add(number(20)?)?)
    };
    // A packed header's description is short: sizes, coders and their properties.
    header().is_some_and(|h| {
        h.first() == Some(&ENCODED_HEADER) && memchr::memmem::find(&h[..h.len().min(512)], AES).is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(header: &[u8]) -> Vec<u8> {
        let mut out = b"7z\xbc\xaf\x27\x1c\x00\x04\0\0\0\0".to_vec();
        out.extend(3u64.to_le_bytes());
        out.extend((header.len() as u64).to_le_bytes());
        out.extend(b"\0\0\0\0abc");
        out.extend(header);
        out
    }

    #[test]
    fn only_an_encrypted_header_counts() {
        assert!(is_protected(&archive(b"\x17\x06\x01\x09\x07\x0b\x01\x00\x01\x24\x06\xf1\x07\x01\x0a")));
        assert!(!is_protected(&archive(b"\x17\x06\x01\x09\x07\x0b\x01\x00\x01\x23\x03\x01\x01\x05")));
        assert!(!is_protected(&archive(b"\x01\x04\x06\xf1\x07\x01")));
        assert!(!is_protected(b"7z\xbc\xaf\x27\x1c"));
    }
}
