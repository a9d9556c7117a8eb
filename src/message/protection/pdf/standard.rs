//! The standard security handler (ISO 32000-2 section 7.6.4): does the empty user
//! password open the file?

use super::object::{Dictionary, Object};
use aes::cipher::{BlockEncrypt as _, KeyInit as _};
use md5::Md5;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// What an empty password is filled up with (algorithm 2, step a).
const PADDING: &[u8; 32] = b"\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\
    \x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a";

/// `false` when the empty password opens it, and when the dictionary is too odd to say.
pub(super) fn asks_for_password(encrypt: &Dictionary, id: &[u8]) -> bool {
    let (Some(user), Some(owner)) = (encrypt.text("U"), encrypt.text("O")) else { return false };
    if !super::encrypts_content(encrypt) || user.len() < 32 || owner.len() < 32 {
        return false;
    }
    let opens = match encrypt.integer("R") {
        Some(revision @ 2..=4) => opens_by_rc4_key(encrypt, revision, &user[..32], &owner[..32], id),
        Some(5) if user.len() >= 48 => Sha256::digest(&user[32..40]).as_slice() == &user[..32],
        Some(6) if user.len() >= 48 => hardened(&user[32..40]) == user[..32],
        _ => return false,
    };
    !opens
}

/// Algorithms 2, 4, 5 and 6.
fn opens_by_rc4_key(encrypt: &Dictionary, revision: i64, user: &[u8], owner: &[u8], id: &[u8]) -> bool {
    let Some(permissions) = encrypt.integer("P") else { return false };
    let mut key = Md5::new();
    key.update(PADDING);
    key.update(owner);
    // Written as a signed or an unsigned number of 32 bits.
    key.update((permissions as u32).to_le_bytes());
    key.update(id);
    if revision >= 4 && encrypt.get("EncryptMetadata") == Some(&Object::Boolean(false)) {
        key.update([0xff; 4]);
    }
    let mut key = key.finalize().to_vec();
    key.truncate(if revision == 2 { 5 } else { key_length(encrypt) });
    if revision == 2 {
        return rc4(&key, PADDING) == user;
    }
    for _ in 0..50 {
        let length = key.len();
        key = Md5::digest(&key).to_vec();
        key.truncate(length);
    }
    let mut check = Md5::new();
    check.update(PADDING);
    check.update(id);
    let mut check = check.finalize().to_vec();
    for round in 0..20u8 {
        let round_key: Vec<u8> = key.iter().map(|b| b ^ round).collect();
        check = rc4(&round_key, &check);
    }
    check == user[..16]
}

/// In bytes. `Length` counts bits; a crypt filter's own counts bits or bytes (table 25).
fn key_length(encrypt: &Dictionary) -> usize {
    let declared = encrypt.integer("Length").or_else(|| {
        let filter = std::str::from_utf8(encrypt.name("StmF")?).ok()?;
        encrypt.dictionary("CF")?.dictionary(filter)?.integer("Length")
    });
    let by_version = if encrypt.integer("V") == Some(4) { 128 } else { 40 };
    match declared.unwrap_or(by_version) {
        bits @ 40..=128 => bits as usize / 8,
        bytes @ 5..=16 => bytes as usize,
        _ => 16,
    }
}

fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut state: [u8; 256] = std::array::from_fn(|i| i as u8);
    let mut j = 0u8;
    for (i, k) in (0..256).zip(key.iter().cycle()) {
        j = j.wrapping_add(state[i]).wrapping_add(*k);
        state.swap(i, usize::from(j));
    }
    let (mut i, mut j) = (0u8, 0u8);
    let mut keystream = || {
        i = i.wrapping_add(1);
        j = j.wrapping_add(state[usize::from(i)]);
        state.swap(usize::from(i), usize::from(j));
        state[usize::from(state[usize::from(i)].wrapping_add(state[usize::from(j)]))]
    };
    data.iter().map(|b| b ^ keystream()).collect()
}

/// Algorithm 2.B for the empty password: at least 64 rounds and, since the last byte of a
/// round is at most 255, at most 288.
fn hardened(salt: &[u8]) -> Vec<u8> {
    let mut key = Sha256::digest(salt).to_vec();
    for round in 0u32.. {
        let encrypted = encrypt_cbc(&key, &key.repeat(64));
        let sum: u32 = encrypted.iter().take(16).map(|b| u32::from(*b)).sum();
        key = match sum % 3 {
            0 => Sha256::digest(&encrypted).to_vec(),
            1 => Sha384::digest(&encrypted).to_vec(),
            _ => Sha512::digest(&encrypted).to_vec(),
        };
        let last = encrypted.last().map_or(0, |b| u32::from(*b));
        if round >= 63 && last + 32 <= round + 1 {
            break;
        }
    }
    key.truncate(32);
    key
}

/// AES-128-CBC without padding; key and initialisation vector are the first 32 bytes of
/// `key`. `data` is a multiple of 16 long.
fn encrypt_cbc(key: &[u8], data: &[u8]) -> Vec<u8> {
    let (Ok(cipher), Some(vector)) = (aes::Aes128::new_from_slice(&key[..16]), key.get(16..32)) else {
        return Vec::new();
    };
    let mut previous: [u8; 16] = std::array::from_fn(|i| vector[i]);
    let mut out = Vec::with_capacity(data.len());
    for block in data.chunks_exact(16) {
        for (p, b) in previous.iter_mut().zip(block) {
            *p ^= b;
        }
        cipher.encrypt_block((&mut previous).into());
        out.extend_from_slice(&previous);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rc4_is_rc4() {
        assert_eq!(rc4(b"Key", b"Plaintext"), b"\xbb\xf3\x16\xe8\xd9\x40\xaf\x0a\xd3");
    }
}
