//! Text out of every part, and the normalised view that the patterns see, with its map
//! back to the original. What could not be read is an [`Unread`], which policy sees like
//! a finding.

mod model;

pub use model::{Extract, Fragment, Layer, OffsetMap, Unread, UnreadReason, View};
