//! Public halves of keys, to which things are encrypted: age's own, and those of hardware
//! keys, for which an age plugin on this machine does the work.

use crate::storage::error::KeyError;
use age::{NoCallbacks, plugin, tag, x25519};
use std::{fmt, io::Write, str::FromStr};

/// `age1...`; equal when the text is.
#[derive(Clone)]
pub(crate) enum PublicKey {
    Native(x25519::Recipient),
    /// A hardware key to which anyone can encrypt without its plugin.
    Tag(tag::Recipient),
    Plugin(plugin::Recipient),
}

impl FromStr for PublicKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let native = text.parse().map(Self::Native).ok();
        let tag = || text.parse().map(Self::Tag).ok();
        let plugin = || text.parse().map(Self::Plugin).ok();
        let none = || KeyError::NoRecipient(text.chars().take(80).collect());
        native.or_else(tag).or_else(plugin).ok_or_else(none)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Native(key) => key.fmt(f),
            Self::Tag(key) => key.fmt(f),
            Self::Plugin(key) => key.fmt(f),
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

/// Encrypts a small thing (a key) to all of them.
pub(crate) fn encrypt(to: &[PublicKey], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    let boxed = for_age(to)?;
    let failed = |e: &dyn fmt::Display| KeyError::NotEncrypted(e.to_string());
    let recipients = boxed.iter().map(|r| r.as_ref() as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients).map_err(|e| failed(&e))?;
    let mut sealed = Vec::new();
    let mut out = encryptor.wrap_output(&mut sealed).map_err(|e| failed(&e))?;
    out.write_all(plain).and_then(|()| out.finish().map(|_| ())).map_err(|e| failed(&e))?;
    Ok(sealed)
}

/// As age takes them: one plugin is asked once for all its keys.
pub(crate) fn for_age(to: &[PublicKey]) -> Result<Vec<Box<dyn age::Recipient>>, KeyError> {
    let mut boxed: Vec<Box<dyn age::Recipient>> = Vec::with_capacity(to.len());
    let mut plugins: Vec<plugin::Recipient> = Vec::new();
    for recipient in to {
        match recipient {
            PublicKey::Native(key) => boxed.push(Box::new(key.clone())),
            PublicKey::Tag(key) => boxed.push(Box::new(key.clone())),
            PublicKey::Plugin(key) => plugins.push(key.clone()),
        }
    }
    let mut names: Vec<&str> = plugins.iter().map(plugin::Recipient::plugin).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let plugin = plugin::RecipientPluginV1::new(name, &plugins, &[], NoCallbacks);
        boxed.push(Box::new(plugin.map_err(|_| KeyError::no_plugin(name))?));
    }
    Ok(boxed)
}
