//! What a zip says it holds (APPNOTE.TXT 6.3.10): its central directory, its local headers, and
//! whether the two agree. Programs go by one or by the other, so that both are read.

use super::super::{
    budget::Budget,
    bytes::{find, printable, slice, u16_le, u32_le, u64_le},
    model::Limit,
};
use super::names;
use std::ops::Range;

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const DESCRIPTOR: &[u8] = b"PK\x07\x08";
/// An end record with the longest comment.
const LONGEST_TAIL: usize = 22 + 65_535;

/// One member as one of its headers tells it.
#[derive(Clone, Debug, Default)]
pub(super) struct Header<'a> {
    pub(super) name: String,
    /// The name that extra field 0x7075 gives, when it is another one.
    pub(super) other_name: Option<String>,
    pub(super) comment: &'a [u8],
    /// What the extra fields hold that no archiver of our list writes.
    pub(super) extra: String,
    pub(super) encrypted: bool,
    /// The true method, also of AES members, whose header has 99.
    pub(super) method: u16,
    pub(super) crc: u32,
    packed: u64,
    pub(super) size: u64,
    /// Sizes and checksum follow the data.
    streamed: bool,
    /// Of the local header.
    at: u64,
    /// Where the next header or the data begins.
    end: usize,
}

/// A member whose data are known.
#[derive(Debug)]
pub(super) struct Member<'a> {
    pub(super) header: Header<'a>,
    /// The name in the local header, when it differs.
    pub(super) local_name: Option<String>,
    /// `None`: the directory names it, but there is no local header where it should be.
    pub(super) data: Option<&'a [u8]>,
    /// What of the file is accounted for by it, from its local header on.
    range: Range<usize>,
}

#[derive(Debug, Default)]
pub(super) struct Directory<'a> {
    pub(super) members: Vec<Member<'a>>,
    /// Directory and members disagree, or members lie within each other.
    pub(super) is_ambiguous: bool,
    pub(super) comment: &'a [u8],
    /// What can be read between the members, where no program looks.
    pub(super) between: String,
    /// There is more than is looked at.
    pub(super) is_between_cut: bool,
    pub(super) stopped: Option<Limit>,
}

/// All members that the central directory names, then those that only local headers name.
pub(super) fn read<'a>(bytes: &'a [u8], budget: &mut Budget) -> Directory<'a> {
    let mut out = Directory::default();
    let mut directories = Vec::new();
    if let Some(end) = end_record(bytes) {
        out.comment = slice(bytes, end + 22, usize::from(u16_le(bytes, end + 20).unwrap_or(0)))
            .unwrap_or_else(|| bytes.get(end + 22..).unwrap_or_default());
        let (start, base) = start_of_directory(bytes, end);
        let stop = central(bytes, start, base, &mut out, budget);
        // Some programs go by the number of members, others read on.
        let told = u16_le(bytes, end + 10).map_or(0, usize::from);
        out.is_ambiguous |= told != out.members.len() & 0xffff && told != 0xffff && out.stopped.is_none();
        directories.push(start..stop.max(start));
    } else {
        out.is_ambiguous = true;
    }
    out.is_ambiguous |= overlap(&out.members);
    strays(bytes, &directories, &mut out, budget);
    (out.between, out.is_between_cut) = between(bytes, &directories, &out.members);
    out
}

/// Bytes of a gap between members that are looked at; what follows data that are streamed is no text.
const LONGEST_GAP: usize = 64 * 1024;

/// And whether there is more.
fn between(bytes: &[u8], directories: &[Range<usize>], members: &[Member<'_>]) -> (String, bool) {
    let mut known: Vec<_> =
        members.iter().map(|member| member.range.clone()).chain(directories.iter().cloned()).collect();
    known.sort_by_key(|range| range.start);
    let (mut out, mut at, mut is_cut) = (String::new(), 0, false);
    for range in known {
        let gap = bytes.get(at..range.start).unwrap_or_default();
        // A descriptor, or a page's worth of alignment.
        if gap.len() > 24 {
            is_cut |= gap.len() > LONGEST_GAP || out.len() >= LONGEST_GAP;
            if out.len() < LONGEST_GAP {
                out.push_str(&printable(gap.get(..LONGEST_GAP).unwrap_or(gap)));
            }
        }
        at = at.max(range.end);
    }
    (out, is_cut)
}

/// The names in the central directory alone, the first `most`: enough to tell what kind of zip it is.
pub(in super::super) fn first_names(bytes: &[u8], most: usize) -> Option<Vec<String>> {
    let end = end_record(bytes)?;
    let (mut at, _) = start_of_directory(bytes, end);
    let mut found = Vec::new();
    while found.len() < most {
        let Some(header) = central_header(bytes, at) else { break };
        at = header.end;
        found.push(header.name);
    }
    (!found.is_empty()).then_some(found)
}

/// Whether the end record and its comment are the very end of the file.
pub(in super::super) fn ends_exactly(bytes: &[u8]) -> bool {
    let comment = |end: usize| u16_le(bytes, end + 20).map(|length| end + 22 + usize::from(length));
    end_record(bytes).and_then(comment) == Some(bytes.len())
}

fn end_record(bytes: &[u8]) -> Option<usize> {
    let tail = bytes.len().saturating_sub(LONGEST_TAIL);
    let at = tail + memchr::memmem::rfind(bytes.get(tail..)?, END)?;
    slice(bytes, at, 22).map(|_| at)
}

/// Where the directory starts, and how far all offsets are off, as behind a self-extractor's program.
fn start_of_directory(bytes: &[u8], end: usize) -> (usize, usize) {
    let mut size = u32_le(bytes, end + 12).map_or(0, u64::from);
    let mut offset = u32_le(bytes, end + 16).map_or(0, u64::from);
    let mut before = end;
    // Zip64: a locator of 20 bytes stands before, and names its end record.
    let locator = end.checked_sub(20).filter(|at| slice(bytes, *at, 4) == Some(b"PK\x06\x07"));
    if let Some(locator) = locator {
        let named = u64_le(bytes, locator + 8).and_then(|at| usize::try_from(at).ok());
        let record = [named, locator.checked_sub(56)];
        let is_record = |at: &usize| slice(bytes, *at, 4) == Some(b"PK\x06\x06");
        if let Some(record) = record.into_iter().flatten().find(is_record) {
            before = record;
            size = u64_le(bytes, record + 40).unwrap_or(size);
            offset = u64_le(bytes, record + 48).unwrap_or(offset);
        }
    }
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let by_size = usize::try_from(size).ok().and_then(|size| before.checked_sub(size));
    let begins = |at: usize| slice(bytes, at, 4) == Some(CENTRAL);
    match by_size {
        Some(start) if start > offset && begins(start) && !begins(offset) => (start, start - offset),
        _ => (offset, 0),
    }
}

fn central<'a>(
    bytes: &'a [u8],
    start: usize,
    base: usize,
    out: &mut Directory<'a>,
    budget: &mut Budget,
) -> usize {
    let mut at = start;
    while let Some(header) = central_header(bytes, at) {
        if let Err(limit) = budget.member() {
            out.stopped = Some(limit);
            return at;
        }
        at = header.end;
        let start = usize::try_from(header.at).ok().and_then(|at| at.checked_add(base));
        let local = start.and_then(|at| local_header(bytes, at));
        out.members.push(match (start, local) {
            (Some(start), Some(local)) => joined(bytes, header, local, start, &mut out.is_ambiguous),
            _ => {
                out.is_ambiguous = true;
                Member { header, local_name: None, data: None, range: 0..0 }
            }
        });
    }
    out.is_ambiguous |= slice(bytes, at, 4).is_none_or(|next| !next.starts_with(b"PK"));
    at
}

/// A member of the directory with its local header.
fn joined<'a>(
    bytes: &'a [u8],
    mut header: Header<'a>,
    local: Header<'a>,
    start: usize,
    is_ambiguous: &mut bool,
) -> Member<'a> {
    let same_sizes =
        local.streamed && local.packed == 0 || (local.packed, local.size) == (header.packed, header.size);
    let same_name = local.name == header.name;
    let same = same_sizes
        && same_name
        && local.method == header.method
        && local.encrypted == header.encrypted
        && (local.streamed || local.crc == header.crc);
    *is_ambiguous |= !same;
    if !header.extra.contains(&local.extra) {
        header.extra.push_str(&local.extra);
    }
    // What one of the two denies to be encrypted is first tried as plain.
    header.encrypted &= local.encrypted;
    let packed = if same_sizes { header.packed } else { header.packed.max(local.packed) };
    let rest = bytes.get(local.end..).unwrap_or_default();
    let data = usize::try_from(packed).ok().and_then(|packed| rest.get(..packed));
    *is_ambiguous |= data.is_none();
    let data = data.unwrap_or(rest);
    // Where the sizes differ, what lies behind the header may be other members to other programs.
    let end = if same_sizes { local.end + data.len() } else { local.end };
    Member { local_name: (!same_name).then_some(local.name), data: Some(data), header, range: start..end }
}

fn overlap(members: &[Member<'_>]) -> bool {
    let mut ranges: Vec<_> = members.iter().map(|member| member.range.clone()).collect();
    ranges.sort_by_key(|range| range.start);
    ranges.windows(2).any(|pair| matches!(pair, [a, b] if a.end > b.start))
}

/// Members that no directory names: local headers outside all that is accounted for, and further
/// directories' names.
fn strays<'a>(bytes: &'a [u8], directories: &[Range<usize>], out: &mut Directory<'a>, budget: &mut Budget) {
    let mut known: Vec<_> = out.members.iter().map(|member| member.range.clone()).collect();
    known.extend(directories.iter().cloned());
    known.sort_by_key(|range| range.start);
    let mut known = known.into_iter().peekable();
    let mut at = 0;
    while let Some(found) = find(bytes, LOCAL, at) {
        if let Err(limit) = budget.step(1) {
            out.stopped = Some(limit);
            return;
        }
        let mut covered = None;
        while let Some(range) = known.next_if(|range| range.start <= found) {
            covered = covered.max(Some(range.end));
        }
        if let Some(end) = covered.filter(|end| *end > found) {
            at = end;
            continue;
        }
        at = found + 4;
        let Some(header) = local_header(bytes, found).filter(|h| !h.name.is_empty()) else { continue };
        if let Err(limit) = budget.member() {
            out.stopped = Some(limit);
            return;
        }
        let rest = bytes.get(header.end..).unwrap_or_default();
        let data = rest.get(..length_of(rest, &header)).unwrap_or(rest);
        at = header.end + if header.streamed { 0 } else { data.len() };
        out.is_ambiguous = true;
        out.members.push(Member { header, local_name: None, data: Some(data), range: found..at });
    }
}

/// How long the data of a member are that only its local header tells.
fn length_of(rest: &[u8], header: &Header<'_>) -> usize {
    let told = usize::try_from(header.packed).unwrap_or(usize::MAX).min(rest.len());
    if !header.streamed || told > 0 {
        return told;
    }
    // Each mark is looked for only up to the one before, so that many headers do not cost many times the file.
    let before = |end, mark| rest.get(..end).and_then(|rest| find(rest, mark, 0)).unwrap_or(end);
    [LOCAL, DESCRIPTOR, CENTRAL].into_iter().fold(rest.len(), before)
}

fn central_header(bytes: &[u8], at: usize) -> Option<Header<'_>> {
    if slice(bytes, at, 4)? != CENTRAL {
        return None;
    }
    let lengths =
        [u16_le(bytes, at + 28)?, u16_le(bytes, at + 30)?, u16_le(bytes, at + 32)?].map(usize::from);
    let comment_at = at + 46 + lengths[0] + lengths[1];
    let mut header = fields(bytes, at + 8, at + 46, lengths[0], lengths[1])?;
    header.comment = slice(bytes, comment_at, lengths[2]).unwrap_or_default();
    header.streamed = false;
    header.at = u64::from(u32_le(bytes, at + 42)?);
    let extra = slice(bytes, at + 46 + lengths[0], lengths[1]).unwrap_or_default();
    zip64(&mut header, extra);
    header.end = comment_at + lengths[2];
    Some(header)
}

fn local_header(bytes: &[u8], at: usize) -> Option<Header<'_>> {
    if slice(bytes, at, 4)? != LOCAL {
        return None;
    }
    let lengths = [u16_le(bytes, at + 26)?, u16_le(bytes, at + 28)?].map(usize::from);
    let mut header = fields(bytes, at + 6, at + 30, lengths[0], lengths[1])?;
    let extra = slice(bytes, at + 30 + lengths[0], lengths[1]).unwrap_or_default();
    zip64(&mut header, extra);
    header.end = at + 30 + lengths[0] + lengths[1];
    Some(header)
}

/// The fields that both headers have, from the flags on, and the name.
fn fields<'a>(bytes: &'a [u8], at: usize, name_at: usize, name: usize, extra: usize) -> Option<Header<'a>> {
    let flags = u16_le(bytes, at)?;
    let raw = slice(bytes, name_at, name)?;
    let extra = slice(bytes, name_at + name, extra).unwrap_or_default();
    let mut method = u16_le(bytes, at + 2)?;
    if method == 99 {
        // AE-1 and AE-2: version, vendor, strength, then the true method.
        method = field(extra, 0x9901).and_then(|aes| u16_le(aes, 5)).unwrap_or(method);
    }
    let decoded = names::decode(raw, flags & 0x800 != 0);
    let other = field(extra, 0x7075).and_then(|path| path.get(5..)).map(|path| names::decode(path, true));
    Some(Header {
        other_name: other.filter(|other| *other != decoded),
        name: decoded,
        comment: &[],
        extra: odd_fields(extra),
        encrypted: flags & 1 == 1,
        method,
        crc: u32_le(bytes, at + 8)?,
        packed: u64::from(u32_le(bytes, at + 12)?),
        size: u64::from(u32_le(bytes, at + 16)?),
        streamed: flags & 8 != 0,
        at: 0,
        end: 0,
    })
}

/// Extra fields that archivers write: sizes, times, owners, encryption, names, alignment (section 4.5.2 and
/// Info-ZIP's list).
const USUAL_FIELDS: [u16; 17] = [
    0x0001, 0x0007, 0x000a, 0x000d, 0x0017, 0x5455, 0x5855, 0x7855, 0x7875, 0x7075, 0x9901, 0x2605, 0x2705,
    0x334d, 0xcafe, 0xd935, 0xa220,
];

/// What can be read in the other fields, and behind the last of them.
fn odd_fields(extra: &[u8]) -> String {
    let (mut out, mut rest) = (String::new(), extra);
    while let (Some(id), Some(length)) = (u16_le(rest, 0), u16_le(rest, 2)) {
        let end = 4 + usize::from(length);
        let Some(content) = rest.get(4..end) else { break };
        if !USUAL_FIELDS.contains(&id) {
            out.push_str(&printable(content));
        }
        rest = rest.get(end..).unwrap_or_default();
    }
    out.push_str(&printable(rest));
    out
}

/// The content of the extra field `id`.
fn field(extra: &[u8], id: u16) -> Option<&[u8]> {
    let mut at = 0;
    loop {
        let length = usize::from(u16_le(extra, at + 2)?);
        if u16_le(extra, at)? == id {
            return slice(extra, at + 4, length);
        }
        at += 4 + length;
    }
}

/// Sizes and offset of extra field 1, each only where the header says all ones (section 4.5.3).
fn zip64(header: &mut Header<'_>, extra: &[u8]) {
    let Some(wide) = field(extra, 1) else { return };
    let mut at = 0;
    for value in [&mut header.size, &mut header.packed, &mut header.at] {
        if *value == u64::from(u32::MAX)
            && let Some(wide) = u64_le(wide, at)
        {
            *value = wide;
            at += 8;
        }
    }
}
