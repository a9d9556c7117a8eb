//! Zip archives, by their central directory alone: nothing is unpacked.

use memchr::memmem;

/// What the central directory says of one entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a [u8],
    pub(super) method: u16,
    pub(super) encrypted: bool,
    /// The packed bytes; `None` when the local header does not agree.
    pub(super) data: Option<&'a [u8]>,
    empty: bool,
}

/// Whether every entry with content is encrypted (ZipCrypto or AES: flag bit 0), by the
/// central directory and by its local header.
pub(super) fn is_protected(bytes: &[u8]) -> bool {
    let mut protected = 0;
    let Some(entries) = entries(bytes) else { return false };
    for entry in entries {
        match entry {
            Some(entry) if entry.empty => {}
            Some(entry) if entry.encrypted && entry.data.is_some() => protected += 1,
            _ => return false,
        }
    }
    protected > 0
}

/// The entries in order; a `None` among them is a directory that breaks off. `None` when
/// there is no directory, or the zip64 form, which mail does not need.
pub(super) fn entries(bytes: &[u8]) -> Option<impl Iterator<Item = Option<Entry<'_>>>> {
    // The end record is the last thing but a comment of at most 65,535 bytes.
    let tail = bytes.len().saturating_sub(22 + 65_535);
    let end = tail + memmem::rfind(bytes.get(tail..)?, b"PK\x05\x06")?;
    bytes.get(end..end + 22)?;
    let count = u16_at(bytes, end + 10)?;
    let size = usize::try_from(u32_at(bytes, end + 12)?).ok()?;
    let start = usize::try_from(u32_at(bytes, end + 16)?).ok()?;
    if start.checked_add(size)? != end || u16_at(bytes, end + 8)? != count {
        return None;
    }
    let mut at = start;
    let mut left = count;
    Some(std::iter::from_fn(move || {
        left = left.checked_sub(1)?;
        let entry = entry(&bytes[..end], at);
        match &entry {
            Some((_, next)) => at = *next,
            None => left = 0,
        }
        Some(entry.map(|(entry, _)| entry))
    }))
}

fn entry(bytes: &[u8], at: usize) -> Option<(Entry<'_>, usize)> {
    if bytes.get(at..at + 4)? != b"PK\x01\x02" {
        return None;
    }
    let (packed, unpacked) = (u32_at(bytes, at + 20)?, u32_at(bytes, at + 24)?);
    let lengths =
        [u16_at(bytes, at + 28)?, u16_at(bytes, at + 30)?, u16_at(bytes, at + 32)?].map(usize::from);
    let name = bytes.get(at + 46..at + 46 + lengths[0])?;
    let flags = u16_at(bytes, at + 8)?;
    let local = usize::try_from(u32_at(bytes, at + 42)?).ok()?;
    let entry = Entry {
        name,
        method: u16_at(bytes, at + 10)?,
        encrypted: flags & 1 == 1,
        data: data(bytes, local, packed, flags),
        empty: packed == 0 && unpacked == 0,
    };
    Some((entry, at + 46 + lengths.iter().sum::<usize>()))
}

/// The packed bytes behind the local header, when it agrees about encryption.
fn data(bytes: &[u8], local: usize, packed: u32, flags: u16) -> Option<&[u8]> {
    let start = local.checked_add(30)?;
    if bytes.get(local..local + 4)? != b"PK\x03\x04" || (u16_at(bytes, local + 6)? ^ flags) & 1 == 1 {
        return None;
    }
    let names = usize::from(u16_at(bytes, local + 26)?) + usize::from(u16_at(bytes, local + 28)?);
    let start = start + names;
    bytes.get(start..start.checked_add(usize::try_from(packed).ok()?)?)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A zip of (name, flags, method, packed bytes).
    pub(in super::super) fn zip(entries: &[(&str, u16, u16, &[u8])]) -> Vec<u8> {
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        for (name, flags, method, data) in entries {
            let size = (data.len() as u32).to_le_bytes();
            let mut fields = Vec::new();
            fields.extend([20, 0]);
            fields.extend(flags.to_le_bytes());
            fields.extend(method.to_le_bytes());
            fields.extend([0; 8]);
            fields.extend(size);
            fields.extend(size);
            fields.extend((name.len() as u16).to_le_bytes());
            fields.extend([0, 0]);
            directory.extend(b"PK\x01\x02\x14\x00");
            directory.extend(&fields);
            directory.extend([0; 10]);
            directory.extend((out.len() as u32).to_le_bytes());
            directory.extend(name.as_bytes());
            out.extend(b"PK\x03\x04");
            out.extend(&fields);
            out.extend(name.as_bytes());
            out.extend(*data);
        }
        let start = out.len() as u32;
        out.extend(&directory);
        out.extend(b"PK\x05\x06\0\0\0\0");
        out.extend((entries.len() as u16).to_le_bytes());
        out.extend((entries.len() as u16).to_le_bytes());
        out.extend((directory.len() as u32).to_le_bytes());
        out.extend(start.to_le_bytes());
        out.extend([0, 0]);
        out
    }

    #[test]
    fn one_plain_entry_makes_the_archive_plain() {
        let encrypted = ("register.csv", 1, 99, b"0123456789abc".as_slice());
        assert!(is_protected(&zip(&[encrypted, ("folder/", 0, 0, b"")])));
        assert!(!is_protected(&zip(&[encrypted, ("note.txt", 0, 0, b"plain")])));
        assert!(!is_protected(&zip(&[("folder/", 0, 0, b"")])));
        assert!(!is_protected(&zip(&[])));
    }

    #[test]
    fn a_local_header_that_denies_it_wins() {
        let mut archive = zip(&[("a", 1, 0, b"plain text")]);
        archive[6] = 0;
        assert!(!is_protected(&archive));
    }

    #[test]
    fn torn_archives_are_plain() {
        let archive = zip(&[("a", 1, 0, b"0123456789abc"), ("b", 1, 0, b"0123456789abc")]);
        for end in 0..archive.len() {
            assert!(!is_protected(&archive[..end]), "{end}");
        }
    }
}
