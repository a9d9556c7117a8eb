//! Archives: every member under its name, within the budget.

mod directory;
mod names;
pub(super) mod rar;
pub(super) mod sevenzip;
pub(super) mod single;
pub(super) mod tar;
pub(super) mod zip;

/// Protected members that are told one by one, so that there is room to tell what holds for the whole.
const MOST_TOLD: usize = 100;

pub(super) use directory::{ends_exactly, first_names};
pub(super) use names::cp437;
