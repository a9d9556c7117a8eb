//! Text out of every part, and the normalised view that the patterns see, with its map
//! back to the original. What could not be read is an [`Unread`], which policy sees like
//! a finding.

mod file;
mod fold;
mod html;
mod model;
mod nature;
mod quotes;
mod read;
mod spelled;
mod unseen;
mod view;

pub use fold::drawn_like;
pub use model::{
    Doubt, Extract, ExtractLimits, FileTrait, Fragment, Layer, OffsetMap, TextKind, Unread, UnreadReason,
    View,
};
pub use quotes::first_quote;
pub use read::{extract, normalise};
