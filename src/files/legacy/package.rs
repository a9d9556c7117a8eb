//! Office Open XML with a password (MS-OFFCRYPTO, section 2.3.4): a compound file that holds
//! `EncryptionInfo` and `EncryptedPackage`. What Excel's built-in password opens is read.

use super::{compound::Compound, strings::u32_at};
use crate::files::{
    Budget, open,
    pdf::crypt::unchained,
    xml::{Node, Xml},
};
use aes::cipher::{BlockDecrypt, BlockSizeUser, KeyInit, consts::U16};
use base64::Engine as _;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

const BUILT_IN: &str = "VelvetSweatshop";
/// What Office writes; a file that asks for more work than this stays closed.
const MOST_ROUNDS: u32 = 100_000;
/// Agile encryption begins anew every so many bytes.
const SEGMENT: usize = 4096;

pub(super) fn read(file: &Compound<'_>, budget: &mut Budget) {
    let info = file.stream("EncryptionInfo").unwrap_or_default();
    let package = file.stream("EncryptedPackage").unwrap_or_default();
    match opened(&info, &package, budget) {
        Some(bytes) => open::open(None, None, &bytes, budget),
        None => open::protected("ooxml", budget),
    }
}

fn opened(info: &[u8], package: &[u8], budget: &mut Budget) -> Option<Vec<u8>> {
    let (length, encrypted) = package.split_first_chunk::<8>()?;
    let mut plain = match *info.first_chunk::<4>()? {
        [4, 0, 4, 0] => Agile::read(info.get(8..)?, budget)?.open(encrypted)?,
        [2..=4, 0, 2, 0] => standard(info.get(8..)?, encrypted)?,
        _ => return None,
    };
    plain.truncate(usize::try_from(u64::from_le_bytes(*length)).ok()?);
    Some(plain)
}

/// The built-in password hashed over and over (sections 2.3.4.7 and 2.3.4.11).
fn spun<D: Digest>(salt: &[u8], rounds: u32) -> Vec<u8> {
    let password: Vec<u8> = BUILT_IN.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut hash = D::new().chain_update(salt).chain_update(password).finalize();
    for round in 0..rounds {
        hash = D::new().chain_update(round.to_le_bytes()).chain_update(&hash).finalize();
    }
    hash.to_vec()
}

/// AES without padding: with a vector in CBC, without in ECB.
fn decrypted(key: &[u8], vector: Option<&[u8]>, data: &[u8]) -> Option<Vec<u8>> {
    match key.len() {
        16 => by::<aes::Aes128>(key, vector, data),
        24 => by::<aes::Aes192>(key, vector, data),
        32 => by::<aes::Aes256>(key, vector, data),
        _ => None,
    }
}

fn by<Cipher>(key: &[u8], vector: Option<&[u8]>, data: &[u8]) -> Option<Vec<u8>>
where
    Cipher: BlockDecrypt + KeyInit + BlockSizeUser<BlockSize = U16>,
{
    let cipher = Cipher::new_from_slice(key).ok()?;
    if let Some(vector) = vector {
        return Some(unchained(&cipher, *vector.first_chunk()?, data));
    }
    let mut out = Vec::with_capacity(data.len());
    for block in data.as_chunks::<16>().0 {
        let mut block = *block;
        cipher.decrypt_block((&mut block).into());
        out.extend_from_slice(&block);
    }
    Some(out)
}

/// Standard encryption (section 2.3.4.5): AES in ECB, SHA-1, 50,000 rounds.
fn standard(info: &[u8], encrypted: &[u8]) -> Option<Vec<u8>> {
    let header = info.get(4..)?;
    let verifier = header.get(u32_at(info, 0)? as usize..)?;
    let key_bytes = match u32_at(header, 16)? / 8 {
        bytes @ (16 | 24 | 32) => bytes as usize,
        _ => 16,
    };
    let spun = spun::<Sha1>(verifier.get(4..20)?, 50_000);
    let hash = Sha1::new().chain_update(spun).chain_update([0; 4]).finalize();
    let derived = |pad: u8| {
        let block: Vec<u8> = (0..64).map(|i| pad ^ hash.get(i).copied().unwrap_or(0)).collect();
        Sha1::digest(block).to_vec()
    };
    let mut key = [derived(0x36), derived(0x5c)].concat();
    key.truncate(key_bytes);
    let check = decrypted(&key, None, verifier.get(20..36)?)?;
    let expected = decrypted(&key, None, verifier.get(40..72)?)?;
    if !expected.starts_with(&Sha1::digest(check)) {
        return None;
    }
    decrypted(&key, None, encrypted)
}

#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn named(name: &str) -> Option<Self> {
        match name {
            "SHA1" | "SHA-1" => Some(Self::Sha1),
            "SHA256" | "SHA-256" => Some(Self::Sha256),
            "SHA384" | "SHA-384" => Some(Self::Sha384),
            "SHA512" | "SHA-512" => Some(Self::Sha512),
            _ => None,
        }
    }

    fn spun(self, salt: &[u8], rounds: u32) -> Vec<u8> {
        match self {
            Self::Sha1 => spun::<Sha1>(salt, rounds),
            Self::Sha256 => spun::<Sha256>(salt, rounds),
            Self::Sha384 => spun::<Sha384>(salt, rounds),
            Self::Sha512 => spun::<Sha512>(salt, rounds),
        }
    }

    fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        let data = parts.concat();
        match self {
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha384 => Sha384::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        }
    }
}

/// Agile encryption (section 2.3.4.10), described in XML: of the content and of the password's key.
struct Agile {
    content: Cipher,
    own: Cipher,
    rounds: u32,
    verifier: Vec<u8>,
    verifier_hash: Vec<u8>,
    key: Vec<u8>,
}

struct Cipher {
    salt: Vec<u8>,
    key_bytes: usize,
    hash: Hash,
}

impl Agile {
    fn read(source: &[u8], budget: &mut Budget) -> Option<Self> {
        let mut xml = Xml::new(source);
        let mut content = None;
        while let Some(node) = xml.next(budget) {
            let Node::Start(tag) = node else { continue };
            let bytes = |name: &str| base64::engine::general_purpose::STANDARD.decode(tag.get(name)?).ok();
            let cipher = || {
                let usual = tag.is("cipherAlgorithm", "AES") && tag.is("cipherChaining", "ChainingModeCBC");
                usual.then_some(Cipher {
                    salt: bytes("saltValue")?,
                    key_bytes: tag.number("keyBits")? as usize / 8,
                    hash: Hash::named(&tag.get("hashAlgorithm")?)?,
                })
            };
            match tag.name() {
                "keyData" => content = cipher(),
                "encryptedKey" => {
                    return Some(Self {
                        content: content?,
                        own: cipher()?,
                        rounds: tag.number("spinCount").filter(|rounds| *rounds <= MOST_ROUNDS)?,
                        verifier: bytes("encryptedVerifierHashInput")?,
                        verifier_hash: bytes("encryptedVerifierHashValue")?,
                        key: bytes("encryptedKeyValue")?,
                    });
                }
                _ => {}
            }
        }
        None
    }

    fn open(&self, encrypted: &[u8]) -> Option<Vec<u8>> {
        let spun = self.own.hash.spun(&self.own.salt, self.rounds);
        let plain = |purpose: [u8; 8], data: &[u8]| {
            let mut key = self.own.hash.of(&[&spun, &purpose]);
            key.resize(self.own.key_bytes.min(32), 0x36);
            decrypted(&key, Some(&self.own.salt), data)
        };
        // The keys' purposes (section 2.3.4.13).
        let verifier = plain([0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79], &self.verifier)?;
        let hash = plain([0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e], &self.verifier_hash)?;
        if verifier.is_empty() || !hash.starts_with(&self.own.hash.of(&[&verifier])) {
            return None;
        }
        let mut key = plain([0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6], &self.key)?;
        key.truncate(self.content.key_bytes);
        let mut out = Vec::with_capacity(encrypted.len());
        for (number, segment) in (0u32..).zip(encrypted.chunks(SEGMENT)) {
            let mut vector = self.content.hash.of(&[&self.content.salt, &number.to_le_bytes()]);
            vector.resize(16, 0x36);
            out.extend(decrypted(&key, Some(&vector), segment)?);
        }
        Some(out)
    }
}
