//! Findings: what stands in a message that a rule is about. The engine runs all
//! patterns in one pass; checks, context and people make hits into findings.

mod engine;
mod model;

pub use model::{Finding, Origin};
