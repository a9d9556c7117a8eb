//! What a file yields.

use bytes::Bytes;
use std::{fmt, path::PathBuf};

/// One message out of a file.
#[derive(Clone)]
pub struct Source {
    /// As the user named it, or found below a folder that was named; `-` is standard input.
    pub path: PathBuf,
    /// Which message of an mbox, from 0; 0 for any other file.
    pub index: usize,
    /// The message's bytes; an mbox's quoting of From lines is undone.
    pub raw: Bytes,
}

/// Says where and how large, never what.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("path", &self.path)
            .field("index", &self.index)
            .field("bytes", &self.raw.len())
            .finish()
    }
}

/// A file, folder or message that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub path: PathBuf,
    pub index: usize,
    /// A short reason without content.
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLimits {
    /// The largest message that is read; a larger one is [`Unreadable`].
    pub message_bytes: usize,
    /// Folders within folders.
    pub depth: usize,
}

impl Default for FileLimits {
    fn default() -> Self {
        Self { message_bytes: 256 * 1024 * 1024, depth: 64 }
    }
}
