//! Kinds of hashes in lists, and their hex.

use crate::files::Pdq;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HashKind {
    Md5,
    Sha1,
    Sha256,
    Pdq,
}

impl HashKind {
    pub const ALL: [Self; 4] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Pdq];

    /// Characters of its hex.
    pub fn digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha1 => 40,
            Self::Sha256 | Self::Pdq => 64,
        }
    }

    /// As settings, headers and file names write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Pdq => "pdq",
        }
    }
}

impl fmt::Display for HashKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for HashKind {
    type Err = ();

    /// Takes `SHA-256` and `sha_256` for `sha256`.
    fn from_str(name: &str) -> Result<Self, ()> {
        let name: String = name.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).collect();
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(&name)).ok_or(())
    }
}

/// One hash of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Md5([u8; 16]),
    Sha1([u8; 20]),
    Sha256([u8; 32]),
    Pdq(Pdq),
}

impl Entry {
    /// `None` where `hex` is not exactly one hash of this kind.
    pub(super) fn parse(kind: HashKind, hex: &[u8]) -> Option<Self> {
        Some(match kind {
            HashKind::Md5 => Self::Md5(bytes(hex)?),
            HashKind::Sha1 => Self::Sha1(bytes(hex)?),
            HashKind::Sha256 => Self::Sha256(bytes(hex)?),
            HashKind::Pdq => Self::Pdq(Pdq(bytes(hex)?)),
        })
    }
}

/// Hex of either case, of exactly `N` bytes.
fn bytes<const N: usize>(hex: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = [0; N];
    let (pairs, rest) = hex.as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}
