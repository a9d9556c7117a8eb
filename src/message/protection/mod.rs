//! What protects a part from a reader who has no key, as far as the structure of the mail says it: S/MIME and
//! OpenPGP. Whether a file needs a password is found out where files are opened (`files::open_parts`); until then,
//! and when nobody opens them, they count as plain: calling plain data protected would let it leave.

pub mod cms;
pub mod openpgp;

use super::{Body, Part, Protection, mime::Mime};

/// What a leaf's bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) protection: Protection,
    /// An opaque S/MIME or a clear OpenPGP signature lies around the content.
    pub(super) signed: bool,
}

/// Reads `bytes`, a leaf with its transfer encoding undone, by what they are rather than
/// by what they are called.
pub(super) fn of(mime: &Mime, bytes: &[u8]) -> Seen {
    let when = |protected: bool, how| if protected { how } else { Protection::None };
    if let Some(content) = may_be_cms(mime).then(|| cms::content(bytes)).flatten() {
        return Seen {
            protection: when(content == cms::Content::Enveloped, Protection::Smime),
            signed: content == cms::Content::Signed,
        };
    }
    let start = bytes.trim_ascii_start();
    let encrypted = openpgp::is_encrypted_armor(start)
        || mime.media_type == "application/pgp-encrypted" && openpgp::is_encrypted(bytes);
    Seen {
        protection: when(encrypted, Protection::Pgp),
        signed: start.starts_with(b"-----BEGIN PGP SIGNED MESSAGE-----"),
    }
}

/// RFC 8551 section 3.2: by type, or by name when the type was lost.
fn may_be_cms(mime: &Mime) -> bool {
    let named = |name: &str| name.rsplit('.').next().is_some_and(|ending| ending.eq_ignore_ascii_case("p7m"));
    matches!(mime.media_type.as_str(), "application/pkcs7-mime" | "application/x-pkcs7-mime")
        || mime.file_name.as_deref().is_some_and(named)
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
