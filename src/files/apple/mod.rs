//! What a Mac puts beside files: AppleSingle and AppleDouble (RFC 1740; `__MACOSX/._name` in each zip that the
//! Finder makes) and the Finder's `.DS_Store`. Of both only what a person wrote or named is told.

mod double;
mod plist;
mod resources;
mod store;

pub(super) use double::read as read_double;
pub(super) use store::read as read_store;

use super::{
    budget::Budget,
    bytes::printable,
    model::{Shown, Writing},
};
use std::ops::Range;

/// Bytes of a file of which some were told.
struct Untold(Vec<u8>);

impl Untold {
    fn of(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    fn told(&mut self, range: Range<usize>) {
        let end = range.end.min(self.0.len());
        if let Some(known) = self.0.get_mut(range.start.min(end)..end) {
            known.fill(0);
        }
    }

    /// What stands where no program looks; a file that is not what the Mac calls it may be opened as a text.
    fn tell(self, is_called_so: bool, budget: &mut Budget) {
        let text = printable(&self.0);
        match is_called_so {
            true => budget.unseen("", text),
            false => budget.text("", Shown::Hidden, Writing::Plain, text),
        }
    }
}

#[cfg(test)]
mod tests;
