//! Who opens files. It is handed to whoever reads messages, which does no I/O itself.

use super::{Budget, FileLimits, Opened, open};
use std::fmt;

/// Opens one file. Implementations keep whatever the file does to its reader to themselves.
pub trait Opener: Send + Sync + fmt::Debug {
    /// `name` and `media_type` are what the sender says of it.
    fn open(&self, name: Option<&str>, media_type: &str, bytes: &[u8]) -> Result<Opened, NotOpened>;

    /// Whether files are opened for their hashes too.
    fn hashes(&self) -> bool {
        false
    }

    /// Words in a picture; `None` where pictures are not read.
    fn read_picture(&self, _bytes: &[u8]) -> Option<Opened> {
        None
    }
}

/// Why nothing is known of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// Nobody is there who opens files.
    Closed,
    /// Its reader ended; a stable word says how (`out-of-memory`).
    Died(&'static str),
}

/// Opens no file, for whoever needs only what stands in the message itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Closed;

impl Opener for Closed {
    fn open(&self, _: Option<&str>, _: &str, _: &[u8]) -> Result<Opened, NotOpened> {
        Err(NotOpened::Closed)
    }
}

/// Opens files in this very process: for files of our own, such as the examples of rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct InProcess(pub FileLimits);

impl Opener for InProcess {
    fn hashes(&self) -> bool {
        self.0.hashing.is_some()
    }

    fn open(&self, name: Option<&str>, media_type: &str, bytes: &[u8]) -> Result<Opened, NotOpened> {
        let mut budget = Budget::new(self.0);
        open(name, Some(media_type), bytes, &mut budget);
        Ok(budget.finish())
    }
}
