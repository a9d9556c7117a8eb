//! The form of a segment: which documents it has, newest first, and for each token in which of them
//! it stands. Cut into chunks of one size, so that neither sizes nor places tell how often a
//! token comes; each is encrypted as a whole before it is stored.
//!
//! Ordinals count a segment's documents from the newest (0). Directory: where chunks begin.

use crate::storage::error::StoreError;

/// Bytes of a chunk before it is encrypted; with nonce and tag it fills two pages of SQLite.
pub(super) const CHUNK: usize = 8_000;
/// Letters of an item's and of a record's id.
pub(super) const ID: usize = 10;
const ENTRY: usize = 8 + 1 + 1 + ID;
pub(super) const ENTRIES: usize = CHUNK / ENTRY;
/// Chunks of one segment at most: its number takes the upper bits of a chunk's.
pub(super) const NUMBERS: i64 = 1 << 20;
/// Token and length before the ordinals of a run.
const RUN: usize = 8 + 2;
/// A number takes five bytes at most.
const LONGEST: usize = 5;

/// A keyed hash of a term, truncated.
pub(super) type Token = u64;

/// What is found: an item of quarantine or a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Forgotten: the place is kept until the segment is written anew.
    Blank = 0,
    Quarantine = 1,
    Record = 2,
}

/// A document as a segment lists it. Orders by time, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) at: i64,
    pub(super) id: [u8; ID],
    pub(super) kind: Kind,
}

impl Entry {
    pub(super) fn new(kind: Kind, at: i64, id: &str) -> Result<Self, StoreError> {
        let id = id.as_bytes().try_into().map_err(|_| StoreError::Us("an id of another length".into()))?;
        Ok(Self { at, id, kind })
    }

    pub(super) fn id(&self) -> &str {
        std::str::from_utf8(&self.id).unwrap_or_default()
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.at.to_le_bytes());
        out.extend_from_slice(&[self.kind as u8, 0]);
        out.extend_from_slice(&self.id);
    }

    /// Bytes of an entry as written.
    pub(super) const LENGTH: usize = ENTRY;

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (at, rest) = bytes.split_first_chunk::<8>()?;
        let (&[kind, _], rest) = rest.split_first_chunk::<2>()?;
        let (id, _) = rest.split_first_chunk::<ID>()?;
        let kind = match kind {
            1 => Kind::Quarantine,
            2 => Kind::Record,
            _ => Kind::Blank,
        };
        Some(Self { at: i64::from_le_bytes(*at), id: *id, kind })
    }
}

/// The entries of a chunk of entries.
pub(super) fn entries(chunk: &[u8]) -> impl Iterator<Item = Entry> {
    chunk.chunks_exact(ENTRY).take(ENTRIES).filter_map(Entry::read)
}

/// Takes an entry's name and time out of its chunk.
pub(super) fn blank(chunk: &mut [u8], index: usize) {
    if let Some(place) = chunk.get_mut(index * ENTRY + 8..(index + 1) * ENTRY) {
        place.fill(0);
    }
}

/// Where a segment's chunks begin. Chunks of entries come first, then those of postings.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Directory {
    pub(super) documents: u32,
    /// The newest time of each chunk of entries.
    pub(super) times: Vec<i64>,
    /// The first token and ordinal of each chunk of postings.
    pub(super) starts: Vec<(Token, u32)>,
}

impl Directory {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(12 + self.times.len() * 8 + self.starts.len() * 12);
        out.extend_from_slice(&self.documents.to_le_bytes());
        out.extend_from_slice(&(self.times.len() as u32).to_le_bytes());
        out.extend_from_slice(&(self.starts.len() as u32).to_le_bytes());
        self.times.iter().for_each(|t| out.extend_from_slice(&t.to_le_bytes()));
        for (token, ordinal) in &self.starts {
            out.extend_from_slice(&token.to_le_bytes());
            out.extend_from_slice(&ordinal.to_le_bytes());
        }
        out
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let (documents, times, starts) = (number(0)?, number(4)? as usize, number(8)? as usize);
        let body = bytes.get(12..)?;
        if body.len() != times.checked_mul(8)?.checked_add(starts.checked_mul(12)?)? {
            return None;
        }
        let (times, starts) = body.split_at(times * 8);
        let time = |b: &[u8]| Some(i64::from_le_bytes(b.try_into().ok()?));
        let start = |b: &[u8]| {
            let (token, ordinal) = b.split_first_chunk::<8>()?;
            Some((u64::from_le_bytes(*token), u32::from_le_bytes(ordinal.try_into().ok()?)))
        };
        Some(Self {
            documents,
            times: times.chunks_exact(8).map(time).collect::<Option<_>>()?,
            starts: starts.chunks_exact(12).map(start).collect::<Option<_>>()?,
        })
    }

    /// What it takes of the memory.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.times.capacity() * size_of::<i64>()
            + self.starts.capacity() * size_of::<(Token, u32)>()
    }

    /// The number of the first chunk of postings.
    pub(super) fn postings(&self) -> usize {
        self.times.len()
    }

    /// Which chunks of postings may have `token` (indexes of `starts`); empty when none.
    pub(super) fn span(&self, token: Token) -> std::ops::Range<usize> {
        let end = self.starts.partition_point(|(first, _)| *first <= token);
        let begins = self.starts.partition_point(|(first, _)| *first < token);
        begins.saturating_sub(1).min(end)..end
    }
}

/// Writes a segment: all entries, newest first, then tokens in rising order.
pub(super) struct Writer {
    directory: Directory,
    chunks: Vec<Vec<u8>>,
    open: Vec<u8>,
}

impl Writer {
    pub(super) fn new(entries: &[Entry]) -> Self {
        let mut writer = Self { directory: Directory::default(), chunks: Vec::new(), open: Vec::new() };
        writer.directory.documents = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        for page in entries.chunks(ENTRIES) {
            let mut chunk = Vec::with_capacity(CHUNK);
            page.iter().for_each(|e| e.write(&mut chunk));
            chunk.resize(CHUNK, 0);
            writer.directory.times.extend(page.first().map(|e| e.at));
            writer.chunks.push(chunk);
        }
        writer
    }

    /// `ordinals` rise; calls come with rising `token`.
    pub(super) fn push(&mut self, token: Token, mut ordinals: &[u32]) {
        while let Some(first) = ordinals.first() {
            if self.open.len() + RUN + LONGEST > CHUNK {
                self.close();
            }
            if self.open.is_empty() {
                self.directory.starts.push((token, *first));
            }
            let length_at = self.open.len() + 8;
            self.open.extend_from_slice(&token.to_le_bytes());
            self.open.extend_from_slice(&[0; 2]);
            let mut before = 0;
            let mut taken = 0;
            for ordinal in ordinals {
                if self.open.len() + LONGEST > CHUNK {
                    break;
                }
                write_number(ordinal - before, &mut self.open);
                before = *ordinal;
                taken += 1;
            }
            // A chunk is shorter than 2^16.
            let length = (self.open.len() - length_at - 2) as u16;
            self.open[length_at..length_at + 2].copy_from_slice(&length.to_le_bytes());
            ordinals = ordinals.get(taken..).unwrap_or_default();
        }
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.open.resize(CHUNK, 0);
            self.chunks.push(std::mem::replace(&mut self.open, Vec::with_capacity(CHUNK)));
        }
    }

    pub(super) fn finish(mut self) -> (Directory, Vec<Vec<u8>>) {
        self.close();
        (self.directory, self.chunks)
    }
}

/// The runs of a chunk of postings, in order.
pub(super) fn runs(chunk: &[u8]) -> impl Iterator<Item = (Token, &[u8])> {
    let mut left = chunk;
    std::iter::from_fn(move || {
        let (token, rest) = left.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_le_bytes(*length));
        let (data, rest) = rest.split_at_checked(length)?;
        left = rest;
        (length > 0).then_some((u64::from_le_bytes(*token), data))
    })
}

/// The ordinals of a run, appended to `out`.
pub(super) fn ordinals(data: &[u8], out: &mut Vec<u32>) {
    let (mut value, mut number, mut shift) = (0_u32, 0_u32, 0);
    for byte in data {
        number |= u32::from(byte & 0x7f).wrapping_shl(shift);
        shift += 7;
        if byte & 0x80 == 0 {
            value = value.wrapping_add(number);
            out.push(value);
            (number, shift) = (0, 0);
        }
    }
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn write_number(mut number: u32, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: i64) -> Entry {
        Entry::new(Kind::Record, at, &format!("{at:010}")).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back_over_chunk_borders() {
        let entries_: Vec<Entry> = (0..50_000).rev().map(entry).collect();
        let mut writer = Writer::new(&entries_);
        let all: Vec<u32> = (0..50_000).collect();
        let some: Vec<u32> = (0..50_000).step_by(301).collect();
        let lists = [(3, &some[..]), (7, &all[..]), (8, &some[..1]), (u64::MAX, &all[49_999..])];
        lists.iter().for_each(|(token, list)| writer.push(*token, list));
        let (directory, chunks) = writer.finish();
        assert!(chunks.iter().all(|c| c.len() == CHUNK));
        assert_eq!(
            Directory::read(&directory.write()),
            Some(Directory { starts: directory.starts.clone(), times: directory.times.clone(), ..directory })
        );
        let (of_entries, postings) = chunks.split_at(directory.postings());
        let back: Vec<Entry> = of_entries.iter().flat_map(|c| entries(c)).take(50_000).collect();
        assert_eq!(back, entries_);
        for (token, list) in lists {
            let mut found = Vec::new();
            for chunk in &postings[directory.span(token)] {
                runs(chunk).filter(|(t, _)| *t == token).for_each(|(_, data)| ordinals(data, &mut found));
            }
            assert_eq!(found, list, "{token}");
        }
        assert!(postings[directory.span(5)].iter().all(|c| runs(c).all(|(t, _)| t != 5)));
        assert!(Directory::read(&directory.write()[..20]).is_none() && Directory::read(b"").is_none());
    }

    #[test]
    fn a_forgotten_entry_has_neither_name_nor_kind() {
        let (_, mut chunks) = Writer::new(&[entry(5), entry(4)]).finish();
        blank(&mut chunks[0], 0);
        let read: Vec<Entry> = entries(&chunks[0]).take(2).collect();
        assert_eq!((read[0].kind, read[0].id, read[1]), (Kind::Blank, [0; ID], entry(4)));
    }
}
