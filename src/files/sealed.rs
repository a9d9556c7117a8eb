//! Files that are encrypted or signed as a whole: CMS (RFC 5652) and binary OpenPGP (RFC 9580).

use super::{
    budget::Budget,
    bytes::{find, unbase64},
    model::{Protection, Reason, TraitKind},
    open::File,
};

/// `1.2.840.113549.1.7.3`, enveloped data.
const ENVELOPED: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";
/// `1.2.840.113549.1.9.16.1.23`, authenticated enveloped data (RFC 5083).
const AUTHENTICATED: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17";
/// The longest tag, length and object id at the start.
const START: usize = 40;

pub(super) fn cms(file: &File<'_>, budget: &mut Budget) {
    let armored = file.bytes.starts_with(b"-----BEGIN").then(|| {
        let body = file.bytes.splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default();
        unbase64(body.get(..256).unwrap_or(body))
    });
    let bytes = armored.as_deref().unwrap_or(file.bytes);
    let start = bytes.get(..START).unwrap_or(bytes);
    let is = |id: &[u8]| find(start, id, 0).is_some_and(|at| at <= 6);
    if is(ENVELOPED) || is(AUTHENTICATED) {
        budget.found("", TraitKind::Protected(Protection::Smime));
        budget.missed("", "smime", Reason::Protected);
    } else if !file.has_ending(&["p7s", "p7b", "p7c"]) {
        // Signed content: Gatehouse's message room takes it apart.
        budget.missed("", "smime", Reason::NotSupported);
    }
}

/// Whether a file that says so by its name is an OpenPGP message to a key or a password: packets of
/// tag 1 or 3, then the encrypted data, tags 9, 18 or 20.
pub(super) fn is_openpgp(file: &File<'_>) -> bool {
    if !file.has_ending(&["pgp", "gpg"]) {
        return false;
    }
    let (mut at, mut keys) = (0usize, 0);
    for _ in 0..64 {
        let Some((tag, length, header)) = file.bytes.get(at..).and_then(packet) else { return false };
        match tag {
            1 | 3 => keys += 1,
            10 => {}
            9 | 18 | 20 => return keys > 0 || tag == 9,
            _ => return false,
        }
        let Some(next) = length.and_then(|length| at.checked_add(header)?.checked_add(length)) else {
            return false;
        };
        at = next;
    }
    false
}

/// Tag, length (none when it is partial or to the end) and length of the header (section 4.2).
fn packet(bytes: &[u8]) -> Option<(u8, Option<usize>, usize)> {
    let first = *bytes.first()?;
    let at = |i: usize| bytes.get(i).map(|byte| usize::from(*byte));
    if first & 0x80 == 0 {
        return None;
    }
    if first & 0x40 != 0 {
        let tag = first & 0x3f;
        return Some(match at(1)? {
            length @ 0..=191 => (tag, Some(length), 2),
            high @ 192..=223 => (tag, Some(((high - 192) << 8) + at(2)? + 192), 3),
            255 => (tag, Some(at(2)? << 24 | at(3)? << 16 | at(4)? << 8 | at(5)?), 6),
            _ => (tag, None, 2),
        });
    }
    let tag = first >> 2 & 0xf;
    Some(match first & 3 {
        0 => (tag, Some(at(1)?), 2),
        1 => (tag, Some(at(1)? << 8 | at(2)?), 3),
        2 => (tag, Some(at(1)? << 24 | at(2)? << 16 | at(3)? << 8 | at(4)?), 5),
        _ => (tag, None, 1),
    })
}
