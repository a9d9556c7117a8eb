//! Findings: what stands in a message that a rule is about. The engine runs all
//! patterns in one pass; checks, context and people make hits into findings.

mod detector;
mod engine;
mod example;
mod excerpts;
mod findings;
mod identifiers;
mod judge;
mod malware;
mod model;
mod pass;
mod passed_on;
pub mod people;
mod pictures;
mod prepare;
mod respelled;
pub mod rulecheck;
mod sorted;
mod structure;
#[cfg(test)]
mod tests;
mod wordlike;

pub use detector::{Detected, Detector, Scratch};
pub(crate) use identifiers::canonical;
pub use malware::{NOT_SCANNED_RULE, scanned};
pub use model::{DetectLimits, DetectorFaults, Explained, Finding, Miss, NearMiss, Origin};
pub use people::{People, PersonName, folded_words, without_marks};
pub use pictures::{
    Columns, HashKind, HashList, ListFault, ListFaults, ListLimits, ListSource, Nearness, PictureLists,
    Summary, Written, listed,
};
pub use wordlike::is_also_a_word;
