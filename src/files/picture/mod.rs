//! What is remembered of a picture so that it can be looked for in lists of hashes: the PDQ hashes of what
//! it shows, in all eight ways it can be turned and mirrored; and digests of any file's bytes.
//!
//! Pure functions over bytes within a [`PictureBudget`]; they run in the sandboxed worker. Nothing of
//! the picture itself leaves this room: no pixel, no thumbnail, no text.

mod as_bytes;
mod budget;
mod decode;
mod digests;
mod hashed;
mod jpeg;
mod kind;
mod luma;
mod moving;
mod pdq;
pub(super) mod pixels;
mod still;
#[cfg(test)]
mod tests;
mod views;

pub use budget::{PictureBudget, PictureLimits};
pub use digests::Digests;
pub(super) use hashed::Memory;
pub use hashed::{Hashed, MOST_HASHED, MOST_VIEWS};
pub use kind::PictureKind;
pub use luma::OTHER_SIZES;
pub use pdq::{Pdq, Turn};
pub use views::View;

use serde::{Deserialize, Serialize};

/// All that is remembered of what one picture shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    pub kind: PictureKind,
    /// In pixels as stored, before EXIF turns it; 0 when it could not be read.
    pub width: u32,
    pub height: u32,
    /// What it shows: one view for most pictures, more for moving ones, transparent ones and pages.
    pub views: Vec<View>,
    /// Why there is no view, or not one of everything; `None` when nothing was left out.
    pub unhashed: Option<Unhashed>,
}

/// Why something that a picture may show has no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unhashed {
    /// A kind of picture that we do not decode (HEIC, AVIF, JPEG XL, SVG ...).
    NotSupported,
    /// More pixels than `PictureLimits::pixels`.
    Pixels,
    /// Decoding would take more memory than `PictureLimits::memory`.
    Memory,
    /// All pictures of the attachment together have more pixels than `PictureLimits::all_pixels`.
    AllPixels,
    /// More frames or pages than `PictureLimits::frames`, or more different views than `views`.
    Frames,
    /// Narrower or lower than PDQ is defined for (5 pixels).
    TooSmall,
    /// Broken beyond decoding.
    Malformed,
}

impl Unhashed {
    /// A stable word for it; `None` where nothing is lost: so small a picture shows nothing.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::NotSupported => Some("not supported"),
            Self::Pixels => Some("picture-pixels"),
            Self::Memory => Some("picture-memory"),
            Self::AllPixels => Some("picture-pixels-in-all"),
            Self::Frames => Some("picture-frames"),
            Self::TooSmall => None,
            Self::Malformed => Some("malformed"),
        }
    }
}

/// Hashes of a picture; `None` when the bytes begin like no picture that we know.
pub fn hash(bytes: &[u8], budget: &mut PictureBudget) -> Option<Picture> {
    let kind = PictureKind::of(bytes)?;
    let decoded = decode::views(kind, bytes, budget);
    Some(Picture {
        kind,
        width: decoded.width,
        height: decoded.height,
        unhashed: decoded.unhashed,
        views: decoded.views,
    })
}
