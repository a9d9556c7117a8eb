//! What is to be done with a message: dispositions per recipient group, precedence,
//! and the plan of effects as data.

mod decide;
mod model;
mod plan;

pub use decide::decide;
pub use model::{Account, DisclaimerDue, Disposition, Group, Plan, Reason, Verdict};
