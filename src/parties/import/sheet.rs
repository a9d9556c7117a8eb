//! One CSV file: its encoding, its columns by name, its rows with their lines.

use super::{Log, SourceFile};
use crate::parties::{Fault, closest};
use csv::StringRecord;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// Characters of one field at most.
const LONGEST_FIELD: usize = 16 * 1024;

pub(super) struct Sheet {
    pub(super) file: PathBuf,
    text: String,
    columns: HashMap<String, usize>,
    width: usize,
}

/// The columns that a kind of file may have.
pub(super) struct Columns {
    pub(super) required: &'static [&'static str],
    pub(super) optional: &'static [&'static str],
    /// Whether further columns are usual (OneRoster's own, which we do not need).
    pub(super) others: Others,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    Usual,
    Unusual,
}

impl Sheet {
    /// Reads the header. `None` when the rows cannot be told apart; why is in the log.
    pub(super) fn open(source: &SourceFile, columns: &Columns, log: &mut Log) -> Option<Self> {
        let text = decode(source, log)?;
        let mut header = StringRecord::new();
        let read = reader(&text).read_record(&mut header);
        if !matches!(read, Ok(true)) {
            log.fault(Fault::at(&source.name, 1, "The file has no header line."));
            return None;
        }
        let mut sheet =
            Self { file: source.name.clone(), columns: HashMap::new(), width: header.len(), text };
        for (at, name) in header.iter().enumerate() {
            let name = name.trim();
            if !name.is_empty() && sheet.columns.insert(name.to_lowercase(), at).is_some() {
                log.fault(Fault::at(&sheet.file, 1, format!("The column `{}` is there twice.", short(name))));
            }
        }
        sheet.check_columns(&header, columns, log).then_some(sheet)
    }

    fn check_columns(&self, header: &StringRecord, columns: &Columns, log: &mut Log) -> bool {
        let missing: Vec<&str> = columns.required.iter().copied().filter(|name| !self.has(name)).collect();
        for name in &missing {
            let mut fault = Fault::at(&self.file, 1, format!("The column `{name}` is missing."));
            let there = header.iter().map(str::trim).filter(|n| !columns.required.contains(n));
            if header.len() == 1 && header.iter().any(|h| h.contains(';') || h.contains('\t')) {
                fault = fault.hint("Separate the columns by commas, not by semicolons or tabs.");
            } else if let Some(near) = closest(name, there) {
                fault = fault.hint(format!("There is a column `{}`; is it this one?", short(near)));
            }
            log.fault(fault);
        }
        let known = || columns.required.iter().chain(columns.optional).copied();
        for name in header.iter().map(str::trim).filter(|n| !n.is_empty()) {
            if known().any(|k| k.eq_ignore_ascii_case(name)) {
                continue;
            }
            let near = closest(name, known().filter(|k| !self.has(k)));
            let warning = Fault::at(&self.file, 1, format!("The column `{}` is not used.", short(name)));
            match (near, columns.others) {
                (Some(near), _) => log.warn(warning.hint(format!("Did you mean `{near}`?"))),
                (None, Others::Unusual) => log.warn(warning),
                (None, Others::Usual) => {}
            }
        }
        missing.is_empty()
    }

    /// The reader's position lies before the empty lines that it passes over.
    fn line_of(&self, position: &csv::Position) -> usize {
        let rest = self.text.as_bytes().get(position.byte() as usize..).unwrap_or_default();
        let empty = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        position.line() as usize + empty.filter(|byte| **byte == b'\n').count()
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.contains_key(&column.to_lowercase())
    }

    /// Hands over every row that has as many fields as the header.
    pub(super) fn each(&self, log: &mut Log, mut take: impl FnMut(Row<'_>, &mut Log)) {
        let mut reader = reader(&self.text);
        let mut record = StringRecord::new();
        let mut count = 0;
        // The text is valid and the reader flexible, so reading a record cannot fail.
        while let Ok(true) = reader.read_record(&mut record) {
            count += 1;
            let line = record.position().map_or(0, |p| self.line_of(p));
            if count == 1 || record.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            let row = Row { sheet: self, record: &record, line };
            if count > super::MOST_ROWS {
                log.fault(row.fault(format!("There are more than {} rows.", super::MOST_ROWS)));
                return;
            }
            if record.len() != self.width {
                let text = format!("The row has {} fields, the header {}.", record.len(), self.width);
                log.fault(
                    row.fault(text).hint("A comma within a field needs quotation marks around the field."),
                );
            } else if record.iter().any(|field| field.len() > LONGEST_FIELD) {
                log.fault(row.fault("A field is too long.").hint("Is a quotation mark missing?"));
            } else {
                take(row, log);
            }
        }
    }
}

/// One row with its line.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    sheet: &'a Sheet,
    record: &'a StringRecord,
    pub(super) line: usize,
}

impl<'a> Row<'a> {
    /// The field without surrounding space; empty when there is no such column.
    pub(super) fn get(&self, column: &str) -> &'a str {
        // Column names in this room's code are short; the copy is cheap beside the parsing.
        let at = self.sheet.columns.get(&column.to_lowercase());
        at.and_then(|at| self.record.get(*at)).unwrap_or_default().trim()
    }

    /// The values of a list, separated by commas or semicolons.
    pub(super) fn list(&self, column: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.get(column).split([',', ';']).map(str::trim).filter(|value| !value.is_empty())
    }

    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::at(self.file(), self.line, message)
    }

    pub(super) fn file(&self) -> &'a Path {
        &self.sheet.file
    }
}

fn reader(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes())
}

/// A column's name as a fault may show it.
fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// UTF-8 with or without a byte order mark; UTF-16 with one; else Windows-1252, which
/// spreadsheets on Windows write, and which is said.
fn decode(source: &SourceFile, log: &mut Log) -> Option<String> {
    let (encoding, skip) = encoding_rs::Encoding::for_bom(&source.bytes).unwrap_or((encoding_rs::UTF_8, 0));
    let bytes = source.bytes.get(skip..).unwrap_or_default();
    if encoding == encoding_rs::UTF_8 {
        if bytes.contains(&0) {
            log.fault(Fault::at(&source.name, 0, "This is no text file.").hint("Save it as CSV UTF-8."));
            return None;
        }
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Some(text.to_owned());
        }
        let valid = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len);
        let line = 1 + memchr::memchr_iter(b'\n', bytes.get(..valid).unwrap_or_default()).count();
        let warning = Fault::at(&source.name, line, "The file is not UTF-8; it was read as Windows-1252.");
        log.warn(warning.hint("Look at a name with an accent; better save as CSV UTF-8."));
        return Some(encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned());
    }
    log.warn(Fault::at(&source.name, 0, "The file is UTF-16.").hint("Better save as CSV UTF-8."));
    Some(encoding.decode_without_bom_handling(bytes).0.into_owned())
}
