//! 7z archives (7zFormat.txt of the LZMA SDK): plain, with encrypted content, with an encrypted header.
//! A reader of our own for the header, since nothing else bounds windows and counts before it takes.

mod header;

use super::super::{
    budget::Budget,
    bytes::{slice, u32_le, u64_le},
    model::{Limit, Protection, Reason, TraitKind},
    name, open,
    unpack::drain,
};
use super::MOST_TOLD;
use header::{Coder, Folder, Header, Reader, Streams};
use lzma_rust2::filter::{bcj::BcjReader, delta::DeltaReader};
use std::io::Read;

const AES: &[u8] = b"\x06\xf1\x07\x01";
/// The signature header, behind which all offsets count.
const START: usize = 32;
/// The header is itself packed, and this says how.
const ENCODED_HEADER: u64 = 0x17;
/// Headers within headers.
const MOST_HEADERS: usize = 4;

pub(in super::super) fn read(bytes: &[u8], budget: &mut Budget) {
    let mut header = header_of(bytes).map(<[u8]>::to_vec);
    for _ in 0..MOST_HEADERS {
        let Some(packed) = header.as_deref() else { break };
        let mut reader = Reader::new(packed);
        if reader.number() != Some(ENCODED_HEADER) {
            return match Reader::new(packed).header() {
                Some(header) => members(bytes, &header, budget),
                None if packed.is_empty() => {}
                None => budget.missed("", "7z", Reason::Malformed),
            };
        }
        let Some(streams) = reader.streams() else { break };
        if streams.folders.first().is_some_and(|folder| folder.has_method(AES)) {
            budget.found("", TraitKind::Protected(Protection::Password));
            return budget.missed("", "7z", Reason::Protected);
        }
        header = unpacked_header(bytes, &streams, budget);
    }
    budget.missed("", "7z", Reason::Malformed);
}

fn header_of(bytes: &[u8]) -> Option<&[u8]> {
    let at = usize::try_from(u64_le(bytes, 12)?).ok()?.checked_add(START)?;
    slice(bytes, at, usize::try_from(u64_le(bytes, 20)?).ok()?)
}

fn unpacked_header(bytes: &[u8], streams: &Streams<'_>, budget: &mut Budget) -> Option<Vec<u8>> {
    let folder = streams.folders.first()?;
    let packed = Packed::of(bytes, streams).next()?;
    let stream = decoder(folder, packed?, budget).ok()?;
    Some(drain(stream, packed?.len(), Some(folder.size()), budget).bytes)
}

/// The packed streams of the folders, in order.
struct Packed;

impl Packed {
    fn of<'a>(bytes: &'a [u8], streams: &Streams<'_>) -> impl Iterator<Item = Option<&'a [u8]>> {
        let mut at = usize::try_from(streams.start).ok().and_then(|at| at.checked_add(START));
        let mut sizes = streams.packed.clone().into_iter();
        let inputs: Vec<usize> = streams.folders.iter().map(Folder::inputs).collect();
        inputs.into_iter().map(move |inputs| {
            let start = at?;
            let mut sizes = sizes.by_ref().take(inputs).map(|size| usize::try_from(size).ok());
            let length = sizes.try_fold(0usize, |sum, size| sum.checked_add(size?))?;
            at = start.checked_add(length);
            slice(bytes, start, length).or_else(|| bytes.get(start..))
        })
    }
}

fn members(bytes: &[u8], header: &Header<'_>, budget: &mut Budget) {
    let mut files = header.files.iter();
    let packed: Vec<_> = Packed::of(bytes, &header.streams).collect();
    let (mut closed, mut open) = (0usize, 0usize);
    for (folder, packed) in header.streams.folders.iter().zip(packed) {
        let mut names = Vec::new();
        while names.len() < folder.files.len()
            && let Some((name, has_content)) = files.next()
        {
            if let Err(limit) = budget.member() {
                return budget.missed("", "7z", Reason::Limit(limit));
            }
            open::name(name, budget);
            if *has_content {
                names.push(name.as_str());
            }
        }
        match folder.has_method(AES) {
            true => closed += names.len(),
            false => open += names.len(),
        }
        let told =
            if folder.has_method(AES) { MOST_TOLD.saturating_sub(closed - names.len()) } else { usize::MAX };
        contents(folder, packed, names.get(..told).unwrap_or(&names), budget);
    }
    // Names of folders and of empty files.
    for (name, _) in files {
        if let Err(limit) = budget.member() {
            return budget.missed("", "7z", Reason::Limit(limit));
        }
        open::name(name, budget);
    }
    if closed > 0 && open == 0 {
        budget.found("", TraitKind::Protected(Protection::Password));
    }
}

fn contents(folder: &Folder<'_>, packed: Option<&[u8]>, names: &[&str], budget: &mut Budget) {
    if names.is_empty() {
        return;
    }
    let all = |reason: Reason, names: &[&str], budget: &mut Budget| {
        for name in names {
            budget.missed(&name::place(name), &open::word_for(name), reason);
        }
    };
    if folder.has_method(AES) {
        for name in names {
            budget.found(&name::place(name), TraitKind::Protected(Protection::Password));
        }
        return all(Reason::Protected, names, budget);
    }
    let Some(packed) = packed else { return all(Reason::Malformed, names, budget) };
    let mut stream = match decoder(folder, packed, budget) {
        Ok(stream) => stream,
        Err(reason) => return all(reason, names, budget),
    };
    for (at, (name, size)) in names.iter().zip(&folder.files).enumerate() {
        let unpacked = drain(stream.by_ref().take(*size), packed.len(), Some(*size), budget);
        let short = (unpacked.bytes.len() as u64) < *size;
        let broken = unpacked.broken.or(short.then_some(Reason::Malformed));
        if !unpacked.bytes.is_empty() {
            open::within(Some(name), None, &unpacked.bytes, budget);
        }
        if let Some(reason) = broken {
            return all(reason, names.get(at..).unwrap_or_default(), budget);
        }
    }
}

type Stream<'a> = Box<dyn Read + 'a>;

/// The chain of decoders, or why there is none: a method that is not read, or a window that is too large.
fn decoder<'a>(folder: &Folder<'_>, packed: &'a [u8], budget: &Budget) -> Result<Stream<'a>, Reason> {
    let mut stream: Option<Stream<'a>> = None;
    for coder in folder.chain().ok_or(Reason::NotSupported)? {
        let memory = memory(coder, budget).map_err(Reason::Limit)?;
        let next = match stream {
            // Most decoders come first, and are quicker over a slice.
            None => step(coder, memory, packed),
            Some(stream) => step(coder, memory, stream),
        };
        stream = Some(next.ok_or(Reason::NotSupported)?);
    }
    stream.ok_or(Reason::NotSupported)
}

/// Bytes that a coder asks for before it begins.
fn memory(coder: &Coder<'_>, budget: &Budget) -> Result<u32, Limit> {
    let window = |asked: u64| asked.min(coder.size).max(4096);
    let asked = u64::from(u32_le(coder.properties, 1).unwrap_or_default());
    budget.dictionary(match coder.method {
        [3, 1, 1] => window(asked),
        [0x21] => {
            let bits = u32::from(coder.properties.first().copied().unwrap_or_default() & 0x3f).min(40);
            window(u64::from(2 | bits & 1) << (bits / 2 + 11))
        }
        [3, 4, 1] => asked,
        _ => 0,
    })
}

fn step<'a, R: Read + 'a>(coder: &Coder<'_>, memory: u32, stream: R) -> Option<Stream<'a>> {
    Some(match coder.method {
        [0] => Box::new(stream),
        [3, 1, 1] => {
            let props = *coder.properties.first().filter(|_| coder.properties.len() >= 5)?;
            Box::new(lzma_rust2::LzmaReader::new_with_props(stream, coder.size, props, memory, None).ok()?)
        }
        [0x21] => {
            coder.properties.first()?;
            Box::new(lzma_rust2::Lzma2Reader::new(stream, memory, None))
        }
        [3, 4, 1] => {
            let order = u32::from(*coder.properties.first().filter(|_| coder.properties.len() >= 5)?);
            // Its end is told by the size alone.
            Box::new(ppmd_rust::Ppmd7Decoder::new(stream, order, memory).ok()?.take(coder.size))
        }
        [4, 1, 9] => Box::new(deflate64::Deflate64Decoder::new(stream)),
        [4, 2, 2] => Box::new(bzip2::read::MultiBzDecoder::new(stream)),
        [3] => Box::new(DeltaReader::new(stream, usize::from(*coder.properties.first()?) + 1)),
        [4] | [3, 3, 1, 3] => Box::new(BcjReader::new_x86(stream, 0)),
        [7] | [3, 3, 5, 1] => Box::new(BcjReader::new_arm(stream, 0)),
        [0xa] => Box::new(BcjReader::new_arm64(stream, 0)),
        _ => return None,
    })
}
