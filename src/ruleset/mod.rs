//! Rule files: their syntax as written, as checked, and the digest of a whole set.

mod detect;
mod fault;
mod load;
mod model;
mod names;
mod pattern;
mod policy;
mod reader;

pub use fault::{Fault, RuleFaults};
pub use load::{load, load_str, load_with};
pub use model::{
    Area, Builtin, Category, Check, Context, DetectionRule, DispositionName, Effects, Example, Examples,
    FindingCondition, Notice, Pattern, PolicyRule, RuleSet, Scope, Severity, Suppress, When,
};
pub use pattern::parse as parse_pattern;
