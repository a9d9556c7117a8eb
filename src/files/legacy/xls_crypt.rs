//! Binary workbooks with a password (MS-OFFCRYPTO, sections 2.3.5 to 2.3.7). Excel encrypts some with
//! a password of its own that it never asks for; those are read.

use super::strings::{u16_at, u32_at};
use crate::files::pdf::crypt::{Rc4, rc4};
use md5::Md5;
use sha1::Sha1;
use sha2::Digest as _;

const BUILT_IN: &str = "VelvetSweatshop";
/// The key changes every so many bytes.
const BLOCK: usize = 1024;

pub(super) enum Lock {
    /// There was none, or it was opened.
    None,
    Closed,
}

/// Makes the key of a block.
type Keys = Box<dyn Fn(u32) -> Vec<u8>>;

/// Undoes the encryption with the built-in password, in place.
pub(super) fn decrypt(stream: &mut [u8]) -> Lock {
    let mut at = 0;
    // It stands among the first records.
    for _ in 0..64 {
        let Some(record) = super::xls::record_at(stream, at) else { return Lock::None };
        if record.kind == 0x2f {
            let lock = Scheme::read(record.data);
            return match lock {
                Some(Scheme::Xor(key)) => {
                    undo_xor(stream, at, &key);
                    Lock::None
                }
                Some(Scheme::Rc4(keys)) => {
                    undo(stream, at, &keys);
                    Lock::None
                }
                None => Lock::Closed,
            };
        }
        at += 4 + record.data.len();
    }
    Lock::None
}

enum Scheme {
    Rc4(Keys),
    /// Sixteen bytes, over and over.
    Xor([u8; 16]),
}

impl Scheme {
    /// `None` when the built-in password does not open it.
    fn read(data: &[u8]) -> Option<Self> {
        // Before BIFF8 there is only the key and the verifier.
        if data.len() == 4 {
            return xor(u16_at(data, 0)?, u16_at(data, 2)?).map(Self::Xor);
        }
        match (u16_at(data, 0)?, u16_at(data, 2)?, u16_at(data, 4)?) {
            (0, key, verifier) => xor(key, verifier).map(Self::Xor),
            (1, 1, 1) => rc4_40(data.get(6..)?).map(Self::Rc4),
            (1, 2..=4, 2) => crypto_api(data.get(6..)?).map(Self::Rc4),
            _ => None,
        }
    }
}

fn password() -> Vec<u8> {
    BUILT_IN.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Section 2.3.6: a key of 40 bits from MD5.
fn rc4_40(data: &[u8]) -> Option<Keys> {
    let (salt, rest) = data.split_first_chunk::<16>()?;
    let (verifier, hash) = (rest.get(..16)?, rest.get(16..32)?);
    let first = Md5::digest(password());
    let mut all = Md5::new();
    for _ in 0..16 {
        all.update(first.get(..5)?);
        all.update(salt);
    }
    let base = all.finalize().get(..5)?.to_vec();
    let keys = move |block: u32| {
        Md5::new().chain_update(&base).chain_update(block.to_le_bytes()).finalize().to_vec()
    };
    let plain = rc4(&keys(0), &[verifier, hash].concat());
    (Md5::digest(plain.get(..16)?).as_slice() == plain.get(16..32)?).then(|| Box::new(keys) as Keys)
}

/// Section 2.3.5: a key of up to 128 bits from SHA-1.
fn crypto_api(data: &[u8]) -> Option<Keys> {
    let header_length = u32_at(data, 4)? as usize;
    let header = data.get(8..)?.get(..header_length)?;
    let bits = match u32_at(header, 16)? {
        0 => 40,
        bits => bits.clamp(40, 128),
    };
    let verifier = data.get(8 + header_length..)?;
    let (salt, encrypted, hash) = (verifier.get(4..20)?, verifier.get(20..36)?, verifier.get(40..60)?);
    let base = Sha1::new().chain_update(salt).chain_update(password()).finalize().to_vec();
    let length = bits as usize / 8;
    let keys = move |block: u32| {
        let mut key = Sha1::new().chain_update(&base).chain_update(block.to_le_bytes()).finalize().to_vec();
        key.truncate(length);
        // Forty bits are filled up to 128.
        if length == 5 {
            key.resize(16, 0);
        }
        key
    };
    let plain = rc4(&keys(0), &[encrypted, hash].concat());
    (Sha1::digest(plain.get(..16)?).as_slice() == plain.get(16..36)?).then(|| Box::new(keys) as Keys)
}

/// What stays as it is within an encrypted stream (MS-XLS, section 2.2.10).
fn is_plain(kind: u16) -> bool {
    matches!(kind, 0x0809 | 0x2f | 0x01ad | 0xe1 | 0x0195 | 0x0194 | 0x0138)
}

/// Every byte counts for the key's place, heads of records too.
fn undo(stream: &mut [u8], filepass: usize, keys: &Keys) {
    let mut at = filepass;
    let mut cipher: Option<(usize, usize, Rc4)> = None;
    while let Some(record) = super::xls::record_at(stream, at) {
        let (kind, length) = (record.kind, record.data.len());
        let start = at + 4;
        // Of a sheet's entry the place stays.
        let skipped = if kind == 0x85 { 4 } else { 0 };
        if !is_plain(kind) {
            for place in start + skipped..start + length {
                let block = place / BLOCK;
                let fits = cipher.as_ref().is_some_and(|(own, next, _)| *own == block && *next <= place);
                if !fits {
                    cipher = Some((block, block * BLOCK, Rc4::new(&keys(block as u32))));
                }
                let Some((_, next, stream_of_keys)) = &mut cipher else { return };
                while *next < place {
                    stream_of_keys.next();
                    *next += 1;
                }
                let key = stream_of_keys.next();
                *next += 1;
                if let Some(b) = stream.get_mut(place) {
                    *b ^= key;
                }
            }
        }
        at = start + length;
    }
}

/// Section 2.3.7.2: the array that bytes are obfuscated by, when key and verifier are those of the
/// built-in password.
fn xor(key: u16, verifier: u16) -> Option<[u8; 16]> {
    const PAD: [u8; 15] =
        [0xbb, 0xff, 0xff, 0xba, 0xff, 0xff, 0xb9, 0x80, 0x00, 0xbe, 0x0f, 0x00, 0xbf, 0x0f, 0x00];
    let mut hash = 0u16;
    let turned = |hash: u16| ((hash >> 14) & 1) | ((hash << 1) & 0x7fff);
    for b in BUILT_IN.bytes().rev() {
        hash = turned(hash) ^ u16::from(b);
    }
    hash = turned(hash) ^ BUILT_IN.len() as u16 ^ 0xce4b;
    if hash != verifier {
        return None;
    }
    let padded = BUILT_IN.bytes().chain(PAD).take(16);
    let mut array = [0; 16];
    for ((i, slot), b) in array.iter_mut().enumerate().zip(padded) {
        let half = key.to_le_bytes()[i % 2];
        *slot = (b ^ half).rotate_left(2);
    }
    Some(array)
}

fn undo_xor(stream: &mut [u8], filepass: usize, array: &[u8; 16]) {
    let mut at = filepass;
    while let Some(record) = super::xls::record_at(stream, at) {
        let (kind, length) = (record.kind, record.data.len());
        let start = at + 4;
        let skipped = if kind == 0x85 { 4 } else { 0 };
        if !is_plain(kind) {
            for place in start + skipped..start + length {
                // The place in the array depends on the record's end.
                let key = array.get((place + length) % 16).copied().unwrap_or(0);
                if let Some(b) = stream.get_mut(place) {
                    *b = b.rotate_left(3) ^ key;
                }
            }
        }
        at = start + length;
    }
}
