//! Policy rules judged for each recipient: which apply, which do not, and why.

mod judge;
mod listed;
mod measures;
mod practice;
mod situation;
mod unscanned;

pub use judge::{Judgement, WhyNot, judge};
pub use listed::{LISTED, listed};
pub use measures::{Applying, always_stops, lessens, may_be_excepted, suspension_rule};
pub use practice::{
    Bounds, answerer_may_hear, bounds, is_hushed, is_hushed_to_answerer, may_disclose, may_hold_image,
    sender_may_hear,
};
pub use situation::{Situation, covers};
pub use unscanned::{NOT_SCANNED, unscanned};
