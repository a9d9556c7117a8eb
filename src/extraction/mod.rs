//! Text out of every part, and the normalised view that the patterns see, with its map
//! back to the original. What could not be read is an [`Unread`], which policy sees like
//! a finding.

mod alike;
mod beside;
mod drawn;
mod embedded;
mod file;
mod fold;
mod gathered;
mod host;
mod html;
mod left_out;
mod line;
mod linked;
mod model;
mod nature;
mod number_words;
mod pages;
mod quotes;
mod read;
mod recoded;
mod script;
mod seams;
mod shape;
mod shown;
mod spelled;
mod told;
mod unseen;
mod view;

pub use alike::{drawn_like, taken_for};
pub use model::{
    Doubt, Extract, ExtractLimits, FileTrait, Fragment, Layer, LinkTrick, OddLink, OffsetMap, TextKind,
    Unread, UnreadReason, View,
};
pub use quotes::first_quote;
pub(crate) use read::place;
pub use read::{extract, normalise};
