//! Rule files: their syntax as written, as checked, and the digest of a whole set.

mod model;

pub use model::{
    Area, Category, Check, Context, DetectionRule, DispositionName, Effects, Examples, FindingCondition,
    Notice, PolicyRule, RuleSet, Scope, Severity, Suppress, When,
};
