//! A signed head: so many rows, the last one's hash, when, by which key of which
//! installation. It is what is anchored outside the machine, and it has no content.

use crate::storage::{
    database::{hex, unhex},
    error::StoreError,
};
use chrono::{DateTime, SecondsFormat, Utc};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

/// The edition of the format, and the word by which a line is known as an anchor.
pub(crate) const MARK: &str = "gatehouse-ledger-head";

/// One line of JSON outside; the signature is over [`SignedHead::text`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    #[serde(rename = "gatehouse-ledger-head")]
    edition: u8,
    /// Random, made with the first key.
    pub installation: String,
    pub rows: u64,
    /// SHA-256 of the last row, hex.
    pub head: String,
    pub at: DateTime<Utc>,
    /// The public key, hex.
    pub key: String,
    /// Ed25519, hex.
    pub signature: String,
}

impl SignedHead {
    /// The bytes that are signed, for other tools too: six lines (docs/ledger.md).
    pub fn text(&self) -> String {
        format!(
            "{MARK}/{}\n{}\n{}\n{}\n{}\n{}\n",
            self.edition,
            self.installation,
            self.rows,
            self.head,
            self.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            self.key
        )
    }

    pub(super) fn of(
        pair: &Ed25519KeyPair,
        installation: &str,
        (rows, head): (u64, String),
        at: DateTime<Utc>,
    ) -> Self {
        let key = hex(pair.public_key().as_ref());
        let mut signed = Self {
            edition: 1,
            installation: installation.to_owned(),
            rows,
            head,
            at,
            key,
            signature: String::new(),
        };
        signed.signature = hex(pair.sign(signed.text().as_bytes()).as_ref());
        signed
    }

    /// One that was signed before, as the table has it.
    pub(super) fn kept(
        installation: &str,
        (rows, head): (u64, String),
        at: DateTime<Utc>,
        (key, signature): (String, String),
    ) -> Self {
        Self { edition: 1, installation: installation.to_owned(), rows, head, at, key, signature }
    }

    /// Whether the signature is that of the key which the line names.
    pub fn is_signed(&self) -> bool {
        self.edition == 1 && fits(&self.key, &self.text(), &self.signature)
    }

    /// The one line that goes outside.
    pub fn line(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|e| StoreError::Us(e.to_string()))
    }
}

/// Whether `signature` is `key`'s over `text`; both in hex.
pub(super) fn fits(key: &str, text: &str, signature: &str) -> bool {
    let (Some(key), Some(signature)) = (unhex(key), unhex(signature)) else { return false };
    UnparsedPublicKey::new(&ED25519, key).verify(text.as_bytes(), &signature).is_ok()
}

/// What a key signs for the one that takes over from it.
pub(super) fn certificate(installation: &str, old: &str, new: &str) -> String {
    format!("gatehouse-ledger-key/1\n{installation}\n{old}\n{new}\n")
}
