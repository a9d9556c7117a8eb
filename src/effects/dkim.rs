//! DKIM (RFC 6376, RFC 8463): the last edit. What we have changed carries our signature
//! in the sender's own domain instead of one that no longer holds.

use crate::{
    config::DkimConfig,
    mail::{Address, Edits, HeaderEdit, fields, header_end},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use mail_auth::{
    common::{
        crypto::{Ed25519Key, RsaKey, Sha256, SigningKey},
        headers::HeaderWriter,
    },
    dkim::{Canonicalization, DkimSigner, Done},
};
use std::{fs, path::Path};

/// The keys of the school's domains.
#[derive(Default)]
pub struct Signers {
    signers: Vec<Signer>,
}

struct Signer {
    domain: String,
    key: Key,
    selector: String,
}

enum Key {
    Rsa(Box<RsaKey<Sha256>>),
    Ed25519(Box<Ed25519Key>),
}

/// Fields that say who wrote what to whom and how to read it (RFC 6376 section 5.4.1);
/// those that a message has are signed.
const SIGNED: [&str; 12] = [
    "From",
    "Reply-To",
    "Subject",
    "Date",
    "To",
    "Cc",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

impl Signers {
    /// Reads the keys: PEM, PKCS #8 (RSA or Ed25519) or PKCS #1 (RSA). All faults at once,
    /// each with its file and never with the key.
    pub fn load(keys: &[DkimConfig]) -> Result<Self, Vec<String>> {
        let mut signers = Vec::new();
        let mut faults = Vec::new();
        for config in keys {
            match load_key(&config.key) {
                Ok(key) => signers.push(Signer {
                    domain: config.domain.trim_end_matches('.').to_ascii_lowercase(),
                    key,
                    selector: config.selector.clone(),
                }),
                Err(fault) => faults.push(format!("{}: {fault}", config.key.display())),
            }
        }
        if faults.is_empty() { Ok(Self { signers }) } else { Err(faults) }
    }

    /// Whether mail from this author can be signed.
    pub fn can_sign(&self, from: &Address) -> bool {
        self.signer(from).is_some()
    }

    /// `edits` with our signature over the edited bytes, and without our own domain's
    /// signatures that the edits have broken. Without edits, or without a key for the
    /// author's domain, they come back as they were. The signature must be the last edit.
    pub fn sign(&self, raw: &Bytes, edits: Edits, from: &Address) -> Result<Edits, SigningFailed> {
        let Some(signer) = self.signer(from).filter(|_| !edits.is_empty()) else { return Ok(edits) };
        let mut signed = edits;
        signed.headers.extend(broken_signatures(raw, &signer.domain));
        let bytes = signed.apply(raw);
        let value = signer.signature(&bytes)?;
        signed.headers.push(HeaderEdit::Prepend { name: "DKIM-Signature".into(), value });
        Ok(signed)
    }

    /// The key of the closest domain at or above the author's (RFC 7489 section 3.1.1).
    fn signer(&self, from: &Address) -> Option<&Signer> {
        let fitting = self.signers.iter().filter(|s| from.is_within(&s.domain));
        fitting.max_by_key(|s| s.domain.len())
    }
}

/// Signing did not work; nothing of the message is in the text.
#[derive(Debug, thiserror::Error)]
#[error("DKIM signing failed: {0}")]
pub struct SigningFailed(String);

impl Signer {
    fn signature(&self, message: &[u8]) -> Result<String, SigningFailed> {
        let present: Vec<&str> = SIGNED
            .into_iter()
            .filter(|name| {
                fields(&message[..header_end(message)]).any(|(field, _)| field.eq_ignore_ascii_case(name))
            })
            .collect();
        let signature = match &self.key {
            Key::Rsa(key) => self.template(key.as_ref(), &present).sign(message),
            Key::Ed25519(key) => self.template(key.as_ref(), &present).sign(message),
        };
        let header = signature.map_err(|e| SigningFailed(e.to_string()))?.to_header();
        let value = header.strip_prefix("DKIM-Signature:").unwrap_or(&header);
        Ok(value.trim().to_owned())
    }

    fn template<'k, K: SigningKey>(&self, key: &'k K, headers: &[&str]) -> DkimSigner<Borrowed<'k, K>, Done> {
        DkimSigner::from_key(Borrowed(key))
            .domain(self.domain.clone())
            .selector(self.selector.clone())
            .headers(headers.iter().copied())
            .header_canonicalization(Canonicalization::Relaxed)
            .body_canonicalization(Canonicalization::Relaxed)
    }
}

/// The signer wants to own its key; ours is read once and used by all threads.
struct Borrowed<'k, K>(&'k K);

impl<K: SigningKey> SigningKey for Borrowed<'_, K> {
    type Hasher = K::Hasher;

    fn sign(&self, input: impl mail_auth::common::headers::Writable) -> mail_auth::Result<Vec<u8>> {
        self.0.sign(input)
    }
    fn algorithm(&self) -> mail_auth::common::crypto::Algorithm {
        self.0.algorithm()
    }
}

/// The signatures of `domain` and those below it: broken by our edits, and one dead
/// signature beside a good one only confuses.
fn broken_signatures(raw: &[u8], domain: &str) -> Vec<HeaderEdit> {
    let header = &raw[..header_end(raw)];
    let signatures = fields(header).filter(|(name, _)| name.eq_ignore_ascii_case("dkim-signature"));
    let of_domain = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let value = text.split_once(':').map_or("", |(_, value)| value);
        value.split(';').any(|tag| {
            let Some((name, value)) = tag.split_once('=') else { return false };
            let signing = value.trim().trim_end_matches('.').to_ascii_lowercase();
            name.trim() == "d" && (signing == domain || signing.ends_with(&format!(".{domain}")))
        })
    };
    signatures
        .enumerate()
        .filter(|(_, (_, bytes))| of_domain(bytes))
        .map(|(n, _)| HeaderEdit::Remove { name: "DKIM-Signature".into(), nth: n + 1 })
        .collect()
}

fn load_key(file: &Path) -> Result<Key, String> {
    let text = fs::read_to_string(file).map_err(|e| e.to_string())?;
    let mut lines = text.lines().map(str::trim).skip_while(|l| !l.starts_with("-----BEGIN "));
    let kind = lines.next().ok_or("no PEM block")?;
    let digits: String = lines.take_while(|l| !l.starts_with("-----END ")).collect();
    let der = STANDARD.decode(digits).map_err(|_| "the PEM block is damaged")?;
    if !matches!(kind, "-----BEGIN PRIVATE KEY-----" | "-----BEGIN RSA PRIVATE KEY-----") {
        return Err("not an unencrypted private key (PKCS #8 or PKCS #1)".to_owned());
    }
    // OpenSSL writes Ed25519 keys without the public half; both forms are taken.
    if let Ok(key) = Ed25519Key::from_pkcs8_maybe_unchecked_der(&der) {
        return Ok(Key::Ed25519(Box::new(key)));
    }
    let der = der.as_slice().try_into().map_err(|_| "neither an RSA nor an Ed25519 key")?;
    let rsa = RsaKey::<Sha256>::from_key_der(der).map_err(|_| "not an RSA key of at least 2048 bits")?;
    Ok(Key::Rsa(Box::new(rsa)))
}
