//! The zip that an office document is (APPNOTE.TXT; ECMA-376 part 2; ODF part 2, section 3): members
//! by name. By the directory at the end or, where it is lost, by the heads of the members, as office
//! programs repair.

use super::{Budget, Limit, Reason};
use memchr::memmem;
use std::collections::HashMap;

const MOST: usize = 20_000;

pub(super) struct Package<'a> {
    members: Vec<Member<'a>>,
    /// Where each name stands first, in lower case.
    places: HashMap<String, usize>,
}

struct Member<'a> {
    name: String,
    method: u16,
    encrypted: bool,
    /// Packed; up to the end of the file where the size is not known.
    data: &'a [u8],
}

impl<'a> Package<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Self {
        let members = by_directory(bytes).filter(|members| !members.is_empty());
        let members = members.unwrap_or_else(|| by_heads(bytes));
        let mut places = HashMap::new();
        for (member, at) in members.iter().zip(0..) {
            places.entry(member.name.to_ascii_lowercase()).or_insert(at);
        }
        Self { members, places }
    }

    /// Tells when there are more members than are looked at.
    pub(super) fn tell(&self, kind: &str, budget: &mut Budget) {
        if self.members.len() >= MOST {
            budget.missed("", kind, Reason::Limit(Limit::Members));
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| member.name.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// Names of parts are equal without regard to case (ECMA-376 part 2, section 6.2.2.3).
    fn position(&self, name: &str) -> Option<usize> {
        self.places.get(&name.trim_start_matches('/').to_ascii_lowercase()).copied()
    }

    /// Whether two members have one name: programs differ in which they take.
    pub(super) fn is_ambiguous(&self) -> bool {
        let mut names: Vec<String> = self.names().map(str::to_ascii_lowercase).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
    }

    /// A member unpacked, told as missed when that fails; `None` when there is none.
    pub(super) fn read(&self, name: &str, budget: &mut Budget) -> Option<Vec<u8>> {
        self.unpack(self.members.get(self.position(name)?)?, budget)
    }

    /// Every member whose name is wanted, unpacked, with its place.
    pub(super) fn each(
        &self,
        wanted: impl Fn(&str) -> bool,
        budget: &mut Budget,
        mut take: impl FnMut(&str, &[u8], &mut Budget),
    ) {
        for member in self.members.iter().filter(|member| wanted(&member.name)) {
            let Some(bytes) = self.unpack(member, budget) else { continue };
            take(&super::open::cleaned(&member.name), &bytes, budget);
        }
    }

    fn unpack(&self, member: &Member<'_>, budget: &mut Budget) -> Option<Vec<u8>> {
        let place = super::open::cleaned(&member.name);
        if let Err(limit) = budget.member() {
            budget.missed(&place, "zip", Reason::Limit(limit));
            return None;
        }
        if member.encrypted {
            budget.missed(&place, "zip", Reason::Protected);
            return None;
        }
        let packed = member.data.len() as u64;
        let most = budget.may_unpack(packed);
        let bytes = match member.method {
            0 => member.data.get(..most as usize).unwrap_or(member.data).to_vec(),
            8 => match miniz_oxide::inflate::decompress_to_vec_with_limit(member.data, most as usize) {
                Ok(bytes) => bytes,
                Err(broken) => {
                    let full = broken.output.len() as u64 >= most;
                    let limit = Reason::Limit(budget.unpack_limit(packed));
                    budget.missed(&place, "zip", if full { limit } else { Reason::Malformed });
                    broken.output
                }
            },
            _ => {
                budget.missed(&place, "zip", Reason::NotSupported);
                return None;
            }
        };
        budget.unpacked(bytes.len() as u64);
        Some(bytes)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\\', "/").trim_start_matches('/').to_owned()
}

/// Section 4.3.12 and 4.3.16. What stands before the archive moves all its places.
fn by_directory(bytes: &[u8]) -> Option<Vec<Member<'_>>> {
    let end = memmem::rfind(bytes, b"PK\x05\x06")?;
    let (size, start) = (u32_at(bytes, end + 12)? as usize, u32_at(bytes, end + 16)? as usize);
    let (mut at, mut before) = match end.checked_sub(size.checked_add(start)?) {
        Some(before) => (before + start, before),
        None => (start, 0),
    };
    if !bytes.get(at..)?.starts_with(b"PK\x01\x02") {
        (at, before) = (memmem::find(bytes, b"PK\x01\x02")?, 0);
    }
    let mut members = Vec::new();
    while bytes.get(at..)?.starts_with(b"PK\x01\x02") && members.len() < MOST {
        let lengths = [28, 30, 32].map(|field| u16_at(bytes, at + field).map_or(0, usize::from));
        let own_name = bytes.get(at + 46..at + 46 + lengths[0])?;
        let extra = bytes.get(at + 46 + lengths[0]..).and_then(|rest| rest.get(..lengths[1]));
        let mut packed = u64::from(u32_at(bytes, at + 20)?);
        let mut head = u64::from(u32_at(bytes, at + 42)?);
        let full = u32_at(bytes, at + 24)? == u32::MAX;
        zip64(extra.unwrap_or_default(), full, &mut packed, &mut head);
        let head = usize::try_from(head).ok()?.checked_add(before)?;
        if let Some(data) = data_at(bytes, head) {
            let data = data.get(..usize::try_from(packed).ok()?).unwrap_or(data);
            members.push(Member {
                name: name(own_name),
                method: u16_at(bytes, at + 10)?,
                encrypted: u16_at(bytes, at + 8)? & 1 == 1,
                data,
            });
        }
        at += 46 + lengths.iter().sum::<usize>();
    }
    Some(members)
}

/// Section 4.5.3: the large sizes, each there only when its short field is full.
fn zip64(extra: &[u8], full: bool, packed: &mut u64, head: &mut u64) {
    let mut rest = extra;
    while let (Some(kind), Some(length)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let own = rest.get(4..4 + usize::from(length)).unwrap_or_default();
        if kind == 1 {
            let mut at = if full { 8 } else { 0 };
            for field in [packed, head] {
                if *field == u64::from(u32::MAX) {
                    *field = u64_at(own, at).unwrap_or(*field);
                    at += 8;
                }
            }
            return;
        }
        rest = rest.get(4 + usize::from(length)..).unwrap_or_default();
    }
}

/// What follows the head of a member (section 4.3.7).
fn data_at(bytes: &[u8], head: usize) -> Option<&[u8]> {
    if !bytes.get(head..)?.starts_with(b"PK\x03\x04") {
        return None;
    }
    let lengths = usize::from(u16_at(bytes, head + 26)?) + usize::from(u16_at(bytes, head + 28)?);
    bytes.get(head + 30 + lengths..)
}

fn by_heads(bytes: &[u8]) -> Vec<Member<'_>> {
    let mut members = Vec::new();
    for head in memmem::find_iter(bytes, b"PK\x03\x04").take(MOST) {
        let read = || {
            let length = usize::from(u16_at(bytes, head + 26)?);
            let packed = u32_at(bytes, head + 18)? as usize;
            let data = data_at(bytes, head)?;
            let sized = data.get(..packed).filter(|_| packed > 0).unwrap_or(data);
            Some(Member {
                name: name(bytes.get(head + 30..head + 30 + length)?),
                method: u16_at(bytes, head + 8)?,
                encrypted: u16_at(bytes, head + 6)? & 1 == 1,
                data: sized,
            })
        };
        members.extend(read());
    }
    members
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::files::FileLimits;

    /// A zip of stored members.
    pub(in crate::files) fn zip<B: AsRef<[u8]>>(members: &[(&str, B)]) -> Vec<u8> {
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        for (name, data) in members {
            let data = data.as_ref();
            let sizes = [0, data.len() as u32, data.len() as u32].map(u32::to_le_bytes).concat();
            let lengths = [name.len() as u16, 0].map(u16::to_le_bytes).concat();
            let at = out.len() as u32;
            for (target, head) in [(&mut out, "PK\x03\x04\x14\0"), (&mut directory, "PK\x01\x02\x14\0\x14\0")]
            {
                target.extend_from_slice(head.as_bytes());
                target.extend_from_slice(&[0; 8]);
                target.extend_from_slice(&sizes);
                target.extend_from_slice(&lengths);
            }
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(data);
            directory.extend_from_slice(&[0; 10]);
            directory.extend_from_slice(&at.to_le_bytes());
            directory.extend_from_slice(name.as_bytes());
        }
        let (size, start) = (directory.len() as u32, out.len() as u32);
        out.extend(directory);
        out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        out.extend([members.len() as u16; 2].map(u16::to_le_bytes).concat());
        out.extend([size, start].map(u32::to_le_bytes).concat());
        out.extend_from_slice(&[0, 0]);
        out
    }

    fn read(bytes: &[u8], name: &str) -> Option<Vec<u8>> {
        Package::open(bytes).read(name, &mut Budget::new(FileLimits::default()))
    }

    #[test]
    fn members_are_read_by_name() {
        let bytes = zip(&[("a.xml", "one"), ("B/c.xml", "two")]);
        assert_eq!(read(&bytes, "b/C.xml").as_deref(), Some(b"two".as_slice()));
        assert_eq!(read(&bytes, "d"), None);
        // Something before it, and the directory lost.
        assert_eq!(read(&[b"junk".as_slice(), &bytes].concat(), "a.xml").as_deref(), Some(b"one".as_slice()));
        let cut = bytes.len() - 100;
        assert_eq!(read(&bytes[..cut], "a.xml").as_deref(), Some(b"one".as_slice()));
    }

    #[test]
    fn two_of_one_name_are_ambiguous() {
        assert!(Package::open(&zip(&[("a", "1"), ("A", "2")])).is_ambiguous());
        assert!(!Package::open(&zip(&[("a", "1"), ("b", "2")])).is_ambiguous());
    }
}
