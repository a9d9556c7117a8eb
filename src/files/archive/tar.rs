//! Tar archives (POSIX.1-2024 pax, ustar, GNU): members one after the other in blocks of 512 bytes.

use super::super::{
    budget::Budget,
    bytes::{printable, slice, until_nul},
    model::{Limit, Reason, Shown, Writing},
    name, open,
};
use super::names;

const BLOCK: usize = 512;
/// A PAX header or a long name beyond this is no name.
const LONGEST_EXTENSION: usize = 1024 * 1024;

/// What extension records say of the next member.
#[derive(Default)]
struct Next {
    name: Option<String>,
    link: Option<String>,
    size: Option<usize>,
}

pub(in super::super) fn read(bytes: &[u8], budget: &mut Budget) {
    let mut at = 0;
    let mut next = Next::default();
    let mut owners: (&[u8], &[u8]) = (b"", b"");
    while let Some(header) = slice(bytes, at, BLOCK) {
        if header.iter().all(|byte| *byte == 0) {
            // Two such blocks end an archive; what is appended behind is read by `tar -i`.
            if budget.step(1).is_err() {
                break;
            }
            at += BLOCK;
            continue;
        }
        if let Err(limit) = budget.member() {
            return budget.missed("", "tar", Reason::Limit(limit));
        }
        let [owner, group] = [265, 297].map(|at| until_nul(field(header, at, 32)));
        // Told where it changes: most archives have one.
        if owners != (owner, group) {
            owners = (owner, group);
            let [owner, group] = [owner, group].map(|name| names::decode(name, false));
            budget.unseen("owner", format!("{owner} {group}"));
        }
        let Some(size) = is_header(header).then(|| next.size.or_else(|| number(header, 124))).flatten()
        else {
            return budget.missed("", "tar", Reason::Malformed);
        };
        let data_at = at + BLOCK;
        let rest = bytes.get(data_at..).unwrap_or_default();
        let data = rest.get(..size).unwrap_or(rest);
        at = data_at.saturating_add(size.div_ceil(BLOCK).saturating_mul(BLOCK));
        // Blocks are filled up with NUL by every program.
        let filling = bytes.get(data_at.saturating_add(size)..at).unwrap_or_default();
        if filling.iter().any(|byte| *byte != 0) {
            budget.unseen("filling", printable(filling));
        }
        match header.get(156) {
            Some(b'L') => next.name = Some(long_name(data)),
            Some(b'K') => next.link = Some(long_name(data)),
            Some(b'x' | b'X') => pax(data, &mut next, budget),
            Some(b'g') => pax(data, &mut Next::default(), budget),
            kind => member(header, std::mem::take(&mut next), kind.copied(), (data, size), budget),
        }
    }
    if at < bytes.len() && bytes.get(at..).is_some_and(|rest| rest.iter().any(|byte| *byte != 0)) {
        budget.missed("", "tar", Reason::Malformed);
    }
}

fn member(header: &[u8], next: Next, kind: Option<u8>, (data, size): (&[u8], usize), budget: &mut Budget) {
    let full_name = next.name.unwrap_or_else(|| short_name(header));
    open::name(&full_name, budget);
    let link = next.link.unwrap_or_else(|| names::decode(until_nul(field(header, 157, 100)), false));
    if matches!(kind, Some(b'1' | b'2')) {
        return open::name(&link, budget);
    }
    if data.len() < size {
        budget.missed(&name::place(&full_name), "unknown", Reason::Malformed);
    }
    if !data.is_empty() {
        open::within(Some(&full_name), None, data, budget);
    }
}

/// Whether the checksum, the sum of all bytes with its own field as spaces, is right.
pub(in super::super) fn is_header(header: &[u8]) -> bool {
    let Some(header) = header.get(..BLOCK) else { return false };
    let Some(told) = number_of(field(header, 148, 8)) else { return false };
    let sum = |at: usize, byte: u8| if (148..156).contains(&at) { 32 } else { usize::from(byte) };
    let unsigned: usize = header.iter().enumerate().map(|(at, byte)| sum(at, *byte)).sum();
    // Old Sun tars summed signed bytes.
    let high =
        header.iter().enumerate().filter(|(at, byte)| !(148..156).contains(at) && **byte > 127).count();
    told == unsigned || Some(told) == unsigned.checked_sub(256 * high)
}

fn short_name(header: &[u8]) -> String {
    let name = names::decode(until_nul(field(header, 0, 100)), false);
    let prefix = until_nul(field(header, 345, 155));
    let is_posix = field(header, 257, 6) == b"ustar\0" && !prefix.is_empty();
    if is_posix { format!("{}/{name}", names::decode(prefix, false)) } else { name }
}

fn long_name(data: &[u8]) -> String {
    names::decode(until_nul(data.get(..LONGEST_EXTENSION).unwrap_or(data)), false)
}

/// Records `length key=value\n`: comments are said, and so is what only some tar knows.
fn pax(data: &[u8], next: &mut Next, budget: &mut Budget) {
    if data.len() > LONGEST_EXTENSION {
        budget.missed("extension", "tar", Reason::Limit(Limit::Text));
    }
    let mut rest = data.get(..LONGEST_EXTENSION).unwrap_or(data);
    loop {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let length =
            std::str::from_utf8(rest.get(..digits).unwrap_or_default()).ok().and_then(|d| d.parse().ok());
        let Some(record) = length.and_then(|length: usize| rest.get(digits + 1..length)) else { return };
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        let split = memchr::memchr(b'=', record).and_then(|at| record.split_at_checked(at));
        if let Some((key, value)) = split {
            let value = value.get(1..).unwrap_or_default();
            match key {
                b"path" => next.name = Some(names::decode(value, true)),
                b"linkpath" => next.link = Some(names::decode(value, true)),
                b"size" => next.size = std::str::from_utf8(value).ok().and_then(|v| v.parse().ok()),
                b"comment" => {
                    let text = names::decode(value, true);
                    budget.text("comment", Shown::Hidden, Writing::Plain, text);
                }
                b"mtime" | b"atime" | b"ctime" | b"uid" | b"gid" => {}
                _ => budget.unseen(
                    "extension",
                    format!("{} {}", names::decode(key, true), names::decode(value, true)),
                ),
            }
        }
        rest = length.and_then(|length| rest.get(length..)).unwrap_or_default();
    }
}

fn field(header: &[u8], at: usize, length: usize) -> &[u8] {
    slice(header, at, length).unwrap_or_default()
}

fn number(header: &[u8], at: usize) -> Option<usize> {
    number_of(field(header, at, 12))
}

/// Octal digits between blanks, or GNU's binary form with the highest bit set.
fn number_of(field: &[u8]) -> Option<usize> {
    if let [0x80, rest @ ..] = field {
        return rest
            .iter()
            .try_fold(0usize, |sum, byte| sum.checked_mul(256)?.checked_add(usize::from(*byte)));
    }
    let digits = std::str::from_utf8(until_nul(field)).ok()?.trim();
    if digits.is_empty() { Some(0) } else { usize::from_str_radix(digits, 8).ok() }
}
