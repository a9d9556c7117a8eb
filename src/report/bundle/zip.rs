//! A zip that can be written in one way only: files stored as they are, one after the other,
//! the same time everywhere, no extra field, no comment. What is read must be exactly that,
//! so that no two programs can see different files in it (APPNOTE.TXT 6.3.3).

use std::io::{self, Read, Write};

/// Without the fields for more, a zip ends here.
const MOST_BYTES: u64 = u32::MAX as u64;
const MOST_FILES: usize = 20_000;
const LONGEST_NAME: usize = 200;
/// 1 January 1980, midnight: the first time that the format knows.
const DATE: u16 = 0x21;
/// Names are UTF-8.
const FLAGS: u16 = 0x800;
const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;

struct Entry {
    name: String,
    crc: u32,
    size: u32,
    offset: u32,
}

impl Entry {
    fn local(&self) -> Vec<u8> {
        let mut out = LOCAL.to_le_bytes().to_vec();
        self.common(&mut out);
        out.extend_from_slice(self.name.as_bytes());
        out
    }

    fn central(&self) -> Vec<u8> {
        let mut out = CENTRAL.to_le_bytes().to_vec();
        // Made by version 2.0 on Unix.
        out.extend_from_slice(&[20, 3]);
        self.common(&mut out);
        // No comment, first disk, no text flag; readable by its owner.
        out.extend_from_slice(&[0; 6]);
        out.extend_from_slice(&(0o100_600_u32 << 16).to_le_bytes());
        out.extend_from_slice(&self.offset.to_le_bytes());
        out.extend_from_slice(self.name.as_bytes());
        out
    }

    fn common(&self, out: &mut Vec<u8>) {
        for word in [20, FLAGS, 0, 0, DATE] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        for number in [self.crc, self.size, self.size] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        let name = u16::try_from(self.name.len()).unwrap_or(0);
        out.extend_from_slice(&name.to_le_bytes());
        out.extend_from_slice(&[0, 0]);
    }
}

fn end(entries: &[Entry], start: u64, size: usize) -> Vec<u8> {
    let mut out = END.to_le_bytes().to_vec();
    let count = u16::try_from(entries.len()).unwrap_or(u16::MAX).to_le_bytes();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&count);
    out.extend_from_slice(&count);
    for number in [size as u64, start] {
        out.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
    }
    out.extend_from_slice(&[0, 0]);
    out
}

fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.bytes().all(plain)
        && !name.contains("..")
        && !name.contains("//")
        && !name.starts_with(['/', '.'])
        && !name.ends_with('/')
}

/// Writes files in the order in which they come.
pub(super) fn write(out: &mut impl Write, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    let too_large = || io::Error::other("the bundle is larger than a zip can be: export fewer records");
    let (mut entries, mut offset) = (Vec::with_capacity(files.len()), 0_u64);
    for (name, bytes) in files {
        if !is_name(name) || entries.len() >= MOST_FILES {
            return Err(io::Error::other("the bundle has a file that cannot be named"));
        }
        let size = u32::try_from(bytes.len()).map_err(|_| too_large())?;
        let at = u32::try_from(offset).map_err(|_| too_large())?;
        let entry = Entry { name: name.clone(), crc: crc32fast::hash(bytes), size, offset: at };
        let head = entry.local();
        out.write_all(&head)?;
        out.write_all(bytes)?;
        offset += (head.len() + bytes.len()) as u64;
        entries.push(entry);
    }
    let directory: Vec<u8> = entries.iter().flat_map(Entry::central).collect();
    if offset + directory.len() as u64 > MOST_BYTES {
        return Err(too_large());
    }
    out.write_all(&directory)?;
    out.write_all(&end(&entries, offset, directory.len()))
}

/// Why a file is no bundle of ours.
#[derive(Debug)]
pub(super) enum Odd {
    Io(io::Error),
    /// Cut short, packed again by another program, or altered.
    Repacked,
}

impl From<io::Error> for Odd {
    fn from(e: io::Error) -> Self {
        if e.kind() == io::ErrorKind::UnexpectedEof { Self::Repacked } else { Self::Io(e) }
    }
}

/// Reads what [`write`] wrote, and nothing else; `see` gets each file.
pub(super) fn read(input: &mut impl Read, mut see: impl FnMut(&str, Vec<u8>)) -> Result<(), Odd> {
    let (mut entries, mut offset): (Vec<Entry>, u64) = (Vec::new(), 0);
    loop {
        let mut signature = [0; 4];
        input.read_exact(&mut signature)?;
        match u32::from_le_bytes(signature) {
            LOCAL => {}
            CENTRAL if !entries.is_empty() => break,
            _ => return Err(Odd::Repacked),
        }
        let mut head = [0; 26];
        input.read_exact(&mut head)?;
        let number =
            |at: usize| head.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes);
        let (crc, size) = (number(10), number(14));
        let mut name = vec![0; usize::from(u16::from_le_bytes([head[22], head[23]]))];
        input.read_exact(&mut name)?;
        let name = String::from_utf8(name).map_err(|_| Odd::Repacked)?;
        let known = entries.iter().any(|e| e.name == name);
        if !is_name(&name) || known || entries.len() >= MOST_FILES || offset > MOST_BYTES {
            return Err(Odd::Repacked);
        }
        let entry = Entry { name, crc, size, offset: offset as u32 };
        if entry.local().get(4..30) != Some(&head[..]) {
            return Err(Odd::Repacked);
        }
        let mut bytes = Vec::new();
        input.by_ref().take(u64::from(size)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != u64::from(size) {
            return Err(Odd::Repacked);
        }
        offset += (30 + entry.name.len() + bytes.len()) as u64;
        see(&entry.name, bytes);
        entries.push(entry);
    }
    let directory: Vec<u8> = entries.iter().flat_map(Entry::central).collect();
    let mut expected = directory.get(4..).unwrap_or_default().to_vec();
    expected.extend(end(&entries, offset, directory.len()));
    let mut rest = Vec::new();
    input.take(expected.len() as u64 + 1).read_to_end(&mut rest)?;
    if rest == expected { Ok(()) } else { Err(Odd::Repacked) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zip(files: &[(&str, &str)]) -> Vec<u8> {
        let files: Vec<_> = files.iter().map(|(n, b)| ((*n).to_owned(), b.as_bytes().to_vec())).collect();
        let mut out = Vec::new();
        write(&mut out, &files).unwrap();
        out
    }

    fn names(bytes: &[u8]) -> Option<Vec<String>> {
        let mut names = Vec::new();
        read(&mut &*bytes, |name, _| names.push(name.to_owned())).ok().map(|()| names)
    }

    #[test]
    fn what_was_written_is_read_and_every_flipped_bit_of_its_form_is_seen() {
        let whole = zip(&[("manifest.json", "{}"), ("messages/001-A.eml", "hello")]);
        assert_eq!(names(&whole).unwrap(), ["manifest.json", "messages/001-A.eml"]);
        let content: Vec<usize> = ["{}", "hello"]
            .iter()
            .flat_map(|t| {
                let at = memchr::memmem::find(&whole, t.as_bytes()).unwrap();
                at..at + t.len()
            })
            .collect();
        for at in (0..whole.len()).filter(|at| !content.contains(at)) {
            let mut odd = whole.clone();
            odd[at] ^= 1;
            // A checksum of a file is for the manifest's digests to see.
            let same = names(&odd).is_some_and(|n| n == names(&whole).unwrap());
            assert!(!same, "byte {at}");
        }
        assert!(names(&whole[..whole.len() - 1]).is_none());
        assert!(names(&[&whole[..], b"x"].concat()).is_none());
        assert!(names(b"").is_none() && names(b"PK\x05\x06").is_none());
    }

    #[test]
    fn names_that_lead_elsewhere_are_neither_written_nor_read() {
        for name in ["../x", "/x", "a//b", "C:\\x", "a/", "", "x\u{202e}y", ".ssh/x"] {
            assert!(write(&mut Vec::new(), &[(name.to_owned(), vec![])]).is_err(), "{name}");
        }
        let twice = zip(&[("a", "1"), ("b", "2")]);
        let twice: Vec<u8> = twice.iter().map(|b| if *b == b'b' { b'a' } else { *b }).collect();
        assert!(names(&twice).is_none(), "one name for two files");
    }
}
