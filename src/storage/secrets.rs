//! The store key: 32 random bytes that encrypt columns, key the hashes by which
//! addresses are looked up, and seal the ledger's head. It lies down only as an
//! age file for the working key and the recovery key, so that a change of the working
//! key rewraps one file and no row.

use super::{
    error::StoreError,
    keys::{self, Keys},
    store::Random,
};
use crate::mail::Address;
use age::secrecy::{ExposeSecret, ExposeSecretMut, SecretBox};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, KeyInit as _, Mac};
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;
use std::io::Read;

/// 24 bytes of nonce come before the ciphertext.
const NONCE: usize = 24;

pub(super) struct Secrets {
    lookup: SecretBox<[u8; 32]>,
    head: SecretBox<[u8; 32]>,
    check: [u8; 32],
    columns: XChaCha20Poly1305,
    random: Random,
}

/// The secrets, and the file that is to take the place of the one they came from.
pub(super) type Unlocked = (Secrets, Option<Vec<u8>>);

impl Secrets {
    /// Opens the store key's age file, or makes the key when there is none yet. What is to lie
    /// in its place comes back with it: a new file, or one wrapped anew because the working key
    /// has changed. `None` without a working key.
    pub(super) fn unlock(
        file: Option<&[u8]>,
        keys: &Keys,
        random: &Random,
    ) -> Result<Option<Unlocked>, StoreError> {
        let Some(recipients) = keys.working_recipients() else { return Ok(None) };
        let working = keys.working.as_ref().ok_or(StoreError::NoWorkingKey)?;
        let mut key = SecretBox::new(Box::new([0_u8; 32]));
        let new = match file {
            None => {
                random(key.expose_secret_mut());
                Some(keys::encrypt(&recipients, key.expose_secret())?)
            }
            Some(file) => match open(file, working.identities().take(1), &mut key) {
                // Only an older identity fits: the working key was changed.
                Err(StoreError::WrongWorkingKey) => {
                    open(file, working.identities(), &mut key)?;
                    Some(keys::encrypt(&recipients, key.expose_secret())?)
                }
                opened => opened.map(|()| None)?,
            },
        };
        Ok(Some((Self::derive(&key, random.clone()), new)))
    }

    /// The file, wrapped for the first working key and the recovery keys as they are now.
    pub(super) fn wrapped_anew(file: &[u8], keys: &Keys) -> Result<Vec<u8>, StoreError> {
        let recipients = keys.working_recipients().ok_or(StoreError::NoWorkingKey)?;
        let working = keys.working.as_ref().ok_or(StoreError::NoWorkingKey)?;
        let mut key = SecretBox::new(Box::new([0_u8; 32]));
        open(file, working.identities(), &mut key)?;
        Ok(keys::encrypt(&recipients, key.expose_secret())?)
    }

    fn derive(key: &SecretBox<[u8; 32]>, random: Random) -> Self {
        let sub = |label: &str| SecretBox::new(Box::new(mac(key, &[label.as_bytes()])));
        let columns = sub("gatehouse columns 1");
        Self {
            lookup: sub("gatehouse lookup 1"),
            head: sub("gatehouse ledger head 1"),
            check: mac(key, &[b"gatehouse check 1"]),
            columns: XChaCha20Poly1305::new(columns.expose_secret().into()),
            random,
        }
    }

    /// Tells whether another store key made a database, without telling the key.
    pub(super) fn check(&self) -> [u8; 32] {
        self.check
    }

    /// The keyed hash of `parts`, apart for each `purpose`.
    pub(super) fn hash(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut all = vec![purpose.as_bytes()];
        all.extend_from_slice(parts);
        mac(&self.lookup, &all)
    }

    pub(super) fn address(&self, address: &Address) -> [u8; 32] {
        self.hash("address", &[address.key().as_bytes()])
    }

    pub(super) fn head_seal(&self, rows: i64, hash: &[u8]) -> [u8; 32] {
        mac(&self.head, &[&rows.to_be_bytes(), hash])
    }

    /// Encrypts a value for one place (`item/ID`); it opens nowhere else.
    pub(super) fn seal(&self, place: &str, value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
        let plain = serde_json::to_vec(value).map_err(|e| StoreError::Us(e.to_string()))?;
        self.seal_bytes(place, &plain)
    }

    pub(super) fn seal_bytes(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE];
        (self.random)(&mut nonce);
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let sealed = self
            .columns
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| StoreError::Us("a value is too long to encrypt".into()))?;
        Ok([&nonce[..], &sealed].concat())
    }

    pub(super) fn open<T: DeserializeOwned>(&self, place: &str, sealed: &[u8]) -> Result<T, StoreError> {
        let plain = self.open_bytes(place, sealed)?;
        serde_json::from_slice(&plain).map_err(|_| damaged(place))
    }

    pub(super) fn open_bytes(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or_else(|| damaged(place))?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        self.columns.decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged(place))
    }
}

fn damaged(place: &str) -> StoreError {
    StoreError::Damaged(format!("the encrypted part of {place} does not open"))
}

/// HMAC-SHA-256 over length-prefixed parts, so that no two lists of parts look alike.
fn mac(key: &SecretBox<[u8; 32]>, parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of every length (RFC 2104 section 2), this one of 32 bytes.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose_secret()) else { unreachable!() };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn open<'a>(
    sealed: &[u8],
    identities: impl Iterator<Item = &'a dyn age::Identity>,
    key: &mut SecretBox<[u8; 32]>,
) -> Result<(), StoreError> {
    let broken = |what: &dyn std::fmt::Display| StoreError::StoreKey(what.to_string());
    let decryptor = age::Decryptor::new(sealed).map_err(|e| broken(&e))?;
    let mut reader = decryptor.decrypt(identities).map_err(|e| match e {
        age::DecryptError::NoMatchingKeys => StoreError::WrongWorkingKey,
        e => broken(&e),
    })?;
    reader.read_exact(key.expose_secret_mut()).map_err(|e| broken(&e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{WorkingKey, system_random};

    fn secrets(file: Option<&[u8]>, keys: &Keys) -> Result<(Secrets, Option<Vec<u8>>), StoreError> {
        Secrets::unlock(file, keys, &system_random()).map(Option::unwrap)
    }

    fn keys() -> Keys {
        Keys::new(Some(WorkingKey::ephemeral()), &[], &[]).unwrap()
    }

    #[test]
    fn a_sealed_value_opens_only_in_its_place_and_unchanged() {
        let (s, _) = secrets(None, &keys()).unwrap();
        let mut sealed = s.seal("item/1", &"canary").unwrap();
        assert_eq!(s.open::<String>("item/1", &sealed).unwrap(), "canary");
        assert!(s.open::<String>("item/2", &sealed).is_err());
        sealed[30] ^= 1;
        assert!(s.open::<String>("item/1", &sealed).is_err());
        assert!(s.open_bytes("item/1", &sealed[..5]).is_err());
    }

    #[test]
    fn the_store_key_comes_back_with_its_working_key_only() {
        let keys = keys();
        let (first, file) = secrets(None, &keys).unwrap();
        let (again, unchanged) = secrets(file.as_deref(), &keys).unwrap();
        assert!(unchanged.is_none());
        assert_eq!(first.hash("x", &[b"a"]), again.hash("x", &[b"a"]));
        assert_ne!(first.hash("x", &[b"a", b"b"]), first.hash("x", &[b"ab", b""]));
        let other = Keys::new(Some(WorkingKey::ephemeral()), &[], &[]).unwrap();
        assert!(matches!(secrets(file.as_deref(), &other), Err(StoreError::WrongWorkingKey)));
    }
}
