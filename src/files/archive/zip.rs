//! Zip archives (APPNOTE.TXT 6.3.10): every member that any program might show, with its name and
//! what keeps a reader out of it.

use super::super::{
    budget::Budget,
    bytes::u32_le,
    model::{Limit, Protection, Reason, Shown, TraitKind, Writing},
    name, open,
    unpack::{Inflate, Unpacked, drain},
};
use super::{
    MOST_TOLD,
    directory::{self, Header, Member},
    names,
};

pub(in super::super) fn read(bytes: &[u8], budget: &mut Budget) {
    read_some(bytes, "zip", &|_| true, budget);
}

/// Reads the members that `wanted` chooses by name, as for what an office document does not know.
pub(in super::super) fn read_some(
    bytes: &[u8],
    kind: &str,
    wanted: &dyn Fn(&str) -> bool,
    budget: &mut Budget,
) {
    let directory = directory::read(bytes, budget);
    if directory.is_ambiguous {
        budget.missed("", kind, Reason::Ambiguous);
    }
    budget.text("comment", Shown::Hidden, Writing::Plain, names::decode(directory.comment, false));
    budget.unseen("between the members", directory.between);
    if directory.is_between_cut {
        budget.missed("between the members", "zip", Reason::Limit(Limit::Text));
    }
    let (mut closed, mut open) = (0usize, 0usize);
    for member in &directory.members {
        if !member.header.extra.is_empty() {
            budget.unseen(&name::place(&member.header.name), member.header.extra.clone());
        }
        if !wanted(&member.header.name) {
            open += 1;
            continue;
        }
        match read_member(member, closed < MOST_TOLD, budget) {
            Access::Closed => closed += 1,
            Access::Open => open += 1,
            Access::Empty => {}
        }
    }
    if closed > 0 && open == 0 {
        budget.found("", TraitKind::Protected(Protection::Password));
    }
    if let Some(limit) = directory.stopped {
        budget.missed("", kind, Reason::Limit(limit));
    } else if directory.members.is_empty() && !bytes.starts_with(b"PK\x05\x06") {
        budget.missed("", kind, Reason::Malformed);
    }
}

/// Whether someone without the password sees the member's content.
enum Access {
    Open,
    Closed,
    Empty,
}

fn read_member(member: &Member<'_>, tell: bool, budget: &mut Budget) -> Access {
    let header = &member.header;
    for name in
        [Some(&header.name), member.local_name.as_ref(), header.other_name.as_ref()].into_iter().flatten()
    {
        open::name(name, budget);
    }
    let place = name::place(&header.name);
    budget.text(&place, Shown::Hidden, Writing::Plain, names::decode(header.comment, false));
    let Some(data) = member.data else {
        budget.missed(&place, "unknown", Reason::Malformed);
        return Access::Open;
    };
    if data.is_empty() && header.size == 0 {
        return Access::Empty;
    }
    if header.encrypted && !is_plain_after_all(header, data, budget) {
        if tell {
            budget.found(&place, TraitKind::Protected(Protection::Password));
            budget.missed(&place, &open::word_for(&header.name), Reason::Protected);
        }
        return Access::Closed;
    }
    let Some(unpacked) = unpack(header, data, budget) else {
        budget.missed(&place, &open::word_for(&header.name), Reason::NotSupported);
        return Access::Open;
    };
    if let Some(reason) = unpacked.broken {
        budget.missed(&place, &open::word_for(&header.name), reason);
    }
    open::within(Some(&header.name), None, &unpacked.bytes, budget);
    // One of the two headers has the data as they are, the other packed.
    if member.local_name.is_some() && header.method != 0 && unpacked.broken.is_some() {
        open::within(Some(&header.name), None, data, budget);
    }
    Access::Open
}

/// Whether a member that is marked as encrypted is readable all the same, as anyone can clear the mark: its
/// data unpack to their size, or begin as only plain ones do. A true encryption adds bytes of its own.
fn is_plain_after_all(header: &Header<'_>, data: &[u8], budget: &mut Budget) -> bool {
    let plain = match header.method {
        0 => data.len() as u64 == header.size,
        8 => {
            let mut stream = Inflate::new(data);
            let unpacked = drain(&mut stream, data.len(), None, budget);
            stream.is_done() && unpacked.bytes.len() as u64 == header.size
        }
        12 => data.starts_with(b"BZh"),
        14 => data.get(2..4) == Some(&[5, 0]),
        93 => data.starts_with(b"\x28\xb5\x2f\xfd"),
        95 => data.starts_with(b"\xfd7zXZ"),
        _ => false,
    };
    if plain {
        budget.missed(&name::place(&header.name), "zip", Reason::Ambiguous);
    }
    plain
}

/// The member's content; `None` for a method that is not read (shrunk, imploded, audio and JPEG
/// methods), which no program of the last twenty years writes.
fn unpack(header: &Header<'_>, data: &[u8], budget: &mut Budget) -> Option<Unpacked> {
    let packed = data.len();
    // What a decoder cannot tell the end of ends by its size.
    let size = Some(header.size).filter(|size| *size > 0);
    Some(match header.method {
        0 => drain(data, packed, None, budget),
        8 => drain(Inflate::new(data), packed, None, budget),
        9 => drain(deflate64::Deflate64Decoder::new(data), packed, None, budget),
        12 => drain(bzip2::read::MultiBzDecoder::new(data), packed, None, budget),
        14 => lzma(data, size, budget),
        20 | 93 => super::single::zstd(data, budget),
        95 => super::single::xz_stream(data, budget),
        98 => ppmd(data, size, budget),
        _ => return None,
    })
}

/// Method 14 (section 5.8): version, length of properties, properties as in an .lzma file.
fn lzma(data: &[u8], size: Option<u64>, budget: &mut Budget) -> Unpacked {
    let (Some(&props), Some(window), Some(rest)) = (data.get(4), u32_le(data, 5), data.get(9..)) else {
        return Unpacked::broken(Reason::Malformed);
    };
    super::single::lzma_unpacked(rest, size, props, window, budget)
}

/// Method 98 (section 5.9): order, memory in MiB and restoration in two bytes, then PPMd variant I.
fn ppmd(data: &[u8], size: Option<u64>, budget: &mut Budget) -> Unpacked {
    let Some((props, rest)) = data.split_first_chunk::<2>() else {
        return Unpacked::broken(Reason::Malformed);
    };
    let props = u32::from(u16::from_le_bytes(*props));
    let memory = match budget.dictionary(u64::from((props >> 4 & 0xff) + 1) << 20) {
        Ok(memory) => memory,
        Err(limit) => return Unpacked::broken(Reason::Limit(limit)),
    };
    let restore = ppmd_rust::RestoreMethod::from((props >> 12) as u8);
    match ppmd_rust::Ppmd8Decoder::new(rest, (props & 0xf) + 1, memory, restore) {
        Ok(stream) => drain(stream, data.len(), size, budget),
        Err(_) => Unpacked::broken(Reason::Malformed),
    }
}

#[cfg(test)]
#[path = "zip_tests.rs"]
mod tests;
