//! OpenPGP messages (RFC 9580): their packets, and whether these are encrypted. The armour's "PGP MESSAGE"
//! alone says nothing, since signed and compressed messages bear it too.

use crate::message::transfer::base64_lenient;
use std::borrow::Cow;

/// How an armoured message begins.
pub const BEGIN: &str = "-----BEGIN PGP MESSAGE-----";
const END: &[u8] = b"-----END PGP MESSAGE-----";
/// Packets before the data: sixty recipients are more than any real message has.
const MOST_BEFORE: usize = 64;

/// Tag and body (section 4.2); the body of a message that was cut ends where the message does.
#[derive(Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    pub tag: u8,
    pub body: Cow<'a, [u8]>,
}

/// Whether the text, from its first to its last line, is one encrypted message in armour
/// (section 6.2). A text that merely contains one is not.
pub fn is_encrypted_armor(text: &[u8]) -> bool {
    let Some(inner) = text.strip_prefix(BEGIN.as_bytes()) else { return false };
    let Some(inner) = inner.trim_ascii_end().strip_suffix(END) else { return false };
    let mut lines = inner.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    // The rest of the BEGIN line, then headers such as `Version:` up to an empty line.
    if lines.next() != Some(b"") {
        return false;
    }
    let lines = lines.skip_while(|line| !line.is_empty() && line.contains(&b':'));
    let mut digits = Vec::with_capacity(inner.len());
    for line in lines {
        let plain = line.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b));
        if !plain || line.len() > 128 {
            return false;
        }
        // A line that begins so is the checksum.
        if !line.starts_with(b"=") {
            digits.extend_from_slice(line);
        }
    }
    is_encrypted(&base64_lenient(&digits))
}

/// What an armoured text says in its headers (section 6.2.2.1), which nothing encrypts.
pub fn armor_headers(text: &str) -> String {
    let lines = text.trim_start().lines().skip(1).take_while(|line| !line.trim().is_empty());
    lines.filter(|line| line.contains(':')).map(str::trim).collect::<Vec<_>>().join("\n")
}

/// Whether the packets are session keys followed by encrypted data and nothing else
/// (section 10.3).
pub fn is_encrypted(packets: &[u8]) -> bool {
    let mut rest = packets;
    let mut session_keys = 0;
    for _ in 0..MOST_BEFORE {
        let Some((Packet { tag, body }, after)) = packet(rest) else { return false };
        match (tag, body.first()) {
            // Public-key and passphrase encrypted session keys, versions 2 to 6.
            (1 | 3, Some(2..=6)) => session_keys += 1,
            // Marker, padding.
            (10 | 21, _) => {}
            // Encrypted data, alone (9), integrity protected (18), with AEAD (20).
            (9, Some(_)) | (18, Some(1 | 2)) | (20, Some(1)) => {
                return session_keys > 0 && after.trim_ascii().is_empty();
            }
            _ => return false,
        }
        rest = after;
    }
    false
}

/// The first packet of `bytes`, and what follows it (section 4.2). `None` when there is none.
pub fn packet(bytes: &[u8]) -> Option<(Packet<'_>, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let number = |n: usize| {
        let digits = rest.get(..n)?;
        Some((digits.iter().fold(0usize, |v, d| v << 8 | usize::from(*d)), rest.get(n..)?))
    };
    match first {
        0xc0..=0xff => {
            let tag = first & 0x3f;
            match new_length(rest)? {
                (Length::Whole(length), body) => Some(whole(tag, length, body)),
                (Length::Piece(length), body) => Some(pieces(tag, length, body)),
            }
        }
        0x80..=0xbf => {
            let (length, body) = match first & 3 {
                0 => number(1)?,
                1 => number(2)?,
                2 => number(4)?,
                _ => (usize::MAX, rest),
            };
            Some(whole(first >> 2 & 0x0f, length, body))
        }
        _ => None,
    }
}

fn whole(tag: u8, length: usize, body: &[u8]) -> (Packet<'_>, &[u8]) {
    let (body, after) = body.split_at(length.min(body.len()));
    (Packet { tag, body: Cow::Borrowed(body) }, after)
}

enum Length {
    Whole(usize),
    /// Another length follows behind so many bytes (section 4.2.1.4).
    Piece(usize),
}

fn new_length(bytes: &[u8]) -> Option<(Length, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    Some(match first {
        short @ 0..=191 => (Length::Whole(usize::from(short)), rest),
        two @ 192..=223 => {
            let (&low, rest) = rest.split_first()?;
            (Length::Whole(((usize::from(two) - 192) << 8) + usize::from(low) + 192), rest)
        }
        power @ 224..=254 => (Length::Piece(1 << (power & 0x1f)), rest),
        255 => {
            let (four, rest) = rest.split_first_chunk::<4>()?;
            (Length::Whole(usize::try_from(u32::from_be_bytes(*four)).unwrap_or(usize::MAX)), rest)
        }
    })
}

/// A body that came in pieces, put together; one that ends too soon as far as it goes.
fn pieces(tag: u8, first: usize, bytes: &[u8]) -> (Packet<'_>, &[u8]) {
    let mut body = Vec::new();
    let (mut length, mut rest) = (Length::Piece(first), bytes);
    loop {
        let (Length::Whole(size) | Length::Piece(size)) = length;
        let (piece, after) = rest.split_at(size.min(rest.len()));
        body.extend_from_slice(piece);
        rest = after;
        let next = match length {
            Length::Piece(_) => new_length(rest),
            Length::Whole(_) => None,
        };
        let Some((size, after)) = next else { return (Packet { tag, body: Cow::Owned(body) }, rest) };
        (length, rest) = (size, after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    fn armor(packets: &[u8]) -> String {
        let digits = base64::engine::general_purpose::STANDARD.encode(packets);
        format!("{BEGIN}\nVersion: 1\n\n{digits}\n=AbCd\n-----END PGP MESSAGE-----\n")
    }

    const ENCRYPTED: &[u8] = b"\xc1\x05\x03abcd\xd2\x06\x01abcde";

    #[test]
    fn packets_decide_not_the_armour() {
        let with_passphrase = b"\x8c\x04\x04abc\xd2\xff\x00\x00\x00\x06\x01abcde";
        let only_signed = b"\xc4\x03\x03ab\xcb\x06hello!";
        assert!(is_encrypted(ENCRYPTED) && is_encrypted(with_passphrase));
        assert!(!is_encrypted(only_signed) && !is_encrypted(b"\xd2\x06\x01abcde") && !is_encrypted(b""));
        assert!(!is_encrypted(&[ENCRYPTED, b"\xcb\x06hello!"].concat()));
        assert!(is_encrypted_armor(armor(ENCRYPTED).as_bytes()));
        assert!(is_encrypted_armor(armor(ENCRYPTED).replace('\n', "\r\n").as_bytes()));
        assert!(!is_encrypted_armor(armor(only_signed).as_bytes()));
    }

    #[test]
    fn text_beside_or_inside_the_armour_is_plain() {
        let text = armor(ENCRYPTED);
        assert!(!is_encrypted_armor(format!("Dear all\n{text}").as_bytes()));
        assert!(!is_encrypted_armor(format!("{text}\nKind regards").as_bytes()));
        assert!(!is_encrypted_armor(text.replace("=AbCd", "her number is 12").as_bytes()));
        assert!(!is_encrypted_armor(BEGIN.as_bytes()));
        assert_eq!(
            armor_headers(&text.replace("Version: 1", "Comment: her number\nHash: x")),
            "Comment: her number\nHash: x"
        );
    }

    #[test]
    fn pieces_are_put_together() {
        let (read, rest) = packet(b"\xcb\xe1ab\xe0c\x02dexyz").unwrap();
        assert_eq!((read.tag, &*read.body, rest), (11, b"abcde".as_slice(), b"xyz".as_slice()));
        let (cut, rest) = packet(b"\xcb\xe1a").unwrap();
        assert_eq!((&*cut.body, rest), (b"a".as_slice(), b"".as_slice()));
        for cut in [b"".as_slice(), b"\xcb", b"\xcb\xc0", b"\xcb\xff\0\0", b"\x99\x01", b"hello"] {
            assert_eq!(packet(cut), None);
        }
    }
}
