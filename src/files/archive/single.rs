//! Packed single files: gzip (RFC 1952), bzip2, xz and lzma, zstd (RFC 8878), each of one or
//! several frames one after the other.

use super::super::{
    budget::Budget,
    bytes::{find, printable, u16_le, u32_le, u64_le, until_nul},
    model::{Limit, Reason, Shown, Writing},
    name, open,
    unpack::{Inflate, Unpacked, drain},
};
use super::names;

/// Frames in front that are looked into.
const MOST_SKIPPED: usize = 100;

pub(in super::super) fn gzip(own_name: Option<&str>, bytes: &[u8], budget: &mut Budget) {
    let mut rest = bytes;
    let mut whole = Unpacked { bytes: Vec::new(), broken: None };
    let mut inner_name = None;
    while let Some((name, comment, body)) = gzip_header(rest) {
        // A frame costs a decoder, however short it is.
        if let Err(limit) = budget.step(100) {
            whole.broken = Some(Reason::Limit(limit));
            break;
        }
        if let Some(name) = name {
            open::name(&name, budget);
            inner_name.get_or_insert(name);
        }
        budget.text("comment", Shown::Hidden, Writing::Plain, comment);
        let mut stream = Inflate::new(body);
        let mut frame = drain(&mut stream, body.len(), None, budget);
        whole.bytes.append(&mut frame.bytes);
        whole.broken = frame.broken;
        if !stream.is_done() {
            break;
        }
        rest = stream.rest().get(8..).unwrap_or_default();
    }
    let name = inner_name.or_else(|| own_name.map(|name| inner(name, &[".gz", ".gzip"], ".tgz")));
    opened(name, whole, "gz", budget);
    behind(rest, budget);
}

/// Name, comment and packed data of a gzip frame.
fn gzip_header(bytes: &[u8]) -> Option<(Option<String>, String, &[u8])> {
    if bytes.get(..3)? != b"\x1f\x8b\x08" {
        return None;
    }
    let flags = *bytes.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        at += 2 + usize::from(u16_le(bytes, at)?);
    }
    let mut text = |flag: u8| {
        if flags & flag == 0 {
            return Some(None);
        }
        let text = until_nul(bytes.get(at..)?);
        at += text.len() + 1;
        Some(Some(names::decode(text, false)))
    };
    let name = text(8)?.filter(|name| !name.is_empty());
    let comment = text(16)?.unwrap_or_default();
    if flags & 2 != 0 {
        at += 2;
    }
    Some((name, comment, bytes.get(at..)?))
}

/// What stands behind the last frame, which gzip itself passes over with a warning.
fn behind(rest: &[u8], budget: &mut Budget) {
    if rest.iter().any(|byte| *byte != 0) {
        budget.missed("", "gz", Reason::Ambiguous);
        open::within(Some("behind the end"), None, rest, budget);
    }
}

pub(in super::super) fn bzip2(own_name: Option<&str>, bytes: &[u8], budget: &mut Budget) {
    let whole = drain(bzip2::read::MultiBzDecoder::new(bytes), bytes.len(), None, budget);
    let name = own_name.map(|name| inner(name, &[".bz2", ".bz"], ".tbz2"));
    opened(name, whole, "bz2", budget);
}

pub(in super::super) fn xz(own_name: Option<&str>, bytes: &[u8], budget: &mut Budget) {
    let whole = xz_stream(bytes, budget);
    opened(own_name.map(|name| inner(name, &[".xz"], ".txz")), whole, "xz", budget);
}

pub(super) fn xz_stream(bytes: &[u8], budget: &mut Budget) -> Unpacked {
    let kib = u32::try_from(budget.limits().dictionary / 1024).unwrap_or(u32::MAX);
    drain(lzma_rust2::XzReader::new_mem_limit(bytes, true, kib), bytes.len(), None, budget)
}

/// The older format of the xz tools: properties, window, size or all ones.
pub(in super::super) fn lzma(own_name: Option<&str>, bytes: &[u8], budget: &mut Budget) {
    let size = u64_le(bytes, 5).filter(|size| *size != u64::MAX);
    let head = || Some((bytes.get(13..)?, *bytes.first()?, u32_le(bytes, 1)?));
    let whole = match head() {
        Some((data, props, window)) => lzma_unpacked(data, size, props, window, budget),
        None => Unpacked::broken(Reason::Malformed),
    };
    opened(own_name.map(|name| inner(name, &[".lzma"], ".tlz")), whole, "lzma", budget);
}

/// A raw LZMA stream with a window that is bounded.
pub(super) fn lzma_unpacked(
    data: &[u8],
    size: Option<u64>,
    props: u8,
    window: u32,
    budget: &mut Budget,
) -> Unpacked {
    // A window beyond the size is of no use, and some writers ask for the largest.
    let useful = size.map_or(window, |size| u32::try_from(size).unwrap_or(u32::MAX).min(window)).max(4096);
    let useful = match budget.dictionary(u64::from(useful)) {
        Ok(useful) => useful,
        Err(limit) => return Unpacked::broken(Reason::Limit(limit)),
    };
    match lzma_rust2::LzmaReader::new_with_props(data, size.unwrap_or(u64::MAX), props, useful, None) {
        Ok(stream) => drain(stream, data.len(), None, budget),
        Err(_) => Unpacked::broken(Reason::Malformed),
    }
}

pub(in super::super) fn zst(own_name: Option<&str>, bytes: &[u8], budget: &mut Budget) {
    let (_, skipped) = behind_skippable(bytes);
    if skipped.len() >= MOST_SKIPPED {
        budget.missed("", "zst", Reason::Limit(Limit::Steps));
    }
    for frame in skipped {
        budget.unseen("skipped", printable(frame));
    }
    let whole = zstd(bytes, budget);
    opened(own_name.map(|name| inner(name, &[".zst", ".zstd"], ".tzst")), whole, "zst", budget);
}

/// Whether it begins with a frame that every program skips (RFC 8878, section 3.1.2), as pzstd writes them.
pub(in super::super) fn is_skippable(bytes: &[u8]) -> bool {
    matches!(bytes, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// What follows such frames, and what stands in them.
pub(in super::super) fn behind_skippable(bytes: &[u8]) -> (&[u8], Vec<&[u8]>) {
    let (mut rest, mut skipped) = (bytes, Vec::new());
    while is_skippable(rest) && skipped.len() < MOST_SKIPPED {
        let Some(length) = u32_le(rest, 4).and_then(|length| usize::try_from(length).ok()) else { break };
        let body = rest.get(8..).unwrap_or_default();
        let (frame, after) = body.split_at(length.min(body.len()));
        skipped.push(frame);
        rest = after;
    }
    (rest, skipped)
}

pub(super) fn zstd(bytes: &[u8], budget: &mut Budget) -> Unpacked {
    let stream = || {
        let mut stream = zstd::stream::read::Decoder::with_buffer(bytes).ok()?;
        // 1 KiB to 2 GiB, as the library has it.
        stream.window_log_max(budget.limits().dictionary.max(1).ilog2().clamp(10, 31)).ok()?;
        Some(stream)
    };
    match stream() {
        Some(stream) => drain(stream, bytes.len(), None, budget),
        None => Unpacked::broken(Reason::Malformed),
    }
}

fn opened(name: Option<String>, whole: Unpacked, kind: &str, budget: &mut Budget) {
    let place = name.as_deref().map(name::place).unwrap_or_default();
    if let Some(reason) = whole.broken {
        budget.missed(&place, kind, reason);
    }
    if let Err(limit) = budget.member() {
        return budget.missed(&place, kind, Reason::Limit(limit));
    }
    open::within(name.as_deref(), None, &whole.bytes, budget);
}

/// The name of what is packed: without the packer's ending, `.tar` for the short form.
fn inner(name: &str, endings: &[&str], tar: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let cut = |ending: &str| lower.ends_with(ending).then(|| name.get(..name.len() - ending.len())).flatten();
    match endings.iter().find_map(|ending| cut(ending)) {
        Some(inner) => inner.to_owned(),
        None => cut(tar).map_or_else(|| name.to_owned(), |inner| format!("{inner}.tar")),
    }
}

/// Whether the frame after the magic of bzip2 is one: its first block or its end.
pub(in super::super) fn is_bzip2(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BZh")
        && (find(bytes.get(..10).unwrap_or(bytes), b"1AY&SY", 4) == Some(4)
            || find(bytes.get(..10).unwrap_or(bytes), b"\x17\x72\x45\x38\x50\x90", 4) == Some(4))
}
