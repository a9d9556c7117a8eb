//! The table of clauses (docs/clauses.toml): what the schools' policies ask of their mail
//! and how far this edition of Gatehouse does it. It is part of the program, so that what
//! governors read belongs to what runs.

use serde::{Deserialize, Serialize};
use std::collections::HashSet;

const TABLE: &str = include_str!("../../docs/clauses.toml");

/// How far a clause is done. Ordered from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    NotYet,
    Part,
    Enforced,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::NotYet => "not-yet",
            Self::Part => "part",
            Self::Enforced => "enforced",
        }
    }

    /// One step less.
    pub(super) fn lessened(self) -> Self {
        match self {
            Self::Enforced => Self::Part,
            Self::Part | Self::NotYet => Self::NotYet,
        }
    }
}

/// What a school must have set for a clause to hold at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// `mode = "enforce"`.
    Enforce,
    /// A `[[school.disclaimer]]`.
    Disclaimer,
    /// `record-parent-mail` and a key for the records.
    Records,
    /// Entries of kind `helpline` or `protected`.
    ConfidentialList,
    /// A malware scanner, for all schools of the machine.
    Scanner,
    /// A list of pictures, for all schools of the machine.
    PictureList,
}

/// One clause as the table has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    pub id: String,
    pub asked: String,
    /// What this edition does with all its rules and with the settings that it needs.
    pub status: Status,
    /// Rules that name the clause.
    #[serde(default)]
    pub by: Vec<String>,
    #[serde(default)]
    pub features: Vec<String>,
    #[serde(default)]
    pub needs: Vec<Need>,
    #[serde(default)]
    pub note: String,
}

impl Clause {
    /// The letters of the id name its section.
    pub fn section(&self) -> &str {
        self.id.split('-').next().unwrap_or_default()
    }

    /// Rules act only where a school enforces, unless the table says what they need instead:
    /// records, for example, are a switch of their own.
    pub(super) fn all_needs(&self) -> &[Need] {
        if self.needs.is_empty() && !self.by.is_empty() { &[Need::Enforce] } else { &self.needs }
    }
}

/// The table is not as it must be: a fault of this edition.
#[derive(Debug, thiserror::Error)]
pub enum TableFault {
    #[error("the table of clauses: {0}")]
    Syntax(#[from] toml::de::Error),
    #[error("the table of clauses: {0} stands there twice")]
    Twice(String),
}

/// All clauses in the order of the policies' sections.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    #[serde(rename = "clause")]
    pub clauses: Vec<Clause>,
}

impl Table {
    /// The table of this edition.
    pub fn of_this_edition() -> Result<Self, TableFault> {
        Self::read(TABLE)
    }

    pub(super) fn read(text: &str) -> Result<Self, TableFault> {
        let table: Self = toml::from_str(text)?;
        let mut seen = HashSet::new();
        match table.clauses.iter().find(|c| !seen.insert(c.id.as_str())) {
            Some(twice) => Err(TableFault::Twice(twice.id.clone())),
            None => Ok(table),
        }
    }
}

/// What the letters of an id stand for.
pub(super) fn section_title(section: &str) -> &'static str {
    match section {
        "PD" => "Personal data leaving unencrypted",
        "CT" => "Contact with pupils and parents",
        "OF" => "Offensive, bullying and harmful content",
        "CL" => "Chain letters",
        "DI" => "Disclaimers",
        "RE" => "Records",
        "QU" => "Quarantine, incidents, reports",
        "OP" => "The school's machine room",
        _ => "Others",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_that_stands_there_twice_is_a_fault() {
        let one = "[[clause]]\nid = \"PD-1\"\nasked = \"x\"\nstatus = \"part\"\n";
        assert!(Table::read(one).is_ok());
        assert!(matches!(Table::read(&one.repeat(2)), Err(TableFault::Twice(id)) if id == "PD-1"));
        assert!(Table::read(&one.replace("asked", "aksed")).is_err());
        assert!(Table::read(&one.replace("part", "done")).is_err());
    }
}
