//! Private halves of keys, unlocked and in memory: what opens epochs, records and proofs.

use super::{
    public::{self, PublicKey},
    terminal::AtTerminal,
};
use crate::storage::error::KeyError;
use age::{
    plugin,
    secrecy::{
        ExposeSecret,
        zeroize::{Zeroize, Zeroizing},
    },
    x25519,
};
use std::{
    collections::HashMap,
    fmt,
    io::Read,
    sync::{Arc, Mutex},
};
use subtle::ConstantTimeEq;

/// The identities of one file or several. They are never printed and never written.
#[derive(Clone)]
pub struct Identities {
    native: Vec<x25519::Identity>,
    plugins: Vec<plugin::Identity>,
    /// Identities of epochs that these have opened, by the epoch's id.
    epochs: Arc<Mutex<HashMap<String, x25519::Identity>>>,
}

/// Keys and wrapped keys are small; what is longer is none.
const LONGEST: u64 = 64 << 10;
/// Bytes of the riddle by which a holder proves a key.
const RIDDLE: usize = 32;

impl Identities {
    /// From the text of an age identity file; `place` is for the error. Other lines are ignored.
    pub(crate) fn parse(text: &str, place: &str) -> Result<Self, KeyError> {
        let lines = || text.lines().map(str::trim);
        let native: Vec<_> = lines().filter_map(|line| line.parse().ok()).collect();
        let plugins: Vec<_> = lines().filter_map(|line| line.parse().ok()).collect();
        match native.is_empty() && plugins.is_empty() {
            true => Err(KeyError::NoIdentity(place.to_owned())),
            false => Ok(Self { native, plugins, epochs: Arc::default() }),
        }
    }

    /// Those whose private half is here; `None` when there is none.
    pub(super) fn without_plugins(self) -> Option<Self> {
        (!self.native.is_empty()).then(|| Self { plugins: Vec::new(), ..self })
    }

    pub(crate) fn of(identity: x25519::Identity) -> Self {
        Self { native: vec![identity], plugins: Vec::new(), epochs: Arc::default() }
    }

    pub(crate) fn remembered(&self, epoch: &str) -> Option<x25519::Identity> {
        self.epochs.lock().ok()?.get(epoch).cloned()
    }

    pub(crate) fn remember(&self, epoch: &str, identity: &x25519::Identity) {
        if let Ok(mut epochs) = self.epochs.lock() {
            epochs.insert(epoch.to_owned(), identity.clone());
        }
    }

    /// The public halves that can be told without a plugin.
    pub fn publics(&self) -> Vec<String> {
        self.native.iter().map(|i| i.to_public().to_string()).collect()
    }

    /// Whether one of them is the private half of this public key: it opens a riddle.
    /// For a hardware key its plugin is asked, which may want a touch or a PIN.
    pub fn proves(&self, public: &str) -> Result<bool, KeyError> {
        let key: PublicKey = public.parse()?;
        let mut riddle = Zeroizing::new([0_u8; RIDDLE]);
        (crate::storage::system_random())(&mut riddle[..]);
        let sealed = public::encrypt(&[key], &riddle[..])?;
        match self.decrypt(&sealed) {
            Ok(answer) => Ok(bool::from(answer[..].ct_eq(&riddle[..]))),
            Err(KeyError::NotForThisKey) => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Opens a small age file, such as a wrapped key.
    pub(crate) fn decrypt(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let damaged = |e: &dyn fmt::Display| KeyError::NotDecrypted(e.to_string());
        let decryptor = age::Decryptor::new(sealed).map_err(|e| damaged(&e))?;
        let boxed = self.for_age()?;
        let reader = decryptor.decrypt(boxed.iter().map(|i| i.as_ref() as &dyn age::Identity)).map_err(
            |e| match e {
                age::DecryptError::NoMatchingKeys => KeyError::NotForThisKey,
                e => damaged(&e),
            },
        )?;
        let mut plain = Zeroizing::new(Vec::with_capacity(256));
        reader.take(LONGEST).read_to_end(&mut plain).map_err(|e| damaged(&e))?;
        Ok(plain)
    }

    /// As age takes them. A plugin that is not there is a fault only when nothing else is.
    pub(crate) fn for_age(&self) -> Result<Vec<Box<dyn age::Identity + Send>>, KeyError> {
        let native = self.native.iter().map(|i| Box::new(i.clone()) as Box<dyn age::Identity + Send>);
        let mut boxed: Vec<_> = native.collect();
        let mut names: Vec<&str> = self.plugins.iter().map(plugin::Identity::plugin).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            match plugin::IdentityPluginV1::new(name, &self.plugins, AtTerminal) {
                Ok(plugin) => boxed.push(Box::new(plugin)),
                Err(_) if boxed.is_empty() => return Err(KeyError::no_plugin(name)),
                Err(_) => {}
            }
        }
        Ok(boxed)
    }

    /// These and others.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.native.extend(other.native.iter().cloned());
        self.plugins.extend(other.plugins.iter().cloned());
        self
    }

    pub(crate) fn native(&self) -> &[x25519::Identity] {
        &self.native
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identities({} own, {} of plugins)", self.native.len(), self.plugins.len())
    }
}

/// age writes an X25519 identity as Bech32 of its 32 bytes (https://c2sp.org/age#native-x25519).
pub(super) fn from_bytes(key: &[u8; 32]) -> Option<x25519::Identity> {
    let prefix = bech32::Hrp::parse("age-secret-key-").ok()?;
    let mut text = bech32::encode::<bech32::Bech32>(prefix, key).ok()?.to_ascii_uppercase();
    let identity = text.parse().ok();
    text.zeroize();
    identity
}

/// An identity as the text of a file, in the form of `age-keygen`.
pub(super) fn file_text(identity: &x25519::Identity, purpose: &str) -> Zeroizing<String> {
    let mut secret = identity.to_string().expose_secret().to_owned();
    let text = Zeroizing::new(format!("# {purpose}\n# public key: {}\n{secret}\n", identity.to_public()));
    secret.zeroize();
    text
}
