//! Findings: what stands in a message that a rule is about. The engine runs all
//! patterns in one pass; checks, context and people make hits into findings.

mod engine;
mod identifiers;
mod model;
pub mod people;

pub use model::{Finding, Origin};
