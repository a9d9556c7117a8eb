//! What protects a part from a reader who has neither key nor password. In doubt
//! nothing: calling plain data protected would let it leave.

mod cms;
mod odf;
mod office;
mod openpgp;
mod pdf;
mod sevenzip;
mod zip;

use super::{Body, Part, Protection, fields::Mime};

/// What a leaf's bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) protection: Protection,
    /// An opaque S/MIME or a clear OpenPGP signature lies around the content.
    pub(super) signed: bool,
}

/// How many documents of one message are tried with Office's built-in password: each
/// costs tens of milliseconds by design of that format.
#[derive(Debug)]
pub(super) struct Effort(u8);

impl Default for Effort {
    fn default() -> Self {
        Self(4)
    }
}

impl Effort {
    fn take(&mut self) -> bool {
        let left = self.0 > 0;
        self.0 = self.0.saturating_sub(1);
        left
    }
}

/// Reads `bytes`, a leaf with its transfer encoding undone, by what they are rather than
/// by what they are called.
pub(super) fn of(mime: &Mime, bytes: &[u8], effort: &mut Effort) -> Seen {
    let when = |protected: bool, how| if protected { how } else { Protection::None };
    let mut signed = false;
    let protection = if bytes.starts_with(b"PK\x03\x04") {
        when(zip::is_protected(bytes) || odf::is_protected(bytes), Protection::Password)
    } else if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        when(office::is_protected(bytes, effort), Protection::Password)
    } else if bytes.starts_with(b"7z\xbc\xaf\x27\x1c") {
        when(sevenzip::is_protected(bytes), Protection::Password)
    } else if memchr::memmem::find(&bytes[..bytes.len().min(1024)], b"%PDF-").is_some() {
        when(pdf::is_protected(bytes), Protection::Password)
    } else if let Some(cms) = may_be_cms(mime).then(|| cms::content(bytes)).flatten() {
        signed = cms == cms::Content::Signed;
        when(cms == cms::Content::Enveloped, Protection::Smime)
    } else {
        let start = bytes.trim_ascii_start();
        signed = start.starts_with(b"-----BEGIN PGP SIGNED MESSAGE-----");
        when(
            openpgp::is_armored_message(start) || may_be_openpgp(mime) && openpgp::is_encrypted(bytes),
            Protection::Pgp,
        )
    };
    Seen { protection, signed }
}

fn named(mime: &Mime, endings: &[&str]) -> bool {
    mime.file_name.as_deref().is_some_and(|name| {
        let ending = name.rsplit('.').next().unwrap_or_default();
        endings.iter().any(|e| e.eq_ignore_ascii_case(ending))
    })
}

/// RFC 8551 section 3.2: by type, or by name when the type was lost.
fn may_be_cms(mime: &Mime) -> bool {
    matches!(mime.media_type.as_str(), "application/pkcs7-mime" | "application/x-pkcs7-mime")
        || named(mime, &["p7m"])
}

fn may_be_openpgp(mime: &Mime) -> bool {
    mime.media_type == "application/pgp-encrypted" || named(mime, &["pgp", "gpg"])
}

/// PGP/MIME (RFC 3156 section 4): a control part, then the encrypted one. Marks both and
/// the multipart around them; anything else in there stays as it is.
pub(super) fn mark_pgp_mime(parts: &mut [Part<'_>], container: usize, children: &[usize]) {
    let [control, content, rest @ ..] = children else { return };
    let bytes = |part: &Part<'_>| match &part.body {
        Body::Binary(bytes) => bytes.to_vec(),
        Body::Text(text) => text.as_bytes().to_vec(),
        _ => Vec::new(),
    };
    let is_control = |part: &Part<'_>| {
        part.media_type == "application/pgp-encrypted" && bytes(part).trim_ascii() == b"Version: 1"
    };
    let encrypted = parts
        .get(*content)
        .is_some_and(|part| part.protection == Protection::Pgp || openpgp::is_encrypted(&bytes(part)));
    if !encrypted {
        return;
    }
    let controlled = parts.get(*control).is_some_and(is_control);
    for index in [Some(content), controlled.then_some(control), rest.is_empty().then_some(&container)] {
        if let Some(part) = index.and_then(|i| parts.get_mut(*i)) {
            part.protection = Protection::Pgp;
        }
    }
}
