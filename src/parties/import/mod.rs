//! From a school's files to a directory: OneRoster 1.1 CSV or a plain CSV, checked as a
//! whole. Every fault is reported at once, without a person's data in it, and only files
//! without faults make a directory. docs/directory.md has the columns.

mod assemble;
mod oneroster;
mod plain;
mod sheet;
mod values;

use super::{Directory, Fault, Gravity, School};
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What came of an import.
#[derive(Debug)]
pub struct Import {
    /// Only when there are no faults.
    pub directory: Option<Directory>,
    pub faults: Vec<Fault>,
    pub warnings: Vec<Fault>,
    /// Rows left out because their status is `tobedeleted`.
    pub skipped: usize,
}

/// One file of an import, in memory.
pub struct SourceFile {
    pub name: PathBuf,
    pub bytes: Vec<u8>,
}

impl SourceFile {
    fn is(&self, name: &str) -> bool {
        self.name.file_name().is_some_and(|n| n.eq_ignore_ascii_case(name))
    }
}

/// Bytes of one file at most.
const LARGEST_FILE: u64 = 256 << 20;
/// People and groups of one import at most.
const MOST_ROWS: usize = 1_000_000;
/// Faults that are listed one by one, and warnings likewise.
const MOST_FAULTS: usize = 1_000;

/// The files that an import looks for in a folder.
const NAMES: [&str; 8] = [
    "users.csv",
    "orgs.csv",
    "demographics.csv",
    "classes.csv",
    "enrollments.csv",
    "manifest.csv",
    "people.csv",
    "groups.csv",
];

/// Imports a OneRoster folder (it has `users.csv`), a plain folder (`people.csv`, perhaps
/// `groups.csv`), or one plain CSV file.
pub fn import(path: &Path, schools: &[Arc<School>]) -> Import {
    let mut log = Log::default();
    let mut files = Vec::new();
    let paths: Vec<PathBuf> = if path.is_dir() {
        NAMES.iter().map(|name| path.join(name)).filter(|p| p.exists()).collect()
    } else {
        vec![path.to_owned()]
    };
    for path in paths {
        match read(&path) {
            Ok(bytes) => files.push(SourceFile { name: path, bytes }),
            Err(why) => {
                log.fault(Fault::at(&path, 0, format!("The file cannot be read: {why}.")));
            }
        }
    }
    if files.is_empty() && log.faults.is_empty() {
        let fault = Fault::at(path, 0, "There is nothing to import in this folder.");
        log.fault(fault.hint("A OneRoster folder has `users.csv`, a plain one `people.csv`."));
    }
    run(&files, schools, log)
}

/// As [`import`], with the files already read.
pub fn import_files(files: &[SourceFile], schools: &[Arc<School>]) -> Import {
    run(files, schools, Log::default())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let file = fs::File::open(path).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(format!("it is larger than {} MB", LARGEST_FILE >> 20));
    }
    Ok(bytes)
}

fn run(files: &[SourceFile], schools: &[Arc<School>], mut log: Log) -> Import {
    let mut directory = None;
    if !files.is_empty() {
        let drafts = if files.iter().any(|f| f.is("users.csv")) {
            oneroster::read(files, schools, &mut log)
        } else {
            plain::read(files, schools, &mut log)
        };
        directory = assemble::assemble(drafts, &mut log);
    }
    log.finish(directory)
}

/// Collects what is wrong, up to a bound.
#[derive(Default)]
struct Log {
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
    unlisted: usize,
    skipped: usize,
}

impl Log {
    /// Whether a further fault would only be counted: then its hint need not be worked out.
    fn is_full(&self) -> bool {
        self.faults.len() >= MOST_FAULTS
    }

    fn fault(&mut self, fault: Fault) {
        if self.is_full() {
            self.unlisted += 1;
        } else {
            self.faults.push(fault);
        }
    }

    fn warn(&mut self, fault: Fault) {
        if self.warnings.len() < MOST_FAULTS {
            self.warnings.push(Fault { severity: Gravity::Warning, ..fault });
        }
    }

    fn finish(mut self, directory: Option<Directory>) -> Import {
        if self.unlisted > 0 {
            let text = format!("There are {} further faults.", self.unlisted);
            self.faults.push(Fault::at(Path::new(""), 0, text));
        }
        let order = |a: &Fault, b: &Fault| (&a.file, a.line).cmp(&(&b.file, b.line));
        self.faults.sort_by(order);
        self.warnings.sort_by(order);
        Import {
            directory: directory.filter(|_| self.faults.is_empty()),
            faults: self.faults,
            warnings: self.warnings,
            skipped: self.skipped,
        }
    }
}

#[cfg(test)]
mod tests;
