//! Compound files (MS-CFB): streams by path. Chains and trees are followed as far as they are new, so
//! that loops end; what leads nowhere is left out.

const FREE: u32 = 0xffff_fff9;
const MOST_ENTRIES: usize = 50_000;
/// Storages within storages.
const DEEPEST: usize = 32;

pub(in crate::files) struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    mini_sector: usize,
    /// Streams shorter than this lie in mini sectors.
    cutoff: u64,
    table: Vec<u32>,
    mini_table: Vec<u32>,
    mini: Vec<u8>,
    /// Storages and streams; the root's path is empty.
    pub(in crate::files) entries: Vec<Entry>,
    /// There are more than that.
    pub(in crate::files) is_cut: bool,
}

pub(in crate::files) struct Entry {
    /// Names from the root, divided by `/`, which no name contains.
    pub(in crate::files) path: String,
    pub(in crate::files) is_storage: bool,
    start: u32,
    size: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

impl<'a> Compound<'a> {
    pub(in crate::files) fn open(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
            return None;
        }
        let sector = 1usize << u16_at(bytes, 30)?.clamp(7, 16);
        let mini_sector = 1usize << u16_at(bytes, 32)?.clamp(4, 12);
        let cutoff = u64::from(u32_at(bytes, 56)?);
        let mut file = Self {
            bytes,
            sector,
            mini_sector,
            cutoff,
            table: Vec::new(),
            mini_table: Vec::new(),
            mini: Vec::new(),
            entries: Vec::new(),
            is_cut: false,
        };
        file.table = file.read_table()?;
        let mini_table = file.chain(u32_at(bytes, 60)?, u64::MAX);
        file.mini_table = mini_table.as_chunks::<4>().0.iter().map(|n| u32::from_le_bytes(*n)).collect();
        let directory = file.chain(u32_at(bytes, 48)?, u64::MAX);
        file.read_directory(&directory);
        let root = file.entries.first()?;
        file.mini = file.chain(root.start, root.size);
        Some(file)
    }

    fn sector_at(&self, number: u32) -> Option<&'a [u8]> {
        let start = (number as usize).checked_add(1)?.checked_mul(self.sector)?;
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
        // The last one may be cut short.
        Some(rest.get(..self.sector).unwrap_or(rest))
    }

    /// The sectors of the table are told by the header and, beyond 109, by sectors of their own.
    fn read_table(&self) -> Option<Vec<u32>> {
        let most = self.bytes.len() / self.sector + 1;
        let mut places: Vec<u32> = (0..109).filter_map(|i| u32_at(self.bytes, 76 + 4 * i)).collect();
        let mut next = u32_at(self.bytes, 68)?;
        let mut seen = 0;
        while next < FREE && seen <= most {
            let Some(sector) = self.sector_at(next) else { break };
            let (numbers, _) = sector.as_chunks::<4>();
            let (last, own) = numbers.split_last()?;
            places.extend(own.iter().map(|number| u32::from_le_bytes(*number)));
            next = u32::from_le_bytes(*last);
            seen += 1;
        }
        let mut table = Vec::new();
        for place in places.into_iter().filter(|place| *place < FREE).take(most) {
            let Some(sector) = self.sector_at(place) else { continue };
            table.extend(sector.as_chunks::<4>().0.iter().map(|number| u32::from_le_bytes(*number)));
        }
        Some(table)
    }

    /// The bytes of a chain of sectors, at most `size` of them.
    fn chain(&self, start: u32, size: u64) -> Vec<u8> {
        let mut out = Vec::new();
        let mut next = start;
        // No chain is longer than the file.
        for _ in 0..=self.bytes.len() / self.sector {
            if next >= FREE || out.len() as u64 >= size {
                break;
            }
            let Some(sector) = self.sector_at(next) else { break };
            out.extend_from_slice(sector);
            next = self.table.get(next as usize).copied().unwrap_or(u32::MAX);
        }
        out.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        out
    }

    fn mini_chain(&self, start: u32, size: u64) -> Vec<u8> {
        let mut out = Vec::new();
        let mut next = start;
        for _ in 0..=self.mini.len() / self.mini_sector {
            if next >= FREE || out.len() as u64 >= size {
                break;
            }
            let from = (next as usize).saturating_mul(self.mini_sector);
            let Some(rest) = self.mini.get(from..).filter(|rest| !rest.is_empty()) else { break };
            out.extend_from_slice(rest.get(..self.mini_sector).unwrap_or(rest));
            next = self.mini_table.get(next as usize).copied().unwrap_or(u32::MAX);
        }
        out.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        out
    }

    /// Section 2.6: siblings are a tree, children hang on storages.
    fn read_directory(&mut self, directory: &[u8]) {
        let (raw, _) = directory.as_chunks::<128>();
        let mut seen = vec![false; raw.len()];
        let mut waiting = vec![(0u32, String::new(), 0usize)];
        while let Some((number, above, depth)) = waiting.pop() {
            let at = number as usize;
            let (Some(entry), Some(known)) = (raw.get(at), seen.get_mut(at)) else { continue };
            if std::mem::replace(known, true) {
                continue;
            }
            if self.entries.len() >= MOST_ENTRIES || depth > DEEPEST {
                self.is_cut = true;
                continue;
            }
            let kind = entry[66];
            let length = u16_at(entry, 64).unwrap_or(0).clamp(2, 64) as usize - 2;
            let name =
                encoding_rs::UTF_16LE.decode_without_bom_handling(entry.get(..length).unwrap_or_default()).0;
            let path = match (number, above.as_str()) {
                (0, _) => String::new(),
                (_, "") => name.replace('/', "_"),
                (_, above) => format!("{above}/{}", name.replace('/', "_")),
            };
            let pointer = |at: usize| u32_at(entry, at).unwrap_or(u32::MAX);
            if number != 0 {
                waiting.push((pointer(68), above.clone(), depth));
                waiting.push((pointer(72), above, depth));
            }
            waiting.push((pointer(76), path.clone(), depth + 1));
            let size = u64::from(pointer(120));
            self.entries.push(Entry { path, is_storage: kind != 2, start: pointer(116), size });
        }
    }

    pub(in crate::files) fn has(&self, path: &str) -> bool {
        self.position(path).is_some()
    }

    fn position(&self, path: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| !entry.is_storage && entry.path.eq_ignore_ascii_case(path))
    }

    pub(in crate::files) fn stream(&self, path: &str) -> Option<Vec<u8>> {
        let entry = self.position(path)?;
        let is_mini = entry.size < self.cutoff;
        Some(if is_mini {
            self.mini_chain(entry.start, entry.size)
        } else {
            self.chain(entry.start, entry.size)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write as _};

    #[test]
    fn streams_large_and_small_are_read() {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_storage("/Pool").unwrap();
        file.create_stream("/Pool/small").unwrap().write_all(b"few").unwrap();
        file.create_stream("/large").unwrap().write_all(&[7; 100_000]).unwrap();
        let bytes = file.into_inner().into_inner();
        let compound = Compound::open(&bytes).unwrap();
        assert_eq!(compound.stream("Pool/small").unwrap(), b"few");
        assert_eq!(compound.stream("LARGE").unwrap(), [7; 100_000]);
        assert_eq!(compound.entries.len(), 4);
        for cut in (0..bytes.len()).step_by(911) {
            let _ = Compound::open(&bytes[..cut]).map(|file| file.stream("large"));
        }
    }
}
