//! The directory on disk, between imports: one JSON value per line, a format line first
//! and a closing line with counts and digest last, so that a torn file is seen as such.

use super::{Directory, DirectoryId, GroupRecord, PersonRecord, directory::Builder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
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

/// Where the directory lies: `directory.jsonl` in the data folder.
#[derive(Clone, Debug)]
pub struct DirectoryFile {
    path: PathBuf,
}

impl DirectoryFile {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub fn in_data_folder(data: &Path) -> Self {
        Self::new(data.join("directory.jsonl"))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the directory in the place of the old one in one step: written beside it with
    /// mode 0600, synced, renamed, and the folder synced.
    pub fn save(&self, directory: &Directory) -> Result<(), SnapshotError> {
        self.write(directory).map_err(|e| SnapshotError::Io(self.path.clone(), e))
    }

    fn write(&self, directory: &Directory) -> io::Result<()> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let beside = self.path.with_file_name(name);
        // A rest of an interrupted save may have any mode: begin anew.
        match fs::remove_file(&beside) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        let mut out = BufWriter::new(file);
        write_line(&mut out, &Line::Format(FORMAT))?;
        write_content(&mut out, directory)?;
        let groups = directory.groups().count();
        write_line(
            &mut out,
            &Line::End { people: directory.len(), groups, sha256: directory.id().0.clone() },
        )?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&beside, &self.path)?;
        let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(folder)?.sync_all()
    }

    /// The directory, if the file is whole.
    pub fn load(&self) -> Result<Directory, SnapshotError> {
        let io = |e| SnapshotError::Io(self.path.clone(), e);
        let mut input = BufReader::new(fs::File::open(&self.path).map_err(io)?);
        let mut reading = Reading::default();
        let mut line = Vec::new();
        let mut number = 0;
        loop {
            number += 1;
            line.clear();
            (&mut input).take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(io)?;
            let damaged = |what| SnapshotError::Damaged { file: self.path.clone(), line: number, what };
            match reading.take(&line) {
                Step::On => {}
                Step::Done(directory) => return Ok(*directory),
                Step::Damaged(what) => return Err(damaged(what)),
                Step::Newer(format) => {
                    return Err(SnapshotError::Newer { file: self.path.clone(), format });
                }
            }
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

fn write_content(out: &mut impl Write, directory: &Directory) -> io::Result<()> {
    for person in directory.people() {
        write_line(out, &Line::Person(person.to_record()))?;
    }
    for group in directory.groups().filter_map(super::Group::to_record) {
        write_line(out, &Line::Group(group))?;
    }
    Ok(())
}

fn write_line(out: &mut impl Write, line: &Line) -> io::Result<()> {
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
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_was_saved_is_loaded_again_and_only_the_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = DirectoryFile::in_data_folder(folder.path());
        let directory = sample::directory();
        file.save(&directory).unwrap();
        file.save(&directory).unwrap();
        let again = file.load().unwrap();
        assert_eq!(again.id(), directory.id());
        assert!(again.people().map(|p| p.to_record()).eq(directory.people().map(|p| p.to_record())));
        assert_eq!(digest(&again), *directory.id());
        assert_eq!(fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_torn_altered_or_newer_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = DirectoryFile::in_data_folder(folder.path());
        file.save(&sample::directory()).unwrap();
        let whole = fs::read_to_string(file.path()).unwrap();
        let torn = &whole[..whole.len() - 40];
        let no_end = &whole[..whole.trim_end().rfind('\n').unwrap() + 1];
        let altered = whole.replacen("Amelia", "Amelie", 1);
        assert_ne!(altered, whole);
        for bad in [torn, no_end, &altered, "", "{}\n", "{\"person\":1}\n", &whole[15..]] {
            fs::write(file.path(), bad).unwrap();
            assert!(matches!(file.load(), Err(SnapshotError::Damaged { .. })), "{} bytes", bad.len());
        }
        fs::write(file.path(), "{\"format\":9}\n").unwrap();
        assert!(matches!(file.load(), Err(SnapshotError::Newer { format: 9, .. })));
    }
}
