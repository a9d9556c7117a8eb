//! The header of a 7z archive (7zFormat.txt of the LZMA SDK), as far as reading needs it.

use super::super::super::bytes::{slice, utf16_le};

/// More coders, streams or levels than any archiver writes.
const MOST_CODERS: usize = 16;

/// Ids of the format.
mod id {
    pub(super) const END: u64 = 0;
    pub(super) const HEADER: u64 = 1;
    pub(super) const ARCHIVE_PROPERTIES: u64 = 2;
    pub(super) const ADDITIONAL_STREAMS: u64 = 3;
    pub(super) const MAIN_STREAMS: u64 = 4;
    pub(super) const FILES: u64 = 5;
    pub(super) const PACK_INFO: u64 = 6;
    pub(super) const UNPACK_INFO: u64 = 7;
    pub(super) const SUBSTREAMS: u64 = 8;
    pub(super) const SIZES: u64 = 9;
    pub(super) const CRCS: u64 = 10;
    pub(super) const FOLDERS: u64 = 11;
    pub(super) const CODERS_SIZES: u64 = 12;
    pub(super) const COUNTS: u64 = 13;
    pub(super) const EMPTY_STREAMS: u64 = 14;
    pub(super) const NAMES: u64 = 17;
}

/// One step of unpacking.
#[derive(Clone, Debug, Default)]
pub(super) struct Coder<'a> {
    pub(super) method: &'a [u8],
    pub(super) properties: &'a [u8],
    /// Bytes that come out, in all.
    pub(super) size: u64,
    inputs: usize,
    outputs: usize,
}

/// What is packed together: the chain of coders and the files' sizes in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Folder<'a> {
    pub(super) coders: Vec<Coder<'a>>,
    /// (in-stream, out-stream) that feeds it.
    bonds: Vec<(usize, usize)>,
    packed_inputs: Vec<usize>,
    has_crc: bool,
    pub(super) files: Vec<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Streams<'a> {
    pub(super) start: u64,
    pub(super) packed: Vec<u64>,
    pub(super) folders: Vec<Folder<'a>>,
}

#[derive(Debug, Default)]
pub(super) struct Header<'a> {
    pub(super) streams: Streams<'a>,
    /// Names in order, and whether the file has content.
    pub(super) files: Vec<(String, bool)>,
}

impl<'a> Folder<'a> {
    pub(super) fn size(&self) -> u64 {
        self.chain().and_then(|chain| chain.last().map(|coder| coder.size)).unwrap_or(0)
    }

    /// How many packed streams go into it.
    pub(super) fn inputs(&self) -> usize {
        self.packed_inputs.len()
    }

    /// The coders from the packed stream to the content; `None` when they are no plain chain, as BCJ2's,
    /// which is for programs only.
    pub(super) fn chain(&self) -> Option<Vec<&Coder<'a>>> {
        if self.coders.iter().any(|coder| (coder.inputs, coder.outputs) != (1, 1)) {
            return None;
        }
        let mut at = *self.packed_inputs.first()?;
        let mut chain = vec![self.coders.get(at)?];
        while let Some((next, _)) = self.bonds.iter().find(|(_, out)| *out == at) {
            if chain.len() >= self.coders.len() {
                return None;
            }
            at = *next;
            chain.push(self.coders.get(at)?);
        }
        Some(chain)
    }

    pub(super) fn has_method(&self, method: &[u8]) -> bool {
        self.coders.iter().any(|coder| coder.method == method)
    }
}

pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    /// A number: as many high bits of the first byte are set as further bytes follow, low ones first.
    pub(super) fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let more = first.leading_ones() as usize;
        let mut low = [0; 8];
        low.get_mut(..more)?.copy_from_slice(self.take(more)?);
        let high = if more < 7 { u64::from(first & (0x7f >> more)) << (8 * more) } else { 0 };
        Some(u64::from_le_bytes(low) | high)
    }

    /// A number of things each of which takes at least one more byte.
    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.rest.len())
    }

    pub(super) fn header(&mut self) -> Option<Header<'a>> {
        let mut header = Header::default();
        if self.number()? != id::HEADER {
            return None;
        }
        loop {
            match self.number()? {
                id::END => return Some(header),
                id::ARCHIVE_PROPERTIES => self.properties()?,
                id::ADDITIONAL_STREAMS => drop(self.streams()?),
                id::MAIN_STREAMS => header.streams = self.streams()?,
                id::FILES => header.files = self.files()?,
                _ => return None,
            }
        }
    }

    fn properties(&mut self) -> Option<()> {
        while self.number()? != id::END {
            let length = self.count()?;
            self.take(length)?;
        }
        Some(())
    }

    pub(super) fn streams(&mut self) -> Option<Streams<'a>> {
        let mut out = Streams::default();
        loop {
            match self.number()? {
                id::END => break,
                id::PACK_INFO => self.pack_info(&mut out)?,
                id::UNPACK_INFO => self.unpack_info(&mut out)?,
                id::SUBSTREAMS => self.substreams(&mut out)?,
                _ => return None,
            }
        }
        for folder in &mut out.folders {
            if folder.files.is_empty() {
                folder.files = vec![folder.size()];
            }
        }
        Some(out)
    }

    fn pack_info(&mut self, out: &mut Streams<'a>) -> Option<()> {
        out.start = self.number()?;
        let count = self.count()?;
        loop {
            match self.number()? {
                id::END => return Some(()),
                id::SIZES => out.packed = (0..count).map(|_| self.number()).collect::<Option<_>>()?,
                id::CRCS => drop(self.crcs(count)?),
                _ => return None,
            }
        }
    }

    fn unpack_info(&mut self, out: &mut Streams<'a>) -> Option<()> {
        if self.number()? != id::FOLDERS {
            return None;
        }
        let count = self.count()?;
        // Folders that stand in a stream elsewhere are written by no archiver.
        if self.byte()? != 0 {
            return None;
        }
        out.folders = (0..count).map(|_| self.folder()).collect::<Option<_>>()?;
        loop {
            match self.number()? {
                id::END => return Some(()),
                id::CODERS_SIZES => {
                    for coder in out.folders.iter_mut().flat_map(|folder| &mut folder.coders) {
                        for _ in 0..coder.outputs {
                            coder.size = self.number()?;
                        }
                    }
                }
                id::CRCS => {
                    let given = self.crcs(out.folders.len())?;
                    out.folders.iter_mut().zip(given).for_each(|(folder, given)| folder.has_crc = given);
                }
                _ => return None,
            }
        }
    }

    fn folder(&mut self) -> Option<Folder<'a>> {
        let mut folder = Folder::default();
        let few = |count: usize| (1..=MOST_CODERS).contains(&count).then_some(count);
        let coders = few(self.count()?)?;
        for _ in 0..coders {
            let flags = self.byte()?;
            let method = self.take(usize::from(flags & 15))?;
            let (mut inputs, mut outputs) = (1, 1);
            if flags & 0x10 != 0 {
                inputs = few(self.count()?)?;
                outputs = few(self.count()?)?;
            }
            let properties = match flags & 0x20 {
                0 => &[][..],
                _ => {
                    let length = self.count()?;
                    self.take(length)?
                }
            };
            folder.coders.push(Coder { method, properties, size: 0, inputs, outputs });
        }
        let inputs: usize = folder.coders.iter().map(|coder| coder.inputs).sum();
        let outputs: usize = folder.coders.iter().map(|coder| coder.outputs).sum();
        let bonds = outputs.checked_sub(1)?;
        for _ in 0..bonds {
            folder.bonds.push((self.count()?, self.count()?));
        }
        let packed = inputs.checked_sub(bonds)?;
        folder.packed_inputs = match packed {
            1 => (0..inputs)
                .filter(|input| folder.bonds.iter().all(|(bound, _)| bound != input))
                .take(1)
                .collect(),
            _ => (0..packed).map(|_| self.count()).collect::<Option<_>>()?,
        };
        Some(folder)
    }

    fn substreams(&mut self, out: &mut Streams<'a>) -> Option<()> {
        let mut counts = vec![1usize; out.folders.len()];
        let mut kind = self.number()?;
        if kind == id::COUNTS {
            for count in &mut counts {
                *count = usize::try_from(self.number()?).ok()?;
            }
            kind = self.number()?;
        }
        for (folder, count) in out.folders.iter_mut().zip(&counts) {
            let mut left = folder.size();
            let given = if kind == id::SIZES { count.saturating_sub(1) } else { 0 };
            for _ in 0..given {
                let size = self.number()?;
                left = left.saturating_sub(size);
                folder.files.push(size);
            }
            if *count > 0 {
                folder.files.push(left);
            }
        }
        if kind == id::SIZES {
            kind = self.number()?;
        }
        while kind != id::END {
            if kind != id::CRCS {
                return None;
            }
            let known = |(folder, count): (&Folder<'_>, &usize)| *count == 1 && folder.has_crc;
            let unknown =
                out.folders.iter().zip(&counts).filter(|pair| !known(*pair)).map(|(_, count)| *count);
            let unknown = unknown.fold(0usize, usize::saturating_add);
            self.crcs(unknown)?;
            kind = self.number()?;
        }
        // A folder of no files is told apart from one whose files are not told.
        out.folders
            .iter_mut()
            .zip(counts)
            .filter(|(_, count)| *count == 0)
            .for_each(|(folder, _)| folder.files.clear());
        Some(())
    }

    /// Which of `count` checksums are given; each of them has four bytes.
    fn crcs(&mut self, count: usize) -> Option<Vec<bool>> {
        let given =
            if self.byte()? == 0 { self.bits(count)? } else { vec![true; count.min(self.rest.len())] };
        let bytes = given.iter().filter(|given| **given).count().checked_mul(4)?;
        self.take(bytes)?;
        Some(given)
    }

    fn bits(&mut self, count: usize) -> Option<Vec<bool>> {
        let bytes = self.take(count.div_ceil(8))?;
        let bit = |at: usize| bytes.get(at / 8).is_some_and(|byte| byte & (0x80 >> (at % 8)) != 0);
        Some((0..count).map(bit).collect())
    }

    fn files(&mut self) -> Option<Vec<(String, bool)>> {
        let count = self.count()?;
        let (mut names, mut empty) = (Vec::new(), Vec::new());
        loop {
            let kind = self.number()?;
            if kind == id::END {
                break;
            }
            let length = self.count()?;
            let mut content = Reader::new(self.take(length)?);
            match kind {
                id::EMPTY_STREAMS => empty = content.bits(count)?,
                id::NAMES if content.byte()? == 0 => names = content.names(count),
                _ => {}
            }
        }
        let has_content = |at: usize| !empty.get(at).copied().unwrap_or(false);
        let name = |at: usize| names.get(at).cloned().unwrap_or_default();
        Some((0..count).map(|at| (name(at), has_content(at))).collect())
    }

    fn names(&mut self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        while names.len() < count && !self.rest.is_empty() {
            let units = self.rest.as_chunks::<2>().0;
            let end = units.iter().position(|unit| *unit == [0, 0]).unwrap_or(units.len());
            names.push(utf16_le(slice(self.rest, 0, end * 2).unwrap_or_default()));
            self.rest = self.rest.get(end * 2 + 2..).unwrap_or_default();
        }
        names
    }
}
