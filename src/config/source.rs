//! The text of gatehouse.toml, and faults at places in it.

use crate::parties::{Fault, Gravity};
use std::{
    cell::RefCell,
    ops::Range,
    path::{Path, PathBuf},
};

/// A value with the bytes it was written in.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// The place of what is wrong with the file as such, for example what it lacks.
pub(super) const WHOLE_FILE: Range<usize> = 0..0;

/// The file while it is read: everything that is wrong is noted here.
pub(super) struct Source<'a> {
    pub(super) file: &'a Path,
    pub(super) text: &'a str,
    faults: RefCell<Vec<(usize, Fault)>>,
}

impl<'a> Source<'a> {
    pub(super) fn new(file: &'a Path, text: &'a str) -> Self {
        Self { file, text, faults: RefCell::default() }
    }

    /// Notes an error at a place.
    pub(super) fn error(&self, span: &Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.note(Gravity::Error, span, message.into(), hint.into());
    }

    pub(super) fn warning(&self, span: &Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.note(Gravity::Warning, span, message.into(), hint.into());
    }

    fn note(&self, severity: Gravity, span: &Range<usize>, message: String, hint: String) {
        let hint = Some(hint).filter(|hint| !hint.is_empty());
        if *span == WHOLE_FILE {
            let fault = Fault { hint, severity, ..Fault::at(self.file, 0, message) };
            self.faults.borrow_mut().push((0, fault));
            return;
        }
        let start = span.start.min(self.text.len());
        let before = self.text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        let marked = self.text.get(span.clone()).unwrap_or_default().lines().next().unwrap_or_default();
        let fault = Fault {
            column,
            length: marked.chars().count().max(1),
            excerpt: if is_secret(line) { String::new() } else { line.to_owned() },
            hint,
            severity,
            ..Fault::at(self.file, 1 + before.matches('\n').count(), message)
        };
        self.faults.borrow_mut().push((start, fault));
    }

    /// A path in the file, relative to its folder.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(text)
    }

    /// Everything noted, in the order of the file.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|(at, fault)| (*at, fault.severity));
        faults.into_iter().map(|(_, fault)| fault).collect()
    }
}

/// Whether a line may hold a secret that somebody put where it does not belong.
fn is_secret(line: &str) -> bool {
    let line = line.to_lowercase();
    ["secret", "sha256", "password", "passphrase"].iter().any(|word| line.contains(word))
}
