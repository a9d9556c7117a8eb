//! Who opens files. It is handed to whoever reads messages, which does no I/O itself.

use super::{Budget, FileLimits, Opened, open};
use std::{fmt, time::Instant};

/// Opens one file. Implementations keep whatever the file does to its reader to themselves.
pub trait Opener: Send + Sync + fmt::Debug {
    /// Until when the files of one message are opened that begins now: many slow files must not make a
    /// message late, nor keep the readers from the next.
    fn until(&self) -> Until {
        Until::default()
    }

    /// `name` and `media_type` are what the sender says of it.
    fn open(
        &self,
        name: Option<&str>,
        media_type: &str,
        bytes: &[u8],
        until: Until,
    ) -> Result<Opened, NotOpened>;

    /// Whether files are opened for their hashes too.
    fn hashes(&self) -> bool {
        false
    }

    /// Words in a picture; `None` where pictures are not read.
    fn read_picture(&self, _bytes: &[u8], _until: Until) -> Option<Opened> {
        None
    }

    /// Pictures whose words are read of one message at most; 0 where none are.
    fn pictures_read(&self) -> usize {
        0
    }

    /// Pictures in a file on which words may stand, `most` of them, with what there was no room for.
    fn take_pictures(
        &self,
        _name: Option<&str>,
        _media_type: &str,
        _bytes: &[u8],
        _most: usize,
        _until: Until,
    ) -> Option<Opened> {
        None
    }

    /// How those who open files elsewhere stand; none where this very process does.
    fn readers(&self) -> Vec<Readers> {
        Vec::new()
    }
}

/// A point in time that only those who open files look at; the default is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Until(pub Option<Instant>);

/// How the readers of one kind stand, for metrics and for whoever runs the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readers {
    /// What they read: `files`, `pictures`.
    pub of: &'static str,
    pub busy: usize,
    pub idle: usize,
    /// Files that wait for one.
    pub waiting: usize,
    /// Files that were opened.
    pub opened: u64,
    /// Files that were not, by the words of `NotOpened::Died`.
    pub not_opened: Vec<(&'static str, u64)>,
    pub start: Start,
}

/// Whether readers can be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// None was wanted so far.
    NotTried,
    Works,
    /// None could, and why; it is tried again.
    Fails(String),
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
    fn open(&self, _: Option<&str>, _: &str, _: &[u8], _: Until) -> Result<Opened, NotOpened> {
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

    fn open(
        &self,
        name: Option<&str>,
        media_type: &str,
        bytes: &[u8],
        _: Until,
    ) -> Result<Opened, NotOpened> {
        let mut budget = Budget::new(self.0);
        open(name, Some(media_type), bytes, &mut budget);
        Ok(budget.finish())
    }
}
