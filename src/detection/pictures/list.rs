//! A list in force: checked, sorted, and compact in memory.

use super::{
    ListFault, ListFaults, ListSource,
    kind::{Entry, HashKind},
    near::NearIndex,
    read,
};
use crate::files::{Digests, Pdq};
use sha2::{Digest, Sha256};
use std::{fmt, io::Read, sync::LazyLock};

/// How near a picture's PDQ hash must be to one of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nearness {
    /// Bits of 256 that may differ: 0 to [`Nearness::WIDEST`].
    pub distance: u32,
    /// Views of the picture with less quality than this are not compared: they are nearly flat.
    pub quality: u8,
}

impl Nearness {
    /// Beyond it harmless pictures begin to match, and the index no longer helps.
    pub const WIDEST: u32 = 47;
}

impl Default for Nearness {
    /// The distance that the authors of PDQ recommend, and half of their quality: a copy has less than what is
    /// listed (docs/decisions/picture-hashes.md).
    fn default() -> Self {
        Self { distance: 31, quality: 25 }
    }
}

/// One list in force.
pub struct HashList {
    source: ListSource,
    pub(super) name: String,
    pub(super) near: Nearness,
    pub(super) md5: Vec<[u8; 16]>,
    pub(super) sha1: Vec<[u8; 20]>,
    pub(super) sha256: Vec<[u8; 32]>,
    pub(super) pdq: NearIndex,
    summary: Summary,
}

/// What ledger, `doctor` and metrics say of a list in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub name: String,
    /// SHA-256 of the file.
    pub digest: [u8; 32],
    /// Different hashes of each kind that the list has.
    pub hashes: Vec<(HashKind, usize)>,
    /// Hashes that stood there more than once.
    pub repeated: usize,
}

impl HashList {
    /// Reads and checks a list, which faults name by `source.file`. Nothing of it is in force before all of it
    /// is right.
    pub fn read(source: &ListSource, list: impl Read) -> Result<Self, ListFaults> {
        let (mut entries, digest) = read::read(source, list)?;
        let fault = |message: String, hint: &str| {
            ListFaults(vec![ListFault { file: source.file.clone(), line: 0, message, hint: hint.to_owned() }])
        };
        if let Some(message) = entries.mistaken() {
            return Err(fault(message.to_owned(), "correct the kind of the list"));
        }
        let given = entries.len();
        entries.sort();
        let hashes = entries.counts();
        let summary = Summary { name: source.name.clone(), digest, repeated: given - entries.len(), hashes };
        let Entries { md5, sha1, sha256, pdq } = entries;
        Ok(Self {
            source: source.clone(),
            name: source.name.clone(),
            near: source.near,
            md5,
            sha1,
            sha256,
            pdq: NearIndex::new(pdq),
            summary,
        })
    }

    /// Whether it is what this source gives, whose bytes have this digest.
    pub fn is_from(&self, source: &ListSource, digest: &[u8; 32]) -> bool {
        self.source == *source && self.summary.digest == *digest
    }

    pub fn source(&self) -> &ListSource {
        &self.source
    }

    pub fn summary(&self) -> &Summary {
        &self.summary
    }
}

/// Counts only: entries are confidential.
impl fmt::Debug for HashList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashList")
            .field("name", &self.name)
            .field("hashes", &self.summary.hashes)
            .finish_non_exhaustive()
    }
}

/// The hashes of a list, by kind.
#[derive(Default)]
pub(super) struct Entries {
    md5: Vec<[u8; 16]>,
    sha1: Vec<[u8; 20]>,
    sha256: Vec<[u8; 32]>,
    pdq: Vec<Pdq>,
}

/// Some lists have the digests of an empty file among theirs.
static EMPTY: LazyLock<Digests> = LazyLock::new(|| Digests::of(b""));

/// A list of 64-character hashes is told apart from its sister kind from this length on.
const TELLING: usize = 64;

impl Entries {
    pub(super) fn push(&mut self, entry: Entry) {
        match entry {
            Entry::Md5(hash) => self.md5.push(hash),
            Entry::Sha1(hash) => self.sha1.push(hash),
            Entry::Sha256(hash) => self.sha256.push(hash),
            Entry::Pdq(hash) => self.pdq.push(hash),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.md5.len() + self.sha1.len() + self.sha256.len() + self.pdq.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn counts(&self) -> Vec<(HashKind, usize)> {
        let counts = [self.md5.len(), self.sha1.len(), self.sha256.len(), self.pdq.len()];
        HashKind::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect()
    }

    fn sort(&mut self) {
        fn sorted<T: Ord>(hashes: &mut Vec<T>) {
            hashes.sort_unstable();
            hashes.dedup();
            hashes.shrink_to_fit();
        }
        sorted(&mut self.md5);
        sorted(&mut self.sha1);
        sorted(&mut self.sha256);
        sorted(&mut self.pdq);
    }

    /// Why an entry must not be in force, whoever gave it: it stands for files that mean nothing.
    pub(super) fn unfit(entry: &Entry) -> Option<&'static str> {
        match entry {
            Entry::Md5(hash) if *hash == EMPTY.md5 => Some("is the MD5 of an empty file"),
            Entry::Sha1(hash) if *hash == EMPTY.sha1 => Some("is the SHA-1 of an empty file"),
            Entry::Sha256(hash) if *hash == EMPTY.sha256 => Some("is the SHA-256 of an empty file"),
            // Half of a picture's bits are set, a few less where frequencies are equal.
            Entry::Pdq(hash) if !(64..=192).contains(&ones(hash)) => {
                Some("is the PDQ hash of no picture or a flat one")
            }
            _ => None,
        }
    }

    /// Whether SHA-256 was taken for PDQ or the other way round: of a PDQ hash exactly 128 bits are set,
    /// of one SHA-256 in twenty.
    fn mistaken(&self) -> Option<&'static str> {
        let even = |count: usize, all: usize| all >= TELLING && count * 2 > all;
        let halves = |hashes: &mut dyn Iterator<Item = Pdq>| hashes.filter(|hash| ones(hash) == 128).count();
        if even(halves(&mut self.sha256.iter().map(|hash| Pdq(*hash))), self.sha256.len()) {
            return Some("is said to be SHA-256, but by its bits it is PDQ");
        }
        let odd = self.pdq.len() - halves(&mut self.pdq.iter().copied());
        even(odd, self.pdq.len()).then_some("is said to be PDQ, but by its bits it is not (SHA-256?)")
    }
}

fn ones(hash: &Pdq) -> u32 {
    hash.0.iter().map(|byte| byte.count_ones()).sum()
}

/// SHA-256 over the digests of several lists, for the ledger: which lists were in force.
pub(super) fn digest_of<'a>(lists: impl Iterator<Item = &'a HashList>) -> [u8; 32] {
    let mut digest = Sha256::new();
    for list in lists {
        digest.update((list.name.len() as u64).to_be_bytes());
        digest.update(list.name.as_bytes());
        digest.update(list.summary.digest);
    }
    digest.finalize().into()
}
