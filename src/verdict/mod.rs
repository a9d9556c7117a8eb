//! What is to be done with a message: dispositions per recipient group, precedence,
//! and the plan of effects as data.

mod model;

pub use model::{Disposition, Group, Plan, Reason, Verdict};
