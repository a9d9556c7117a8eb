//! What is remembered of the files of one attachment, each once, within bounds.

use super::{Digests, Picture, PictureBudget, PictureLimits, Unhashed, hash};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Files of one attachment that are remembered.
pub const MOST_HASHED: usize = 20_000;
/// Views of all pictures of one attachment together.
pub const MOST_VIEWS: usize = 2_000;

/// What is remembered of one file, or of a picture that is none of its own, so that it can be looked for in
/// lists of hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hashed {
    /// As `Piece::place`: empty for the attachment itself.
    pub place: String,
    /// Of the bytes; `None` for a picture whose end in its file is not known.
    pub digests: Option<Digests>,
    pub picture: Option<Picture>,
}

/// Where a picture is to be remembered.
#[derive(Debug)]
pub(in crate::files) struct Memory {
    budget: PictureBudget,
    known: HashSet<[u8; 32]>,
    views: usize,
}

impl Memory {
    pub(in crate::files) fn new(limits: PictureLimits) -> Self {
        Self { budget: PictureBudget::new(limits), known: HashSet::new(), views: 0 }
    }

    /// A file; `None` where the same bytes are remembered already.
    pub(in crate::files) fn file(&mut self, bytes: &[u8]) -> Option<(Digests, Option<Picture>)> {
        let digests = Digests::of(bytes);
        if bytes.is_empty() || !self.known.insert(digests.sha256) {
            return None;
        }
        let picture = hash(bytes, &mut self.budget);
        Some((digests, picture.map(|picture| self.fitted(picture))))
    }

    /// A picture that is no file.
    pub(in crate::files) fn picture(
        &mut self,
        see: impl FnOnce(&mut PictureBudget) -> Option<Picture>,
    ) -> Option<Picture> {
        let picture = see(&mut self.budget);
        picture.map(|picture| self.fitted(picture))
    }

    fn fitted(&mut self, mut picture: Picture) -> Picture {
        let left = MOST_VIEWS - self.views;
        if picture.views.len() > left {
            picture.views.truncate(left);
            picture.unhashed.get_or_insert(Unhashed::Frames);
        }
        self.views += picture.views.len();
        picture
    }
}
