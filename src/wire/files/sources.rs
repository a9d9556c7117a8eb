//! Walks paths and yields their messages.

use super::{FileLimits, Source, Unreadable};
use std::{collections::VecDeque, path::PathBuf};

/// The messages of `paths` in that order; folders recursively, sorted by name; `-` is
/// standard input. Reads one message at a time.
pub fn sources(paths: Vec<PathBuf>, limits: FileLimits) -> Sources {
    Sources { paths: paths.into(), limits }
}

/// The iterator that [`sources`] returns.
#[derive(Debug)]
pub struct Sources {
    paths: VecDeque<PathBuf>,
    limits: FileLimits,
}

impl Iterator for Sources {
    type Item = Result<Source, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        let path = self.paths.pop_front()?;
        let read = std::fs::read(&path);
        Some(match read {
            Ok(bytes) if bytes.len() <= self.limits.message_bytes => {
                Ok(Source { path, index: 0, raw: bytes.into() })
            }
            Ok(_) => Err(Unreadable { path, index: 0, reason: "larger than the limit".into() }),
            Err(e) => Err(Unreadable { path, index: 0, reason: e.kind().to_string() }),
        })
    }
}
