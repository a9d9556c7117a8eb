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
        Some(5) if user.len() >= 48 => Some(Sha256::digest(&user[32..40]).as_slice() == &user[..32]),
        Some(6) if user.len() >= 48 => Some(hardened(&user[32..40]) == user[..32]),
        _ => None,
    };
    opens == Some(false)
}

/// Algorithms 2, 4, 5 and 6.
fn opens_by_rc4_key(
    encrypt: &Dictionary,
    revision: i64,
    user: &[u8],
    owner: &[u8],
    id: &[u8],
) -> Option<bool> {
    let permissions = encrypt.integer("P")?;
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
        return Some(rc4(&key, PADDING) == user);
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
    Some(check == user[..16])
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

    const OWNER: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const ID: &[u8] = &[1; 16];

    fn asks(rest: &str, user: &str) -> bool {
        let text = format!("<</Filter/Standard/O<{OWNER}>/U<{user}>{rest}>>");
        asks_for_password(&Dictionary::read(text.as_bytes()).unwrap(), ID)
    }

    #[test]
    fn rc4_is_rc4() {
        assert_eq!(rc4(b"Key", b"Plaintext"), b"\xbb\xf3\x16\xe8\xd9\x40\xaf\x0a\xd3");
    }

    // The values of /U were computed by another program, for the empty user password and
    // for "secret".
    #[test]
    fn the_empty_password_opens_what_only_restricts() {
        let r2 = "/V 1/R 2/P -64";
        assert!(!asks(r2, "5bc06cb118becc2ef60c3cdd613631f1e852dd59c7e47390a0b7749f1edf621b"));
        assert!(asks(r2, OWNER));
        let r3 = "/V 2/R 3/P -1028/Length 128";
        let zeros = "00".repeat(16);
        assert!(!asks(r3, &format!("c72b4745cfc2a65a7615bddd45f5d97f{zeros}")));
        assert!(!asks(
            &r3.replace("-1028", "4294966268"),
            &format!("c72b4745cfc2a65a7615bddd45f5d97f{zeros}")
        ));
        assert!(asks(r3, &format!("590203be5f64db45c0e3cfba1c9b2b7a{zeros}")));
        let salts = "01020304050607080b0c0d0e0f101112";
        let r5 = "/V 5/R 5/StmF/StdCF";
        let opens = "66840dda154e8a113c31dd0ad32f7f3a366a80e8136979d8f5a101d3d29d6f72";
        assert!(!asks(r5, &format!("{opens}{salts}")));
        assert!(asks(r5, &format!("{OWNER}{salts}")));
        let r6 = "/V 5/R 6/StmF/StdCF";
        let opens = "8d1efb4f1bdbb651341704c2139de4f6be05d6d4609af56916b21646ed74825c";
        assert!(!asks(r6, &format!("{opens}{salts}")));
        let secret = "f73c954722fb8e39ecd42d6fbba64c7b7c9e2066d3d250ccc990bc183b4ab5b8";
        assert!(asks(r6, &format!("{secret}{salts}")));
    }

    #[test]
    fn what_cannot_be_understood_is_plain() {
        for odd in ["/V 9/R 9/P 1/StmF/StdCF", "/V 2/P 1", "/V 2/R 3", "/V 5/R 6/StmF/Identity", "/V 5/R 6"] {
            assert!(!asks(odd, &OWNER.repeat(2)), "{odd}");
        }
        assert!(!asks("/V 2/R 3/P 1", "00"));
    }
}
