//! OpenPGP messages (RFC 9580): whether one is encrypted, by its packets. The armour's
//! "PGP MESSAGE" alone says nothing, since signed and compressed messages bear it too.

/// How much of an armoured message is decoded to see its first packets.
const HEAD: usize = 16 * 1024;
const BEGIN: &[u8] = b"-----BEGIN PGP MESSAGE-----";
const END: &[u8] = b"-----END PGP MESSAGE-----";

/// Whether the text, from its first to its last line, is one encrypted message in armour
/// (RFC 9580 section 6.2). A text that merely contains one is not.
pub(super) fn is_armored_message(text: &[u8]) -> bool {
    let Some(inner) = text.strip_prefix(BEGIN) else { return false };
    let Some(inner) = inner.trim_ascii_end().strip_suffix(END) else { return false };
    let mut lines = inner.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    // The rest of the BEGIN line, then headers such as `Version:` up to an empty line.
    if lines.next() != Some(b"") {
        return false;
    }
    let mut lines = lines.skip_while(|line| !line.is_empty() && line.contains(&b':')).peekable();
    let mut head = Vec::with_capacity(1024);
    for line in lines.by_ref() {
        let digits = line.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b));
        if !digits || line.len() > 128 {
            return false;
        }
        if head.len() < HEAD && !line.starts_with(b"=") {
            head.extend_from_slice(line);
        }
    }
    is_encrypted(&crate::message::transfer::base64_lenient(&head))
}

/// Whether the packets are session keys followed by encrypted data (RFC 9580 section 10.3).
pub(super) fn is_encrypted(packets: &[u8]) -> bool {
    let mut rest = packets;
    let mut session_keys = 0;
    // Sixty recipients are more than any real message has before its data.
    while session_keys < 64 {
        let Some((tag, body, after)) = packet(rest) else { return false };
        match (tag, body.first()) {
            // Public-key and passphrase encrypted session keys, versions 2 to 6.
            (1 | 3, Some(2..=6)) => session_keys += 1,
            // Marker.
            (10, _) => {}
            // Encrypted data, alone (9), integrity protected (18), with AEAD (20).
            (9, Some(_)) | (18, Some(1 | 2)) | (20, Some(1)) => return session_keys > 0,
            _ => return false,
        }
        rest = after;
    }
    false
}

/// Tag, (the beginning of) the body, and what follows (RFC 9580 section 4.2).
fn packet(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let number = |n: usize| {
        let digits = rest.get(..n)?;
        Some((digits.iter().fold(0usize, |v, d| v << 8 | usize::from(*d)), &rest[n..]))
    };
    let (tag, (length, body)) = match first {
        0xc0..=0xff => (
            first & 0x3f,
            match *rest.first()? {
                short @ 0..=191 => (usize::from(short), &rest[1..]),
                two @ 192..=223 => {
                    let low = usize::from(*rest.get(1)?);
                    (((usize::from(two) - 192) << 8) + low + 192, &rest[2..])
                }
                // Partial lengths: only data packets have them, and those come last.
                224..=254 => (usize::MAX, &rest[1..]),
                255 => (rest.get(1..5)?.iter().fold(0, |v, d| v << 8 | usize::from(*d)), &rest[5..]),
            },
        ),
        0x80..=0xbf => (
            first >> 2 & 0x0f,
            match first & 3 {
                0 => number(1)?,
                1 => number(2)?,
                2 => number(4)?,
                _ => (usize::MAX, rest),
            },
        ),
        _ => return None,
    };
    let end = length.min(body.len());
    Some((tag, &body[..end], &body[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    fn armor(packets: &[u8]) -> String {
        let digits = base64::engine::general_purpose::STANDARD.encode(packets);
        format!("-----BEGIN PGP MESSAGE-----\nVersion: 1\n\n{digits}\n=AbCd\n-----END PGP MESSAGE-----\n")
    }

    #[test]
    fn packets_decide_not_the_armour() {
        let encrypted = b"\xc1\x05\x03abcd\xd2\x06\x01abcde";
        let with_passphrase = b"\x8c\x04\x04abc\xd2\xff\x00\x00\x00\x06\x01abcde";
        let only_signed = b"\xc4\x03\x03ab\xcb\x06hello!";
        assert!(is_encrypted(encrypted) && is_encrypted(with_passphrase));
        assert!(!is_encrypted(only_signed) && !is_encrypted(b"\xd2\x06\x01abcde") && !is_encrypted(b""));
        assert!(is_armored_message(armor(encrypted).as_bytes()));
        assert!(is_armored_message(armor(encrypted).replace('\n', "\r\n").as_bytes()));
        assert!(!is_armored_message(armor(only_signed).as_bytes()));
    }

    #[test]
    fn text_beside_or_inside_the_armour_is_plain() {
        let text = armor(b"\xc1\x05\x03abcd\xd2\x06\x01abcde");
        assert!(!is_armored_message(format!("Dear all\n{text}").as_bytes()));
        assert!(!is_armored_message(format!("{text}\nKind regards").as_bytes()));
        assert!(!is_armored_message(text.replace("=AbCd", "her number is 12").as_bytes()));
        assert!(!is_armored_message(b"-----BEGIN PGP MESSAGE-----"));
    }
}
