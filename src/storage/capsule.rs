//! The form of a vault object: an age file of a zstd stream of one JSON line (the
//! envelope) and the bytes as presented, without the parts that the line names: each of those
//! is an age file of a zstd stream of its bytes. `age -d -i EPOCH OBJECT | zstd -d` shows either;
//! docs/storage.md has the lines of shell that put them together.

use super::{
    attachments::PartLabel,
    error::StoreError,
    keys::{PublicKey, for_age},
};
use crate::mail::{Envelope, Recipient, ReversePath, TransactionId};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};

/// Mail text shrinks little more above this, and time grows.
const LEVEL: i32 = 3;
/// The JSON line; the envelope of 1,000 recipients takes a tenth of it.
const LONGEST_LABEL: u64 = 4 << 20;

/// The JSON line: what the envelope said, when, and the digest of the bytes after it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Label {
    pub(super) format: String,
    pub(super) transaction: TransactionId,
    pub(super) received_at: DateTime<Utc>,
    pub(super) sender: ReversePath,
    pub(super) parameters: Vec<String>,
    pub(super) recipients: Vec<Recipient>,
    /// SHA-256 of the bytes, hex.
    pub(super) sha256: String,
    pub(super) bytes: u64,
    /// What was cut out of the bytes, in order.
    #[serde(default)]
    pub(super) parts: Vec<PartLabel>,
}

pub(super) const FORMAT: &str = "gatehouse-object/2";
/// Before parts were kept apart.
const FIRST_FORMAT: &str = "gatehouse-object/1";

impl Label {
    pub(super) fn envelope(self) -> Envelope {
        Envelope { sender: self.sender, parameters: self.parameters, recipients: self.recipients }
    }
}

/// Compresses and encrypts; heavy, so run it where blocking is allowed.
pub(super) fn pack(label: &Label, raw: &[u8], to: &[PublicKey]) -> Result<Bytes, StoreError> {
    let mut line = serde_json::to_vec(label).map_err(|e| unpacked(&e))?;
    line.push(b'\n');
    sealed(&line, raw, to)
}

/// The same for a part, which has no label.
pub(super) fn pack_part(content: &[u8], to: &[PublicKey]) -> Result<Bytes, StoreError> {
    sealed(b"", content, to)
}

fn unpacked(e: &dyn std::fmt::Display) -> StoreError {
    StoreError::Us(format!("an object cannot be packed: {e}"))
}

fn sealed(line: &[u8], bytes: &[u8], to: &[PublicKey]) -> Result<Bytes, StoreError> {
    let boxed = for_age(to)?;
    let recipients = boxed.iter().map(|r| r.as_ref() as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients).map_err(|e| unpacked(&e))?;
    let write = || {
        let out = Vec::with_capacity(bytes.len() / 2 + 1024);
        let mut zstd = zstd::Encoder::new(encryptor.wrap_output(out)?, LEVEL)?;
        zstd.write_all(line)?;
        zstd.write_all(bytes)?;
        zstd.finish()?.finish()
    };
    write().map(Bytes::from).map_err(|e| unpacked(&e))
}

/// Why an object did not open; the caller knows its name.
pub(super) type Fault = &'static str;

/// Decrypts and unpacks an object of at most `limit` bytes of message. Where its label has
/// parts, the bytes are without them.
pub(super) fn unpack<'a>(
    object: &[u8],
    identities: impl Iterator<Item = &'a dyn age::Identity>,
    limit: u64,
) -> Result<(Label, Bytes), Fault> {
    let plain = opened(object, identities, limit.saturating_add(LONGEST_LABEL))?;
    let end = memchr::memchr(b'\n', &plain).ok_or("has no label")?;
    let label: Label =
        serde_json::from_slice(&plain[..end]).map_err(|_| "has a label that cannot be read")?;
    if ![FORMAT, FIRST_FORMAT].contains(&label.format.as_str()) {
        return Err("is of a format that this version does not know");
    }
    Ok((label, plain.slice(end + 1..)))
}

/// The same for a part of so many bytes.
pub(super) fn unpack_part<'a>(
    object: &[u8],
    identities: impl Iterator<Item = &'a dyn age::Identity>,
    bytes: u64,
) -> Result<Vec<u8>, Fault> {
    let content = opened(object, identities, bytes)?;
    if content.len() as u64 == bytes { Ok(content.into()) } else { Err("has a part of another length") }
}

fn opened<'a>(
    object: &[u8],
    identities: impl Iterator<Item = &'a dyn age::Identity>,
    room: u64,
) -> Result<Bytes, Fault> {
    let decryptor = age::Decryptor::new(object).map_err(|_| "is no age file")?;
    let reader = decryptor.decrypt(identities).map_err(|e| match e {
        age::DecryptError::NoMatchingKeys => "is not encrypted to this key",
        _ => "does not decrypt: it was changed",
    })?;
    let zstd = zstd::Decoder::new(reader).map_err(|_| "is no zstd stream")?;
    let mut plain = Vec::new();
    zstd.take(room.saturating_add(1))
        .read_to_end(&mut plain)
        .map_err(|_| "does not decrypt: it was changed")?;
    if plain.len() as u64 > room {
        return Err("is larger than its row says");
    }
    Ok(plain.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;
    use age::x25519;

    fn public(key: &x25519::Identity) -> PublicKey {
        PublicKey::Native(key.to_public())
    }

    fn label(raw: &[u8]) -> Label {
        Label {
            format: FORMAT.into(),
            transaction: TransactionId(7),
            received_at: DateTime::UNIX_EPOCH,
            sender: ReversePath::Null,
            parameters: vec![],
            recipients: vec![Recipient::new(Address::parse("a@b.example").unwrap())],
            sha256: String::new(),
            bytes: raw.len() as u64,
            parts: Vec::new(),
        }
    }

    #[test]
    fn an_object_opens_with_each_of_its_keys_and_no_other() {
        let (one, two, other) =
            (x25519::Identity::generate(), x25519::Identity::generate(), x25519::Identity::generate());
        let raw = b"From: x\r\n\r\n\x00\xff\nbody\n";
        let object = pack(&label(raw), raw, &[public(&one), public(&two)]).unwrap();
        for key in [&one, &two] {
            let (label, back) = unpack(&object, std::iter::once(key as _), 100).unwrap();
            assert_eq!((&back[..], label.recipients.len()), (&raw[..], 1));
        }
        assert!(unpack(&object, std::iter::once(&other as _), 100).is_err());
        let mut changed = object.to_vec();
        *changed.last_mut().unwrap() ^= 1;
        assert!(unpack(&changed, std::iter::once(&one as _), 100).is_err());
        assert!(unpack(&object[..object.len() - 9], std::iter::once(&one as _), 100).is_err());
    }

    #[test]
    fn an_object_that_swells_is_stopped() {
        let key = x25519::Identity::generate();
        let raw = vec![b'a'; 8 << 20];
        let object = pack(&label(&raw), &raw, &[public(&key)]).unwrap();
        assert!(object.len() < 8 << 10);
        assert_eq!(
            unpack(&object, std::iter::once(&key as _), 100).err(),
            Some("is larger than its row says")
        );
    }
}
