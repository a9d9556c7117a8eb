//! Digests of a file's bytes, for lists of MD5, SHA-1 and SHA-256. They find unaltered copies only,
//! of films and other files as well as of pictures.

use md5::Md5;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest, Sha256};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    #[serde(with = "super::as_bytes")]
    pub md5: [u8; 16],
    #[serde(with = "super::as_bytes")]
    pub sha1: [u8; 20],
    #[serde(with = "super::as_bytes")]
    pub sha256: [u8; 32],
}

impl Digests {
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            md5: Md5::digest(bytes).into(),
            sha1: Sha1::digest(bytes).into(),
            sha256: Sha256::digest(bytes).into(),
        }
    }
}
