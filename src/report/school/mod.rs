//! The report of a month or a term for those who govern a school: what the gate did, how quickly
//! people answered, what was changed, what it does not see. Counts alone: no name, no message, and
//! no count from which a single person could be told ([`cells`]).

mod beside;
mod cells;
mod counted;
mod make;
mod shown;

pub use cells::Cell;
pub use make::{Facts, Period, Stands, report};
pub use shown::{csv, rows, sheet, signed};

/// What a cell says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    Cell(Cell),
    /// Of a hundred, rounded; `None` where its counts may not be shown.
    Share(Option<u64>),
    Text(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub name: String,
    pub now: Says,
    /// In the period before; `None` where nothing is compared.
    pub before: Option<Says>,
}

/// One table with what has to be said of it.
#[derive(Clone, Debug)]
pub struct Part {
    /// Stable, for programs.
    pub name: &'static str,
    pub title: &'static str,
    pub says: Vec<String>,
    pub lines: Vec<Line>,
}

#[derive(Clone, Debug)]
pub struct Report {
    pub title: String,
    pub mark: String,
    pub parts: Vec<Part>,
}
