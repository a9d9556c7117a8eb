//! What is wrong with rule files: everything at once, each with its place and what to do.

use std::{fmt, path::PathBuf};

/// One thing to put right in a rule file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file.display(), self.line, self.column, self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, " ({hint})"))
    }
}

/// All faults of a set of rule files, in order of file and line; never empty.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.lines())]
pub struct RuleFaults(pub Vec<Fault>);

impl RuleFaults {
    fn lines(&self) -> String {
        self.0.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
    }
}
