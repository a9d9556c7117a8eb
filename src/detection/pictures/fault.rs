//! What is wrong with a list: its place and what to do, never what stands there.

use std::{fmt, path::PathBuf};

/// One thing to put right in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFault {
    pub file: PathBuf,
    /// From 1; 0 for the file as a whole.
    pub line: u64,
    pub message: String,
    pub hint: String,
}

impl fmt::Display for ListFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {} ({})", self.message, self.hint)
    }
}

/// The first faults of a list, in order of line; never empty. A list with one is not in force.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.0.iter().map(ListFault::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ListFaults(pub Vec<ListFault>);
