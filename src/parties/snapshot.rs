//! The directory between imports, as lines: one JSON value each, a format line first and a
//! closing line with counts and digest last, so that a torn file is seen as such.

use super::{Directory, DirectoryId, GroupRecord, PersonRecord, directory::Builder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    io::{self, BufRead, Read, Write},
    path::{Path, PathBuf},
};

const FORMAT: u32 = 1;
/// A longer line is no line of ours.
const LONGEST_LINE: u64 = 4 << 20;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Line {
    Format(u32),
    Person(PersonRecord),
    Group(GroupRecord),
    End { people: usize, groups: usize, sha256: String },
}

/// Why a snapshot was not read. Without content.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("the directory {0} cannot be read or written: {1}")]
    Io(PathBuf, #[source] io::Error),
    #[error("the directory {file} is damaged at line {line}: {what}; import it again")]
    Damaged { file: PathBuf, line: usize, what: &'static str },
    #[error("the directory {file} was written by a newer Gatehouse (format {format})")]
    Newer { file: PathBuf, format: u32 },
}

/// Writes the whole directory.
pub fn write(directory: &Directory, out: &mut dyn Write) -> io::Result<()> {
    write_line(out, &Line::Format(FORMAT))?;
    write_content(out, directory)?;
    let groups = directory.groups().count();
    write_line(out, &Line::End { people: directory.len(), groups, sha256: directory.id().0.clone() })
}

/// Reads a directory that is whole; `file` is for the error.
pub fn read(input: &mut dyn BufRead, file: &Path) -> Result<Directory, SnapshotError> {
    let io = |e| SnapshotError::Io(file.to_owned(), e);
    let mut reading = Reading::default();
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        number += 1;
        line.clear();
        (&mut *input).take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(io)?;
        match reading.take(&line) {
            Step::On => {}
            Step::Done(directory) => return Ok(*directory),
            Step::Damaged(what) => {
                return Err(SnapshotError::Damaged { file: file.to_owned(), line: number, what });
            }
            Step::Newer(format) => return Err(SnapshotError::Newer { file: file.to_owned(), format }),
        }
    }
}

enum Step {
    On,
    Done(Box<Directory>),
    Damaged(&'static str),
    Newer(u32),
}

#[derive(Default)]
struct Reading {
    builder: Builder,
    digest: Sha256,
    begun: bool,
    people: usize,
    groups: usize,
}

impl Reading {
    fn take(&mut self, bytes: &[u8]) -> Step {
        if bytes.is_empty() {
            return Step::Damaged("it ends too early");
        }
        let Ok(line) = serde_json::from_slice::<Line>(bytes) else {
            return Step::Damaged("the line cannot be read");
        };
        match line {
            Line::Format(FORMAT) if !self.begun => self.begun = true,
            Line::Format(format) if format > FORMAT => return Step::Newer(format),
            _ if !self.begun => return Step::Damaged("it does not begin with its format"),
            Line::Format(_) => return Step::Damaged("the format is not known"),
            Line::Person(person) => {
                self.digest.update(bytes);
                self.people += 1;
                self.builder.add(&person);
            }
            Line::Group(group) => {
                self.digest.update(bytes);
                self.groups += 1;
                self.builder.add_group(&group);
            }
            Line::End { people, groups, sha256 } => {
                let digest = hex(std::mem::take(&mut self.digest));
                if (people, groups) != (self.people, self.groups) || sha256 != digest {
                    return Step::Damaged("its content is not what was written");
                }
                let directory = std::mem::take(&mut self.builder).finish_as(DirectoryId(digest));
                return Step::Done(Box::new(directory));
            }
        }
        Step::On
    }
}

/// SHA-256 over the lines of all people and groups.
pub(super) fn digest(directory: &Directory) -> DirectoryId {
    let mut into = Hashing(Sha256::new());
    // Hashing takes every byte, and the records have no key that JSON could not write.
    let _ = write_content(&mut into, directory);
    DirectoryId(hex(into.0))
}

struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_content(out: &mut dyn Write, directory: &Directory) -> io::Result<()> {
    for person in directory.people() {
        write_line(out, &Line::Person(person.to_record()))?;
    }
    for group in directory.groups().filter_map(super::Group::to_record) {
        write_line(out, &Line::Group(group))?;
    }
    Ok(())
}

fn write_line(out: &mut dyn Write, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    out.write_all(&text)
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parties::sample;

    fn written() -> String {
        let mut out = Vec::new();
        write(&sample::directory(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn again(text: &str) -> Result<Directory, SnapshotError> {
        read(&mut text.as_bytes(), Path::new("people"))
    }

    #[test]
    fn what_was_written_is_read_again() {
        let (directory, again) = (sample::directory(), again(&written()).unwrap());
        assert_eq!(again.id(), directory.id());
        assert!(again.people().map(|p| p.to_record()).eq(directory.people().map(|p| p.to_record())));
        assert_eq!(digest(&again), *directory.id());
    }

    #[test]
    fn a_torn_altered_or_newer_text_is_refused() {
        let whole = written();
        let torn = &whole[..whole.len() - 40];
        let no_end = &whole[..whole.trim_end().rfind('\n').unwrap() + 1];
        let altered = whole.replacen("Amelia", "Amelie", 1);
        assert_ne!(altered, whole);
        for bad in [torn, no_end, &altered, "", "{}\n", "{\"person\":1}\n", &whole[15..]] {
            assert!(matches!(again(bad), Err(SnapshotError::Damaged { .. })), "{} bytes", bad.len());
        }
        assert!(matches!(again("{\"format\":9}\n"), Err(SnapshotError::Newer { format: 9, .. })));
    }
}
