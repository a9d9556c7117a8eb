//! RAR 4 and 5 (technote.txt of RAR and of unRAR): names, what is protected, and stored members.
//! Packed contents are not read, and told so: no free unpacker for both versions exists, and
//! unRAR's licence does not go with ours.

use super::super::{
    budget::Budget,
    bytes::{slice, u16_le, u32_le},
    model::{Limit, Protection, Reason, TraitKind},
    name, open,
};
use super::{MOST_TOLD, names};

const MAGIC_4: &[u8] = b"Rar!\x1a\x07\x00";
const MAGIC_5: &[u8] = b"Rar!\x1a\x07\x01\x00";
/// `-m0`.
const STORED_4: u8 = 0x30;

#[derive(Default)]
struct Members {
    closed: usize,
    open: usize,
}

/// One file as its header tells it.
struct File<'a> {
    name: String,
    encrypted: bool,
    is_folder: bool,
    stored: bool,
    data: &'a [u8],
    /// It began in an earlier volume, or goes on in the next.
    split: bool,
}

pub(in super::super) fn read(bytes: &[u8], budget: &mut Budget) {
    let mut members = Members::default();
    let end = if bytes.starts_with(MAGIC_5) {
        rar5(bytes, &mut members, budget)
    } else if bytes.starts_with(MAGIC_4) {
        rar4(bytes, &mut members, budget)
    } else {
        End::Malformed
    };
    match end {
        End::Whole => {}
        End::HeadersEncrypted => {
            budget.found("", TraitKind::Protected(Protection::Password));
            budget.missed("", "rar", Reason::Protected);
        }
        End::Malformed => budget.missed("", "rar", Reason::Malformed),
        End::Limit(limit) => budget.missed("", "rar", Reason::Limit(limit)),
    }
    if members.closed > 0 && members.open == 0 {
        budget.found("", TraitKind::Protected(Protection::Password));
    }
}

enum End {
    Whole,
    HeadersEncrypted,
    Malformed,
    Limit(Limit),
}

impl Members {
    fn add(&mut self, file: &File<'_>, budget: &mut Budget) -> Result<(), Limit> {
        budget.member()?;
        open::name(&file.name, budget);
        if file.is_folder {
            return Ok(());
        }
        let place = name::place(&file.name);
        let kind = open::word_for(&file.name);
        if file.encrypted {
            self.closed += 1;
            if self.closed <= MOST_TOLD {
                budget.found(&place, TraitKind::Protected(Protection::Password));
                budget.missed(&place, &kind, Reason::Protected);
            }
            return Ok(());
        }
        self.open += 1;
        if file.stored && !file.split {
            open::within(Some(&file.name), None, file.data, budget);
        } else {
            budget.missed(&place, &kind, Reason::NotSupported);
        }
        Ok(())
    }
}

fn rar4(bytes: &[u8], members: &mut Members, budget: &mut Budget) -> End {
    let mut at = MAGIC_4.len();
    while at < bytes.len() {
        if let Err(limit) = budget.step(1) {
            return End::Limit(limit);
        }
        let fixed = (bytes.get(at + 2), u16_le(bytes, at + 3), u16_le(bytes, at + 5));
        let (Some(kind), Some(flags), Some(size)) = fixed else { return End::Malformed };
        let Some(header) = slice(bytes, at, usize::from(size)).filter(|h| h.len() >= 7) else {
            return End::Malformed;
        };
        let has_data = flags & 0x8000 != 0 || *kind == 0x74;
        let mut length = if has_data { u64::from(u32_le(header, 7).unwrap_or(0)) } else { 0 };
        match kind {
            0x73 if flags & 0x80 != 0 => return End::HeadersEncrypted,
            0x74 => {
                if flags & 0x100 != 0 {
                    length |= u64::from(u32_le(header, 32).unwrap_or(0)) << 32;
                }
                let rest = bytes.get(at + header.len()..).unwrap_or_default();
                let data = usize::try_from(length).ok().and_then(|length| rest.get(..length)).unwrap_or(rest);
                let Some(file) = file4(header, flags, data) else { return End::Malformed };
                if let Err(limit) = members.add(&file, budget) {
                    return End::Limit(limit);
                }
            }
            0x7b => return End::Whole,
            _ => {}
        }
        let next = usize::try_from(length).ok().and_then(|length| (at + header.len()).checked_add(length));
        let Some(next) = next.filter(|next| *next <= bytes.len()) else { return End::Malformed };
        at = next;
    }
    End::Whole
}

fn file4<'a>(header: &[u8], flags: u16, data: &'a [u8]) -> Option<File<'a>> {
    let name_at = if flags & 0x100 != 0 { 40 } else { 32 };
    let raw = slice(header, name_at, usize::from(u16_le(header, 26)?))?;
    Some(File {
        name: if flags & 0x200 != 0 { name4(raw) } else { names::decode(raw, false) },
        encrypted: flags & 4 != 0,
        is_folder: flags & 0xe0 == 0xe0,
        stored: *header.get(25)? == STORED_4,
        data,
        split: flags & 3 != 0,
    })
}

/// A name in two forms: one of single bytes, a NUL, then how its Unicode form differs.
fn name4(raw: &[u8]) -> String {
    let Some(end) = memchr::memchr(0, raw) else { return names::decode(raw, true) };
    let (plain, coded) = (raw.get(..end).unwrap_or_default(), raw.get(end + 1..).unwrap_or_default());
    let mut coded = coded.iter().copied();
    let mut units: Vec<u16> = Vec::new();
    let high = coded.next().unwrap_or(0);
    let (mut flags, mut left) = (0u8, 0u8);
    loop {
        if left == 0 {
            let Some(next) = coded.next() else { break };
            (flags, left) = (next, 8);
        }
        let mode = flags >> 6;
        (flags, left) = (flags << 2, left - 2);
        let Some(first) = coded.next() else { break };
        match mode {
            0 => units.push(u16::from(first)),
            1 => units.push(u16::from(high) << 8 | u16::from(first)),
            2 => units.push(u16::from(coded.next().unwrap_or(0)) << 8 | u16::from(first)),
            _ => {
                let correction = if first & 0x80 != 0 { coded.next() } else { None };
                for _ in 0..(first & 0x7f) + 2 {
                    let Some(byte) = plain.get(units.len()) else { break };
                    units.push(match correction {
                        Some(by) => u16::from(high) << 8 | u16::from(byte.wrapping_add(by)),
                        None => u16::from(*byte),
                    });
                }
            }
        }
    }
    if units.is_empty() { names::decode(plain, false) } else { String::from_utf16_lossy(&units) }
}

fn rar5(bytes: &[u8], members: &mut Members, budget: &mut Budget) -> End {
    let mut at = MAGIC_5.len();
    while at < bytes.len() {
        if let Err(limit) = budget.step(1) {
            return End::Limit(limit);
        }
        let Some(block) = Block::at(bytes, at) else { return End::Malformed };
        match block.kind {
            2 => {
                let Some(file) = file5(&block) else { return End::Malformed };
                if let Err(limit) = members.add(&file, budget) {
                    return End::Limit(limit);
                }
            }
            4 => return End::HeadersEncrypted,
            5 => return End::Whole,
            _ => {}
        }
        let Some(next) = block.next.filter(|next| *next <= bytes.len()) else { return End::Malformed };
        at = next;
    }
    End::Whole
}

struct Block<'a> {
    kind: u64,
    flags: u64,
    /// The fields of its kind.
    fields: &'a [u8],
    extra: &'a [u8],
    data: &'a [u8],
    next: Option<usize>,
}

impl<'a> Block<'a> {
    fn at(bytes: &'a [u8], at: usize) -> Option<Self> {
        let mut rest = bytes.get(at.checked_add(4)?..)?;
        let size = usize::try_from(number(&mut rest)?).ok()?;
        let header_end = bytes.len().checked_sub(rest.len())?.checked_add(size)?;
        let mut header = rest.get(..size)?;
        let (kind, flags) = (number(&mut header)?, number(&mut header)?);
        let extra = if flags & 1 != 0 { usize::try_from(number(&mut header)?).ok()? } else { 0 };
        let length = if flags & 2 != 0 { usize::try_from(number(&mut header)?).ok()? } else { 0 };
        let (fields, extra) = header.split_at_checked(header.len().checked_sub(extra)?)?;
        let data = bytes.get(header_end..)?;
        let data = data.get(..length).unwrap_or(data);
        Some(Self { kind, flags, fields, extra, data, next: header_end.checked_add(length) })
    }
}

fn file5<'a>(block: &Block<'a>) -> Option<File<'a>> {
    let mut fields = block.fields;
    let flags = number(&mut fields)?;
    let (_size, _attributes) = (number(&mut fields)?, number(&mut fields)?);
    let fixed = if flags & 2 != 0 { 4 } else { 0 } + if flags & 4 != 0 { 4 } else { 0 };
    fields = fields.get(fixed..)?;
    let method = number(&mut fields)? >> 7 & 7;
    let _system = number(&mut fields)?;
    let length = usize::try_from(number(&mut fields)?).ok()?;
    Some(File {
        name: names::decode(fields.get(..length)?, true),
        encrypted: has_record(block.extra, 1),
        is_folder: flags & 1 != 0,
        stored: method == 0,
        data: block.data,
        split: block.flags & 0x18 != 0,
    })
}

/// Whether the extra area has a record of this type: 1 is encryption.
fn has_record(mut extra: &[u8], wanted: u64) -> bool {
    while let Some(size) = number(&mut extra) {
        let Some(mut record) = usize::try_from(size).ok().and_then(|size| extra.get(..size)) else {
            return false;
        };
        extra = extra.get(record.len()..).unwrap_or_default();
        if number(&mut record) == Some(wanted) {
            return true;
        }
    }
    false
}

/// Seven bits a byte, low ones first; the highest bit says that more follow.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for at in 0..10 {
        let (byte, more) = rest.split_first()?;
        *rest = more;
        value |= u64::from(byte & 0x7f).checked_shl(7 * at).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{FileLimits, Opened};

    fn opened(bytes: &[u8]) -> Opened {
        let mut budget = Budget::new(FileLimits::default());
        read(bytes, &mut budget);
        budget.finish()
    }

    /// A header of RAR 4 of this type, its fields behind the size.
    fn block4(kind: u8, flags: u16, fields: &[u8], data: &[u8]) -> Vec<u8> {
        let size = (7 + fields.len()) as u16;
        [&[0, 0, kind][..], &flags.to_le_bytes(), &size.to_le_bytes(), fields, data].concat()
    }

    fn member4(name: &[u8], flags: u16, method: u8, data: &[u8]) -> Vec<u8> {
        let size = (data.len() as u32).to_le_bytes();
        let length = (name.len() as u16).to_le_bytes();
        let fields = [&size[..], &size, &[2], &[0; 8], &[20, method], &length, &[0; 4], name].concat();
        block4(0x74, flags | 0x8000, &fields, data)
    }

    fn block5(kind: u8, flags: u8, fields: &[u8], extra: &[u8], data: &[u8]) -> Vec<u8> {
        let mut header =
            vec![kind, flags | u8::from(!extra.is_empty()) | if data.is_empty() { 0 } else { 2 }];
        if !extra.is_empty() {
            header.push(extra.len() as u8);
        }
        if !data.is_empty() {
            header.push(data.len() as u8);
        }
        header.extend_from_slice(fields);
        header.extend_from_slice(extra);
        [&[0; 4][..], &[header.len() as u8], &header, data].concat()
    }

    fn member5(name: &str, method: u8, extra: &[u8], data: &[u8]) -> Vec<u8> {
        let fields = [
            &[0, data.len() as u8, 0, method << 7, u8::from(method > 0), 0, name.len() as u8][..],
            name.as_bytes(),
        ]
        .concat();
        // Without a method the second byte of its number falls away.
        let fields = if method > 0 {
            [&[0, 1, 0, 0x80 | method << 7, 1, 0, name.len() as u8][..], name.as_bytes()].concat()
        } else {
            [&fields[..4], &fields[5..]].concat()
        };
        block5(2, 0, &fields, extra, data)
    }

    #[test]
    fn names_protection_and_stored_members_of_both_versions_are_told() {
        let unicode = b"Sin.txt\0\0\x04\x53\x69\xe2\x6e\0\x2e\x74\x78\x74";
        let four = [
            MAGIC_4.to_vec(),
            block4(0x73, 0, &[0; 6], b""),
            member4(b"Si\x83n.txt", 0, STORED_4, b"canary in four"),
            member4(unicode, 0x200, 0x33, b"packed"),
            member4(b"closed.txt", 4, 0x33, b"sealed"),
        ]
        .concat();
        let five = [
            MAGIC_5.to_vec(),
            block5(1, 0, &[0], b"", b""),
            member5("Siân.txt", 0, b"", b"canary in five"),
            member5("packed.txt", 3, b"", b"packed"),
            member5("closed.txt", 3, &[2, 1, 0], b"sealed"),
        ]
        .concat();
        for (bytes, canary) in [(four, "canary in four"), (five, "canary in five")] {
            let read = opened(&bytes);
            assert!(
                read.pieces.iter().any(|piece| piece.place == "Siân.txt" && piece.text == canary),
                "{read:?}"
            );
            let protected: Vec<_> = read.traits.iter().map(|found| found.place.as_str()).collect();
            assert_eq!(protected, ["closed.txt"]);
            let missed: Vec<_> = read.missed.iter().map(|missed| missed.reason).collect();
            assert_eq!(missed, [Reason::NotSupported, Reason::Protected], "{read:?}");
        }
    }

    #[test]
    fn an_archive_whose_headers_are_encrypted_is_protected() {
        let four = [MAGIC_4.to_vec(), block4(0x73, 0x80, &[0; 6], b""), vec![7; 40]].concat();
        let five = [MAGIC_5.to_vec(), block5(4, 0, &[0, 0, 15], b"", b""), vec![7; 40]].concat();
        for bytes in [four, five] {
            assert_eq!(opened(&bytes).traits.len(), 1);
        }
        assert!(opened(b"Rar!\x1a\x07\x00\0").missed.iter().any(|missed| missed.reason == Reason::Malformed));
    }
}
