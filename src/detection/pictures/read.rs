//! Reads list files: lines or a table of hashes, strictly, with every fault at its line.

use super::{
    fault::{ListFault, ListFaults},
    kind::{Entry, HashKind},
    list::Entries,
    source::{Columns, ListLimits, ListSource, Written},
};
use sha2::{Digest, Sha256};
use std::{
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

/// More faults than this are not listed.
const MOST_FAULTS: usize = 20;
/// Bytes of a line of a list of lines, comments included.
const LONGEST_LINE: u64 = 4096;

/// The entries of a list as given, and the SHA-256 of its bytes.
pub(super) fn read(source: &ListSource, list: impl Read) -> Result<(Entries, [u8; 32]), ListFaults> {
    let mut reading = Reading {
        file: &source.file,
        limits: &source.limits,
        entries: Entries::default(),
        faults: Vec::new(),
    };
    let digest = reading.all(list, &source.written);
    if let Err(error) = &digest {
        reading.fault(0, format!("cannot be read: {error}"), "check the file");
    } else if reading.entries.is_empty() && reading.faults.is_empty() {
        reading.fault(0, "holds no hash", "an empty list finds nothing: check that it was fetched whole");
    }
    match (digest, reading.faults.is_empty()) {
        (Ok(digest), true) => Ok((reading.entries, digest)),
        _ => Err(ListFaults(reading.faults)),
    }
}

struct Reading<'a> {
    file: &'a Path,
    limits: &'a ListLimits,
    entries: Entries,
    faults: Vec<ListFault>,
}

/// Reads on, or has seen enough.
#[derive(PartialEq, Eq)]
enum Go {
    On,
    Stop,
}

impl Reading<'_> {
    fn fault(&mut self, line: u64, message: impl Into<String>, hint: impl Into<String>) -> Go {
        let fault =
            ListFault { file: self.file.to_owned(), line, message: message.into(), hint: hint.into() };
        self.faults.push(fault);
        if self.faults.len() < MOST_FAULTS { Go::On } else { Go::Stop }
    }

    fn all(&mut self, list: impl Read, written: &Written) -> io::Result<[u8; 32]> {
        let digesting =
            Digesting { inner: list, digest: Sha256::new(), left: self.limits.bytes, whole: true };
        let mut file = BufReader::with_capacity(1 << 16, digesting);
        match written {
            Written::Lines(kind) => self.lines(&mut file, *kind)?,
            Written::Table(columns) => self.table(&mut file, columns),
        }
        // The digest is of the whole file, also where reading stopped.
        io::copy(&mut file, &mut io::sink())?;
        let file = file.into_inner();
        if !file.whole {
            self.faults.clear();
            self.fault(
                0,
                format!("is longer than {} bytes", self.limits.bytes),
                "raise `largest` of this list, or split it",
            );
        }
        Ok(file.digest.finalize().into())
    }

    fn lines(&mut self, file: &mut impl BufRead, said: Option<HashKind>) -> io::Result<()> {
        let mut kind = said.or_else(|| by_name(self.file));
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            if file.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if line.len() as u64 == LONGEST_LINE {
                self.fault(
                    number,
                    format!("is longer than {LONGEST_LINE} bytes"),
                    "give one hash on each line",
                );
                break;
            }
            let text = if number == 1 {
                line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line)
            } else {
                line.as_slice()
            };
            if let Some(comment) = text.trim_ascii().strip_prefix(b"#") {
                match (header(comment), said) {
                    (Some(Ok(header)), Some(said)) if header != said => {
                        self.fault(
                            number,
                            format!("says {header}, the configuration says {said}"),
                            "correct one of them",
                        );
                        break;
                    }
                    (Some(Ok(header)), _) if self.entries.is_empty() => kind = Some(header),
                    (Some(Ok(_)), _) => {
                        self.fault(
                            number,
                            "says a kind after the first hash",
                            "say it once, above the first hash",
                        );
                        break;
                    }
                    (Some(Err(())), _) => {
                        self.fault(number, "says a kind that we do not know", "say md5, sha1, sha256 or pdq");
                        break;
                    }
                    (None, _) => {}
                }
                continue;
            }
            let hash = text.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii();
            if !hash.is_empty() && self.line(number, hash, kind) == Go::Stop {
                break;
            }
        }
        Ok(())
    }

    fn line(&mut self, line: u64, hash: &[u8], kind: Option<HashKind>) -> Go {
        let by_length =
            || [HashKind::Md5, HashKind::Sha1].into_iter().find(|kind| kind.digits() == hash.len());
        match kind.or_else(by_length) {
            Some(kind) => self.take(line, hash, kind),
            None if hash.len() == 64 => {
                self.fault(
                    line,
                    "has 64 characters, which may be SHA-256 or PDQ",
                    "say which: `kind = \"pdq\"` in the configuration, a first line `# kind: pdq`, or the file's name",
                );
                Go::Stop
            }
            None => self.fault(
                line,
                format!("has {} characters", hash.len()),
                "one hash on each line in hex: 32 characters of MD5, 40 of SHA-1, 64 of SHA-256 or PDQ; tables need `columns`",
            ),
        }
    }

    fn table(&mut self, file: &mut impl Read, columns: &Columns) {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
        let names = match reader.byte_headers() {
            Ok(names) => names.clone(),
            Err(error) => {
                self.fault(1, broken(&error), "give comma-separated values with names above");
                return;
            }
        };
        let mut places = Vec::new();
        for (name, kind) in &columns.0 {
            let bare = |field: &[u8]| {
                field.strip_prefix(b"\xef\xbb\xbf").unwrap_or(field).eq_ignore_ascii_case(name.as_bytes())
            };
            match names.iter().position(bare) {
                Some(place) => places.push((place, *kind)),
                None => {
                    self.fault(
                        1,
                        format!("has no column \"{name}\""),
                        "correct `columns`, or the names above the values",
                    );
                }
            }
        }
        if places.len() < columns.0.len() {
            return;
        }
        let mut record = csv::ByteRecord::new();
        loop {
            let line = reader.position().line();
            match reader.read_byte_record(&mut record) {
                Ok(false) => return,
                Ok(true)
                    if self.row(record.position().map_or(line, csv::Position::line), &record, &places)
                        == Go::On => {}
                Ok(true) => return,
                Err(error) => {
                    // An unequal row leaves the reader able to go on; anything else does not.
                    let unequal = matches!(error.kind(), csv::ErrorKind::UnequalLengths { .. });
                    let line = error.position().map_or(line, csv::Position::line);
                    let go =
                        self.fault(line, broken(&error), "each row needs as many values as there are names");
                    if go == Go::Stop || !unequal {
                        return;
                    }
                }
            }
        }
    }

    fn row(&mut self, line: u64, record: &csv::ByteRecord, places: &[(usize, HashKind)]) -> Go {
        let mut given = 0;
        for (place, kind) in places {
            let hash = record.get(*place).unwrap_or_default();
            if hash.is_empty() {
                continue;
            }
            given += 1;
            if self.take(line, hash, *kind) == Go::Stop {
                return Go::Stop;
            }
        }
        if given == 0 {
            self.fault(line, "has no hash in any named column", "remove the row, or name its column")
        } else {
            Go::On
        }
    }

    /// Adds one hash.
    fn take(&mut self, line: u64, hash: &[u8], kind: HashKind) -> Go {
        let Some(entry) = Entry::parse(kind, hash) else {
            let hint = format!("{kind} is {} characters of 0-9 and a-f", kind.digits());
            return self.fault(line, format!("is no hash of kind {kind}"), hint);
        };
        if let Some(why) = Entries::unfit(&entry) {
            return self.fault(
                line,
                why,
                "remove it: it would match harmless files; tell whoever gave the list",
            );
        }
        if self.entries.len() >= self.limits.entries {
            self.fault(
                line,
                format!("is beyond {} hashes", self.limits.entries),
                "raise `most` of this list, or split it",
            );
            return Go::Stop;
        }
        self.entries.push(entry);
        Go::On
    }
}

/// What a comment says of the kind: `# kind: pdq`.
fn header(comment: &[u8]) -> Option<Result<HashKind, ()>> {
    let comment = std::str::from_utf8(comment).ok()?.trim();
    let (key, value) = comment.split_once(':')?;
    key.trim().eq_ignore_ascii_case("kind").then(|| value.trim().parse())
}

/// The kind by a word of the file's name (`given.pdq.txt`), where it names one only.
fn by_name(file: &Path) -> Option<HashKind> {
    let name = file.file_name()?.to_str()?;
    let mut kinds = name.split(['.', '-', '_', ' ']).filter_map(|word| word.parse().ok());
    kinds.next().filter(|kind| kinds.all(|other: HashKind| other == *kind))
}

/// Without the values, which the error itself may hold.
fn broken(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} values instead of {expected_len}")
        }
        csv::ErrorKind::Io(error) => format!("cannot be read: {}", error.kind()),
        _ => "is no row of comma-separated values".to_owned(),
    }
}

/// Digests what is read, and ends early where that is too much.
struct Digesting<R> {
    inner: R,
    digest: Sha256,
    left: u64,
    whole: bool,
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let Some(left) = self.left.checked_sub(read as u64) else {
            self.whole = false;
            return Ok(0);
        };
        self.left = left;
        self.digest.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
