//! Reading what is encrypted with an empty user password (ISO 32000-2, section 7.6), or with 256 bits an empty owner
//! password: such files are locked only against printing or changing, and everyone who opens them reads them.

use super::object::{Dictionary, Object};
use aes::cipher::{BlockDecrypt, BlockEncrypt as _, BlockSizeUser, KeyInit, consts::U16};
use md5::Md5;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// What an empty password is filled up with (algorithm 2, step a).
const PADDING: &[u8; 32] = b"\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\
    \x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    Identity,
    Rc4,
    /// 128 bits, a key for each object.
    Aes,
    /// 256 bits, one key for all.
    Aes256,
}

#[derive(Debug)]
pub(super) struct Crypt {
    key: Vec<u8>,
    strings: Method,
    streams: Method,
    files: Method,
    pub(super) metadata: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Text,
    Stream,
    EmbeddedFile,
}

pub(super) enum Lock {
    Open(Crypt),
    /// A password or a private key is needed.
    Closed,
    /// Only the embedded files need one (`EFF`).
    FilesClosed,
    /// Makes no sense.
    Odd,
}

impl Crypt {
    /// `encrypt` with its references followed; `id` is the first of the trailer's.
    pub(super) fn unlock(encrypt: &Dictionary, id: &[u8]) -> Lock {
        let version = integer(encrypt, "V").unwrap_or(0);
        let method = |entry: &str, default: Method| {
            if version < 4 {
                return Method::Rc4;
            }
            match encrypt.raw(entry).and_then(Object::name) {
                Some(name) => filter(encrypt, name),
                None => default,
            }
        };
        let streams = method("StmF", Method::Identity);
        let mut crypt = Self {
            key: Vec::new(),
            strings: method("StrF", Method::Identity),
            streams,
            files: method("EFF", streams),
            metadata: encrypt.raw("EncryptMetadata") != Some(&Object::Boolean(false)),
        };
        let text = (crypt.strings, crypt.streams) == (Method::Identity, Method::Identity);
        let closed = if text { Lock::FilesClosed } else { Lock::Closed };
        if !encrypt.is("Filter", b"Standard") {
            return if encrypt.raw("Filter").is_some() { closed } else { Lock::Odd };
        }
        match key(encrypt, id, crypt.metadata) {
            Some(Some(key)) => {
                crypt.key = key;
                Lock::Open(crypt)
            }
            Some(None) => closed,
            None => Lock::Odd,
        }
    }

    /// Broken padding leaves what was decrypted.
    pub(super) fn decrypt(&self, kind: Kind, id: (u32, u16), data: &[u8]) -> Vec<u8> {
        let method = match kind {
            Kind::Text => self.strings,
            Kind::Stream => self.streams,
            Kind::EmbeddedFile => self.files,
        };
        match method {
            Method::Identity => data.to_vec(),
            Method::Rc4 => rc4(&self.object_key(id, b""), data),
            Method::Aes => cbc::<aes::Aes128>(&self.object_key(id, b"sAlT"), data),
            Method::Aes256 => cbc::<aes::Aes256>(&self.key, data),
        }
    }

    /// Algorithm 1.
    fn object_key(&self, (number, generation): (u32, u16), salt: &[u8]) -> Vec<u8> {
        let mut hash = Md5::new();
        hash.update(&self.key);
        hash.update(&number.to_le_bytes()[..3]);
        hash.update(generation.to_le_bytes());
        hash.update(salt);
        let mut key = hash.finalize().to_vec();
        key.truncate((self.key.len() + 5).min(16));
        key
    }
}

fn integer(dictionary: &Dictionary, key: &str) -> Option<i64> {
    dictionary.raw(key).and_then(Object::integer)
}

fn filter(encrypt: &Dictionary, name: &[u8]) -> Method {
    let filters = encrypt.raw("CF").and_then(Object::dictionary);
    let own = filters.and_then(|filters| filters.0.get(name)).and_then(Object::dictionary);
    match own.and_then(|own| own.raw("CFM")).and_then(Object::name) {
        Some(b"V2") => Method::Rc4,
        Some(b"AESV2") => Method::Aes,
        Some(b"AESV3") => Method::Aes256,
        _ => Method::Identity,
    }
}

/// `Some(None)`: another password than the empty one is needed; `None`: makes no sense.
fn key(encrypt: &Dictionary, id: &[u8], metadata: bool) -> Option<Option<Vec<u8>>> {
    let user = encrypt.raw("U").and_then(Object::text)?;
    let owner = encrypt.raw("O").and_then(Object::text)?;
    match integer(encrypt, "R")? {
        revision @ 2..=4 => {
            let (user, owner) = (whole_entry(user), whole_entry(owner));
            let key = rc4_key(encrypt, revision, &owner, id, metadata)?;
            Some(user_entry(&key, revision, id, &user).then_some(key))
        }
        revision @ (5 | 6) => {
            let whole = user.get(..48)?;
            for (entry, wrapped, more) in [(user, "UE", &[][..]), (owner, "OE", whole)] {
                let hash = |salt: &[u8]| match revision {
                    5 => Sha256::digest([salt, more].concat()).to_vec(),
                    _ => hardened(salt, more),
                };
                if hash(entry.get(32..40)?) == *entry.get(..32)? {
                    let wrapped = encrypt.raw(wrapped).and_then(Object::text)?.get(..32)?;
                    let cipher = aes::Aes256::new_from_slice(&hash(entry.get(40..48)?)).ok()?;
                    return Some(Some(unchained(&cipher, [0; 16], wrapped)));
                }
            }
            Some(None)
        }
        _ => None,
    }
}

/// An entry of 32 bytes; programs fill up what is too short.
fn whole_entry(entry: &[u8]) -> [u8; 32] {
    let mut whole = [0; 32];
    whole.iter_mut().zip(entry).for_each(|(whole, byte)| *whole = *byte);
    whole
}

/// Algorithm 2.
fn rc4_key(encrypt: &Dictionary, revision: i64, owner: &[u8], id: &[u8], metadata: bool) -> Option<Vec<u8>> {
    let permissions = integer(encrypt, "P")?;
    let mut hash = Md5::new();
    hash.update(PADDING);
    hash.update(owner);
    // Written as a signed or an unsigned number of 32 bits.
    hash.update((permissions as u32).to_le_bytes());
    hash.update(id);
    if revision >= 4 && !metadata {
        hash.update([0xff; 4]);
    }
    let mut key = hash.finalize().to_vec();
    key.truncate(if revision == 2 { 5 } else { key_length(encrypt) });
    if revision > 2 {
        for _ in 0..50 {
            let length = key.len();
            key = Md5::digest(&key).to_vec();
            key.truncate(length);
        }
    }
    Some(key)
}

/// Algorithms 4 and 5: whether the key makes the entry `U`.
fn user_entry(key: &[u8], revision: i64, id: &[u8], user: &[u8]) -> bool {
    if revision == 2 {
        return rc4(key, PADDING) == user;
    }
    let mut check = Md5::new().chain_update(PADDING).chain_update(id).finalize().to_vec();
    for round in 0..20u8 {
        let round_key: Vec<u8> = key.iter().map(|b| b ^ round).collect();
        check = rc4(&round_key, &check);
    }
    user.starts_with(&check)
}

/// In bytes. `Length` counts bits; a crypt filter's own counts bits or bytes (table 25).
fn key_length(encrypt: &Dictionary) -> usize {
    let declared = integer(encrypt, "Length").or_else(|| {
        let name = encrypt.raw("StmF").and_then(Object::name)?;
        let filter = encrypt.raw("CF").and_then(Object::dictionary)?.0.get(name)?.dictionary()?;
        integer(filter, "Length")
    });
    let by_version = if integer(encrypt, "V") == Some(4) { 128 } else { 40 };
    match declared.unwrap_or(by_version) {
        bits @ 40..=128 => bits as usize / 8,
        bytes @ 5..=16 => bytes as usize,
        _ => 16,
    }
}

pub(in crate::files) fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut stream = Rc4::new(key);
    data.iter().map(|b| b ^ stream.next()).collect()
}

/// The cipher's state, which the binary Office formats restart block by block.
pub(in crate::files) struct Rc4 {
    state: [u8; 256],
    i: u8,
    j: u8,
}

impl Rc4 {
    pub(in crate::files) fn new(key: &[u8]) -> Self {
        let mut state: [u8; 256] = std::array::from_fn(|i| i as u8);
        let mut j = 0u8;
        for (i, k) in (0..256).zip(key.iter().cycle()) {
            j = j.wrapping_add(state[i]).wrapping_add(*k);
            state.swap(i, usize::from(j));
        }
        Self { state, i: 0, j: 0 }
    }

    pub(in crate::files) fn next(&mut self) -> u8 {
        self.i = self.i.wrapping_add(1);
        let a = self.state[usize::from(self.i)];
        self.j = self.j.wrapping_add(a);
        let b = self.state[usize::from(self.j)];
        self.state.swap(usize::from(self.i), usize::from(self.j));
        self.state[usize::from(a.wrapping_add(b))]
    }
}

/// AES in CBC with the vector before the data and padding after it.
fn cbc<Cipher>(key: &[u8], data: &[u8]) -> Vec<u8>
where
    Cipher: BlockDecrypt + KeyInit + BlockSizeUser<BlockSize = U16>,
{
    let (Some((vector, rest)), Ok(cipher)) = (data.split_first_chunk::<16>(), Cipher::new_from_slice(key))
    else {
        return Vec::new();
    };
    let mut out = unchained(&cipher, *vector, rest);
    let padding = out.last().map_or(0, |b| usize::from(*b));
    if (1..=16).contains(&padding) {
        out.truncate(out.len().saturating_sub(padding));
    }
    out
}

/// AES in CBC, undone; a rest shorter than a block is dropped.
pub(in crate::files) fn unchained<Cipher>(cipher: &Cipher, vector: [u8; 16], data: &[u8]) -> Vec<u8>
where
    Cipher: BlockDecrypt + BlockSizeUser<BlockSize = U16>,
{
    let (mut out, mut previous) = (Vec::with_capacity(data.len()), vector);
    for encrypted in data.as_chunks::<16>().0 {
        let mut block = *encrypted;
        cipher.decrypt_block((&mut block).into());
        block.iter_mut().zip(previous).for_each(|(b, p)| *b ^= p);
        previous = *encrypted;
        out.extend_from_slice(&block);
    }
    out
}

/// Algorithm 2.B for the empty password, with the whole entry `U` for the owner's: at least 64 rounds and, since the
/// last byte of a round is at most 255, at most 288.
fn hardened(salt: &[u8], more: &[u8]) -> Vec<u8> {
    let mut key = Sha256::digest([salt, more].concat()).to_vec();
    for round in 0u32.. {
        let encrypted = chained(&key, &[&key[..], more].concat().repeat(64));
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

/// AES-128-CBC without padding; key and vector are the first 32 bytes of `key`.
fn chained(key: &[u8], data: &[u8]) -> Vec<u8> {
    let (Some(own), Some(vector)) = (key.get(..16), key.get(16..32)) else { return Vec::new() };
    let Ok(cipher) = aes::Aes128::new_from_slice(own) else { return Vec::new() };
    let mut previous: [u8; 16] = vector.try_into().unwrap_or_default();
    let mut out = Vec::with_capacity(data.len());
    for block in data.as_chunks::<16>().0 {
        previous.iter_mut().zip(block).for_each(|(p, b)| *p ^= b);
        cipher.encrypt_block((&mut previous).into());
        out.extend_from_slice(&previous);
    }
    out
}
