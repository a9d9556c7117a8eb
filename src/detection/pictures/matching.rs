//! Whether a file or a picture is on a list.

use super::{
    kind::HashKind,
    list::{self, HashList, Summary},
};
use crate::files::{Digests, Hashed, Picture};
use std::sync::Arc;

/// All lists in force.
#[derive(Clone, Debug, Default)]
pub struct PictureLists(Vec<Arc<HashList>>);

/// A suspected match: shown as such, never as fact (practice.md, A3). It does not say which entry was met:
/// entries are confidential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match<'a> {
    /// The list's name.
    pub(super) list: &'a str,
    pub(super) how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// The file is the listed one, byte for byte, by this digest.
    SameFile(HashKind),
    /// What it shows differs in so many of 256 bits from what the listed picture shows.
    Near { distance: u32 },
}

impl PictureLists {
    pub fn new(lists: Vec<Arc<HashList>>) -> Self {
        Self(lists)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<HashList>> {
        self.0.iter()
    }

    pub fn summaries(&self) -> impl Iterator<Item = &Summary> {
        self.0.iter().map(|list| list.summary())
    }

    /// Of all lists together, for a verdict and the ledger; `None` when there is none.
    pub fn digest_hex(&self) -> Option<String> {
        (!self.is_empty()).then(|| hex(&list::digest_of(self.iter().map(|list| &**list))))
    }

    /// The first match: of the same file rather than of the nearest picture.
    pub(super) fn of(&self, hashed: &Hashed) -> Option<Match<'_>> {
        let found = |list, how: Option<How>| Some(Match { list, how: how? });
        let digests = hashed.digests.as_ref();
        let same = digests.and_then(|digests| self.0.iter().find_map(|l| found(&l.name, l.exact(digests))));
        let near = || {
            let picture = hashed.picture.as_ref()?;
            self.0.iter().find_map(|list| found(&list.name, list.near(picture)))
        };
        same.or_else(near)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Summary {
    /// How many hashes of each kind: `md5 120, pdq 4000`.
    pub fn counts(&self) -> String {
        let counts: Vec<String> = self.hashes.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        counts.join(", ")
    }

    pub fn digest_hex(&self) -> String {
        hex(&self.digest)
    }
}

impl HashList {
    /// Any file, a film for example, by its bytes alone.
    fn exact(&self, digests: &Digests) -> Option<How> {
        let kind = if self.sha256.binary_search(&digests.sha256).is_ok() {
            HashKind::Sha256
        } else if self.sha1.binary_search(&digests.sha1).is_ok() {
            HashKind::Sha1
        } else if self.md5.binary_search(&digests.md5).is_ok() {
            HashKind::Md5
        } else {
            return None;
        };
        Some(How::SameFile(kind))
    }

    /// The nearest entry to any view in any turn.
    fn near(&self, picture: &Picture) -> Option<How> {
        if self.pdq.len() == 0 {
            return None;
        }
        let views = picture.views.iter().filter(|view| view.quality >= self.near.quality);
        let hashes = views.flat_map(|view| view.turned());
        let distance = hashes.filter_map(|(_, hash)| self.pdq.nearest(&hash, self.near.distance)).min()?;
        Some(How::Near { distance })
    }
}
