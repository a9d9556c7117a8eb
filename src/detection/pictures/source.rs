//! Where a list lies and how it is written, as the configuration says.

use super::kind::HashKind;
use std::path::PathBuf;

/// One list of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListSource {
    /// By which ledger, metrics and sealed items call it.
    pub name: String,
    pub file: PathBuf,
    pub written: Written,
    /// For its PDQ hashes.
    pub near: super::Nearness,
    pub limits: ListLimits,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// A hash on each line. Its kind is said here, in a line `# kind: pdq` above the first hash, or by a
    /// word of the file's name (`given.pdq.txt`); without any of them, by its length where that is MD5's or SHA-1's.
    Lines(Option<HashKind>),
    /// Comma-separated values with a line of names above.
    Table(Columns),
}

/// Columns of hashes by name, in any case; a field may be empty where another of its row is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns(pub Vec<(String, HashKind)>);

/// How large a list may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListLimits {
    pub bytes: u64,
    /// Hashes. One of SHA-256 takes 32 bytes of memory, one of PDQ 96.
    pub entries: usize,
}

impl Default for ListLimits {
    fn default() -> Self {
        Self { bytes: 1024 * 1024 * 1024, entries: 5_000_000 }
    }
}
