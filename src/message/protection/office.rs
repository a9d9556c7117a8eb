//! Office Open XML with a password: a compound file that holds `EncryptionInfo` and
//! `EncryptedPackage` ([MS-OFFCRYPTO] section 2.3.4). Excel encrypts some files with a
//! password of its own that it never asks for; those are plain.
//!
//! The older doc, xls and ppt formats count as plain: their usual encryption has 40 bits.

use super::Effort;
use aes::cipher::{BlockDecrypt, BlockSizeUser, KeyInit, consts::U16};
use base64::Engine as _;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use std::io::{Cursor, Read as _};

const BUILT_IN: &str = "VelvetSweatshop";
/// What Office writes; a file that asks for more work than this is left plain.
const MOST_ROUNDS: u32 = 100_000;
/// The longest `EncryptionInfo` that is read.
const LONGEST_INFO: u64 = 64 * 1024;

pub(super) fn is_protected(bytes: &[u8], effort: &mut Effort) -> bool {
    let Ok(mut file) = cfb::CompoundFile::open(Cursor::new(bytes)) else { return false };
    let content = file.open_stream("/EncryptedPackage").map_or(0, |stream| stream.len());
    let Ok(stream) = file.open_stream("/EncryptionInfo") else { return false };
    let mut info = Vec::new();
    if content <= 8 || stream.take(LONGEST_INFO).read_to_end(&mut info).is_err() {
        return false;
    }
    let Some((head, rest)) = info.split_first_chunk::<8>() else { return false };
    let version = (u16::from_le_bytes([head[0], head[1]]), u16::from_le_bytes([head[2], head[3]]));
    let opens = match version {
        (4, 4) => Agile::read(rest).and_then(|agile| effort.take().then(|| agile.opens()).flatten()),
        (2..=4, 2) => Standard::read(rest).and_then(|standard| effort.take().then(|| standard.opens())),
        _ => None,
    };
    opens == Some(false)
}

fn password() -> Vec<u8> {
    BUILT_IN.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A password hashed over and over (section 2.3.4.7 and 2.3.4.11).
fn spun<D: sha2::Digest>(salt: &[u8], rounds: u32) -> Vec<u8> {
    let mut hash = D::new().chain_update(salt).chain_update(password()).finalize();
    for round in 0..rounds {
        hash = D::new().chain_update(round.to_le_bytes()).chain_update(&hash).finalize();
    }
    hash.to_vec()
}

/// AES without padding: with a vector in CBC, without in ECB. `None` for a wrong key size.
fn decrypted(key: &[u8], vector: Option<&[u8]>, data: &[u8]) -> Option<Vec<u8>> {
    match key.len() {
        16 => decrypted_by::<aes::Aes128>(key, vector, data),
        24 => decrypted_by::<aes::Aes192>(key, vector, data),
        32 => decrypted_by::<aes::Aes256>(key, vector, data),
        _ => None,
    }
}

fn decrypted_by<Cipher>(key: &[u8], vector: Option<&[u8]>, data: &[u8]) -> Option<Vec<u8>>
where
    Cipher: BlockDecrypt + KeyInit + BlockSizeUser<BlockSize = U16>,
{
    let cipher = Cipher::new_from_slice(key).ok()?;
    let mut previous = match vector {
        Some(vector) => *vector.first_chunk::<16>()?,
        None => [0; 16],
    };
    let mut out = Vec::with_capacity(data.len());
    for encrypted in data.as_chunks::<16>().0 {
        let mut block = *encrypted;
        cipher.decrypt_block((&mut block).into());
        if vector.is_some() {
            block.iter_mut().zip(previous).for_each(|(b, p)| *b ^= p);
            previous = *encrypted;
        }
        out.extend_from_slice(&block);
    }
    Some(out)
}

/// Standard encryption (section 2.3.4.5): AES in ECB, SHA-1, 50,000 rounds.
struct Standard {
    key_bytes: usize,
    salt: [u8; 16],
    verifier: [u8; 16],
    verifier_hash: Vec<u8>,
}

impl Standard {
    fn read(info: &[u8]) -> Option<Self> {
        let number = |bytes: &[u8], at: usize| {
            Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize)
        };
        let header = info.get(4..)?;
        let verifier = header.get(number(info, 0)?..)?;
        Some(Self {
            key_bytes: match number(header, 16)? / 8 {
                bytes @ (16 | 24 | 32) => bytes,
                _ => 16,
            },
            salt: verifier.get(4..20)?.try_into().ok()?,
            verifier: verifier.get(20..36)?.try_into().ok()?,
            verifier_hash: verifier.get(40..72)?.to_vec(),
        })
    }

    fn opens(&self) -> bool {
        let hash = Sha1::new().chain_update(spun::<Sha1>(&self.salt, 50_000)).chain_update([0; 4]).finalize();
        let derived = |pad: u8| {
            let block: Vec<u8> = (0..64).map(|i| pad ^ hash.get(i).copied().unwrap_or(0)).collect();
            Sha1::digest(block).to_vec()
        };
        let mut key = [derived(0x36), derived(0x5c)].concat();
        key.truncate(self.key_bytes);
        let plain = |data: &[u8]| decrypted(&key, None, data).unwrap_or_default();
        plain(&self.verifier_hash).starts_with(&Sha1::digest(plain(&self.verifier)))
    }
}

/// Agile encryption (section 2.3.4.10), described in XML.
struct Agile {
    salt: Vec<u8>,
    rounds: u32,
    key_bytes: usize,
    hash: Hash,
    verifier: Vec<u8>,
    verifier_hash: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn spun(self, salt: &[u8], rounds: u32) -> Vec<u8> {
        match self {
            Self::Sha1 => spun::<Sha1>(salt, rounds),
            Self::Sha256 => spun::<Sha256>(salt, rounds),
            Self::Sha384 => spun::<Sha384>(salt, rounds),
            Self::Sha512 => spun::<Sha512>(salt, rounds),
        }
    }

    fn of(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha384 => Sha384::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        }
    }
}

impl Agile {
    fn read(xml: &[u8]) -> Option<Self> {
        let xml = std::str::from_utf8(xml).ok()?;
        // The password's own key encryptor; its attributes repeat names of `keyData`.
        let at = xml.find("encryptedKey ")?;
        let element = &xml[at..at + xml[at..].find('>')?];
        let attribute = |name: &str| {
            let start = element.find(&format!(" {name}=\""))? + name.len() + 3;
            element.get(start..start + element.get(start..)?.find('"')?)
        };
        let bytes = |name: &str| base64::engine::general_purpose::STANDARD.decode(attribute(name)?).ok();
        let rounds = attribute("spinCount")?.parse().ok().filter(|rounds| *rounds <= MOST_ROUNDS)?;
        if attribute("cipherAlgorithm")? != "AES" || attribute("cipherChaining")? != "ChainingModeCBC" {
            return None;
        }
        Some(Self {
            salt: bytes("saltValue")?,
            rounds,
            key_bytes: attribute("keyBits")?.parse::<usize>().ok()? / 8,
            hash: match attribute("hashAlgorithm")? {
                "SHA1" | "SHA-1" => Hash::Sha1,
                "SHA256" | "SHA-256" => Hash::Sha256,
                "SHA384" | "SHA-384" => Hash::Sha384,
                "SHA512" | "SHA-512" => Hash::Sha512,
                _ => return None,
            },
            verifier: bytes("encryptedVerifierHashInput")?,
            verifier_hash: bytes("encryptedVerifierHashValue")?,
        })
    }

    /// `None` when the description makes no sense.
    fn opens(&self) -> Option<bool> {
        let spun = self.hash.spun(&self.salt, self.rounds);
        let plain = |purpose: [u8; 8], data: &[u8]| {
            let mut key = self.hash.of(&[spun.as_slice(), &purpose].concat());
            key.resize(self.key_bytes.min(32), 0x36);
            decrypted(&key, Some(&self.salt), data)
        };
        // The keys' purposes (section 2.3.4.13).
        let verifier = plain([0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79], &self.verifier)?;
        let hash = plain([0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e], &self.verifier_hash)?;
        Some(!verifier.is_empty() && hash.starts_with(&self.hash.of(&verifier)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn file(info: &[u8]) -> Vec<u8> {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_stream("/EncryptionInfo").unwrap().write_all(info).unwrap();
        file.create_stream("/EncryptedPackage").unwrap().write_all(&[7; 40]).unwrap();
        file.into_inner().into_inner()
    }

    fn protected(info: &[u8]) -> bool {
        is_protected(&file(info), &mut Effort::default())
    }

    fn agile(verifier: &str, verifier_hash: &str, rounds: u32) -> Vec<u8> {
        let mut info = vec![4, 0, 4, 0, 0x40, 0, 0, 0];
        info.extend(format!(
            "<encryption><keyData saltValue=\"AAAA\"/><p:encryptedKey spinCount=\"{rounds}\" saltSize=\"16\" \
             keyBits=\"256\" cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" hashAlgorithm=\"SHA512\" \
             saltValue=\"AAECAwQFBgcICQoLDA0ODw==\" encryptedVerifierHashInput=\"{verifier}\" \
             encryptedVerifierHashValue=\"{verifier_hash}\"/></encryption>"
        ).bytes());
        info
    }

    fn standard(verifier: &str) -> Vec<u8> {
        let head = "03000200240000002400000024000000000000000e66000004800000800000001800000000000000\
                    000000005800000010000000000102030405060708090a0b0c0d0e0f";
        let text = format!("{head}{verifier}");
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
    }

    // The verifiers were computed by another program, for the built-in password and for "secret".
    const AGILE_BUILT_IN: [&str; 2] = [
        "Gw51a4qOraudHqbbET11aw==",
        "PHaHsSWL8cVG/NJ8PtLSPiaivQdzhh2O74Oz9RD7l+axJD4I+2Hry4rQZ8RmlwsDsX7drIf6yeub+cviH13fmQ==",
    ];
    const AGILE_SECRET: [&str; 2] = [
        "Zvc5z9m7s2+sV0W23fNYqg==",
        "KhAklFAG5hstQ2F9828sKDIpeeqRagHuhmz8D642WF02IYKZfqUNalOGeO4w95sK8eVHmwHm+ZflWXlR9pZiAQ==",
    ];

    #[test]
    fn a_password_that_is_never_asked_for_protects_nothing() {
        let [input, hash] = AGILE_SECRET;
        assert!(protected(&agile(input, hash, 1000)));
        let [input, hash] = AGILE_BUILT_IN;
        assert!(!protected(&agile(input, hash, 1000)));
        assert!(protected(&standard(
            "5966812b4f857ceba418cd8896274cea14000000928487b359595cc796071433d22de989df1abbe99bcf2e6bc688ca82e192191a"
        )));
        assert!(!protected(&standard(
            "c9c388ad490e94704544db5bb838b6ee14000000be5b1399420b30a6bd10f8474fc01c60b4ea54ab54faf94e4e62a270c21bb933"
        )));
    }

    #[test]
    fn too_much_work_and_odd_files_are_plain() {
        let [input, hash] = AGILE_SECRET;
        assert!(!protected(&agile(input, hash, 100_001)));
        assert!(!is_protected(&file(&agile(input, hash, 1000)), &mut Effort(0)));
        assert!(!protected(b"\x04\0\x04\0\0\0\0\0<encryption/>"));
        assert!(!protected(b""));
        assert!(!is_protected(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", &mut Effort::default()));
    }
}
