//! Browsers that somebody has signed in with before are known by a cookie of their own, so that
//! strangers who try passwords slow down strangers only (OWASP: device cookies). The word opens
//! nothing: it only says which count of tries is this browser's.

use super::{LONGEST_WORD, secret_word};
use crate::storage::{error::StoreError, names::AccountId, store::Store};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq;

/// What the cookie says: 256 random bits, and a keyed hash that binds them to one account.
pub struct DeviceWord(String);

impl DeviceWord {
    /// For the cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Store {
    /// For a browser from which this account has just signed in.
    pub fn device_word(&self, account: &AccountId) -> Result<DeviceWord, StoreError> {
        let word = secret_word(&self.shared.random);
        let mark = self.device_mark(account, &word)?;
        Ok(DeviceWord(format!("{word}.{mark}")))
    }

    /// The part that names the browser, when this account has signed in from it before.
    pub fn known_device<'s>(
        &self,
        account: &AccountId,
        sent: &'s str,
    ) -> Result<Option<&'s str>, StoreError> {
        let Some((word, mark)) = sent.split_once('.').filter(|_| sent.len() <= 2 * LONGEST_WORD) else {
            return Ok(None);
        };
        let own = self.device_mark(account, word)?;
        Ok(bool::from(own.as_bytes().ct_eq(mark.as_bytes())).then_some(word))
    }

    /// What tries are counted by: neither a name nor an address stands in memory for it.
    pub fn count_of_tries(&self, parts: &[&[u8]]) -> Result<[u8; 32], StoreError> {
        Ok(self.secrets()?.hash("tries to sign in", parts))
    }

    fn device_mark(&self, account: &AccountId, word: &str) -> Result<String, StoreError> {
        let hash = self.secrets()?.hash("device", &[account.as_str().as_bytes(), word.as_bytes()]);
        Ok(URL_SAFE_NO_PAD.encode(&hash[..18]))
    }
}
